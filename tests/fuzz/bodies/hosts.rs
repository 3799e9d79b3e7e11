//! URLs of services, and the hosts that may receive a signed request.

use std::net::IpAddr;

use credential_audit::http::endpoint::{Endpoint, redact_user_info};
use credential_audit::oci::hosts::DomainHostRule;
use http::Uri;

const REALM: &str = "oraclecloud.com";
const FURTHER: &str = "identity.example.com";
const PASSWORD: &str = "hunter2secret";

/// A parsed URL has an allowed host, the request goes to that host, and no message quotes a password.
pub fn endpoint(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    if !text.contains(PASSWORD) {
        let url = format!("https://user:{PASSWORD}@{text}");
        let printed = redact_user_info(&url);
        assert!(!printed.contains(PASSWORD), "{printed}");
        assert!(Endpoint::parse(&url).is_err(), "{url}");
    }
    let Ok(read) = Endpoint::parse(text) else {
        return;
    };
    assert_eq!(read.is_loopback(), is_loopback(read.host()), "{read}");
    assert_eq!(read.host(), read.host().to_ascii_lowercase());
    let written = read.to_string();
    assert!(
        written.starts_with("https://") || (read.is_loopback() && written.starts_with("http://"))
    );
    assert_eq!(Endpoint::parse(&written).as_ref(), Ok(&read));
    let url = read.url(&read.target("/admin/v1/Users?count=1"));
    let sent: Uri = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
    assert_eq!(
        sent.authority().map(|authority| authority.as_str()),
        Some(read.authority())
    );
    assert_eq!(
        sent.host().map(|host| host.trim_matches(['[', ']'])),
        Some(read.host())
    );
    assert!(sent.path().ends_with("/admin/v1/Users"), "{url}");
    assert_eq!(sent.query(), Some("count=1"));
}

/// A signed request goes to loopback, or to a host that another check accepts label by label.
pub fn domain_host(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let rule = DomainHostRule::new(REALM, vec![FURTHER.to_owned()]);
    for url in [text, &format!("https://{text}")] {
        if let Ok(endpoint) = Endpoint::parse(url) {
            let expected = is_loopback(endpoint.host()) || is_domain(endpoint.host());
            assert_eq!(rule.allows(&endpoint), expected, "{endpoint}");
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// From the right: the realm, the labels below it, and the identity domain.
fn is_domain(host: &str) -> bool {
    let mut labels: Vec<&str> = host.split('.').collect();
    if labels.ends_with(&FURTHER.split('.').collect::<Vec<_>>()) {
        return true;
    }
    for expected in REALM.split('.').rev() {
        if labels.pop() != Some(expected) {
            return false;
        }
    }
    let is_sharded = labels.last() == Some(&"oci");
    if is_sharded {
        labels.pop();
        // EU Sovereign Cloud has no region here, and then three labels remain: domain, shard, `identity`.
        if labels.len() > 3 && !labels.pop().is_some_and(is_label) {
            return false;
        }
    }
    if labels.pop() != Some("identity") {
        return false;
    }
    if is_sharded && !labels.pop().is_some_and(is_shard) {
        return false;
    }
    match labels[..] {
        [domain] => domain.len() > 5 && domain.starts_with("idcs-") && is_label(domain),
        _ => false,
    }
}

/// `us-ashburn-1-idcs-1`, cut at the first `-idcs-`.
fn is_shard(label: &str) -> bool {
    let Some(at) = label.find("-idcs-") else {
        return false;
    };
    let number = &label[at + "-idcs-".len()..];
    is_label(&label[..at])
        && !number.is_empty()
        && number.chars().all(|character| character.is_ascii_digit())
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '-')
}
