//! What tenancies store in a hub.

use credential_audit::fleet::{FailedRun, NewestRuns, Oldest, Part, RunFacts, TenancyId, Unusable};
use credential_audit::timestamp::parse_iso_8601;
use serde_json::Value;

const RUN: &str = "20261122T060000Z-7f3a91";
const TENANCY: &str = "ocid1.tenancy.oc1..aaaaexample";

/// A manifest that is accepted is of its tenancy and run, with the numbers that another reading finds, and none that is absurd.
pub fn fleet_manifest(bytes: &[u8]) {
    let now = parse_iso_8601("2026-11-22T12:00:00Z").expect("a time");
    let tenancy = TenancyId::parse(TENANCY).expect("an OCID");
    let mut runs = NewestRuns::new("f/", now);
    for name in ["delivered.json", "manifest.json"] {
        runs.add(&format!("f/2026/11/22/{RUN}/{name}"));
    }
    let run = runs.found().newest.remove(0);
    let failed = FailedRun::read(bytes, &run, None);
    assert!(failed.reason.chars().count() <= 200);
    for part in [Part::WHOLE, Part::parse("2/8").expect("a part")] {
        let read = RunFacts::read(bytes, &run, &tenancy, part, now);
        let manifest = serde_json::from_slice::<Value>(bytes).ok();
        let facts = match (read, &manifest) {
            (Ok(Some(facts)), _) => facts,
            (Ok(None) | Err(_), None) => continue,
            (Ok(None), Some(manifest)) => {
                let is_narrow = manifest["scoped"]
                    .as_array()
                    .is_some_and(|scoped| !scoped.is_empty());
                assert!(!manifest["what_if"].is_null() || is_narrow, "{manifest}");
                continue;
            }
            (Err(why), Some(manifest)) => {
                if manifest["schema_version"] == 2 {
                    assert!(!matches!(why, Unusable::OtherSchema { .. }), "{manifest}");
                }
                continue;
            }
        };
        // serde_json::Value refuses more than it reads: deep values, and numbers that are too large.
        let Some(manifest) = manifest else { continue };
        assert_eq!(manifest["run_id"], RUN);
        assert!(manifest["tenancy"]["id"].is_null() || manifest["tenancy"]["id"] == TENANCY);
        assert_eq!(manifest["shard"].is_string(), part.is_shard());
        let figures = &facts.figures;
        for (field, count) in [
            ("credentials", figures.credentials),
            ("overdue", figures.overdue),
            ("due", figures.due),
            ("unknown", figures.unknown),
            ("expiring", figures.expiring),
        ] {
            assert_eq!(manifest[field], count, "{field}");
            assert!(count <= 1_000_000_000);
        }
        let oldest = match figures.oldest {
            Oldest::Days(days) => Some(days),
            Oldest::None | Oldest::Unknown => None,
        };
        let age = manifest["oldest"]["age_days"].as_i64();
        assert_eq!(age.map(|age| u64::try_from(age).unwrap_or(0)), oldest);
        let shown = [&facts.name, &facts.version].into_iter().flatten();
        for text in shown {
            assert!(
                text.chars().count() <= 60 && !text.chars().any(char::is_control),
                "{text:?}"
            );
        }
    }
}
