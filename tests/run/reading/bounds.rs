//! Pages, texts and lists that are larger than any of an honest service: they cost their own list, and nothing else.

use serde_json::{Value, json};
use tenancy_sim::{Credential, Domain, Fault, ResourceType, Tenancy, User};

use super::{DEFAULT, requests_by_list};
use crate::common::in_process::InProcess;
use crate::common::{LONG_AGO, even_domain};
use credential_audit::model::Verdict;
use credential_audit::summary::Summary;

use ResourceType::{ApiKeys, AuthTokens, CustomerSecretKeys, Users};

const KIB: usize = 1024;

fn serve(domain: Domain) -> InProcess {
    InProcess::serve(Tenancy::empty().domain(domain))
}

/// Adds an attribute of this size to each row of a list.
fn pad(tenancy: &InProcess, list: ResourceType, bytes: usize) {
    let pad = move |row: &mut Value| row["padding"] = json!("x".repeat(bytes));
    tenancy.fault(Fault::edit_rows(pad).domain(DEFAULT).resource_type(list));
}

/// The `count` of each request for users.
fn counts(tenancy: &InProcess) -> Vec<String> {
    let requests = tenancy.requests_for(Users).into_iter();
    let counts = requests.map(|request| {
        let (_, count) = request.target.split_once("count=").expect("a count");
        count.split('&').next().expect("a number").to_owned()
    });
    counts.collect()
}

/// Asserts that one list failed with this reason, and that everything else was read and reported.
fn assert_costs_only(tenancy: &InProcess, summary: &Summary, list: &str, reason: &str) {
    assert_eq!(summary.run.verdict, Verdict::Partial);
    let domain = &summary.run.domains[0];
    for (name, coverage) in &domain.coverage {
        let error = coverage.message.as_deref().unwrap_or_default();
        assert_eq!(error.contains(reason), name == list, "{name}: {error}");
        assert_eq!(error.is_empty(), name != list, "{name}: {error}");
    }
    assert!(tenancy.sim.messages()[0].body.contains(reason), "{reason}");
    assert!(!tenancy.stored("credentials.csv").is_empty());
}

#[tokio::test]
async fn page_that_is_too_large_is_requested_with_fewer_rows() {
    // 600 users of 40 KiB are 24 MiB, 500 are 20 MiB, and 250 are 10 MiB.
    let tenancy = serve(even_domain(DEFAULT, 600, 1));
    pad(&tenancy, Users, 40 * KIB);
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
    assert_eq!(
        counts(&tenancy),
        ["1000", "1000", "500", "250", "250", "250"]
    );
}

#[tokio::test]
async fn list_whose_later_pages_are_too_large_is_read_again_in_smaller_ones() {
    let tenancy = serve(even_domain(DEFAULT, 2_300, 0));
    let pad = |row: &mut Value| row["padding"] = json!("x".repeat(20 * KIB));
    let second_page = Fault::edit_rows(pad).target_contains("startIndex=1001");
    tenancy.fault(second_page.resource_type(Users));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(summary.run.domains[0].users, 2_300);
    assert!(counts(&tenancy).contains(&"500".to_owned()));
}

#[tokio::test]
async fn list_whose_smallest_page_is_too_large_fails_alone() {
    let tenancy = serve(even_domain(DEFAULT, 60, 1));
    pad(&tenancy, ApiKeys, 400 * KIB);
    let summary = tenancy.audit().await;
    assert_costs_only(&tenancy, &summary, "api_keys", "the response is too large");
    // 1,000 rows with three sizes of memory, then 500, 250, 125, 62 and 50 rows.
    assert_eq!(requests_by_list(&tenancy)[1], 8);
}

#[tokio::test]
async fn page_with_more_rows_than_any_request_asks_for_fails_alone() {
    for row in [json!({}), json!({"id": "a"}), json!(null)] {
        let tenancy = serve(even_domain(DEFAULT, 5, 1));
        let row_added = row.clone();
        let add = move |list: &mut Value| {
            let rows = list["Resources"].as_array_mut().expect("rows");
            rows.resize(1_001, row_added.clone());
        };
        tenancy.fault(Fault::edit(add).resource_type(AuthTokens));
        let summary = tenancy.audit().await;
        let reason = "a page has more than 1000 rows";
        assert_costs_only(&tenancy, &summary, "auth_tokens", reason);
    }
}

#[tokio::test]
async fn text_of_more_than_four_kib_is_cut() {
    let user = User::named(&format!("{}@example.com", "u".repeat(5_000)));
    let key = Credential::of(&user, CustomerSecretKeys, 0, LONG_AGO).label(&"\u{fc}".repeat(3_000));
    let tenancy = serve(Domain::named(DEFAULT).credential(key).user(user));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    let rows = tenancy.credential_rows();
    let (name, label) = (&rows[0]["user_name"], &rows[0]["label"]);
    assert_eq!(name, &format!("{}\u{2026}", "u".repeat(4_093)));
    assert_eq!(label, &format!("{}\u{2026}", "\u{fc}".repeat(2_046)));
}

#[tokio::test]
async fn domain_whose_rows_do_not_fit_into_the_memory_costs_no_other_domain() {
    let large = even_domain("Large", 6_000, 1);
    let tenancy = Tenancy::empty().domain(even_domain(DEFAULT, 40, 1));
    let tenancy = InProcess::serve(tenancy.domain(large)).set("FN_MEMORY", "8");
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Partial);
    let [default, large] = &summary.run.domains[..] else {
        panic!("two domains: {summary:?}");
    };
    let complete = |coverage: &credential_audit::summary::Coverage| coverage.error.is_none();
    assert!(default.coverage.values().all(complete), "{default:?}");
    let reason = "its rows do not fit: all rows of a run may take 3 MiB";
    let errors = large
        .coverage
        .values()
        .filter_map(|coverage| coverage.message.as_deref());
    let errors: Vec<_> = errors.collect();
    assert!(!errors.is_empty(), "{large:?}");
    assert!(
        errors.iter().all(|error| error.contains(reason)),
        "{errors:?}"
    );
    let digest = &tenancy.sim.messages()[0].body;
    assert!(digest.contains("give the function more memory"), "{digest}");
    // What was read is reported.
    let rows = tenancy.credential_rows();
    assert!(rows.len() > 40 * 6 + 1_000, "{} rows", rows.len());
}
