//! The hub: what a run stores there, in which order, and whom it names.

use std::collections::BTreeMap;
use std::sync::Arc;

use credential_audit::event::CheckMode;
use credential_audit::report::manifest::Manifest;
use credential_audit::run::RunError;
use serde_json::{Value, json};
use tenancy_sim::{
    Bucket, Credential, Domain, Effect, Fault, Misbehavior, ResourceType, Service, Tenancy, User,
};

use super::{NOW, of_shard, one_small_domain};
use crate::changes::DailyRuns;
use crate::common::in_process::InProcess;
use crate::common::invariants::sha256;

pub(super) const NAMESPACE: &str = "hubnamespace";
pub(super) const BUCKET: &str = "fleet-hub";
const FOLDER: &str = "fleet/ocid1.tenancy.oc1..aaaaaaaatenancysimulator/";

/// A tenancy with a hub in another one.
pub(super) fn with_hub(tenancy: Tenancy) -> (DailyRuns, Arc<Bucket>) {
    let settings = [
        ("AUDIT_HUB_NAMESPACE", NAMESPACE),
        ("AUDIT_HUB_BUCKET", BUCKET),
    ];
    let runs = DailyRuns::new(tenancy, &settings);
    let bucket = runs.sim.foreign_bucket(NAMESPACE, BUCKET);
    (runs, bucket)
}

fn people() -> Tenancy {
    let jane = User::named("jane.roe@example.com")
        .email("jane.roe@mail.example.com", true)
        .tag("owner", "Rita Owner");
    let old = "2020-01-01T00:00:00Z";
    let token = Credential::of(&jane, ResourceType::AuthTokens, 0, old);
    let key = Credential::of(&jane, ResourceType::ApiKeys, 0, old).created_by(&jane);
    let left = User::named("left@example.com")
        .inactive()
        .last_modified("2020-01-01T00:00:00Z");
    let smtp = Credential::of(&left, ResourceType::SmtpCredentials, 0, old);
    let gone = User::named("gone.away@example.com")
        .inactive()
        .last_modified("2020-01-01T00:00:00Z");
    Tenancy::empty().domain(
        Domain::named("Default")
            .credential(token.description("jane.roe laptop"))
            .credential(key)
            .credential(smtp)
            .credential(Credential::of(&gone, ResourceType::SmtpCredentials, 0, old))
            .user(jane)
            .user(gone)
            .user(left),
    )
}

/// The objects in the hub, by their names below the folder of the run.
pub(super) fn in_hub(bucket: &Bucket, folder: &str) -> BTreeMap<String, String> {
    let objects = bucket.objects().into_iter();
    objects
        .map(|(name, object)| {
            let below = name.strip_prefix(folder);
            let below = below.unwrap_or_else(|| panic!("{name} is not in {folder}"));
            let text = String::from_utf8(object.body.to_vec()).expect("text");
            (below.to_owned(), text)
        })
        .collect()
}

fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader
        .deserialize()
        .map(|row| row.expect("a row"))
        .collect()
}

#[tokio::test]
async fn run_is_stored_in_the_hub_after_its_digest_and_delivered_json_last() {
    let (mut runs, bucket) = with_hub(people());
    runs.set("AUDIT_METRICS_NAMESPACE", "credential_audit");
    let summary = runs.invoke(NOW, &Value::Null).await.expect("a run");
    let id = &summary.run.run_id;
    let folder = format!("{FOLDER}2026/11/19/{id}/");
    let delivery = serde_json::to_value(&summary.delivery).expect("JSON");
    assert_eq!(delivery["hub"], json!({"stored": folder}));
    let stored = in_hub(&bucket, &folder);
    let names: Vec<_> = stored.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "by-person.csv",
            "credentials.csv",
            "delivered.json",
            "manifest.json"
        ]
    );
    // Names are shown in full by default, so the files are those of the run.
    for name in ["by-person.csv", "credentials.csv", "delivered.json"] {
        assert_eq!(
            Some(&stored[name]),
            runs.object(id, name).as_ref(),
            "{name}"
        );
    }
    let manifest: Manifest = serde_json::from_str(&stored["manifest.json"]).expect("a manifest");
    let own: Value =
        serde_json::from_str(&runs.object(id, "manifest.json").expect("a manifest")).expect("JSON");
    let mut same: Value = serde_json::from_str(&stored["manifest.json"]).expect("JSON");
    for field in ["objects", "requests", "elapsed_ms"] {
        same[field] = own[field].clone();
    }
    assert_eq!(same, own);
    assert_eq!(own["oldest"], json!({"age_days": 2514}));
    for object in &manifest.objects {
        let content = &stored[object.name.strip_prefix(&folder).expect("in the folder")];
        assert_eq!(
            (object.bytes, &object.sha256),
            (content.len() as u64, &sha256(content.as_bytes()))
        );
    }
    assert_eq!(manifest.objects.len(), 2);

    let effects: Vec<_> = runs.sim.effects().iter().map(effect).collect();
    let end = effects.len() - 5;
    assert_eq!(effects[end], "measured");
    assert_eq!(
        effects[end + 1..],
        [
            "credentials.csv",
            "by-person.csv",
            "manifest.json",
            "delivered.json"
        ]
        .map(|name| format!("{BUCKET}: {name}"))[..],
        "after everything else, in this order"
    );
    let requests = runs.sim.requests();
    assert!(requests.iter().all(|request| {
        request.service != Service::ObjectStorage
            || !request.target.contains(NAMESPACE)
            || request.method == "PUT"
    }));
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Stored { bucket, object, .. } => {
            format!(
                "{bucket}: {}",
                object.rsplit('/').next().unwrap_or_default()
            )
        }
        Effect::Published { .. } => "published".to_owned(),
        Effect::Measured { .. } => "measured".to_owned(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn masked_files_name_nobody_and_have_no_command() {
    for names in ["masked", "none"] {
        let (mut runs, bucket) = with_hub(people());
        runs.set("AUDIT_DIGEST_NAMES", names);
        runs.set("AUDIT_OWNER_FROM", "tag:owner");
        runs.set("AUDIT_EXCEPTIONS_OBJECT", "accepted.json");
        runs.set("AUDIT_EXCEPTIONS_BUCKET", "exceptions");
        runs.accept(&json!({"exceptions": [
            {"user": "left@example.com", "reason": "Rita Owner knows", "owner": "jane.roe@example.com", "until": "2027-01-31", "accept": ["inactive"]},
            {"user": "jane.roe@example.com", "reason": "x", "until": "jane.roe@example.com"},
        ]}));
        let summary = runs.invoke(NOW, &Value::Null).await.expect("a run");
        let folder = format!("{FOLDER}2026/11/19/{}/", summary.run.run_id);
        let stored = in_hub(&bucket, &folder);
        assert_eq!(stored.len(), 4);
        for (name, text) in &stored {
            let lower = text.to_lowercase();
            for word in [
                "jane",
                "roe",
                "left@",
                "rita",
                "away",
                "laptop",
                "identity-domains",
            ] {
                assert!(!lower.contains(word), "{names}: {word} in {name}:\n{text}");
            }
        }
        let full = runs
            .object(&summary.run.run_id, "credentials.csv")
            .expect("a report");
        let (full, masked) = (rows(&full), rows(&stored["credentials.csv"]));
        assert!(
            full.iter().any(|row| !row["delete_command"].is_empty()),
            "{full:?}"
        );
        assert_eq!(full.len(), masked.len());
        for (full, masked) in full.iter().zip(&masked) {
            assert_eq!(masked["delete_command"], "");
            for (column, cell) in masked {
                let names_people = [
                    "user_name",
                    "user_email",
                    "owner",
                    "label",
                    "created_by",
                    "exception",
                    "delete_command",
                ];
                if !names_people.contains(&column.as_str()) {
                    assert_eq!(cell, &full[column], "{column}");
                }
            }
        }
        let jane = masked
            .iter()
            .find(|row| row["credential_type"] == "auth_tokens")
            .expect("a row");
        let expected = match names {
            "masked" => ["j***@example.com", "j***", "R***"],
            _ => ["", "", ""],
        };
        assert_eq!(
            [&jane["user_name"], &jane["label"], &jane["owner"]],
            expected
        );
        let own = runs
            .object(&summary.run.run_id, "by-person.csv")
            .expect("a report");
        assert!(
            own.contains("jane.roe@example.com"),
            "the own files are as before"
        );
    }
}

#[tokio::test]
async fn shard_is_stored_in_a_folder_of_its_own() {
    let (runs, bucket) = with_hub(Tenancy::empty().domain(one_small_domain()));
    let summary = runs.invoke(NOW, &of_shard(1, 2)).await.expect("a run");
    let folder = format!("{FOLDER}shard-1-of-2/2026/11/19/{}/", summary.run.run_id);
    let stored = in_hub(&bucket, &folder);
    assert_eq!(stored.len(), 4);
    assert!(stored["manifest.json"].contains("\"shard\": \"1/2\""));
}

#[tokio::test]
async fn run_of_another_time_or_scope_and_a_dry_run_are_not_in_the_hub() {
    for (body, reason) in [
        (json!({"dry_run": true}), "dry_run"),
        (json!({"as_of": "2026-12-31T00:00:00Z"}), "as_of"),
        (json!({"credential_types": ["api_keys"]}), "scoped"),
        (json!({"as_of": "+1d", "shard": "1/1"}), "as_of"),
    ] {
        let (runs, bucket) = with_hub(Tenancy::empty().domain(one_small_domain()));
        let summary = runs
            .invoke(NOW, &json!({"audit": body}))
            .await
            .expect("a run");
        let delivery = serde_json::to_value(&summary.delivery).expect("JSON");
        assert_eq!(delivery["hub"], json!({"skipped": reason}), "{body}");
        assert!(bucket.names().is_empty(), "{body}");
    }
}

#[tokio::test]
async fn run_that_failed_stores_why_without_the_words_of_a_service() {
    let (runs, bucket) = with_hub(Tenancy::empty().domain(one_small_domain()));
    runs.sim
        .misbehave_everywhere("Default", Misbehavior::Deny(403));
    let result = runs.invoke(NOW, &of_shard(1, 1)).await;
    assert!(
        matches!(result, Err(RunError::NothingRead { .. })),
        "{result:?}"
    );
    let objects = bucket.objects();
    assert_eq!(objects.len(), 1);
    let (name, object) = objects.iter().next().expect("an object");
    assert!(
        name.starts_with(&format!(
            "{FOLDER}shard-1-of-1/2026/11/19/20261119T060000Z-"
        )),
        "{name}"
    );
    assert!(name.ends_with("/failed.json"), "{name}");
    let failed: Value = serde_json::from_slice(&object.body).expect("JSON");
    let fields: Vec<_> = failed
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        [
            "as_of", "reason", "run_id", "schema", "shard", "tenancy", "version"
        ]
    );
    assert_eq!(failed["shard"], "1/1");
    assert_eq!(failed["tenancy"]["id"], runs.sim.tenancy());
    let reason = failed["reason"].as_str().expect("a text");
    assert!(reason.starts_with("no domain was read: "), "{reason}");
    assert!(!reason.contains("You do not have"), "{reason}");
}

#[tokio::test]
async fn run_whose_digest_is_not_published_is_a_failed_one_in_the_hub() {
    let (runs, bucket) = with_hub(Tenancy::empty().domain(one_small_domain()));
    runs.fault(Fault::status(404).service(Service::Notifications));
    let result = runs.invoke(NOW, &Value::Null).await;
    assert!(matches!(result, Err(RunError::Delivery(_))), "{result:?}");
    let names = bucket.names();
    assert_eq!(names.len(), 1);
    assert!(names[0].ends_with("/failed.json"), "{names:?}");
}

#[tokio::test]
async fn hub_may_be_the_same_bucket_under_another_prefix() {
    let tenancy = InProcess::serve(people());
    let (namespace, bucket) = (
        tenancy.sim.namespace().to_owned(),
        tenancy.sim.bucket_name().to_owned(),
    );
    let tenancy = tenancy
        .set("AUDIT_HUB_NAMESPACE", &namespace)
        .set("AUDIT_HUB_BUCKET", &bucket)
        .set("AUDIT_HUB_PREFIX", "all/")
        .set("AUDIT_DIGEST_NAMES", "masked");
    // Asserts that every manifest is true of the objects that it names.
    let summary = tenancy.audit().await;
    let names = tenancy.sim.bucket(&bucket).names();
    let of_hub = names
        .iter()
        .filter(|name| name.starts_with("all/ocid1.tenancy.oc1.."));
    assert_eq!(of_hub.count(), 4, "{names:?}");
    assert_eq!(tenancy.assert_manifests_are_true(), 2);
    let again = tenancy.audit().await;
    assert_ne!(summary.run.run_id, again.run.run_id);
}

#[tokio::test]
async fn check_stores_an_object_only_on_request_and_names_both_statements() {
    let tenancy = || {
        InProcess::serve(Tenancy::empty().domain(one_small_domain()))
            .set("AUDIT_HUB_NAMESPACE", NAMESPACE)
            .set("AUDIT_HUB_BUCKET", BUCKET)
    };
    let step = |report: credential_audit::check::result::CheckReport| {
        let steps = serde_json::to_value(&report.checks).expect("JSON");
        let steps = steps.as_array().expect("steps").clone();
        let step = steps
            .into_iter()
            .find(|step| step["what"] == "store_in_hub");
        step.expect("a step")
    };
    let served = tenancy();
    let bucket = served.sim.foreign_bucket(NAMESPACE, BUCKET);
    let read_only = step(served.check(CheckMode::ReadOnly).await);
    assert_eq!(read_only["result"], "not_checked", "{read_only}");
    assert!(bucket.names().is_empty());
    let works = step(served.check(CheckMode::Send).await);
    assert_eq!(works["result"], "works", "{works}");
    let names = bucket.names();
    assert!(
        names[0].starts_with(&format!("{FOLDER}checks/")),
        "{names:?}"
    );

    // No such bucket, or no permission.
    let refused = step(tenancy().check(CheckMode::Send).await);
    assert_eq!(refused["result"], "refused", "{refused}");
    let statement = refused["statement"].as_str().expect("a statement");
    let conditions = format!(
        "where all {{target.bucket.name='{BUCKET}', target.object.name='{FOLDER}*', request.permission='OBJECT_CREATE'}}"
    );
    assert_eq!(
        statement,
        format!(
            "Endorse dynamic-group <the function's group> to manage objects in tenancy <the hub's> {conditions} (in this tenancy) and Admit dynamic-group <the function's group> of tenancy <this one> to manage objects in tenancy {conditions} (in the hub's tenancy)"
        )
    );
}
