//! A listing rendered once: the rows that match, in order, as one run of bytes of which every page is a slice.

use super::filter::{Filter, Literal, Operator};
use super::predicate::{Predicate, folded};
use super::projection::Projection;
use super::schema::{Attribute, Scalar, Syntax, Value};
use crate::tenancy::{Directory, id_of_ocid};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::ops::Range;

/// The rendered rows of a listing.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    bytes: Bytes,
    /// Where each row begins and ends; a comma lies between one row and the next.
    rows: Vec<Range<usize>>,
}

/// Which rows, in which order.
pub(crate) struct Selection<'a> {
    pub(crate) predicate: Option<&'a Predicate>,
    /// Attribute of the schema, and whether descending.
    pub(crate) sort: Option<(usize, bool)>,
    pub(crate) projection: &'a Projection,
}

impl Listing {
    /// Filters, sorts and renders.
    pub(crate) fn render<'a, R>(
        schema: &[Attribute<R>],
        rows: impl Iterator<Item = &'a R>,
        directory: &'a Directory,
        selection: &Selection<'_>,
    ) -> Self {
        let matches = |row: &&R| {
            selection
                .predicate
                .is_none_or(|predicate| predicate.matches(schema, *row, directory))
        };
        let mut chosen: Vec<&R> = rows.filter(matches).collect();
        if let Some((attribute, descending)) = selection.sort {
            let attribute = &schema[attribute];
            // Rows without the attribute come last, in either direction.
            let mut keyed: Vec<(Option<SortKey>, &R)> = chosen
                .into_iter()
                .map(|row| (sort_key(attribute, row, directory), row))
                .collect();
            keyed.sort_by(|(left, _), (right, _)| match (left, right) {
                (Some(left), Some(right)) if descending => right.cmp(left),
                (Some(left), Some(right)) => left.cmp(right),
                (left, right) => right.is_some().cmp(&left.is_some()),
            });
            chosen = keyed.into_iter().map(|(_, row)| row).collect();
        }
        let mut bytes = Vec::new();
        let mut ranges = Vec::with_capacity(chosen.len());
        for row in chosen {
            if !bytes.is_empty() {
                bytes.push(b',');
            }
            let start = bytes.len();
            selection
                .projection
                .render(schema, row, directory, &mut bytes);
            ranges.push(start..bytes.len());
        }
        Self {
            bytes: bytes.into(),
            rows: ranges,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Neighbouring rows, with the commas between them.
    pub(crate) fn slice(&self, rows: Range<usize>) -> &[u8] {
        match (
            self.rows.get(rows.start),
            rows.end.checked_sub(1).and_then(|last| self.rows.get(last)),
        ) {
            (Some(first), Some(last)) if rows.start < rows.end => {
                &self.bytes[first.start..last.end]
            }
            _ => &[],
        }
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Text(String),
    Instant(DateTime<Utc>),
    Number(u64),
}

fn sort_key<R>(attribute: &Attribute<R>, row: &R, directory: &Directory) -> Option<SortKey> {
    let scalar = match (attribute.read)(row, directory) {
        Value::One(scalar) => scalar,
        Value::Many(entries) => entries
            .into_iter()
            .flatten()
            .map(|(_, scalar)| scalar)
            .next()?,
        _ => return None,
    };
    match scalar {
        Scalar::Text(text) if attribute.syntax == Syntax::DateTime => {
            super::instant::parse(&text).map(SortKey::Instant)
        }
        Scalar::Text(text) => Some(SortKey::Text(folded(&text, attribute.case_exact))),
        Scalar::Flag(flag) => Some(SortKey::Number(flag.into())),
        Scalar::Number(number) => Some(SortKey::Number(number)),
    }
}

/// The ids of the only users whose credentials can match, when the filter says so: the filters of the field ask for one
/// user, or for some joined by `or`, and need not look at every row.
pub(crate) fn holders(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Compare {
            path,
            operator: Operator::Eq,
            value: Literal::Text(value),
        } => {
            if path.eq_ignore_ascii_case("user.value") {
                Some(vec![value.clone()])
            } else if path.eq_ignore_ascii_case("user.ocid") {
                Some(id_of_ocid(value).into_iter().collect())
            } else {
                None
            }
        }
        Filter::And(all) => all.iter().find_map(holders),
        Filter::Or(any) => any
            .iter()
            .map(holders)
            .collect::<Option<Vec<_>>>()
            .map(|lists| lists.concat()),
        _ => None,
    }
}
