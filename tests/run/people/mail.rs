//! What is mailed, when, and what is said about mails that did not arrive.

use credential_audit::check::result::CheckResult;
use serde_json::{Value, json};
use tenancy_sim::{Credential, Domain, Fault, ResourceType, Service, Tenancy, User};

use crate::changes::DailyRuns;

use super::{OLD, domain, mailed, mailing};

fn runs(users: usize) -> DailyRuns {
    let users = (0..users).map(|number| User::named(&format!("user-{number:03}@example.com")));
    mailing(Tenancy::empty().domain(domain("Default", users)))
}

fn counts(summary: &Value) -> [u64; 4] {
    let sent = &summary["holder_mail"]["sent"];
    ["accepted", "suppressed", "failed", "left"].map(|count| sent[count].as_u64().expect(count))
}

#[tokio::test]
async fn mail_says_what_to_do_by_when_and_whom_to_ask_in_text_and_in_html() {
    let user = User::named("jane.roe@example.com").display_name("Jane");
    let key = Credential::of(&user, ResourceType::ApiKeys, 0, OLD);
    let token = Credential::of(
        &user,
        ResourceType::AuthTokens,
        0,
        "2026-08-25T00:00:00.000Z",
    );
    let token = token.description("<b>ocir</b> & \u{202e}ci");
    let domain = Domain::named("Default").credential(key).credential(token);
    let runs = mailing(Tenancy::empty().domain(domain.user(user)));
    let day = runs.on("2026-11-19").await;
    let email = &runs.sim.emails()[0];
    assert_eq!(email.subject, "[acme-prod] Rotate 2 credentials now");
    assert_eq!(email.reply_to, ["security@example.com"]);
    let run_id = day.summary["run_id"].as_str().expect("an id");
    assert_eq!(email.message_id, format!("{run_id}.1@mail.example.com"));
    let text = email.text.as_deref().expect("a text");
    for words in [
        "1. Rotate now: API key",
        "overdue since 2026-04-01",
        "   a) In the console, open My profile, then API keys, and ",
        "2. Rotate by 2026-11-23: auth token \"<b>ocir</b> & ",
        "ask security@example.com",
        "It asks for no password",
        run_id,
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("oci identity-domains"), "{text}");
    assert!(!text.contains('\u{202e}'), "{text}");
    let html = email.html.as_deref().expect("HTML");
    assert!(html.contains("&lt;b&gt;ocir&lt;/b&gt; &amp; "), "{html}");
    for forbidden in ["<img", "<script", "<a ", "http", "url(", "@import", "<b>"] {
        assert!(!html.contains(forbidden), "{forbidden}: {html}");
    }
    // The text part says the same: every line of it is in the HTML.
    let plain = plain_text(html);
    for line in text
        .lines()
        .map(without_numbers)
        .filter(|line| !line.is_empty())
    {
        assert!(plain.contains(line), "{line}: {plain}");
    }
}

/// A line without its number or letter, which HTML numbers itself.
fn without_numbers(line: &str) -> &str {
    let line = line.trim();
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    if first.ends_with(')') && first.len() == 2 {
        rest
    } else {
        line
    }
}

fn plain_text(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for character in html.chars() {
        match character {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(character),
            _ => {}
        }
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[tokio::test]
async fn person_is_mailed_once_a_day_then_for_something_new_and_on_the_weekday() {
    let runs = runs(2);
    for (day, expected) in [
        ("2026-11-17", 2),
        ("2026-11-18", 0),
        ("2026-11-19", 2),
        ("2026-11-20", 0),
    ] {
        runs.sim.clear_emails();
        runs.on(day).await;
        assert_eq!(mailed(&runs).len(), expected, "{day}");
        runs.on(day).await;
        assert_eq!(mailed(&runs).len(), expected, "{day}, once more");
    }
    let user = User::named("user-000@example.com");
    runs.sim.change("Default", |directory| {
        directory.add_credential(Credential::of(&user, ResourceType::SmtpCredentials, 0, OLD));
    });
    runs.sim.clear_emails();
    runs.on("2026-11-21").await;
    assert_eq!(mailed(&runs), ["user-000@example.com"]);
    let text = runs.sim.emails()[0].text.clone().expect("a text");
    assert!(text.contains("SMTP credential") && text.contains("API key"));
}

#[tokio::test]
async fn batch_is_recorded_before_it_is_sent_without_names_and_addresses() {
    let runs = runs(12);
    let day = runs.on("2026-11-19").await;
    assert_eq!(counts(&day.summary), [12, 0, 0, 0]);
    let effects: Vec<_> = runs
        .sim
        .effects()
        .iter()
        .map(|effect| match effect {
            tenancy_sim::Effect::Stored { object, .. } => {
                object.rsplit('/').next().unwrap_or_default().to_owned()
            }
            tenancy_sim::Effect::Mailed { .. } => "mail".to_owned(),
            _ => "other".to_owned(),
        })
        .collect();
    let mails = |count| vec!["mail"; count];
    let expected = [
        vec!["other", "delivered.json", "mailed-1.json"],
        mails(10),
        vec!["mailed-2.json"],
        mails(2),
        vec!["mail-result.json"],
    ]
    .concat();
    let end = &effects[effects.len() - expected.len()..];
    assert_eq!(end, expected, "{effects:?}");
    let run_id = day.summary["run_id"].as_str().expect("an id");
    for name in ["mailed-1.json", "mailed-2.json", "mail-result.json"] {
        let record = runs.object(run_id, name).expect(name);
        assert!(
            !record.contains('@') && !record.contains("user-0"),
            "{record}"
        );
    }
    let record = runs.object(run_id, "mailed-1.json").expect("a record");
    assert!(record.contains("ocid1.user.oc1..") && record.contains("\"now\""));
}

#[tokio::test]
async fn preview_is_stored_and_sends_nothing() {
    let mut runs = runs(3);
    runs.set("AUDIT_HOLDER_MAIL", "preview");
    runs.set("AUDIT_HOLDER_MAIL_SENDER", "");
    runs.set("AUDIT_HOLDER_MAIL_COMPARTMENT", "");
    let day = runs.on("2026-11-18").await;
    assert_eq!(day.summary["holder_mail"], "preview");
    assert_eq!(runs.requests_to(Service::Email), 0);
    let mails = runs.stored("holder-mails.jsonl");
    let mails: Vec<Value> = mails
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(mails.len(), 3);
    assert_eq!(mails[0]["to"], "user-000@example.com");
    assert_eq!(mails[0]["subject"], "[acme-prod] Rotate 1 credential now");
    assert!(runs.stored("manifest.json").contains("holder-mails.jsonl"));
}

#[tokio::test]
async fn suppressed_addresses_are_in_the_next_digest() {
    let runs = runs(2);
    runs.sim.suppress_recipient("user-001@example.com");
    let day = runs.on("2026-11-19").await;
    assert_eq!(counts(&day.summary), [1, 1, 0, 0]);
    let day = runs.on("2026-11-20").await;
    let said = "1 user could not be mailed on 2026-11-19, since Email Delivery suppresses their addresses: user-001@example.com";
    let digest = day.mail.expect("a digest");
    assert!(digest.contains(said), "{digest}");
}

#[tokio::test]
async fn unapproved_sender_ends_mailing_with_its_first_mail_and_fails_no_run() {
    let mut runs = runs(25);
    runs.set("AUDIT_HOLDER_MAIL_SENDER", "other@example.com");
    let day = runs.on("2026-11-19").await;
    assert_eq!(counts(&day.summary), [0, 0, 10, 15]);
    assert_eq!(runs.requests_to(Service::Email), 1);
    // The others are not lost.
    runs.set("AUDIT_HOLDER_MAIL_SENDER", tenancy_sim::APPROVED_SENDER);
    let day = runs.on("2026-11-20").await;
    assert_eq!(counts(&day.summary), [15, 0, 0, 0]);
}

#[tokio::test]
async fn throttled_mail_is_sent_again_and_an_ambiguous_one_is_not() {
    let runs = runs(3);
    runs.fault(Fault::status(429).service(Service::Email).first(2));
    let day = runs.on("2026-11-19").await;
    assert_eq!(counts(&day.summary), [3, 0, 0, 0]);
    let reset = Fault::reset_before_answer().after_effect();
    for (day, fault, credential_type) in [
        (
            "2026-11-20",
            Fault::status(503),
            ResourceType::SmtpCredentials,
        ),
        ("2026-11-21", reset, ResourceType::AuthTokens),
    ] {
        runs.sim.faults().clear();
        runs.fault(fault.service(Service::Email).first(1));
        let user = User::named("user-000@example.com");
        runs.sim.change("Default", |directory| {
            directory.add_credential(Credential::of(&user, credential_type, 0, OLD));
        });
        let before = runs.requests_to(Service::Email);
        let summary = runs.on(day).await.summary;
        assert_eq!(counts(&summary), [0, 0, 1, 0], "{day}");
        assert_eq!(runs.requests_to(Service::Email), before + 1, "{day}");
    }
}

#[tokio::test]
async fn bucket_that_cannot_be_listed_mails_nobody_and_a_forged_record_delays_for_a_day() {
    let runs = runs(1);
    let day = runs.on("2026-11-17").await;
    let run_id = day.summary["run_id"].as_str().expect("an id").to_owned();
    let list = Fault::status(403)
        .service(Service::ObjectStorage)
        .method("GET");
    runs.fault(list.target_contains("?"));
    let day = runs.on("2026-11-18").await;
    assert_eq!(
        day.summary["holder_mail"]["skipped"],
        "earlier_mails_not_read"
    );
    runs.sim.faults().clear();
    // A record of the future says nothing, and neither does a malformed one.
    for forged in [
        json!({"at": "x"}),
        json!({"schema_version": 1, "run_id": "x", "at": "2027-01-01T00:00:00Z", "mails": []}),
    ] {
        runs.sim.clear_emails();
        runs.replace(&run_id, "mailed-1.json", &forged);
        let bucket = runs.sim.bucket(runs.sim.bucket_name());
        for name in bucket.names() {
            if name.contains("/mailed-") && !name.contains(&run_id) {
                bucket.place(
                    &name,
                    "application/json",
                    "{}",
                    chrono::DateTime::UNIX_EPOCH,
                );
            }
        }
        runs.on("2026-11-18").await;
        assert_eq!(mailed(&runs), ["user-000@example.com"]);
    }
}

#[tokio::test]
async fn check_sends_one_test_mail_to_the_contact_of_the_settings() {
    let mut runs = runs(3);
    let step = |report: &credential_audit::check::result::CheckReport| {
        let mut steps = report.checks.iter();
        let step = steps.find(|step| step.what.word() == "send_mail");
        let step = step.expect("a step");
        (step.result, step.statement.clone())
    };
    let report = runs.check("2026-11-19T06:00:00Z").await;
    assert_eq!(step(&report), (CheckResult::Works, None));
    assert_eq!(mailed(&runs), ["security@example.com"]);
    assert!(runs.sim.emails()[0].subject.contains("TEST"));
    runs.set("AUDIT_HOLDER_MAIL_SENDER", "other@example.com");
    let report = runs.check("2026-11-19T06:00:00Z").await;
    let (result, statement) = step(&report);
    assert_ne!(result, CheckResult::Works);
    let statement = statement.expect("a statement");
    assert!(statement.contains("use approved-senders"), "{statement}");
    assert_eq!(report.verdict.word(), "COMPLETE", "a run does not need it");
}
