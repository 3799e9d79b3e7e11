//! Where a request goes: scheme, authority and base path, as they are both sent and signed.
//!
//! A signature covers the `host` header, so one value serves for both (oci-api facts, section 1: the domain list tells
//! URLs with `:443`, HTTP stacks drop a default port, and a difference between the two is a plain 401).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr as _;

use http::uri::Authority;
use url::{Host, Url};

/// Scheme, authority and base path of a service.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// `https`, or `http` for a loopback host.
    scheme: String,
    /// Host, and port where it is not the scheme's own.
    authority: String,
    /// Host alone, in lower case, without the brackets of an IPv6 address.
    host: String,
    /// Path in front of every request's path, without a slash at its end; mostly empty.
    base_path: String,
    loopback: bool,
}

/// Why a text names no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is no URL with a host.
    #[error("is no URL; expected something like https://host.example.com")]
    NotAUrl,
    /// It has a scheme that is not accepted.
    #[error("must begin with https:// (http:// is accepted for loopback hosts only)")]
    Scheme,
    /// It carries a user name or a password.
    #[error("must not hold a user name or a password")]
    Credentials,
    /// It has a query or a fragment.
    #[error("must end with its host, or a path; a query or fragment is not expected")]
    QueryOrFragment,
}

impl Endpoint {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// Where it is none, or one that no signed request may go to in any circumstances.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(text.trim()).map_err(|_| EndpointError::NotAUrl)?;
        let host = url.host().ok_or(EndpointError::NotAUrl)?;
        let loopback = is_loopback(&host);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(EndpointError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::QueryOrFragment);
        }
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        // A URL may have a host that no request can be sent to, with a quotation mark in it for one.
        if Authority::from_str(&authority).is_err() {
            return Err(EndpointError::NotAUrl);
        }
        Ok(Self {
            scheme: url.scheme().to_owned(),
            authority,
            host: host.to_string().trim_matches(['[', ']']).to_owned(),
            base_path: url.path().trim_end_matches('/').to_owned(),
            loopback,
        })
    }

    /// An endpoint that stands where a setting could not be read, and that nothing is ever sent to.
    pub(crate) fn placeholder() -> Self {
        Self {
            scheme: "https".to_owned(),
            authority: "invalid".to_owned(),
            host: "invalid".to_owned(),
            base_path: String::new(),
            loopback: false,
        }
    }

    /// What stands in the `host` header, and is signed.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host alone, in lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the host is one of this machine's own.
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether the path ends as that of the SCIM API does, which requests to an identity domain add themselves.
    pub fn ends_in_scim_path(&self) -> bool {
        self.base_path.ends_with("/admin/v1")
    }

    /// The request target for a path, as it is sent and signed.
    pub fn target(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.base_path)
    }

    /// The whole URL of a request target.
    pub fn url(&self, target: &str) -> String {
        format!("{}://{}{target}", self.scheme, self.authority)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.base_path)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A URL as it may be told: what stands for a user and a password in it is replaced, also where it is no good URL.
pub fn redact_user_info(text: &str) -> Cow<'_, str> {
    let is_clean = Url::parse(text.trim())
        .is_ok_and(|url| url.has_host() && url.username().is_empty() && url.password().is_none());
    let Some(end) = text.rfind('@').filter(|_| !is_clean) else {
        return Cow::Borrowed(text);
    };
    let scheme = text[..end].find("://").map_or(0, |colon| colon + 3);
    Cow::Owned(format!("{}[redacted]{}", &text[..scheme], &text[end..]))
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        // Names below it are resolved by whatever resolver there is, and need not lead to this machine.
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_port_is_neither_sent_nor_signed() {
        let endpoint =
            Endpoint::parse("https://idcs-1.identity.oraclecloud.com:443/").expect("an endpoint");
        assert_eq!(endpoint.authority(), "idcs-1.identity.oraclecloud.com");
        assert_eq!(
            endpoint.url(&endpoint.target("/admin/v1/Users")),
            "https://idcs-1.identity.oraclecloud.com/admin/v1/Users"
        );
        let endpoint = Endpoint::parse("http://127.0.0.1:8080/iam/").expect("an endpoint");
        assert_eq!(endpoint.authority(), "127.0.0.1:8080");
        assert_eq!(endpoint.target("/x?y=1"), "/iam/x?y=1");
    }

    #[test]
    fn a_url_is_told_without_its_password_whatever_else_is_wrong_with_it() {
        for (text, told) in [
            (
                "https://u:pw@example.com/x",
                "https://[redacted]@example.com/x",
            ),
            ("http://u:p/w@example.com", "http://[redacted]@example.com"),
            (
                "https://u:p@w@example.com",
                "https://[redacted]@example.com",
            ),
            ("u:pw@example.com", "[redacted]@example.com"),
            ("https://u:pw@", "https://[redacted]@"),
            ("https://example.com/a@b", "https://example.com/a@b"),
            ("example.com", "example.com"),
        ] {
            assert_eq!(redact_user_info(text), told);
        }
        let other_name = Endpoint::parse("https://a.localhost").expect("an endpoint");
        assert!(!other_name.is_loopback());
    }

    #[test]
    fn plain_http_is_for_loopback_hosts_only() {
        for text in [
            "http://localhost",
            "http://127.0.0.9:80",
            "http://[::1]:8080",
        ] {
            assert!(
                Endpoint::parse(text).is_ok_and(|endpoint| endpoint.is_loopback()),
                "{text}"
            );
        }
        for text in [
            "http://example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://a.localhost:1",
            "http://localhost.:1",
            "ftp://localhost",
            "unix:/tmp/x",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            Endpoint::parse("https://a:b@example.com"),
            Err(EndpointError::Credentials)
        );
        assert_eq!(
            Endpoint::parse("https://example.com/?x=1"),
            Err(EndpointError::QueryOrFragment)
        );
        assert_eq!(Endpoint::parse("example.com"), Err(EndpointError::NotAUrl));
    }

    #[test]
    fn a_host_that_no_request_can_name_is_refused() {
        for text in ["https://a\"b.example.com", "https://a`b.example.com:444"] {
            assert_eq!(Endpoint::parse(text), Err(EndpointError::NotAUrl), "{text}");
        }
    }
}
