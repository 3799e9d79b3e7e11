//! The attributes that may name the owner of a user.

use std::borrow::Cow;

use serde::de::{IgnoredAny, MapAccess, SeqAccess};

use super::wire::{Attribute, FromJson, Name, object};

object! {
    /// The enterprise extension of RFC 7643, section 4.3.
    WireEnterprise<'a> {
        "department" => department: Cow<'a, str>,
        "manager" => manager: WireManager<'a>,
    }
}

object! {
    /// A manager: a user of the same domain.
    WireManager<'a> {
        "displayName" => display_name: Cow<'a, str>,
        "value" => value: Cow<'a, str>,
    }
}

object! {
    /// The tags of a user. A list each, not an object as in other services.
    WireTags<'a> {
        "freeformTags" => freeform: Tags<'a>,
        "definedTags" => defined: Tags<'a>,
    }
}

object! {
    /// A tag.
    WireTag<'a> {
        "namespace" => namespace: Cow<'a, str>,
        "key" => key: Cow<'a, str>,
        "value" => value: Cow<'a, str>,
    }
}

/// The readable tags.
#[derive(Debug)]
pub(super) struct Tags<'a>(pub(super) Vec<WireTag<'a>>);

impl<'de> FromJson<'de> for Tags<'de> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut tags = Vec::new();
        while let Some(tag) = list.next_element::<Attribute<WireTag<'de>>>()? {
            if let Attribute::Is(tag) = tag {
                tags.push(tag);
            }
        }
        Ok(Some(Self(tags)))
    }
}
