//! Changes between two runs, and exceptions.

use std::sync::Arc;

use credential_audit::judge::action::{Action, Reason, Urgency};
use credential_audit::judge::changes::{Baseline, Change, Changes, NoComparison, PastFindings};
use credential_audit::judge::discovery::DiscoveryGap;
use credential_audit::judge::exceptions::Exceptions;
use credential_audit::judge::{Audit, RunDescription};
use credential_audit::model::{FailureCause, ListGap, SearchPart};
use credential_audit::report::digest::{
    DigestKind, DigestOptions, Message, Names, compose, compose_short,
};
use credential_audit::report::findings::PastFinding;
use credential_audit::report::manifest::{Delivered, Manifest};
use credential_audit::report::record::HistoryRecord;
use credential_audit::summary::Notification;

use chrono::Weekday;
use proptest::prelude::*;

use crate::assert_golden;
use crate::tenancy::*;

/// The day of the weekly digest; none of the runs is on it.
const WEEKDAY: Weekday = Weekday::Wed;

/// A run as the next one reads it: from its manifest, its findings and the result of its digest.
pub(crate) fn baseline(audit: &Arc<Audit>) -> Baseline {
    let manifest = Manifest::new(audit, Vec::new(), 0, 0).to_json();
    let manifest: Manifest = serde_json::from_str(&manifest).expect("a manifest");
    let mut findings = PastFindings::of_domains(manifest.domain_urls());
    let stored = stored(audit, "findings.jsonl");
    for line in stored.split_inclusive(|byte| *byte == b'\n') {
        let finding = PastFinding::parse(line.trim_ascii_end()).expect("a finding");
        let pushed = findings.push(
            &finding.domain_url,
            finding.credential_type,
            &finding.credential_id,
            finding.severity,
        );
        pushed.expect("a domain of the manifest");
    }
    findings.finish();
    let delivered = Delivered::new(audit, &Notification::MessageId("m".to_owned()));
    manifest
        .into_baseline(&delivered, findings)
        .expect("a baseline")
}

/// The run of the day before [`AS_OF`].
pub(crate) fn yesterday(domains: impl IntoIterator<Item = DomainBuilder>) -> Arc<Audit> {
    let mut run = run();
    run.id = "20261121T060000Z-000001".to_owned();
    run.times.as_of = at("2026-11-21T06:00:00Z");
    run.times.started = run.times.as_of;
    audit(run, domains)
}

fn today(
    before: &Arc<Audit>,
    domains: impl IntoIterator<Item = DomainBuilder>,
    accepted: Exceptions,
) -> Audit {
    let today = Arc::into_inner(audit(run(), domains)).expect("nobody else holds it");
    today
        .accepting(accepted)
        .compared_with(&baseline(before), &[])
}

fn changes(audit: &Audit) -> &Changes {
    audit.comparison.changes().expect("a comparison")
}

pub(crate) fn accepted(json: &str) -> Exceptions {
    let day = "2026-11-22".parse().expect("a date");
    let source = "exceptions.json in bucket security-audit";
    Exceptions::parse(source, json.as_bytes(), "5ha".to_owned(), day)
}

/// A baseline with the same `exceptions.json`.
fn unchanged(mut before: Baseline, accepted: &Exceptions) -> Baseline {
    before.exceptions = accepted.file();
    before
}

fn one_domain(credentials: &[(&str, i64)]) -> DomainBuilder {
    let mut domain = DomainBuilder::new("Default");
    domain.user("u1", "jane.roe@example.com", &Person::default());
    for (id, age) in credentials {
        let created = days_ago(*age);
        let secret = Secret {
            label: id,
            created: &created,
            ..Secret::default()
        };
        domain.credential(ApiKeys, "u1", id, &secret);
    }
    domain
}

fn shown(message: &Message) -> String {
    format!("Subject: {}\n\n{}", message.title, message.body)
}

fn digest(audit: &Audit, names: Names) -> Message {
    let options = DigestOptions {
        names,
        ..DigestOptions::default()
    };
    compose(audit, &options, &DigestKind::Regular)
}

#[test]
fn same_data_twice_has_nothing_new_and_nothing_resolved() {
    let mut run = run();
    run.times.as_of = run.times.as_of.plus_seconds(1);
    let before = audit(crate::tenancy::run(), hard_cases());
    let after = Arc::into_inner(audit(run, hard_cases()))
        .expect("nobody else holds it")
        .compared_with(&baseline(&before), &[]);
    let changes = changes(&after);
    assert_eq!(
        (changes.new, changes.escalated, changes.resolved),
        (0, 0, 0)
    );
    // The same id in two domains is two credentials.
    assert_eq!(changes.still, 22);
    assert_eq!(
        changes.reasons(after.run.as_of(), WEEKDAY),
        Vec::<&str>::new()
    );
}

#[test]
fn rotation_resolves_the_old_credential_only() {
    let before = yesterday([one_domain(&[("old", 120), ("other", 100)])]);
    let after = today(
        &before,
        [one_domain(&[("other", 100), ("fresh", 0)])],
        Exceptions::default(),
    );
    let changes = changes(&after);
    assert_eq!(
        (
            changes.new,
            changes.escalated,
            changes.still,
            changes.resolved
        ),
        (0, 0, 1, 1)
    );
    assert_eq!(
        changes.reasons(after.run.as_of(), WEEKDAY),
        Vec::<&str>::new(),
        "resolved findings alone cause no mail"
    );
}

#[test]
fn credential_that_becomes_due_is_new_and_overdue_escalates() {
    let domain = || one_domain(&[("due", 75), ("overdue", 90), ("fine", 3)]);
    let before = yesterday([domain()]);
    let after = today(&before, [domain()], Exceptions::default());
    let by_change = |change| {
        let found = after
            .findings
            .iter()
            .filter(move |finding| finding.change == change);
        found.count()
    };
    assert_eq!(by_change(Change::New), 1);
    assert_eq!(by_change(Change::Escalated), 1);
    let changes = changes(&after);
    assert_eq!((changes.newly_overdue, changes.newly_due), (1, 1));
    let body = digest(&after, Names::Full).body;
    assert!(
        body.contains("Since Saturday 2026-11-21: 1 new, 1 escalated, 0 fixed. Next: 1 by "),
        "{body}"
    );
    let first = "\n- ESCALATED jane.roe@example.com, Default: rotate API key overdue, ";
    assert!(body.contains(first), "{body}");
    assert_eq!(
        changes.reasons(after.run.as_of(), WEEKDAY),
        ["findings became urgent"]
    );
}

#[test]
fn refused_type_resolves_nothing_and_its_findings_are_carried_on() {
    let before = yesterday([one_domain(&[("a", 120), ("b", 80)])]);
    let refused = || {
        let mut domain = one_domain(&[]);
        domain.fail(ApiKeys, FailureCause::Unauthorized(403), "Refused.");
        domain
    };
    let after = Arc::new(today(&before, [refused()], Exceptions::default()));
    let first = changes(&after);
    assert_eq!((first.new, first.resolved), (0, 0));
    let [not_read] = &first.not_read[..] else {
        panic!("{:?}", first.not_read)
    };
    assert_eq!((not_read.findings, not_read.overdue), (2, 1));
    let body = digest(&after, Names::Full).body;
    assert!(body.contains("2 not read in this run"), "{body}");
    assert!(
        body.contains(
            "- known before, domain Default: 2 API keys, 1 overdue, last read 2026-11-21"
        ),
        "{body}"
    );
    assert_eq!(
        first.reasons(after.run.as_of(), WEEKDAY),
        ["coverage changed"]
    );

    // The next run still knows what was not read, and since when.
    let still_refused = today(&after, [refused()], Exceptions::default());
    let second = changes(&still_refused);
    assert_eq!(second.not_read, first.not_read);
    assert_eq!(
        second.reasons(still_refused.run.as_of(), WEEKDAY),
        Vec::<&str>::new()
    );

    // Once read again, the list is not compared with a run that lacked it.
    let merge_reread = today(&after, [one_domain(&[("b", 80)])], Exceptions::default());
    let third = changes(&merge_reread);
    assert_eq!((third.new, third.resolved, third.not_read.len()), (0, 0, 0));
    let [change] = &third.coverage[..] else {
        panic!("{:?}", third.coverage)
    };
    assert_eq!(
        change.to_string(),
        "domain Default: API keys can be read completely again"
    );
}

#[test]
fn partly_read_list_has_only_its_missing_findings_not_read() {
    let before = yesterday([one_domain(&[("a", 120), ("b", 80)])]);
    let mut partly = one_domain(&[("a", 120)]);
    partly.coverage(ApiKeys).claimed_but_not_listed = 1;
    let after = today(&before, [partly], Exceptions::default());
    let changes = changes(&after);
    assert_eq!((changes.still, changes.resolved), (0, 0));
    let counts: Vec<_> = changes
        .not_read
        .iter()
        .map(|not_read| not_read.findings)
        .collect();
    assert_eq!(counts, [1]);
}

#[test]
fn marks_are_not_compared_if_users_were_read_in_part() {
    let orphaned = |complete: bool| {
        let mut domain = DomainBuilder::new("Default");
        let created = days_ago(3);
        let secret = Secret {
            created: &created,
            ..Secret::default()
        };
        domain
            .user("u1", "jane.roe@example.com", &Person::default())
            .credential(ApiKeys, "u2", "of-a-user-who-was-not-read", &secret);
        if !complete {
            domain.users_coverage().gaps = vec![ListGap::RowsWithoutId(1)];
        }
        domain
    };
    let before = yesterday([one_domain(&[])]);
    let new = |complete| {
        let after = today(&before, [orphaned(complete)], Exceptions::default());
        changes(&after).new
    };
    assert_eq!((new(true), new(false)), (1, 0));
}

/// The credentials of [`one_domain`], with only another user listed.
fn without_its_holder(credentials: &[(&str, i64)]) -> DomainBuilder {
    let mut domain = DomainBuilder::new("Default");
    domain.user("u2", "other@example.com", &Person::default());
    for (id, age) in credentials {
        let created = days_ago(*age);
        let secret = Secret {
            created: &created,
            ..Secret::default()
        };
        domain.credential(ApiKeys, "u1", id, &secret);
    }
    domain.users_coverage().gaps = vec![ListGap::RowsWithoutId(1)];
    domain
}

#[test]
fn exception_is_not_compared_while_its_holder_is_not_listed() {
    let file = r#"{"exceptions":[{"user":"jane.*","domain":"def*","type":"api_keys","credential_id":"a*","reason":"r","until":"2027-01-31"}]}"#;
    let credentials = [("accepted", 120), ("of-no-exception", 90)];
    let before = yesterday([one_domain(&credentials)]);
    let before = Arc::new(
        Arc::into_inner(before)
            .expect("nobody else holds it")
            .accepting(accepted(file)),
    );
    let partly = Arc::new(today(
        &before,
        [without_its_holder(&credentials)],
        accepted(file),
    ));
    let first = changes(&partly);
    // The other one became overdue today.
    assert_eq!((first.new, first.escalated, first.accepted), (0, 1, 0));
    let of_accepted =
        |finding: &&credential_audit::judge::Finding| partly.days_left(finding) == Some(-30);
    let finding = partly.findings.iter().find(of_accepted).expect("a finding");
    assert_eq!(finding.change, Change::NotCompared);

    // Nor is it compared once the holder is listed again.
    let again = today(&partly, [one_domain(&credentials)], accepted(file));
    let second = changes(&again);
    assert_eq!(
        (second.new, second.accepted, second.resolved, second.still),
        (0, 0, 0, 1)
    );

    // An exception that ended has no effect.
    let ended = file.replace("2027-01-31", "2026-11-21");
    let after = today(
        &before,
        [without_its_holder(&credentials)],
        accepted(&ended),
    );
    assert_eq!(changes(&after).new, 1);
}

#[test]
fn domain_that_is_gone_makes_the_run_partial_and_is_named() {
    let [default, dev] = hard_cases();
    let before = yesterday([default, dev]);
    let [default, _] = hard_cases();
    let after = Arc::into_inner(audit(run(), [default]))
        .expect("nobody else holds it")
        .compared_with(&baseline(&before), &[]);
    assert_eq!(after.verdict.word(), "PARTIAL");
    assert!(
        after.discovery_gaps[0]
            .to_string()
            .starts_with("domain D\u{e9}v (EU), last found on 2026-11-21, was not found")
    );
    let first = changes(&after);
    assert_eq!(first.missing_domains, ["D\u{e9}v (EU)"]);
    assert_eq!(first.resolved, 0);
    assert_eq!(
        first
            .not_read
            .iter()
            .map(|not_read| not_read.findings)
            .sum::<u64>(),
        4
    );
    let reasons = first.reasons(after.run.as_of(), WEEKDAY);
    assert!(
        reasons.contains(&"the list of domains changed"),
        "{reasons:?}"
    );
    let body = digest(&after, Names::Full).body;
    let first_lines: Vec<_> = body.lines().take_while(|line| !line.is_empty()).collect();
    let first_lines = first_lines.join(" ");
    assert!(
        first_lines.contains("Domain D\u{e9}v (EU) (last found 2026-11-21) was not found: "),
        "{first_lines}"
    );

    // A domain that was found and skipped on purpose is missing, but not gone.
    let [default, _] = hard_cases();
    let skipped = Arc::into_inner(audit(run(), [default]))
        .expect("nobody else holds it")
        .compared_with(&baseline(&before), &[DEV_URL.to_owned()]);
    assert_eq!(skipped.verdict.word(), "COMPLETE");

    // If the settings name the domains, none can be gone.
    let [default, _] = hard_cases();
    let mut run = run();
    run.domain_setting = credential_audit::judge::DomainSetting::Settings(Vec::new());
    let named = Arc::into_inner(audit(run, [default]))
        .expect("nobody else holds it")
        .compared_with(&baseline(&before), &[]);
    assert_eq!(named.verdict.word(), "COMPLETE");
}

/// The base URL of the domain that is gone.
const DEV_URL: &str = "https://idcs-d-v--eu-.identity.example.com";

/// A run of a day of November at six, without the domain that the run before it may have found.
fn without_dev(before: &Arc<Audit>, day: u32, found_not_read: &[String]) -> Arc<Audit> {
    let mut run = run();
    let now = at(&format!("2026-11-{day:02}T06:00:00Z"));
    (run.times.as_of, run.times.started) = (now, now);
    let [default, _] = hard_cases();
    let audit = Arc::into_inner(audit(run, [default])).expect("nobody else holds it");
    Arc::new(audit.compared_with(&baseline(before), found_not_read))
}

#[test]
fn domain_that_is_gone_is_reported_for_a_week() {
    let mut before = yesterday(hard_cases());
    for day in 22..=29 {
        before = without_dev(&before, day, &[]);
        assert_eq!(before.verdict.word(), "PARTIAL", "{day}");
        let [gap] = &before.discovery_gaps[..] else {
            panic!("{:?}", before.discovery_gaps)
        };
        assert_eq!(
            gap.to_string(),
            "domain D\u{e9}v (EU), last found on 2026-11-21, was not found: it was deleted, or a permission is missing \
             (reported until 2026-11-29)"
        );
        let not_read = changes(&before).not_read.iter();
        assert_eq!(
            not_read.map(|not_read| not_read.findings).sum::<u64>(),
            4,
            "{day}"
        );
        let reasons = changes(&before).reasons(before.run.as_of(), WEEKDAY);
        let listed = reasons.contains(&"the list of domains changed");
        assert_eq!(listed, day == 22, "it is a change once");
    }
    let after = without_dev(&before, 30, &[]);
    assert_eq!(after.verdict.word(), "COMPLETE");
    assert_eq!(changes(&after).not_read, []);
}

#[test]
fn domain_that_is_found_again_or_skipped_is_not_gone() {
    let before = without_dev(&yesterday(hard_cases()), 22, &[]);
    assert_eq!(before.verdict.word(), "PARTIAL");
    let found = Arc::into_inner(audit(run(), hard_cases()))
        .expect("nobody else holds it")
        .compared_with(&baseline(&before), &[]);
    assert_eq!(found.verdict.word(), "COMPLETE");
    let same_name = "https://idcs-other.identity.example.com".to_owned();
    let another = without_dev(&before, 23, &[same_name, "D\u{e9}v (EU)".to_owned()]);
    assert_eq!(another.verdict.word(), "PARTIAL");
    let skipped = without_dev(&before, 23, &[DEV_URL.to_owned()]);
    assert_eq!(skipped.verdict.word(), "COMPLETE");
}

#[test]
fn failed_region_is_a_change_and_its_reason_is_not() {
    let part = |name: &&str| match *name {
        "future" => SearchPart::Other("a part of another version".to_owned()),
        region => SearchPart::Region(region.to_owned()),
    };
    let with = |run: RunDescription, parts: &[&str], message: &str| {
        let gaps = match parts {
            [] => Vec::new(),
            parts => vec![DiscoveryGap::SearchFailed {
                parts: parts.iter().map(part).collect(),
                message: message.into(),
                remedy: None,
            }],
        };
        let readings = vec![one_domain(&[("a", 1)]).build()];
        credential_audit::judge::evaluate(run, readings, gaps, Vec::new())
    };
    let coverage = |then: &[&str], now: &[&str]| {
        let before = Arc::new(with(run(), then, "500, request 1"));
        let after = with(run(), now, "503, request 2").compared_with(&baseline(&before), &[]);
        let coverage = changes(&after).coverage.iter();
        coverage.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(coverage(&["a"], &["a"]), [""; 0]);
    assert_eq!(coverage(&["future"], &["future"]), [""; 0]);
    assert_eq!(
        coverage(&["future"], &[]),
        ["a part of another version can be read again"]
    );
    assert_eq!(
        coverage(&["a"], &["a", "b"]),
        ["the list of domains of region b could not be read"]
    );
    assert_eq!(
        coverage(&["a"], &["b"]),
        [
            "the list of domains of region b could not be read",
            "the list of domains of region a can be read again"
        ]
    );
    assert_eq!(
        coverage(&["a"], &[]),
        ["the list of domains of region a can be read again"]
    );
}

#[test]
fn history_has_the_counts_of_thirty_runs() {
    let mut before = yesterday([one_domain(&[("a", 120)])]);
    for _ in 0..35 {
        before = Arc::new(today(
            &before,
            [one_domain(&[("a", 120)])],
            Exceptions::default(),
        ));
    }
    let history = Manifest::new(&before, Vec::new(), 0, 0).history;
    assert_eq!(history.len(), 30);
    let counts = |run: &HistoryRecord| (run.overdue, run.due, run.to_rotate, run.to_remove);
    assert!(history.iter().all(|run| counts(run) == (1, 0, 1, 0)));
}

#[test]
fn excepted_credential_keeps_its_state_and_is_not_counted() {
    let file = r#"{"exceptions":[{"user":"JANE.*@example.com","type":"api_keys","credential_id":"a","reason":"=vendor","ticket":"INC-1","until":"2026-11-22"}]}"#;
    let audit = Arc::into_inner(audit(run(), [one_domain(&[("a", 120), ("b", 91)])]))
        .expect("nobody else holds it")
        .accepting(accepted(file));
    let counts = audit.counts;
    assert_eq!(
        (counts.credentials, counts.overdue, counts.excepted),
        (2, 1, 1)
    );
    assert_eq!(audit.exceptions.entries[0].matches, 1);
    let body = digest(&audit, Names::Full).body;
    assert!(
        body.starts_with("1 credential needs action now: 1 to rotate. 1 person.\n"),
        "{body}"
    );
    let ends = "- exceptions[0] JANE.*@example.com, API keys, INC-1, until 2026-11-22: ends soon";
    assert!(body.contains(ends), "{body}");
    let audit = Arc::new(audit);
    let rows = rows(&stored(&audit, "credentials.csv"));
    assert_eq!(
        (&*rows[1]["state"], &*rows[1]["exception"]),
        ("OVERDUE", "'=vendor; INC-1; until 2026-11-22")
    );
    assert_eq!(
        (&*rows[0]["state"], &*rows[0]["exception"]),
        ("OVERDUE", "")
    );
    let text = |name| String::from_utf8(stored(&audit, name)).expect("text");
    let suppressed = |status: &str| text("findings.ocsf.json").matches(status).count();
    assert_eq!(suppressed(r#""status":"Suppressed""#), 1);
    assert_eq!(suppressed(r#""status":"New""#), 1);
    assert_eq!(text("rotate-by.ics").matches("BEGIN:VEVENT").count(), 1);
}

#[test]
fn excepted_credential_keeps_its_marks_and_expiry_as_findings() {
    let mut domain = DomainBuilder::new("Default");
    let person = Person {
        active: Some(false),
        ..Person::default()
    };
    let created = days_ago(120);
    let secret = Secret {
        created: &created,
        ..Secret::default()
    };
    domain
        .user("u1", "svc-a", &person)
        .credential(ApiKeys, "u1", "a", &secret);
    let file = r#"{"exceptions":[{"user":"svc-*","reason":"r","until":"2027-01-31"}]}"#;
    let audit = Arc::into_inner(audit(run(), [domain]))
        .expect("nobody else holds it")
        .accepting(accepted(file));
    // The exception accepts ages, and the reason is another one.
    assert_eq!(audit.findings[0].reason, Reason::InactiveUser);
    assert_eq!((audit.counts.overdue, audit.counts.user_inactive), (1, 1));
    assert!(audit.counts.has_findings());
    let audit = Arc::new(audit);
    let lines = String::from_utf8(stored(&audit, "findings.ocsf.json")).expect("text");
    assert!(!lines.contains("Suppressed"), "{lines}");
    let body = digest(&audit, Names::Full).body;
    assert!(
        body.starts_with("1 credential needs action now: 1 to review. The security team for 1.\n"),
        "{body}"
    );
}

#[test]
fn accepted_findings_are_not_an_all_clear() {
    let file = r#"{"exceptions":[{"user":"*","type":"api_keys","reason":"r","until":"2027-01-31"}],
        "gaps":[{"domain":"default","type":"smtp_credentials","reason":"no permission yet","until":"2027-01-31"}]}"#;
    let mut domain = one_domain(&[("a", 120)]);
    let excepted = Arc::into_inner(audit(run(), [one_domain(&[("a", 120)])]))
        .expect("nobody else holds it")
        .accepting(accepted(file));
    domain.fail(SmtpCredentials, FailureCause::Unauthorized(403), "Refused.");
    let gap = Arc::into_inner(audit(run(), [domain]))
        .expect("nobody else holds it")
        .accepting(accepted(file));
    assert!(!gap.has_unaccepted_gaps() && !gap.counts.has_findings());
    assert_eq!(gap.verdict.word(), "PARTIAL");
    for audit in [&excepted, &gap] {
        let text = shown(&digest(audit, Names::Full)).to_lowercase();
        assert!(!text.contains("no findings"), "{text}");
    }
    let body = digest(&excepted, Names::Full).body;
    assert!(
        body.starts_with(
            "Nothing to do now: the only credential that was read has an exception.\n"
        ),
        "{body}"
    );
    assert!(
        body.contains(
            "gaps[0] domain default: SMTP credentials, until 2027-01-31, no permission yet: matches nothing"
        ),
        "{body}"
    );
}

#[test]
fn gap_that_ended_or_names_another_type_accepts_nothing() {
    let with = |entry: &str| {
        let mut domain = one_domain(&[("a", 1)]);
        domain.fail(SmtpCredentials, FailureCause::Unauthorized(403), "Refused.");
        let audit = Arc::into_inner(audit(run(), [domain])).expect("nobody else holds it");
        audit
            .accepting(accepted(&format!(r#"{{"gaps":[{entry}]}}"#)))
            .has_unaccepted_gaps()
    };
    assert!(!with(
        r#"{"domain":"DEF*","type":"*","reason":"r","until":"2026-11-22"}"#
    ));
    assert!(with(
        r#"{"domain":"Default","type":"smtp_credentials","reason":"r","until":"2026-11-21"}"#
    ));
    assert!(with(
        r#"{"domain":"Default","type":"api_keys","reason":"r","until":"2027-01-31"}"#
    ));
}

/// Every note that a digest can have.
fn eventful() -> Audit {
    let [default, dev] = hard_cases();
    let mut lost = DomainBuilder::new("Lost");
    let old = days_ago(200);
    let secret = Secret {
        created: &old,
        ..Secret::default()
    };
    lost.user("l1", "lost@example.com", &Person::default())
        .credential(ApiKeys, "l1", "lost-key", &secret)
        .credential(ApiKeys, "l1", "lost-key-2", &secret);
    let before = yesterday([default, dev, lost]);
    let [mut default, dev] = hard_cases();
    default.fail(
        SmtpCredentials,
        FailureCause::Unauthorized(403),
        "Listing SMTP credentials of domain Default was refused (403)",
    );
    let mut new = DomainBuilder::new("New");
    new.user("n1", "new@example.com", &Person::default()).fail(
        OAuth2ClientCredentials,
        FailureCause::Status(500),
        "The service has a fault.",
    );
    let created = days_ago(80);
    let secret = Secret {
        label: "brand new",
        created: &created,
        ..Secret::default()
    };
    default.credential(AuthTokens, "u8", "token-new", &secret);
    let file = r#"{"exceptions":[
        {"user":"svc-*@example.com","type":"api_keys","owner":"platform team","reason":"the appliance cannot rotate","ticket":"INC-4711","until":"2027-01-31"},
        {"user":"left.company@example.com","reason":"until the handover","until":"2026-11-21"},
        {"user":"nobody@example.com","reason":"left over","until":"2026-12-31"},
        {"user":"jane.roe@example.com","reason":"misspelt","untill":"2026-12-31"}],
      "gaps":[
        {"domain":"New","type":"oauth2_client_credentials","reason":"ticket with the service","until":"2026-12-31"},
        {"domain":"Default","type":"smtp_credentials","reason":"policy pending","until":"2026-11-20"}]}"#;
    today(&before, [default, dev, new], accepted(file))
}

#[test]
fn digest_of_a_run_with_every_change_is_golden() {
    let audit = eventful();
    let message = digest(&audit, Names::Full);
    assert_golden!(shown(&message), "../golden/reports/digest-changes.txt");
    let masked = digest(&audit, Names::Masked).body;
    for name in ["left.company", "handover", "appliance", "nobody@"] {
        assert!(!masked.contains(name), "{name}: {masked}");
    }
    let none = digest(&audit, Names::None).body;
    assert!(
        !none.contains("example.com,")
            && none.contains(
                "- NEW exceptions[1], until 2026-11-21: ended, nothing that it accepted needs action"
            ),
        "{none}"
    );
}

#[test]
fn masked_digest_reports_bad_entries_without_quotes() {
    let file = r#"{"Jane Roe":[],"exceptions":[{"user":"a","reason":"r","until":"when Jane Roe is back"}]}"#;
    let audit = Arc::into_inner(audit(run(), [one_domain(&[("a", 1)])]))
        .expect("nobody else holds it")
        .accepting(accepted(file));
    let full = digest(&audit, Names::Full).body;
    assert!(
        full.contains("exceptions[0]: `until` is `when Jane Roe is back`"),
        "{full}"
    );
    for names in [Names::Masked, Names::None] {
        let body = digest(&audit, names).body;
        assert!(!body.contains("Jane"), "{body}");
        assert!(
            body.contains("exceptions[0]: `until` is not a date such as"),
            "{body}"
        );
    }
}

#[test]
fn bad_entries_that_are_not_kept_are_counted() {
    let fields: Vec<_> = (0..250)
        .map(|number| format!("\"{number:03}\":0"))
        .collect();
    let file = format!("{{{}}}", fields.join(","));
    let audit = Arc::into_inner(audit(run(), [one_domain(&[("a", 1)])]))
        .expect("nobody else holds it")
        .accepting(accepted(&file));
    let body = digest(&audit, Names::Full).body;
    let shown = body.matches(": unknown field; expected").count();
    assert!(
        body.contains(&format!(
            "\u{2026} and {} more in manifest.json\n",
            250 - shown
        )),
        "{body}"
    );
    let audit = Arc::new(audit);
    let page = String::from_utf8(stored(&audit, "report.html")).expect("text");
    assert!(page.contains("and 150 more"));
    let record = Manifest::new(&audit, Vec::new(), 0, 0)
        .exceptions
        .expect("a file");
    assert_eq!((record.bad.len(), record.further_bad), (100, 150));
}

/// A believable day: an administrator with an old key, a new finding of a service user, a user who left, and one person with
/// several credentials.
fn example() -> Audit {
    let domain = |is_today: bool| {
        let mut domain = DomainBuilder::new("Default");
        domain.domain().ocid = Some("ocid1.domain.oc1..exampledefault".to_owned());
        domain.default_domain();
        let admin = Person {
            administrator: true,
            ..Person::default()
        };
        let service = Person {
            service_user: Some(true),
            ..Person::default()
        };
        let left = Person {
            active: Some(!is_today),
            last_modified: "2026-11-20T15:00:00Z",
            ..Person::default()
        };
        domain
            .user("u1", "dana.diaz@example.com", &admin)
            .user("u2", "svc-deploy", &service)
            .user("u3", "ana.lopez@example.com", &left)
            .user("u4", "jane.roe@example.com", &Person::default())
            .user("u5", "sam.chen@example.com", &Person::default());
        let mut add = |credential_type, holder: &str, label: &str, created: &str| {
            let id = format!("{holder}-{label}");
            let secret = Secret {
                label,
                created,
                created_by: "dana.diaz@example.com",
                ..Secret::default()
            };
            domain.credential(credential_type, holder, &id, &secret);
        };
        let old = "5f:1c:60:93:7a:01:d4:2e:88:b0:4c:11:f3:60:a2:fe";
        let newer = "90:ab:17:c3:55:02:6d:f8:21:7e:b4:39:0c:c1:09:44";
        add(ApiKeys, "u1", old, "2026-05-06T08:00:00Z");
        add(ApiKeys, "u1", newer, "2026-11-10T08:00:00Z");
        let deploy = "03:11:8e:42:f0:c9:77:b5:d3:20:6f:18:aa:9c:62:97";
        add(
            ApiKeys,
            "u2",
            deploy,
            if is_today {
                "2026-08-24T05:00:00Z"
            } else {
                "2026-09-24T05:00:00Z"
            },
        );
        add(AuthTokens, "u3", "ocir-build", "2026-08-20T08:00:00Z");
        add(SmtpCredentials, "u3", "alerts", "2026-07-20T08:00:00Z");
        add(AuthTokens, "u4", "ocir-ci", "2026-08-19T08:00:00Z");
        add(CustomerSecretKeys, "u4", "backup", "2026-08-05T08:00:00Z");
        add(CustomerSecretKeys, "u4", "s3-sync", "2026-08-30T08:00:00Z");
        add(AuthTokens, "u5", "terraform", "2026-11-01T08:00:00Z");
        if is_today {
            add(AuthTokens, "u5", "notebook", "2026-11-21T16:00:00Z");
        }
        domain
    };
    let before = yesterday([domain(false)]);
    today(&before, [domain(true)], Exceptions::default())
}

/// The sample of docs/reports.md.
#[test]
fn digest_of_a_believable_day_is_golden() {
    let audit = example();
    let message = digest(&audit, Names::Full);
    assert_golden!(shown(&message), "../golden/reports/digest-example.txt");
    assert!(message.body.len() < 4 * 1024);
    let short = compose_short(&audit, &DigestOptions::default(), &DigestKind::Regular);
    assert_golden!(shown(&short), "../golden/reports/digest-example-short.txt");
}

#[test]
fn manifest_of_a_run_with_every_change_is_golden() {
    let audit = eventful();
    let manifest = Manifest::new(&audit, Vec::new(), 30, 900);
    let json = manifest.to_json();
    assert_golden!(json.clone(), "../golden/reports/manifest-changes.json");
    let back: Manifest = serde_json::from_str(&json).expect("read back");
    assert_eq!(back, manifest);
}

#[test]
fn unreadable_exceptions_are_reported_in_the_first_lines() {
    let unreadable = Exceptions::unreadable(
        "exceptions.json in bucket security-audit",
        "reading exceptions.json: 404 ObjectNotFound".to_owned(),
    );
    let audit = Arc::into_inner(audit(run(), [one_domain(&[("a", 120)])]))
        .expect("nobody else holds it")
        .accepting(unreadable)
        .not_compared(NoComparison::NotRead(
            "listing credential-audit/2026/11/ in bucket security-audit failed: 404 BucketNotFound"
                .to_owned(),
        ));
    let message = digest(&audit, Names::Full);
    assert_golden!(shown(&message), "../golden/reports/digest-not-compared.txt");
    let first: Vec<_> = message.body.lines().take(6).collect();
    let first = first.join(" ");
    assert!(
        first.contains("EXCEPTIONS NOT READ, so nothing is accepted: exceptions.json"),
        "{first}"
    );
    assert!(first.contains("No comparison: listing"), "{first}");
}

#[test]
fn exception_that_ended_alerts_again_and_is_named() {
    let file =
        r#"{"exceptions":[{"user":"jane.*","reason":"r","ticket":"INC-9","until":"2026-11-21"}]}"#;
    let mut before = yesterday([one_domain(&[("a", 120)])]);
    before = Arc::new(
        Arc::into_inner(before)
            .expect("nobody else holds it")
            .accepting(accepted(file)),
    );
    assert_eq!((before.counts.overdue, before.counts.excepted), (0, 1));
    let accepted = accepted(file);
    let baseline = unchanged(baseline(&before), &accepted);
    let after = Arc::into_inner(audit(run(), [one_domain(&[("a", 120)])]))
        .expect("nobody else holds it")
        .accepting(accepted)
        .compared_with(&baseline, &[]);
    assert_eq!((after.counts.overdue, after.counts.excepted), (1, 0));
    let changes = changes(&after);
    assert_eq!((changes.new, changes.resolved), (1, 0));
    assert_eq!(changes.ended, ["exceptions[0]"]);
    assert_eq!(
        changes.reasons(after.run.as_of(), WEEKDAY),
        ["findings became urgent", "an exception or a gap ended"]
    );
    let body = digest(&after, Names::Full).body;
    assert!(
        body.contains(
            "- NEW exceptions[0] jane.*, INC-9, until 2026-11-21: ended, 1 credential needs action again"
        ),
        "{body}"
    );
}

#[test]
fn new_exception_resolves_nothing_and_is_reported_as_a_change() {
    let before = yesterday([one_domain(&[("a", 120)])]);
    let file = r#"{"exceptions":[{"user":"jane.*","reason":"r","until":"2026-12-21"}]}"#;
    let after = today(&before, [one_domain(&[("a", 120)])], accepted(file));
    let changes = changes(&after);
    assert_eq!((changes.resolved, changes.accepted), (0, 1));
    assert_eq!(
        changes.reasons(after.run.as_of(), WEEKDAY),
        ["the exceptions changed"]
    );
    let body = digest(&after, Names::Full).body;
    assert!(
        body.contains("Since Saturday 2026-11-21: 0 new, 0 escalated, 0 fixed, 1 now accepted, exceptions changed."),
        "{body}"
    );
}

#[test]
fn digest_is_due_after_seven_days_without_one() {
    let before = yesterday([one_domain(&[("a", 1)])]);
    let with_last = |last: Option<&str>| {
        let mut baseline = baseline(&before);
        baseline.last_digest = last.map(at);
        let audit = Arc::into_inner(audit(run(), [one_domain(&[("a", 2)])])).expect("mine");
        let audit = audit.compared_with(&baseline, &[]);
        changes(&audit).reasons(audit.run.as_of(), WEEKDAY)
    };
    assert_eq!(with_last(Some("2026-11-16T05:00:00Z")), Vec::<&str>::new());
    // A schedule may be a second early.
    assert_eq!(
        with_last(Some("2026-11-15T06:00:01Z")),
        ["the last digest is seven days old"]
    );
    assert_eq!(with_last(None).len(), 1);
    // A date that is still to come says nothing.
    assert_eq!(with_last(Some("2026-11-23T00:00:00Z")).len(), 1);
    assert_eq!(with_last(Some("9999-01-01T00:00:00Z")).len(), 1);
}

/// What a run stored may be altered by anybody who may write below its prefix.
#[test]
fn stored_digest_date_that_is_none_silences_nobody() {
    let before = yesterday([one_domain(&[("a", 1)])]);
    for stored in [
        "2099-12-31T00:00:00Z",
        "2026-11-21T06:00:01Z",
        "tomorrow",
        "",
        "253402300799",
    ] {
        let manifest = Manifest::new(&before, Vec::new(), 0, 0).to_json();
        let manifest: Manifest = serde_json::from_str(&manifest).expect("a manifest");
        let findings = PastFindings::of_domains(manifest.domain_urls());
        let mut delivered = Delivered::new(&before, &Notification::MessageId("m".to_owned()));
        delivered.last_digest = Some(stored.to_owned());
        let baseline = manifest.into_baseline(&delivered, findings);
        let baseline = baseline.expect("one bad date costs no comparison");
        assert_eq!(baseline.last_digest, None, "{stored}");
    }
}

#[test]
fn digest_is_due_on_its_weekday_and_after_a_week_without_a_run() {
    let before = yesterday([one_domain(&[("a", 1)])]);
    let reasons = |since: &str, weekday| {
        let mut baseline = baseline(&before);
        // However recent a digest an earlier run claims.
        baseline.last_digest = Some(at(AS_OF));
        baseline.as_of = at(since);
        let audit = Arc::into_inner(audit(run(), [one_domain(&[("a", 2)])])).expect("mine");
        let audit = audit.compared_with(&baseline, &[]);
        changes(&audit).reasons(audit.run.as_of(), weekday)
    };
    let yesterday = "2026-11-21T06:00:00Z";
    assert_eq!(reasons(yesterday, Weekday::Sat), Vec::<&str>::new());
    assert_eq!(
        reasons(yesterday, Weekday::Sun),
        ["it is the day of the weekly digest"]
    );
    assert_eq!(
        reasons("2026-11-16T23:59:59Z", Weekday::Mon),
        Vec::<&str>::new()
    );
    assert_eq!(
        reasons("2026-11-15T23:59:59Z", Weekday::Mon),
        ["the previous run is seven days old"]
    );
}

/// A list that is read in part on every day, and what it shows.
fn partly_read(credentials: &[(&str, i64)]) -> DomainBuilder {
    let mut domain = one_domain(credentials);
    domain.coverage(ApiKeys).gaps = vec![ListGap::RowsWithoutId(1)];
    domain
}

#[test]
fn findings_that_come_and_go_are_not_counted_again_on_every_day() {
    let days = [
        (vec![], 3),
        (vec![("a", 120), ("b", 120), ("c", 80)], 0),
        (vec![("b", 120)], 2),
        (vec![("a", 120), ("c", 80)], 1),
        (vec![], 3),
        (vec![("c", 80)], 2),
        (vec![("a", 120), ("b", 120), ("c", 80)], 0),
    ];
    let mut before = yesterday([one_domain(&[("a", 120), ("b", 120), ("c", 80)])]);
    for (day, (shown, expected)) in days.into_iter().enumerate() {
        let after = Arc::new(today(&before, [partly_read(&shown)], Exceptions::default()));
        let not_read: u64 = changes(&after)
            .not_read
            .iter()
            .map(|list| list.findings)
            .sum();
        let overdue: u64 = changes(&after)
            .not_read
            .iter()
            .map(|list| list.overdue)
            .sum();
        assert_eq!(not_read, expected, "day {day}");
        assert!(overdue <= not_read && overdue <= 2, "day {day}: {overdue}");
        before = after;
    }
    // The whole list ends it.
    let after = today(&before, [one_domain(&[("a", 120)])], Exceptions::default());
    assert_eq!(changes(&after).not_read, []);
}

#[test]
fn new_findings_do_not_hide_those_that_are_not_seen() {
    let before = yesterday([one_domain(&[("a", 120), ("b", 120)])]);
    let hidden = Arc::new(today(&before, [partly_read(&[])], Exceptions::default()));
    // Three others: what is seen and what is not are together as many as before.
    let after = today(
        &hidden,
        [partly_read(&[("x", 120), ("y", 120), ("z", 120)])],
        Exceptions::default(),
    );
    let not_read: u64 = changes(&after)
        .not_read
        .iter()
        .map(|list| list.findings)
        .sum();
    assert!(after.counts.overdue + not_read >= 2);
    assert_eq!(after.counts.overdue, 3);
}

#[test]
fn forged_counts_overflow_nothing() {
    let before = yesterday([one_domain(&[("a", 120)])]);
    let mut manifest = Manifest::new(&before, Vec::new(), 0, 0);
    let list = |domain: &str| credential_audit::report::record::FindingsNotReadRecord {
        domain: domain.to_owned(),
        domain_url: "https://idcs-default.identity.example.com".to_owned(),
        credential_type: "api_keys".to_owned(),
        findings: u64::MAX,
        overdue: u64::MAX,
        last_seen: "2026-11-20T06:00:00Z".to_owned(),
    };
    manifest.not_read = vec![list("Default"), list("Default"), list("Dev")];
    let delivered = Delivered::new(&before, &Notification::MessageId("m".to_owned()));
    let findings =
        PastFindings::of_domains(["https://idcs-default.identity.example.com"].into_iter());
    let baseline = manifest
        .into_baseline(&delivered, findings)
        .expect("a baseline");
    let after = Arc::into_inner(audit(run(), [partly_read(&[("a", 121)])])).expect("mine");
    let after = after.compared_with(&baseline, &[]);
    let body = digest(&after, Names::Full).body;
    assert!(body.contains("- known before, domain Default: "), "{body}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Entries are found by id, by name and by pattern. Each counts the credentials that it matches by definition.
    #[test]
    fn every_exception_counts_what_it_matches(
        entries in prop::collection::vec(("[Aa*]{0,2}[b*]?@x", prop::option::of("[kK*]-?[12*]?"), 0_usize..3), 0..40),
        credentials in prop::collection::vec(("[ab]{1,2}", "k-?[12]?", 0_usize..2), 0..30),
    ) {
        let types = [ApiKeys, AuthTokens];
        let text = |pattern: &str| pattern.to_lowercase().chars().collect::<Vec<_>>();
        fn matches(pattern: &[char], text: &[char]) -> bool {
            match (pattern.split_first(), text.split_first()) {
                (None, _) => text.is_empty(),
                (Some(('*', rest)), _) => (0..=text.len()).any(|start| matches(rest, &text[start..])),
                (Some((first, rest)), Some((own, text))) => own == first && matches(rest, text),
                (Some(_), None) => false,
            }
        }
        let file: Vec<_> = entries.iter().map(|(user, id, of)| {
            let mut entry = serde_json::json!({"user": user, "reason": "r", "until": "2026-12-20"});
            if let Some(id) = id {
                entry["credential_id"] = serde_json::json!(id);
            }
            if let Some(of) = types.get(*of) {
                entry["type"] = serde_json::json!(of.name());
            }
            entry
        }).collect();
        let mut domain = DomainBuilder::new("Default");
        let mut unique = std::collections::BTreeSet::new();
        let credentials: Vec<_> = credentials.into_iter().filter(|(_, id, of)| unique.insert((id.clone(), *of))).collect();
        let mut users = std::collections::BTreeSet::new();
        for (name, id, of) in &credentials {
            if users.insert(name) {
                domain.user(name, &format!("{name}@x"), &Person::default());
            }
            domain.credential(types[*of], name, id, &Secret { created: &days_ago(120), ..Secret::default() });
        }
        let exceptions = accepted(&serde_json::json!({"exceptions": file}).to_string());
        let audit = Arc::into_inner(audit(run(), [domain])).expect("mine").accepting(exceptions);
        for entry in &audit.exceptions.entries {
            let (user, id, of) = &entries[entry.index];
            let expected = credentials.iter().filter(|(name, own, own_type)| {
                matches(&text(user), &text(&format!("{name}@x")))
                    && id.as_ref().is_none_or(|id| matches(&text(id), &text(own)))
                    && types.get(*of).is_none_or(|of| types[*own_type] == *of)
            });
            prop_assert_eq!(entry.matches, expected.count() as u64, "{:?}", entries[entry.index]);
        }
    }

    /// A finding of the run before is still one, resolved, or not read because its list was not read. A finding of this run is
    /// new, escalated or still one. Each is counted once.
    #[test]
    fn every_finding_of_either_run_is_counted_once(
        then in prop::collection::btree_map(0_u8..40, 60_i64..120, 0..30),
        now in prop::collection::btree_map(0_u8..40, 60_i64..120, 0..30),
    ) {
        let domain = |credentials: &std::collections::BTreeMap<u8, i64>| {
            let named: Vec<_> = credentials.iter().map(|(id, age)| (format!("key-{id}"), *age)).collect();
            let borrowed: Vec<_> = named.iter().map(|(id, age)| (id.as_str(), *age)).collect();
            one_domain(&borrowed)
        };
        // Both at the same time, so that only ages differ.
        let before = audit(run(), [domain(&then)]);
        let after = today(&before, [domain(&now)], Exceptions::default());
        let changes = changes(&after);
        let is_finding = |age: &i64| *age >= 75;
        // Due later, due within seven days (an hour sooner than a whole day), overdue.
        let rank = |age: &i64| u8::from(*age >= 75) + u8::from(*age >= 83) + u8::from(*age >= 90);
        let (mut new, mut escalated, mut still) = (0, 0, 0);
        for (id, age) in now.iter().filter(|(_, age)| is_finding(age)) {
            match then.get(id).map_or(0, rank) {
                0 => new += 1,
                before if before < rank(age) => escalated += 1,
                _ => still += 1,
            }
        }
        let resolved = then.iter().filter(|(id, age)| is_finding(age) && !now.get(id).is_some_and(is_finding)).count();
        prop_assert_eq!((changes.new, changes.escalated, changes.still, changes.resolved), (new, escalated, still, resolved as u64));
        prop_assert!(changes.newly_overdue + changes.newly_due <= new + escalated);
        prop_assert!(changes.became_urgent <= new + escalated);
    }
}

#[test]
fn message_fits_with_any_number_of_notes() {
    let hostile = "\u{1}\"\\\u{1f511}\u{202e}\n".repeat(100);
    let entries: Vec<_> = (0..3_000)
        .map(|index| match index % 3 {
            0 => serde_json::json!({ &hostile: "no field" }),
            1 => serde_json::json!({"user": hostile, "reason": hostile, "ticket": hostile, "until": "2026-11-20"}),
            _ => serde_json::json!({"user": format!("nobody{index}"), "reason": "r", "until": "2026-12-20"}),
        })
        .collect();
    let file = serde_json::json!({"exceptions": entries, "gaps": [{"domain": hostile, "type": "*", "reason": hostile, "until": "2026-11-20"}]});
    let many: Vec<_> = (0..4_000)
        .map(|index| (format!("key-{index}"), 120))
        .collect();
    let many: Vec<_> = many.iter().map(|(id, age)| (id.as_str(), *age)).collect();
    let before = yesterday([one_domain(&many[..2_000])]);
    let after = today(&before, [one_domain(&many)], accepted(&file.to_string()));
    for names in [Names::Full, Names::Masked, Names::None] {
        let message = digest(&after, names);
        assert!(message.to_json().len() <= credential_audit::report::digest::MAX_BYTES);
        let (_, entries) = message
            .body
            .split_once("\nEXCEPTIONS AND GAPS\n")
            .expect("a section");
        let entries = entries.lines().take_while(|line| !line.is_empty());
        assert_eq!(entries.count(), 11, "{}", message.body);
        // Besides ten: 1,001 that ended, 1,000 invalid ones and 1,000 that match nothing.
        let more = "\n\u{2026} and 2991 more in manifest.json\n";
        assert!(message.body.contains(more), "{}", message.body);
        assert!(
            message
                .body
                .starts_with("4000 credentials need action now: ")
        );
        let unfit = |it: char| it.is_control() && it != '\n';
        assert!(!message.body.chars().any(unfit));
    }
}

/// A domain of 400 users with one overdue token each. The first `gone` users are not listed, and the next `inactive` have been
/// inactive for a year.
fn large_domain(gone: usize, inactive: usize) -> DomainBuilder {
    let mut domain = DomainBuilder::new("Default");
    let created = days_ago(120);
    for index in 0..400 {
        let id = format!("u{index:03}");
        let person = Person {
            active: Some(!(gone..gone + inactive).contains(&index)),
            last_modified: "2025-11-22T00:00:00Z",
            ..Person::default()
        };
        if index >= gone {
            domain.user(&id, &format!("{id}@example.com"), &person);
        }
        let secret = Secret {
            created: &created,
            ..Secret::default()
        };
        domain.credential(AuthTokens, &id, &format!("token-{id}"), &secret);
    }
    domain
}

#[test]
fn marks_of_many_users_within_a_week_lead_to_no_deletion() {
    let before = yesterday([large_domain(0, 0)]);
    let actions = |gone, inactive| {
        let audit = Arc::into_inner(audit(run(), [large_domain(gone, inactive)])).expect("mine");
        let suspected = audit.may_be_mass_change();
        let audit = audit.with_mass_change_since(&baseline(&before));
        let of = |action| {
            let is_it = |finding: &&credential_audit::judge::Finding| finding.action == action;
            audit.findings.iter().filter(is_it).count()
        };
        let counts = [Action::FindHolder, Action::Delete, Action::Review].map(of);
        assert!(suspected || counts[2] == 0);
        (counts, digest(&audit, Names::Full))
    };
    // One in twenty of 400 is 20, which is not more; of 379 listed users, 21 are more.
    assert_eq!(actions(20, 0).0, [0, 0, 20], "of the 380 that are listed");
    assert_eq!(actions(0, 20).0, [0, 20, 0]);
    assert_eq!(actions(19, 0).0, [19, 0, 0]);
    let (counts, message) = actions(0, 21);
    assert_eq!(counts, [0, 0, 21]);
    let head = "MASS CHANGE: 21 users of domain Default became inactive, ";
    assert!(message.body.starts_with(head), "{}", message.body);
    assert!(message.title.contains("MASS CHANGE, "), "{}", message.title);
    assert_eq!(actions(10, 11).0, [0, 0, 21], "all marks together");
}

#[test]
fn marks_that_the_oldest_run_of_a_week_has_make_no_mass_change() {
    let before = yesterday([large_domain(0, 30)]);
    let audit_of = |domain| Arc::into_inner(audit(run(), [domain])).expect("mine");
    let deletions = |audit: &Audit| audit.counts.actions.of(Action::Delete, Urgency::Now);
    let since = |audit: Audit, before: &Baseline| audit.with_mass_change_since(before);
    let same = since(audit_of(large_domain(0, 30)), &baseline(&before));
    assert_eq!(deletions(&same), 30);
    // Nor is what changed more than seven days ago.
    let fresh = yesterday([large_domain(0, 0)]);
    let mut old = baseline(&fresh);
    old.as_of = at(AS_OF).plus_days(-7);
    let week = since(audit_of(large_domain(0, 30)), &old);
    assert_eq!(deletions(&week), 0);
    old.as_of = old.as_of.plus_seconds(-1);
    let older = since(audit_of(large_domain(0, 30)), &old);
    assert_eq!(deletions(&older), 30);
    // Users who were not read completely then prove nothing.
    let mut partial = baseline(&fresh);
    partial.domains[0].users_complete = false;
    let partial = since(audit_of(large_domain(0, 30)), &partial);
    assert_eq!(deletions(&partial), 30);
}
