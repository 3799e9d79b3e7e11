//! The settings of the network: proxies, and files with roots.

use crate::env;
use crate::http::network_settings::{NetworkSettings, RootsFile, roots_settings};
use crate::http::proxy::{self, NoProxy, Proxy, ProxySettings};
use crate::place::Place;

use super::error::ConfigError;
use super::reader::Reader;

impl NetworkSettings {
    /// Parses the settings of the network alone, for requests that come before all others.
    ///
    /// # Errors
    ///
    /// All invalid settings.
    pub fn from_lookup(
        place: Place,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&lookup);
        let settings = reader.network(place);
        reader.finish(settings)
    }
}

impl Reader<'_> {
    pub(super) fn network(&mut self, place: Place) -> NetworkSettings {
        let roots = roots_settings(place).iter().filter_map(|setting| {
            let path = self.text(setting)?;
            Some(RootsFile { setting, path })
        });
        NetworkSettings {
            roots: roots.collect(),
            proxies: ProxySettings {
                proxy: self.proxy(),
                no_proxy: NoProxy::parse(&self.in_either_case(env::NO_PROXY).1.unwrap_or_default()),
            },
            place,
        }
    }

    fn proxy(&mut self) -> Option<Proxy> {
        let given = [env::HTTPS_PROXY, env::ALL_PROXY].into_iter();
        let mut given = given.map(|names| self.in_either_case(names));
        let (setting, text) = given.find_map(|(setting, text)| Some((setting, text?)))?;
        match Proxy::parse(setting, &text) {
            Ok(proxy) => Some(proxy),
            Err(error) => {
                let expected = format!(
                    "the URL of a proxy, such as http://proxy.example.com:3128; it {error}"
                );
                self.reject(setting, Some(proxy::redact(&text)), expected);
                None
            }
        }
    }

    /// The value of a variable with a name in lower and in upper case, and the name that has it. As in curl and in Oracle's
    /// SDK, the one in lower case takes precedence.
    fn in_either_case(&self, [lower, upper]: [&'static str; 2]) -> (&'static str, Option<String>) {
        match self.text(lower) {
            Some(text) => (lower, Some(text)),
            None => (upper, self.text(upper)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(place: Place, variables: &[(&str, &str)]) -> Result<NetworkSettings, String> {
        NetworkSettings::from_lookup(place, |name| {
            let given = variables.iter().find(|(variable, _)| *variable == name);
            given.map(|(_, value)| (*value).to_owned())
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn https_proxy_in_lower_case_takes_precedence() {
        let all = [
            ("https_proxy", "http://p:1"),
            ("HTTPS_PROXY", "http://p:2"),
            ("all_proxy", "http://p:3"),
            ("ALL_PROXY", "http://p:4"),
            // For plain HTTP, which only loopback hosts are sent.
            ("http_proxy", "socks5://p:5"),
            ("HTTP_PROXY", "http://p:6"),
        ];
        for (first, expected) in [
            (0, Some("http://p:1")),
            (1, Some("http://p:2")),
            (2, Some("http://p:3")),
            (3, Some("http://p:4")),
            (4, None),
            (5, None),
        ] {
            for place in [Place::Function, Place::CommandLine] {
                let proxy = read(place, &all[first..]).expect("settings").proxies.proxy;
                assert_eq!(proxy.map(|proxy| proxy.url()).as_deref(), expected);
            }
        }
        for name in ["no_proxy", "NO_PROXY"] {
            let settings = read(
                Place::CommandLine,
                &[("HTTPS_PROXY", "p:1"), (name, "example.com")],
            );
            let proxies = settings.expect("settings").proxies;
            assert_eq!(proxies.of_target("a.example.com", 443), None);
            assert!(proxies.of_target("a.example.org", 443).is_some());
        }
    }

    #[test]
    fn invalid_proxy_names_its_variable_and_no_password() {
        for (name, value) in [
            ("HTTPS_PROXY", "socks5://jane:secret@p:1080"),
            ("https_proxy", "http://jane:secret#1@p:1"),
            ("ALL_PROXY", "http://jane:12#secret@p:1"),
            ("all_proxy", "socks5h://jane:secret@p"),
        ] {
            let error = read(Place::Function, &[(name, value)]).expect_err(value);
            assert!(error.starts_with(&format!("{name} is `")), "{error}");
            assert!(error.contains("http://proxy.example.com:3128"), "{error}");
            assert!(
                !error.contains("secret") && !error.contains("jane"),
                "{error}"
            );
        }
    }

    #[test]
    fn only_the_command_line_trusts_the_roots_of_other_programs() {
        let files = [("AUDIT_EXTRA_CA_FILE", "a.pem"), ("SSL_CERT_FILE", "b.pem")];
        let named = |place| {
            let roots = read(place, &files).expect("settings").roots;
            roots.iter().map(|file| file.setting).collect::<Vec<_>>()
        };
        assert_eq!(named(Place::Function), ["AUDIT_EXTRA_CA_FILE"]);
        assert_eq!(
            named(Place::CommandLine),
            ["AUDIT_EXTRA_CA_FILE", "SSL_CERT_FILE"]
        );
    }
}
