//! The settings of what to read, and of how to judge it.

use crate::auth::resource_principal::REGION;
use crate::credential_type::{self, CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::env;
use crate::http::domain_url::DomainUrl;
use crate::http::endpoint::{Endpoint, redact_user_info};
use crate::http::rate_limiter::RateLimitError;
use crate::judge::Console;
use crate::judge::age::{AgeLimits, Thresholds};
use crate::model::{AdminGroup, AdminGroups, InvalidOwnerSource, OwnerSource};
use crate::oci::hosts::{DomainHostRule, is_domain, is_label};
use crate::oci::region_sources::{REGIONS_CONFIG, RegionOrigin, RegionSources, UnknownRegion};
use crate::oci::regions::{Region, is_region_name};
use crate::oci::scim::{Activity, UserSettings};
use crate::place::Place;
use crate::report::ReportOptions;

use super::reader::Reader;
use super::settings::{LastUse, LastUseSettings, MemoryLimits, ReadSettings};

/// Max domains by URL; more are a mistake.
pub const MAX_DOMAIN_URLS: usize = 1_000;

const MAX_AGE_DAYS: u32 = 36_500;

/// Max characters of the tenancy's name in the settings: it is in every subject.
const MAX_TENANCY_NAME_CHARS: usize = 60;

const EXPECTED_REGION: &str = "a region such as us-phoenix-1 or phx: letters, digits and hyphens";

impl Reader<'_> {
    pub(super) fn read_settings(&mut self, region_text: &str, place: Place) -> ReadSettings {
        let (region, unknown_region) = self.region(region_text, place);
        let host_rule = DomainHostRule::new(&region.realm_domain, self.host_suffixes());
        let mut notices = Vec::new();
        let activity = self.parse_word(env::ACTIVITY, "on or off");
        ReadSettings {
            domain_urls: self.domain_urls(&host_rule, &mut notices),
            last_use: self.last_use(activity, &mut notices),
            notices,
            host_rule,
            thresholds: self.thresholds(),
            credential_types: self.credential_types(),
            users: UserSettings {
                admin_groups: self.admin_groups(),
                activity,
                owner: self.owner_source(),
            },
            rate_limit: self.parse_word(env::RATE_LIMIT, &RateLimitError.to_string()),
            identity_endpoint: self.endpoint_by_region(env::IDENTITY_ENDPOINT),
            tenancy_name: self.tenancy_name(),
            console: self.console(&region),
            network: self.network(place),
            report_options: ReportOptions {
                csv_bom: self.parse_word(env::CSV_BOM, "true or false"),
            },
            memory: MemoryLimits::COMMAND_LINE,
            place,
            region,
            unknown_region,
        }
    }

    /// The memory of the function in megabytes. The platform sets it, so a text that is not a number refuses no
    /// run.
    pub(super) fn memory(&self) -> u64 {
        let text = self.text(env::FN_MEMORY);
        text.and_then(|text| text.parse().ok())
            .filter(|megabytes| *megabytes > 0)
            .unwrap_or(MemoryLimits::DEFAULT_MEGABYTES)
    }

    /// The region that this program runs in, and whether nothing names it. Its names become parts of hosts. Not reported here if
    /// it is missing, because the credentials report that.
    fn region(&mut self, text: &str, place: Place) -> (Region, Option<UnknownRegion>) {
        let text = text.trim();
        let sources = RegionSources::from_lookup(|name| match place {
            // The image has no home directory.
            Place::Function if name == REGIONS_CONFIG => None,
            _ => self.text(name),
        });
        let (region, origin) = sources.resolve(text);
        let is_valid = is_label(&region.identifier)
            && is_domain(&region.realm_domain)
            && region.realm_domain.contains('.');
        match origin {
            _ if text.is_empty() => {}
            RegionOrigin::Assumed if is_region_name(&region.identifier) => {
                let unknown = sources.unknown(&region);
                return (region, Some(unknown));
            }
            RegionOrigin::Assumed => {
                let unknown = sources.unknown(&region);
                let expected = match unknown.nearest {
                    Some(nearest) => format!("{EXPECTED_REGION}; did you mean {nearest}?"),
                    None => EXPECTED_REGION.to_owned(),
                };
                self.reject(REGION, Some(text.to_owned()), expected);
            }
            RegionOrigin::DefaultRealm
                if is_label(&region.identifier) && !region.realm_domain.contains('.') =>
            {
                let expected = "the domain of a realm, such as oraclecloud.com";
                self.reject(env::DEFAULT_REALM, Some(region.realm_domain), expected);
            }
            _ if is_valid => return (region, None),
            _ => match origin.setting().filter(|_| is_label(&text.to_lowercase())) {
                Some(setting) => {
                    let value = format!("{} in {}", region.identifier, region.realm_domain);
                    let expected = "a regionIdentifier such as us-phoenix-1, and a realmDomainComponent such as oraclecloud.com";
                    self.reject(setting, Some(value), expected);
                }
                None => self.reject(REGION, Some(text.to_owned()), EXPECTED_REGION),
            },
        }
        (Region::placeholder(), None)
    }

    fn host_suffixes(&mut self) -> Vec<String> {
        let mut suffixes = Vec::new();
        for suffix in self.list(env::ALLOWED_DOMAIN_HOSTS) {
            let lower = suffix
                .trim_start_matches("*.")
                .trim_matches('.')
                .to_lowercase();
            if lower.contains('.') && is_domain(&lower) {
                suffixes.push(lower);
            } else {
                self.reject(env::ALLOWED_DOMAIN_HOSTS, Some(suffix), "a comma-separated list of host names with at least two labels, such as identity.example.com");
            }
        }
        suffixes
    }

    /// The base URLs of domains. What is dropped from a pasted one is in `notices`.
    fn domain_urls(
        &mut self,
        rule: &DomainHostRule,
        notices: &mut Vec<String>,
    ) -> Option<Vec<Endpoint>> {
        let texts = self.list(env::DOMAIN_URLS);
        if texts.is_empty() {
            return None;
        }
        if texts.len() > MAX_DOMAIN_URLS {
            let value = format!("{} URLs", texts.len());
            let expected = format!("at most {MAX_DOMAIN_URLS} identity domain URLs");
            self.reject(env::DOMAIN_URLS, Some(value), expected);
            return Some(Vec::new());
        }
        let mut urls: Vec<Endpoint> = Vec::new();
        for text in texts {
            let pasted = text.parse::<DomainUrl>();
            if let Ok(pasted) = &pasted {
                notices.extend(pasted.notice());
            }
            match pasted.map(|pasted| pasted.endpoint) {
                Ok(url) if !rule.allows(&url) => {
                    let expected = format!(
                        "a host of the form {}; add others to {}",
                        rule.describe(),
                        env::ALLOWED_DOMAIN_HOSTS
                    );
                    self.reject(env::DOMAIN_URLS, Some(text), expected);
                }
                Ok(url) if urls.contains(&url) => {}
                Ok(url) => urls.push(url),
                Err(error) => {
                    self.reject(
                        env::DOMAIN_URLS,
                        Some(redact_user_info(&text).into_owned()),
                        format!("a comma-separated list of identity domain URLs; this one {error}"),
                    );
                }
            }
        }
        Some(urls)
    }

    /// The groups of the list, each written `<domain>/<group>`. The name of a domain has no slash.
    fn admin_groups(&mut self) -> AdminGroups {
        let mut groups = Vec::new();
        for text in self.list(env::ADMIN_GROUPS) {
            let parts = text
                .split_once('/')
                .map(|(domain, name)| (domain.trim(), name.trim()));
            match parts {
                Some((domain, name)) if !domain.is_empty() && !name.is_empty() => {
                    groups.push(AdminGroup {
                        domain: domain.to_owned(),
                        name: name.to_owned(),
                    });
                }
                _ => self.reject(
                    env::ADMIN_GROUPS,
                    Some(text),
                    "a comma-separated list of groups, each written <domain>/<group>, such as Default/Cloud Admins",
                ),
            }
        }
        AdminGroups::new(groups)
    }

    fn owner_source(&mut self) -> Option<OwnerSource> {
        let text = self.text(env::OWNER_FROM)?;
        text.parse()
            .map_err(|expected: InvalidOwnerSource| {
                self.reject(env::OWNER_FROM, Some(text.clone()), expected.to_string());
            })
            .ok()
    }

    /// Last use is data about activity, so the setting for activity takes precedence.
    fn last_use(
        &mut self,
        activity: Activity,
        notices: &mut Vec<String>,
    ) -> Option<LastUseSettings> {
        let endpoint = self.endpoint_by_region(env::LOGGING_SEARCH_ENDPOINT);
        match (self.parse_word(env::LAST_USE, "on or off"), activity) {
            (LastUse::Off, _) => None,
            (LastUse::On, Activity::On) => Some(LastUseSettings { endpoint }),
            (LastUse::On, Activity::Off) => {
                notices.push(format!(
                    "{} is off, so the last use of API keys is not searched for, whatever {} is",
                    env::ACTIVITY,
                    env::LAST_USE
                ));
                None
            }
        }
    }

    fn endpoint_by_region(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        if let Err(error) = Endpoint::parse(&text.replace("{region}", "us-ashburn-1")) {
            let redacted = redact_user_info(&text).into_owned();
            self.reject(name, Some(redacted), format!("the URL of an endpoint, in which {{region}} is replaced by the region; it {error}"));
        }
        Some(text)
    }

    fn tenancy_name(&mut self) -> Option<String> {
        let name = self.text(env::TENANCY_NAME)?;
        if name.chars().count() > MAX_TENANCY_NAME_CHARS || name.contains(char::is_control) {
            let expected = format!(
                "a name of at most {MAX_TENANCY_NAME_CHARS} characters without control characters"
            );
            self.reject(env::TENANCY_NAME, Some(name.clone()), expected);
        }
        Some(name)
    }

    fn console(&mut self, region: &Region) -> Option<Console> {
        let base_url = match self.text(env::CONSOLE_URL) {
            None => region.console_url()?,
            Some(text) => match Endpoint::parse(&text) {
                Ok(url) => url.to_string(),
                Err(error) => {
                    let redacted = redact_user_info(&text).into_owned();
                    self.reject(
                        env::CONSOLE_URL,
                        Some(redacted),
                        format!("the URL of the console, such as https://cloud.oracle.com; this one {error}"),
                    );
                    return None;
                }
            },
        };
        Some(Console {
            base_url,
            region: region.identifier.clone(),
        })
    }

    fn thresholds(&mut self) -> Thresholds {
        let mut general = self
            .days(env::ROTATION_DAYS)
            .map_or_else(AgeLimits::default, AgeLimits::of_rotation);
        if let Some(warning_days) = self.days(env::WARNING_DAYS) {
            general.warning_days = warning_days;
        }
        self.check_order(general, env::ROTATION_DAYS, env::WARNING_DAYS);
        let by_type = CREDENTIAL_TYPES.each_ref().map(|row| {
            let rotation = format!("{}_{}", env::ROTATION_DAYS, row.setting_suffix);
            let warning = format!("{}_{}", env::WARNING_DAYS, row.setting_suffix);
            let (rotation_days, warning_days) = (self.days(&rotation), self.days(&warning));
            let mut limits = rotation_days.map_or(general, AgeLimits::of_rotation);
            if let Some(warning_days) = warning_days {
                limits.warning_days = warning_days;
            }
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
            self.reject(warning, Some(limits.warning_days.to_string()), expected);
        }
    }

    fn days(&mut self, name: &str) -> Option<u32> {
        let text = self.text(name)?;
        let days = text
            .parse()
            .ok()
            .filter(|days| (1..=MAX_AGE_DAYS).contains(days));
        if days.is_none() {
            self.reject(
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
                Err(_) => {
                    let names = credential_type::names();
                    let expected = match credential_type::suggestion(&word) {
                        Some(question) => format!("a comma-separated list of: {names}; {question}"),
                        None => format!("a comma-separated list of: {names}"),
                    };
                    self.reject(env::CREDENTIAL_TYPES, Some(word), expected);
                }
            }
        }
        credential_types
    }
}
