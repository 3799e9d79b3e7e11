//! A listing rendered once: the matching rows, in order, in one buffer. Every page is a slice of it.

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
    /// The range of each row; a comma is between two rows.
    rows: Vec<Range<usize>>,
}

/// The rows to select, and their order.
pub(crate) struct Selection<'a> {
    pub(crate) predicate: Option<&'a Predicate>,
    /// Attribute of the schema, and whether the order is reversed.
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
        if let Some((attribute, reversed)) = selection.sort {
            let attribute = &schema[attribute];
            // Rows without the attribute are last in either order.
            let mut keyed: Vec<(Option<SortKey>, &R)> = chosen
                .into_iter()
                .map(|row| (sort_key(attribute, row, directory), row))
                .collect();
            keyed.sort_by(|(left, _), (right, _)| match (left, right) {
                (Some(left), Some(right)) if reversed => right.cmp(left),
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

    /// Adjacent rows, with the commas between them.
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

/// The ids of the users whose credentials can match, if the filter limits them. Queries by user need not look at every row.
pub(crate) fn holders(filter: &Filter) -> Option<Vec<String>> {
    texts(filter, &|path, text| {
        if path.eq_ignore_ascii_case("user.value") {
            Some(vec![text.to_owned()])
        } else if path.eq_ignore_ascii_case("user.ocid") {
            Some(id_of_ocid(text).into_iter().collect())
        } else {
            None
        }
    })
}

/// The ids of the users who can match, if the filter limits them.
pub(crate) fn user_ids(filter: &Filter) -> Option<Vec<String>> {
    texts(filter, &|path, text| {
        path.eq_ignore_ascii_case("id")
            .then(|| vec![text.to_owned()])
    })
}

/// What `limits` makes of the texts that an attribute must equal; `None` if the filter does not limit it.
fn texts(
    filter: &Filter,
    limits: &impl Fn(&str, &str) -> Option<Vec<String>>,
) -> Option<Vec<String>> {
    match filter {
        Filter::Compare {
            path,
            operator: Operator::Eq,
            value: Literal::Text(value),
        } => limits(path, value),
        Filter::And(all) => all.iter().find_map(|part| texts(part, limits)),
        Filter::Or(any) => any
            .iter()
            .map(|part| texts(part, limits))
            .collect::<Option<Vec<_>>>()
            .map(|lists| lists.concat()),
        _ => None,
    }
}
