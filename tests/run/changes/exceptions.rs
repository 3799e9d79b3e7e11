//! Exceptions and known gaps over several runs.

use serde_json::{Value, json};
use tenancy_sim::{Credential, Domain, Fault, Misbehavior, ResourceType, Service, Tenancy};

use super::{DailyRuns, WITH_EXCEPTIONS, jane, tenancy};
use ResourceType::{ApiKeys, SmtpCredentials};

/// Earlier runs lie where this program may write, so what they call a domain accepts nothing.
#[tokio::test]
async fn domain_is_named_by_this_run_alone() {
    let mut runs = DailyRuns::new(tenancy(), &WITH_EXCEPTIONS);
    runs.accept(&json!({
        "exceptions": [{"user": "*", "domain": "Vendor*", "reason": "vendor", "until": "2027-01-31"}],
        "gaps": [{"domain": "Vendor*", "type": "db_credentials", "reason": "no right", "until": "2027-01-31"}],
    }));
    runs.set("AUDIT_NOTIFY", "findings");
    runs.sim.misbehave(
        "Default",
        ResourceType::UserDbCredentials,
        Misbehavior::Deny(403),
    );
    let mut last = runs.on("2026-11-20").await;
    assert_eq!(last.summary["excepted"], 0);
    runs.sim
        .faults()
        .add(Fault::status(404).service(Service::Identity));
    for day in ["2026-11-21", "2026-11-22"] {
        let run_id = last.manifest["run_id"].as_str().expect("an id").to_owned();
        last.manifest["domains"][0]["name"] = json!("Vendors");
        runs.replace(&run_id, "manifest.json", &last.manifest);
        last = runs.on(day).await;
        assert!(last.mail.is_some(), "{day}");
        assert_eq!(
            (&last.summary["excepted"], &last.summary["overdue"]),
            (&json!(0), &json!(1))
        );
        let name = last.manifest["domains"][0]["name"]
            .as_str()
            .expect("a name");
        assert!(name.starts_with("idcs-") || name == "127.0.0.1", "{name}");
        // The file is as good as before: nobody has to correct it.
        assert!(!last.mail().contains("matches nothing"), "{}", last.mail());
    }
}

#[tokio::test]
async fn exception_holds_to_its_last_day_and_its_end_is_mailed() {
    let runs = DailyRuns::new(tenancy(), &WITH_EXCEPTIONS);
    runs.accept(&json!({"exceptions": [
        {"user": "jane.*", "type": "api_keys", "reason": "vendor", "ticket": "INC-1", "until": "2026-11-21"},
    ]}));
    let first = runs.on("2026-11-20").await;
    assert_eq!(
        (&first.summary["overdue"], &first.summary["excepted"]),
        (&json!(0), &json!(1))
    );
    let credentials = runs
        .object(
            first.manifest["run_id"].as_str().expect("an id"),
            "credentials.csv",
        )
        .expect("a report");
    assert!(credentials.contains("vendor; INC-1; until 2026-11-21"));
    assert_eq!(runs.on("2026-11-21").await.mail, None, "until is inclusive");
    let ended = runs.on("2026-11-22").await;
    assert_eq!(ended.counts(), [1, 0, 1, 0]);
    assert!(
        ended.mail().contains(
            "exceptions[0] jane.*, API keys, INC-1, until 2026-11-21: ended, 1 credential needs action again"
        ),
        "{}",
        ended.mail()
    );
    assert_eq!(ended.summary["overdue"], 1);
    assert_eq!(
        runs.on("2026-11-23").await.manifest["exceptions"]["exceptions"],
        1
    );
}

#[tokio::test]
async fn changed_file_is_mailed_and_unreadable_file_accepts_nothing() {
    let mut runs = DailyRuns::new(tenancy(), &[]);
    runs.on("2026-11-18").await;
    for (name, value) in WITH_EXCEPTIONS {
        runs.set(name, value);
    }
    let unreadable = runs.on("2026-11-19").await;
    assert!(
        unreadable
            .mail()
            .contains("EXCEPTIONS NOT READ, so nothing is accepted: accepted.json"),
        "{}",
        unreadable.mail()
    );
    assert_eq!(unreadable.summary["overdue"], 1);
    assert_eq!(unreadable.manifest["exceptions"]["sha256"], Value::Null);
    assert_eq!(
        runs.on("2026-11-20").await.mail,
        None,
        "one mail, and a line in every later one"
    );

    let entry =
        json!({"user": "jane.*", "type": "api_keys", "reason": "vendor", "until": "2027-01-31"});
    runs.accept(&json!({"exceptions": [entry]}));
    let accepted = runs.on("2026-11-21").await;
    assert_eq!(accepted.counts(), [0, 0, 1, 0]);
    assert!(
        accepted
            .mail()
            .contains(", 1 now accepted, exceptions changed."),
        "{}",
        accepted.mail()
    );
    assert_eq!(
        accepted.manifest["exceptions"]["sha256"]
            .as_str()
            .map(str::len),
        Some(64)
    );

    let invalid = json!({"user": "*", "reason": "everything", "until": "2027-01-31"});
    runs.accept(&json!({"exceptions": [invalid, entry]}));
    let with_invalid = runs.on("2026-11-22").await;
    assert!(
        with_invalid
            .mail()
            .contains("exceptions[0]: `user` is `*` alone"),
        "{}",
        with_invalid.mail()
    );
    assert_eq!(with_invalid.summary["excepted"], 1, "the valid entry holds");
}

#[tokio::test]
async fn file_of_invalid_entries_keeps_the_next_comparison() {
    let runs = DailyRuns::new(tenancy(), &WITH_EXCEPTIONS);
    let invalid: serde_json::Map<_, _> = (0..150_000)
        .map(|number| (format!("{number:06}"), json!(0)))
        .collect();
    runs.accept(&Value::Object(invalid));
    let first = runs.on("2026-11-20").await;
    assert!(
        first
            .mail()
            .contains("\u{2026} and 149990 more in manifest.json"),
        "{}",
        first.mail()
    );
    let exceptions = &first.manifest["exceptions"];
    assert_eq!(exceptions["bad"].as_array().map(Vec::len), Some(100));
    assert_eq!(exceptions["further_bad"], 149_900);
    assert_eq!(runs.on("2026-11-21").await.counts(), [0, 0, 2, 0]);
}

#[tokio::test]
async fn known_gap_causes_neither_mail_nor_all_clear() {
    for notify in ["findings", "changes"] {
        let fresh = Domain::named("Default")
            .user(jane())
            .credential(Credential::of(&jane(), ApiKeys, 1, "2026-11-15T00:00:00Z"));
        let mut runs = DailyRuns::new(Tenancy::empty().domain(fresh), &WITH_EXCEPTIONS);
        runs.set("AUDIT_NOTIFY", "always");
        runs.accept(&json!({"gaps": [
            {"domain": "default", "type": "smtp_credentials", "reason": "no right yet", "until": "2026-11-22"},
        ]}));
        runs.on("2026-11-19").await;
        runs.sim
            .misbehave("Default", SmtpCredentials, Misbehavior::Deny(403));
        let with_gap = runs.on("2026-11-20").await;
        assert!(
            !with_gap.mail().to_lowercase().contains("no findings"),
            "{}",
            with_gap.mail()
        );
        assert!(with_gap.mail().contains("; known gap until 2026-11-22"));
        runs.set("AUDIT_NOTIFY", notify);
        for day in ["2026-11-21", "2026-11-22"] {
            let quiet = runs.on(day).await;
            assert_eq!(
                (quiet.verdict.as_str(), &quiet.mail),
                ("PARTIAL", &None),
                "{notify} {day}"
            );
        }
        let ended = runs.on("2026-11-23").await;
        assert!(
            ended
                .mail()
                .contains("gaps[0] domain default: SMTP credentials, until 2026-11-22"),
            "{notify}: {}",
            ended.mail()
        );
    }
}

#[tokio::test]
async fn dry_run_counts_exceptions_and_compares_nothing() {
    let runs = DailyRuns::new(tenancy(), &WITH_EXCEPTIONS);
    runs.accept(&json!({"exceptions": [
        {"user": "jane.*", "reason": "vendor", "until": "2027-01-31"},
    ]}));
    let body = json!({"audit": {"dry_run": true}});
    let summary = runs
        .invoke("2026-11-20T06:00:00Z", &body)
        .await
        .expect("a run");
    assert_eq!((summary.run.overdue, summary.run.excepted), (0, 2));
    assert!(runs.sim.effects().is_empty());
}
