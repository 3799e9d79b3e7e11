//! Answers of Logging Search, and the file from which the next search continues.

use credential_audit::oci::logging_search::answer::parse;
use credential_audit::oci::logging_search::query::Form;
use credential_audit::report::last_use_file;
use credential_audit::timestamp::Timestamp;
use serde_json::Value;

const TENANCY: &str = "ocid1.tenancy.oc1..aaaa";
const FIELD: &str = "data.identity.credentials";
/// 2026-11-29T06:00:00Z
const NOW: i64 = 1_795_932_000_000_000;
const TOLERANCE: i64 = 300_000_000;

/// Each key that is found is the caller of a row, of the own tenancy. An answer whose own rows all have both times is accepted.
pub fn audit_events(body: &[u8]) {
    for form in [Form::Newest, Form::Days] {
        let found = parse(&form, TENANCY, body);
        // Values that are skipped may be such that serde_json::Value refuses them.
        let Ok(json) = serde_json::from_slice::<Value>(body) else {
            continue;
        };
        let rows = json["results"].as_array().cloned().unwrap_or_default();
        let mut own: Vec<_> = rows.iter().filter_map(own_caller).collect();
        if let Ok(found) = &found {
            for found in found {
                let id = format!("{TENANCY}/{}/{}", found.key.user, found.key.fingerprint);
                let text = json.to_string().to_lowercase();
                assert!(text.contains(&id.to_lowercase()), "{id}");
                assert!(!found.key.user.contains("ST$"), "{id}");
            }
        }
        // Of two fields of one name, serde_json::Value keeps one.
        let once = parse(&form, TENANCY, json.to_string().as_bytes());
        let is_plain = |row: &Value| {
            let data = row["data"].as_object();
            data.is_some_and(|data| {
                data.iter().all(|(name, value)| match name.as_str() {
                    FIELD => value.is_string(),
                    "newest" | "oldest" | "day" | "datetime" => value
                        .as_i64()
                        .is_some_and(|value| (0..1 << 50).contains(&value)),
                    _ => value.is_null(),
                })
            })
        };
        let has_times = |row: &Value| match form {
            Form::Newest => {
                let time = |name: &str| row["data"][name].as_i64();
                time("oldest")
                    .zip(time("newest"))
                    .is_some_and(|(oldest, newest)| oldest <= newest)
            }
            Form::Days | Form::OneKey(_) => row["data"]["day"].is_i64(),
        };
        let is_answer = json["results"].is_array() && rows.iter().all(is_plain);
        if is_answer
            && rows
                .iter()
                .all(|row| own_caller(row).is_none() || has_times(row))
        {
            let mut keys: Vec<_> = once
                .unwrap_or_else(|_| panic!("{json} was refused"))
                .into_iter()
                .map(|found| format!("{}/{}", found.key.user, found.key.fingerprint))
                .collect();
            keys.sort();
            own.sort();
            assert_eq!(keys, own);
        }
    }
}

/// User and fingerprint of a caller with an API key of the tenancy.
fn own_caller(row: &Value) -> Option<String> {
    let key = row["data"][FIELD].as_str()?.strip_prefix(TENANCY)?;
    let (user, fingerprint) = key.strip_prefix('/')?.split_once('/')?;
    let is_fingerprint = fingerprint.len() == 47
        && fingerprint
            .bytes()
            .enumerate()
            .all(|(index, byte)| match index % 3 {
                2 => byte == b':',
                _ => byte.is_ascii_hexdigit(),
            });
    let is_user = user.starts_with("ocid1.");
    (is_user && is_fingerprint).then(|| format!("{user}/{}", fingerprint.to_lowercase()))
}

/// What is read is not later than now, and a search can continue from it.
pub fn last_use(bytes: &[u8]) {
    let now = Timestamp::from_microseconds(NOW);
    let Some(known) = last_use_file::read(bytes, now) else {
        return;
    };
    let latest = NOW + TOLERANCE;
    assert!(known.until.microseconds() <= latest);
    assert!(
        known
            .known_since()
            .is_none_or(|since| since.microseconds() <= latest)
    );
    for used in &known.uses {
        assert!(used.at.microseconds() <= latest);
        assert_eq!(known.of(&used.key), Some(used));
        assert!(usize::from(used.region) < known.region_names.len());
    }
    for region in &known.regions {
        assert!(
            region
                .searched
                .is_none_or(|searched| searched.since < searched.until)
        );
    }
    assert!(known.seen.is_sorted_by_key(|key| key.fingerprint));
}
