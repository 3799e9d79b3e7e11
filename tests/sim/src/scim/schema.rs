//! The properties of each attribute: when it is returned, whether it is searchable, and how it is compared.
//!
//! Source: the attribute notes ("SCIM++ Properties") in `identity_domains/models` of Oracle's Python SDK.

use crate::tenancy::Directory;
use std::borrow::Cow;

/// When an attribute is returned (RFC 7643, section 7). The tables omit attributes that are returned `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    Always,
    Default,
    Request,
}

/// How values are compared in filters and sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    Text,
    DateTime,
    Boolean,
    Number,
}

/// A single value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Flag(bool),
    Number(u64),
}

/// The sub-attributes of one complex value, by name.
pub(crate) type Complex<'a> = Vec<(&'static str, Scalar<'a>)>;

/// The value of an attribute in one row.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Absent,
    One(Scalar<'a>),
    Texts(Vec<&'static str>),
    Nested(Complex<'a>),
    Many(Vec<Complex<'a>>),
}

/// One row of a schema.
pub(crate) struct Attribute<R: 'static> {
    /// The complex attribute or extension URN that it belongs to; empty at the top level.
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    pub(crate) returned: Returned,
    pub(crate) searchable: bool,
    pub(crate) case_exact: bool,
    pub(crate) syntax: Syntax,
    /// Secret material, which an audit never requests.
    pub(crate) secret: bool,
    pub(crate) read: for<'a> fn(&'a R, &'a Directory) -> Value<'a>,
}

impl<R> Clone for Attribute<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Attribute<R> {}

impl<R> Attribute<R> {
    /// A text that is returned by default and cannot be searched.
    pub(crate) const fn new(
        group: &'static str,
        name: &'static str,
        read: for<'a> fn(&'a R, &'a Directory) -> Value<'a>,
    ) -> Self {
        Self {
            group,
            name,
            returned: Returned::Default,
            searchable: false,
            case_exact: false,
            syntax: Syntax::Text,
            secret: false,
            read,
        }
    }

    pub(crate) const fn always(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    pub(crate) const fn on_request(mut self) -> Self {
        self.returned = Returned::Request;
        self
    }

    pub(crate) const fn searchable(mut self) -> Self {
        self.searchable = true;
        self
    }

    pub(crate) const fn case_exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    pub(crate) const fn syntax(mut self, syntax: Syntax) -> Self {
        self.syntax = syntax;
        self
    }

    pub(crate) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Whether the attribute belongs to an extension, not to a complex attribute.
    pub(crate) fn in_extension(&self) -> bool {
        self.group.starts_with("urn:")
    }
}

/// The attribute of a path, and the sub-attribute if the path goes one level deeper than the table.
///
/// Attribute names are case-insensitive (RFC 7643, section 2.1).
pub(crate) fn resolve<R>(
    schema: &[Attribute<R>],
    core: &str,
    path: &str,
) -> Option<(usize, Option<String>)> {
    let path = path
        .strip_prefix(core)
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or(path);
    for (index, attribute) in schema.iter().enumerate() {
        let separator = if attribute.in_extension() { ":" } else { "." };
        let own = if attribute.group.is_empty() {
            strip_ignoring_case(path, attribute.name)
        } else {
            strip_ignoring_case(path, attribute.group)
                .and_then(|rest| rest.strip_prefix(separator))
                .and_then(|rest| strip_ignoring_case(rest, attribute.name))
        };
        match own {
            Some("") => return Some((index, None)),
            Some(rest) if rest.starts_with('.') => {
                return Some((index, Some(rest[1..].to_owned())));
            }
            _ => {}
        }
    }
    None
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

/// A text, or nothing.
pub(crate) fn text<'a>(value: impl Into<Cow<'a, str>>) -> Value<'a> {
    Value::One(Scalar::Text(value.into()))
}

/// An optional text.
pub(crate) fn optional(value: Option<&str>) -> Value<'_> {
    value.map_or(Value::Absent, text)
}

/// A flag.
pub(crate) fn flag<'a>(value: bool) -> Value<'a> {
    Value::One(Scalar::Flag(value))
}
