//! E-mail addresses that a mail may be sent to.

/// Max bytes of an address (RFC 5321, 4.5.3.1, with its erratum).
const MAX_BYTES: usize = 254;

/// The address in lower case, by which two users are one person; `None` if no mail may be sent to it. Email Delivery takes ASCII
/// only.
pub fn folded(address: &str) -> Option<String> {
    let (local, host) = address.split_once('@')?;
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"<>()[],;:\\\"@".contains(&byte);
    let is_valid = address.len() <= MAX_BYTES
        && !local.is_empty()
        && local.bytes().all(is_plain)
        && is_host(host);
    is_valid.then(|| address.to_ascii_lowercase())
}

/// Whether a text is a host with two labels or more.
pub fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

/// Whether a folded address is of one of the domains, in lower case. No domain means any.
pub(super) fn is_of(address: &str, domains: &[String]) -> bool {
    let host = address.split_once('@').map_or("", |(_, host)| host);
    domains.is_empty() || domains.iter().any(|domain| domain == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_mailed() {
        for (address, expected) in [
            ("Jane.Roe@Example.com", Some("jane.roe@example.com")),
            ("j+audit@mail.example.com", Some("j+audit@mail.example.com")),
            ("jane", None),
            ("@example.com", None),
            ("jane@example", None),
            ("jane@localhost", None),
            ("jane@example..com", None),
            ("jane@a@example.com", None),
            ("a@example.com,b@example.com", None),
            ("Jane <jane@example.com>", None),
            ("\"jane\"@example.com", None),
            ("jane@example.com\r\nBcc: x@example.com", None),
            ("j\u{fc}rgen@example.com", None),
            ("jane roe@example.com", None),
            ("", None),
        ] {
            assert_eq!(folded(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn pilot_domains_are_whole_hosts() {
        let domains = ["example.com".to_owned()];
        assert!(is_of("jane@example.com", &domains));
        assert!(is_of("jane@example.org", &[]));
        for other in [
            "jane@mail.example.com",
            "jane@notexample.com",
            "example.com",
        ] {
            assert!(!is_of(other, &domains), "{other}");
        }
    }
}
