//! Rows in another form than Oracle documents, as gateways and provisioning clients write them, read the same.

use crate::common::in_process::InProcess;
use credential_audit::model::Verdict;
use serde_json::{Map, Value, json};
use tenancy_sim::{Credential, Domain, Fault, ResourceType, Tenancy, User};

use super::DEFAULT;
use ResourceType::{ApiKeys, AuthTokens, SmtpCredentials, Users};

const CAPABILITIES: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User";
const CREATED: &str = "2025-01-15T08:00:00.000Z";

/// Users who differ in all that booleans say of them.
fn serve() -> InProcess {
    let mut domain = Domain::named(DEFAULT);
    for user in [
        User::named("jane.roe@example.com").federated(),
        User::named("john.roe@example.com").inactive(),
        User::named("svc-deploy").service_user(),
    ] {
        for credential_type in [ApiKeys, AuthTokens, SmtpCredentials] {
            domain = domain.credential(Credential::of(&user, credential_type, 0, CREATED));
        }
        domain = domain.user(user);
    }
    InProcess::serve(Tenancy::empty().domain(domain))
}

/// Whether no user may use SMTP credentials: they are orphaned.
fn without_smtp(user: &mut Value) {
    user[CAPABILITIES]["canUseSmtpCredentials"] = json!(false);
}

/// `credentials.csv` without what differs from server to server and from run to run: the command to delete, and all columns behind.
fn credentials(tenancy: &InProcess) -> Vec<String> {
    let stored = tenancy.stored("credentials.csv");
    let cut = |line: &str| line.rsplitn(5, ',').nth(4).unwrap_or_default().to_owned();
    stored.lines().map(cut).collect()
}

/// Booleans as text.
fn with_texts(value: &mut Value, write: fn(bool) -> &'static str) {
    match value {
        Value::Bool(flag) => *value = json!(write(*flag)),
        Value::Array(items) => items.iter_mut().for_each(|item| with_texts(item, write)),
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(_, member)| with_texts(member, write)),
        _ => {}
    }
}

/// Names of attributes and URNs in another case.
fn with_names(value: &mut Value, write: fn(&str) -> String) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| with_names(item, write)),
        Value::Object(members) => {
            let renamed = std::mem::take(members).into_iter();
            let renamed = renamed.map(|(name, mut member)| {
                with_names(&mut member, write);
                (write(&name), member)
            });
            *members = renamed.collect::<Map<_, _>>();
        }
        _ => {}
    }
}

#[tokio::test]
async fn other_form_of_a_list_reads_the_same() {
    let plain = serve();
    plain.fault(Fault::edit_rows(without_smtp).resource_type(Users));
    let summary = plain.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    let expected = credentials(&plain);
    assert!(expected.iter().any(|line| line.contains("svc-deploy")));

    let lower = |list: &mut Value| with_names(list, str::to_lowercase);
    let upper = |list: &mut Value| with_names(list, str::to_uppercase);
    let capabilities_in_lower_case = |user: &mut Value| {
        let capabilities = user[CAPABILITIES].take();
        user[CAPABILITIES.to_lowercase()] = capabilities;
    };
    let python_texts =
        |user: &mut Value| with_texts(user, |flag| if flag { "True" } else { "False" });
    let json_texts =
        |user: &mut Value| with_texts(user, |flag| if flag { "true" } else { "false" });
    let ocid_alone = |row: &mut Value| {
        let ocid = row["user"]["ocid"].take();
        row["user"] = json!({ "ocid": ocid });
    };
    let ocid_as_value = |row: &mut Value| {
        let ocid = row["user"]["ocid"].take();
        row["user"] = json!({ "value": ocid });
    };
    let ocid_beside_null = |row: &mut Value| row["user"]["value"] = Value::Null;
    let of_credentials = |row_edit: fn(&mut Value)| {
        [ApiKeys, AuthTokens, SmtpCredentials]
            .map(|listed| Fault::edit_rows(row_edit).resource_type(listed))
            .to_vec()
    };
    let of_users = |row_edit: fn(&mut Value)| vec![Fault::edit_rows(row_edit).resource_type(Users)];
    let of_lists = |list_edit: fn(&mut Value)| {
        [Users, ApiKeys, AuthTokens, SmtpCredentials]
            .map(|listed| Fault::edit(list_edit).resource_type(listed))
            .to_vec()
    };
    for (what, faults) in [
        ("booleans as Python writes them", of_users(python_texts)),
        ("booleans as text", of_users(json_texts)),
        (
            "capabilities in lower case",
            of_users(capabilities_in_lower_case),
        ),
        ("every name in lower case", of_lists(lower)),
        ("every name in upper case", of_lists(upper)),
        ("user by OCID alone", of_credentials(ocid_alone)),
        ("OCID in place of the id", of_credentials(ocid_as_value)),
        ("id is null", of_credentials(ocid_beside_null)),
    ] {
        let tenancy = serve();
        tenancy.fault(Fault::edit_rows(without_smtp).resource_type(Users));
        for fault in faults {
            tenancy.fault(fault);
        }
        let summary = tenancy.audit().await;
        assert_eq!(summary.run.verdict, Verdict::Complete, "{what}");
        assert_eq!(credentials(&tenancy), expected, "{what}");
        assert_eq!(
            tenancy.sim.totals().requests,
            plain.sim.totals().requests,
            "{what}"
        );
    }
}

#[tokio::test]
async fn user_without_a_name_is_shown_by_its_id() {
    let id = User::named("svc-deploy").id().to_owned();
    for name in [
        None,
        Some(json!(null)),
        Some(json!("")),
        Some(json!("  ")),
        Some(json!(7)),
    ] {
        let tenancy = serve();
        let given = name.clone();
        let without_name = move |user: &mut Value| {
            if user["userName"] == "svc-deploy" {
                match &given {
                    Some(name) => user["userName"] = name.clone(),
                    None => drop(user.as_object_mut().expect("a user").remove("userName")),
                }
            }
        };
        tenancy.fault(Fault::edit_rows(without_name).resource_type(Users));
        tenancy.audit().await;
        let rows = credentials(&tenancy);
        let of_id = rows.iter().filter(|row| row.contains(&format!(",{id},")));
        assert_eq!(of_id.count(), 3, "{name:?}: {rows:#?}");
        assert!(tenancy.stored("report.html").contains(&id), "{name:?}");
        let digest = tenancy.sim.messages().pop().expect("a digest");
        let of_nobody = digest.body.matches("user without a name, …").count();
        assert!(of_nobody >= 2, "{name:?}: {}", digest.body);
    }
}
