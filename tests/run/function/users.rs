//! The settings of what to read of users: administrators and sign-ins.

use std::collections::HashMap;

use crate::common::function::Function;
use crate::common::{AS_OF, LONG_AGO, generated};
use serde_json::Value;
use tenancy_sim::{Credential, Domain, ResourceType, Tenancy, User};

use super::judged_at;

/// Users with an old API key each, in groups of two domains.
fn tenancy() -> Tenancy {
    let domain = |name: &str, users: [User; 3]| {
        let mut domain = Domain::named(name);
        for user in users {
            let key = Credential::of(&user, ResourceType::ApiKeys, 0, LONG_AGO);
            domain = domain.credential(key).user(user);
        }
        domain
    };
    let default = [
        User::named("administrator@example.com").administrator(),
        User::named("cloud-admin@example.com").in_group("Cloud Admins"),
        User::named("operator@example.com").in_group("Operators"),
    ];
    let dev = [
        User::named("dev-administrator@example.com").administrator(),
        User::named("dev-cloud-admin@example.com").in_group("Cloud Admins"),
        User::named("dev-operator@example.com").in_group("Operators"),
    ];
    Tenancy::empty()
        .domain(domain("Default", default))
        .domain(domain("Dev", dev))
}

async fn control(function: &Function, number: &str) -> Value {
    function.summary(&judged_at(AS_OF)).await;
    let manifest: Value = serde_json::from_str(&function.stored("manifest.json")).expect("JSON");
    let mut controls = manifest["controls"].as_array().expect("controls").iter();
    let control = controls.find(|control| control["control"] == number);
    control.expect("a control").clone()
}

fn administrators(function: &Function) -> Vec<String> {
    let rows = function.stored("credentials.csv");
    let mut rows = csv::Reader::from_reader(rows.as_bytes());
    let rows = rows
        .deserialize()
        .map(|row| row.expect("a row"))
        .filter(|row: &HashMap<String, String>| row["user_admin"] == "true");
    let mut names: Vec<_> = rows.map(|row| row["user_name"].clone()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn administrators_are_members_of_administrators_and_of_the_groups_in_the_settings() {
    for (groups, expected) in [
        ("", &["administrator@example.com"][..]),
        (
            "default/CLOUD ADMINS, Dev/Operators",
            &[
                "administrator@example.com",
                "cloud-admin@example.com",
                "dev-operator@example.com",
            ],
        ),
        (
            "Dev/Administrators,Lab/Operators",
            &["administrator@example.com", "dev-administrator@example.com"],
        ),
    ] {
        let function = Function::start(tenancy(), &[("AUDIT_ADMIN_GROUPS", groups)]).await;
        let control = control(&function, "1.12").await;
        assert_eq!(administrators(&function), expected, "{groups}");
        assert_eq!(control["status"], "not_compliant", "{groups}");
        assert_eq!(control["total"], expected.len(), "{groups}");
        let rule = control["rule"].as_str().expect("a rule");
        assert_eq!(rule.contains("AUDIT_ADMIN_GROUPS"), !groups.is_empty());
    }
}

#[tokio::test]
async fn sign_ins_are_neither_requested_nor_reported_if_activity_is_off() {
    let every = (
        "AUDIT_REPORTS",
        "expiry,usage,credentials,html,ocsf,calendar",
    );
    let function = Function::start(generated(60), &[every, ("AUDIT_ACTIVITY", "off")]).await;
    let control = control(&function, "1.16").await;
    for request in function.sim.requests() {
        assert!(!request.target.contains("Login"), "{}", request.target);
    }
    assert_eq!(control["status"], "not_assessable");
    assert!(
        control.to_string().contains("AUDIT_ACTIVITY is off"),
        "{control}"
    );
    assert!(!function.stored("credentials.csv").contains("signed in"));
    assert!(!function.stored("findings.jsonl").contains("dormant"));
}
