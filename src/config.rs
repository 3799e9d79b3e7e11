//! The settings, from a lookup function. Pure: every problem is reported at once.

use std::fmt;
use std::str::FromStr;

use crate::auth::resource_principal::REGION;
use crate::env;
use crate::http::endpoint::{Endpoint, without_user_info};
use crate::http::pace::RateLimitSetting;
use crate::kind::{CredentialKind, KINDS, KindSet};
use crate::oci::hosts::DomainHostRule;
use crate::oci::regions::{Region, is_domain, is_label};
use crate::policy::age::{AgeLimits, Thresholds};
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
    /// Kinds to read.
    pub kinds: KindSet,
    /// Pace of requests to each domain.
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

/// One setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name of the setting.
    pub setting: String,
    /// Its value; `None` where it is not set.
    pub value: Option<String>,
    /// What is expected.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(
                f,
                "{} is `{value}`; expected {}",
                self.setting, self.expected
            ),
            None => write!(f, "{} is not set; expected {}", self.setting, self.expected),
        }
    }
}

/// All settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct ConfigError(pub Vec<Problem>);

const DEFAULT_PREFIX: &str = "credential-audit/";
/// An object name has at most 1,024 bytes (Oracle documentation, managingobjects.htm); date, run and file take the rest.
const LONGEST_PREFIX: usize = 700;
/// A run that is asked for more domains by name is asked for a mistake.
pub const MOST_DOMAIN_URLS: usize = 1_000;
const LONGEST_AGE: u32 = 36_500;

impl Config {
    /// Reads the settings. `region_text` is the value of `OCI_RESOURCE_PRINCIPAL_REGION`, which the credentials check.
    ///
    /// # Errors
    ///
    /// All problems of all settings.
    pub fn from_lookup(
        region_text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader {
            lookup: &lookup,
            problems: Vec::new(),
        };
        let reading = reader.read_settings(region_text);
        let storage = reader.storage(&reading.region);
        let exceptions = reader.exceptions(&storage);
        let config = Self {
            storage,
            exceptions,
            topic: reader.topic(&reading.region),
            reports: reader.reports(),
            notify: reader.notify(),
            digest_names: reader.digest_names(),
            reading,
        };
        reader.log_level();
        reader.finish(config)
    }
}

impl ReadSettings {
    /// Reads the settings that a command line needs. `region_text` is the region of the credentials.
    ///
    /// # Errors
    ///
    /// All problems of all settings.
    pub fn from_lookup(
        region_text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader {
            lookup: &lookup,
            problems: Vec::new(),
        };
        let settings = reader.read_settings(region_text);
        reader.log_level();
        reader.finish(settings)
    }
}

impl CheckSettings {
    /// Reads the settings that are there: without a bucket or a topic what needs it is not checked. Every other setting must
    /// be one that the function takes. `region_text` is the region of the credentials.
    ///
    /// # Errors
    ///
    /// All problems of all settings.
    pub fn from_lookup(
        region_text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader {
            lookup: &lookup,
            problems: Vec::new(),
        };
        let reading = reader.read_settings(region_text);
        let has_bucket = reader.text(env::BUCKET).is_some();
        let storage = has_bucket.then(|| reader.storage(&reading.region));
        let exceptions = storage
            .as_ref()
            .and_then(|storage| reader.exceptions(storage));
        let has_topic = reader.text(env::TOPIC_ID).is_some();
        let topic = has_topic.then(|| reader.topic(&reading.region));
        reader.reports();
        reader.notify();
        reader.digest_names();
        reader.log_level();
        reader.finish(Self {
            reading,
            storage,
            exceptions,
            topic,
        })
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

/// Reads settings, and gathers what is wrong with them.
struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// The settings, unless any of them has a problem.
    fn finish<T>(mut self, settings: T) -> Result<T, ConfigError> {
        self.not_text();
        if self.problems.is_empty() {
            Ok(settings)
        } else {
            Err(ConfigError(self.problems))
        }
    }

    fn read_settings(&mut self, region_text: &str) -> ReadSettings {
        let region = self.region(region_text);
        let host_rule = DomainHostRule::new(&region.realm_domain, self.host_suffixes());
        ReadSettings {
            domain_urls: self.domain_urls(&host_rule),
            host_rule,
            thresholds: self.thresholds(),
            kinds: self.kinds(),
            rate_limit: self.word(
                env::RATE_LIMIT,
                "a licence (free, oracle-apps, oracle-apps-premium, premium, external-user), <per second>/<per minute>, or off",
            ),
            identity_endpoint: self.identity_endpoint(),
            extra_ca_file: self.text(env::EXTRA_CA_FILE),
            region,
        }
    }

    /// The region that this program runs in. Its names become parts of hosts. Where it is missing the credentials say so.
    fn region(&mut self, text: &str) -> Region {
        let metadata = self.text(env::REGION_METADATA);
        let region = Region::parse(text, metadata.as_deref());
        let by_text = Region::parse(text, None);
        let (setting, value, expected) = if !is_label(&by_text.identifier) {
            let expected = "a region, as us-phoenix-1 or phx: letters, digits and hyphens";
            (REGION, text.trim().to_owned(), expected)
        } else if !is_label(&region.identifier) || !is_domain(&region.realm_domain) {
            let expected = "JSON whose regionIdentifier is a region, as us-phoenix-1, and whose realmDomainComponent is a domain, as oraclecloud.com";
            (env::REGION_METADATA, metadata.unwrap_or_default(), expected)
        } else {
            return region;
        };
        if !text.trim().is_empty() {
            self.problem(setting, Some(value), expected);
        }
        Region::parse("us-ashburn-1", None)
    }

    /// The value without blanks around it; unset and empty are the same.
    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    fn problem(&mut self, setting: &str, value: Option<String>, expected: impl Into<String>) {
        self.problems.push(Problem {
            setting: setting.to_owned(),
            value,
            expected: expected.into(),
        });
    }

    fn required(&mut self, name: &str, expected: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.problem(name, None, expected);
            String::new()
        })
    }

    fn word<T: FromStr + Default>(&mut self, name: &str, expected: &str) -> T {
        let Some(text) = self.text(name) else {
            return T::default();
        };
        text.to_lowercase().parse().unwrap_or_else(|_| {
            self.problem(name, Some(text), expected);
            T::default()
        })
    }

    fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        let items: Vec<_> = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect();
        // As good as unset is not what somebody set it for.
        if items.is_empty() && !text.is_empty() {
            self.problem(name, Some(text), "a comma list with at least one item");
        }
        items
    }

    fn host_suffixes(&mut self) -> Vec<String> {
        let mut suffixes = Vec::new();
        for suffix in self.list(env::ALLOWED_DOMAIN_HOSTS) {
            let lower = suffix
                .trim_start_matches("*.")
                .trim_matches('.')
                .to_lowercase();
            let is_label = |label: &str| {
                !label.is_empty()
                    && label
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            };
            if lower.contains('.') && lower.split('.').all(is_label) {
                suffixes.push(lower);
            } else {
                self.problem(env::ALLOWED_DOMAIN_HOSTS, Some(suffix), "a comma list of host names with at least two labels, such as identity.example.com");
            }
        }
        suffixes
    }

    fn domain_urls(&mut self, rule: &DomainHostRule) -> Option<Vec<Endpoint>> {
        let texts = self.list(env::DOMAIN_URLS);
        if texts.is_empty() {
            return None;
        }
        if texts.len() > MOST_DOMAIN_URLS {
            let value = format!("{} URLs", texts.len());
            let expected = format!("at most {MOST_DOMAIN_URLS} identity domain URLs");
            self.problem(env::DOMAIN_URLS, Some(value), expected);
            return Some(Vec::new());
        }
        let mut urls: Vec<Endpoint> = Vec::new();
        for text in texts {
            match Endpoint::parse(&text) {
                Ok(url) if !rule.allows(&url) => {
                    let expected = format!(
                        "a host of the form {}; add others to {}",
                        rule.describe(),
                        env::ALLOWED_DOMAIN_HOSTS
                    );
                    self.problem(env::DOMAIN_URLS, Some(text), expected);
                }
                Ok(url) if url.is_below_scim() => {
                    let expected = "the URL of an identity domain without the path /admin/v1, which requests add";
                    self.problem(env::DOMAIN_URLS, Some(text), expected);
                }
                Ok(url) if urls.contains(&url) => {}
                Ok(url) => urls.push(url),
                Err(error) => {
                    self.problem(
                        env::DOMAIN_URLS,
                        Some(without_user_info(&text).into_owned()),
                        format!("a comma list of identity domain URLs; this one {error}"),
                    );
                }
            }
        }
        Some(urls)
    }

    fn endpoint(&mut self, name: &str, default: &str) -> Endpoint {
        let given = self.text(name);
        match Endpoint::parse(given.as_deref().unwrap_or(default)) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                let given = given.map(|text| without_user_info(&text).into_owned());
                self.problem(name, given, format!("the URL of an endpoint; it {error}"));
                Endpoint::nowhere()
            }
        }
    }

    fn identity_endpoint(&mut self) -> Option<String> {
        let text = self.text(env::IDENTITY_ENDPOINT)?;
        if let Err(error) = Endpoint::parse(&text.replace("{region}", "us-ashburn-1")) {
            let told = without_user_info(&text).into_owned();
            self.problem(env::IDENTITY_ENDPOINT, Some(told), format!("the URL of an endpoint, in which {{region}} may stand for the region; it {error}"));
        }
        Some(text)
    }

    fn storage(&mut self, region: &Region) -> StorageSettings {
        StorageSettings {
            endpoint: self.endpoint(
                env::OBJECT_STORAGE_ENDPOINT,
                &region.object_storage_endpoint(),
            ),
            namespace: self.text(env::BUCKET_NAMESPACE),
            bucket: self.bucket(),
            prefix: self.prefix(),
        }
    }

    fn notify(&mut self) -> Notify {
        self.word(env::NOTIFY, "findings, changes, always or never")
    }

    fn bucket(&mut self) -> String {
        let expected = "the name of the bucket for reports";
        let bucket = self.required(env::BUCKET, expected);
        // As segments of a URL they lead elsewhere.
        if matches!(bucket.as_str(), "." | "..") {
            self.problem(env::BUCKET, Some(bucket.clone()), expected);
        }
        bucket
    }

    fn prefix(&mut self) -> String {
        let Some(prefix) = self.text(env::OBJECT_PREFIX) else {
            return DEFAULT_PREFIX.to_owned();
        };
        let dots = prefix
            .split('/')
            .any(|segment| matches!(segment, "." | ".."));
        if prefix.starts_with('/')
            || dots
            || prefix.len() > LONGEST_PREFIX
            || prefix.chars().any(char::is_control)
        {
            let expected = format!(
                "at most {LONGEST_PREFIX} bytes without control characters, not starting with a slash, without `.` or `..` as a segment"
            );
            self.problem(env::OBJECT_PREFIX, Some(prefix.clone()), expected);
        }
        prefix
    }

    fn exceptions(&mut self, storage: &StorageSettings) -> Option<ExceptionsSettings> {
        let bucket = self.text(env::EXCEPTIONS_BUCKET);
        let Some(object) = self.text(env::EXCEPTIONS_OBJECT) else {
            if bucket.is_some() {
                let expected = "the name of the object, since AUDIT_EXCEPTIONS_BUCKET is set";
                self.problem(env::EXCEPTIONS_OBJECT, None, expected);
            }
            return None;
        };
        let bucket = bucket.unwrap_or_else(|| storage.bucket.clone());
        if bucket == storage.bucket && object.starts_with(&storage.prefix) {
            let expected = format!(
                "an object outside of the prefix `{}`, below which this program writes",
                storage.prefix
            );
            self.problem(env::EXCEPTIONS_OBJECT, Some(object.clone()), expected);
        }
        Some(ExceptionsSettings { bucket, object })
    }

    /// The topic's OCID, `ocid1.onstopic.<realm>.<region>.<unique>`: its region decides the endpoint.
    fn topic(&mut self, own_region: &Region) -> TopicSettings {
        let expected =
            "the OCID of a Notifications topic: ocid1.onstopic.<realm>.<region>.<unique>";
        let id = self.required(env::TOPIC_ID, expected);
        let parts: Vec<_> = id.split('.').collect();
        let default = match parts[..] {
            ["ocid1", "onstopic", realm, region, .., unique]
                if [realm, region]
                    .iter()
                    .all(|it| is_label(&it.to_ascii_lowercase()))
                    && !unique.is_empty() =>
            {
                own_region
                    .sibling(region, Some(realm))
                    .notifications_endpoint()
            }
            _ => {
                if !id.is_empty() {
                    self.problem(env::TOPIC_ID, Some(id.clone()), expected);
                }
                own_region.notifications_endpoint()
            }
        };
        TopicSettings {
            endpoint: self.endpoint(env::NOTIFICATIONS_ENDPOINT, &default),
            id,
        }
    }

    fn thresholds(&mut self) -> Thresholds {
        let general = AgeLimits {
            rotation_days: self
                .days(env::ROTATION_DAYS)
                .unwrap_or(AgeLimits::default().rotation_days),
            warning_days: self
                .days(env::WARNING_DAYS)
                .unwrap_or(AgeLimits::default().warning_days),
        };
        self.check_order(general, env::ROTATION_DAYS, env::WARNING_DAYS);
        let by_kind = KINDS.each_ref().map(|row| {
            let rotation = format!("{}_{}", env::ROTATION_DAYS, row.setting_suffix);
            let warning = format!("{}_{}", env::WARNING_DAYS, row.setting_suffix);
            let (rotation_days, warning_days) = (self.days(&rotation), self.days(&warning));
            let limits = AgeLimits {
                rotation_days: rotation_days.unwrap_or(general.rotation_days),
                warning_days: warning_days.unwrap_or(general.warning_days),
            };
            if rotation_days.is_some() || warning_days.is_some() {
                self.check_order(limits, &rotation, &warning);
            }
            limits
        });
        Thresholds { by_kind }
    }

    fn check_order(&mut self, limits: AgeLimits, rotation: &str, warning: &str) {
        if limits.warning_days >= limits.rotation_days {
            let expected = format!(
                "fewer days than {rotation}, which is {}",
                limits.rotation_days
            );
            self.problem(warning, Some(limits.warning_days.to_string()), expected);
        }
    }

    fn days(&mut self, name: &str) -> Option<u32> {
        let text = self.text(name)?;
        let days = text
            .parse()
            .ok()
            .filter(|days| (1..=LONGEST_AGE).contains(days));
        if days.is_none() {
            self.problem(
                name,
                Some(text),
                format!("a whole number of days from 1 to {LONGEST_AGE}"),
            );
        }
        days
    }

    fn kinds(&mut self) -> KindSet {
        let words = self.list(env::CREDENTIAL_TYPES);
        if words.is_empty() {
            return KindSet::ALL;
        }
        let mut kinds = KindSet::EMPTY;
        for word in words {
            match word.to_lowercase().parse::<CredentialKind>() {
                Ok(kind) => kinds = kinds.with(kind),
                Err(_) => self.problem(
                    env::CREDENTIAL_TYPES,
                    Some(word),
                    format!("a comma list of some of {}", crate::kind::names()),
                ),
            }
        }
        kinds
    }

    fn reports(&mut self) -> ReportSet {
        let words = self.list(env::REPORTS);
        if words.is_empty() {
            return ReportSet::default();
        }
        let mut reports = ReportSet::EMPTY;
        for word in words {
            match word.to_lowercase().parse() {
                Ok(report) => reports = reports.with(report),
                Err(_) => self.problem(
                    env::REPORTS,
                    Some(word),
                    format!("a comma list of some of {}", crate::report::words()),
                ),
            }
        }
        reports
    }

    fn digest_names(&mut self) -> Names {
        let text = self.text(env::DIGEST_NAMES);
        match text.as_deref().map(str::to_lowercase).as_deref() {
            None | Some("full") => Names::Full,
            Some("masked") => Names::Masked,
            Some("none") => Names::None,
            Some(_) => {
                self.problem(env::DIGEST_NAMES, text, "full, masked or none");
                Names::Full
            }
        }
    }

    /// Values that are no text: [`env::lookup`] puts U+FFFD for what is not UTF-8.
    fn not_text(&mut self) {
        let names = env::SETTINGS.iter().flat_map(|setting| {
            let general = setting.name.strip_suffix("<KIND>");
            let kinds = KINDS.iter().filter_map(move |row| {
                general.map(|general| format!("{general}{}", row.setting_suffix))
            });
            let own = general.is_none().then(|| setting.name.to_owned());
            own.into_iter().chain(kinds)
        });
        for name in names {
            let told = self.problems.iter().any(|problem| problem.setting == name);
            if let Some(value) = self.text(&name).filter(|it| it.contains('\u{fffd}'))
                && !told
            {
                self.problem(&name, Some(value), "text in UTF-8");
            }
        }
    }

    fn log_level(&mut self) {
        if let Some(text) = self.text(env::LOG_LEVEL)
            && parse_log_level(&text).is_none()
        {
            self.problem(
                env::LOG_LEVEL,
                Some(text),
                "error, warn, info, debug or trace",
            );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_does_without_bucket_and_topic_and_takes_no_wrong_setting() {
        let read = |settings: &'static [(&str, &str)]| {
            CheckSettings::from_lookup("us-phoenix-1", |name| {
                let given = settings.iter().find(|(it, _)| *it == name);
                given.map(|(_, value)| (*value).to_owned())
            })
        };
        let settings = read(&[("AUDIT_EXCEPTIONS_OBJECT", "x.json")]).expect("settings");
        assert_eq!(settings.storage, None);
        assert_eq!(
            settings.exceptions, None,
            "it may lie in the bucket for reports"
        );
        assert_eq!(settings.topic, None);
        let settings = read(&[
            ("AUDIT_BUCKET", "reports"),
            ("AUDIT_EXCEPTIONS_OBJECT", "x.json"),
        ]);
        let settings = settings.expect("settings");
        assert_eq!(settings.storage.expect("a bucket").prefix, DEFAULT_PREFIX);
        assert_eq!(settings.exceptions.expect("a file").bucket, "reports");
        let wrong = read(&[
            ("AUDIT_TOPIC_ID", "mine"),
            ("AUDIT_NOTIFY", "sometimes"),
            ("AUDIT_REPORTS", "pdf"),
            ("AUDIT_DIGEST_NAMES", "some"),
        ]);
        let ConfigError(problems) = wrong.expect_err("problems");
        let names: Vec<_> = problems.iter().map(|it| it.setting.as_str()).collect();
        assert_eq!(
            names,
            [
                "AUDIT_TOPIC_ID",
                "AUDIT_REPORTS",
                "AUDIT_NOTIFY",
                "AUDIT_DIGEST_NAMES"
            ]
        );
    }

    /// What is wrong with these settings, beside a bucket and a topic that are right.
    fn problems(region: &str, settings: &[(&str, &str)]) -> Vec<Problem> {
        let lookup = |name: &str| {
            let given = settings.iter().find(|(it, _)| *it == name);
            let value = match (given, name) {
                (Some((_, value)), _) => Some(*value),
                (None, "AUDIT_BUCKET") => Some("reports"),
                (None, "AUDIT_TOPIC_ID") => Some("ocid1.onstopic.oc1.iad.aaaa"),
                _ => None,
            };
            value.map(str::to_owned)
        };
        Config::from_lookup(region, lookup)
            .err()
            .map_or_else(Vec::new, |ConfigError(problems)| problems)
    }

    #[test]
    fn what_tells_a_region_becomes_part_of_a_host_only_where_it_is_a_label() {
        for topic in [
            "ocid1.onstopic.oc1.dev/.aaaa",
            "ocid1.onstopic.oc1.dev:8443/.aaaa",
            "ocid1.onstopic.oc1.a@b.aaaa",
            "ocid1.onstopic.oc1.a\\.aaaa",
            "ocid1.onstopic.o/1.iad.aaaa",
            "ocid1.onstopic.oc1..aaaa",
        ] {
            let problems = problems("iad", &[("AUDIT_TOPIC_ID", topic)]);
            let names: Vec<_> = problems.iter().map(|it| it.setting.as_str()).collect();
            assert_eq!(names, ["AUDIT_TOPIC_ID"], "{topic}");
        }
        for region in ["evil.example/", "us-ashburn-1@x", "xx/", "x y", "a.b"] {
            let problems = problems(region, &[]);
            let names: Vec<_> = problems.iter().map(|it| it.setting.as_str()).collect();
            assert_eq!(names, ["OCI_RESOURCE_PRINCIPAL_REGION"], "{region}");
        }
        for (identifier, domain, fits) in [
            ("xx-new-1", "example-cloud.com", true),
            ("xx-new-1", "evil.com/", false),
            ("xx-new-1", "evil.com:80", false),
            ("xx-new-1", "", false),
            ("evil.com/", "example-cloud.com", false),
        ] {
            let metadata = serde_json::json!({
                "realmKey": "oc99",
                "realmDomainComponent": domain,
                "regionKey": "XYZ",
                "regionIdentifier": identifier,
            })
            .to_string();
            let problems = problems("xyz", &[("OCI_REGION_METADATA", &metadata)]);
            let names: Vec<_> = problems.iter().map(|it| it.setting.as_str()).collect();
            let expected: &[&str] = if fits { &[] } else { &["OCI_REGION_METADATA"] };
            assert_eq!(names, expected, "{identifier} {domain}");
        }
    }

    #[test]
    fn more_than_a_thousand_domains_are_refused() {
        let list = |count: usize| {
            let urls: Vec<_> = (0..count)
                .map(|it| format!("https://idcs-{it}.identity.oraclecloud.com"))
                .collect();
            problems("iad", &[("AUDIT_DOMAIN_URLS", &urls.join(","))])
        };
        assert_eq!(list(1_000), []);
        let told = ConfigError(list(1_001)).to_string();
        let expected =
            "AUDIT_DOMAIN_URLS is `1001 URLs`; expected at most 1000 identity domain URLs";
        assert_eq!(told, expected);
    }

    #[test]
    fn a_list_of_nothing_and_a_value_that_is_no_text_are_problems() {
        for (name, value) in [
            ("AUDIT_DOMAIN_URLS", ","),
            ("AUDIT_DOMAIN_URLS", " , ,"),
            ("AUDIT_CREDENTIAL_TYPES", ","),
            ("AUDIT_REPORTS", ","),
            ("AUDIT_ALLOWED_DOMAIN_HOSTS", ","),
            ("AUDIT_DOMAIN_URLS", "https://\u{fffd}.example.com"),
            ("AUDIT_BUCKET", "b\u{fffd}"),
            ("AUDIT_NOTIFY", "\u{fffd}"),
            ("AUDIT_ROTATION_DAYS_API_KEYS", "\u{fffd}"),
        ] {
            let problems = problems("iad", &[(name, value)]);
            let names: Vec<_> = problems.iter().map(|it| it.setting.as_str()).collect();
            assert_eq!(names, [name], "{value}");
        }
    }

    #[test]
    fn words_of_settings_are_read_in_any_case() {
        for (name, value) in [
            ("AUDIT_DIGEST_NAMES", "Masked"),
            ("AUDIT_REPORTS", "Expiry,USAGE"),
            ("AUDIT_CREDENTIAL_TYPES", "API_KEYS"),
            ("AUDIT_NOTIFY", "Always"),
        ] {
            assert_eq!(problems("iad", &[(name, value)]), [], "{name}");
        }
    }

    #[test]
    fn a_bucket_or_domain_url_that_leads_elsewhere_is_a_problem() {
        for (name, value) in [
            ("AUDIT_BUCKET", "."),
            ("AUDIT_BUCKET", ".."),
            (
                "AUDIT_DOMAIN_URLS",
                "https://idcs-1.identity.oraclecloud.com/admin/v1",
            ),
            (
                "AUDIT_DOMAIN_URLS",
                "https://idcs-1.identity.oraclecloud.com/admin/v1/",
            ),
        ] {
            let problems = problems("iad", &[(name, value)]);
            let names: Vec<_> = problems.iter().map(|it| it.setting.as_str()).collect();
            assert_eq!(names, [name], "{value}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_told() {
        for name in [
            "AUDIT_DOMAIN_URLS",
            "AUDIT_IDENTITY_ENDPOINT",
            "AUDIT_OBJECT_STORAGE_ENDPOINT",
            "AUDIT_NOTIFICATIONS_ENDPOINT",
        ] {
            for url in ["https://user:pw@example.com", "http://user:pw@example.com"] {
                let problems = problems("iad", &[(name, url)]);
                let told = ConfigError(problems).to_string();
                assert!(told.contains(name), "{told}");
                assert!(told.contains("[redacted]@example.com"), "{told}");
                assert!(!told.contains("pw"), "{told}");
            }
        }
    }
}
