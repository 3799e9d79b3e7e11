//! A page of a SCIM list, read without losing a row.
//!
//! A page of 1,000 users has a megabyte, and a large domain has a thousand pages: a page is scanned once. What no lenient
//! type can take (an escape that is no character, a number beyond every range) ends that scan; such a page is read once
//! more, slowly, and only the attribute at fault is odd.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapDeserializer;
use serde::de::{Deserializer, Error as _, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::value::RawValue;

use super::wire::{Attribute, FromJson, Name, or_malformed};

/// What a page brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSummary {
    /// `totalResults`, where it is there and a number.
    pub total: Option<u64>,
    /// Rows on the page.
    pub rows: u64,
    /// Rows that were not seen before in this pass over the list.
    pub new: u64,
    /// Rows without an id.
    pub unreadable: u64,
}

/// A body that is no SCIM list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is no SCIM list ({0})")]
pub struct InvalidPage(String);

/// A page: the service's count, and the rows.
#[derive(Debug)]
pub(super) struct Page<R> {
    total: Option<u64>,
    rows: Vec<Attribute<R>>,
}

impl<R> Page<R> {
    /// `totalResults`, where it is there and a number.
    pub(super) const fn total(&self) -> Option<u64> {
        self.total
    }

    /// Hands over every row that has an id, and counts those that have none as unreadable.
    pub(super) fn rows_with_id(
        self,
        id_of: impl Fn(&R) -> &Attribute<Cow<'_, str>>,
        mut take: impl FnMut(&R, &str, &mut PageSummary),
    ) -> PageSummary {
        let mut summary = PageSummary {
            total: self.total,
            rows: self.rows.len() as u64,
            new: 0,
            unreadable: 0,
        };
        for row in &self.rows {
            match row.get().map(|row| (row, id_of(row).text())) {
                None | Some((_, "")) => summary.unreadable += 1,
                Some((row, id)) => take(row, id, &mut summary),
            }
        }
        summary
    }
}

/// Reads a page whole.
///
/// # Errors
///
/// Where the body is no list.
pub(super) fn read_page<'a, R: FromJson<'a>>(body: &'a [u8]) -> Result<Page<R>, InvalidPage> {
    let body = std::str::from_utf8(body).map_err(|error| InvalidPage(error.to_string()))?;
    if let Ok(List { total, rows }) = serde_json::from_str(body) {
        return Ok(Page { total, rows });
    }
    let list: List<&RawValue> =
        serde_json::from_str(body).map_err(|error| InvalidPage(error.to_string()))?;
    let rows = list.rows.into_iter().map(attribute_by_attribute).collect();
    Ok(Page {
        total: list.total,
        rows,
    })
}

/// A SCIM ListResponse, with rows of any type.
struct List<T> {
    total: Option<u64>,
    rows: Vec<T>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with totalResults and Resources")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut list: A) -> Result<List<T>, A::Error> {
        let mut total = Attribute::Absent;
        let mut rows: Option<Option<Vec<T>>> = None;
        while let Some(Name(name)) = list.next_key()? {
            match &*name {
                "totalResults" => total = list.next_value()?,
                // Which of two counts is anybody's guess, and rows of neither may be lost.
                "Resources" if rows.is_some() => {
                    return Err(A::Error::duplicate_field("Resources"));
                }
                "Resources" => rows = Some(list.next_value()?),
                _ => {
                    list.next_value::<IgnoredAny>()?;
                }
            }
        }
        let rows = rows.flatten();
        if total == Attribute::Absent && rows.is_none() {
            return Err(A::Error::custom(
                "it has neither totalResults nor Resources",
            ));
        }
        Ok(List {
            total: total.get().copied(),
            rows: rows.unwrap_or_default(),
        })
    }
}

/// Reads a row of a page that could not be read in one scan.
fn attribute_by_attribute<'a, R: FromJson<'a>>(row: &'a RawValue) -> Attribute<R> {
    let Ok(attributes) = serde_json::from_str::<HashMap<String, &RawValue>>(row.get()) else {
        return Attribute::Malformed;
    };
    let attributes = attributes
        .into_iter()
        .map(|(name, value)| (name, MalformedIfUnreadable(value)));
    R::from_object(MapDeserializer::new(attributes)).map_or(Attribute::Malformed, or_malformed)
}

/// JSON that may hold what no type can take; then it passes for a number, which no attribute of a row is.
struct MalformedIfUnreadable<'a>(&'a RawValue);

impl<'de> IntoDeserializer<'de, serde_json::Error> for MalformedIfUnreadable<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for MalformedIfUnreadable<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let json = self.0.get();
        if serde_json::from_str::<serde_json::Value>(json).is_err() {
            return visitor.visit_u64(0);
        }
        serde_json::Deserializer::from_str(json).deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
