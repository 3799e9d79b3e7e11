//! Who created the credentials of a list.
//!
//! A few administrators and programs create most of the credentials that people do not create themselves. So the name of a
//! creator is stored once. Only the first names are remembered: if everybody creates their own credentials, to remember every
//! name takes more memory than it saves.

use std::collections::HashMap;

use crate::text_store::{Span, TextStore};

/// Names of creators, and where each is stored.
#[derive(Debug, Default)]
pub(super) struct Creators(HashMap<Box<str>, Span>);

impl Creators {
    /// Max names remembered.
    const MAX: usize = 1_000;

    /// The position of `name` in `text`, the text of the list. Stores it if it is not remembered.
    pub(super) fn stored(&mut self, name: &str, text: &mut TextStore) -> Span {
        if let Some(known) = self.0.get(name) {
            return *known;
        }
        let stored = text.push(name);
        if self.0.len() < Self::MAX {
            self.0.insert(name.into(), stored);
        }
        stored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_stored_once_while_few_are_known() {
        let (mut creators, mut text) = (Creators::default(), TextStore::default());
        let first = creators.stored("terraform", &mut text);
        for number in 0..Creators::MAX {
            let name = format!("person {number}");
            let span = creators.stored(&name, &mut text);
            assert_eq!(text.get(span), name);
        }
        assert_eq!(creators.stored("terraform", &mut text), first);
        let (late, again) = (
            creators.stored("late", &mut text),
            creators.stored("late", &mut text),
        );
        assert_ne!(late, again);
        assert_eq!((text.get(late), text.get(again)), ("late", "late"));
        assert_eq!(creators.stored("", &mut text), Span::EMPTY);
    }
}
