//! Regions, realms, and their endpoints. Pure.
//!
//! Source: `regions_definitions.py` and `service_endpoints.py` of Oracle's Python SDK 2.189.0: 85 regions in 20 realms. The
//! list grows, so an unknown region is allowed: `region_sources` finds its realm. Settings can override endpoints.

use crate::credential_type::similarity::most_similar;

/// A region and its realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Identifier: `us-ashburn-1`.
    pub identifier: String,
    /// Domain of the realm: `oraclecloud.com`.
    pub realm_domain: String,
    /// Whether both were given as one domain, which then follows the name of every service.
    pub is_full_domain: bool,
}

/// The domain of realm `oc1`. The SDK assigns unknown regions to it.
pub(super) const COMMERCIAL_REALM_DOMAIN: &str = "oraclecloud.com";

/// Max characters of a region's identifier: it is a label of host names.
const MAX_NAME_CHARS: usize = 63;

/// Whether a text has the form of a region's identifier: words of letters and a number, joined by dashes.
pub fn is_region_name(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    text.len() <= MAX_NAME_CHARS
        && parts.next().is_some_and(is_number)
        && parts.clone().count() >= 2
        && parts.all(is_word)
}

impl Region {
    pub(super) const fn new(identifier: String, realm_domain: String) -> Self {
        Self {
            identifier,
            realm_domain,
            is_full_domain: false,
        }
    }

    /// The region of the list with this identifier (`us-ashburn-1`) or short code (`iad`), in lower case.
    pub(super) fn known(text: &str) -> Option<Self> {
        let mut rows = REGIONS.iter();
        let (_, identifier, realm) =
            rows.find(|(code, identifier, _)| *code == text || *identifier == text)?;
        let domain = realm_domain(realm).unwrap_or(COMMERCIAL_REALM_DOMAIN);
        Some(Self::new((*identifier).to_owned(), domain.to_owned()))
    }

    /// The region in whose place none is valid.
    pub fn placeholder() -> Self {
        Self::new(
            "us-ashburn-1".to_owned(),
            COMMERCIAL_REALM_DOMAIN.to_owned(),
        )
    }

    /// Another region, named by an OCID or by the service. If it is unknown and `realm` is not given, it has the same realm.
    #[must_use]
    pub fn sibling(&self, text: &str, realm: Option<&str>) -> Self {
        let text = text.trim().to_lowercase();
        Self::known(&text).unwrap_or_else(|| {
            let domain = realm.and_then(realm_domain).unwrap_or(&self.realm_domain);
            Self::new(text, domain.to_owned())
        })
    }

    /// `https://identity.<region>.oci.<realm domain>`
    pub fn identity_endpoint(&self) -> String {
        let between = if self.is_full_domain { "" } else { "oci." };
        format!(
            "https://identity.{}.{between}{}",
            self.identifier, self.realm_domain
        )
    }

    /// `https://logging.<region>.oci.<realm domain>`
    pub fn logging_search_endpoint(&self) -> String {
        let between = if self.is_full_domain { "" } else { "oci." };
        format!(
            "https://logging.{}.{between}{}",
            self.identifier, self.realm_domain
        )
    }

    /// `https://objectstorage.<region>.<realm domain>`
    pub fn object_storage_endpoint(&self) -> String {
        format!(
            "https://objectstorage.{}.{}",
            self.identifier, self.realm_domain
        )
    }

    /// `https://auth.<region>.<realm domain>`
    pub fn auth_endpoint(&self) -> String {
        format!("https://auth.{}.{}", self.identifier, self.realm_domain)
    }

    /// `https://notification.<region>.<realm domain>`
    pub fn notifications_endpoint(&self) -> String {
        format!(
            "https://notification.{}.{}",
            self.identifier, self.realm_domain
        )
    }

    /// `https://telemetry-ingestion.<region>.<realm domain>`: where Monitoring takes metrics.
    pub fn metrics_ingestion_endpoint(&self) -> String {
        format!(
            "https://telemetry-ingestion.{}.{}",
            self.identifier, self.realm_domain
        )
    }

    /// `https://telemetry.<region>.<realm domain>`: everything else of Monitoring.
    pub fn monitoring_endpoint(&self) -> String {
        format!(
            "https://telemetry.{}.{}",
            self.identifier, self.realm_domain
        )
    }

    /// `https://cell0.submit.email.<region>.oci.<realm domain>`: where Email Delivery takes mails.
    pub fn email_endpoint(&self) -> String {
        format!(
            "https://cell0.submit.email.{}.oci.{}",
            self.identifier, self.realm_domain
        )
    }

    /// The beginning of the console's URLs, without a slash at its end; `None` if the realm's console is not known.
    pub fn console_url(&self) -> Option<String> {
        let mut consoles = CONSOLES.iter();
        let (_, url) = consoles.find(|(domain, _)| *domain == self.realm_domain)?;
        Some(url.replace("{region}", &self.identifier))
    }
}

/// The domain of a realm of the list.
pub(super) fn realm_domain(realm: &str) -> Option<&'static str> {
    REALMS
        .iter()
        .find(|(key, _)| *key == realm)
        .map(|(_, domain)| *domain)
}

/// The region of the list whose name is the most similar, if one is similar. Of equally similar ones the first in the
/// commercial realm, which most tenancies are in.
pub(super) fn nearest(text: &str) -> Option<&'static str> {
    let (commercial, others): (Vec<_>, Vec<_>) =
        REGIONS.iter().partition(|(_, _, realm)| *realm == "oc1");
    let last_is_preferred = others.into_iter().chain(commercial.into_iter().rev());
    most_similar(
        text,
        last_is_preferred.map(|&(_, identifier, _)| (identifier, identifier)),
    )
}

/// Realm key, second-level domain.
const REALMS: &[(&str, &str)] = &[
    ("oc1", "oraclecloud.com"),
    ("oc2", "oraclegovcloud.com"),
    ("oc3", "oraclegovcloud.com"),
    ("oc4", "oraclegovcloud.uk"),
    ("oc8", "oraclecloud8.com"),
    ("oc9", "oraclecloud9.com"),
    ("oc10", "oraclecloud10.com"),
    ("oc14", "oraclecloud14.com"),
    ("oc15", "oraclecloud15.com"),
    ("oc19", "oraclecloud.eu"),
    ("oc20", "oraclecloud20.com"),
    ("oc21", "oraclecloud21.com"),
    ("oc23", "oraclecloud23.com"),
    ("oc24", "oraclecloud24.com"),
    ("oc26", "oraclecloud26.com"),
    ("oc29", "oraclecloud29.com"),
    ("oc35", "oraclecloud35.com"),
    ("oc42", "oraclecloud42.com"),
    ("oc51", "oraclecloud51.com"),
    ("oc52", "oraclecloud52.com"),
];

/// Second-level domain of a realm, its console. A link to the console of another realm would be worse than none, so a realm is
/// only here if Oracle publishes links to its console: in the README of the OCI Core Landing Zone (oci-landing-zones on GitHub).
const CONSOLES: &[(&str, &str)] = &[
    ("oraclecloud.com", "https://cloud.oracle.com"),
    (
        "oraclegovcloud.com",
        "https://console.{region}.oraclegovcloud.com",
    ),
    (
        "oraclegovcloud.uk",
        "https://console.{region}.oraclegovcloud.uk",
    ),
    ("oraclecloud10.com", "https://oc10.cloud.oracle.com"),
    ("oraclecloud.eu", "https://cloud.oracle.eu"),
];

/// Short code, identifier, realm key.
const REGIONS: &[(&str, &str, &str)] = &[
    ("lej", "af-casablanca-1", "oc1"),
    ("jnb", "af-johannesburg-1", "oc1"),
    ("hsg", "ap-batam-1", "oc1"),
    ("nja", "ap-chiyoda-1", "oc8"),
    ("yny", "ap-chuncheon-1", "oc1"),
    ("bno", "ap-chuncheon-2", "oc35"),
    ("wga", "ap-dcc-canberra-1", "oc10"),
    ("dac", "ap-dcc-gazipur-1", "oc15"),
    ("onm", "ap-delhi-1", "oc1"),
    ("hyd", "ap-hyderabad-1", "oc1"),
    ("ukb", "ap-ibaraki-1", "oc8"),
    ("jbp", "ap-kulai-2", "oc1"),
    ("mel", "ap-melbourne-1", "oc1"),
    ("bom", "ap-mumbai-1", "oc1"),
    ("kix", "ap-osaka-1", "oc1"),
    ("icn", "ap-seoul-1", "oc1"),
    ("dtz", "ap-seoul-2", "oc35"),
    ("sin", "ap-singapore-1", "oc1"),
    ("xsp", "ap-singapore-2", "oc1"),
    ("dln", "ap-suwon-1", "oc35"),
    ("syd", "ap-sydney-1", "oc1"),
    ("nrt", "ap-tokyo-1", "oc1"),
    ("yul", "ca-montreal-1", "oc1"),
    ("yyz", "ca-toronto-1", "oc1"),
    ("ams", "eu-amsterdam-1", "oc1"),
    ("jsk", "eu-budapest-1", "oc51"),
    ("avf", "eu-crissier-1", "oc24"),
    ("ork", "eu-dcc-dublin-1", "oc14"),
    ("snn", "eu-dcc-dublin-2", "oc14"),
    ("bgy", "eu-dcc-milan-1", "oc14"),
    ("mxp", "eu-dcc-milan-2", "oc14"),
    ("dus", "eu-dcc-rating-1", "oc14"),
    ("dtm", "eu-dcc-rating-2", "oc14"),
    ("avz", "eu-dcc-zurich-1", "oc24"),
    ("fra", "eu-frankfurt-1", "oc1"),
    ("str", "eu-frankfurt-2", "oc19"),
    ("beg", "eu-jovanovac-1", "oc20"),
    ("mad", "eu-madrid-1", "oc1"),
    ("vll", "eu-madrid-2", "oc19"),
    ("orf", "eu-madrid-3", "oc1"),
    ("mrs", "eu-marseille-1", "oc1"),
    ("lin", "eu-milan-1", "oc1"),
    ("cdg", "eu-paris-1", "oc1"),
    ("arn", "eu-stockholm-1", "oc1"),
    ("nrq", "eu-turin-1", "oc1"),
    ("zrh", "eu-zurich-1", "oc1"),
    ("mtz", "il-jerusalem-1", "oc1"),
    ("auh", "me-abudhabi-1", "oc1"),
    ("rkt", "me-abudhabi-2", "oc29"),
    ("ahu", "me-abudhabi-3", "oc26"),
    ("shj", "me-abudhabi-4", "oc29"),
    ("rba", "me-alain-1", "oc26"),
    ("vve", "me-alrayyan-1", "oc21"),
    ("doh", "me-dcc-doha-1", "oc21"),
    ("mct", "me-dcc-muscat-1", "oc9"),
    ("dxb", "me-dubai-1", "oc1"),
    ("ibr", "me-ibri-1", "oc9"),
    ("jed", "me-jeddah-1", "oc1"),
    ("ruh", "me-riyadh-1", "oc1"),
    ("mty", "mx-monterrey-1", "oc1"),
    ("qro", "mx-queretaro-1", "oc1"),
    ("bog", "sa-bogota-1", "oc1"),
    ("hnw", "sa-riodejaneiro-1", "oc52"),
    ("scl", "sa-santiago-1", "oc1"),
    ("gru", "sa-saopaulo-1", "oc1"),
    ("vap", "sa-valparaiso-1", "oc1"),
    ("vcp", "sa-vinhedo-1", "oc1"),
    ("cwl", "uk-cardiff-1", "oc1"),
    ("brs", "uk-gov-cardiff-1", "oc4"),
    ("ltn", "uk-gov-london-1", "oc4"),
    ("lhr", "uk-london-1", "oc1"),
    ("iad", "us-ashburn-1", "oc1"),
    ("yxj", "us-ashburn-2", "oc42"),
    ("ord", "us-chicago-1", "oc1"),
    ("ric", "us-gov-ashburn-1", "oc3"),
    ("pia", "us-gov-chicago-1", "oc3"),
    ("tus", "us-gov-phoenix-1", "oc3"),
    ("lfi", "us-langley-1", "oc2"),
    ("luf", "us-luke-1", "oc2"),
    ("pgc", "us-newark-1", "oc42"),
    ("phx", "us-phoenix-1", "oc1"),
    ("aga", "us-saltlake-2", "oc1"),
    ("sjc", "us-sanjose-1", "oc1"),
    ("ebb", "us-somerset-1", "oc23"),
    ("ebl", "us-thames-1", "oc23"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::endpoint::Endpoint;
    use crate::oci::hosts::DomainHostRule;

    #[test]
    fn region_is_found_by_identifier_and_by_short_code() {
        for text in ["us-ashburn-1", "iad"] {
            assert_eq!(Region::known(text), Some(Region::placeholder()));
        }
        assert_eq!(REGIONS.len(), 85);
        assert_eq!(REALMS.len(), 20);
        for (_, identifier, realm) in REGIONS {
            assert!(realm_domain(realm).is_some(), "{identifier}");
            assert!(is_region_name(identifier), "{identifier}");
        }
    }

    #[test]
    fn only_words_and_a_number_name_a_region() {
        assert!(is_region_name("xx-dcc-newer-12"));
        let long = format!("{}-x-1", "a".repeat(60));
        for text in [
            "",
            "jane",
            "jane-roe",
            "jane-1",
            "jane.roe@example.com",
            "a-b-",
            "-a-1",
            "a--1",
            "A-B-1",
            "a-b-1/x",
            &long,
        ] {
            assert!(!is_region_name(text), "{text}");
        }
    }

    #[test]
    fn each_realm_has_its_own_console_or_none() {
        let consoles = [
            ("oc1", "us-ashburn-1", Some("https://cloud.oracle.com")),
            (
                "oc2",
                "us-langley-1",
                Some("https://console.us-langley-1.oraclegovcloud.com"),
            ),
            (
                "oc3",
                "us-gov-phoenix-1",
                Some("https://console.us-gov-phoenix-1.oraclegovcloud.com"),
            ),
            (
                "oc4",
                "uk-gov-london-1",
                Some("https://console.uk-gov-london-1.oraclegovcloud.uk"),
            ),
            ("oc8", "ap-chiyoda-1", None),
            ("oc9", "me-dcc-muscat-1", None),
            (
                "oc10",
                "ap-dcc-canberra-1",
                Some("https://oc10.cloud.oracle.com"),
            ),
            ("oc14", "eu-dcc-milan-1", None),
            ("oc15", "ap-dcc-gazipur-1", None),
            ("oc19", "eu-frankfurt-2", Some("https://cloud.oracle.eu")),
            ("oc20", "eu-jovanovac-1", None),
            ("oc21", "me-dcc-doha-1", None),
            ("oc23", "us-somerset-1", None),
            ("oc24", "eu-dcc-zurich-1", None),
            ("oc26", "me-abudhabi-3", None),
            ("oc29", "me-abudhabi-2", None),
            ("oc35", "ap-seoul-2", None),
            ("oc42", "us-ashburn-2", None),
            ("oc51", "eu-budapest-1", None),
            ("oc52", "sa-riodejaneiro-1", None),
        ];
        let realms = REALMS.iter().map(|(realm, _)| *realm);
        assert!(realms.eq(consoles.iter().map(|(realm, _, _)| *realm)));
        for (realm, region, console) in consoles {
            let row = REGIONS.iter().find(|(_, known, _)| *known == region);
            assert_eq!(row.map(|(_, _, realm)| *realm), Some(realm), "{region}");
            let url = Region::known(region).expect(region).console_url();
            assert_eq!(url.as_deref(), console, "{realm}");
        }
    }

    #[test]
    fn sibling_has_its_own_realm_or_the_same() {
        let region = Region::new("xx-new-1".to_owned(), "example-cloud.com".to_owned());
        assert_eq!(
            region.sibling("xx-newer-1", None).realm_domain,
            "example-cloud.com"
        );
        assert_eq!(region.sibling("FRA", None).identifier, "eu-frankfurt-1");
        assert_eq!(
            region.sibling("xx-gov-1", Some("oc2")).realm_domain,
            "oraclegovcloud.com"
        );
    }

    #[test]
    fn each_realm_has_its_own_endpoints() {
        for (_, identifier, realm) in REGIONS {
            let region = Region::known(identifier).expect(identifier);
            let domain = realm_domain(realm).expect(realm);
            assert_eq!(region.realm_domain, domain);
            for (endpoint, expected) in [
                (
                    region.identity_endpoint(),
                    format!("identity.{identifier}.oci.{domain}"),
                ),
                (
                    region.object_storage_endpoint(),
                    format!("objectstorage.{identifier}.{domain}"),
                ),
                (
                    region.notifications_endpoint(),
                    format!("notification.{identifier}.{domain}"),
                ),
                (
                    region.metrics_ingestion_endpoint(),
                    format!("telemetry-ingestion.{identifier}.{domain}"),
                ),
                (
                    region.monitoring_endpoint(),
                    format!("telemetry.{identifier}.{domain}"),
                ),
                (
                    region.auth_endpoint(),
                    format!("auth.{identifier}.{domain}"),
                ),
            ] {
                assert_eq!(endpoint, format!("https://{expected}"));
            }
        }
    }

    #[test]
    fn hosts_of_a_realm_are_allowed_in_it_alone() {
        let allows = |domain: &str, host: &str| {
            let endpoint = Endpoint::parse(&format!("https://{host}")).expect(host);
            DomainHostRule::new(domain, Vec::new()).allows(&endpoint)
        };
        for (_, domain) in REALMS {
            for front in [
                "idcs-0a1b.identity",
                "idcs-0a1b.xx-dcc-a-idcs-1.identity.xx-dcc-a-1.oci",
                "idcs-0a1b.xx-dcc-a-idcs-1.identity.oci",
            ] {
                let host = format!("{front}.{domain}");
                for (_, other) in REALMS {
                    assert_eq!(allows(other, &host), other == domain, "{host} in {other}");
                }
            }
        }
    }
}
