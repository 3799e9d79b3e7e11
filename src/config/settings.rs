//! The settings as types: what is left when every text was read.

use std::str::FromStr;

use crate::credential_type::CredentialTypes;
use crate::http::endpoint::Endpoint;
use crate::http::rate_limiter::RateLimitSetting;
use crate::judge::age::Thresholds;
use crate::oci::hosts::DomainHostRule;
use crate::oci::regions::Region;
use crate::report::ReportSet;
use crate::report::digest::Names;

/// Everything that the settings of the function say.
#[derive(Clone, Debug)]
pub struct Config {
    /// What is read, and how it is judged.
    pub reading: ReadSettings,
    /// Where reports go.
    pub storage: StorageSettings,
    /// Where exceptions and known gaps are written down; `None` where nowhere.
    pub exceptions: Option<ExceptionsSettings>,
    /// Where the digest goes.
    pub topic: TopicSettings,
    /// Reports to upload.
    pub reports: ReportSet,
    /// When to publish.
    pub notify: Notify,
    /// How user names stand in the digest.
    pub digest_names: Names,
}

/// What is read, and how it is judged: the settings that function and command line share.
#[derive(Clone, Debug)]
pub struct ReadSettings {
    /// Domains to read; `None` for every domain of the tenancy.
    pub domain_urls: Option<Vec<Endpoint>>,
    /// Which hosts may receive a signed request for an identity domain.
    pub host_rule: DomainHostRule,
    /// Ages at which credentials are due and overdue.
    pub thresholds: Thresholds,
    /// Types to read.
    pub credential_types: CredentialTypes,
    /// RateLimiter of requests to each domain.
    pub rate_limit: RateLimitSetting,
    /// The region this program runs in.
    pub region: Region,
    /// IAM's endpoint instead of the region's; may hold `{region}`.
    pub identity_endpoint: Option<String>,
    /// PEM file with further roots.
    pub extra_ca_file: Option<String>,
}

/// What a check asks: the settings of the function, of which a desk may lack bucket and topic.
#[derive(Clone, Debug)]
pub struct CheckSettings {
    /// What is read.
    pub reading: ReadSettings,
    /// Where reports go.
    pub storage: Option<StorageSettings>,
    /// Where exceptions and known gaps are written down; `None` also without a bucket for reports.
    pub exceptions: Option<ExceptionsSettings>,
    /// Where the digest goes.
    pub topic: Option<TopicSettings>,
}

/// Where reports go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageSettings {
    /// Object Storage.
    pub endpoint: Endpoint,
    /// Namespace; `None` to ask the service.
    pub namespace: Option<String>,
    /// Bucket.
    pub bucket: String,
    /// Prefix of every object, as it is: with a slash at its end if one is wanted.
    pub prefix: String,
}

/// Where exceptions and known gaps are written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionsSettings {
    /// Bucket.
    pub bucket: String,
    /// Object. Where it lies in the bucket for reports, it lies outside of their prefix: what this program may write must
    /// not be what it trusts.
    pub object: String,
}

/// Where the digest goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSettings {
    /// Notifications, in the topic's region.
    pub endpoint: Endpoint,
    /// OCID of the topic.
    pub id: String,
}

/// When the digest is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// When there is a finding, or something could not be read.
    #[default]
    Findings,
    /// When something changed since the run before, and at least every seven days.
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
            topic: Some(config.topic),
        }
    }
}

/// Reads a level as `AUDIT_LOG_LEVEL` has it.
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
