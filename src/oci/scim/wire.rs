//! Lenient attributes of a row: one of an unexpected type is malformed, and the rest of its row is still read.
//!
//! By hand instead of derived: serde's derive fails the whole row, and `serde_json::Value` needs a second pass and a copy.
//! Text without escapes is borrowed from the page.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::timestamp::DateReading;

/// An attribute of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Attribute<T> {
    /// Missing, or null.
    #[default]
    Absent,
    /// Present, with a JSON type that it cannot have.
    Malformed,
    /// Present.
    Is(T),
}

impl<T> Attribute<T> {
    /// The attribute after its object named it once more. Two values say two things, and neither is to be believed.
    pub(super) fn and_then_given(self, again: Self) -> Self {
        match (self, again) {
            (Self::Absent, only) | (only, Self::Absent) => only,
            _ => Self::Malformed,
        }
    }

    pub(super) const fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Malformed => None,
        }
    }
}

impl Attribute<Cow<'_, str>> {
    /// The text; empty if absent or malformed.
    pub(super) fn text(&self) -> &str {
        self.get().map_or("", |text| text)
    }

    pub(super) fn date(&self) -> DateReading {
        match self {
            Self::Absent => DateReading::MISSING,
            Self::Malformed => DateReading::UNREADABLE,
            Self::Is(text) => DateReading::parse(text),
        }
    }
}

/// A type to read an attribute into. JSON types without a method of their own make it [`Attribute::Malformed`].
pub(super) trait FromJson<'de>: Sized {
    fn from_text(_text: Cow<'de, str>) -> Option<Self> {
        None
    }

    fn from_flag(_flag: bool) -> Option<Self> {
        None
    }

    fn from_number(_number: u64) -> Option<Self> {
        None
    }

    /// A number below 0 or with a fraction.
    fn from_other_number(_number: f64) -> Option<Self> {
        None
    }

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de, T: FromJson<'de>> Deserialize<'de> for Attribute<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AttributeVisitor(PhantomData))
    }
}

struct AttributeVisitor<T>(PhantomData<T>);

impl<'de, T: FromJson<'de>> Visitor<'de> for AttributeVisitor<T> {
    type Value = Attribute<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Attribute<T>, E> {
        Ok(or_malformed(T::from_text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Attribute<T>, E> {
        Ok(or_malformed(T::from_text(Cow::Owned(text.to_owned()))))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Attribute<T>, E> {
        Ok(or_malformed(T::from_flag(flag)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Attribute<T>, E> {
        Ok(or_malformed(T::from_number(number)))
    }

    fn visit_i64<E>(self, _negative: i64) -> Result<Attribute<T>, E> {
        Ok(or_malformed(T::from_other_number(-1.0)))
    }

    fn visit_f64<E>(self, fraction: f64) -> Result<Attribute<T>, E> {
        Ok(or_malformed(T::from_other_number(fraction)))
    }

    fn visit_unit<E>(self) -> Result<Attribute<T>, E> {
        Ok(Attribute::Absent)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Attribute<T>, A::Error> {
        T::from_object(object).map(or_malformed)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Attribute<T>, A::Error> {
        T::from_list(list).map(or_malformed)
    }
}

pub(super) fn or_malformed<T>(value: Option<T>) -> Attribute<T> {
    value.map_or(Attribute::Malformed, Attribute::Is)
}

impl<'de> FromJson<'de> for Cow<'de, str> {
    fn from_text(text: Self) -> Option<Self> {
        Some(text)
    }
}

/// A boolean, also if it is written as text: some gateways and provisioning clients write `"True"`.
impl<'de> FromJson<'de> for bool {
    fn from_flag(flag: bool) -> Option<Self> {
        Some(flag)
    }

    fn from_text(text: Cow<'de, str>) -> Option<Self> {
        let words = [("true", true), ("false", false)];
        let text = text.trim();
        words
            .into_iter()
            .find_map(|(word, flag)| text.eq_ignore_ascii_case(word).then_some(flag))
    }
}

/// A value where a boolean is expected. Only the scripts' two files look at other values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flag {
    /// The boolean, if it is one.
    pub(super) boolean: Option<bool>,
    /// What Python's `bool` makes of the value: the text `false` is true.
    pub(super) python: bool,
}

impl Flag {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the type that the methods of FromJson return"
    )]
    const fn other(python: bool) -> Option<Self> {
        Some(Self {
            boolean: None,
            python,
        })
    }
}

impl<'de> FromJson<'de> for Flag {
    fn from_flag(flag: bool) -> Option<Self> {
        Some(Self {
            boolean: Some(flag),
            python: flag,
        })
    }

    fn from_text(text: Cow<'de, str>) -> Option<Self> {
        let python = !text.is_empty();
        Some(Self {
            boolean: bool::from_text(text),
            python,
        })
    }

    fn from_number(number: u64) -> Option<Self> {
        Self::other(number != 0)
    }

    fn from_other_number(number: f64) -> Option<Self> {
        Self::other(number != 0.0)
    }

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut python = false;
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            python = true;
        }
        Ok(Self::other(python))
    }

    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut python = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            python = true;
        }
        Ok(Self::other(python))
    }
}

/// A number, also if it is written as text.
impl<'de> FromJson<'de> for u64 {
    fn from_number(number: u64) -> Option<Self> {
        Some(number)
    }

    fn from_text(text: Cow<'de, str>) -> Option<Self> {
        text.parse().ok()
    }
}

/// The name of an attribute, borrowed if it has no escapes.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Declares a JSON object with the attributes to read. Their names are case-insensitive (RFC 7643, section 2.1). An attribute that
/// is given twice is malformed.
macro_rules! object {
    ($(#[$doc:meta])* $object:ident<$text:lifetime> { $($name:expr => $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $object<$text> {
            $(pub(super) $field: Attribute<$type>,)*
        }

        impl<$text> FromJson<$text> for $object<$text> {
            fn from_object<A: MapAccess<$text>>(mut object: A) -> Result<Option<Self>, A::Error> {
                let mut read = Self::default();
                while let Some(Name(name)) = object.next_key()? {
                    $(if name.eq_ignore_ascii_case($name) {
                        let given = std::mem::take(&mut read.$field);
                        read.$field = given.and_then_given(object.next_value()?);
                        continue;
                    })*
                    object.next_value::<IgnoredAny>()?;
                }
                Ok(Some(read))
            }
        }
    };
}

pub(super) use object;
