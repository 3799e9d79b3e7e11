//! One page of a listing: the ListResponse (RFC 7644, section 3.4.2) in the form of Oracle's samples.

use super::listing::Listing;
use super::misbehavior::Misbehavior;
use super::query::Query;

/// One page of a listing.
pub(crate) struct Page {
    pub(crate) body: Vec<u8>,
    /// Number of rows.
    pub(crate) rows: usize,
    /// Start index of the next page, if there is one.
    pub(crate) next: Option<usize>,
}

impl Page {
    /// The page that a query requests, with these misbehaviors.
    pub(crate) fn cut(listing: &Listing, query: &Query, misbehaviors: &[Misbehavior]) -> Self {
        let (mut start, mut count) = (query.start_index - 1, query.count);
        let mut sequence: Option<Vec<usize>> = None;
        let mut total_error = 0;
        let (mut hidden, mut shorter, mut omit_empty) = (0, 0, false);
        for misbehavior in misbehaviors {
            match misbehavior {
                Misbehavior::TotalResults(error) => total_error = *error,
                Misbehavior::HideRows(every) => hidden = *every,
                Misbehavior::OmitRows(every) => {
                    let all = sequence
                        .take()
                        .unwrap_or_else(|| (0..listing.len()).collect());
                    sequence = Some(
                        all.into_iter()
                            .filter(|row| (row + 1) % (*every).max(1) != 0)
                            .collect(),
                    );
                }
                Misbehavior::DuplicateRows(every) => {
                    let all = sequence
                        .take()
                        .unwrap_or_else(|| (0..listing.len()).collect());
                    let before = all.len();
                    let twice = |row: usize| {
                        if (row + 1).is_multiple_of((*every).max(1)) {
                            vec![row, row]
                        } else {
                            vec![row]
                        }
                    };
                    let all: Vec<usize> = all.into_iter().flat_map(twice).collect();
                    total_error -= i64::try_from(all.len() - before).unwrap_or(0);
                    sequence = Some(all);
                }
                Misbehavior::OverlapPages(rows) => start = start.saturating_sub(*rows),
                Misbehavior::ClampPages(rows) => count = count.min(*rows),
                Misbehavior::ShortPages(rows) => shorter = *rows,
                Misbehavior::RepeatPages => start = 0,
                Misbehavior::NoResourcesWhenEmpty => omit_empty = true,
                _ => {}
            }
        }
        let available = sequence.as_ref().map_or(listing.len(), Vec::len);
        let first = start.min(available);
        let mut last = first.saturating_add(count).min(available);
        if shorter > 0 && last < available {
            last = last.saturating_sub(shorter).max(first + 1).min(available);
        }
        let total = i64::try_from(available)
            .unwrap_or(i64::MAX)
            .saturating_add(total_error)
            .max(0);

        let head =
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":"#;
        let mut body = format!("{head}{total}").into_bytes();
        let mut rows = last - first;
        if !(omit_empty && rows == 0) {
            body.extend_from_slice(b",\"Resources\":[");
            match (&sequence, hidden) {
                (None, 0) => body.extend_from_slice(listing.slice(first..last)),
                (sequence, hidden) => {
                    rows = 0;
                    for position in first..last {
                        if hidden > 0 && (position + 1) % hidden == 0 {
                            continue;
                        }
                        let row = sequence
                            .as_ref()
                            .map_or(position, |sequence| sequence[position]);
                        if rows > 0 {
                            body.push(b',');
                        }
                        body.extend_from_slice(listing.slice(row..row + 1));
                        rows += 1;
                    }
                }
            }
            body.push(b']');
        }
        // The page size, not the number of rows, as in Oracle's samples.
        body.extend_from_slice(
            format!(",\"startIndex\":{},\"itemsPerPage\":{count}}}", start + 1).as_bytes(),
        );
        let next = (last < available && count > 0).then_some(last + 1);
        Self { body, rows, next }
    }
}
