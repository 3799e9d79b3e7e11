//! The owner of a credential, from each source, and what is said if a service does not return it.

use crate::common::LONG_AGO;
use crate::common::in_process::InProcess;
use tenancy_sim::{Credential, Domain, Fault, ResourceType, Tenancy, User};

/// Users with an old API key each.
fn tenancy() -> Tenancy {
    let mut domain = Domain::named("Default");
    for user in [
        User::named("jane.roe@example.com")
            .department("Payments")
            .manager("Ana Lopez")
            .tag("Owner", "payments")
            .defined_tag("Operations", "CostCenter", "42")
            .in_group("team-web")
            .in_group("team-api"),
        User::named("svc-deploy")
            .tag("other", "x")
            .department("  ")
            .in_group("Operators"),
    ] {
        let key = Credential::of(&user, ResourceType::ApiKeys, 0, LONG_AGO);
        domain = domain.credential(key).user(user);
    }
    Tenancy::empty().domain(domain)
}

fn owners(tenancy: &InProcess) -> Vec<(String, String)> {
    let rows = tenancy.credential_rows();
    let mut owners: Vec<_> = rows
        .iter()
        .map(|row| (row["user_name"].clone(), row["owner"].clone()))
        .collect();
    owners.sort_unstable();
    owners
}

#[tokio::test]
async fn owner_is_read_from_each_source() {
    for (source, jane) in [
        ("tag:owner", "payments"),
        ("tag:operations.costcenter", "42"),
        ("department", "Payments"),
        ("manager", "Ana Lopez"),
        ("group:team-", "team-api"),
        ("tag:none", "(no owner)"),
    ] {
        let tenancy = InProcess::serve(tenancy()).set("AUDIT_OWNER_FROM", source);
        tenancy.audit().await;
        let owners = owners(&tenancy);
        let of = |user: usize| owners[user].1.as_str();
        assert_eq!((of(0), of(1)), (jane, "(no owner)"), "{source}");
        let by_owner = tenancy.stored("by-owner.csv");
        assert!(by_owner.contains(&format!("\n{jane},now,")), "{by_owner}");
        let digest = &tenancy.sim.messages()[0].body;
        assert!(digest.contains("\nOWNERS\n- "), "{digest}");
        let page = tenancy.stored("report.html");
        assert!(page.contains(&format!("<option value=\"={jane}\">")));
    }
}

#[tokio::test]
async fn without_the_setting_nothing_is_asked_and_nothing_is_said() {
    let tenancy = InProcess::serve(tenancy());
    tenancy.audit().await;
    assert!(owners(&tenancy).iter().all(|(_, owner)| owner.is_empty()));
    for request in tenancy.requests_for(ResourceType::Users) {
        assert!(!request.target.contains("OCITags"), "{}", request.target);
        assert!(!request.target.contains("enterprise"), "{}", request.target);
    }
    let objects = tenancy.sim.bucket(tenancy.sim.bucket_name()).objects();
    assert!(objects.iter().all(|(name, _)| !name.contains("by-owner")));
    assert!(!tenancy.sim.messages()[0].body.contains("OWNERS"));
    assert!(!tenancy.stored("report.html").contains("id=\"owner\""));
}

#[tokio::test]
async fn refused_attribute_makes_owners_unknown_and_the_run_stays_complete() {
    for (source, attribute) in [
        ("tag:owner", "OCITags%3AfreeformTags"),
        ("tag:operations.costcenter", "OCITags%3AdefinedTags"),
        ("department", "2.0%3AUser%3Adepartment"),
        ("manager", "2.0%3AUser%3Amanager"),
    ] {
        let tenancy = InProcess::serve(tenancy()).set("AUDIT_OWNER_FROM", source);
        let refusal = Fault::scim_error(400, "Attribute is invalid.");
        tenancy.fault(
            refusal
                .resource_type(ResourceType::Users)
                .target_contains(attribute),
        );
        let summary = tenancy.audit().await;
        assert_eq!(summary.run.verdict.word(), "COMPLETE", "{source}");
        assert!(owners(&tenancy).iter().all(|(_, owner)| owner.is_empty()));
        let digest = &tenancy.sim.messages()[0].body;
        let said = "- unknown in domain Default: the service does not return the attribute";
        assert!(digest.contains(said), "{digest}");
    }
}

#[tokio::test]
async fn owners_are_masked_with_the_names_of_people() {
    let tenancy = InProcess::serve(tenancy())
        .set("AUDIT_OWNER_FROM", "manager")
        .set("AUDIT_DIGEST_NAMES", "masked");
    tenancy.audit().await;
    let digest = &tenancy.sim.messages()[0].body;
    assert!(!digest.contains("Lopez"), "{digest}");
    assert!(digest.contains("- A***: rotate 1, of 1 person"), "{digest}");
}
