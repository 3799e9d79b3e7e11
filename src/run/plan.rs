//! What a run will do, decided before it reads anything.

use crate::config::{ReadSettings, SettingError};
use crate::credential_type::CredentialTypes;
use crate::env;
use crate::event::AuditRequest;
use crate::http::endpoint::Endpoint;
use crate::judge::age::Thresholds;
use crate::judge::{
    Console, DomainSetting, ReportsLocation, RunDescription, Scope, ShardScope, Tenancy,
};
use crate::model::RunTimes;
use crate::place::Place;
use crate::shard::Shard;
use crate::timestamp::Timestamp;

/// A run before it reads anything. It becomes a [`RunDescription`] when reading has ended.
#[derive(Clone, Debug)]
pub struct RunPlan {
    /// `<YYYYMMDD>T<HHMMSS>Z-<6 hex>`, unique.
    pub id: String,
    /// The time of the clock at the start.
    pub started: Timestamp,
    /// The time to judge ages at.
    pub as_of: Timestamp,
    /// Whether the invocation set `as_of`.
    pub as_of_given: bool,
    /// Base URLs of the domains to read; `None` to discover the domains of the tenancy.
    pub domain_urls: Option<Vec<Endpoint>>,
    /// The types to read.
    pub credential_types: CredentialTypes,
    /// The ages at which credentials are due and overdue.
    pub thresholds: Thresholds,
    /// Whether the invocation narrows domains or types.
    pub scope: Scope,
    /// The part of the domains to read; `None` for all of them.
    pub shard: Option<Shard>,
    /// The console that links lead to; `None` if the realm's is not known.
    pub console: Option<Console>,
    /// The place of the run.
    pub place: Place,
}

impl RunPlan {
    /// Plans a run. The request takes precedence over the settings.
    ///
    /// # Errors
    ///
    /// If the request names a domain whose host may not receive a signed request.
    pub fn new(
        request: &AuditRequest,
        settings: &ReadSettings,
        started: Timestamp,
    ) -> Result<Self, SettingError> {
        check_hosts(request, settings)?;
        let domain_urls = request.domain_urls.as_ref();
        Ok(Self {
            id: run_id(started),
            started,
            as_of: request
                .as_of
                .map_or(started, |as_of| as_of.instant(started)),
            as_of_given: request.as_of.is_some(),
            domain_urls: domain_urls.or(settings.domain_urls.as_ref()).cloned(),
            credential_types: request
                .credential_types
                .unwrap_or(settings.credential_types),
            thresholds: settings.thresholds,
            scope: Scope {
                domains: request.domain_urls.is_some(),
                credential_types: request.credential_types.is_some(),
            },
            shard: request.shard,
            console: settings.console.clone(),
            place: settings.place,
        })
    }

    /// The source of the domains.
    pub fn domain_setting(&self) -> DomainSetting {
        match &self.domain_urls {
            None => DomainSetting::Discovered,
            Some(urls) => {
                let urls = urls.iter().map(ToString::to_string).collect();
                if self.scope.domains {
                    DomainSetting::Invocation(urls)
                } else {
                    DomainSetting::Settings(urls)
                }
            }
        }
    }

    /// Whether holders may be mailed: the run is of now, and of all domains and types.
    pub const fn may_mail(&self) -> bool {
        !self.as_of_given && !self.scope.is_narrowed() && self.shard.is_none()
    }

    /// The prefix of this run and of those that it is compared with: `prefix`, or the folder of the shard below it. Runs look
    /// only into folders of years, so those of all domains and those of shards do not find each other.
    pub fn prefix(&self, prefix: &str) -> String {
        let shard = self.shard.map(Shard::folder).unwrap_or_default();
        format!("{prefix}{shard}")
    }

    /// The folder of the run below `prefix`, by the UTC date of `as_of`.
    pub fn folder(&self, prefix: &str) -> String {
        let date = self.as_of.to_chrono().format("%Y/%m/%d");
        format!("{}{date}/{}/", self.prefix(prefix), self.id)
    }

    /// Describes the run for the reports. `location` is `None` if it stores none.
    pub fn describe(
        self,
        read_until: Timestamp,
        tenancy: Tenancy,
        location: Option<ReportsLocation>,
    ) -> RunDescription {
        RunDescription {
            domain_setting: self.domain_setting(),
            id: self.id,
            version: env!("CARGO_PKG_VERSION"),
            tenancy,
            console: self.console,
            place: self.place,
            times: RunTimes {
                started: self.started,
                as_of: self.as_of,
                read_until,
            },
            as_of_given: self.as_of_given,
            credential_types: self.credential_types,
            thresholds: self.thresholds,
            scope: self.scope,
            shard: self.shard.map(|shard| ShardScope {
                shard,
                domains_elsewhere: 0,
            }),
            location,
        }
    }
}

/// Domains in an invocation must pass the host rule, as those in the settings do.
fn check_hosts(request: &AuditRequest, settings: &ReadSettings) -> Result<(), SettingError> {
    let rule = &settings.host_rule;
    let mut urls = request.domain_urls.iter().flatten();
    match urls.find(|url| !rule.allows(url)) {
        None => Ok(()),
        Some(url) => Err(SettingError {
            setting: "audit.domain_urls".to_owned(),
            value: Some(url.to_string()),
            expected: format!(
                "a host of the form {}; add others to {}",
                rule.describe(),
                env::ALLOWED_DOMAIN_HOSTS
            ),
        }),
    }
}

/// `<YYYYMMDD>T<HHMMSS>Z-<6 hex>`: the time of the clock, and unique also within a second.
pub(super) fn run_id(started: Timestamp) -> String {
    format!(
        "{}-{:06x}",
        started.to_chrono().format("%Y%m%dT%H%M%SZ"),
        fastrand::u32(..1 << 24)
    )
}
