//! The users that rows name, by index: a user's row and the credentials that name the user have the same one.

use std::collections::HashMap;

use crate::text_store::{Span, TextStore};

use super::scim_id::ScimId;

/// Index of a user id in [`Holders`]. A user's row and the credentials that name the user have the same index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderIndex(u32);

impl HolderIndex {
    /// The holder of a credential that names no user.
    pub const NONE: Self = Self(u32::MAX);

    /// The position in lists with one item per holder. For [`HolderIndex::NONE`], out of range of every list.
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// Every user id that a user row or a credential names, stored once, with an index of the ids while lists are read.
#[derive(Debug, Default)]
pub struct Holders {
    by_id: HashMap<ScimId, HolderIndex>,
    /// Those whose id is not 32 hex digits.
    by_other_id: HashMap<Box<str>, HolderIndex>,
    /// Holders that are named by their OCID alone, by that.
    by_ocid_alone: HashMap<Box<str>, HolderIndex>,
    /// Id and OCID.
    rows: Vec<(Span, Span)>,
    text: TextStore,
    /// How many have an id.
    with_id: usize,
}

impl Holders {
    /// The index of the user with this id. Adds the user if it is new, and keeps its first OCID. Without an id, the OCID is a
    /// holder of its own until [`Holders::joined_by_ocid`]; without both, it is [`HolderIndex::NONE`].
    pub fn index(&mut self, id: &str, ocid: &str) -> HolderIndex {
        if id.is_empty() {
            return self.index_of_ocid(ocid);
        }
        let digits = ScimId::of_hex(id);
        let known = match &digits {
            Some(digits) => self.by_id.get(digits),
            None => self.by_other_id.get(id),
        };
        if let Some(index) = known {
            let (_, known) = &mut self.rows[index.0 as usize];
            if known.is_empty() && !ocid.is_empty() {
                *known = self.text.push(ocid);
            }
            return *index;
        }
        let index = HolderIndex(u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
        let stored = (self.text.push(id), self.text.push(ocid));
        self.rows.push(stored);
        match digits {
            Some(digits) => drop(self.by_id.insert(digits, index)),
            None => drop(self.by_other_id.insert(id.into(), index)),
        }
        self.with_id += 1;
        index
    }

    fn index_of_ocid(&mut self, ocid: &str) -> HolderIndex {
        if ocid.is_empty() {
            return HolderIndex::NONE;
        }
        if let Some(index) = self.by_ocid_alone.get(ocid) {
            return *index;
        }
        let index = HolderIndex(u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
        self.rows.push((Span::EMPTY, self.text.push(ocid)));
        self.by_ocid_alone.insert(ocid.into(), index);
        index
    }

    /// For holders that are named by their OCID alone: the only holder with an id that has the same OCID, or has it as its id.
    /// Services may leave out the id, and two users with one OCID are a contradiction that nobody can decide here.
    pub fn joined_by_ocid(&self) -> HashMap<HolderIndex, HolderIndex> {
        let mut joined: HashMap<HolderIndex, Option<HolderIndex>> = HashMap::new();
        if !self.by_ocid_alone.is_empty() {
            for (holder, id) in self.all() {
                let alone = self.by_ocid_alone.get(self.ocid(holder));
                if let Some(alone) = alone.or_else(|| self.by_ocid_alone.get(id)) {
                    joined
                        .entry(*alone)
                        .and_modify(|only| *only = None)
                        .or_insert(Some(holder));
                }
            }
        }
        joined
            .into_iter()
            .filter_map(|(alone, only)| Some((alone, only?)))
            .collect()
    }

    /// SCIM id of a holder. Empty for [`HolderIndex::NONE`], and for a holder that is named by its OCID alone.
    pub fn id(&self, holder: HolderIndex) -> &str {
        self.rows
            .get(holder.0 as usize)
            .map_or("", |(id, _)| self.text.get(*id))
    }

    /// OCID of a holder. Empty if no row has it.
    pub fn ocid(&self, holder: HolderIndex) -> &str {
        self.rows
            .get(holder.0 as usize)
            .map_or("", |(_, ocid)| self.text.get(*ocid))
    }

    /// Every holder that has a SCIM id, with it, in the order in which they were added.
    pub fn all(&self) -> impl Iterator<Item = (HolderIndex, &str)> {
        self.indices()
            .map(|holder| (holder, self.id(holder)))
            .filter(|(_, id)| !id.is_empty())
    }

    /// Every holder, in the order in which they were added.
    pub fn indices(&self) -> impl Iterator<Item = HolderIndex> {
        (0..u32::MAX).map(HolderIndex).take(self.rows.len())
    }

    /// Frees what finds a holder by its id. Nothing is added afterwards.
    pub fn end_reading(&mut self) {
        self.by_id = HashMap::new();
        self.by_other_id = HashMap::new();
        self.rows.shrink_to_fit();
    }

    /// The number of holders that are named by their id.
    pub const fn count_by_id(&self) -> usize {
        self.with_id
    }

    /// The number of holders.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no holder was added.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holder_by_ocid_alone_is_the_one_user_who_has_it() {
        let mut holders = Holders::default();
        let early = holders.index("", "o2");
        let (first, second) = (holders.index("u1", "o1"), holders.index("u2", "o2"));
        let twin = holders.index("u3", "o1");
        let (of_twins, of_nobody) = (holders.index("", "o1"), holders.index("", "o9"));
        assert_eq!(holders.index("", "o2"), early);
        assert_eq!(holders.index("", ""), HolderIndex::NONE);
        assert_eq!(holders.joined_by_ocid(), HashMap::from([(early, second)]));
        let (mapped, alone) = (holders.index("o3", ""), holders.index("", "o3"));
        let joined = HashMap::from([(early, second), (alone, mapped)]);
        assert_eq!(holders.joined_by_ocid(), joined);
        assert_eq!((holders.id(of_nobody), holders.ocid(of_nobody)), ("", "o9"));
        let named: Vec<_> = holders.all().map(|(holder, _)| holder).collect();
        assert_eq!(named, [first, second, twin, mapped]);
        assert_eq!(holders.indices().count(), holders.len());
        assert_ne!(of_twins, of_nobody);
    }
}
