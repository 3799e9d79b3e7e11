//! Endpoints: scheme, authority and base path, as sent and signed.
//!
//! A signature covers the `host` header, so one value is used for both. The domain list returns URLs with `:443`, and HTTP
//! clients drop a default port; a difference between the sent and the signed host causes a 401.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr as _;

use http::uri::Authority;
use url::Host;

use super::ascii_url;

/// Scheme, authority and base path of a service.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// `https`, or `http` for a loopback host.
    scheme: String,
    /// Host, and port unless it is the default one.
    authority: String,
    /// Host in lower case, without the brackets of an IPv6 address.
    host: String,
    /// Prefix of every request's path, without a trailing slash; usually empty.
    base_path: String,
    loopback: bool,
}

/// Why a text is not a valid endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a URL with a host.
    #[error("is not a URL; expected one such as https://host.example.com")]
    NotAUrl,
    /// A scheme that is not accepted.
    #[error("must start with https:// (http:// is accepted for loopback hosts only)")]
    Scheme,
    /// A user name or a password.
    #[error("must not contain a user name or a password")]
    Credentials,
    /// A query or a fragment.
    #[error("must end with its host or a path, without a query or fragment")]
    QueryOrFragment,
}

impl Endpoint {
    /// Parses a URL.
    ///
    /// # Errors
    ///
    /// If it is malformed, or never a valid target of a signed request.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let url = ascii_url::parse(text).ok_or(EndpointError::NotAUrl)?;
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
        // A URL may have a host that is not valid in a request, such as one with a quotation mark.
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

    /// A placeholder for a setting that is invalid. No request is sent to it.
    pub(crate) fn placeholder() -> Self {
        Self {
            scheme: "https".to_owned(),
            authority: "invalid".to_owned(),
            host: "invalid".to_owned(),
            base_path: String::new(),
            loopback: false,
        }
    }

    /// Value of the `host` header, which is signed.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Host in lower case, without port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the host is a loopback host.
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Request target for a path, as sent and signed.
    pub fn target(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.base_path)
    }

    /// Full URL of a request target.
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

/// Redacts the user name and password of a URL for messages, even if the URL is malformed.
pub fn redact_user_info(text: &str) -> Cow<'_, str> {
    let is_clean = ascii_url::parse(text)
        .is_some_and(|url| url.has_host() && url.username().is_empty() && url.password().is_none());
    let Some(end) = text.rfind('@').filter(|_| !is_clean) else {
        return Cow::Borrowed(text);
    };
    let scheme = text[..end].find("://").map_or(0, |colon| colon + 3);
    Cow::Owned(format!("{}[redacted]{}", &text[..scheme], &text[end..]))
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        // A resolver may resolve names such as `a.localhost` to another machine.
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_port_is_neither_sent_nor_signed() {
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
    fn password_is_redacted_even_in_malformed_url() {
        for (text, redacted) in [
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
            assert_eq!(redact_user_info(text), redacted);
        }
        let other_name = Endpoint::parse("https://a.localhost").expect("an endpoint");
        assert!(!other_name.is_loopback());
    }

    #[test]
    fn plain_http_is_accepted_for_loopback_hosts_only() {
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
    fn host_that_is_invalid_in_a_request_is_refused() {
        for text in ["https://a\"b.example.com", "https://a`b.example.com:444"] {
            assert_eq!(Endpoint::parse(text), Err(EndpointError::NotAUrl), "{text}");
        }
    }
}
