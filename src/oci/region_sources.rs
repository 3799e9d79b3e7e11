//! The region of a text, by this program's list or by what names further regions. Pure.
//!
//! Like `regions.py` of Oracle's Python SDK 2.189.0. A region that the list lacks is looked for in `~/.oci/regions-config.json`
//! (at the command line), then in `OCI_REGION_METADATA`. A text with a dot is a full domain. Any other region is of the realm in
//! `OCI_DEFAULT_REALM`, or else of the commercial one. As in the SDK, entries that are not complete are ignored, names are in
//! lower case, and what is known already is not replaced: a realm of the list keeps its domain.

use std::fmt;

use serde_json::Value;

use crate::env::{DEFAULT_REALM, REGION_METADATA};

use super::regions::{COMMERCIAL_REALM_DOMAIN, Region, nearest, realm_domain};

/// The file that describes further regions. At the command line it is looked up by this name, like a setting.
pub const REGIONS_CONFIG: &str = "~/.oci/regions-config.json";

/// What names regions that this program does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegionSources {
    /// Content of [`REGIONS_CONFIG`]: a JSON array.
    pub regions_config: Option<String>,
    /// Value of `OCI_REGION_METADATA`: a JSON object.
    pub metadata: Option<String>,
    /// Value of `OCI_DEFAULT_REALM`: the domain of a realm.
    pub default_realm: Option<String>,
}

/// Who says which realm a region is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionOrigin {
    /// The list of this program.
    List,
    /// [`REGIONS_CONFIG`].
    RegionsConfig,
    /// `OCI_REGION_METADATA`.
    Metadata,
    /// The text, which is a full domain.
    Domain,
    /// `OCI_DEFAULT_REALM`.
    DefaultRealm,
    /// Nobody: the commercial realm is assumed.
    Assumed,
}

impl RegionOrigin {
    /// The setting that has the realm; `None` if it is the text of the region itself.
    pub const fn setting(self) -> Option<&'static str> {
        match self {
            Self::RegionsConfig => Some(REGIONS_CONFIG),
            Self::Metadata => Some(REGION_METADATA),
            Self::DefaultRealm => Some(DEFAULT_REALM),
            Self::List | Self::Domain | Self::Assumed => None,
        }
    }
}

/// A region that nothing names. It may be newer than this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRegion {
    /// Its identifier.
    pub identifier: String,
    /// The known region with the most similar name, if one is similar.
    pub nearest: Option<&'static str>,
    /// Sources that are not the JSON that they should be.
    pub ignored: Vec<&'static str>,
}

impl fmt::Display for UnknownRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "region `{}` is not known", self.identifier)?;
        if let Some(nearest) = self.nearest {
            write!(f, "; did you mean {nearest}?")?;
        } else {
            f.write_str(".")?;
        }
        write!(
            f,
            " If it is a new region, it is assumed to be in realm oc1 ({COMMERCIAL_REALM_DOMAIN}); {REGION_METADATA} or {DEFAULT_REALM} can name another one."
        )?;
        for source in &self.ignored {
            write!(f, " {source} was ignored, because it is not valid JSON.")?;
        }
        Ok(())
    }
}

impl RegionSources {
    /// Reads the sources. `lookup` returns the value of a variable, and of [`REGIONS_CONFIG`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name| lookup(name).filter(|text| !text.trim().is_empty());
        Self {
            regions_config: text(REGIONS_CONFIG),
            metadata: text(REGION_METADATA),
            default_realm: text(DEFAULT_REALM),
        }
    }

    /// The region of an identifier (`us-ashburn-1`), a short code (`iad`) or a full domain, in upper or lower case.
    pub fn resolve(&self, text: &str) -> (Region, RegionOrigin) {
        let text = text.trim().to_lowercase();
        if let Some(region) = Region::known(&text) {
            return (region, RegionOrigin::List);
        }
        let mut described = Described::default();
        for (origin, entries) in [
            (RegionOrigin::RegionsConfig, self.of_regions_config()),
            (RegionOrigin::Metadata, self.of_metadata()),
        ] {
            described.extend(entries.as_ref().unwrap_or(&Value::Null));
            if let Some(region) = described.region(&text) {
                return (region, origin);
            }
        }
        if let Some((identifier, domain)) = text.split_once('.') {
            let region = Region {
                identifier: identifier.to_owned(),
                realm_domain: domain.to_owned(),
                is_full_domain: true,
            };
            return (region, RegionOrigin::Domain);
        }
        let (domain, origin) = match &self.default_realm {
            Some(domain) => (domain.trim().to_lowercase(), RegionOrigin::DefaultRealm),
            None => (COMMERCIAL_REALM_DOMAIN.to_owned(), RegionOrigin::Assumed),
        };
        (Region::new(text, domain), origin)
    }

    /// Describes a region whose realm is only assumed.
    pub fn unknown(&self, region: &Region) -> UnknownRegion {
        let sources = [
            (
                REGIONS_CONFIG,
                &self.regions_config,
                self.of_regions_config(),
            ),
            (REGION_METADATA, &self.metadata, self.of_metadata()),
        ];
        let ignored = sources
            .into_iter()
            .filter(|(_, text, parsed)| text.is_some() && parsed.is_none());
        UnknownRegion {
            identifier: region.identifier.clone(),
            nearest: nearest(&region.identifier),
            ignored: ignored.map(|(source, _, _)| source).collect(),
        }
    }

    fn of_regions_config(&self) -> Option<Value> {
        let parsed = serde_json::from_str(self.regions_config.as_deref()?).ok()?;
        matches!(parsed, Value::Array(_)).then_some(parsed)
    }

    fn of_metadata(&self) -> Option<Value> {
        let parsed = serde_json::from_str(self.metadata.as_deref()?).ok()?;
        matches!(parsed, Value::Object(_)).then(|| Value::Array(vec![parsed]))
    }
}

/// What the sources name, in their order. The first of two wins.
#[derive(Default)]
struct Described(Vec<Entry>);

struct Entry {
    realm: String,
    domain: String,
    code: String,
    identifier: String,
}

impl Described {
    fn extend(&mut self, entries: &Value) {
        let entries = entries.as_array().map_or(&[][..], Vec::as_slice);
        self.0.extend(entries.iter().filter_map(Entry::read));
    }

    fn region(&self, text: &str) -> Option<Region> {
        let named = |entry: &&Entry| entry.identifier == text || entry.code == text;
        let identifier = &self.0.iter().find(named)?.identifier;
        let of_identifier = |entry: &&Entry| entry.identifier == *identifier;
        let realm = &self.0.iter().find(of_identifier)?.realm;
        let of_realm = self.0.iter().find(|entry| entry.realm == *realm)?;
        let domain = realm_domain(realm).unwrap_or(&of_realm.domain);
        Some(Region::new(identifier.clone(), domain.to_owned()))
    }
}

impl Entry {
    /// `None` unless all values are there.
    fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| {
            let text = value.get(key)?.as_str()?.to_lowercase();
            (!text.is_empty()).then_some(text)
        };
        Some(Self {
            realm: text("realmKey")?,
            domain: text("realmDomainComponent")?,
            code: text("regionKey")?,
            identifier: text("regionIdentifier")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = r#"{"realmKey":"OC99","realmDomainComponent":"Example-Cloud.com","regionKey":"XYZ","regionIdentifier":"XX-new-1"}"#;
    const OTHER: &str = r#"{"realmKey":"oc98","realmDomainComponent":"example.org","regionKey":"xyz","regionIdentifier":"xx-new-1"}"#;

    /// `identifier realm-domain origin` of a text.
    fn resolved(text: &str, regions_config: &str, metadata: &str, default_realm: &str) -> String {
        let source = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let sources = RegionSources {
            regions_config: source(regions_config),
            metadata: source(metadata),
            default_realm: source(default_realm),
        };
        let (region, origin) = sources.resolve(text);
        format!("{} {} {origin:?}", region.identifier, region.realm_domain)
    }

    #[test]
    fn unknown_region_is_looked_up_in_the_order_of_the_sdk() {
        let file = format!("[{NEW}]");
        let known_realm = NEW.replace("OC99", "oc19");
        let known_region = NEW.replace("XX-new-1", "us-ashburn-1");
        let incomplete = NEW.replace("OC99", "");
        let lacking = NEW.replace("realmKey", "realm");
        for (text, regions_config, metadata, default_realm, expected) in [
            (
                "xx-new-1",
                &*file,
                OTHER,
                "d.com",
                "xx-new-1 example-cloud.com RegionsConfig",
            ),
            (
                " XYZ ",
                &file,
                OTHER,
                "d.com",
                "xx-new-1 example-cloud.com RegionsConfig",
            ),
            ("xyz", "", OTHER, "d.com", "xx-new-1 example.org Metadata"),
            (
                "xx-new-1",
                "[]",
                NEW,
                "",
                "xx-new-1 example-cloud.com Metadata",
            ),
            (
                "xx-new-2",
                &file,
                OTHER,
                "D.com",
                "xx-new-2 d.com DefaultRealm",
            ),
            (
                "xx-new-2",
                &file,
                OTHER,
                "",
                "xx-new-2 oraclecloud.com Assumed",
            ),
            (
                "iad",
                &file,
                NEW,
                "d.com",
                "us-ashburn-1 oraclecloud.com List",
            ),
            (
                "us-ashburn-1",
                "",
                &known_region,
                "",
                "us-ashburn-1 oraclecloud.com List",
            ),
            (
                "xx-new-1",
                "",
                &known_realm,
                "",
                "xx-new-1 oraclecloud.eu Metadata",
            ),
            (
                "xx-new-1",
                "",
                &incomplete,
                "",
                "xx-new-1 oraclecloud.com Assumed",
            ),
            (
                "xx-new-1",
                "",
                &lacking,
                "",
                "xx-new-1 oraclecloud.com Assumed",
            ),
            (
                "xx-new-1",
                "{not JSON",
                NEW,
                "",
                "xx-new-1 example-cloud.com Metadata",
            ),
            ("xx-new-1", NEW, "", "", "xx-new-1 oraclecloud.com Assumed"),
            (
                "xx-new-1",
                "[1, null, \"x\"]",
                "7",
                "",
                "xx-new-1 oraclecloud.com Assumed",
            ),
            (
                "xx-a-1.example.net",
                "",
                "",
                "d.com",
                "xx-a-1 example.net Domain",
            ),
        ] {
            let found = resolved(text, regions_config, metadata, default_realm);
            assert_eq!(found, expected, "{text} {regions_config} {metadata}");
        }
    }

    #[test]
    fn full_domain_follows_the_name_of_the_service() {
        let (region, _) = RegionSources::default().resolve("xx-a-1.example.net");
        assert_eq!(
            region.identity_endpoint(),
            "https://identity.xx-a-1.example.net"
        );
        assert_eq!(region.auth_endpoint(), "https://auth.xx-a-1.example.net");
        let storage = region.object_storage_endpoint();
        assert_eq!(storage, "https://objectstorage.xx-a-1.example.net");
        let sibling = region.sibling("xx-b-1", None);
        assert_eq!(
            sibling.identity_endpoint(),
            "https://identity.xx-b-1.oci.example.net"
        );
    }

    #[test]
    fn unknown_region_is_named_with_the_nearest_one() {
        for (text, expected) in [
            ("us-ashbrun-1", "us-ashburn-1"),
            ("us-ashburn-3", "us-ashburn-1"),
            ("eu-frankfort-1", "eu-frankfurt-1"),
            ("uk-londn-1", "uk-london-1"),
            ("ashburn", "us-ashburn-1"),
            ("us-ashburn", "us-ashburn-1"),
            ("frankfurt", "eu-frankfurt-1"),
        ] {
            let sources = RegionSources {
                regions_config: Some("not JSON".to_owned()),
                ..RegionSources::default()
            };
            let (region, origin) = sources.resolve(text);
            assert_eq!(origin, RegionOrigin::Assumed);
            let notice = sources.unknown(&region).to_string();
            assert!(
                notice.starts_with(&format!(
                    "region `{text}` is not known; did you mean {expected}?"
                )),
                "{notice}"
            );
            assert!(
                notice.contains("~/.oci/regions-config.json was ignored"),
                "{notice}"
            );
        }
        let far =
            RegionSources::default().unknown(&Region::new("qq-zzzzzz-9".to_owned(), String::new()));
        assert_eq!(far.nearest, None);
    }
}
