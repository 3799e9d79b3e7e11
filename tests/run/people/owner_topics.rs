//! The topics of owners: each gets its own part, and a failure of one costs no other.

use credential_audit::check::result::{CheckResult, Subject};
use credential_audit::model::Verdict;
use serde_json::{Value, json};
use tenancy_sim::{Credential, Domain, Fault, ResourceType, Service, Tenancy, User};

use crate::changes::DailyRuns;

use super::OLD;

const PAYMENTS: &str = "ocid1.onstopic.oc1.phx.aaaaaaaapayments";
const WEB: &str = "ocid1.onstopic.oc1.phx.aaaaaaaaweb";

fn runs() -> DailyRuns {
    let mut domain = Domain::named("Default");
    for (name, owner) in [
        ("jane.roe@example.com", "payments"),
        ("svc-deploy", "web"),
        ("nobody@example.com", "unknown"),
    ] {
        let user = User::named(name).tag("owner", owner);
        let key = Credential::of(&user, ResourceType::ApiKeys, 0, OLD);
        domain = domain.credential(key).user(user);
    }
    let tenancy = Tenancy::empty().domain(domain);
    let tenancy = tenancy.further_topic(PAYMENTS).further_topic(WEB);
    let settings = [
        ("AUDIT_OWNER_FROM", "tag:owner"),
        ("AUDIT_EXCEPTIONS_OBJECT", "accepted.json"),
        ("AUDIT_EXCEPTIONS_BUCKET", "exceptions"),
    ];
    let runs = DailyRuns::new(tenancy, &settings);
    runs.accept(&json!({"owners": [
        {"owner": "Payments", "topic": PAYMENTS},
        {"owner": "web", "topic": WEB},
        {"owner": "nothing", "topic": "ocid1.onstopic.oc1.phx.aaaaaaaanothing"},
    ]}));
    runs
}

/// The texts that a topic got.
fn of(runs: &DailyRuns, topic: &str) -> Vec<String> {
    let messages = runs.sim.messages().into_iter();
    let messages = messages.filter(|message| message.topic == topic);
    messages
        .map(|message| format!("{}\n{}", message.title.unwrap_or_default(), message.body))
        .collect()
}

#[tokio::test]
async fn each_owner_gets_its_own_part_without_a_baseline_for_news_and_on_the_weekday() {
    let runs = runs();
    let day = runs.on("2026-11-17").await;
    let summary = &day.summary["owner_topics"];
    assert_eq!(
        *summary,
        json!({"published": 2, "not_due": 1, "failed": []})
    );
    let payments = of(&runs, PAYMENTS);
    assert!(
        payments[0].contains("Payments: 1 to rotate now"),
        "{}",
        payments[0]
    );
    assert!(
        payments[0].contains("jane.roe@example.com"),
        "{}",
        payments[0]
    );
    assert!(payments[0].contains("credential-audit-digest: "));
    for other in ["svc-deploy", "nobody@example.com", "web"] {
        assert!(!payments[0].contains(other), "{other}: {}", payments[0]);
    }
    assert!(of(&runs, WEB)[0].contains("svc-deploy"));

    // Nothing new, then something new of one owner; then the weekday.
    let day = runs.on("2026-11-18").await;
    assert_eq!(day.summary["owner_topics"]["published"], 0);
    let user = User::named("svc-deploy");
    runs.sim.change("Default", |directory| {
        directory.add_credential(Credential::of(&user, ResourceType::SmtpCredentials, 0, OLD));
    });
    // A day later, so the weekday is not reached.
    let day = runs.invoke("2026-11-18T12:00:00Z", &Value::Null).await;
    let day = serde_json::to_value(day.expect("a run")).expect("JSON");
    assert_eq!(day["owner_topics"]["published"], 1, "{day}");
    assert_eq!((of(&runs, PAYMENTS).len(), of(&runs, WEB).len()), (1, 2));
    runs.on("2026-11-19").await;
    assert_eq!((of(&runs, PAYMENTS).len(), of(&runs, WEB).len()), (2, 3));
}

#[tokio::test]
async fn failure_of_one_topic_is_said_and_costs_no_other() {
    let runs = runs();
    let refused = Fault::status(404).service(Service::Notifications);
    runs.fault(refused.target_contains("aaaaaaaapayments"));
    let day = runs.on("2026-11-17").await;
    let summary = &day.summary["owner_topics"];
    assert_eq!(summary["published"], 1, "{summary}");
    assert_eq!(summary["failed"][0]["entry"], "owners[0]", "{summary}");
    let message = summary["failed"][0]["message"].as_str().expect("a message");
    assert!(message.contains("use ons-topics"), "{message}");
    assert!(!message.to_lowercase().contains("payments "), "{message}");
    assert_eq!(of(&runs, WEB).len(), 1);
}

#[tokio::test]
async fn run_of_another_time_or_scope_and_a_dry_run_publish_no_part() {
    for body in [
        json!({"audit": {"dry_run": true}}),
        json!({"audit": {"as_of": "2026-11-30T00:00:00Z"}}),
        json!({"audit": {"credential_types": ["api_keys"]}}),
    ] {
        let runs = runs();
        let run = runs.invoke("2026-11-19T06:00:00Z", &body).await;
        run.expect("a run");
        assert!(of(&runs, PAYMENTS).is_empty(), "{body}");
    }
}

#[tokio::test]
async fn invalid_entry_is_named_and_has_no_effect() {
    let runs = runs();
    runs.accept(&json!({"owners": [
        {"owner": "payments", "topic": PAYMENTS},
        {"owner": "PAYMENTS", "topic": WEB},
        {"owner": "web", "topic": "ocid1.onstopic.oc1.example/x.y"},
        {"topic": WEB},
    ]}));
    let day = runs.on("2026-11-17").await;
    assert_eq!(day.summary["owner_topics"]["published"], 1);
    let digest = day.mail.expect("a digest");
    for entry in [
        "owners[1]: names an owner that",
        "owners[2]: `topic` is not",
        "owners[3]: ",
    ] {
        assert!(digest.contains(entry), "{entry}: {digest}");
    }
}

/// The steps of a check about topics of owners: result and detail.
async fn checked(runs: &DailyRuns) -> Vec<(CheckResult, String, Option<String>)> {
    let report = runs.check("2026-11-17T06:00:00Z").await;
    assert_eq!(report.verdict, Verdict::Complete, "{report:?}");
    let steps = report.checks.into_iter();
    steps
        .filter(|step| step.what == Subject::PublishToOwner)
        .map(|step| {
            let detail = step.detail.unwrap_or_default();
            (step.result, detail, step.statement)
        })
        .collect()
}

#[tokio::test]
async fn check_publishes_to_the_topic_of_each_owner_and_names_what_is_missing() {
    let runs = runs();
    runs.accept(&json!({"owners": [
        {"owner": "payments", "topic": PAYMENTS},
        {"owner": "web", "topic": WEB},
        {"owner": "nothing", "topic": "ocid1.onstopic.oc1.phx.aaaaaaaanothing"},
        {"owner": "abroad", "topic": "ocid1.onstopic.oc19.eu-frankfurt-2.aaaaaaaaabroad"},
    ]}));
    let steps = checked(&runs).await;
    let results: Vec<_> = steps.iter().map(|(result, ..)| *result).collect();
    assert_eq!(
        results,
        [
            CheckResult::Works,
            CheckResult::Works,
            CheckResult::Refused,
            CheckResult::NotAccepted
        ],
        "{steps:?}"
    );
    for topic in [PAYMENTS, WEB] {
        let messages = of(&runs, topic);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains(" TEST: "), "{messages:?}");
    }
    let (_, detail, statement) = &steps[2];
    assert!(
        detail.contains("check owners[2].topic `ocid1.onstopic.oc1.phx.aaaaaaaanothing`"),
        "{detail}"
    );
    let statement = statement.as_deref().expect("a statement");
    assert!(statement.contains("use ons-topics"), "{statement}");
    assert_eq!(steps[3].1, "owners[3]: the topic is in another realm");
}

#[tokio::test]
async fn check_says_that_owners_are_not_read() {
    let mut runs = runs();
    runs.set("AUDIT_OWNER_FROM", "");
    let steps = checked(&runs).await;
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert_eq!(steps[0].0, CheckResult::NotChecked);
    assert!(steps[0].1.contains("AUDIT_OWNER_FROM"), "{}", steps[0].1);
    assert!(of(&runs, PAYMENTS).is_empty());
}
