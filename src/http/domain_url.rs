//! The URL of an identity domain as a person pastes it, from the console or from a request to the API.
//!
//! The path of the console (`/ui/...`) and that of the API (`/admin/v1...`) are not part of a domain's base URL, which ends
//! before them. Any other path stays: a gateway may serve a domain below it.

use std::fmt;
use std::str::FromStr;

use super::ascii_url;
use super::endpoint::{Endpoint, EndpointError};

/// The base URL of an identity domain, and what was dropped behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainUrl {
    /// The base URL.
    pub endpoint: Endpoint,
    /// The path that was dropped, without its query.
    pub dropped: Option<String>,
}

impl DomainUrl {
    /// Says what was dropped; `None` if nothing was.
    pub fn notice(&self) -> Option<String> {
        let dropped = self.dropped.as_ref()?;
        let endpoint = &self.endpoint;
        Some(format!(
            "dropped `{dropped}` from a domain's URL; its base URL is {endpoint}"
        ))
    }
}

impl FromStr for DomainUrl {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let Some(mut url) = ascii_url::parse(text) else {
            return Endpoint::parse(text).map(Self::from);
        };
        let path = url.path().to_owned();
        let Some(end) = end_of_base(&path) else {
            return Endpoint::parse(text).map(Self::from);
        };
        let (base, dropped) = path.split_at(end);
        url.set_path(base);
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self {
            endpoint: Endpoint::parse(url.as_str())?,
            dropped: Some(dropped.to_owned()),
        })
    }
}

impl From<Endpoint> for DomainUrl {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            dropped: None,
        }
    }
}

impl fmt::Display for DomainUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)
    }
}

/// Start of the path of the console or of the API: `/ui/v1`, `/ui` right behind the host, or `/admin/v1`.
fn end_of_base(path: &str) -> Option<usize> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let begins = |index: usize| {
        let next = segments.get(index + 1).copied();
        match segments[index] {
            "ui" => index == 0 || next == Some("v1"),
            "admin" => next == Some("v1"),
            _ => false,
        }
    };
    let first = (0..segments.len()).find(|index| begins(*index))?;
    let before = segments[..first].iter();
    Some(before.map(|segment| segment.len() + 1).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_of_console_and_api_is_dropped() {
        let host = "https://idcs-0123.identity.oraclecloud.com";
        for (pasted, base, dropped) in [
            ("", "", None),
            ("/", "", None),
            (":443/", "", None),
            ("/ui/v1/adminconsole", "", Some("/ui/v1/adminconsole")),
            (
                "/ui/v1/myconsole?root=my-info#home",
                "",
                Some("/ui/v1/myconsole"),
            ),
            (":443/ui/v1/adminconsole/", "", Some("/ui/v1/adminconsole/")),
            ("/ui/", "", Some("/ui/")),
            ("/admin/v1", "", Some("/admin/v1")),
            ("/admin/v1/", "", Some("/admin/v1/")),
            ("/admin/v1/Users?count=1", "", Some("/admin/v1/Users")),
            (
                "/base/admin/v1/Users/.search",
                "/base",
                Some("/admin/v1/Users/.search"),
            ),
            ("/base/ui/v1/signin", "/base", Some("/ui/v1/signin")),
            ("/base", "/base", None),
            ("/guide/build", "/guide/build", None),
            ("/base/ui", "/base/ui", None),
            ("/admin/v10", "/admin/v10", None),
            ("/administrator/v1", "/administrator/v1", None),
        ] {
            let url: DomainUrl = format!("{host}{pasted}").parse().expect("a domain's URL");
            assert_eq!(url.to_string(), format!("{host}{base}"), "{pasted}");
            assert_eq!(url.dropped.as_deref(), dropped, "{pasted}");
            assert_eq!(url.notice().is_some(), dropped.is_some(), "{pasted}");
        }
    }

    #[test]
    fn invalid_url_stays_invalid() {
        for (pasted, error) in [
            (
                "idcs-0123.identity.oraclecloud.com/ui/v1",
                EndpointError::NotAUrl,
            ),
            ("http://example.com/ui/v1/x", EndpointError::Scheme),
            (
                "https://u:pw@example.com/admin/v1",
                EndpointError::Credentials,
            ),
            ("https://example.com/?x=1", EndpointError::QueryOrFragment),
            ("https://example.com/base#x", EndpointError::QueryOrFragment),
        ] {
            assert_eq!(pasted.parse::<DomainUrl>(), Err(error), "{pasted}");
        }
    }
}
