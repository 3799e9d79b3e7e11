//! The names in a hub: `<prefix><tenancy OCID>/[shard-<k>-of-<n>/]<YYYY>/<MM>/<DD>/<run id>/<file>`.

use std::fmt;

use chrono::{NaiveDate, NaiveDateTime};

use crate::timestamp::Timestamp;

/// Max bytes of an OCID, by Oracle's documentation.
const MAX_OCID_BYTES: usize = 255;
/// `20261122T060000Z`.
const TIME_BYTES: usize = 16;
/// `7f3a91`.
const RANDOM_DIGITS: usize = 6;

/// The OCID of a tenancy: its folder in the hub, and so its identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenancyId(String);

impl TenancyId {
    /// Parses an OCID: `ocid1.tenancy.<realm>.<region>.<unique>`, with no region as a rule.
    pub fn parse(text: &str) -> Option<Self> {
        let is_allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let parts: Vec<_> = text.split('.').collect();
        let is_ocid = match parts[..] {
            ["ocid1", "tenancy", realm, .., unique] => {
                parts.len() >= 5 && !realm.is_empty() && !unique.is_empty()
            }
            _ => false,
        };
        (is_ocid && text.len() <= MAX_OCID_BYTES && text.bytes().all(is_allowed))
            .then(|| Self(text.to_owned()))
    }

    /// The OCID.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenancyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a run, `20261122T060000Z-7f3a91`, which begins with the time of its clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId {
    started: Timestamp,
    text: String,
}

impl RunId {
    /// Parses an id.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, random) = (text.get(..TIME_BYTES)?, text.get(TIME_BYTES..)?);
        let random = random.strip_prefix('-')?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_random = random.len() == RANDOM_DIGITS && random.bytes().all(is_digit);
        // chrono also accepts signs and blanks.
        let is_time = time
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"TZ".contains(&byte));
        let time = NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").ok()?;
        (is_random && is_time).then(|| Self {
            started: time.and_utc().into(),
            text: text.to_owned(),
        })
    }

    /// When the run started, by its own clock.
    pub const fn started(&self) -> Timestamp {
        self.started
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The end of a run, as far as the names of its objects show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoredRunState {
    /// It was delivered: it has a manifest and `delivered.json`.
    Delivered,
    /// It FAILED.
    Failed,
    /// Neither: it was killed, or still runs.
    Unfinished,
}

/// A run in the hub. The latest is the greatest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredRun {
    /// Its id.
    pub id: RunId,
    /// Its end.
    pub state: StoredRunState,
    /// The full name of its folder, with a slash at its end.
    pub folder: String,
}

impl StoredRun {
    /// The full name of an object of it.
    pub fn object(&self, name: &str) -> String {
        format!("{}{name}", self.folder)
    }
}

/// Date, run and file of a name below the folder of a part.
pub(super) fn split<'a>(name: &'a str, part_folder: &str) -> Option<(NaiveDate, RunId, &'a str)> {
    let parts: Vec<_> = name.strip_prefix(part_folder)?.splitn(6, '/').collect();
    let [year, month, day, id, file] = parts[..] else {
        return None;
    };
    let is_number =
        |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(year, 4) || !is_number(month, 2) || !is_number(day, 2) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    Some((date, RunId::parse(id)?, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ocid_of_a_tenancy_names_one() {
        for (text, is_tenancy) in [
            ("ocid1.tenancy.oc1..aaaaexample", true),
            ("ocid1.tenancy.oc19.region.unique", true),
            ("ocid1.tenancy.oc1..", false),
            ("ocid1.tenancy...x", false),
            ("ocid1.tenancy.oc1.x", false),
            ("ocid1.user.oc1..aaaaexample", false),
            ("ocid1.tenancy.oc1..<b>", false),
            ("ocid1.tenancy.oc1..a/b", false),
            ("ocid1.tenancy.oc1..A", false),
            ("2026", false),
            ("", false),
        ] {
            assert_eq!(TenancyId::parse(text).is_some(), is_tenancy, "{text}");
        }
        assert!(TenancyId::parse(&format!("ocid1.tenancy.oc1..{}", "x".repeat(250))).is_none());
    }

    #[test]
    fn run_id_has_a_time_and_hexadecimal_digits() {
        let id = RunId::parse("20261122T060000Z-7f3a91").expect("an id");
        assert_eq!(id.started().rfc3339(), "2026-11-22T06:00:00Z");
        for text in [
            "",
            "20261122T060000Z",
            "20261122T060000Z-7F3A91",
            "20261122T060000Z-7f3a9",
            "20261322T060000Z-7f3a91",
            "2026112 T060000Z-7f3a91",
            "20261122T060000Z_7f3a91",
            "\u{fc}0261122T060000Z-7f3a91",
        ] {
            assert_eq!(RunId::parse(text), None, "{text}");
        }
    }
}
