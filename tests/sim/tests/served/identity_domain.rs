//! An identity domain over a socket: projections, filters, pages and misbehaviors.

use crate::caller::{Answer, Caller};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use tenancy_sim::{
    Capabilities, Credential, Domain, Fault, Holder, Misbehavior, ResourceType, Service, Tenancy,
    TenancySim, User,
};

fn as_of() -> DateTime<Utc> {
    "2026-01-15T06:00:00Z".parse().unwrap()
}

/// Three users and four API keys with known attributes.
fn small() -> TenancySim {
    let alba = User::named("alba@example.com")
        .last_successful_login("2026-01-01T00:00:00.000Z")
        .administrator();
    let bo = User::named("Bo@example.com")
        .capabilities(Capabilities::ALL.without(ResourceType::ApiKeys))
        .inactive();
    let cai = User::named("cai@example.com")
        .capabilities(None)
        .claiming(ResourceType::SmtpCredentials, "phantom");
    let gone = Holder {
        id: "gone".to_owned(),
        user_name: "gone".to_owned(),
        display_name: "Gone".to_owned(),
    };
    let key = |user: &User, number, created: &str| {
        Credential::of(user, ResourceType::ApiKeys, number, created)
    };
    let domain = Domain::named("Default")
        .credential(key(&alba, 1, "2025-10-17T06:00:00.000Z").with_id("a1"))
        .credential(key(&alba, 2, "2026-01-10T08:00:00+02:00").with_id("a2"))
        .credential(key(&bo, 1, "no date").with_id("b1"))
        .credential(
            Credential::held_by(gone.into(), ResourceType::ApiKeys, "u1")
                .created("2026-01-10T05:59:59Z"),
        )
        .user(alba)
        .user(bo)
        .user(cai);
    Tenancy::empty().domain(domain).start().unwrap()
}

fn ask(sim: &TenancySim, caller: &Caller, path: &str) -> Answer {
    caller.get(&format!("{}/admin/v1/{path}", sim.domain_url("Default")))
}

#[test]
fn attributes_that_are_not_requested_are_not_returned() {
    let sim = small();
    let caller = Caller::of(&sim);
    let row = |query: &str| {
        ask(&sim, &caller, &format!("ApiKeys?count=1&{query}")).json()["Resources"][0].clone()
    };

    let named = row("attributes=meta.created,user.ocid");
    let keys: Vec<&String> = named.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "meta", "user"]);
    assert_eq!(
        named["meta"],
        serde_json::json!({ "created": "2025-10-17T06:00:00.000Z" })
    );
    assert_eq!(
        named["user"].as_object().unwrap().len(),
        2,
        "value and ocid always come together: {named}"
    );
    assert_eq!(sim.totals().secrets_served, 0);

    assert_eq!(
        row("attributes=").get("key"),
        row("").get("key"),
        "an empty list is absent"
    );
    assert_eq!(row("")["key"], "SECRET-key-a1");
    assert!(row("").get("status").is_none(), "status is returned never");
    assert_eq!(sim.totals().secrets_served, 4);
    assert!(row("attributeSets=always").get("ocid").is_none());
    assert_eq!(
        row("attributeSets=always&attributes=KEY")["key"],
        "SECRET-key-a1"
    );

    let creator = row("attributes=meta.lastModified,idcsCreatedBy.display");
    assert_eq!(
        creator["meta"],
        serde_json::json!({ "lastModified": "2025-10-17T06:00:00.000Z" }),
        "never modified"
    );
    assert_eq!(
        creator["idcsCreatedBy"],
        serde_json::json!({ "display": "alba" }),
    );
    row("attributes=id,color");
    assert_eq!(sim.totals().unknown_attributes.get("color"), Some(&1));
}

#[test]
fn extensions_are_returned_by_their_own_rules() {
    let sim = small();
    let caller = Caller::of(&sim);
    let urn = "urn:ietf:params:scim:schemas:oracle:idcs:extension:";
    let users = |attributes: &str| {
        let rows = ask(&sim, &caller, &format!("Users?attributes={attributes}")).json();
        rows["Resources"].as_array().unwrap().clone()
    };
    let capabilities = users(&format!("{urn}capabilities:User"));
    assert_eq!(
        capabilities[0][format!("{urn}capabilities:User")]["canUseApiKeys"],
        true
    );
    assert_eq!(
        capabilities[1][format!("{urn}capabilities:User")]["canUseApiKeys"],
        false
    );
    assert!(
        capabilities[2]
            .get(format!("{urn}capabilities:User"))
            .is_none()
    );
    assert_eq!(
        capabilities[0]["userName"], "alba@example.com",
        "returned always"
    );

    let held = users(&format!("{urn}userCredentials:User"));
    assert_eq!(
        held[0][format!("{urn}userCredentials:User")]["apiKeys"][1]["value"],
        "a2"
    );
    assert_eq!(
        held[2][format!("{urn}userCredentials:User")]["smtpCredentials"][0]["value"],
        "phantom"
    );

    let state = format!("{urn}userState:User");
    assert!(
        users(&state)[0][&state]
            .get("lastSuccessfulLoginDate")
            .is_none(),
        "on request only"
    );
    let named = users(&format!("{state}:lastSuccessfulLoginDate"));
    assert_eq!(
        named[0][&state],
        serde_json::json!({ "lastSuccessfulLoginDate": "2026-01-01T00:00:00.000Z" })
    );
    assert!(named[1].get(&state).is_none(), "never logged in");

    let emails = users("emails.value,emails.primary");
    assert_eq!(
        emails[0]["emails"][0],
        serde_json::json!({ "value": "alba@example.com", "primary": true })
    );
    assert_eq!(
        users("groups.display")[0]["groups"][1]["display"],
        "Administrators"
    );
    assert!(users("groups")[1]["groups"].as_array().unwrap().len() == 1);
}

#[test]
fn rows_are_filtered_and_sorted() {
    let sim = small();
    let caller = Caller::of(&sim);
    let ids = |filter: &str| {
        let encoded: String = filter.bytes().map(|byte| format!("%{byte:02X}")).collect();
        ask(
            &sim,
            &caller,
            &format!("ApiKeys?attributes=id&filter={encoded}"),
        )
        .ids()
    };
    let alba = User::named("alba@example.com").id().to_owned();
    assert_eq!(ids(&format!("user.value eq \"{alba}\"")), ["a1", "a2"]);
    assert_eq!(
        ids(&format!("user.value eq \"{alba}\" and id ne \"a1\"")),
        ["a2"]
    );
    assert_eq!(
        ids(&format!(
            "user.value eq \"gone\" or user.value eq \"{alba}\""
        )),
        ["a1", "a2", "u1"]
    );
    assert_eq!(
        ids(&format!("user.value eq \"{}\"", alba.to_uppercase())),
        [] as [&str; 0],
        "case-exact"
    );
    assert_eq!(ids("user.display sw \"GO\""), ["u1"], "not case-exact");
    assert_eq!(
        ids("meta.created ge \"2026-01-10T06:00:00Z\""),
        ["a2"],
        "chronological, across offsets"
    );
    assert_eq!(
        ids("meta.created ge \"1970-01-01T00:00:00.000Z\""),
        ["a1", "a2", "u1"]
    );
    assert_eq!(
        ids("not (meta.created lt \"2026-01-10T06:00:00Z\")"),
        ["a2", "b1"]
    );
    assert_eq!(
        ids("id co \"1\" and (id sw \"a\" or id sw \"b\")"),
        ["a1", "b1"]
    );

    let status = |query: &str| ask(&sim, &caller, query).status;
    assert_eq!(status("ApiKeys?filter=key+pr"), 400, "not searchable");
    assert_eq!(status("ApiKeys?filter=color+pr"), 400);
    assert_eq!(status("Users?filter=active+eq+true"), 200);
    assert_eq!(status("ApiKeys?sortBy=color"), 400);
    assert_eq!(status("Groups"), 404);
    assert_eq!(status("ApiKeys/.search"), 405);

    assert_eq!(
        ask(
            &sim,
            &caller,
            "ApiKeys?attributes=id&sortBy=id&sortOrder=DESCENDING" // words: allow
        )
        .ids(),
        ["u1", "b1", "a2", "a1"]
    );
    assert_eq!(
        ask(&sim, &caller, "ApiKeys?attributes=id&sortBy=meta.created").ids(),
        ["a1", "u1", "a2", "b1"]
    );
}

#[test]
fn pages_join_and_have_the_total() {
    let sim = Tenancy::generated(130, 5, as_of()).start().unwrap();
    let caller = Caller::of(&sim);
    let first = ask(&sim, &caller, "Users?attributes=id");
    let body = first.json();
    assert_eq!(
        (
            &body["totalResults"],
            &body["itemsPerPage"],
            &body["startIndex"]
        ),
        (&130.into(), &50.into(), &1.into())
    );
    assert_eq!(first.ids().len(), 50);
    assert_eq!(first.header("opc-next-page"), Some("51"));
    assert!(first.header("x-oracle-dms-ecid").is_some());
    let last = ask(&sim, &caller, "Users?attributes=id&startIndex=101&count=50");
    assert_eq!(
        (last.ids().len(), &last.json()["itemsPerPage"]),
        (30, &50.into())
    );
    assert_eq!(last.header("opc-next-page"), None);
    assert_eq!(ask(&sim, &caller, "Users?startIndex=131").ids().len(), 0);
    assert_eq!(
        ask(&sim, &caller, "Users?count=0").json()["totalResults"],
        130
    );
}

/// All ids, with `startIndex` advanced by the returned rows, and the totals.
fn scan(sim: &TenancySim, caller: &Caller) -> (Vec<String>, BTreeSet<i64>) {
    let (mut seen, mut totals) = (Vec::new(), BTreeSet::new());
    loop {
        let page = ask(
            sim,
            caller,
            &format!(
                "ApiKeys?attributes=id&count=20&startIndex={}",
                seen.len() + 1
            ),
        );
        totals.insert(page.json()["totalResults"].as_i64().unwrap());
        let ids = page.ids();
        if ids.is_empty() || seen.len() > 500 {
            return (seen, totals);
        }
        seen.extend(ids);
    }
}

#[test]
fn lists_misbehave_as_configured() {
    let sim = Tenancy::generated(60, 5, as_of()).start().unwrap();
    let caller = Caller::of(&sim);
    let number = sim
        .directory("Default")
        .credentials(ResourceType::ApiKeys)
        .len();
    let count = i64::try_from(number).unwrap();
    let with = |misbehavior: Misbehavior| {
        sim.behave();
        sim.misbehave("Default", ResourceType::ApiKeys, misbehavior);
        let (ids, totals) = scan(&sim, &caller);
        let distinct: BTreeSet<String> = ids.iter().cloned().collect();
        (ids.len(), distinct.len(), totals)
    };
    assert_eq!(
        with(Misbehavior::NeverNextPage),
        (number, number, [count].into())
    );
    assert_eq!(
        with(Misbehavior::ClampPages(7)),
        (number, number, [count].into())
    );
    assert_eq!(
        with(Misbehavior::ShortPages(3)),
        (number, number, [count].into())
    );
    assert_eq!(
        with(Misbehavior::TotalResults(3)),
        (number, number, [count + 3].into())
    );
    assert_eq!(
        with(Misbehavior::TotalResults(-3)),
        (number, number, [count - 3].into())
    );
    assert_eq!(with(Misbehavior::OmitRows(1)), (0, 0, [0].into()));
    let left = number - number / 4;
    assert_eq!(
        with(Misbehavior::OmitRows(4)),
        (left, left, [i64::try_from(left).unwrap()].into())
    );
    let (ids, distinct, totals) = with(Misbehavior::HideRows(4));
    assert!(ids >= distinct && distinct < number && totals == [count].into());
    assert_eq!(
        with(Misbehavior::DuplicateRows(5)),
        (number + number / 5, number, [count].into())
    );
    assert!(
        with(Misbehavior::RepeatPages).0 > number,
        "for ever, but for the guard"
    );

    let status = |misbehavior: Misbehavior, query: &str| {
        sim.behave();
        sim.misbehave("Default", ResourceType::ApiKeys, misbehavior);
        (
            ask(&sim, &caller, query).status,
            ask(&sim, &caller, "AuthTokens").status,
        )
    };
    assert_eq!(
        status(Misbehavior::RefuseUnfiltered(405), "ApiKeys"),
        (405, 200)
    );
    assert_eq!(
        status(Misbehavior::RefuseUnfiltered(405), "ApiKeys?filter=id+pr"),
        (200, 200)
    );
    assert_eq!(
        status(Misbehavior::RefuseSort, "ApiKeys?sortBy=ocid"),
        (400, 200)
    );
    assert_eq!(
        status(
            Misbehavior::RefuseFilter("meta.created".to_owned()),
            "ApiKeys?filter=meta.created+pr"
        ),
        (400, 200)
    );
    assert_eq!(status(Misbehavior::Deny(403), "ApiKeys"), (403, 200));
    assert_eq!(
        status(Misbehavior::DenyByGateway(404), "ApiKeys"),
        (404, 200)
    );

    sim.behave();
    sim.misbehave_everywhere("Default", Misbehavior::AlwaysNextPage);
    assert!(
        ask(&sim, &caller, "ApiKeys?count=1000")
            .header("opc-next-page")
            .is_some()
    );
}

#[test]
fn rows_change_between_pages() {
    let sim = small();
    let caller = Caller::of(&sim);
    sim.faults().add(
        Fault::change(|directory| {
            directory.remove_credential("a1");
        })
        .resource_type(ResourceType::ApiKeys)
        .nth(2),
    );
    let page = |start: usize| {
        ask(
            &sim,
            &caller,
            &format!("ApiKeys?attributes=id&count=2&startIndex={start}"),
        )
    };
    assert_eq!(page(1).ids(), ["a1", "a2"]);
    let second = page(3);
    assert_eq!(
        second.ids(),
        ["u1"],
        "b1 has moved to the page that was read"
    );
    assert_eq!(second.json()["totalResults"], 3);
}

#[test]
fn license_limits_the_request_rate() {
    let sim = Tenancy::empty()
        .domain(
            Domain::named("Default")
                .license("free")
                .enforcing_rate_limits(),
        )
        .start()
        .unwrap();
    let caller = Caller::of(&sim);
    let refused = (0..60)
        .filter(|_| ask(&sim, &caller, "Users?count=0").status == 429)
        .count();
    let totals = sim.totals();
    assert!(refused > 0, "60 requests took longer than three seconds");
    assert_eq!(totals.throttled, refused as u64);
    assert_eq!(totals.by_service[&Service::IdentityDomain], 60);
    sim.enforce_rate_limits("Default", None);
    assert_eq!(ask(&sim, &caller, "Users").status, 200);
}

#[test]
fn search_returns_the_list() {
    let sim = small();
    let caller = Caller::of(&sim);
    let url = format!("{}/admin/v1/ApiKeys/.search", sim.domain_url("Default"));
    let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["id"],"count":2,"startIndex":2}"#;
    assert_eq!(caller.post(&url, body).ids(), ["a2", "b1"]);
    assert_eq!(caller.post(&url, "{}").status, 400);
}
