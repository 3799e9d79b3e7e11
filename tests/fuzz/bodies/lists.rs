//! Pages of lists by IAM and Object Storage.

use std::fmt::Debug;

use credential_audit::oci::identity::{Compartment, ListedDomain, RegionSubscription, parse_list};
use credential_audit::oci::object_storage::ListPage;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Longer than any reason why a body is not a list.
const LONGEST_REASON: usize = 300;

/// Fields of a domain. Each may be absent.
const OF_DOMAINS: [&str; 7] = [
    "id",
    "displayName",
    "url",
    "homeRegionUrl",
    "type",
    "licenseType",
    "lifecycleState",
];

/// A list of IAM is accepted if another reading accepts it, with the same values.
pub fn identity_list(body: &[u8]) {
    compare(body, Some("id"), &[], |compartment: &Compartment| {
        vec![Some(compartment.id.clone())]
    });
    compare(
        body,
        Some("regionName"),
        &[],
        |region: &RegionSubscription| vec![Some(region.region_name.clone())],
    );
    compare(body, None, &OF_DOMAINS, |domain: &ListedDomain| {
        vec![
            domain.id.clone(),
            domain.display_name.clone(),
            domain.url.clone(),
            domain.home_region_url.clone(),
            domain.domain_type.clone(),
            domain.license_type.clone(),
            domain.lifecycle_state.clone(),
        ]
    });
}

/// A row is counted as unreadable if it is not an object, or has no text in the field `required`. `values` returns the value
/// of that field and those of `optional`.
fn compare<T: DeserializeOwned + Debug>(
    body: &[u8],
    required: Option<&str>,
    optional: &[&str],
    values: impl Fn(&T) -> Vec<Option<String>>,
) {
    if let Err(reason) = parse_list::<T>(body) {
        assert!(!reason.chars().any(char::is_control), "{reason:?}");
        assert!(reason.chars().count() < LONGEST_REASON, "{reason}");
    }
    let Some(json) = without_duplicates(body) else {
        return;
    };
    let read = parse_list::<T>(json.to_string().as_bytes());
    let expected = json.as_array().map(|rows| {
        let row = |row: &Value| {
            let row = row.as_object()?;
            let required = match required {
                Some(required) => vec![Some(text(row, required)?.to_owned())],
                None => Vec::new(),
            };
            let optional = optional.iter().map(|name| {
                let text = text(row, name).filter(|text| !text.is_empty());
                text.map(str::to_owned)
            });
            Some(required.into_iter().chain(optional).collect::<Vec<_>>())
        };
        let read: Vec<_> = rows.iter().filter_map(row).collect();
        let unreadable = (rows.len() - read.len()) as u64;
        (read, unreadable)
    });
    let read = read.ok().map(|list| {
        let rows = list.rows.iter().map(values).collect();
        (rows, list.unreadable)
    });
    assert_eq!(read, expected, "{json}");
}

/// A list of a bucket is accepted if another reading accepts it, with the same names.
pub fn bucket_list(body: &[u8]) {
    let _ = ListPage::parse(body);
    let Some(json) = without_duplicates(body) else {
        return;
    };
    let read = ListPage::parse(json.to_string().as_bytes());
    let read = read.map(|page| {
        let objects: Vec<_> = page.objects.into_iter().map(|object| object.name).collect();
        (objects, page.prefixes, page.next_start_with)
    });
    assert_eq!(read, json.as_object().and_then(page_of), "{json}");
}

type Page = (Vec<String>, Vec<String>, Option<String>);

fn page_of(page: &Map<String, Value>) -> Option<Page> {
    let objects = page.get("objects")?.as_array()?.iter();
    let objects = objects.map(|object| text(object.as_object()?, "name").map(str::to_owned));
    let prefixes = match page.get("prefixes") {
        None => Vec::new(),
        Some(prefixes) => {
            let prefixes = prefixes.as_array()?.iter();
            let prefixes = prefixes.map(|prefix| prefix.as_str().map(str::to_owned));
            prefixes.collect::<Option<_>>()?
        }
    };
    let next = optional_text(page, "nextStartWith")?;
    Some((objects.collect::<Option<_>>()?, prefixes, next))
}

/// The body as a [`Value`], which has no duplicate keys. `None` if it is not valid JSON, or has an array where a list has an
/// object: serde accepts the fields of a struct in their order.
fn without_duplicates(body: &[u8]) -> Option<Value> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let rows = match &json {
        Value::Array(rows) => rows.as_slice(),
        Value::Object(page) => match page.get("objects") {
            Some(Value::Array(objects)) => objects.as_slice(),
            _ => &[],
        },
        _ => &[],
    };
    (!rows.iter().any(Value::is_array)).then_some(json)
}

fn text<'a>(row: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    row.get(name)?.as_str()
}

/// The text of a field that may be absent or null; `None` if it is something else.
fn optional_text(row: &Map<String, Value>, name: &str) -> Option<Option<String>> {
    match row.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(text.clone())),
        Some(_) => None,
    }
}
