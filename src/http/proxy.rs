//! Which requests go through a proxy, and through which. Pure.
//!
//! The variables are those of curl and of Oracle's SDK. Every request to another machine is over HTTPS, so `HTTPS_PROXY`
//! decides, or else `ALL_PROXY`; `HTTP_PROXY` is for plain HTTP, which only loopback hosts and the metadata service of an
//! instance are sent. Those never get a proxy: it would be asked for its own machine.
//!
//! A proxy is asked for a tunnel (`CONNECT`), so it sees neither path nor signature, and the signed host remains the target's.

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::Host;

use super::ascii_url;

/// A proxy that opens tunnels.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The variable that names it.
    pub setting: &'static str,
    scheme: &'static str,
    authority: String,
    authorization: Option<String>,
}

/// Why a text names no proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// Not a URL with a host.
    #[error("is not a URL; percent-encode special characters of the user name and the password")]
    NotAUrl,
    /// SOCKS, or another scheme.
    #[error("must start with http:// or https://; other types of proxies are not supported")]
    Scheme,
    /// More than host and port.
    #[error(
        "must end with its host and port; percent-encode special characters of the user name and the password"
    )]
    Path,
}

impl Proxy {
    /// Parses the value of a variable: a URL, or a host and a port.
    ///
    /// # Errors
    ///
    /// If it names no proxy that opens tunnels.
    pub fn parse(setting: &'static str, text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let url = ascii_url::parse(&with_scheme).ok_or(ProxyError::NotAUrl)?;
        let (scheme, default_port) = match url.scheme() {
            "http" => ("http", 80),
            "https" => ("https", 443),
            _ => return Err(ProxyError::Scheme),
        };
        let host = url.host().ok_or(ProxyError::NotAUrl)?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(ProxyError::Path);
        }
        let authority = format!("{host}:{}", url.port().unwrap_or(default_port));
        if authority.parse::<http::uri::Authority>().is_err() {
            return Err(ProxyError::NotAUrl);
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        let authorization = has_user.then(|| {
            let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
            pair.push(b':');
            pair.extend(percent_decode_str(url.password().unwrap_or_default()));
            format!("Basic {}", STANDARD.encode(pair))
        });
        Ok(Self {
            setting,
            scheme,
            authority,
            authorization,
        })
    }

    /// Host and port, for messages.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Without user name and password.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// Value of `proxy-authorization`. A secret.
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())
    }
}

/// Redacts what may be a user name and a password in the value of a proxy's variable, also if it is malformed: an `@` ends them
/// wherever it is.
pub fn redact(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:/".contains(&byte);
    let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    let Some(end) = text.rfind('@') else {
        // Without an `@`, more than one colon or an encoded character may be a user name and a password too.
        let colons = after_scheme.matches(':').count();
        let is_host =
            after_scheme.bytes().all(is_plain) && (colons < 2 || after_scheme.starts_with('['));
        let scheme = &text[..text.len() - after_scheme.len()];
        return match is_host {
            true => text.to_owned(),
            false => format!("{scheme}[redacted]"),
        };
    };
    let begin = text[..end].find("://").map_or(0, |colon| colon + 3);
    format!("{}[redacted]{}", &text[..begin], &text[end..])
}

/// Hosts that get no proxy: the value of `NO_PROXY`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoProxy(Vec<Exemption>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Exemption {
    hosts: Hosts,
    /// `None` for every port.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    All,
    /// A domain and the hosts below it.
    Domain(String),
    /// Addresses whose first bits are the same.
    Network(IpAddr, u32),
}

impl NoProxy {
    /// Parses a list, separated by commas or spaces. As for curl, an item that is not a host exempts none.
    pub fn parse(text: &str) -> Self {
        let items = text.split(|character: char| character == ',' || character.is_whitespace());
        Self(items.filter_map(Exemption::parse).collect())
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.');
        let host = host.to_ascii_lowercase();
        self.0.iter().any(|exemption| exemption.covers(&host, port))
    }
}

impl Exemption {
    fn parse(item: &str) -> Option<Self> {
        let whole = |hosts| Some(Self { hosts, port: None });
        if item == "*" {
            return whole(Hosts::All);
        }
        if let Some((address, bits)) = item.split_once('/') {
            let address: IpAddr = address.trim_matches(['[', ']']).parse().ok()?;
            let bits = bits.parse().ok().filter(|bits| *bits <= width(address))?;
            return whole(Hosts::Network(address, bits));
        }
        // Before a port is looked for: an IPv6 address has colons too.
        if let Ok(address) = item.trim_matches(['[', ']']).parse::<IpAddr>() {
            return whole(Hosts::Network(address, width(address)));
        }
        let (name, port) = match item.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (item, None),
        };
        let bare = name.trim_matches(['[', ']']);
        let hosts = match bare.parse::<IpAddr>() {
            Ok(address) => Hosts::Network(address, width(address)),
            Err(_) if bare == "*" => Hosts::All,
            Err(_) => {
                let domain = name.trim_start_matches('*').trim_matches('.');
                if domain.is_empty() {
                    return None;
                }
                Hosts::Domain(domain.to_ascii_lowercase())
            }
        };
        Some(Self { hosts, port })
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        if self.port.is_some_and(|own| own != port) {
            return false;
        }
        match &self.hosts {
            Hosts::All => true,
            Hosts::Domain(domain) => host
                .strip_suffix(domain.as_str())
                .is_some_and(|front| front.is_empty() || front.ends_with('.')),
            Hosts::Network(network, bits) => host
                .parse()
                .is_ok_and(|address| is_in_network(address, *network, *bits)),
        }
    }
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn is_in_network(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let (left, right, width) = match (address, network) {
        (IpAddr::V4(left), IpAddr::V4(right)) => {
            (u128::from(left.to_bits()), u128::from(right.to_bits()), 32)
        }
        (IpAddr::V6(left), IpAddr::V6(right)) => (left.to_bits(), right.to_bits(), 128),
        _ => return false,
    };
    bits == 0 || (left ^ right) >> (width - bits) == 0
}

/// The proxy of requests, and which hosts get none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxySettings {
    /// For HTTPS.
    pub proxy: Option<Proxy>,
    /// Hosts that get none.
    pub no_proxy: NoProxy,
}

impl ProxySettings {
    /// The proxy for requests to a host, an address without or with brackets.
    pub fn of_target(&self, host: &str, port: u16) -> Option<&Proxy> {
        let proxy = self.proxy.as_ref()?;
        (!is_this_machine(host) && !self.no_proxy.covers(host, port)).then_some(proxy)
    }
}

/// Loopback, or the link-local network, which has the metadata service of an instance.
fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    match Host::parse(host) {
        _ if host.parse::<std::net::Ipv6Addr>().is_ok_and(|address| {
            address.is_loopback() || (address.segments()[0] & 0xffc0) == 0xfe80
        }) =>
        {
            true
        }
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback() || address.is_link_local(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_password_is_redacted_without_an_at_sign_too() {
        for (text, expected) in [
            (
                "http://jane:hunter2%40proxy.example.com:3128",
                "http://[redacted]",
            ),
            ("jane:hunter2:proxy:3128", "[redacted]"),
            ("https://jane:hunter2:proxy", "https://[redacted]"),
            (
                "http://proxy.example.com:3128",
                "http://proxy.example.com:3128",
            ),
            ("socks5://10.0.0.1:1080", "socks5://10.0.0.1:1080"),
            ("http://[fd00::1]:3128", "http://[fd00::1]:3128"),
        ] {
            assert_eq!(redact(text), expected);
        }
    }

    #[test]
    fn proxy_is_a_url_or_a_host_with_a_port() {
        for (text, url, authorization) in [
            (
                "http://proxy.example.com:3128",
                "http://proxy.example.com:3128",
                None,
            ),
            (
                "proxy.example.com:3128",
                "http://proxy.example.com:3128",
                None,
            ),
            (
                "http://proxy.example.com/",
                "http://proxy.example.com:80",
                None,
            ),
            (
                "HTTPS://Proxy.example.com",
                "https://proxy.example.com:443",
                None,
            ),
            (
                "http://[2001:db8::1]:8080",
                "http://[2001:db8::1]:8080",
                None,
            ),
            (" http://10.0.0.1:80 ", "http://10.0.0.1:80", None),
            (
                "http://jane:secret@p.example.com:1",
                "http://p.example.com:1",
                Some("jane:secret"),
            ),
            (
                "jane:secret@p.example.com:1",
                "http://p.example.com:1",
                Some("jane:secret"),
            ),
            (
                "http://corp%5Cjane:p%40ss%3A%2F%23@p:1",
                "http://p:1",
                Some("corp\\jane:p@ss:/#"),
            ),
            ("http://jane:p@ss@p:1", "http://p:1", Some("jane:p@ss")),
            ("http://jane@p:1", "http://p:1", Some("jane:")),
        ] {
            let proxy = Proxy::parse("HTTPS_PROXY", text).expect(text);
            assert_eq!(proxy.url(), url, "{text}");
            let expected = authorization.map(|pair| format!("Basic {}", STANDARD.encode(pair)));
            assert_eq!(proxy.authorization(), expected.as_deref(), "{text}");
            let debug = format!("{proxy:?}");
            assert!(
                !debug.contains("jane") && !debug.contains("Basic"),
                "{debug}"
            );
        }
        for (text, error) in [
            ("socks5://p:1080", ProxyError::Scheme),
            ("socks5h://jane:secret@p:1080", ProxyError::Scheme),
            ("ftp://p", ProxyError::Scheme),
            ("http://", ProxyError::NotAUrl),
            ("http://p:99999", ProxyError::NotAUrl),
            ("http://jane:secret#1@p:1", ProxyError::NotAUrl),
            ("http://jane:12#secret@p:1", ProxyError::Path),
            ("http://jane:12/secret@p:1", ProxyError::Path),
            ("http://p:1/path", ProxyError::Path),
        ] {
            assert_eq!(Proxy::parse("HTTPS_PROXY", text), Err(error), "{text}");
            let printed = redact(text);
            assert!(
                !printed.contains("secret") && !printed.contains("jane"),
                "{printed}"
            );
        }
    }

    #[test]
    fn exempt_hosts_and_this_machine_get_no_proxy() {
        let proxied = |no_proxy: &str, host: &str, port| {
            let settings = ProxySettings {
                proxy: Proxy::parse("HTTPS_PROXY", "http://p:1").ok(),
                no_proxy: NoProxy::parse(no_proxy),
            };
            settings.of_target(host, port).is_some()
        };
        for (no_proxy, host, port) in [
            ("", "identity.us-phoenix-1.oci.oraclecloud.com", 443),
            (",", "a.example.com", 443),
            ("example.org", "a.example.com", 443),
            ("example.com", "notexample.com", 443),
            ("a.example.com", "example.com", 443),
            ("example.com:8443", "example.com", 443),
            ("10.0.0.0/8", "11.0.0.1", 443),
            ("10.0.0.0/33", "10.0.0.1", 443),
            ("10.0.0.0/8", "a10.example.com", 443),
            ("fd00::/8", "fe00::1", 443),
            (".", "a.example.com", 443),
        ] {
            assert!(proxied(no_proxy, host, port), "{no_proxy} {host}");
        }
        for (no_proxy, host, port) in [
            ("*", "a.example.com", 443),
            ("example.org, *", "a.example.com", 443),
            ("example.com", "example.com", 443),
            ("example.com", "a.EXAMPLE.com.", 443),
            (".example.com", "a.example.com", 443),
            ("*.Example.com", "a.b.example.com", 443),
            ("a.example.org example.com", "a.example.com", 443),
            ("example.com:8443", "a.example.com", 8443),
            ("10.1.2.3", "10.1.2.3", 443),
            ("10.1.2.3:443", "10.1.2.3", 443),
            ("10.0.0.0/8", "10.200.0.1", 443),
            ("0.0.0.0/0", "10.200.0.1", 443),
            ("fd00::/8", "[fd12::1]", 443),
            ("[fd12::1]:443", "fd12::1", 443),
            // Always.
            ("", "localhost", 443),
            ("", "127.0.0.9", 8080),
            ("", "::1", 8080),
            ("", "[::1]", 8080),
            ("", "169.254.169.254", 80),
        ] {
            assert!(!proxied(no_proxy, host, port), "{no_proxy} {host}");
        }
    }
}
