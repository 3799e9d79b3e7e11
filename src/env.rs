//! Every environment variable this program reads: one const and one row of [`SETTINGS`] each.
//!
//! The table in README.md is checked against [`SETTINGS`] by a test. The variables that the Fn platform sets belong to the
//! function shim and are documented there.

/// A setting of this program: a row of the table in README.md.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Name of the variable. `<TYPE>` is replaced by the suffix of each type.
    pub name: &'static str,
    /// What holds where it is unset or empty, as README.md writes it.
    pub default: &'static str,
}

/// Identity domains to audit; unset: every domain of the tenancy.
pub const DOMAIN_URLS: &str = "AUDIT_DOMAIN_URLS";
/// Bucket for reports.
pub const BUCKET: &str = "AUDIT_BUCKET";
/// Object Storage namespace of the bucket.
pub const BUCKET_NAMESPACE: &str = "AUDIT_BUCKET_NAMESPACE";
/// Prefix of every object.
pub const OBJECT_PREFIX: &str = "AUDIT_OBJECT_PREFIX";
/// OCID of the Notifications topic.
pub const TOPIC_ID: &str = "AUDIT_TOPIC_ID";
/// Age in days at which a credential is overdue; with a type's suffix for that type alone.
pub const ROTATION_DAYS: &str = "AUDIT_ROTATION_DAYS";
/// Age in days at which a credential is due; with a type's suffix for that type alone.
pub const WARNING_DAYS: &str = "AUDIT_WARNING_DAYS";
/// Credential types to audit.
pub const CREDENTIAL_TYPES: &str = "AUDIT_CREDENTIAL_TYPES";
/// Reports to upload.
pub const REPORTS: &str = "AUDIT_REPORTS";
/// When to publish the digest.
pub const NOTIFY: &str = "AUDIT_NOTIFY";
/// How user names stand in the digest.
pub const DIGEST_NAMES: &str = "AUDIT_DIGEST_NAMES";
/// Object with exceptions and known gaps.
pub const EXCEPTIONS_OBJECT: &str = "AUDIT_EXCEPTIONS_OBJECT";
/// Bucket of that object.
pub const EXCEPTIONS_BUCKET: &str = "AUDIT_EXCEPTIONS_BUCKET";
/// RateLimiter of requests to each domain.
pub const RATE_LIMIT: &str = "AUDIT_RATE_LIMIT";
/// Further host suffixes of identity domains.
pub const ALLOWED_DOMAIN_HOSTS: &str = "AUDIT_ALLOWED_DOMAIN_HOSTS";
/// Endpoint of IAM instead of the region's; may hold `{region}`.
pub const IDENTITY_ENDPOINT: &str = "AUDIT_IDENTITY_ENDPOINT";
/// Endpoint of Object Storage instead of the region's.
pub const OBJECT_STORAGE_ENDPOINT: &str = "AUDIT_OBJECT_STORAGE_ENDPOINT";
/// Endpoint of Notifications instead of the topic's region's.
pub const NOTIFICATIONS_ENDPOINT: &str = "AUDIT_NOTIFICATIONS_ENDPOINT";
/// PEM file with roots to trust beside the built-in ones.
pub const EXTRA_CA_FILE: &str = "AUDIT_EXTRA_CA_FILE";
/// Least severe level that is logged.
pub const LOG_LEVEL: &str = "AUDIT_LOG_LEVEL";
/// Set by the platform: realm and names of a region that this program does not know.
pub const REGION_METADATA: &str = "OCI_REGION_METADATA";
/// Set, and not empty: no colours (no-color.org).
pub const NO_COLOR: &str = "NO_COLOR";
/// `dumb`: a terminal that knows no control sequences.
pub const TERM: &str = "TERM";
/// Set by the platform in a function's container: the socket to serve.
pub const FN_LISTENER: &str = "FN_LISTENER";

/// The settings, in the order of README.md.
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
        default: "all six",
    },
    Setting {
        name: REPORTS,
        default: "`expiry,usage,credentials,html`",
    },
    Setting {
        name: NOTIFY,
        default: "`findings`",
    },
    Setting {
        name: DIGEST_NAMES,
        default: "`full`",
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
        name: EXTRA_CA_FILE,
        default: "none",
    },
    Setting {
        name: LOG_LEVEL,
        default: "`info`",
    },
];

/// Looks a variable up in the process environment. What is not UTF-8 in it becomes U+FFFD, which no setting holds: unset
/// would be something else.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn lookup(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
