//! Parts of a tenancy that are audited by runs of their own, and the hub in which runs of several tenancies meet.

mod division;
mod history;
mod hub;
mod hub_failures;
mod overview;

use std::collections::BTreeMap;

use credential_audit::summary::Summary;
use serde_json::{Value, json};
use tenancy_sim::{Credential, Domain, ResourceType, Tenancy, User};

use crate::changes::DailyRuns;
use crate::common::{even_domain, even_domain_since};

const NOW: &str = "2026-11-19T06:00:00Z";

/// Domains of several sizes and ages, one of external users and one that is inactive; 40 that are read.
fn forty_domains() -> Tenancy {
    let mut tenancy = Tenancy::empty()
        .domain(even_domain("Customers", 1, 1).license("external-user"))
        .domain(even_domain("Gone", 1, 1).lifecycle_state("INACTIVE"));
    for number in 0..40 {
        let created = [
            "2020-01-01T00:00:00Z",
            "2026-09-01T00:00:00Z",
            "2026-11-01T00:00:00Z",
        ];
        let name = if number == 0 {
            "Default".to_owned()
        } else {
            format!("Team {number}")
        };
        let mut domain = even_domain_since(created[number % 3], &name, 1 + number % 4, 1);
        if number % 5 == 0 {
            // The same person in several domains.
            let user = User::named("jane.roe@example.com").administrator();
            let key = Credential::of(&user, ResourceType::ApiKeys, 0, "2021-05-06T07:08:09Z");
            let key = key.with_fingerprint(&format!("{number:02x}:aa:bb"));
            domain = domain.credential(key).user(user);
        }
        if number % 7 == 0 {
            let user = User::named(&format!("left-{number}@example.com"))
                .inactive()
                .last_modified("2026-01-01T00:00:00Z");
            let token = Credential::of(&user, ResourceType::AuthTokens, 0, "2026-10-01T00:00:00Z");
            domain = domain.credential(token).user(user);
        }
        tenancy = tenancy.domain(domain);
    }
    tenancy
}

/// Discovers the domains of a tenancy, and reads an exceptions file.
fn runs(tenancy: Tenancy) -> DailyRuns {
    let settings = [
        ("AUDIT_DOMAIN_URLS", ""),
        ("AUDIT_EXCEPTIONS_OBJECT", "accepted.json"),
        ("AUDIT_EXCEPTIONS_BUCKET", "exceptions"),
    ];
    let runs = DailyRuns::new(tenancy, &settings);
    runs.accept(&json!({
        "exceptions": [
            {"user": "user-00001@example.com", "domain": "Team 1", "reason": "moves soon", "until": "2027-01-31"},
            {"user": "user-00001@example.com", "domain": "Team 2", "reason": "moves soon", "until": "2027-01-31"},
            {"user": "nobody@example.com", "reason": "moves soon", "until": "2027-01-31"},
        ],
    }));
    runs
}

fn of_shard(number: usize, shards: usize) -> Value {
    json!({"audit": {"shard": format!("{number}/{shards}")}})
}

/// The rows of the `credentials.csv` of a run, by the names of their columns, without its id.
fn rows(runs: &DailyRuns, summary: &Summary) -> Vec<BTreeMap<String, String>> {
    let csv = runs.object(&summary.run.run_id, "credentials.csv");
    let csv = csv.expect("a report");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.deserialize().map(|row| {
        let mut row: BTreeMap<String, String> = row.expect("a row");
        assert_eq!(row.remove("run_id"), Some(summary.run.run_id.clone()));
        row
    });
    rows.collect()
}

/// Names of the domains that a run read.
fn domains(summary: &Summary) -> Vec<String> {
    let domains = summary.run.domains.iter();
    domains.map(|domain| domain.name.clone()).collect()
}

fn one_small_domain() -> Domain {
    even_domain("Default", 2, 1)
}
