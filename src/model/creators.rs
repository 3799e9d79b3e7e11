//! Who created the credentials of a list.
//!
//! A few administrators and programs create most of the credentials that people do not create themselves. So the name of a
//! creator is stored once. Only the first names are remembered: if everybody creates their own credentials, to remember every
//! name takes more memory than it saves.

use std::collections::HashMap;

use crate::text_store::{Span, TextStore};

/// Index of a creator in the [`Creators`] of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatorIndex(u32);

impl CreatorIndex {
    /// Nobody is named.
    pub const NONE: Self = Self(u32::MAX);
}

/// Names of creators: the display name of a user or app (`idcsCreatedBy`), or else its id or OCID.
#[derive(Debug, Default)]
pub struct Creators {
    names: Vec<Span>,
    remembered: HashMap<Box<str>, CreatorIndex>,
}

impl Creators {
    /// Max names remembered.
    const MAX: usize = 1_000;

    /// The index of `name`. Stores it in `text`, the text of the list, if it is not remembered.
    pub fn store(&mut self, name: &str, text: &mut TextStore) -> CreatorIndex {
        if name.is_empty() {
            return CreatorIndex::NONE;
        }
        if let Some(known) = self.remembered.get(name) {
            return *known;
        }
        let index = CreatorIndex(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(text.push(name));
        if self.remembered.len() < Self::MAX {
            self.remembered.insert(name.into(), index);
        }
        index
    }

    /// The name at `index`, in the same text; empty for [`CreatorIndex::NONE`].
    pub fn name<'a>(&self, index: CreatorIndex, text: &'a TextStore) -> &'a str {
        let name = self.names.get(index.0 as usize);
        name.map_or("", |name| text.get(*name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_stored_once_while_few_are_known() {
        let (mut creators, mut text) = (Creators::default(), TextStore::default());
        let first = creators.store("terraform", &mut text);
        for number in 0..Creators::MAX {
            let name = format!("person {number}");
            let index = creators.store(&name, &mut text);
            assert_eq!(creators.name(index, &text), name);
        }
        assert_eq!(creators.store("terraform", &mut text), first);
        let (late, again) = (
            creators.store("late", &mut text),
            creators.store("late", &mut text),
        );
        assert_ne!(late, again);
        for index in [late, again] {
            assert_eq!(creators.name(index, &text), "late");
        }
        assert_eq!(creators.store("", &mut text), CreatorIndex::NONE);
        assert_eq!(creators.name(CreatorIndex::NONE, &text), "");
    }
}
