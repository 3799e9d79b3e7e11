//! The parameters of a run. Pure.

use crate::credential_type::CredentialTypes;
use crate::model::RunTimes;
use crate::place::Place;
use crate::shard::Shard;
use crate::timestamp::Timestamp;

use super::age::Thresholds;

/// Last characters of a tenancy's OCID that name it if nothing else does.
const OCID_END_CHARS: usize = 6;

/// The parameters and the id of a run.
#[derive(Clone, Debug)]
pub struct RunDescription {
    /// `<YYYYMMDD>T<HHMMSS>Z-<6 hex>`, unique.
    pub id: String,
    /// The version of this program.
    pub version: &'static str,
    /// Its place, by which advice differs.
    pub place: Place,
    /// The tenancy that it audits.
    pub tenancy: Tenancy,
    /// The console that links lead to; `None` if the realm's is not known.
    pub console: Option<Console>,
    /// The instants that its ages are judged by.
    pub times: RunTimes,
    /// Whether the invocation gave `as_of`.
    pub as_of_given: bool,
    /// The types to read.
    pub credential_types: CredentialTypes,
    /// The ages at which credentials are due and overdue.
    pub thresholds: Thresholds,
    /// What the invocation narrowed.
    pub scope: Scope,
    /// The part of the domains that it reads; `None` for all of them.
    pub shard: Option<ShardScope>,
    /// The source of its domains. Only runs with the same source are compared.
    pub domain_setting: DomainSetting,
    /// Location of the reports; `None` on the command line and in a dry run.
    pub location: Option<ReportsLocation>,
}

impl RunDescription {
    /// The instant that ages are judged at.
    pub const fn as_of(&self) -> Timestamp {
        self.times.as_of
    }

    /// Whether `as_of` is more than 24 hours from the clock, so that every text says `WHAT-IF <date>`.
    pub const fn is_what_if(&self) -> bool {
        let (as_of, started) = (self.times.as_of, self.times.started);
        as_of.is_more_than_days_after(started, 1) || started.is_more_than_days_after(as_of, 1)
    }

    /// Whether it leaves out a part of what the settings name: then what it does not find may be there.
    pub const fn is_of_a_part(&self) -> bool {
        self.scope.is_narrowed() || self.shard.is_some()
    }

    /// Whether its shard has no domain, and other shards have some.
    pub(crate) fn is_of_an_empty_shard(&self, domains: usize) -> bool {
        domains == 0 && self.shard.is_some_and(|shard| shard.domains_elsewhere > 0)
    }

    /// The same run, if the search found this number of domains of other shards.
    #[must_use]
    pub(crate) fn with_domains_elsewhere(mut self, domains: u64) -> Self {
        if let Some(shard) = &mut self.shard {
            shard.domains_elsewhere = domains;
        }
        self
    }
}

/// A tenancy, as reports name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenancy {
    /// Its OCID, on one line; `None` if the credentials do not name it.
    pub id: Option<String>,
    /// Its name.
    pub name: TenancyName,
    /// The profile of the configuration file that names it; `None` in the function.
    pub profile: Option<String>,
}

/// The name of a tenancy, on one line and without characters that a reader cannot see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TenancyName {
    /// In the settings.
    Given(String),
    /// Read from IAM.
    Read(String),
    /// Not given, and not read.
    #[default]
    Unknown,
}

impl Tenancy {
    /// The name, and the profile if there is one: a person may have several.
    pub fn name_and_profile(&self) -> String {
        let name = self.display_name();
        match &self.profile {
            Some(profile) => format!("{name} (profile {profile})"),
            None => name,
        }
    }

    /// The name, or else `tenancy …` with the end of the OCID, or else `unknown tenancy`.
    pub fn display_name(&self) -> String {
        match (&self.name, &self.id) {
            (TenancyName::Given(name) | TenancyName::Read(name), _) => name.clone(),
            (TenancyName::Unknown, Some(id)) => {
                let start = id.char_indices().rev().nth(OCID_END_CHARS - 1);
                let end = start.map_or(id.as_str(), |(start, _)| &id[start..]);
                format!("tenancy \u{2026}{end}")
            }
            (TenancyName::Unknown, None) => "unknown tenancy".to_owned(),
        }
    }
}

/// The web console of the realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Console {
    /// The beginning of each link, without a slash at its end: `https://cloud.oracle.com`.
    pub base_url: String,
    /// The region that links open: that of the run, in which its bucket is.
    pub region: String,
}

/// The source of a run's domains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DomainSetting {
    /// Every domain of the tenancy.
    #[default]
    Discovered,
    /// URLs in the settings.
    Settings(Vec<String>),
    /// URLs in the invocation.
    Invocation(Vec<String>),
}

/// What the invocation narrowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The invocation lists domains.
    pub domains: bool,
    /// The invocation lists types.
    pub credential_types: bool,
}

impl Scope {
    /// Whether every text says `SCOPED`.
    pub const fn is_narrowed(&self) -> bool {
        self.domains || self.credential_types
    }
}

/// A shard, and what is in the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardScope {
    /// The shard.
    pub shard: Shard,
    /// Domains of other shards that the search found. If there are none at all, the search may have failed.
    pub domains_elsewhere: u64,
}

/// The location of the reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportsLocation {
    /// Object Storage namespace.
    pub namespace: String,
    /// Bucket.
    pub bucket: String,
    /// Folder of this run, with a trailing slash.
    pub folder: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenancy_without_a_name_is_named_by_the_end_of_its_ocid() {
        let id = |text: &str| Some(text.to_owned());
        let named = |name: fn(String) -> TenancyName| name("acme-prod".to_owned());
        for (id, name, expected) in [
            (
                id("ocid1.tenancy.oc1..aaaabc123"),
                named(TenancyName::Given),
                "acme-prod",
            ),
            (None, named(TenancyName::Read), "acme-prod"),
            (
                id("ocid1.tenancy.oc1..aaaabc123"),
                TenancyName::Unknown,
                "tenancy \u{2026}abc123",
            ),
            (
                id("\u{e9}bc"),
                TenancyName::Unknown,
                "tenancy \u{2026}\u{e9}bc",
            ),
            (
                id("\u{e9}\u{e9}bcdefg"),
                TenancyName::Unknown,
                "tenancy \u{2026}bcdefg",
            ),
            (None, TenancyName::Unknown, "unknown tenancy"),
        ] {
            let tenancy = Tenancy {
                id,
                name,
                profile: None,
            };
            assert_eq!(tenancy.display_name(), expected);
        }
    }
}
