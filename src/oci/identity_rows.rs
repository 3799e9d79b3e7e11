//! Rows of the lists of IAM. Pure.
//!
//! Rows are read leniently, as those of SCIM lists: one malformed row must not cost the others, or a single domain would hide
//! the credentials of all. It is counted, and makes the run PARTIAL.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny};
use serde_json::value::RawValue;

use crate::server_text::ServerText;

/// Max rows of a page. Requests ask for 1,000.
const MAX_ROWS_PER_PAGE: usize = 10_000;

/// The rows of a page or of a list.
#[derive(Clone, Debug)]
pub struct Rows<T> {
    /// Rows that could be read.
    pub rows: Vec<T>,
    /// Rows that are not objects, or lack what they are for.
    pub unreadable: u64,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            unreadable: 0,
        }
    }
}

impl<T> Rows<T> {
    /// Adds the rows of the next page.
    pub fn extend(&mut self, page: Self) {
        self.rows.extend(page.rows);
        self.unreadable += page.unreadable;
    }
}

impl<T: DeserializeOwned> Rows<T> {
    /// Parses the body of a page.
    ///
    /// # Errors
    ///
    /// If it is not a list, or has more rows than any service returns in a page.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let mut page = Self::default();
        let rows = serde_json::from_slice::<Vec<&RawValue>>(body)?;
        if rows.len() > MAX_ROWS_PER_PAGE {
            let problem = format!("it has more than {MAX_ROWS_PER_PAGE} rows");
            return Err(serde_json::Error::custom(problem));
        }
        for row in rows {
            // serde would take a list for the fields of an object, in their order.
            let is_object = row.get().starts_with('{');
            match serde_json::from_str(row.get()) {
                Ok(row) if is_object => page.rows.push(row),
                _ => page.unreadable += 1,
            }
        }
        Ok(page)
    }
}

/// A row, by what it takes in memory.
pub trait RowSize {
    /// Bytes of the row and its texts.
    fn bytes(&self) -> usize;
}

impl RowSize for RegionSubscription {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.region_name.len()
    }
}

impl RowSize for Compartment {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.id.len()
    }
}

impl RowSize for ListedDomain {
    fn bytes(&self) -> usize {
        let texts = [
            &self.id,
            &self.display_name,
            &self.url,
            &self.home_region_url,
            &self.domain_type,
            &self.license_type,
            &self.lifecycle_state,
        ];
        let texts = texts.into_iter().flatten().map(String::len);
        size_of::<Self>() + texts.sum::<usize>()
    }
}

/// The tenancy. An attribute that is not a text counts as missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TenancyRecord {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
}

impl TenancyRecord {
    /// Parses the body of a response.
    ///
    /// # Errors
    ///
    /// If it is not an object.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        // serde would take a list for the fields of an object, in their order.
        let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body)?;
        Self::deserialize(serde_json::Value::Object(fields))
    }
}

/// A region that the tenancy is subscribed to.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegionSubscription {
    /// Identifier: `us-ashburn-1`.
    pub region_name: String,
}

/// A compartment.
#[derive(Clone, Debug, Deserialize)]
pub struct Compartment {
    /// OCID.
    pub id: String,
}

/// An identity domain in the list of domains. An attribute that is not a text counts as missing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListedDomain {
    /// OCID.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// Display name.
    #[serde(deserialize_with = "text")]
    pub display_name: Option<String>,
    /// Base URL for all regions; often with `:443`.
    #[serde(deserialize_with = "text")]
    pub url: Option<String>,
    /// Base URL in the home region.
    #[serde(deserialize_with = "text")]
    pub home_region_url: Option<String>,
    /// `DEFAULT` or `SECONDARY`.
    #[serde(rename = "type", deserialize_with = "text")]
    pub domain_type: Option<String>,
    /// `free`, `premium`, `external-user`, ...
    #[serde(deserialize_with = "text")]
    pub license_type: Option<String>,
    /// `ACTIVE`, `INACTIVE`, ...
    #[serde(deserialize_with = "text")]
    pub lifecycle_state: Option<String>,
}

impl ListedDomain {
    /// Display name, or else the OCID, for messages. An administrator chose the name, so it may be any text; an OCID has a
    /// form.
    pub fn name(&self) -> ServerText {
        let ocid = self.id.as_ref().filter(|id| is_ocid_of(&["domain"], id));
        let name = self.display_name.as_ref().or(ocid);
        ServerText::new(name.map_or("without a name", String::as_str))
    }
}

/// Whether a text is the OCID of a resource of one of these types: `ocid1.<type>.<realm>.<region or empty>.<unique>`.
pub(super) fn is_ocid_of(resource_types: &[&str], text: &str) -> bool {
    let is_part = |part: &&str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let parts: Vec<_> = text.split('.').collect();
    parts.len() >= 5
        && parts[0] == "ocid1"
        && resource_types.contains(&parts[1])
        && text.len() <= 255
        && parts.iter().all(is_part)
}

/// A text that is not empty; `None` for any other JSON.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = match Any::deserialize(deserializer)? {
        Any::Text(text) => Some(text),
        Any::Other(_) => None,
    };
    Ok(text.filter(|text| !text.is_empty()))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Any {
    Text(String),
    Other(IgnoredAny),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_row_is_counted_and_costs_no_other() {
        let body = br#"[{"id":"a","url":"u"}, 7, null, [], "x", {"id":9,"displayName":["n"],"url":"v"}, {}]"#;
        let list = Rows::<ListedDomain>::parse(body).expect("a list");
        assert_eq!((list.rows.len(), list.unreadable), (3, 4));
        assert_eq!(list.rows[1].id, None);
        assert_eq!(&*list.rows[1].name(), "without a name");
        assert_eq!(list.rows[1].url.as_deref(), Some("v"));
        let list = Rows::<Compartment>::parse(br#"[{"id":"a"},{"id":1},{}]"#).expect("a list");
        assert_eq!((list.rows.len(), list.unreadable), (1, 2));
    }

    #[test]
    fn domain_without_a_name_is_named_by_its_ocid_alone() {
        let named = |display_name: Option<&str>, id: &str| {
            let listed = ListedDomain {
                display_name: display_name.map(str::to_owned),
                id: Some(id.to_owned()),
                ..ListedDomain::default()
            };
            String::from(listed.name())
        };
        let ocid = "ocid1.domain.oc1..aaaaaaaa7f";
        assert_eq!(named(Some("Partners"), ocid), "Partners");
        assert_eq!(named(None, ocid), ocid);
        for id in [
            "jane.roe@example.com",
            "ocid1.user.oc1..jane",
            "ocid1.domain.oc1..j@x",
        ] {
            assert_eq!(named(None, id), "without a name");
        }
    }

    #[test]
    fn name_of_the_tenancy_is_a_text_of_an_object() {
        for (body, name) in [
            (
                &br#" {"id":"a","name":"acme-prod"} "#[..],
                Some("acme-prod"),
            ),
            (br#"{"name":""}"#, None),
            (br#"{"name":["acme-prod"]}"#, None),
            (br#"{"name":null}"#, None),
            (b"{}", None),
        ] {
            let read = TenancyRecord::parse(body).expect("an object");
            assert_eq!(read.name.as_deref(), name);
        }
        for body in [
            &br#"["acme-prod"]"#[..],
            b"null",
            b"\"acme-prod\"",
            b"{",
            b"",
        ] {
            assert!(TenancyRecord::parse(body).is_err());
        }
    }

    #[test]
    fn body_that_is_not_a_list_is_refused() {
        for body in [&b"{}"[..], b"null", b"\"x\"", b"[{}", b""] {
            assert!(Rows::<ListedDomain>::parse(body).is_err());
        }
    }
}
