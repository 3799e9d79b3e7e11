//! A shard: one of the parts into which the domains of a tenancy are divided, so that several runs audit what is too much for one. Pure.
//!
//! The part of a domain depends on the domain alone: the first eight bytes of the SHA-256 of its OCID, as a big-endian number,
//! modulo the number of parts. So each domain is in exactly one of them, whatever else the tenancy has and whenever the runs of
//! the others are. A test has fixed values, because another division would drop the history of every shard.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Max number of shards.
const MAX_SHARDS: u8 = 64;

/// One of the parts of a tenancy's domains, such as `2/8`: the second of eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Shard {
    /// From 1 to [`MAX_SHARDS`]. First, so that the shards of one division are sorted together.
    shards: u8,
    /// From 1 to `shards`.
    number: u8,
}

/// A text that is not a [`Shard`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two whole numbers such as \"2/8\", the second of eight shards, of at most {MAX_SHARDS}")]
pub struct NotAShard;

impl Shard {
    /// Whether the shard has the domain with this key: its OCID, or its URL if the OCID is not known.
    pub fn contains(self, domain: &str) -> bool {
        let digest = Sha256::digest(domain.as_bytes());
        let first = digest.iter().take(8);
        let hash = first.fold(0, |hash, byte| hash << 8 | u64::from(*byte));
        let shards = NonZeroU64::new(u64::from(self.shards)).unwrap_or(NonZeroU64::MIN);
        hash % shards == u64::from(self.number) - 1
    }

    /// Every shard of a division into this many; none of 0.
    pub fn all_of(shards: u8) -> impl Iterator<Item = Self> {
        (1..=shards).map(move |number| Self { shards, number })
    }

    /// The number of shards.
    pub const fn shards(self) -> u8 {
        self.shards
    }

    /// Parses the name of a folder, without its slash: `shard-2-of-8`.
    pub fn of_folder(name: &str) -> Option<Self> {
        let (number, shards) = name.strip_prefix("shard-")?.split_once("-of-")?;
        Self::new(part(number)?, part(shards)?)
    }

    fn new(number: u8, shards: u8) -> Option<Self> {
        (number <= shards).then_some(Self { shards, number })
    }

    /// The folder of the shard, with a slash at its end: `shard-2-of-8/`.
    pub fn folder(self) -> String {
        format!("shard-{}-of-{}/", self.number, self.shards)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.shards)
    }
}

impl FromStr for Shard {
    type Err = NotAShard;

    fn from_str(text: &str) -> Result<Self, NotAShard> {
        let (number, shards) = text.split_once('/').ok_or(NotAShard)?;
        let number = part(number).ok_or(NotAShard)?;
        let shards = part(shards).ok_or(NotAShard)?;
        Self::new(number, shards).ok_or(NotAShard)
    }
}

/// A number from 1 to [`MAX_SHARDS`] as people write it: digits alone, without a leading zero.
fn part(text: &str) -> Option<u8> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let number = text.parse().ok()?;
    (is_plain && number <= MAX_SHARDS).then_some(number)
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl TryFrom<String> for Shard {
    type Error = NotAShard;

    fn try_from(text: String) -> Result<Self, NotAShard> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shard(text: &str) -> Shard {
        text.parse().expect("a shard")
    }

    /// The number of the shard that has a domain.
    fn number(domain: &str, shards: u8) -> u8 {
        let of = |number: &u8| shard(&format!("{number}/{shards}")).contains(domain);
        let numbers: Vec<_> = (1..=shards).filter(of).collect();
        assert_eq!(numbers.len(), 1, "{domain} in {numbers:?} of {shards}");
        numbers[0]
    }

    #[test]
    fn only_two_numbers_from_one_to_64_are_a_shard() {
        for text in ["1/1", "2/8", "8/8", "64/64", "10/20"] {
            assert_eq!(shard(text).to_string(), text);
        }
        for text in [
            "",
            "/",
            "1",
            "1/",
            "/8",
            "0/8",
            "1/0",
            "9/8",
            "1/65",
            "64/65",
            "02/8",
            "2/08",
            "+2/8",
            "2/+8",
            "-2/8",
            "2 /8",
            " 2/8",
            "2/8 ",
            "2/8/8",
            "2of8",
            "2.0/8",
            "\u{662}/8",
            "256/256",
            "257/300",
        ] {
            assert_eq!(text.parse::<Shard>(), Err(NotAShard), "{text}");
        }
        assert_eq!(shard("2/8").folder(), "shard-2-of-8/");
    }

    #[test]
    fn division_of_domains_never_changes() {
        // By `printf %s <domain> | sha256sum`, the first 16 digits, modulo the number of shards, plus 1.
        for (domain, of_eight, of_three) in FIXED {
            assert_eq!(number(domain, 8), of_eight, "{domain}");
            assert_eq!(number(domain, 3), of_three, "{domain}");
            assert_eq!(number(domain, 1), 1, "{domain}");
        }
    }

    proptest! {
        #[test]
        fn each_domain_is_in_exactly_one_shard(domain in ".{0,80}", shards in 1..=MAX_SHARDS) {
            number(&domain, shards);
        }
    }

    #[test]
    fn domains_are_divided_about_evenly() {
        let mut sizes = [0_u32; 8];
        for index in 0..8_000 {
            let domain = format!("ocid1.domain.oc1..aaaa{index}");
            sizes[usize::from(number(&domain, 8)) - 1] += 1;
        }
        assert!(
            sizes.iter().all(|size| (850..1150).contains(size)),
            "{sizes:?}"
        );
    }

    const FIXED: [(&str, u8, u8); 5] = [
        ("ocid1.domain.oc1..aaaaaaaadefault", 8, 1),
        ("ocid1.domain.oc1..aaaaaaaaapps", 6, 2),
        ("https://idcs-0123.identity.oraclecloud.com", 5, 3),
        ("idcs-0123", 5, 2),
        ("", 5, 2),
    ];
}
