//! What the list of domains says about one domain: whether a run reads it, where, and under which name.

use crate::display;
use crate::http::endpoint::{Endpoint, redact_user_info};
use crate::model::{Domain, SkippedFor};
use crate::oci::hosts::DomainHostRule;
use crate::oci::identity::ListedDomain;
use crate::server_text::{FailureText, MAX_CHARS, ServerText};

use super::domain_names::first_label;

/// Types of domains whose users cannot have credentials. A run reads domains of every other type, known or not.
const EXTERNAL_LICENSES: [&str; 2] = ["external-user", "external-active-user"];
/// States of domains without usable credentials. "Users can no longer authenticate to it" once a domain is being deactivated,
/// and only a deactivated domain can be deleted (Oracle documentation, to-deactivate-a-domain.htm and
/// to-delete-a-domain.htm). A run reads domains in every other state, known or not.
const DEAD_STATES: [&str; 4] = ["CREATING", "INACTIVE", "DELETING", "DELETED"];

/// Why a domain is excluded on purpose.
pub(super) fn exclusion(listed: &ListedDomain) -> Option<SkippedFor> {
    let license = listed
        .license_type
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if EXTERNAL_LICENSES.contains(&license.as_str()) {
        return Some(SkippedFor::Type(license));
    }
    let state = listed.lifecycle_state.as_deref().unwrap_or("ACTIVE");
    DEAD_STATES
        .iter()
        .any(|dead| state.eq_ignore_ascii_case(dead))
        .then(|| SkippedFor::State(state.to_owned()))
}

/// The URL to read the domain at, or why it is not read. A host is named, because a setting may allow it. Another text in place of a URL has
/// the words of the service.
pub(super) fn base_url(
    listed: &ListedDomain,
    rule: &DomainHostRule,
) -> Result<Endpoint, FailureText> {
    let url = listed
        .url
        .as_deref()
        .or(listed.home_region_url.as_deref())
        .ok_or("the list has no URL for it")?;
    let shown = ServerText::new(&redact_user_info(url));
    let invalid = |problem: String| {
        let with_words = format!("its URL `{shown}` {problem}");
        FailureText::quoting(format!("its URL {problem}"), with_words)
    };
    let endpoint = Endpoint::parse(url).map_err(|error| invalid(error.to_string()))?;
    if endpoint.to_string().chars().count() > MAX_CHARS {
        return Err(invalid(format!("has more than {MAX_CHARS} characters")));
    }
    if !rule.allows(&endpoint) {
        return Err(format!(
            "its host `{}` may not receive signed requests ({}); if it is correct, add it to AUDIT_ALLOWED_DOMAIN_HOSTS",
            endpoint.host(),
            rule.describe()
        )
        .into());
    }
    Ok(endpoint)
}

/// The base URLs of the domain, allowed or not, as [`Domain::url`] has them: an earlier run may have read any of them.
pub(super) fn base_urls(listed: &ListedDomain) -> impl Iterator<Item = String> {
    let urls = [&listed.url, &listed.home_region_url].into_iter().flatten();
    urls.filter_map(|url| Some(Endpoint::parse(url).ok()?.to_string()))
}

/// What decides the shard of a listed domain: its OCID, else a URL of it.
pub(super) fn shard_key(listed: &ListedDomain) -> String {
    let ocid = listed.id.clone();
    ocid.or_else(|| base_urls(listed).next())
        .unwrap_or_default()
}

pub(super) fn known(listed: &ListedDomain, endpoint: &Endpoint) -> Domain {
    Domain {
        name: listed
            .display_name
            .as_deref()
            .map(|name| display::cut(name, MAX_CHARS))
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| first_label(endpoint)),
        url: endpoint.to_string(),
        ocid: listed.id.as_deref().map(|id| display::cut(id, MAX_CHARS)),
        license: listed
            .license_type
            .as_deref()
            .map(|text| display::cut(text, MAX_CHARS)),
        is_default: listed
            .domain_type
            .as_deref()
            .map(|domain_type| domain_type.eq_ignore_ascii_case("DEFAULT")),
        is_listed: true,
        object_name: String::new(),
    }
}

/// A domain with only its URL known.
pub fn unknown(endpoint: &Endpoint) -> Domain {
    Domain {
        name: first_label(endpoint),
        url: endpoint.to_string(),
        ocid: None,
        license: None,
        is_default: None,
        is_listed: false,
        object_name: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_domains_without_usable_credentials_are_excluded() {
        let listed = |license: &str, state: &str| {
            let listed =
                serde_json::json!({ "id": "x", "licenseType": license, "lifecycleState": state });
            serde_json::from_value::<ListedDomain>(listed).expect("a domain")
        };
        for (license, state, read) in [
            ("free", "ACTIVE", true),
            ("premium", "", true),
            ("free", "UPDATING", true),
            ("free", "FAILED", true),
            ("external-workforce", "ACTIVE", true),
            ("external", "ACTIVE", true),
            ("EXTERNAL-USER", "ACTIVE", false),
            ("external-active-user", "ACTIVE", false),
            ("free", "inactive", false),
            ("free", "DELETED", false),
        ] {
            let reason = exclusion(&listed(license, state));
            assert_eq!(reason.is_none(), read, "{license} {state}: {reason:?}");
        }
        assert_eq!(
            exclusion(&listed("free", "INACTIVE")),
            Some(SkippedFor::State("INACTIVE".to_owned()))
        );
        assert_eq!(
            exclusion(&listed("External-User", "INACTIVE")),
            Some(SkippedFor::Type("external-user".to_owned()))
        );
    }
}
