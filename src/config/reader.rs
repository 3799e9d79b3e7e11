//! One setting each, from its text to its type. What is wrong is gathered, and a value that will not be used stands in
//! meanwhile, so that one pass finds every problem.

use std::str::FromStr;

use crate::auth::resource_principal::REGION;
use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::env;
use crate::http::endpoint::{Endpoint, without_user_info};
use crate::judge::age::{AgeLimits, Thresholds};
use crate::oci::hosts::DomainHostRule;
use crate::oci::regions::{Region, is_domain, is_label};
use crate::report::ReportSet;
use crate::report::digest::Names;

use super::{
    ConfigError, ExceptionsSettings, MAX_DOMAIN_URLS, Notify, Problem, ReadSettings,
    StorageSettings, TopicSettings, parse_log_level,
};

const DEFAULT_PREFIX: &str = "credential-audit/";
/// An object name has at most 1,024 bytes (Oracle documentation, managingobjects.htm); date, run and file take the rest.
const MAX_PREFIX_BYTES: usize = 700;
const MAX_AGE_DAYS: u32 = 36_500;

/// Reads settings, and gathers what is wrong with them.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            lookup,
            problems: Vec::new(),
        }
    }

    /// The settings, unless any of them has a problem.
    pub(super) fn finish<T>(mut self, settings: T) -> Result<T, ConfigError> {
        self.not_text();
        if self.problems.is_empty() {
            Ok(settings)
        } else {
            Err(ConfigError(self.problems))
        }
    }

    pub(super) fn read_settings(&mut self, region_text: &str) -> ReadSettings {
        let region = self.region(region_text);
        let host_rule = DomainHostRule::new(&region.realm_domain, self.host_suffixes());
        ReadSettings {
            domain_urls: self.domain_urls(&host_rule),
            host_rule,
            thresholds: self.thresholds(),
            credential_types: self.credential_types(),
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
    pub(super) fn text(&self, name: &str) -> Option<String> {
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
        if texts.len() > MAX_DOMAIN_URLS {
            let value = format!("{} URLs", texts.len());
            let expected = format!("at most {MAX_DOMAIN_URLS} identity domain URLs");
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

    pub(super) fn storage(&mut self, region: &Region) -> StorageSettings {
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

    pub(super) fn notify(&mut self) -> Notify {
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
            || prefix.len() > MAX_PREFIX_BYTES
            || prefix.chars().any(char::is_control)
        {
            let expected = format!(
                "at most {MAX_PREFIX_BYTES} bytes without control characters, not starting with a slash, without `.` or `..` as a segment"
            );
            self.problem(env::OBJECT_PREFIX, Some(prefix.clone()), expected);
        }
        prefix
    }

    pub(super) fn exceptions(&mut self, storage: &StorageSettings) -> Option<ExceptionsSettings> {
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
    pub(super) fn topic(&mut self, own_region: &Region) -> TopicSettings {
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
        let by_type = CREDENTIAL_TYPES.each_ref().map(|row| {
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
        Thresholds { by_type }
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
            .filter(|days| (1..=MAX_AGE_DAYS).contains(days));
        if days.is_none() {
            self.problem(
                name,
                Some(text),
                format!("a whole number of days from 1 to {MAX_AGE_DAYS}"),
            );
        }
        days
    }

    fn credential_types(&mut self) -> CredentialTypes {
        let words = self.list(env::CREDENTIAL_TYPES);
        if words.is_empty() {
            return CredentialTypes::ALL;
        }
        let mut credential_types = CredentialTypes::EMPTY;
        for word in words {
            match word.to_lowercase().parse::<CredentialType>() {
                Ok(credential_type) => credential_types = credential_types.with(credential_type),
                Err(_) => self.problem(
                    env::CREDENTIAL_TYPES,
                    Some(word),
                    format!(
                        "a comma list of some of {}",
                        crate::credential_type::names()
                    ),
                ),
            }
        }
        credential_types
    }

    pub(super) fn reports(&mut self) -> ReportSet {
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

    pub(super) fn digest_names(&mut self) -> Names {
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
            let credential_types = CREDENTIAL_TYPES.iter().filter_map(move |row| {
                general.map(|general| format!("{general}{}", row.setting_suffix))
            });
            let own = general.is_none().then(|| setting.name.to_owned());
            own.into_iter().chain(credential_types)
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

    pub(super) fn log_level(&mut self) {
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
