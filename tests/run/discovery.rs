//! Discovery of the domains of a tenancy: regions, compartments, domains listed in one region only, and refused lists.

use std::time::Duration;

use crate::common::even_domain;
use crate::common::in_process::InProcess;
use credential_audit::model::Verdict;
use credential_audit::run::RunError;
use credential_audit::summary::Summary;
use serde_json::{Value, json};
use tenancy_sim::{Compartment, Fault, Misbehavior, Service, Tenancy};

fn discovering(tenancy: Tenancy) -> InProcess {
    InProcess::serve(tenancy).unset("AUDIT_DOMAIN_URLS")
}

fn names(summary: &Summary) -> Vec<&str> {
    summary
        .run
        .domains
        .iter()
        .map(|domain| domain.name.as_str())
        .collect()
}

/// Three regions, two compartments, four domains. Each of two domains is listed in one foreign region only.
fn spread() -> Tenancy {
    let (apps, lab) = (Compartment::named("apps"), Compartment::named("lab"));
    Tenancy::empty()
        .subscribed_to("eu-frankfurt-1")
        .subscribed_to("ap-tokyo-1")
        .domain(even_domain("Default", 2, 1))
        .domain(even_domain("Apps", 1, 1).in_compartment(&apps))
        .domain(
            even_domain("Lab", 1, 1)
                .in_compartment(&lab)
                .listed_in(&["ap-tokyo-1"]),
        )
        .domain(even_domain("Root", 1, 1).listed_in(&["eu-frankfurt-1"]))
        .compartment(apps)
        .compartment(lab)
}

#[tokio::test]
async fn every_domain_of_every_compartment_and_region_is_read_once() {
    let tenancy = discovering(spread());
    let summary = tenancy.audit().await;
    assert_eq!(names(&summary), ["Apps", "Default", "Lab", "Root"]);
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(summary.run.credentials, 5 * 6);
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
    let requests = tenancy.sim.requests();
    let lists = requests
        .iter()
        .filter(|request| request.path().ends_with("/domains"))
        .count();
    assert_eq!(lists, 3 * 3, "each compartment in each region, once");
}

#[tokio::test]
async fn iam_lists_are_read_past_an_empty_page() {
    let tenancy = discovering(spread());
    tenancy.sim.page_identity_lists(1, true);
    let summary = tenancy.audit().await;
    assert_eq!(names(&summary), ["Apps", "Default", "Lab", "Root"]);
    assert_eq!(summary.run.verdict, Verdict::Complete);
}

#[tokio::test]
async fn repeated_next_page_of_iam_is_a_gap_and_ends() {
    let tenancy = discovering(spread());
    let again = Fault::status(200)
        .body("application/json", "[]")
        .header("opc-next-page", "again");
    tenancy.fault(again.target_contains("/compartments"));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Partial);
    assert!(summary.run.discovery_gaps[0].contains("the same next page"));
    assert!(summary.delivery.requests < 60);
}

#[tokio::test]
async fn domain_of_external_users_is_skipped_with_a_notice() {
    let tenancy =
        discovering(spread().domain(even_domain("Customers", 3, 1).license("external-user")));
    let summary = tenancy.audit().await;
    assert_eq!(names(&summary), ["Apps", "Default", "Lab", "Root"]);
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert!(
        summary
            .run
            .notices
            .iter()
            .any(|notice| notice.contains("Customers") && notice.contains("external-user"))
    );
}

#[tokio::test]
async fn inactive_domain_is_skipped_and_unknown_state_is_read() {
    let tenancy = discovering(
        spread()
            .domain(even_domain("Gone", 1, 1).lifecycle_state("INACTIVE"))
            .domain(even_domain("Updating", 1, 1).lifecycle_state("UPDATING")),
    );
    let summary = tenancy.audit().await;
    assert_eq!(
        names(&summary),
        ["Apps", "Default", "Lab", "Root", "Updating"]
    );
    assert!(
        summary
            .run
            .notices
            .iter()
            .any(|notice| notice.contains("Gone") && notice.contains("INACTIVE"))
    );
}

#[tokio::test]
async fn failing_domain_does_not_affect_others() {
    let tenancy = discovering(spread());
    tenancy.fault(Fault::status(403).domain("Apps"));
    tenancy.fault(Fault::reset_before_answer().domain("Lab"));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Partial);
    let verdicts: Vec<_> = summary
        .run
        .domains
        .iter()
        .map(|domain| domain.verdict)
        .collect();
    assert_eq!(
        verdicts,
        [
            Verdict::Failed,
            Verdict::Complete,
            Verdict::Failed,
            Verdict::Complete
        ]
    );
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 12);
}

#[tokio::test]
async fn refused_iam_list_is_a_gap_with_its_statement() {
    for (list, statement, found) in [
        (
            "/regionSubscriptions",
            "to inspect tenancies in tenancy",
            vec!["Apps", "Default"],
        ),
        (
            "/compartments",
            "to inspect compartments in tenancy",
            vec!["Default", "Root"],
        ),
        (
            "/ap-tokyo-1/",
            "to inspect domains in tenancy",
            vec!["Apps", "Default", "Root"],
        ),
    ] {
        let tenancy = discovering(spread());
        tenancy.fault(
            Fault::status(404)
                .service(Service::Identity)
                .target_contains(list),
        );
        let summary = tenancy.audit().await;
        assert_eq!(names(&summary), found, "{list}");
        assert_eq!(summary.run.verdict, Verdict::Partial, "{list}");
        let gaps = summary.run.discovery_gaps.join("\n");
        assert!(gaps.contains(statement), "{gaps}");
        assert!(tenancy.sim.messages()[0].body.contains("PARTIAL"), "{list}");
    }
}

#[tokio::test]
async fn refused_iam_fails_the_run_and_names_the_permission() {
    let tenancy = discovering(spread());
    tenancy.fault(Fault::status(404).service(Service::Identity));
    let error = tenancy.run().await.expect_err("nothing to read");
    assert!(matches!(error, RunError::NothingRead { .. }));
    assert!(
        error.to_string().contains("to inspect domains in tenancy"),
        "{error}"
    );
    assert_eq!(
        tenancy.sim.bucket(tenancy.sim.bucket_name()).names(),
        [""; 0]
    );
    assert!(tenancy.sim.messages()[0].body.contains("FAILED"));
}

#[tokio::test]
async fn discovered_url_on_a_foreign_host_gets_no_signed_request() {
    let tenancy = discovering(spread());
    let domain = |url: &str| {
        let id = "ocid1.domain.oc1..aaaaaaaaforeign";
        format!(r#"[{{"id":"{id}","displayName":"Foreign","url":"{url}","licenseType":"free"}}]"#)
    };
    for url in [
        "https://idcs-1.identity.oraclecloud.com.example.com:443",
        "https://example.com",
        "http://idcs-1.identity.oraclecloud.com",
        "https://idcs-1.identity.oraclecloud.com@example.com",
    ] {
        tenancy.sim.faults().clear();
        let fault = Fault::status(200).body("application/json", &domain(url));
        tenancy.fault(fault.target_contains("/ap-tokyo-1/"));
        let summary = tenancy.audit().await;
        assert_eq!(summary.run.verdict, Verdict::Partial, "{url}");
        assert!(!names(&summary).contains(&"Foreign"), "{url}");
        let gaps = summary.run.discovery_gaps.join("\n");
        assert!(gaps.contains("domain Foreign is not read"), "{gaps}");
    }
}

#[tokio::test]
async fn region_with_an_invalid_name_is_not_requested() {
    let tenancy = discovering(spread());
    let names = ["us-phoenix-1", "example.com/x", "mila-stone"];
    let rows = names.map(|name| serde_json::json!({ "regionName": name }));
    let body = &serde_json::Value::from(rows.to_vec()).to_string();
    let fault = Fault::status(200).body("application/json", body);
    tenancy.fault(fault.target_contains("/regionSubscriptions"));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Partial);
    let gaps = summary.run.discovery_gaps.join("\n");
    assert_eq!(
        gaps.matches("is not a valid region name").count(),
        2,
        "{gaps}"
    );
    for part in ["example.com", "mila-stone"] {
        assert!(!gaps.contains(part), "{gaps}");
        let mut requests = tenancy.sim.requests().into_iter();
        assert!(requests.all(|request| !request.target.contains(part)));
    }
}

#[tokio::test]
async fn text_of_a_service_that_should_be_an_id_or_a_url_is_not_in_the_answer() {
    let tenancy = discovering(spread());
    let name = "mila.stone@example.org";
    let compartments = serde_json::json!([{ "id": name }]).to_string();
    let fault = Fault::status(200).body("application/json", &compartments);
    tenancy.fault(fault.target_contains("/compartments?"));
    tenancy.fault(Fault::status(404).target_contains("compartmentId=mila"));
    let domains = serde_json::json!([{ "id": name, "url": name }]).to_string();
    let fault = Fault::status(200).body("application/json", &domains);
    tenancy.fault(fault.target_contains("/ap-tokyo-1/20160918/domains?compartmentId=ocid1"));
    let summary = tenancy.audit().await;
    let gaps = summary.run.discovery_gaps.join("\n");
    assert!(
        gaps.contains("a compartment whose id is not an OCID in "),
        "{gaps}"
    );
    assert!(
        gaps.contains("domain without a name is not read: its URL is not a URL"),
        "{gaps}"
    );
    assert!(!gaps.contains("mila"), "{gaps}");
}

#[tokio::test]
async fn domain_named_by_both_of_its_urls_is_counted_once() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain("Default", 3, 1)));
    let url = tenancy.sim.domain_urls().remove(0);
    let home_region_url = url.replace("127.0.0.1", "localhost");
    assert_ne!(url, home_region_url);
    let list = serde_json::json!([{
        "id": "ocid1.domain.oc1..one",
        "displayName": "Default",
        "url": url,
        "homeRegionUrl": home_region_url,
        "lifecycleState": "ACTIVE",
    }]);
    let listed = Fault::status(200).body("application/json", &list.to_string());
    let listed = listed.service(Service::Identity);
    tenancy.fault(listed.target_contains("/domains"));
    let both = format!("{url},{home_region_url}");
    let summary = tenancy.set("AUDIT_DOMAIN_URLS", &both).audit().await;
    assert_eq!(summary.run.domains.len(), 1);
    assert_eq!(summary.run.credentials, 18);
}

/// The delay of the slow list of IAM.
const SLOW: Duration = Duration::from_secs(2);

/// Whether a domain was read before the slow response of IAM.
fn read_meanwhile(tenancy: &InProcess) -> bool {
    let requests = tenancy.sim.requests();
    let first = |service| {
        let of_service = requests.iter().filter(|request| request.service == service);
        of_service.map(|request| request.at).min()
    };
    let (page, list) = (first(Service::IdentityDomain), first(Service::Identity));
    page.zip(list)
        .is_some_and(|(page, list)| page < list + SLOW)
}

#[tokio::test]
async fn known_domain_is_read_while_others_are_discovered() {
    let tenancy = discovering(spread());
    tenancy.fault(Fault::delay(SLOW).target_contains("/compartments"));
    let summary = tenancy.audit().await;
    assert_eq!(names(&summary), ["Apps", "Default", "Lab", "Root"]);
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert!(read_meanwhile(&tenancy));
}

#[tokio::test]
async fn configured_domain_is_read_during_lookup_then_at_the_rate_of_its_license() {
    let domain = even_domain("Default", 30, 1).license("premium");
    let tenancy = InProcess::serve(Tenancy::empty().domain(domain)).unset("AUDIT_RATE_LIMIT");
    // One row per page: more requests than a Free domain permits per minute.
    tenancy
        .sim
        .misbehave_everywhere("Default", Misbehavior::ClampPages(1));
    tenancy.sim.enforce_rate_limits("Default", Some("premium"));
    tenancy.fault(Fault::delay(SLOW).service(Service::Identity));
    let summary = tenancy.audit().await;
    assert_eq!(names(&summary), ["Default"]);
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert!(read_meanwhile(&tenancy));
    let requests = tenancy.sim.requests();
    let mut pages: Vec<_> = requests
        .iter()
        .filter(|request| request.service == Service::IdentityDomain)
        .map(|request| request.at)
        .collect();
    pages.sort();
    assert!(pages.len() > 200, "{}", pages.len());
    // At first the limit of the domain is unknown: three quarters of 20 requests per second.
    let first_second = pages[0]..pages[0] + Duration::from_secs(1);
    let first = pages.iter().filter(|at| first_second.contains(at)).count();
    assert!(first <= 15, "{first}");
    let last = pages[pages.len() - 1] - pages[0];
    assert!(last < Duration::from_secs(60), "{last:?}");
    assert_eq!(tenancy.sim.totals().throttled, 0);
}

#[tokio::test]
async fn configured_domains_are_read_despite_iam_faults() {
    for fault in [
        Fault::status(404),
        Fault::status(503),
        Fault::html(200),
        Fault::hang(),
    ] {
        let tenancy = InProcess::serve(spread()).within(Duration::from_secs(30));
        tenancy.fault(fault.service(Service::Identity));
        let summary = tenancy.audit().await;
        assert_eq!(summary.run.verdict, Verdict::Complete);
        assert_eq!(summary.run.domains.len(), 4);
        assert_eq!(summary.run.credentials, 5 * 6);
    }
}

#[tokio::test]
async fn malformed_row_of_an_iam_list_costs_only_itself() {
    for (list, row, gap) in [
        (
            "/domains",
            json!(17),
            "lists of domains: 1 row could not be read",
        ),
        (
            "/domains",
            json!(["ocid1.domain.oc1..x"]),
            "lists of domains: 1 row could not be read",
        ),
        (
            "/domains",
            json!({"id": "ocid1.domain.oc1..x", "displayName": "Blank"}),
            "domain Blank is not read",
        ),
        ("/domains", json!({}), "domain without a name is not read"),
        (
            "/compartments",
            json!({"id": 3}),
            "compartments of the tenancy: 1 row could not be read",
        ),
        (
            "/regionSubscriptions",
            json!({"regionKey": "FRA"}),
            "region subscriptions of the tenancy: 1 row could not be read",
        ),
    ] {
        let tenancy = discovering(spread());
        let added = row.clone();
        let add =
            move |rows: &mut Value| rows.as_array_mut().expect("rows").insert(0, added.clone());
        tenancy.fault(Fault::edit(add).target_contains(list).nth(1));
        let summary = tenancy.audit().await;
        assert_eq!(names(&summary), ["Apps", "Default", "Lab", "Root"], "{row}");
        assert_eq!(summary.run.verdict, Verdict::Partial, "{row}");
        let gaps = &summary.run.discovery_gaps;
        assert!(
            gaps.iter().any(|said| said.contains(gap)),
            "{row}: {gaps:?}"
        );
    }
}

#[tokio::test]
async fn domains_with_one_ocid_and_two_urls_are_both_read() {
    let tenancy = discovering(spread());
    let ocid = "ocid1.domain.oc1..same";
    let same = move |rows: &mut Value| {
        for row in rows.as_array_mut().expect("rows") {
            row["id"] = json!(ocid);
        }
    };
    tenancy.fault(Fault::edit(same).target_contains("/domains"));
    let summary = tenancy.audit().await;
    assert_eq!(names(&summary), ["Apps", "Default", "Lab", "Root"]);
    assert_eq!(summary.run.credentials, 5 * 6);
    assert_eq!(summary.run.verdict, Verdict::Partial);
    let gaps = &summary.run.discovery_gaps;
    assert!(
        gaps[0].contains("its OCID is listed with different URLs"),
        "{gaps:?}"
    );
}

#[tokio::test]
async fn domains_without_an_ocid_are_read() {
    let tenancy = discovering(spread());
    let without = |rows: &mut Value| {
        for row in rows.as_array_mut().expect("rows") {
            row["id"] = json!(null);
        }
    };
    tenancy.fault(Fault::edit(without).target_contains("/domains"));
    let summary = tenancy.audit().await;
    assert_eq!(names(&summary), ["Apps", "Default", "Lab", "Root"]);
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
}

#[tokio::test]
async fn named_domains_are_read_whatever_ocid_the_list_gives_them() {
    let tenancy = InProcess::serve(
        Tenancy::empty()
            .domain(even_domain("Default", 2, 1))
            .domain(even_domain("Dev", 1, 1)),
    );
    let same = |rows: &mut Value| {
        for row in rows.as_array_mut().expect("rows") {
            row["id"] = json!("ocid1.domain.oc1..same");
        }
    };
    tenancy.fault(Fault::edit(same).target_contains("/domains"));
    let summary = tenancy.audit().await;
    assert_eq!(names(&summary), ["Default", "Dev"]);
    assert_eq!(summary.run.credentials, 3 * 6);
}

#[tokio::test]
async fn domain_that_only_one_of_two_rows_excludes_is_read() {
    for (name, value) in [
        ("licenseType", "external-user"),
        ("lifecycleState", "DELETED"),
        ("lifecycleState", "INACTIVE"),
    ] {
        let tenancy = discovering(spread());
        let add = move |rows: &mut Value| {
            let rows = rows.as_array_mut().expect("rows");
            if let Some(apps) = rows.iter().find(|row| row["displayName"] == "Apps") {
                let mut excluded = apps.clone();
                excluded[name] = json!(value);
                rows.insert(0, excluded);
            }
        };
        tenancy.fault(Fault::edit(add).target_contains("/domains"));
        let summary = tenancy.audit().await;
        assert_eq!(
            names(&summary),
            ["Apps", "Default", "Lab", "Root"],
            "{value}"
        );
    }
}

#[tokio::test]
async fn empty_list_of_region_subscriptions_is_a_gap() {
    let tenancy = discovering(spread());
    let empty = Fault::status(200).body("application/json", "[]");
    tenancy.fault(empty.target_contains("/regionSubscriptions"));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Partial);
    let gaps = &summary.run.discovery_gaps;
    assert!(
        gaps[0].contains("region subscriptions is empty"),
        "{gaps:?}"
    );
}

#[tokio::test]
async fn lists_without_the_default_domain_are_a_gap() {
    for (domain_type, verdict) in [
        (json!("DEFAULT"), Verdict::Complete),
        (json!("SECONDARY"), Verdict::Partial),
        // Without a type, any domain may be the Default domain.
        (Value::Null, Verdict::Complete),
    ] {
        let tenancy = discovering(spread());
        let kind = domain_type.clone();
        let retype = move |rows: &mut Value| {
            for row in rows.as_array_mut().expect("rows") {
                if row["type"] == "DEFAULT" {
                    row["type"] = kind.clone();
                }
            }
        };
        tenancy.fault(Fault::edit(retype).target_contains("/domains"));
        let summary = tenancy.audit().await;
        assert_eq!(summary.run.verdict, verdict, "{domain_type}");
        let gaps = &summary.run.discovery_gaps;
        let says = gaps
            .iter()
            .any(|gap| gap.contains("lack the Default domain"));
        assert_eq!(says, verdict == Verdict::Partial, "{gaps:?}");
    }
}
