//! The types of the settings.

use std::str::FromStr;

use chrono::Weekday;

use crate::credential_type::CredentialTypes;
use crate::fleet::TenancyId;
use crate::http::endpoint::Endpoint;
use crate::http::network_settings::NetworkSettings;
use crate::http::rate_limiter::RateLimitSetting;
use crate::judge::Console;
use crate::judge::age::Thresholds;
use crate::judge::holder_mail::MailRule;
use crate::metrics::MetricNamespace;
use crate::oci::hosts::DomainHostRule;
use crate::oci::region_sources::UnknownRegion;
use crate::oci::regions::Region;
use crate::oci::scim::{RowLimit, UserSettings};
use crate::place::Place;
use crate::report::digest::Names;
use crate::report::holder_mail::Contact;
use crate::report::{ReportOptions, ReportSet};

/// All settings of the function.
#[derive(Clone, Debug)]
pub struct Config {
    /// What to read, and how to judge it.
    pub reading: ReadSettings,
    /// Bucket for reports.
    pub storage: StorageSettings,
    /// Object with exceptions and known gaps, if any.
    pub exceptions: Option<ExceptionsSettings>,
    /// The hub of several tenancies, if any.
    pub hub: Option<HubSettings>,
    /// Tenancies that the overview of a fleet must have.
    pub fleet_tenancies: Vec<TenancyId>,
    /// Topic of the digest.
    pub topic: TopicSettings,
    /// Reports to upload.
    pub reports: ReportSet,
    /// When to publish the digest.
    pub notify: Notify,
    /// The day, in UTC, on which [`Notify::Changes`] always publishes.
    pub digest_weekday: Weekday,
    /// How the digest prints user names.
    pub digest_names: Names,
    /// Max rows of each section of the digest.
    pub digest_rows: usize,
    /// Metrics to post; `None` for none.
    pub metrics: Option<MetricsSettings>,
    /// Mails to holders; `None` if they are off.
    pub holder_mail: Option<HolderMailSettings>,
}

/// The settings of the command that shows a fleet.
#[derive(Clone, Debug)]
pub struct FleetSettings {
    /// Network, console and region.
    pub reading: ReadSettings,
    /// The place of the runs.
    pub hub: HubSettings,
    /// Tenancies that must be there.
    pub tenancies: Vec<TenancyId>,
}

/// What to read, how to judge it and how to write it: the settings of both function and command line.
#[derive(Clone, Debug)]
pub struct ReadSettings {
    /// Domains to read; `None` for all domains of the tenancy.
    pub domain_urls: Option<Vec<Endpoint>>,
    /// Hosts of identity domains that may receive signed requests.
    pub host_rule: DomainHostRule,
    /// Ages in days at which credentials are due and overdue.
    pub thresholds: Thresholds,
    /// Credential types to read.
    pub credential_types: CredentialTypes,
    /// What to read of users.
    pub users: UserSettings,
    /// Rate limit per domain.
    pub rate_limit: RateLimitSetting,
    /// Region that this program runs in.
    pub region: Region,
    /// Set if nothing names that region.
    pub unknown_region: Option<UnknownRegion>,
    /// Override of IAM's endpoint; may contain `{region}`.
    pub identity_endpoint: Option<String>,
    /// How the last use of API keys is searched for; `None` if it is not.
    pub last_use: Option<LastUseSettings>,
    /// Name of the tenancy; `None` to read it from IAM.
    pub tenancy_name: Option<String>,
    /// Console that links lead to; `None` if the realm's is not known.
    pub console: Option<Console>,
    /// Proxies and roots.
    pub network: NetworkSettings,
    /// How reports are written.
    pub report_options: ReportOptions,
    /// What responses and rows may take.
    pub memory: MemoryLimits,
    /// What was dropped from the settings, such as the path of a URL.
    pub notices: Vec<String>,
    /// The place of the run: in OCI Functions, unless a command says otherwise.
    pub place: Place,
}

/// The search for the last use of API keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastUseSettings {
    /// Override of the endpoint of Logging Search; may contain `{region}`.
    pub endpoint: Option<String>,
}

/// Whether the last use of API keys is searched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LastUse {
    /// It is.
    On,
    /// It is not.
    #[default]
    Off,
}

impl FromStr for LastUse {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(()),
        }
    }
}

/// Parts of the memory, so that no server can use up all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimits {
    /// Max bytes of all responses while they are received and parsed.
    pub responses: u64,
    /// Max rows of a run.
    pub rows: RowLimit,
}

impl MemoryLimits {
    /// At the command line: a machine has more memory than a function, and its swap.
    pub const COMMAND_LINE: Self = Self {
        responses: Self::of_function(Self::DEFAULT_MEGABYTES).responses,
        rows: RowLimit::Rows(25_000_000),
    };

    /// The memory of a function unless its platform says another, in megabytes.
    pub const DEFAULT_MEGABYTES: u64 = 512;

    /// Of a function with this memory: one eighth for responses, three eighths for rows, and one half for those of a large
    /// function. What is judged and reported takes the rest.
    pub const fn of_function(megabytes: u64) -> Self {
        let eighth = megabytes.saturating_mul(1024 * 1024 / 8);
        let eighths_for_rows = if megabytes > 1024 { 4 } else { 3 };
        Self {
            responses: eighth,
            rows: RowLimit::Bytes(eighth.saturating_mul(eighths_for_rows)),
        }
    }
}

/// The settings of a check: those of the function; at the command line, bucket and topic are optional.
#[derive(Clone, Debug)]
pub struct CheckSettings {
    /// What to read.
    pub reading: ReadSettings,
    /// Bucket for reports, if set.
    pub storage: Option<StorageSettings>,
    /// Object with exceptions and known gaps; `None` also without a bucket for reports.
    pub exceptions: Option<ExceptionsSettings>,
    /// The hub of several tenancies, if set.
    pub hub: Option<HubSettings>,
    /// Topic of the digest, if set.
    pub topic: Option<TopicSettings>,
    /// Metrics, if set.
    pub metrics: Option<MetricsSettings>,
    /// Mails to holders; `None` if they are off.
    pub holder_mail: Option<HolderMailSettings>,
}

/// The bucket for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageSettings {
    /// Endpoint of Object Storage.
    pub endpoint: Endpoint,
    /// Namespace; `None` to request it from the service.
    pub namespace: Option<String>,
    /// Bucket.
    pub bucket: String,
    /// Prefix of every object. Needs its own trailing slash.
    pub prefix: String,
}

/// The object with exceptions and known gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionsSettings {
    /// Bucket.
    pub bucket: String,
    /// Object. In the bucket for reports it must be outside of their prefix: this program must not trust what it can write.
    pub object: String,
}

/// The hub: a bucket, mostly of another tenancy, in which each tenancy keeps what it found below its own prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSettings {
    /// Endpoint of Object Storage, of the region in which the bucket must be.
    pub endpoint: Endpoint,
    /// Namespace of the hub's tenancy; `None` for the own one.
    pub namespace: Option<String>,
    /// Bucket.
    pub bucket: String,
    /// Prefix of every object. Needs its own trailing slash.
    pub prefix: String,
}

/// The topic of the digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSettings {
    /// Endpoint of Notifications in the topic's region.
    pub endpoint: Endpoint,
    /// OCID of the topic.
    pub id: String,
    /// The region in it, whose service sends the mail.
    pub region: String,
}

/// The metrics of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Their namespace.
    pub namespace: MetricNamespace,
    /// The endpoint that takes metrics.
    pub ingestion: Endpoint,
    /// The endpoint that lists them. The same if the settings name one.
    pub listing: Endpoint,
}

/// Mails to holders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderMailSettings {
    /// Whether they are sent.
    pub effect: MailEffect,
    /// Whom to mail.
    pub rule: MailRule,
    /// The approved sender; may be empty for a preview.
    pub sender: String,
    /// The compartment of the approved sender; may be empty for a preview.
    pub compartment: String,
    /// Whom holders ask.
    pub contact: Option<Contact>,
    /// The endpoint of Email Delivery.
    pub endpoint: Endpoint,
}

/// What becomes of mails to holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailEffect {
    /// They are stored as a report.
    Preview,
    /// They are sent.
    Send,
}

/// When to publish the digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// If a run has findings, or did not read a list.
    Findings,
    /// If something became urgent or changed since the previous run, after every run that did not read a list, on
    /// [`Config::digest_weekday`], and at least every seven days.
    #[default]
    Changes,
    /// After every run.
    Always,
    /// Never.
    Never,
}

impl FromStr for Notify {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "findings" => Ok(Self::Findings),
            "changes" => Ok(Self::Changes),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(()),
        }
    }
}

impl From<Config> for CheckSettings {
    fn from(config: Config) -> Self {
        Self {
            reading: config.reading,
            storage: Some(config.storage),
            exceptions: config.exceptions,
            hub: config.hub,
            topic: Some(config.topic),
            metrics: config.metrics,
            holder_mail: config.holder_mail,
        }
    }
}

/// Parses `AUDIT_LOG_LEVEL`; `None` if it is invalid.
pub fn parse_log_level(text: &str) -> Option<tracing::Level> {
    Some(match text.trim().to_lowercase().as_str() {
        "error" => tracing::Level::ERROR,
        "warn" => tracing::Level::WARN,
        "info" => tracing::Level::INFO,
        "debug" => tracing::Level::DEBUG,
        "trace" => tracing::Level::TRACE,
        _ => return None,
    })
}
