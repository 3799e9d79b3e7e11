//! The parameters of a listing, from the query of a GET or the body of a `.search`.

use serde_json::Value as Json;

/// Default page size.
const DEFAULT_COUNT: i64 = 50;
/// Maximum page size.
const MAXIMUM_COUNT: i64 = 1000;

/// A parsed query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) filter: Option<String>,
    pub(crate) attributes: Vec<String>,
    pub(crate) attribute_sets: Vec<String>,
    pub(crate) sort_by: Option<String>,
    pub(crate) reversed: bool,
    /// 1-based position of the first row.
    pub(crate) start_index: usize,
    pub(crate) count: usize,
}

impl Query {
    /// Parses the query of a GET. Ignores unknown and empty parameters.
    pub(crate) fn from_uri(query: &str) -> Result<Self, String> {
        let mut parsed = Self {
            start_index: 1,
            count: DEFAULT_COUNT as usize,
            ..Self::default()
        };
        let mut page = None;
        for (name, value) in crate::target::parameters(query) {
            if value.is_empty() {
                continue;
            }
            match name.as_str() {
                "filter" => parsed.filter = Some(value),
                "attributes" => parsed.attributes.extend(names(&value)),
                "attributeSets" => parsed.attribute_sets.extend(names(&value)),
                "sortBy" => parsed.sort_by = Some(value),
                "sortOrder" => parsed.reversed = order(&value)?,
                "startIndex" => parsed.start_index = start(number(&name, &value)?),
                "count" | "limit" => parsed.count = page_size(number(&name, &value)?),
                "page" => page = Some(start(number(&name, &value)?)),
                _ => {}
            }
        }
        parsed.start_index = page.unwrap_or(parsed.start_index);
        Ok(parsed)
    }

    /// Parses the body of a `.search`, in which `attributes` is an array.
    pub(crate) fn from_search(body: &[u8]) -> Result<Self, String> {
        const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        let body: Json = serde_json::from_slice(body)
            .map_err(|error| format!("the body is not JSON: {error}"))?;
        if !list(&body, "schemas").iter().any(|schema| schema == SCHEMA) {
            return Err(format!(
                "Missing required attribute(s): schemas must hold {SCHEMA}"
            ));
        }
        if body
            .get("attributes")
            .is_some_and(|attributes| !attributes.is_array() && !attributes.is_null())
        {
            return Err("attributes must be an array in a search request".to_owned());
        }
        let text = |name: &str| {
            body.get(name)
                .and_then(Json::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let number = |name: &str| body.get(name).and_then(Json::as_i64);
        Ok(Self {
            filter: text("filter"),
            attributes: list(&body, "attributes"),
            attribute_sets: list(&body, "attributeSets"),
            sort_by: text("sortBy"),
            reversed: text("sortOrder").map_or(Ok(false), |value| order(&value))?,
            start_index: start(number("startIndex").unwrap_or(1)),
            count: page_size(number("count").unwrap_or(DEFAULT_COUNT)),
        })
    }
}

fn list(body: &Json, name: &str) -> Vec<String> {
    let items = body
        .get(name)
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    items
        .iter()
        .filter_map(Json::as_str)
        .map(str::to_owned)
        .collect()
}

fn names(value: &str) -> impl Iterator<Item = String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

fn number(name: &str, value: &str) -> Result<i64, String> {
    value
        .parse()
        .map_err(|_| format!("{name} must be a number"))
}

fn order(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "ascending" => Ok(false),
        "descending" => Ok(true), // words: allow
        _ => Err("sortOrder must be ascending or descending".to_owned()), // words: allow
    }
}

/// Values below 1 count as 1.
fn start(value: i64) -> usize {
    usize::try_from(value.max(1)).unwrap_or(1)
}

/// Negative values count as the default, and values over the maximum as the maximum.
fn page_size(value: i64) -> usize {
    let value = if value < 0 {
        DEFAULT_COUNT
    } else {
        value.min(MAXIMUM_COUNT)
    };
    usize::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_excessive_values_are_replaced() {
        let query = Query::from_uri("").unwrap();
        assert_eq!((query.start_index, query.count), (1, 50));
        let query = Query::from_uri("count=1001&startIndex=-5").unwrap();
        assert_eq!((query.start_index, query.count), (1, 1000));
        assert_eq!(Query::from_uri("count=-1").unwrap().count, 50);
        assert_eq!(Query::from_uri("count=0").unwrap().count, 0);
        assert!(Query::from_uri("count=many").is_err());
    }

    #[test]
    fn page_and_limit_are_synonyms() {
        let query = Query::from_uri("page=201&limit=200&startIndex=1").unwrap();
        assert_eq!((query.start_index, query.count), (201, 200));
    }

    #[test]
    fn encoded_text_is_decoded() {
        let query = Query::from_uri(
            "filter=user.value+eq+%22a%2Bb%22&attributes=id%2Cmeta.created&attributes=ocid&sortBy=",
        )
        .unwrap();
        assert_eq!(query.filter.as_deref(), Some("user.value eq \"a+b\""));
        assert_eq!(query.attributes, ["id", "meta.created", "ocid"]);
        assert_eq!(query.sort_by, None);
    }

    #[test]
    fn search_requires_its_schema_and_a_list() {
        assert!(Query::from_search(b"{}").is_err());
        let body = br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":"id"}"#;
        assert!(Query::from_search(body).is_err());
        let body = br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["id"],"sortOrder":"DESCENDING","count":5}"#; // words: allow
        let query = Query::from_search(body).unwrap();
        assert!(query.reversed);
        assert_eq!(query.count, 5);
    }
}
