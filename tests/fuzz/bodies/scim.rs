//! Pages of SCIM lists.

use std::collections::HashSet;
use std::fmt;

use credential_audit::credential_type::CREDENTIAL_TYPES;
use credential_audit::oci::scim::{
    CredentialSink, PageSummary, RowSink, SharedHolders, UserSettings, UserSink,
};
use credential_audit::timestamp::DateReading;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The list before the page.
const FIRST: &[u8] = br#"{"totalResults":1,"Resources":[{"id":"first"}]}"#;

/// A page is accepted or refused as a whole, and its rows are counted as another reading counts them.
pub fn scim_page(page: &[u8]) {
    let mut users = UserSink::new(SharedHolders::default(), &UserSettings::default());
    let expected = absorb(&mut users, page);
    let none = CredentialSink::new(
        CREDENTIAL_TYPES[0].credential_type,
        SharedHolders::default(),
    );
    for claims in &users.claims {
        assert_eq!(none.compare(claims).missing, claims.len());
        assert!(
            none.users_missing(claims)
                .all(|row| row < users.list.rows.len())
        );
    }
    for (read, row) in users.list.rows.iter().skip(1).zip(&expected) {
        assert_eq!(users.list.text.get(read.name), text(row, "userName"));
        if users.contradictory() == 0 {
            let active = get(row, "active").and_then(|value| match value {
                Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
                Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
                value => value.as_bool(),
            });
            assert_eq!(read.active, active);
            assert_eq!(read.created, created(row));
        }
    }

    // The lists of all types differ only in the label.
    let credential_type = CREDENTIAL_TYPES[page.len() % CREDENTIAL_TYPES.len()].credential_type;
    let mut credentials = CredentialSink::new(credential_type, SharedHolders::default());
    let expected = absorb(&mut credentials, page);
    for (read, row) in credentials.list.rows.iter().skip(1).zip(&expected) {
        assert_eq!(*read.id.read(&credentials.list.text), *text(row, "id"));
        if credentials.contradictory() == 0 {
            assert_eq!(read.created, created(row));
        }
    }
}

/// Absorbs the page as the second of a list. Compares the number of new rows with another reading, if that accepts the page.
fn absorb(sink: &mut impl RowSink, page: &[u8]) -> Vec<Map<String, Value>> {
    sink.add_page(FIRST).expect("a list");
    // A name that an object repeats is malformed, and a [`Value`] keeps the last one.
    let json = serde_json::from_slice::<NamesOnce>(page).ok();
    let json = json.and_then(|NamesOnce| serde_json::from_slice(page).ok());
    let counted = json.as_ref().and_then(|json| Counted::of(json, page));
    let Ok(read) = sink.add_page(page) else {
        assert_eq!(sink.row_count(), 1, "rows of a refused page were added");
        assert!(counted.is_none(), "a list was refused");
        return Vec::new();
    };
    assert_eq!(sink.row_count(), 1 + read.new);
    assert!(read.new + read.unreadable <= read.rows);
    if json.is_some() {
        let counted = counted.as_ref().expect("only a list is accepted");
        assert_eq!(read.total, counted.total);
        assert_eq!(read.rows, counted.rows);
        assert_eq!(read.unreadable, counted.unreadable);
        assert_eq!(read.new, counted.new.len() as u64);
    }
    let again = sink.add_page(page).expect("the same list");
    assert_eq!(again, PageSummary { new: 0, ..read });
    sink.start_pass();
    let in_another_pass = sink.add_page(page).expect("the same list");
    // The row before the page is of the first pass, and may be on the page too.
    assert!([read.new, read.new + 1].contains(&in_another_pass.new));
    assert_eq!(
        sink.row_count(),
        1 + read.new,
        "another pass added known rows"
    );
    counted.map(|counted| counted.new).unwrap_or_default()
}

/// Any JSON in which no object repeats a name.
struct NamesOnce;

impl<'de> Deserialize<'de> for NamesOnce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for NamesOnce {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, Self)) = object.next_entry::<String, Self>()? {
            if !names.insert(name.to_ascii_lowercase()) {
                return Err(A::Error::custom("a repeated name"));
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

/// A page as `serde_json` parses it. It refuses numbers and escapes that a [`Value`] cannot hold.
struct Counted {
    total: Option<u64>,
    rows: u64,
    unreadable: u64,
    new: Vec<Map<String, Value>>,
}

/// Refuses two lists on one page, since it is undefined which one counts; a [`Value`] keeps the last.
#[derive(Deserialize)]
struct OneList {
    #[serde(rename = "Resources")]
    _rows: Option<IgnoredAny>,
}

impl Counted {
    /// `None` if it is not a list.
    fn of(json: &Value, page: &[u8]) -> Option<Self> {
        let list = json.as_object()?;
        serde_json::from_slice::<OneList>(page).ok()?;
        let total = get(list, "totalResults").filter(|total| !total.is_null());
        let rows = match get(list, "Resources") {
            None | Some(Value::Null) => {
                total?;
                &[][..]
            }
            Some(rows) => rows.as_array()?,
        };
        if is_error(list, rows.is_empty()) {
            return None;
        }
        let mut seen = HashSet::from(["first"]);
        let (mut unreadable, mut new) = (0, Vec::new());
        for row in rows {
            match row.as_object().map(|row| (row, text(row, "id"))) {
                None | Some((_, "")) => unreadable += 1,
                Some((row, id)) if seen.insert(id) => new.push(row.clone()),
                Some(_) => {}
            }
        }
        Some(Self {
            total: total.and_then(|total| match total {
                Value::String(written) => written.parse().ok(),
                total => total.as_u64(),
            }),
            rows: rows.len() as u64,
            unreadable,
            new,
        })
    }
}

/// Whether it is the error message of some service.
fn is_error(list: &Map<String, Value>, is_empty: bool) -> bool {
    let is_error_schema = |schema: &Value| {
        let schema = schema.as_str().unwrap_or_default().to_lowercase();
        schema == "error" || schema.ends_with(":error")
    };
    let schemas = get(list, "schemas");
    let named = schemas.is_some_and(|schemas| match schemas.as_array() {
        Some(schemas) => schemas.iter().any(is_error_schema),
        None => is_error_schema(schemas),
    });
    let is_list_schema = |schema: &Value| {
        let schema = schema.as_str().unwrap_or_default().to_lowercase();
        schema.rsplit(':').next() == Some("listresponse")
    };
    let is_list = schemas.is_some_and(|schemas| match schemas.as_array() {
        Some(schemas) => schemas.iter().any(is_list_schema),
        None => is_list_schema(schemas),
    });
    let of_errors = "status detail scimType code message error errors errorCode";
    let of_lists = "schemas totalResults Resources startIndex itemsPerPage";
    let mut present = list.iter().filter(|(_, value)| !value.is_null());
    let is_foreign = |(name, _): (&String, &Value)| {
        of_errors
            .split(' ')
            .any(|of_error| of_error.eq_ignore_ascii_case(name))
            || !is_list
                && !of_lists
                    .split(' ')
                    .any(|of_list| of_list.eq_ignore_ascii_case(name))
    };
    named || is_empty && present.any(is_foreign)
}

/// An attribute of a row. Names of attributes are case-insensitive.
fn get<'a>(row: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let mut attributes = row.iter();
    let named = attributes.find(|(own, _)| own.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value)
}

fn text<'a>(row: &'a Map<String, Value>, name: &str) -> &'a str {
    get(row, name).and_then(Value::as_str).unwrap_or_default()
}

fn created(row: &Map<String, Value>) -> DateReading {
    match get(row, "meta") {
        None | Some(Value::Null) => DateReading::MISSING,
        Some(Value::Object(meta)) => match get(meta, "created") {
            None | Some(Value::Null) => DateReading::MISSING,
            Some(Value::String(date)) => DateReading::parse(date),
            Some(_) => DateReading::UNREADABLE,
        },
        Some(_) => DateReading::UNREADABLE,
    }
}
