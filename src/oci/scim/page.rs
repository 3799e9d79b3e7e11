//! Reads a page of a SCIM list without losing a row.
//!
//! By hand instead of derived, because one malformed attribute must not fail its page. A page of 1,000 users has a
//! megabyte, and a large domain has a thousand pages, so each page is scanned once. JSON that no type accepts (an invalid
//! escape, a number out of range) ends that scan. Such a page is scanned again, slowly, and only the invalid attribute is
//! malformed.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::server_text::FailureText;

use super::lenient::attribute_by_attribute;
use super::query::PAGE_SIZE;
use super::wire::{Attribute, FromJson, Name};

/// Max rows of a page. No request asks for more, and each takes memory however short it is.
const MAX_ROWS: usize = PAGE_SIZE as usize;

/// The counts of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSummary {
    /// `totalResults`, if it is a number.
    pub total: Option<u64>,
    /// Rows on the page.
    pub rows: u64,
    /// Rows with an id that is new in this pass over the list.
    pub new: u64,
    /// Rows without an id.
    pub unreadable: u64,
    /// `itemsPerPage`, if it is a number: the size of a full page, or the number of rows (RFC 7644, section 3.4.2).
    pub items_per_page: Option<u64>,
}

/// A body whose rows are not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidPage {
    /// It is not a SCIM list.
    NotAList(FailureText),
    /// It has more rows than any request asks for.
    TooManyRows,
}

impl InvalidPage {
    fn of_json(error: &serde_json::Error) -> Self {
        Self::NotAList(FailureText::of_json(
            "the response is not a SCIM list",
            error,
        ))
    }
}

impl fmt::Display for InvalidPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAList(reason) => reason.fmt(f),
            Self::TooManyRows => write!(f, "a page has more than {PAGE_SIZE} rows"),
        }
    }
}

impl std::error::Error for InvalidPage {}

/// A page: the service's count, and its rows.
#[derive(Debug)]
pub(super) struct Page<R> {
    total: Option<u64>,
    items_per_page: Option<u64>,
    rows: Vec<Attribute<R>>,
}

impl<R> Page<R> {
    /// `totalResults`, if it is a number.
    pub(super) const fn total(&self) -> Option<u64> {
        self.total
    }

    /// Passes every row with an id to `add`, and counts the others as unreadable.
    pub(super) fn rows_with_id(
        self,
        id_of: impl Fn(&R) -> &Attribute<Cow<'_, str>>,
        mut add: impl FnMut(&R, &str, &mut PageSummary),
    ) -> PageSummary {
        let mut summary = PageSummary {
            total: self.total,
            rows: self.rows.len() as u64,
            new: 0,
            unreadable: 0,
            items_per_page: self.items_per_page,
        };
        for row in &self.rows {
            match row.get().map(|row| (row, id_of(row).text())) {
                None | Some((_, "")) => summary.unreadable += 1,
                Some((row, id)) => add(row, id, &mut summary),
            }
        }
        summary
    }
}

/// Reads a whole page.
///
/// # Errors
///
/// If the body is not a list, or has too many rows.
pub(super) fn read_page<'a, R: FromJson<'a>>(body: &'a [u8]) -> Result<Page<R>, InvalidPage> {
    let body = std::str::from_utf8(body).map_err(|error| {
        InvalidPage::NotAList(format!("the response is not a SCIM list ({error})").into())
    })?;
    if let Ok(List {
        total,
        items_per_page,
        rows: Some(rows),
    }) = serde_json::from_str(body)
    {
        return Ok(Page {
            total,
            items_per_page,
            rows,
        });
    }
    let list: List<&RawValue> =
        serde_json::from_str(body).map_err(|error| InvalidPage::of_json(&error))?;
    let rows = list.rows.ok_or(InvalidPage::TooManyRows)?;
    let rows = rows.into_iter().map(attribute_by_attribute).collect();
    Ok(Page {
        total: list.total,
        items_per_page: list.items_per_page,
        rows,
    })
}

/// A SCIM ListResponse, with rows of any type.
struct List<T> {
    total: Option<u64>,
    items_per_page: Option<u64>,
    /// `None` if they are too many.
    rows: Option<Vec<T>>,
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
        let (mut total, mut items_per_page) = (Attribute::Absent, Attribute::Absent);
        let (mut schemas, mut has_error_member) = (Attribute::Absent, false);
        let mut has_unknown_member = false;
        let mut rows: Option<Option<Rows<T>>> = None;
        while let Some(Name(name)) = list.next_key()? {
            // Names are case-insensitive (RFC 7643, section 2.1).
            let is = |expected: &str| name.eq_ignore_ascii_case(expected);
            if is("Resources") {
                // Either list may be the true one, and no row of either may be lost.
                if rows.is_some() {
                    return Err(A::Error::duplicate_field("Resources"));
                }
                rows = Some(list.next_value()?);
            } else if is("totalResults") {
                total = list.next_value()?;
            } else if is("itemsPerPage") {
                items_per_page = list.next_value()?;
            } else if is("schemas") {
                schemas = list.next_value()?;
            } else if is("startIndex") {
                list.next_value::<IgnoredAny>()?;
            } else {
                let is_present = list.next_value::<Attribute<u64>>()? != Attribute::Absent;
                if ERROR_MEMBERS.into_iter().any(is) {
                    has_error_member |= is_present;
                } else {
                    has_unknown_member |= is_present;
                }
            }
        }
        let rows = rows.flatten().map(|Rows(rows)| rows);
        let schemas: Schemas = schemas.get().copied().unwrap_or_default();
        let is_empty = match &rows {
            Some(rows) => rows.as_ref().is_some_and(Vec::is_empty),
            None => true,
        };
        let is_error = has_error_member || has_unknown_member && !schemas.list;
        if schemas.error || is_empty && is_error {
            return Err(A::Error::custom(
                "it is an error message under a status of success",
            ));
        }
        if total == Attribute::Absent && rows.is_none() {
            return Err(A::Error::custom(
                "it has neither totalResults nor Resources",
            ));
        }
        Ok(List {
            total: total.get().copied(),
            items_per_page: items_per_page.get().copied(),
            rows: rows.unwrap_or_else(|| Some(Vec::new())),
        })
    }
}

/// The rows of a page; `None` if they are more than any request asks for.
struct Rows<T>(Option<Vec<T>>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RowsVisitor(PhantomData))
    }
}

struct RowsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for RowsVisitor<T> {
    type Value = Rows<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rows<T>, A::Error> {
        let mut rows = Vec::new();
        while rows.len() < MAX_ROWS {
            match list.next_element()? {
                Some(row) => rows.push(row),
                None => return Ok(Rows(Some(rows))),
            }
        }
        let mut is_longer = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            is_longer = true;
        }
        Ok(Rows((!is_longer).then_some(rows)))
    }
}

/// The last part of the URN of an error message: `urn:ietf:params:scim:api:messages:2.0:Error` (RFC 7644, section 3.12), and
/// Oracle's extension of it.
const ERROR_SCHEMA: &str = "Error";
/// The last part of the URN of a list: `urn:ietf:params:scim:api:messages:2.0:ListResponse`. A list has the members of
/// `ApiKeys` and the like in Oracle's Python SDK. Without this URN, a body without rows that has others is not a list.
const LIST_SCHEMA: &str = "ListResponse";
/// Members of the error messages of SCIM, OCI, OAuth 2.0 and gateways. No list without rows has them.
const ERROR_MEMBERS: [&str; 8] = [
    "status",
    "detail",
    "scimType",
    "code",
    "message",
    "error",
    "errors",
    "errorCode",
];

/// The schemas of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Schemas {
    /// Whether one is that of an error message.
    error: bool,
    /// Whether one is that of a list.
    list: bool,
}

impl<'de> FromJson<'de> for Schemas {
    fn from_text(schema: Cow<'de, str>) -> Option<Self> {
        let last = schema.rsplit(':').next().unwrap_or_default();
        Some(Self {
            error: last.eq_ignore_ascii_case(ERROR_SCHEMA),
            list: last.eq_ignore_ascii_case(LIST_SCHEMA),
        })
    }

    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut all = Self::default();
        while let Some(schema) = list.next_element::<Attribute<Self>>()? {
            let schema = schema.get().copied().unwrap_or_default();
            all.error |= schema.error;
            all.list |= schema.list;
        }
        Ok(Some(all))
    }
}
