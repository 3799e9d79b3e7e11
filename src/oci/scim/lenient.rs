//! Rows whose JSON no type accepts: an invalid escape, a number out of range. Only the invalid attribute is malformed.
//!
//! Nothing is kept but the row: a value of several megabytes would take ten times its size.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::value::RawValue;

use super::wire::{Attribute, FromJson, Name, or_malformed};

/// Reads a row of a page that one scan could not read.
pub(super) fn attribute_by_attribute<'a, R: FromJson<'a>>(row: &'a RawValue) -> Attribute<R> {
    let read: Result<Lenient<R>, _> = serde_json::from_str(row.get());
    read.map_or(Attribute::Malformed, |Lenient(row)| or_malformed(row))
}

/// A row whose unreadable attributes are malformed.
struct Lenient<R>(Option<R>);

impl<'de, R: FromJson<'de>> Deserialize<'de> for Lenient<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LenientVisitor(PhantomData))
    }
}

struct LenientVisitor<R>(PhantomData<R>);

impl<'de, R: FromJson<'de>> Visitor<'de> for LenientVisitor<R> {
    type Value = Lenient<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Lenient<R>, A::Error> {
        R::from_object(LenientObject(object)).map(Lenient)
    }
}

/// An object whose values are read as [`MalformedIfUnreadable`].
struct LenientObject<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for LenientObject<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        let value = MalformedIfUnreadable(self.0.next_value()?);
        seed.deserialize(value).map_err(A::Error::custom)
    }
}

/// Any JSON that a type could accept, read to its end and not kept.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadableVisitor)
    }
}

struct ReadableVisitor;

impl<'de> Visitor<'de> for ReadableVisitor {
    type Value = Readable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_str<E>(self, _: &str) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_unit<E>(self) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Readable, A::Error> {
        while list.next_element::<Readable>()?.is_some() {}
        Ok(Readable)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Readable, A::Error> {
        while object.next_entry::<Name<'de>, Readable>()?.is_some() {}
        Ok(Readable)
    }
}

/// Deserializes as a number if its JSON is invalid. No attribute of a row is a number, so it becomes malformed.
struct MalformedIfUnreadable<'a>(&'a RawValue);

impl<'de> Deserializer<'de> for MalformedIfUnreadable<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let json = self.0.get();
        if serde_json::from_str::<Readable>(json).is_err() {
            return visitor.visit_u64(0);
        }
        serde_json::Deserializer::from_str(json).deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
