//! Attributes that a service leaves out, or writes in another way: they are unknown, and never a reason to delete.

use crate::common::even_domain_since;
use crate::common::in_process::InProcess;
use credential_audit::model::Verdict;
use serde_json::{Value, json};
use tenancy_sim::{Fault, ResourceType, Tenancy};

use super::DEFAULT;
use ResourceType::{ApiKeys, SmtpCredentials, Users};

const CAPABILITIES: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User";

/// Users with one new credential of each type.
fn serve(users: usize) -> InProcess {
    let created = (chrono::Utc::now() - chrono::TimeDelta::days(3)).to_rfc3339();
    InProcess::serve(Tenancy::empty().domain(even_domain_since(&created, DEFAULT, users, 1)))
}

#[tokio::test]
async fn credentials_that_name_their_users_by_ocid_alone_are_held_by_them() {
    let tenancy = serve(12);
    let without_id = |credential: &mut Value| {
        let user = credential["user"].as_object_mut().expect("a user");
        assert!(user.remove("value").is_some() && user.contains_key("ocid"));
    };
    for list in [ApiKeys, SmtpCredentials] {
        tenancy.fault(Fault::edit_rows(without_id).resource_type(list));
    }
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(
        (summary.run.domains[0].users, summary.run.unlisted),
        (12, 0)
    );
    // The same requests as for ids: nobody is looked for.
    assert_eq!(tenancy.requests_for(Users).len(), 1);
    let usage = tenancy.stored("usage-Default.csv");
    let configured = usage.matches("ENABLED & CONFIGURED").count();
    assert_eq!(configured, 12 * 6, "{usage}");
}

#[tokio::test]
async fn silence_about_users_marks_no_credential() {
    /// What a case is, how a user's row is edited, and the cell of the scripts' file.
    type Case = (&'static str, fn(&mut Value), &'static str);
    let cases: [Case; 6] = [
        (
            "no active",
            |user| drop(user.as_object_mut().expect("a user").remove("active")),
            "True",
        ),
        ("text", |user| user["active"] = json!("unknown"), "True"),
        (
            "no capabilities",
            |user| drop(user.as_object_mut().expect("a user").remove(CAPABILITIES)),
            "False",
        ),
        (
            "no capability",
            |user| {
                let capabilities = user[CAPABILITIES].as_object_mut().expect("capabilities");
                capabilities.remove("canUseSmtpCredentials");
            },
            "False",
        ),
        (
            "capability as text",
            |user| user[CAPABILITIES]["canUseSmtpCredentials"] = json!("yes"),
            "True",
        ),
        (
            "capability as a list",
            |user| user[CAPABILITIES]["canUseSmtpCredentials"] = json!([false]),
            "True",
        ),
    ];
    for (case, edit, python) in cases {
        let tenancy = serve(3);
        tenancy.fault(Fault::edit_rows(edit).resource_type(Users));
        let summary = tenancy.audit().await;
        assert_eq!(summary.run.verdict, Verdict::Complete, "{case}");
        let marks = (summary.run.orphaned, summary.run.user_inactive);
        assert_eq!(marks, (0, 0), "{case}");
        let digest = tenancy.sim.messages().pop().expect("a message").body;
        assert!(!digest.contains("No findings: "), "{case}: {digest}");
        assert!(digest.contains("; compare with the console\n"), "{digest}");
        assert!(!tenancy.stored("report.html").contains("No findings: "));
        // The scripts' files know no third value.
        let usage = tenancy.stored("usage-Default.csv");
        let row = usage.lines().nth(1).expect("a user");
        let smtp = row.split(',').nth(6);
        assert_eq!(smtp, Some(python), "{case}: {row}");
    }
}
