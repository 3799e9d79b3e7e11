//! The part of a tenancy that a run covers: all of it, or a shard.

use std::fmt;

use crate::shard::Shard;

/// The whole tenancy, or a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part(Option<Shard>);

impl Part {
    /// The whole tenancy.
    pub const WHOLE: Self = Self(None);

    /// Every shard of this many; the whole of 0.
    pub fn all_of(of: u8) -> impl Iterator<Item = Self> {
        let whole = (of == 0).then_some(Self::WHOLE);
        let shards = Shard::all_of(of).map(|shard| Self(Some(shard)));
        whole.into_iter().chain(shards)
    }

    /// The number of shards; 0 for the whole.
    pub fn of(self) -> u8 {
        self.0.map_or(0, Shard::shards)
    }

    /// Whether this is a shard.
    pub const fn is_shard(self) -> bool {
        self.0.is_some()
    }

    /// Parses the name of a folder: `shard-2-of-8`.
    pub fn of_folder(name: &str) -> Option<Self> {
        Shard::of_folder(name).map(|shard| Self(Some(shard)))
    }

    /// Parses what a manifest says: `2/8`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|shard| Self(Some(shard)))
    }

    /// The folder below that of the tenancy: `shard-2-of-8/`, and nothing for the whole.
    pub fn folder(self) -> String {
        self.0.map(Shard::folder).unwrap_or_default()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(shard) => shard.fmt(f),
            None => f.write_str("0/0"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shard_is_read_from_folder_and_manifest_as_it_is_written() {
        let part = Part::parse("2/8").expect("a part");
        assert_eq!(Part::of_folder("shard-2-of-8"), Some(part));
        assert_eq!(part.folder(), "shard-2-of-8/");
        assert_eq!(part.to_string(), "2/8");
        for folder in [
            "shard-0-of-8",
            "shard-9-of-8",
            "shard-1-of-65",
            "shard-02-of-8",
            "shard-+2-of-8",
            "shard-2-of-",
            "shard-2",
            "2026",
            "shard-300-of-300",
            "Shard-2-of-8",
        ] {
            assert_eq!(Part::of_folder(folder), None, "{folder}");
        }
        assert_eq!(Part::all_of(3).count(), 3);
        assert!(Part::all_of(0).eq([Part::WHOLE]));
        // One of one is a shard, in a folder of its own.
        let only = Part::of_folder("shard-1-of-1").expect("a part");
        assert_eq!(
            (only.is_shard(), only.folder()),
            (true, "shard-1-of-1/".to_owned())
        );
        assert!(!Part::WHOLE.is_shard());
        assert_eq!(Part::WHOLE.folder(), "");
    }
}
