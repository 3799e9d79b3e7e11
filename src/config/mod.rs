//! The settings, parsed from a lookup function. Pure; reports all invalid settings at once.
//!
//! `from_lookup` creates [`Config`], [`ReadSettings`] and [`CheckSettings`]. `reader` parses values of common types,
//! `reading` the settings of what to read, and `delivery` those of reports and digest.

mod delivery;
mod error;
mod fleet;
mod holder_mail;
mod network;
mod reader;
mod reading;
mod settings;

use crate::env;
use crate::http::endpoint::Endpoint;
use crate::place::Place;

pub use self::error::{ConfigError, SettingError};
pub use self::reading::MAX_DOMAIN_URLS;
pub use self::settings::{
    CheckSettings, Config, ExceptionsSettings, FleetSettings, HolderMailSettings, HubSettings,
    LastUseSettings, MailEffect, MemoryLimits, MetricsSettings, Notify, ReadSettings,
    StorageSettings, TopicSettings, parse_log_level,
};

use self::reader::Reader;

impl Config {
    /// Parses the settings of the function. `region_text` is `OCI_RESOURCE_PRINCIPAL_REGION`; the credentials report it if
    /// it is missing.
    ///
    /// # Errors
    ///
    /// All invalid settings.
    pub fn from_lookup(
        region_text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&lookup);
        let mut reading = reader.read_settings(region_text, Place::Function);
        reading.memory = MemoryLimits::of_function(reader.memory());
        let storage = reader.storage(&reading.region);
        let exceptions = reader.exceptions(&storage);
        let digest_weekday = reader.digest_weekday();
        let hub = reader.hub(&reading.region, exceptions.as_ref());
        let config = Self {
            storage,
            exceptions,
            hub,
            fleet_tenancies: reader.fleet_tenancies(),
            topic: reader.topic(&reading.region),
            reports: reader.reports(),
            notify: reader.notify(),
            digest_weekday,
            digest_names: reader.digest_names(),
            digest_rows: reader.digest_rows(),
            metrics: reader.metrics(&reading.region),
            holder_mail: reader.holder_mail(&reading.region, digest_weekday),
            reading,
        };
        reader.log_level();
        reader.finish(config)
    }
}

impl ReadSettings {
    /// Parses the settings of the command line. `region_text` is the region of the credentials.
    ///
    /// # Errors
    ///
    /// All invalid settings.
    pub fn from_lookup(
        region_text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&lookup);
        let settings = reader.read_settings(region_text, Place::CommandLine);
        reader.log_level();
        reader.finish(settings)
    }
}

impl FleetSettings {
    /// Parses the settings of the command that shows a fleet. `region_text` is the region of the credentials.
    ///
    /// # Errors
    ///
    /// All invalid settings.
    pub fn from_lookup(
        region_text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&lookup);
        let reading = reader.read_settings(region_text, Place::CommandLine);
        let hub = reader.hub(&reading.region, None);
        let tenancies = reader.fleet_tenancies();
        reader.log_level();
        let hub = hub.unwrap_or_else(|| {
            reader.reject(env::HUB_BUCKET, None, "the name of the hub's bucket");
            HubSettings {
                endpoint: Endpoint::placeholder(),
                namespace: None,
                bucket: String::new(),
                prefix: String::new(),
            }
        });
        reader.finish(Self {
            reading,
            hub,
            tenancies,
        })
    }
}

impl CheckSettings {
    /// Parses the settings of a check, which may lack a bucket or a topic. All others must be valid for the function.
    /// `region_text` is the region of the credentials.
    ///
    /// # Errors
    ///
    /// All invalid settings.
    pub fn from_lookup(
        region_text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&lookup);
        let reading = reader.read_settings(region_text, Place::CommandLine);
        let has_bucket = reader.text(env::BUCKET).is_some();
        let storage = has_bucket.then(|| reader.storage(&reading.region));
        let exceptions = storage
            .as_ref()
            .and_then(|storage| reader.exceptions(storage));
        let hub = reader.hub(&reading.region, exceptions.as_ref());
        reader.fleet_tenancies();
        let has_topic = reader.text(env::TOPIC_ID).is_some();
        let topic = has_topic.then(|| reader.topic(&reading.region));
        reader.reports();
        reader.notify();
        let digest_weekday = reader.digest_weekday();
        reader.digest_names();
        reader.digest_rows();
        let metrics = reader.metrics(&reading.region);
        let holder_mail = reader.holder_mail(&reading.region, digest_weekday);
        reader.log_level();
        reader.finish(Self {
            reading,
            storage,
            exceptions,
            hub,
            topic,
            metrics,
            holder_mail,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only problem of these settings is this one.
    fn assert_is_the_problem(name: &str, value: &str) {
        let problems = problems("iad", &[(name, value)]);
        let names: Vec<_> = problems
            .iter()
            .map(|problem| problem.setting.as_str())
            .collect();
        assert_eq!(names, [name], "{value}");
    }

    #[test]
    fn check_needs_no_bucket_or_topic_but_valid_settings() {
        let read = |settings: &'static [(&str, &str)]| {
            CheckSettings::from_lookup("us-phoenix-1", |name| {
                let given = settings.iter().find(|(setting, _)| *setting == name);
                given.map(|(_, value)| (*value).to_owned())
            })
        };
        let settings = read(&[("AUDIT_EXCEPTIONS_OBJECT", "x.json")]).expect("settings");
        assert_eq!(settings.storage, None);
        assert_eq!(
            settings.exceptions, None,
            "the object may be in the bucket for reports"
        );
        assert_eq!(settings.topic, None);
        let settings = read(&[
            ("AUDIT_BUCKET", "reports"),
            ("AUDIT_EXCEPTIONS_OBJECT", "x.json"),
        ]);
        let settings = settings.expect("settings");
        assert_eq!(
            settings.storage.expect("a bucket").prefix,
            "credential-audit/"
        );
        assert_eq!(settings.exceptions.expect("a file").bucket, "reports");
        let result = read(&[
            ("AUDIT_TOPIC_ID", "mine"),
            ("AUDIT_NOTIFY", "sometimes"),
            ("AUDIT_REPORTS", "pdf"),
            ("AUDIT_DIGEST_NAMES", "some"),
        ]);
        let ConfigError(problems) = result.expect_err("problems");
        let names: Vec<_> = problems
            .iter()
            .map(|problem| problem.setting.as_str())
            .collect();
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

    /// The errors of `settings`, with a valid bucket and topic unless set.
    fn problems(region: &str, settings: &[(&str, &str)]) -> Vec<SettingError> {
        let lookup = |name: &str| {
            let given = settings.iter().find(|(setting, _)| *setting == name);
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
    fn hub_is_a_bucket_whose_prefix_ends_with_a_slash() {
        let read = |settings: &'static [(&str, &str)]| {
            let lookup = |name: &str| {
                let given = settings.iter().find(|(setting, _)| *setting == name);
                let value = match (given, name) {
                    (Some((_, value)), _) => Some(*value),
                    (None, "AUDIT_BUCKET") => Some("reports"),
                    (None, "AUDIT_TOPIC_ID") => Some("ocid1.onstopic.oc1.iad.aaaa"),
                    _ => None,
                };
                value.map(str::to_owned)
            };
            Config::from_lookup("us-ashburn-1", lookup)
                .expect("settings")
                .hub
        };
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("AUDIT_HUB_PREFIX", "all/")]), None);
        let hub = read(&[("AUDIT_HUB_BUCKET", "hub")]).expect("a hub");
        assert_eq!((hub.namespace, hub.prefix.as_str()), (None, "fleet/"));
        let hub = read(&[
            ("AUDIT_HUB_BUCKET", "hub"),
            ("AUDIT_HUB_NAMESPACE", "axaxnpcrorw5"),
            ("AUDIT_HUB_PREFIX", "all/"),
        ]);
        let hub = hub.expect("a hub");
        assert_eq!(hub.namespace.as_deref(), Some("axaxnpcrorw5"));
        assert_eq!(hub.prefix, "all/");
        for (name, value) in [
            ("AUDIT_HUB_BUCKET", "a/b"),
            ("AUDIT_HUB_PREFIX", "all"),
            ("AUDIT_HUB_PREFIX", "/all/"),
            ("AUDIT_HUB_PREFIX", "a/../b/"),
        ] {
            assert_is_the_problem(name, value);
        }
        // A namespace alone names no hub.
        let problems = |settings: &[(&str, &str)]| {
            let problems = problems("iad", settings).into_iter();
            problems.map(|problem| problem.setting).collect::<Vec<_>>()
        };
        assert_eq!(
            problems(&[("AUDIT_HUB_NAMESPACE", "axaxnpcrorw5")]),
            ["AUDIT_HUB_BUCKET"]
        );
        assert_eq!(
            problems(&[
                ("AUDIT_HUB_BUCKET", "reports"),
                ("AUDIT_EXCEPTIONS_OBJECT", "fleet/exceptions.json")
            ]),
            ["AUDIT_EXCEPTIONS_OBJECT"]
        );
    }

    #[test]
    fn region_becomes_part_of_a_host_only_if_it_is_a_label() {
        for topic in [
            "ocid1.onstopic.oc1.dev/.aaaa",
            "ocid1.onstopic.oc1.dev:8443/.aaaa",
            "ocid1.onstopic.oc1.a@b.aaaa",
            "ocid1.onstopic.oc1.a\\.aaaa",
            "ocid1.onstopic.o/1.iad.aaaa",
            "ocid1.onstopic.oc1..aaaa",
        ] {
            let problems = problems("iad", &[("AUDIT_TOPIC_ID", topic)]);
            let names: Vec<_> = problems
                .iter()
                .map(|problem| problem.setting.as_str())
                .collect();
            assert_eq!(names, ["AUDIT_TOPIC_ID"], "{topic}");
        }
        for region in ["evil.example/", "us-ashburn-1@x", "xx/", "x y", "a.b"] {
            let problems = problems(region, &[]);
            let names: Vec<_> = problems
                .iter()
                .map(|problem| problem.setting.as_str())
                .collect();
            assert_eq!(names, ["OCI_RESOURCE_PRINCIPAL_REGION"], "{region}");
        }
        for (identifier, domain, fits) in [
            ("xx-new-1", "example-cloud.com", true),
            ("xx-new-1", "evil.com/", false),
            ("xx-new-1", "evil.com:80", false),
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
            let names: Vec<_> = problems
                .iter()
                .map(|problem| problem.setting.as_str())
                .collect();
            let expected: &[&str] = if fits { &[] } else { &["OCI_REGION_METADATA"] };
            assert_eq!(names, expected, "{identifier} {domain}");
        }
    }

    #[test]
    fn more_than_a_thousand_domains_are_refused() {
        let list = |count: usize| {
            let urls: Vec<_> = (0..count)
                .map(|number| format!("https://idcs-{number}.identity.oraclecloud.com"))
                .collect();
            problems("iad", &[("AUDIT_DOMAIN_URLS", &urls.join(","))])
        };
        assert_eq!(list(1_000), []);
        let message = ConfigError(list(1_001)).to_string();
        let expected =
            "AUDIT_DOMAIN_URLS is `1001 URLs`; expected at most 1000 identity domain URLs";
        assert_eq!(message, expected);
    }

    #[test]
    fn empty_list_and_value_that_is_not_utf8_are_invalid() {
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
            assert_is_the_problem(name, value);
        }
    }

    #[test]
    fn words_are_case_insensitive() {
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
    fn bucket_that_changes_the_path_is_invalid() {
        for value in [".", ".."] {
            let problems = problems("iad", &[("AUDIT_BUCKET", value)]);
            let names: Vec<_> = problems
                .iter()
                .map(|problem| problem.setting.as_str())
                .collect();
            assert_eq!(names, ["AUDIT_BUCKET"], "{value}");
        }
    }

    #[test]
    fn pasted_urls_of_one_domain_are_one_with_a_notice_each() {
        let host = "https://idcs-1.identity.oraclecloud.com";
        let pasted = format!("{host}/ui/v1/adminconsole,{host}/admin/v1/Users?count=1,{host}");
        let lookup = |name: &str| (name == "AUDIT_DOMAIN_URLS").then(|| pasted.clone());
        let settings = ReadSettings::from_lookup("iad", lookup).expect("settings");
        let urls = settings.domain_urls.unwrap_or_default();
        let urls: Vec<_> = urls.iter().map(ToString::to_string).collect();
        assert_eq!(urls, [host]);
        assert_eq!(settings.notices.len(), 2, "{:?}", settings.notices);
    }

    #[test]
    fn console_is_that_of_the_settings_or_of_the_realm() {
        let console = |region: &str, url: &str| {
            let lookup = |name: &str| (name == "AUDIT_CONSOLE_URL").then(|| url.to_owned());
            let settings = ReadSettings::from_lookup(region, lookup);
            settings.map(|settings| settings.console.map(|console| console.base_url))
        };
        for (region, url, expected) in [
            ("fra", "", Some("https://cloud.oracle.com")),
            (
                "us-luke-1",
                "",
                Some("https://console.us-luke-1.oraclegovcloud.com"),
            ),
            ("ap-chiyoda-1", "", None),
            (
                "ap-chiyoda-1",
                "https://console.example.com/",
                Some("https://console.example.com"),
            ),
            (
                "fra",
                "http://127.0.0.1:8080/console",
                Some("http://127.0.0.1:8080/console"),
            ),
        ] {
            let read = console(region, url).expect("valid settings");
            assert_eq!(read.as_deref(), expected, "{region} {url}");
        }
        for url in [
            "cloud.oracle.com",
            "http://cloud.oracle.com",
            "https://cloud.oracle.com/?region=us-ashburn-1",
            "https://cloud.oracle.com/#x",
            "javascript:alert(1)",
        ] {
            let ConfigError(problems) = console("fra", url).expect_err(url);
            assert_eq!(problems[0].setting, "AUDIT_CONSOLE_URL", "{url}");
        }
    }

    #[test]
    fn name_of_the_tenancy_is_one_short_line() {
        let (longest, too_long) = ("x".repeat(60), "x".repeat(61));
        for (name, is_valid) in [
            ("acme-prod", true),
            ("Acme GmbH & Co. KG, \u{dc}bersee", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("acme\nprod", false),
            ("acme\u{1b}[2J", false),
            ("acme\u{fffd}", false),
        ] {
            let problems = problems("iad", &[("AUDIT_TENANCY_NAME", name)]);
            assert_eq!(problems.is_empty(), is_valid, "{name}: {problems:?}");
        }
    }

    #[test]
    fn metrics_are_off_unless_a_namespace_is_set() {
        let metrics = |settings: &'static [(&str, &str)]| {
            let settings = CheckSettings::from_lookup("fra", |name| {
                let given = settings.iter().find(|(setting, _)| *setting == name);
                given.map(|(_, value)| (*value).to_owned())
            });
            settings.map(|settings| settings.metrics)
        };
        assert_eq!(metrics(&[]), Ok(None));
        let own = "https://monitoring.example.com";
        let endpoint_alone = &[(
            "AUDIT_MONITORING_ENDPOINT",
            "https://monitoring.example.com",
        )];
        assert_eq!(metrics(endpoint_alone), Ok(None));
        let posted = |settings| {
            let settings = metrics(settings).expect("valid settings").expect("metrics");
            [settings.ingestion, settings.listing].map(|endpoint| endpoint.to_string())
        };
        assert_eq!(
            posted(&[("AUDIT_METRICS_NAMESPACE", "credential_audit")]),
            [
                "https://telemetry-ingestion.eu-frankfurt-1.oraclecloud.com",
                "https://telemetry.eu-frankfurt-1.oraclecloud.com"
            ]
        );
        assert_eq!(
            posted(&[
                ("AUDIT_METRICS_NAMESPACE", "credential_audit"),
                (
                    "AUDIT_MONITORING_ENDPOINT",
                    "https://monitoring.example.com"
                )
            ]),
            [own, own]
        );
        for (name, value) in [
            ("AUDIT_METRICS_NAMESPACE", "credential-audit"),
            ("AUDIT_METRICS_NAMESPACE", "oci_audit"),
            ("AUDIT_MONITORING_ENDPOINT", "http://monitoring.example.com"),
        ] {
            assert_is_the_problem(name, value);
        }
    }

    #[test]
    fn password_of_url_is_redacted() {
        for name in [
            "AUDIT_DOMAIN_URLS",
            "AUDIT_CONSOLE_URL",
            "AUDIT_IDENTITY_ENDPOINT",
            "AUDIT_OBJECT_STORAGE_ENDPOINT",
            "AUDIT_NOTIFICATIONS_ENDPOINT",
            "AUDIT_MONITORING_ENDPOINT",
        ] {
            for url in ["https://user:pw@example.com", "http://user:pw@example.com"] {
                let problems = problems("iad", &[(name, url)]);
                let message = ConfigError(problems).to_string();
                assert!(message.contains(name), "{message}");
                assert!(message.contains("[redacted]@example.com"), "{message}");
                assert!(!message.contains("pw"), "{message}");
            }
        }
    }
}
