//! Which hosts may receive a signed request for an identity domain. Pure.
//!
//! The receiver of a signature can use it for five minutes, and domain URLs come from lists and invocations. So each host
//! is compared, label by label, with the three forms of identity domain hosts and with the suffixes of the settings.

use crate::http::endpoint::Endpoint;

/// The hosts of identity domains that are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainHostRule {
    realm_domain: String,
    further_suffixes: Vec<String>,
}

impl DomainHostRule {
    /// The rule for a realm (`oraclecloud.com`), with host suffixes from the settings.
    pub fn new(realm_domain: &str, further_suffixes: Vec<String>) -> Self {
        Self {
            realm_domain: realm_domain.to_lowercase(),
            further_suffixes,
        }
    }

    /// Whether signed requests may be sent to this endpoint. Loopback hosts are always allowed.
    pub fn allows(&self, endpoint: &Endpoint) -> bool {
        let host = endpoint.host();
        endpoint.is_loopback()
            || self.is_identity_domain(host)
            || self
                .further_suffixes
                .iter()
                .any(|suffix| is_at_or_below(host, suffix))
    }

    /// `idcs-<id>.identity.<realm domain>`,
    /// `idcs-<id>.<r>-idcs-<n>.identity.<region>.oci.<realm domain>`, or, as in EU Sovereign Cloud, the same without a region.
    fn is_identity_domain(&self, host: &str) -> bool {
        let Some(front) = host
            .strip_suffix(&self.realm_domain)
            .and_then(|front| front.strip_suffix('.'))
        else {
            return false;
        };
        let labels: Vec<_> = front.split('.').collect();
        match labels[..] {
            [domain, "identity"] => is_domain_label(domain),
            [domain, shard, "identity", region, "oci"] => {
                is_domain_label(domain) && is_shard_label(shard) && is_label(region)
            }
            [domain, shard, "identity", "oci"] => is_domain_label(domain) && is_shard_label(shard),
            _ => false,
        }
    }

    /// The allowed forms, for a message.
    pub fn describe(&self) -> String {
        let realm = &self.realm_domain;
        let mut text = format!(
            "idcs-<id>.identity.{realm}, idcs-<id>.<r>-idcs-<n>.identity.<region>.oci.{realm}, idcs-<id>.<r>-idcs-<n>.identity.oci.{realm}"
        );
        for suffix in &self.further_suffixes {
            text.push_str(", ");
            text.push_str(suffix);
        }
        text
    }
}

fn is_domain_label(label: &str) -> bool {
    is_label(label) && label.strip_prefix("idcs-").is_some_and(is_label)
}

fn is_shard_label(label: &str) -> bool {
    let parts = label.split_once("-idcs-").filter(|_| is_label(label));
    parts.is_some_and(|(region, number)| {
        is_label(region) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether a text is a label of a host name, in lower case. Regions become part of the hosts that signed requests are sent to.
pub fn is_label(text: &str) -> bool {
    // A longer one is in no name of the DNS (RFC 1035, 2.3.4).
    !text.is_empty()
        && text.len() <= 63
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether a text consists of labels joined by dots.
pub fn is_domain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_at_or_below(host: &str, suffix: &str) -> bool {
    host.strip_suffix(suffix)
        .is_some_and(|front| front.is_empty() || front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(rule: &DomainHostRule, host: &str) -> bool {
        rule.allows(&Endpoint::parse(&format!("https://{host}")).expect("an endpoint"))
    }

    #[test]
    fn only_the_three_forms_in_the_own_realm_are_allowed() {
        let rule = DomainHostRule::new("oraclecloud.com", Vec::new());
        for host in [
            "idcs-0a1b.identity.oraclecloud.com",
            "IDCS-0A1B.identity.oraclecloud.com:443",
            "idcs-0a1b.us-ashburn-idcs-1.identity.us-ashburn-1.oci.oraclecloud.com",
            "idcs-0a1b.us-ashburn-idcs-1.identity.oci.oraclecloud.com",
            "localhost:8443",
            "127.0.0.1",
        ] {
            assert!(allows(&rule, host), "{host}");
        }
        for host in [
            "idcs-0a1b.identity.oraclecloud.com.example.com",
            "idcs-0a1b.identity.example.com",
            "idcs-0a1b.identity.oraclegovcloud.com",
            "x.idcs-0a1b.identity.oraclecloud.com",
            "idcs-.identity.oraclecloud.com",
            "identity.oraclecloud.com",
            "evil-oraclecloud.com",
            "idcs-0a1b.identityxoraclecloud.com",
            "idcs-0a1b.a.identity.us-ashburn-1.oci.oraclecloud.com",
            "idcs-0a1b.a.identity.oci.oraclecloud.com",
            "idcs-0a1b.identity.oci.oraclecloud.com",
            "idcs-0a1b.us-ashburn-idcs-1.identity.oraclecloud.com",
            "idcs-0a1b.us-ashburn-idcs-1.oci.identity.oraclecloud.com",
            "objectstorage.us-ashburn-1.oraclecloud.com",
            "10.0.0.1",
        ] {
            assert!(!allows(&rule, host), "{host}");
        }
        // A label has at most 63 characters.
        let (longest, longer) = ("x".repeat(58), "x".repeat(59));
        let shard = "y".repeat(56);
        for (host, allowed) in [
            (format!("idcs-{longest}.identity.oraclecloud.com"), true),
            (format!("idcs-{longer}.identity.oraclecloud.com"), false),
            (
                format!("idcs-1.{shard}-idcs-1.identity.us-x-1.oci.oraclecloud.com"),
                true,
            ),
            (
                format!("idcs-1.{shard}-idcs-12.identity.us-x-1.oci.oraclecloud.com"),
                false,
            ),
        ] {
            assert_eq!(allows(&rule, &host), allowed, "{host}");
        }
    }

    #[test]
    fn suffixes_of_the_settings_match_whole_labels() {
        let rule = DomainHostRule::new("oraclecloud.com", vec!["private.example.com".to_owned()]);
        assert!(allows(&rule, "private.example.com"));
        assert!(allows(&rule, "a.b.private.example.com"));
        assert!(!allows(&rule, "notprivate.example.com"));
        assert!(!allows(&rule, "private.example.com.example.org"));
    }
}
