//! The part of a tenancy that a run covers: all of it, or a shard.

use std::fmt;

/// Max shards of a tenancy.
const MAX_SHARDS: u8 = 64;

/// The whole tenancy, or a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// Number of shards, and 0 for the whole. First, so that the parts of a scheme are sorted together.
    of: u8,
    /// From 1 to `of`, and 0 for the whole.
    number: u8,
}

impl Part {
    /// The whole tenancy.
    pub const WHOLE: Self = Self { of: 0, number: 0 };

    /// A shard; `None` if there is no such shard.
    pub fn new(number: u8, of: u8) -> Option<Self> {
        let is_valid = (1..=of).contains(&number) && of <= MAX_SHARDS;
        is_valid.then_some(Self { of, number })
    }

    /// Every shard of this many; the whole of 0.
    pub fn all_of(of: u8) -> impl Iterator<Item = Self> {
        let whole = (of == 0).then_some(Self::WHOLE);
        whole
            .into_iter()
            .chain((1..=of).map(move |number| Self { of, number }))
    }

    /// The number of shards; 0 for the whole.
    pub const fn of(self) -> u8 {
        self.of
    }

    /// Whether this is a shard.
    pub fn is_shard(self) -> bool {
        self != Self::WHOLE
    }

    /// Parses the name of a folder: `shard-2-of-8`.
    pub fn of_folder(name: &str) -> Option<Self> {
        let (number, of) = name.strip_prefix("shard-")?.split_once("-of-")?;
        Self::of_numbers(number, of)
    }

    /// Parses what a manifest says: `2/8`.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, of) = text.split_once('/')?;
        Self::of_numbers(number, of)
    }

    fn of_numbers(number: &str, of: &str) -> Option<Self> {
        // Only as it is written: `+2` and `02` are other folders.
        let canonical = |text: &str| {
            let number = text.parse::<u8>().ok()?;
            (number.to_string() == text).then_some(number)
        };
        Self::new(canonical(number)?, canonical(of)?)
    }

    /// The folder below that of the tenancy: `shard-2-of-8/`, and nothing for the whole.
    pub fn folder(self) -> String {
        if self.is_shard() {
            format!("shard-{}-of-{}/", self.number, self.of)
        } else {
            String::new()
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shard_is_read_from_folder_and_manifest_as_it_is_written() {
        let part = Part::new(2, 8).expect("a part");
        assert_eq!(Part::of_folder("shard-2-of-8"), Some(part));
        assert_eq!(Part::parse("2/8"), Some(part));
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
