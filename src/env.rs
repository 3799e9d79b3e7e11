//! The environment variables of this program: one constant and one row of [`SETTINGS`] per setting.
//!
//! A test compares [`SETTINGS`] with the table in docs/settings.md. `fdk` and `auth` define the variables that the Fn platform, the
//! resource principal and Oracle's configuration file use.

/// A setting; a row of the table in docs/settings.md.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Name of the variable. `<TYPE>` is the suffix of a credential type.
    pub name: &'static str,
    /// Default if unset or empty, as in docs/settings.md.
    pub default: &'static str,
}

/// Identity domains to audit; all domains of the tenancy if unset.
pub const DOMAIN_URLS: &str = "AUDIT_DOMAIN_URLS";
/// Bucket for reports.
pub const BUCKET: &str = "AUDIT_BUCKET";
/// Object Storage namespace of the bucket.
pub const BUCKET_NAMESPACE: &str = "AUDIT_BUCKET_NAMESPACE";
/// Prefix of every object.
pub const OBJECT_PREFIX: &str = "AUDIT_OBJECT_PREFIX";
/// OCID of the Notifications topic.
pub const TOPIC_ID: &str = "AUDIT_TOPIC_ID";
/// Age in days at which a credential is overdue; with the suffix of a type, for that type only.
pub const ROTATION_DAYS: &str = "AUDIT_ROTATION_DAYS";
/// Age in days at which a credential is due; with the suffix of a type, for that type only.
pub const WARNING_DAYS: &str = "AUDIT_WARNING_DAYS";
/// Credential types to audit.
pub const CREDENTIAL_TYPES: &str = "AUDIT_CREDENTIAL_TYPES";
/// Further groups whose members administer the tenancy.
pub const ADMIN_GROUPS: &str = "AUDIT_ADMIN_GROUPS";
/// The attribute of users that names the owner of their credentials.
pub const OWNER_FROM: &str = "AUDIT_OWNER_FROM";
/// Whether sign-ins of people are read.
pub const ACTIVITY: &str = "AUDIT_ACTIVITY";
/// Reports to upload.
pub const REPORTS: &str = "AUDIT_REPORTS";
/// Whether CSV files begin with a byte order mark.
pub const CSV_BOM: &str = "AUDIT_CSV_BOM";
/// When to publish the digest.
pub const NOTIFY: &str = "AUDIT_NOTIFY";
/// The day on which changes are always published.
pub const DIGEST_WEEKDAY: &str = "AUDIT_DIGEST_WEEKDAY";
/// Max rows of each section of the digest.
pub const DIGEST_ROWS: &str = "AUDIT_DIGEST_ROWS";
/// How the digest prints user names.
pub const DIGEST_NAMES: &str = "AUDIT_DIGEST_NAMES";
/// Name of the tenancy in reports.
pub const TENANCY_NAME: &str = "AUDIT_TENANCY_NAME";
/// The beginning of links to the console.
pub const CONSOLE_URL: &str = "AUDIT_CONSOLE_URL";
/// Object with exceptions and known gaps.
pub const EXCEPTIONS_OBJECT: &str = "AUDIT_EXCEPTIONS_OBJECT";
/// Bucket of that object.
pub const EXCEPTIONS_BUCKET: &str = "AUDIT_EXCEPTIONS_BUCKET";
/// Rate limit per domain.
pub const RATE_LIMIT: &str = "AUDIT_RATE_LIMIT";
/// Additional host suffixes of identity domains.
pub const ALLOWED_DOMAIN_HOSTS: &str = "AUDIT_ALLOWED_DOMAIN_HOSTS";
/// Override of IAM's endpoint; may contain `{region}`.
pub const IDENTITY_ENDPOINT: &str = "AUDIT_IDENTITY_ENDPOINT";
/// Override of Object Storage's endpoint.
pub const OBJECT_STORAGE_ENDPOINT: &str = "AUDIT_OBJECT_STORAGE_ENDPOINT";
/// Override of Notifications' endpoint.
pub const NOTIFICATIONS_ENDPOINT: &str = "AUDIT_NOTIFICATIONS_ENDPOINT";
/// Object Storage namespace of the hub, in which several tenancies keep what they found.
pub const HUB_NAMESPACE: &str = "AUDIT_HUB_NAMESPACE";
/// Bucket of the hub.
pub const HUB_BUCKET: &str = "AUDIT_HUB_BUCKET";
/// Prefix of every object in the hub.
pub const HUB_PREFIX: &str = "AUDIT_HUB_PREFIX";
/// Tenancies that the overview of a fleet must have.
pub const FLEET_TENANCIES: &str = "AUDIT_FLEET_TENANCIES";
/// Namespace of the metrics that a run posts.
pub const METRICS_NAMESPACE: &str = "AUDIT_METRICS_NAMESPACE";
/// Override of Monitoring's endpoint.
pub const MONITORING_ENDPOINT: &str = "AUDIT_MONITORING_ENDPOINT";
/// Whether holders are mailed.
pub const HOLDER_MAIL: &str = "AUDIT_HOLDER_MAIL";
/// The approved sender of those mails.
pub const HOLDER_MAIL_SENDER: &str = "AUDIT_HOLDER_MAIL_SENDER";
/// The compartment of that sender.
pub const HOLDER_MAIL_COMPARTMENT: &str = "AUDIT_HOLDER_MAIL_COMPARTMENT";
/// Whom holders ask.
pub const HOLDER_MAIL_CONTACT: &str = "AUDIT_HOLDER_MAIL_CONTACT";
/// The domains of addresses that are mailed.
pub const HOLDER_MAIL_DOMAINS: &str = "AUDIT_HOLDER_MAIL_DOMAINS";
/// Override of Email Delivery's endpoint.
pub const EMAIL_ENDPOINT: &str = "AUDIT_EMAIL_ENDPOINT";
/// Whether the last use of API keys is searched for.
pub const LAST_USE: &str = "AUDIT_LAST_USE";
/// Override of the endpoint of Logging Search; may contain `{region}`.
pub const LOGGING_SEARCH_ENDPOINT: &str = "AUDIT_LOGGING_SEARCH_ENDPOINT";
/// PEM file with roots to trust in addition to the built-in ones.
pub const EXTRA_CA_FILE: &str = "AUDIT_EXTRA_CA_FILE";
/// The proxy for HTTPS, in lower and in upper case.
pub const HTTPS_PROXY: [&str; 2] = ["https_proxy", "HTTPS_PROXY"];
/// The proxy for every scheme, unless one has its own.
pub const ALL_PROXY: [&str; 2] = ["all_proxy", "ALL_PROXY"];
/// Hosts that get no proxy.
pub const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];
/// PEM file with roots that other programs of a person trust too.
pub const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
/// Min level of logged events.
pub const LOG_LEVEL: &str = "AUDIT_LOG_LEVEL";
/// Domain of the realm of regions that nothing else names, as for Oracle's SDK.
pub const DEFAULT_REALM: &str = "OCI_DEFAULT_REALM";
/// Set by the platform: realm and names of a region, for a region that this program does not know.
pub const REGION_METADATA: &str = "OCI_REGION_METADATA";
/// Disables colors if set and not empty (no-color.org).
pub const NO_COLOR: &str = "NO_COLOR";
/// `dumb` for a terminal without control sequences.
pub const TERM: &str = "TERM";
/// Set by the platform in the container of a function: the socket to open.
pub const FN_LISTENER: &str = "FN_LISTENER";

/// Set by the platform in the container of a function: its memory in megabytes.
pub const FN_MEMORY: &str = "FN_MEMORY";

/// The settings, in the order of docs/settings.md.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: DOMAIN_URLS,
        default: "every domain of the tenancy",
    },
    Setting {
        name: BUCKET,
        default: "required",
    },
    Setting {
        name: BUCKET_NAMESPACE,
        default: "read from the service",
    },
    Setting {
        name: OBJECT_PREFIX,
        default: "`credential-audit/`",
    },
    Setting {
        name: TOPIC_ID,
        default: "required",
    },
    Setting {
        name: ROTATION_DAYS,
        default: "`90`",
    },
    Setting {
        name: WARNING_DAYS,
        default: "`75`",
    },
    Setting {
        name: "AUDIT_ROTATION_DAYS_<TYPE>",
        default: "the general one",
    },
    Setting {
        name: "AUDIT_WARNING_DAYS_<TYPE>",
        default: "the general one",
    },
    Setting {
        name: CREDENTIAL_TYPES,
        default: "all",
    },
    Setting {
        name: ADMIN_GROUPS,
        default: "none",
    },
    Setting {
        name: OWNER_FROM,
        default: "none",
    },
    Setting {
        name: ACTIVITY,
        default: "`on`",
    },
    Setting {
        name: LAST_USE,
        default: "`off`",
    },
    Setting {
        name: REPORTS,
        default: "`expiry,usage,credentials,html`",
    },
    Setting {
        name: CSV_BOM,
        default: "`false`",
    },
    Setting {
        name: NOTIFY,
        default: "`changes`",
    },
    Setting {
        name: DIGEST_WEEKDAY,
        default: "`monday`",
    },
    Setting {
        name: DIGEST_ROWS,
        default: "`10`",
    },
    Setting {
        name: DIGEST_NAMES,
        default: "`full`",
    },
    Setting {
        name: TENANCY_NAME,
        default: "read from IAM",
    },
    Setting {
        name: CONSOLE_URL,
        default: "by realm, none if unknown",
    },
    Setting {
        name: EXCEPTIONS_OBJECT,
        default: "none",
    },
    Setting {
        name: EXCEPTIONS_BUCKET,
        default: "the bucket for reports",
    },
    Setting {
        name: HUB_NAMESPACE,
        default: "that of the bucket for reports",
    },
    Setting {
        name: HUB_BUCKET,
        default: "none",
    },
    Setting {
        name: HUB_PREFIX,
        default: "`fleet/`",
    },
    Setting {
        name: FLEET_TENANCIES,
        default: "none",
    },
    Setting {
        name: RATE_LIMIT,
        default: "by license, `free` if unknown",
    },
    Setting {
        name: ALLOWED_DOMAIN_HOSTS,
        default: "the realm's",
    },
    Setting {
        name: IDENTITY_ENDPOINT,
        default: "by region",
    },
    Setting {
        name: OBJECT_STORAGE_ENDPOINT,
        default: "by region",
    },
    Setting {
        name: NOTIFICATIONS_ENDPOINT,
        default: "by the topic's region",
    },
    Setting {
        name: METRICS_NAMESPACE,
        default: "none: no metrics",
    },
    Setting {
        name: MONITORING_ENDPOINT,
        default: "by region",
    },
    Setting {
        name: HOLDER_MAIL,
        default: "`off`",
    },
    Setting {
        name: HOLDER_MAIL_SENDER,
        default: "required to send",
    },
    Setting {
        name: HOLDER_MAIL_COMPARTMENT,
        default: "required to send",
    },
    Setting {
        name: HOLDER_MAIL_CONTACT,
        default: "none",
    },
    Setting {
        name: HOLDER_MAIL_DOMAINS,
        default: "any",
    },
    Setting {
        name: EMAIL_ENDPOINT,
        default: "by region",
    },
    Setting {
        name: LOGGING_SEARCH_ENDPOINT,
        default: "by region",
    },
    Setting {
        name: EXTRA_CA_FILE,
        default: "none",
    },
    Setting {
        name: LOG_LEVEL,
        default: "`info`",
    },
];

/// Whether an environment variable has a value that is not blank.
pub fn is_set(name: &str) -> bool {
    lookup(name).is_some_and(|value| !value.trim().is_empty())
}

/// Returns the value of an environment variable. Invalid UTF-8 becomes U+FFFD, which no setting accepts: the variable must not
/// count as unset.
#[expect(clippy::disallowed_methods, reason = "the only caller")]
pub fn lookup(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
