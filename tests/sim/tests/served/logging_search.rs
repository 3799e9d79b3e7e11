//! Logging Search over a socket.

use crate::caller::{Answer, Caller};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};
use tenancy_sim::{
    AuditEvent, Credential, Domain, QueryFeature, ResourceType, SearchBehavior, Tenancy,
    TenancySim, User,
};

const HOME: &str = "us-phoenix-1";

fn now() -> DateTime<Utc> {
    Utc::now()
}

/// A tenancy with one key, used an hour ago and a day before in the home region, and a week ago in another.
fn start() -> (TenancySim, Credential) {
    let user = User::named("jane.roe@example.com");
    let key = Credential::of(&user, ResourceType::ApiKeys, 0, "2026-01-01T00:00:00.000Z");
    let tenancy = Tenancy::empty()
        .subscribed_to("eu-frankfurt-1")
        .domain(Domain::named("Default").user(user).credential(key.clone()));
    let sim = tenancy.start().unwrap();
    for (region, hours) in [(HOME, 1), (HOME, 25), ("eu-frankfurt-1", 168)] {
        let at = now() - TimeDelta::hours(hours);
        sim.record(AuditEvent::api_key(region, at, sim.tenancy(), &key));
    }
    (sim, key)
}

fn search(sim: &TenancySim, region: &str, query: &str, days: i64, more: &str) -> Answer {
    let caller = Caller::of(sim, "logging-search");
    let url = sim.logging_search_endpoint().replace("{region}", region);
    let end = now();
    let body = json!({
        "timeStart": (end - TimeDelta::days(days)).to_rfc3339(),
        "timeEnd": end.to_rfc3339(),
        "searchQuery": query,
        "isReturnFieldInfo": false,
    });
    caller.post(&format!("{url}/20190909/search{more}"), &body.to_string())
}

fn rows(answer: &Answer) -> Vec<Json> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let results = answer.json()["results"].as_array().unwrap().clone();
    results.into_iter().map(|row| row["data"].clone()).collect()
}

fn grouped(sim: &TenancySim) -> String {
    format!(
        "search \"{0}/_Audit_Include_Subcompartment\" | where data.identity.credentials='{0}/*' and data.response.status!='401' \
         | summarize max(datetime) as last, count() as n by data.identity.credentials",
        sim.tenancy()
    )
}

#[test]
fn region_finds_its_own_events_grouped_by_key() {
    let (sim, key) = start();
    for number in 0..3 {
        let at = now() - TimeDelta::minutes(number);
        sim.record(AuditEvent::resource_principal(HOME, at, "token"));
        let refused = AuditEvent::api_key(HOME, at, sim.tenancy(), &key).status(401);
        sim.record(refused);
        let foreign = "ocid1.tenancy.oc1..aaaaaaaaanothertenancy";
        sim.record(AuditEvent::api_key(HOME, at, foreign, &key));
    }
    let found = rows(&search(&sim, HOME, &grouped(&sim), 14, ""));
    let id = format!(
        "{}/{}/{}",
        sim.tenancy(),
        key.holder.ocid(),
        key.fingerprint()
    );
    let (last, region) = &sim.uses()[&id];
    assert_eq!(region, HOME);
    assert_eq!(
        found,
        [json!({ "data.identity.credentials": id, "last": last.timestamp_millis(), "n": 2 })]
    );
    let found = rows(&search(&sim, "eu-frankfurt-1", &grouped(&sim), 14, ""));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["n"], 1);
    assert_eq!(
        search(&sim, "mars-north-1", &grouped(&sim), 14, "").status,
        404
    );
    let short = rows(&search(&sim, "eu-frankfurt-1", &grouped(&sim), 2, ""));
    assert_eq!(short, [] as [Json; 0]);
}

#[test]
fn raw_rows_are_sorted_and_paged() {
    let (sim, key) = start();
    let query = format!(
        "search \"{}/_Audit\" | data.identity.credentials='*/{}' | sort by datetime desc",
        sim.tenancy(),
        key.fingerprint()
    );
    let first = search(&sim, HOME, &query, 14, "?limit=1");
    let next = first.header("opc-next-page").unwrap();
    let second = search(&sim, HOME, &query, 14, &format!("?limit=1&page={next}"));
    assert_eq!(second.header("opc-next-page"), None);
    let (first, second) = (rows(&first), rows(&second));
    assert!(first[0]["datetime"].as_i64() > second[0]["datetime"].as_i64());
    let status = &first[0]["logContent"]["data"]["response"]["status"];
    assert_eq!(status, "200");
    sim.search_behavior(SearchBehavior {
        repeats_rows: true,
        ..SearchBehavior::default()
    });
    assert_eq!(rows(&search(&sim, HOME, &query, 14, "")).len(), 4);
}

#[test]
fn search_is_refused_as_documented() {
    let (sim, _) = start();
    let query = grouped(&sim);
    let status = |days| search(&sim, HOME, &query, days, "").status;
    assert_eq!((status(14), status(15), status(0)), (200, 400, 400));
    assert_eq!(search(&sim, HOME, "search", 1, "").status, 400);
    assert_eq!(
        search(&sim, HOME, "search \"other/_Audit\"", 1, "").status,
        404
    );
    let behave = |behavior| sim.search_behavior(behavior);
    behave(SearchBehavior {
        unknown_features: vec![QueryFeature::Max],
        ..SearchBehavior::default()
    });
    assert_eq!(status(14), 400);
    behave(SearchBehavior {
        fails_beyond: Some(TimeDelta::days(7)),
        slow_beyond: Some((TimeDelta::days(3), Duration::from_millis(200))),
        ..SearchBehavior::default()
    });
    assert_eq!((status(14), status(7)), (503, 200));
    let since = Instant::now();
    assert_eq!(status(5), 200);
    assert!(since.elapsed() >= Duration::from_millis(200));
    behave(SearchBehavior {
        retention: TimeDelta::hours(20),
        ..SearchBehavior::default()
    });
    let kept = rows(&search(&sim, HOME, &query, 14, ""));
    assert_eq!(kept[0]["n"], 1);
}
