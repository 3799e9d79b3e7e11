//! The settings of reports and digest.

use std::ops::RangeInclusive;

use chrono::Weekday;

use crate::env;
use crate::oci::hosts::is_label;
use crate::oci::regions::Region;
use crate::report::ReportSet;
use crate::report::digest::{DEFAULT_ROWS, Names};

use super::reader::Reader;
use super::settings::{
    ExceptionsSettings, HubSettings, MetricsSettings, Notify, StorageSettings, TopicSettings,
};

const DEFAULT_PREFIX: &str = "credential-audit/";
/// Max bytes of the prefix. An object name has at most 1,024 (Oracle documentation, managingobjects.htm), including date,
/// run and file.
const MAX_PREFIX_BYTES: usize = 700;

const DEFAULT_HUB_PREFIX: &str = "fleet/";
/// The same of the hub's: the OCID of the tenancy and the folder of a shard follow it, too.
const MAX_HUB_PREFIX_BYTES: usize = 400;
/// What a namespace is.
const NAMESPACE: &str = "the name of an Object Storage namespace, such as axaxnpcrorw5";

/// Max bytes of the name of an object (Oracle documentation, managingobjects.htm).
const MAX_OBJECT_BYTES: usize = 1024;
/// Rows of each section of the digest.
const DIGEST_ROWS: RangeInclusive<usize> = 1..=500;
/// What [`is_bucket_name`] accepts.
const BUCKET_NAME: &str = "1 to 256 letters, digits, dots, dashes and underscores";

/// Whether a text is the name of a bucket: no URL, no path, no quotes. `.` and `..` are special as segments of a URL.
fn is_bucket_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=256).contains(&text.len()) && text.bytes().all(is_allowed) && !matches!(text, "." | "..")
}

fn is_object_name(text: &str) -> bool {
    let is_special = |segment: &str| matches!(segment, "." | "..");
    text.len() <= MAX_OBJECT_BYTES
        && !text.split('/').any(is_special)
        && !text.chars().any(char::is_control)
}

impl Reader<'_> {
    pub(super) fn storage(&mut self, region: &Region) -> StorageSettings {
        StorageSettings {
            endpoint: self.endpoint(
                env::OBJECT_STORAGE_ENDPOINT,
                &region.object_storage_endpoint(),
            ),
            namespace: self.namespace(env::BUCKET_NAMESPACE),
            bucket: self.bucket(),
            prefix: self.prefix(),
        }
    }

    fn namespace(&mut self, setting: &str) -> Option<String> {
        let namespace = self.text(setting)?;
        if !is_bucket_name(&namespace) {
            self.reject(setting, Some(namespace.clone()), NAMESPACE);
        }
        Some(namespace)
    }

    /// The hub; `None` without a bucket. An object with exceptions must be outside of it, too.
    pub(super) fn hub(
        &mut self,
        region: &Region,
        exceptions: Option<&ExceptionsSettings>,
    ) -> Option<HubSettings> {
        let prefix = self.hub_prefix();
        let namespace = self.namespace(env::HUB_NAMESPACE);
        let Some(bucket) = self.text(env::HUB_BUCKET) else {
            if namespace.is_some() {
                let expected = format!(
                    "the name of the hub's bucket, because {} is set: {BUCKET_NAME}",
                    env::HUB_NAMESPACE
                );
                self.reject(env::HUB_BUCKET, None, expected);
            }
            return None;
        };
        if !is_bucket_name(&bucket) {
            let expected = format!("the name of the hub's bucket: {BUCKET_NAME}");
            self.reject(env::HUB_BUCKET, Some(bucket.clone()), expected);
        }
        if let Some(exceptions) = exceptions
            && exceptions.bucket == bucket
            && exceptions.object.starts_with(&prefix)
        {
            let expected = format!(
                "an object outside of the prefix `{prefix}` of the hub, to which this program writes"
            );
            let object = Some(exceptions.object.clone());
            self.reject(env::EXCEPTIONS_OBJECT, object, expected);
        }
        Some(HubSettings {
            endpoint: self.endpoint(
                env::OBJECT_STORAGE_ENDPOINT,
                &region.object_storage_endpoint(),
            ),
            namespace,
            bucket,
            prefix,
        })
    }

    /// A statement permits each tenancy to write below its own folder alone, so a slash must end the prefix.
    fn hub_prefix(&mut self) -> String {
        let Some(prefix) = self.text(env::HUB_PREFIX) else {
            return DEFAULT_HUB_PREFIX.to_owned();
        };
        let is_valid = prefix.ends_with('/')
            && !prefix.starts_with('/')
            && prefix.len() <= MAX_HUB_PREFIX_BYTES
            && is_object_name(&prefix);
        if !is_valid {
            let expected = format!(
                "at most {MAX_HUB_PREFIX_BYTES} bytes with a slash at the end, and none at the start, without control characters and without `.` or `..` as a segment"
            );
            self.reject(env::HUB_PREFIX, Some(prefix.clone()), expected);
        }
        prefix
    }

    fn bucket(&mut self) -> String {
        let expected = format!("the name of the bucket for reports: {BUCKET_NAME}");
        let bucket = self.required(env::BUCKET, &expected);
        if !bucket.is_empty() && !is_bucket_name(&bucket) {
            self.reject(env::BUCKET, Some(bucket.clone()), expected);
        }
        bucket
    }

    fn prefix(&mut self) -> String {
        let Some(prefix) = self.text(env::OBJECT_PREFIX) else {
            return DEFAULT_PREFIX.to_owned();
        };
        if prefix.starts_with('/') || prefix.len() > MAX_PREFIX_BYTES || !is_object_name(&prefix) {
            let expected = format!(
                "at most {MAX_PREFIX_BYTES} bytes without control characters, not starting with a slash, without `.` or `..` as a segment"
            );
            self.reject(env::OBJECT_PREFIX, Some(prefix.clone()), expected);
        }
        prefix
    }

    pub(super) fn exceptions(&mut self, storage: &StorageSettings) -> Option<ExceptionsSettings> {
        let bucket = self.text(env::EXCEPTIONS_BUCKET);
        let Some(object) = self.text(env::EXCEPTIONS_OBJECT) else {
            if bucket.is_some() {
                let expected = "the name of the object, because AUDIT_EXCEPTIONS_BUCKET is set";
                self.reject(env::EXCEPTIONS_OBJECT, None, expected);
            }
            return None;
        };
        if let Some(bucket) = bucket.as_ref().filter(|bucket| !is_bucket_name(bucket)) {
            let expected = format!("the name of a bucket: {BUCKET_NAME}");
            self.reject(env::EXCEPTIONS_BUCKET, Some(bucket.clone()), expected);
        }
        if !is_object_name(&object) {
            let expected = format!(
                "the name of an object: at most {MAX_OBJECT_BYTES} bytes without control characters, without `.` or `..` as a segment"
            );
            self.reject(env::EXCEPTIONS_OBJECT, Some(object.clone()), expected);
        }
        let bucket = bucket.unwrap_or_else(|| storage.bucket.clone());
        if bucket == storage.bucket && object.starts_with(&storage.prefix) {
            let expected = format!(
                "an object outside of the prefix `{}`, to which this program writes",
                storage.prefix
            );
            self.reject(env::EXCEPTIONS_OBJECT, Some(object.clone()), expected);
        }
        Some(ExceptionsSettings { bucket, object })
    }

    /// The topic's OCID, `ocid1.onstopic.<realm>.<region>.<unique>`: its region decides the endpoint.
    pub(super) fn topic(&mut self, own_region: &Region) -> TopicSettings {
        let expected =
            "the OCID of a Notifications topic: ocid1.onstopic.<realm>.<region>.<unique>";
        let id = self.required(env::TOPIC_ID, expected);
        let parts: Vec<_> = id.split('.').collect();
        let region = match parts[..] {
            ["ocid1", "onstopic", realm, region, .., unique]
                if [realm, region]
                    .iter()
                    .all(|label| is_label(&label.to_ascii_lowercase()))
                    && !unique.is_empty() =>
            {
                own_region.sibling(region, Some(realm))
            }
            _ => {
                if !id.is_empty() {
                    self.reject(env::TOPIC_ID, Some(id.clone()), expected);
                }
                own_region.clone()
            }
        };
        TopicSettings {
            endpoint: self.endpoint(
                env::NOTIFICATIONS_ENDPOINT,
                &region.notifications_endpoint(),
            ),
            id,
            region: region.identifier,
        }
    }

    pub(super) fn metrics(&mut self, region: &Region) -> Option<MetricsSettings> {
        let ingestion = region.metrics_ingestion_endpoint();
        let ingestion = self.endpoint(env::MONITORING_ENDPOINT, &ingestion);
        let listing = match self.text(env::MONITORING_ENDPOINT) {
            Some(_) => ingestion.clone(),
            None => self.endpoint(env::MONITORING_ENDPOINT, &region.monitoring_endpoint()),
        };
        let text = self.text(env::METRICS_NAMESPACE)?;
        match text.parse() {
            Ok(namespace) => Some(MetricsSettings {
                namespace,
                ingestion,
                listing,
            }),
            Err(expected) => {
                self.reject(env::METRICS_NAMESPACE, Some(text), expected.to_string());
                None
            }
        }
    }

    pub(super) fn notify(&mut self) -> Notify {
        self.parse_word(env::NOTIFY, "findings, changes, always or never")
    }

    pub(super) fn digest_weekday(&mut self) -> Weekday {
        const WEEKDAYS: [(&str, Weekday); 7] = [
            ("monday", Weekday::Mon),
            ("tuesday", Weekday::Tue),
            ("wednesday", Weekday::Wed),
            ("thursday", Weekday::Thu),
            ("friday", Weekday::Fri),
            ("saturday", Weekday::Sat),
            ("sunday", Weekday::Sun),
        ];
        let Some(text) = self.text(env::DIGEST_WEEKDAY) else {
            return Weekday::Mon;
        };
        let known = WEEKDAYS
            .iter()
            .find(|(word, _)| text.eq_ignore_ascii_case(word));
        known.map_or_else(
            || {
                let words = WEEKDAYS.map(|(word, _)| word).join(", ");
                self.reject(
                    env::DIGEST_WEEKDAY,
                    Some(text.clone()),
                    format!("one of: {words}"),
                );
                Weekday::Mon
            },
            |(_, weekday)| *weekday,
        )
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
                Err(_) => self.reject(
                    env::REPORTS,
                    Some(word),
                    format!("a comma-separated list of: {}", crate::report::words()),
                ),
            }
        }
        reports
    }

    pub(super) fn digest_rows(&mut self) -> usize {
        let Some(text) = self.text(env::DIGEST_ROWS) else {
            return DEFAULT_ROWS;
        };
        let rows = text.parse().ok().filter(|rows| DIGEST_ROWS.contains(rows));
        rows.unwrap_or_else(|| {
            let expected = format!(
                "a whole number from {} to {}",
                DIGEST_ROWS.start(),
                DIGEST_ROWS.end()
            );
            self.reject(env::DIGEST_ROWS, Some(text), expected);
            DEFAULT_ROWS
        })
    }

    pub(super) fn digest_names(&mut self) -> Names {
        let text = self.text(env::DIGEST_NAMES);
        match text.as_deref().map(str::to_lowercase).as_deref() {
            None | Some("full") => Names::Full,
            Some("masked") => Names::Masked,
            Some("none") => Names::None,
            Some(_) => {
                self.reject(env::DIGEST_NAMES, text, "full, masked or none");
                Names::Full
            }
        }
    }
}
