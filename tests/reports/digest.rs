//! The digest as it arrives.

use credential_audit::credential_type::CredentialType;
use credential_audit::judge::discovery::DiscoveryGap;
use credential_audit::judge::evaluate;
use credential_audit::judge::{Audit, Scope};
use credential_audit::model::{FailureCause, ListGap, SearchPart, SkippedDomain, SkippedFor};
use credential_audit::report::ReportSet;
use credential_audit::report::digest::{
    DIGEST_MARKER, DigestKind, DigestOptions, MAX_BYTES, MAX_TITLE_CHARS, Message, Names, compose,
    compose_short, is_own_digest,
};

use proptest::prelude::*;

use crate::assert_golden;
use crate::tenancy::*;

fn digest(audit: &Audit, kind: &DigestKind) -> Message {
    checked(compose(audit, &DigestOptions::default(), kind))
}

/// Checks what is true of every digest.
fn checked(message: Message) -> Message {
    let json = message.to_json();
    assert!(json.len() <= MAX_BYTES, "{} bytes", json.len());
    assert!(message.as_repeat().to_json().len() <= MAX_BYTES);
    let title = &message.title;
    assert!(title.chars().count() <= MAX_TITLE_CHARS, "{title}");
    assert!(title.starts_with("[OCI credentials] "), "{title}");
    assert!(!title.chars().any(char::is_control), "{title:?}");
    assert!(is_own_digest(&message.body));
    let unfit = |it: char| it.is_control() && it != '\n';
    assert!(!message.body.chars().any(unfit), "{:?}", message.body);
    let last = message.body.lines().last().unwrap_or_default();
    assert!(last.starts_with(DIGEST_MARKER), "{last}");
    message
}

/// As a mail program shows it.
fn shown(message: &Message) -> String {
    format!("Subject: {}\n\n{}", message.title, message.body)
}

fn quiet(age: i64) -> DomainBuilder {
    let mut domain = DomainBuilder::new("Default");
    let created = days_ago(age);
    domain
        .user("u1", "jane.roe@example.com", &Person::default())
        .credential(
            ApiKeys,
            "u1",
            "key-1",
            &Secret {
                label: "aa:bb",
                created: &created,
                ..Secret::default()
            },
        );
    domain
}

#[test]
fn digest_of_a_complete_run_with_findings_is_golden() {
    let message = digest(&audit(run(), hard_cases()), &DigestKind::Regular);
    assert_golden!(shown(&message), "../golden/reports/digest-findings.txt");
    // Untrusted text breaks and reverses no line.
    assert!(!message.body.contains("line\nbreak"));
    assert!(message.body.len() < 6 * 1024);
}

/// The lines of a section, without its heading.
fn section<'a>(body: &'a str, heading: &str) -> Vec<&'a str> {
    body.lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect()
}

#[test]
fn every_item_is_one_line_and_every_heading_is_in_capitals() {
    for names in [Names::Full, Names::Masked, Names::None] {
        for rows in [1, 3, 500] {
            let options = DigestOptions {
                names,
                rows,
                ..DigestOptions::default()
            };
            let audit = audit(run(), hard_cases());
            let body = checked(compose(&audit, &options, &DigestKind::Regular)).body;
            let (_, sections) = body.split_once("\n\n").expect("sections");
            for section in sections.split("\n\n") {
                let (heading, items) = section.split_once('\n').expect("an item");
                let is_capital = |it: char| {
                    it.is_ascii_uppercase() || it.is_ascii_digit() || " /-:(),".contains(it)
                };
                assert!(heading.chars().all(is_capital), "{heading}");
                let is_item = |line: &&str| {
                    line.starts_with("- ")
                        || line.starts_with("\u{2026} and ")
                        || line.starts_with(DIGEST_MARKER)
                };
                assert!(items.lines().all(|line| is_item(&line)), "{section}");
                let items = items.lines().filter(|line| line.starts_with("- ")).count();
                let is_bounded = items <= rows || ["RUN", "NOT READ", "BY TYPE"].contains(&heading);
                assert!(is_bounded, "{section}");
            }
        }
    }
}

#[test]
fn everything_to_do_now_is_in_first_or_with_its_actor() {
    let audit = audit(run(), hard_cases());
    for rows in [1, 2, 10, 500] {
        let options = DigestOptions {
            rows,
            ..DigestOptions::default()
        };
        let body = checked(compose(&audit, &options, &DigestKind::Regular)).body;
        let items = |heading| {
            let is_item = |line: &&str| line.starts_with("- ");
            section(&body, heading).into_iter().filter(is_item).count()
        };
        assert_eq!(items("FIRST"), rows.min(15), "{body}");
        if rows == 500 {
            assert_eq!(items("SECURITY TEAM") + items("PEOPLE"), 0, "{body}");
        } else {
            assert!((1..=rows).contains(&items("PEOPLE")), "{body}");
        }
        if rows == 2 {
            let task = "- review: 1 credential of no-api-keys, Default, capability off";
            assert!(section(&body, "SECURITY TEAM").contains(&task), "{body}");
            let options = DigestOptions {
                rows: 4,
                ..DigestOptions::default()
            };
            let body = compose(&audit, &options, &DigestKind::Regular).body;
            let task = "- review: 1 credential of left.company@example.com, Default, inactive";
            assert!(section(&body, "SECURITY TEAM").contains(&task), "{body}");
        }
    }
}

#[test]
fn partial_run_names_every_gap_and_is_not_an_all_clear() {
    let message = digest(&crate::summary::partial(), &DigestKind::Regular);
    assert_golden!(shown(&message), "../golden/reports/digest-partial.txt");
    assert!(message.title.contains("INCOMPLETE"));
    assert!(
        message
            .body
            .starts_with("INCOMPLETE: not everything was read: ")
    );
    assert!(
        message
            .body
            .contains(" At least 13 credentials need action now: ")
    );
    assert!(
        message
            .body
            .contains("left out by the settings: OAuth 2.0 client credentials.")
    );
}

#[test]
fn partial_run_without_findings_reports_that_nothing_is_known() {
    let mut domain = quiet(3);
    domain.fail(
        AuthTokens,
        FailureCause::Timeout,
        "Listing auth tokens of domain Default timed out",
    );
    let audit = audit(run(), [domain]);
    assert!(
        !audit.needs_statement(),
        "a statement does not prevent a timeout"
    );
    let message = digest(&audit, &DigestKind::Regular);
    assert_golden!(
        shown(&message),
        "../golden/reports/digest-partial-nothing-found.txt"
    );
    let text = shown(&message).to_lowercase();
    for all_clear in ["clear", "nothing to", "no findings", "none of"] {
        assert!(!text.contains(all_clear), "{all_clear}");
    }
}

#[test]
fn empty_lists_that_must_have_rows_name_their_statements() {
    let mut domain = quiet(3);
    for credential_type in [ApiKeys, SmtpCredentials] {
        let coverage = domain.coverage(credential_type);
        (coverage.read, coverage.claimed_but_not_listed) = (0, 2);
    }
    let mut nobody = DomainBuilder::new("Nobody");
    nobody.users_coverage().gaps = vec![ListGap::NoUserVisible];
    let audit = audit(run(), [domain, nobody]);
    let body = digest(&audit, &DigestKind::Regular).body;
    let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
    for (list, permission) in [
        ("API keys: listed 0, users hold 2", "read users"),
        (
            "SMTP credentials: listed 0, users hold 2",
            "inspect credentials",
        ),
        ("so a permission is probably missing", "read users"),
    ] {
        let statement = format!(
            "{list}. Add this policy statement, which is probably missing: Allow dynamic-group <the function's group> to \
             {permission} in tenancy"
        );
        assert!(body.contains(&statement), "{statement}\n{body}");
    }
    assert!(audit.needs_statement());
}

#[test]
fn all_clear_needs_everything_read_and_nothing_left_out() {
    let message = digest(&audit(run(), [quiet(3)]), &DigestKind::Regular);
    assert_golden!(shown(&message), "../golden/reports/digest-all-clear.txt");
    assert!(
        message
            .body
            .starts_with("No findings: the only credential needs no action. ")
    );

    let mut left_out = quiet(3);
    left_out.leave_out(SmtpCredentials);
    let mut fewer_types = run();
    fewer_types.credential_types = fewer_types
        .credential_types
        .iter()
        .filter(|credential_type| *credential_type != SmtpCredentials)
        .collect();
    let mut scoped = run();
    scoped.scope = Scope {
        domains: true,
        credential_types: false,
    };
    let mut what_if = run();
    what_if.times.as_of = at("2026-11-30T00:00:00Z");
    for (run, domain, says) in [
        (
            fewer_types,
            left_out,
            "5 of 6 types. Not covered: passwords, application secrets, left out by the settings: SMTP credentials.",
        ),
        (
            scoped,
            quiet(3),
            "SCOPED: this run covers some domains only",
        ),
        (what_if, quiet(3), "WHAT-IF 2026-11-30: "),
    ] {
        let message = digest(&audit(run, [domain]), &DigestKind::Regular);
        assert!(message.body.contains(says), "{}", message.body);
        assert!(
            !shown(&message).to_lowercase().contains("no findings"),
            "{}",
            message.body
        );
    }
}

#[test]
fn what_if_day_is_in_the_title_and_the_first_line() {
    let mut run = run();
    run.times.as_of = at("2026-12-31T00:00:00Z");
    run.scope = Scope {
        domains: false,
        credential_types: true,
    };
    let message = digest(&audit(run, hard_cases()), &DigestKind::Regular);
    assert_golden!(
        shown(&message),
        "../golden/reports/digest-what-if-scoped.txt"
    );
    assert!(message.title.contains(": WHAT-IF 2026-12-31, SCOPED, "));
    assert!(message.body.starts_with("WHAT-IF 2026-12-31: "));
}

#[test]
fn failed_run_reports_that_nothing_is_known_and_why() {
    let mut domain = quiet(3);
    domain.fail_users(
        FailureCause::Unauthorized(401),
        "Listing users of domain Default was refused (401)",
    );
    let audit = audit(run(), [domain]);
    let message = digest(&audit, &DigestKind::Failed);
    assert_golden!(shown(&message), "../golden/reports/digest-failed.txt");
    assert!(message.body.starts_with("FAILED: "));
    // A failed run never reads as a successful one, whatever kind is asked for.
    let regular = digest(&audit, &DigestKind::Regular);
    assert!(regular.title.contains("FAILED, "));
}

#[test]
fn run_whose_reports_are_not_stored_reports_it_first() {
    let kind = DigestKind::ReportsNotStored {
        reason:
            "PUT of credentials.csv into bucket security-audit was refused (404 BucketNotFound)"
                .to_owned(),
        manifest_may_exist: false,
    };
    let message = digest(&audit(run(), hard_cases()), &kind);
    assert_golden!(
        shown(&message),
        "../golden/reports/digest-reports-not-stored.txt"
    );
    assert!(message.title.contains("REPORTS NOT STORED"));
    assert!(message.body.starts_with("REPORTS NOT STORED: "));
    assert!(!message.body.contains("folder"));
}

#[test]
fn reports_that_are_not_stored_are_not_an_all_clear() {
    let mut fewer_types = run();
    fewer_types.credential_types = fewer_types
        .credential_types
        .iter()
        .filter(|credential_type| *credential_type != SmtpCredentials)
        .collect();
    let mut left_out = quiet(3);
    left_out.leave_out(SmtpCredentials);
    let mut empty = DomainBuilder::new("Default");
    empty.user("u1", "jane.roe@example.com", &Person::default());
    for (run, domain, says) in [
        (run(), quiet(3), "The only credential needs no action."),
        (run(), empty, "There is no credential."),
        (
            fewer_types,
            left_out,
            "The only credential that was read needs no action.",
        ),
    ] {
        let kind = DigestKind::ReportsNotStored {
            reason: "storing x/usage-Default.csv failed: status 403".to_owned(),
            manifest_may_exist: false,
        };
        let message = digest(&audit(run, [domain]), &kind);
        assert!(
            message
                .title
                .contains("REPORTS NOT STORED, no credential needs action now"),
            "{}",
            message.title
        );
        assert!(message.body.starts_with("REPORTS NOT STORED: "));
        assert!(message.body.contains(says), "{}", message.body);
        for all_clear in ["Nothing to do", "No findings"] {
            assert!(!message.body.contains(all_clear), "{}", message.body);
        }
    }
}

#[test]
fn names_are_masked_or_left_out_if_asked_for() {
    let audit = audit(run(), hard_cases());
    let with = |names| {
        let options = DigestOptions {
            names,
            ..DigestOptions::default()
        };
        checked(compose(&audit, &options, &DigestKind::Regular))
    };
    let masked = with(Names::Masked);
    assert_golden!(shown(&masked), "../golden/reports/digest-masked.txt");
    assert!(masked.body.contains("j***@example.com") && !masked.body.contains("jane"));
    let none = with(Names::None);
    assert_golden!(shown(&none), "../golden/reports/digest-counts-only.txt");
    assert!(!none.body.contains("example.com  ") && !none.body.contains("ocir-ci"));
    assert!(!none.body.contains("FIRST") && !none.body.contains("PEOPLE"));
    assert!(
        none.body.contains("\n- API keys: 1 to rotate now, "),
        "{}",
        none.body
    );
}

#[test]
fn each_type_has_its_own_limits() {
    let mut run = run();
    run.thresholds.by_type[ApiKeys.index()].rotation_days = 30;
    run.thresholds.by_type[ApiKeys.index()].warning_days = 20;
    let body = digest(&audit(run, [quiet(25)]), &DigestKind::Regular).body;
    assert!(
        body.contains("- rule of API keys: due from an age of 20 days, overdue from 30 days,"),
        "{body}"
    );
    assert!(
        body.starts_with(
            "Nothing to do now. 1 credential will need action, the first by 2026-11-27.\n"
        ),
        "{body}"
    );
}

/// Every credential of `count` users, each `age` days old.
fn crowd(count: usize, age: i64, name: impl Fn(usize) -> String, label: &str) -> DomainBuilder {
    let mut domain = DomainBuilder::new("Default");
    let created = days_ago(age);
    for index in 0..count {
        let id = format!("u{index}");
        domain
            .user(&id, &name(index), &Person::default())
            .credential(
                AuthTokens,
                &id,
                &format!("token-{index}"),
                &Secret {
                    label,
                    created: &created,
                    ..Secret::default()
                },
            );
    }
    domain
}

#[test]
fn fifty_thousand_overdue_credentials_fit_in_one_message_with_exact_counts() {
    let mut domain = crowd(
        50_000,
        120,
        |index| format!("user{index:05}@example.com"),
        "ci",
    );
    let due = days_ago(80);
    domain.credential(
        ApiKeys,
        "u1",
        "key-due",
        &Secret {
            created: &due,
            ..Secret::default()
        },
    );
    let audit = audit(run(), [domain]);
    let message = digest(&audit, &DigestKind::Regular);
    assert!(
        message.title.contains(": 50000 to rotate now"),
        "{}",
        message.title
    );
    assert!(message.body.len() < 6 * 1024);
    let people = section(&message.body, "PEOPLE");
    assert_eq!(people.len(), 11, "{people:?}");
    assert_eq!(people[10], "\u{2026} and 49980 more in report.html");

    let options = DigestOptions {
        rows: 500,
        reports: ReportSet::EMPTY,
        ..DigestOptions::default()
    };
    let long = checked(compose(&audit, &options, &DigestKind::Regular));
    assert!(long.to_json().len() > MAX_BYTES - 2_000);
    for heading in ["FIRST", "PEOPLE", "COMING UP", "RUN"] {
        assert!(!section(&long.body, heading).is_empty(), "{heading}");
    }
    let first = section(&long.body, "FIRST").len() - 1;
    let more = format!(
        "\u{2026} and {} more below, by person, and in findings.jsonl",
        50_000 - first
    );
    assert!(long.body.contains(&more), "{more}");
}

#[test]
fn short_form_has_the_first_lines_and_fits_a_chat() {
    for domains in [
        Vec::from(hard_cases()),
        vec![quiet(3)],
        vec![crowd(50_000, 120, |index| format!("user{index}"), "ci")],
    ] {
        let audit = audit(run(), domains);
        let options = DigestOptions::default();
        let short = compose_short(&audit, &options, &DigestKind::Regular);
        let long = compose(&audit, &options, &DigestKind::Regular);
        assert_eq!(short.title, long.title);
        assert!(short.body.len() <= 1_500, "{}", short.body);
        assert!(is_own_digest(&short.body));
        let opening = |body: &str| body.split("\n\n").next().map(str::to_owned);
        assert_eq!(opening(&short.body), opening(&long.body));
        assert_eq!(
            short.body.contains("\nFIRST\n- "),
            long.body.contains("\nFIRST\n- ")
        );
        assert!(!short.body.contains("\nPEOPLE\n"));
    }
}

#[test]
fn hostile_text_neither_breaks_the_limit_nor_a_line() {
    let hostile = |index: usize| format!("{index}{}", "\u{1}\"\\\u{1f511}\u{202e}\n".repeat(200));
    let mut domain = crowd(3_000, 120, hostile, &"\"\\\t\u{2028}".repeat(300));
    domain.domain().name = hostile(0);
    domain.domain().url = hostile(1);
    domain.fail(SmtpCredentials, FailureCause::Status(500), &hostile(2));
    let mut run = run();
    if let Some(location) = &mut run.location {
        location.folder = hostile(3);
    }
    let gaps = (0..500)
        .map(|index| {
            DiscoveryGap::search_failed(SearchPart::Domain(hostile(index)), hostile(index))
        })
        .collect();
    let audit = evaluate(run, vec![domain.build()], gaps, Vec::new());
    let message = digest(&audit, &DigestKind::Regular);
    assert!(
        message
            .body
            .contains("At least 3000 credentials need action now: 3000 to rotate.")
    );
    assert!(
        compose_short(&audit, &DigestOptions::default(), &DigestKind::Regular)
            .body
            .len()
            <= 1_500
    );
    digest(&audit, &DigestKind::Failed);
    digest(
        &audit,
        &DigestKind::ReportsNotStored {
            reason: hostile(4),
            manifest_may_exist: false,
        },
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The message fits, and its counts are those of the audit.
    #[test]
    fn every_digest_fits_and_its_counts_are_those_of_the_audit(
        ages in prop::collection::vec(0_i64..400, 0..4_000),
        label in "\\PC{0,60}",
        name in "\\PC{0,40}",
        masked: bool,
    ) {
        let mut domain = DomainBuilder::new("Default");
        for (index, age) in ages.iter().enumerate() {
            let (id, created) = (format!("u{index}"), days_ago(*age));
            let secret = Secret { label: &label, created: &created, ..Secret::default() };
            domain
                .user(&id, &format!("{name}{index}"), &Person::default())
                .credential(if index % 2 == 0 { ApiKeys } else { SmtpCredentials }, &id, &id, &secret);
        }
        domain.user("u", "somebody", &Person::default());
        let audit = audit(run(), [domain]);
        let options = DigestOptions {
            names: if masked { Names::Masked } else { Names::Full },
            ..DigestOptions::default()
        };
        let body = checked(compose(&audit, &options, &DigestKind::Regular)).body;
        let overdue = audit.counts.overdue;
        let head = format!("{overdue} credentials need action now: {overdue} to rotate. {overdue} people.");
        if overdue > 1 {
            prop_assert!(body.starts_with(&head), "{}", body);
        }
        let number = |line: &str| line.split_whitespace().nth(2).and_then(|count| count.parse::<u64>().ok());
        let mut listed = 0;
        for line in section(&body, "FIRST").iter().filter(|line| line.starts_with("- ")) {
            prop_assert!(line.contains(": rotate "), "{}", line);
            listed += 1;
        }
        for line in section(&body, "PEOPLE") {
            listed += if line.starts_with("- ") { 1 } else { number(line).expect("a count") };
        }
        prop_assert_eq!(listed, overdue);
        let coming: u64 = section(&body, "COMING UP")
            .iter()
            .flat_map(|line| line.trim_start_matches("- ").split(", "))
            .filter_map(|part| part.split(' ').next().and_then(|count| count.parse::<u64>().ok()))
            .sum();
        // A credential is an hour older than its whole days.
        let soon = ages.iter().filter(|age| (62..90).contains(*age)).count() as u64;
        prop_assert_eq!(coming, soon);
    }
}

#[test]
fn silent_users_are_not_an_all_clear() {
    let silent = |mut domain: DomainBuilder| {
        for credential_type in credential_audit::credential_type::CredentialType::all() {
            domain.coverage(credential_type).cross_checked = false;
        }
        domain
    };
    let mut empty = DomainBuilder::new("Empty");
    empty.user("u1", "jane.roe@example.com", &Person::default());
    let message = digest(&audit(run(), [silent(empty)]), &DigestKind::Regular);
    let text = shown(&message).to_lowercase();
    assert!(!text.contains("no findings"), "{text}");
    assert!(message.title.contains("no credential was found"), "{text}");
    let sentence =
        "TO CHECK: no credential was found, and the user records do not list credentials, so";
    assert!(message.body.starts_with(sentence), "{text}");
    assert!(!text.contains("nothing to"), "{text}");
    assert!(message.body.contains("Coverage: COMPLETE"), "{text}");

    // Next to a domain without findings.
    let mut empty = DomainBuilder::new("Empty");
    empty.user("u1", "jane.roe@example.com", &Person::default());
    let both = audit(run(), [quiet(3), silent(empty)]);
    let text = shown(&digest(&both, &DigestKind::Regular));
    assert!(!text.to_lowercase().contains("no findings"), "{text}");
    assert!(
        text.contains("TO CHECK: 6 lists of credentials are empty"),
        "{text}"
    );
    assert!(
        text.contains("Not confirmed: domain Empty: API keys, "),
        "{text}"
    );
}

#[test]
fn empty_list_that_no_user_confirms_is_named_beside_lists_with_rows() {
    let silent = |credential_types: &[CredentialType]| {
        let mut domain = quiet(3);
        for credential_type in credential_types {
            domain.coverage(*credential_type).cross_checked = false;
        }
        shown(&digest(&audit(run(), [domain]), &DigestKind::Regular))
    };
    // Three credentials of this type are listed, so its list proves something.
    let listed = silent(&[CredentialType::ApiKeys]);
    assert!(listed.contains("No findings: "), "{listed}");
    for unconfirmed in [CredentialType::AuthTokens, CredentialType::SmtpCredentials] {
        let text = silent(&[CredentialType::ApiKeys, unconfirmed]);
        let lower = text.to_lowercase();
        assert!(
            !lower.contains("no findings") && !lower.contains("nothing to"),
            "{text}"
        );
        assert!(
            text.contains("TO CHECK: 1 list of credentials is empty"),
            "{text}"
        );
        let plural = unconfirmed.row().plural;
        assert!(
            text.contains(&format!("Not confirmed: domain Default: {plural}.")),
            "{text}"
        );
        assert!(text.contains("empty lists are not confirmed"), "{text}");
    }
}

#[test]
fn inactive_domain_is_not_an_all_clear() {
    let text = |reason| {
        let domain = "Dev".to_owned();
        let skipped = vec![SkippedDomain { domain, reason }];
        let readings = vec![quiet(3).build()];
        let audit = credential_audit::judge::evaluate(run(), readings, Vec::new(), skipped);
        shown(&digest(&audit, &DigestKind::Regular)).to_lowercase()
    };
    let inactive = text(SkippedFor::State("INACTIVE".to_owned()));
    assert!(!inactive.contains("no findings"), "{inactive}");
    assert!(
        inactive.contains("domain dev is not read: it is in state inactive"),
        "{inactive}"
    );
    assert!(text(SkippedFor::Type("external-user".to_owned())).contains("no findings: "));
}

#[test]
fn failed_domain_is_not_counted_as_read() {
    let mut lost = DomainBuilder::new("Lost");
    lost.fail_users(FailureCause::Unauthorized(403), "Users: status 403");
    let message = digest(&audit(run(), [quiet(3), lost]), &DigestKind::Regular);
    let sentence = "Coverage: PARTIAL - 1 of 2 domains, 1 user, 1 credential read";
    assert!(message.body.contains(sentence), "{}", message.body);
}

#[test]
fn failed_run_that_saw_credentials_does_not_claim_that_nothing_is_known() {
    let mut domain = quiet(100);
    domain.fail_users(FailureCause::Unauthorized(403), "Users: status 403");
    let message = digest(&audit(run(), [domain]), &DigestKind::Regular);
    let body = message.body.replace('\n', " ");
    assert!(message.title.contains("FAILED"), "{}", message.title);
    assert!(!body.contains("Nothing is known"), "{body}");
    assert!(
        body.contains("1 credential was read, 1 of them overdue"),
        "{body}"
    );
}

#[test]
fn manifest_whose_answer_was_lost_may_exist() {
    let said = |step: &str, manifest_may_exist: bool| {
        let reason = format!("storing x/{step} failed: the connection was reset (5 attempts, 4 s)");
        let kind = DigestKind::ReportsNotStored {
            reason,
            manifest_may_exist,
        };
        digest(&audit(run(), [quiet(3)]), &kind)
            .body
            .replace('\n', " ")
    };
    assert!(said("manifest.json", true).contains("they may have no manifest"));
    assert!(said("credentials.csv", false).contains("they have no manifest"));
}
