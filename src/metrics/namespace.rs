//! The namespace of the metrics, which the settings name.

use std::fmt;
use std::str::FromStr;

/// Max characters of a namespace.
const MAX_CHARS: usize = 256;
/// Beginnings that only Oracle's own metrics have.
const RESERVED: [&str; 2] = ["oci_", "oracle_"];

/// A namespace of custom metrics: lower-case letters, digits and underscores.
///
/// Oracle's documentation allows capital letters too. The service was seen to accept only this form, which IAM conditions and
/// alarm queries compare exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricNamespace(String);

/// A text that is not a [`MetricNamespace`]. Displayed as what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidNamespace;

impl fmt::Display for InvalidNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "2 to {MAX_CHARS} lower-case letters, digits and underscores, from a letter to a letter or digit, not beginning with {}",
            RESERVED.join(" or ")
        )
    }
}

impl FromStr for MetricNamespace {
    type Err = InvalidNamespace;

    fn from_str(text: &str) -> Result<Self, InvalidNamespace> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_allowed = |byte: u8| is_word(byte) || byte == b'_';
        let is_namespace = (2..=MAX_CHARS).contains(&text.len())
            && text.bytes().all(is_allowed)
            && text
                .bytes()
                .next()
                .is_some_and(|byte| byte.is_ascii_lowercase())
            && text.bytes().next_back().is_some_and(is_word)
            && !RESERVED.iter().any(|reserved| text.starts_with(reserved));
        is_namespace
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidNamespace)
    }
}

impl fmt::Display for MetricNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespace_has_the_form_that_the_service_accepts() {
        let longest = "x".repeat(256);
        for text in [
            "credential_audit",
            "a1",
            "audit2",
            "oci",
            "oracles_",
            longest.as_str(),
        ] {
            let is_valid = text.parse::<MetricNamespace>().is_ok();
            assert_eq!(is_valid, !text.ends_with('_'), "{text}");
        }
        let too_long = "x".repeat(257);
        for text in [
            "",
            "a",
            "Audit",
            "1audit",
            "_audit",
            "audit_",
            "credential-audit",
            "credential.audit",
            "credential audit",
            "oci_audit",
            "oracle_audit",
            "audit'",
            "\u{fc}ber",
            too_long.as_str(),
        ] {
            assert_eq!(
                text.parse::<MetricNamespace>(),
                Err(InvalidNamespace),
                "{text}"
            );
        }
    }
}
