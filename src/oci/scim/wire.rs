//! What a SCIM list looks like on the wire, and how its rows are read without losing one.
//!
//! A page of 1,000 users has a megabyte, and a large domain has a thousand pages: a page is scanned once, and text is
//! borrowed from it. Rows are taken leniently all the same, attribute by attribute ([`Attribute`]). What no lenient type can
//! take (an escape that is no character, a number beyond every range) ends the one scan of the page; such a page is read
//! once more, slowly, and only the attribute at fault is odd.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapDeserializer;
use serde::de::{
    Deserializer, Error as _, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::value::RawValue;

use crate::date::DateReading;
use crate::kind::{CredentialKind, KINDS, KindSet};

use super::{
    ADMINISTRATORS, CAPABILITIES, CONSOLE_PASSWORD, InvalidPage, PageSummary, USER_CREDENTIALS,
    USER_EXTENSION, USER_STATE, id_hash,
};

/// An attribute as a row has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Attribute<T> {
    /// It is not there, or null.
    #[default]
    Absent,
    /// It is there, and of a type that it cannot have.
    Odd,
    /// It is there.
    Is(T),
}

impl<T> Attribute<T> {
    pub(super) const fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Odd => None,
        }
    }
}

impl Attribute<Cow<'_, str>> {
    /// The text; empty where there is none.
    pub(super) fn text(&self) -> &str {
        self.get().map_or("", |text| text)
    }

    pub(super) fn date(&self) -> DateReading {
        match self {
            Self::Absent => DateReading::MISSING,
            Self::Odd => DateReading::UNREADABLE,
            Self::Is(text) => DateReading::parse(text),
        }
    }
}

/// What an attribute can be made of. A JSON type that is not taken over makes the attribute [`Attribute::Odd`].
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
        Ok(or_odd(T::from_text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Attribute<T>, E> {
        Ok(or_odd(T::from_text(Cow::Owned(text.to_owned()))))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Attribute<T>, E> {
        Ok(or_odd(T::from_flag(flag)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Attribute<T>, E> {
        Ok(or_odd(T::from_number(number)))
    }

    fn visit_i64<E>(self, _negative: i64) -> Result<Attribute<T>, E> {
        Ok(Attribute::Odd)
    }

    fn visit_f64<E>(self, _fraction: f64) -> Result<Attribute<T>, E> {
        Ok(Attribute::Odd)
    }

    fn visit_unit<E>(self) -> Result<Attribute<T>, E> {
        Ok(Attribute::Absent)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Attribute<T>, A::Error> {
        T::from_object(object).map(or_odd)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Attribute<T>, A::Error> {
        T::from_list(list).map(or_odd)
    }
}

fn or_odd<T>(value: Option<T>) -> Attribute<T> {
    value.map_or(Attribute::Odd, Attribute::Is)
}

impl<'de> FromJson<'de> for Cow<'de, str> {
    fn from_text(text: Self) -> Option<Self> {
        Some(text)
    }
}

impl FromJson<'_> for bool {
    fn from_flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

/// A number, also where it is written as text.
impl<'de> FromJson<'de> for u64 {
    fn from_number(number: u64) -> Option<Self> {
        Some(number)
    }

    fn from_text(text: Cow<'de, str>) -> Option<Self> {
        text.parse().ok()
    }
}

/// The name of an attribute, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

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

/// A JSON object of which some attributes are read. Of one that is there twice the last counts.
macro_rules! object {
    ($(#[$doc:meta])* $object:ident<$text:lifetime> { $($name:pat => $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $object<$text> {
            $(pub(super) $field: Attribute<$type>,)*
        }

        impl<$text> FromJson<$text> for $object<$text> {
            fn from_object<A: MapAccess<$text>>(mut object: A) -> Result<Option<Self>, A::Error> {
                let mut read = Self::default();
                while let Some(Name(name)) = object.next_key()? {
                    match &*name {
                        $($name => read.$field = object.next_value()?,)*
                        _ => {
                            object.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Some(read))
            }
        }
    };
}

object! {
    /// A row of `Users`.
    WireUser<'a> {
        "id" => id: Cow<'a, str>,
        "ocid" => ocid: Cow<'a, str>,
        "userName" => user_name: Cow<'a, str>,
        "active" => active: bool,
        "emails" => emails: Emails<'a>,
        "meta" => meta: WireMeta<'a>,
        "groups" => groups: Groups,
        CAPABILITIES => capabilities: Capabilities,
        USER_CREDENTIALS => user_credentials: Claimed,
        USER_EXTENSION => extension: WireUserExtension,
        USER_STATE => state: WireUserState<'a>,
    }
}

object! {
    /// What a user did.
    WireUserState<'a> {
        "lastSuccessfulLoginDate" => last_successful_login_date: Cow<'a, str>,
    }
}

object! {
    /// A row of any list of credentials.
    WireCredential<'a> {
        "id" => id: Cow<'a, str>,
        "meta" => meta: WireMeta<'a>,
        "user" => user: WireReference<'a>,
        "fingerprint" => fingerprint: Cow<'a, str>,
        "description" => description: Cow<'a, str>,
        "displayName" => display_name: Cow<'a, str>,
        "name" => name: Cow<'a, str>,
        "userName" => user_name: Cow<'a, str>,
        "lastSetDate" => last_set_date: Cow<'a, str>,
        "expiresOn" => expires_on: Cow<'a, str>,
    }
}

object! {
    /// When a resource was created.
    WireMeta<'a> {
        "created" => created: Cow<'a, str>,
    }
}

object! {
    /// A user, as a credential names it; a credential, as a user claims it.
    WireReference<'a> {
        "value" => value: Cow<'a, str>,
        "ocid" => ocid: Cow<'a, str>,
    }
}

object! {
    /// An address.
    WireEmail<'a> {
        "value" => value: Cow<'a, str>,
        "primary" => primary: bool,
    }
}

object! {
    /// A group of a user.
    WireGroup<'a> {
        "display" => display: Cow<'a, str>,
    }
}

impl Attribute<WireMeta<'_>> {
    pub(super) fn created(&self) -> DateReading {
        match self {
            Self::Absent => DateReading::MISSING,
            Self::Odd => DateReading::UNREADABLE,
            Self::Is(meta) => meta.created.date(),
        }
    }
}

impl<'a> WireCredential<'a> {
    /// An attribute that a row of [`KINDS`] names as label.
    pub(super) fn label(&self, attribute: &str) -> &Attribute<Cow<'a, str>> {
        match attribute {
            "fingerprint" => &self.fingerprint,
            "description" => &self.description,
            "displayName" => &self.display_name,
            "name" => &self.name,
            "userName" => &self.user_name,
            _ => &Attribute::Absent,
        }
    }
}

/// The primary address of a user, else the first.
#[derive(Debug, Default)]
pub(super) struct Emails<'a>(pub(super) Attribute<Cow<'a, str>>);

impl<'de> FromJson<'de> for Emails<'de> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let (mut first, mut primary) = (None, None);
        while let Some(email) = list.next_element::<Attribute<WireEmail<'de>>>()? {
            let Attribute::Is(email) = email else {
                continue;
            };
            if primary.is_none() && email.primary == Attribute::Is(true) {
                primary = Some(email.value);
            } else if first.is_none() {
                first = Some(email.value);
            }
        }
        Ok(Some(Self(primary.or(first).unwrap_or_default())))
    }
}

/// What a user is beyond the standard.
#[derive(Debug)]
pub(super) struct WireUserExtension {
    pub(super) is_federated_user: Option<bool>,
}

impl<'de> FromJson<'de> for WireUserExtension {
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut is_federated_user = None;
        while let Some(Name(name)) = object.next_key()? {
            let flag = object.next_value::<Attribute<bool>>()?;
            if name == "isFederatedUser" {
                is_federated_user = flag.get().copied();
            }
        }
        Ok(Some(Self { is_federated_user }))
    }
}

/// The groups of a user.
#[derive(Debug)]
pub(super) struct Groups {
    /// Whether one is called as that of the administrators. The name alone says little: every domain may have such a group,
    /// and only that of the Default domain administers the tenancy.
    pub(super) administrators: bool,
}

impl<'de> FromJson<'de> for Groups {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let (mut administrators, mut all_are_groups) = (false, true);
        while let Some(group) = list.next_element::<Attribute<WireGroup<'de>>>()? {
            match group {
                Attribute::Is(group) => administrators |= group.display.text() == ADMINISTRATORS,
                Attribute::Absent | Attribute::Odd => all_are_groups = false,
            }
        }
        Ok(all_are_groups.then_some(Self { administrators }))
    }
}

/// Which capabilities of a user are on.
#[derive(Debug)]
pub(super) struct Capabilities {
    pub(super) kinds: KindSet,
    /// The flag of the console's password.
    pub(super) console_password: Option<bool>,
}

impl<'de> FromJson<'de> for Capabilities {
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut read = Self {
            kinds: KindSet::EMPTY,
            console_password: None,
        };
        while let Some(Name(name)) = object.next_key()? {
            let flag = object.next_value::<Attribute<bool>>()?;
            if let Some(row) = KINDS.iter().find(|row| row.capability == name) {
                if flag == Attribute::Is(true) {
                    read.kinds = read.kinds.with(row.kind);
                }
            } else if name == CONSOLE_PASSWORD {
                read.console_password = flag.get().copied();
            }
        }
        Ok(Some(read))
    }
}

/// What a user claims to hold.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) kinds: KindSet,
    /// Hashes of the ids.
    pub(super) ids: Vec<(CredentialKind, u64)>,
}

impl<'de> FromJson<'de> for Claimed {
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut claimed = Self {
            kinds: KindSet::EMPTY,
            ids: Vec::new(),
        };
        while let Some(Name(name)) = object.next_key()? {
            let Some(row) = KINDS.iter().find(|row| row.claim == name) else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            match object.next_value::<Attribute<Held>>()? {
                Attribute::Absent => {}
                Attribute::Is(Held(held)) if held.is_empty() => {}
                // A claim whose id cannot be read is a claim all the same.
                Attribute::Odd => claimed.kinds = claimed.kinds.with(row.kind),
                Attribute::Is(Held(held)) => {
                    claimed.kinds = claimed.kinds.with(row.kind);
                    let ids = held.into_iter().flatten().map(|id| (row.kind, id));
                    claimed.ids.extend(ids);
                }
            }
        }
        Ok(Some(claimed))
    }
}

/// The hash of each id that a user claims to hold of one kind, where it has one.
struct Held(Vec<Option<u64>>);

impl<'de> FromJson<'de> for Held {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut held = Vec::new();
        while let Some(claim) = list.next_element::<Attribute<WireReference<'de>>>()? {
            held.push(claim.get().and_then(hash_of));
        }
        Ok(Some(Self(held)))
    }

    fn from_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let claim = WireReference::from_object(object)?;
        Ok(Some(Self(vec![claim.as_ref().and_then(hash_of)])))
    }
}

fn hash_of(claim: &WireReference<'_>) -> Option<u64> {
    claim.value.get().map(|id| id_hash(id))
}

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
        return Attribute::Odd;
    };
    let attributes = attributes
        .into_iter()
        .map(|(name, value)| (name, OddIfUnreadable(value)));
    R::from_object(MapDeserializer::new(attributes)).map_or(Attribute::Odd, or_odd)
}

/// JSON that may hold what no type can take; then it passes for a number, which no attribute of a row is.
struct OddIfUnreadable<'a>(&'a RawValue);

impl<'de> IntoDeserializer<'de, serde_json::Error> for OddIfUnreadable<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for OddIfUnreadable<'de> {
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
