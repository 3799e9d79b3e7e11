//! `report.html`. `tests/browser` tests it in a browser, with the pages that
//! `cargo test --test reports -- --ignored write_the_` leaves in `target/browser/pages`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential_audit::credential_type::CredentialTypes;
use credential_audit::judge::action::{Urgency, Work};
use credential_audit::judge::changes::{Changes, Comparison, NoComparison, RunCounts};
use credential_audit::judge::controls::assess;
use credential_audit::judge::discovery::DiscoveryGap;
use credential_audit::judge::exceptions::Exceptions;
use credential_audit::judge::{Audit, Scope, evaluate};
use credential_audit::model::{FailureCause, ListGap, SearchPart, SkippedDomain, SkippedFor};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::tenancy::*;

/// Names that try to be markup, script or another name.
const HOSTILE: [&str; 12] = [
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    "<!-- <script>",
    "--></td></tr></table><h1>owned</h1>",
    "\"onmouseover=\"document.title='owned'\" x=\"",
    "' onfocus='document.title=1' autofocus='",
    "<img src=x onerror=document.title='owned'>",
    "&lt;b&gt;&amp;#60;",
    "javascript:document.title='owned'",
    "user\u{202e}moc.elpmaxe@nimda",
    "zero\u{200b}width\u{feff}\r\nlines\u{0}",
    "\\u003cb\\u003e ${1+1} {{7*7}}",
];

fn page(audit: &Arc<Audit>) -> String {
    String::from_utf8(stored(audit, "report.html")).expect("text")
}

/// The text between `start` and the next `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).expect(start) + start.len();
    let length = text[from..].find(end).expect(end);
    &text[from..from + length]
}

fn data(page: &str) -> serde_json::Value {
    let json = between(page, r#"id="data">"#, "</script>");
    serde_json::from_str(json).expect("JSON")
}

fn rows_of_data(page: &str) -> Vec<serde_json::Value> {
    data(page)["rows"].as_array().expect("rows").clone()
}

/// Places in a row of the data, as `page.js` has them.
const ACTION: usize = 0;
const STATE: usize = 3;
const MARKS: usize = 5;
const TYPE: usize = 7;
const PERSON: usize = 8;
const CONTROLS: usize = 9;
const ID: usize = 11;

/// Marks of a row.
const CLEAN: u64 = 8;
const ACCEPTED: u64 = 64;
const HAS_COMMAND: u64 = 4096;

fn has(row: &serde_json::Value, mark: u64) -> bool {
    row[MARKS].as_u64().is_some_and(|marks| marks & mark != 0)
}

/// The number in a link that filters the table; `None` if there is no such link.
fn number_that_filters(page: &str, filter: &str) -> Option<u64> {
    let filter = format!("data-filter=\"{}\"", filter.replace('&', "&amp;"));
    let link = page.split(&filter).nth(1)?.split("</a>").next()?;
    let digits = link.chars().skip_while(|c| !c.is_ascii_digit());
    let digits: String = digits
        .take_while(|c| c.is_ascii_digit() || *c == ',')
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

fn hostile() -> Arc<Audit> {
    let mut domain = DomainBuilder::new("<b>Default</b>\u{202e}");
    for (index, name) in HOSTILE.iter().enumerate() {
        let (id, created) = (format!("u{index}"), days_ago(100 - index as i64));
        domain.user(
            &id,
            name,
            &Person {
                email: HOSTILE[index],
                ..Person::default()
            },
        );
        let secret = Secret {
            label: name,
            created: &created,
            ..Secret::default()
        };
        domain.credential(ApiKeys, &id, name, &secret);
    }
    let mut other = DomainBuilder::new("Other");
    other.users_coverage().gaps = vec![ListGap::NoUserVisible];
    audit(run(), [domain, other])
}

fn partial() -> Arc<Audit> {
    let [mut default, mut dev] = hard_cases();
    default.fail(
        SmtpCredentials,
        FailureCause::Unauthorized(403),
        "Listing SMTP credentials of domain Default was refused (403, opc-request-id 0A1B). Add to the policy: \
         Allow dynamic-group credential-audit to inspect domains in tenancy.",
    );
    default.coverage(AuthTokens).claimed_but_not_listed = 3;
    dev.leave_out(DbCredentials);
    default.leave_out(DbCredentials);
    let mut run = run();
    run.credential_types = CredentialTypes::ALL
        .iter()
        .filter(|credential_type| *credential_type != DbCredentials)
        .collect();
    let readings = [default, dev].map(DomainBuilder::build).into();
    let gap = "The domains of region eu-frankfurt-1 could not be listed: timed out. Try again, or name the domains.";
    let skipped = SkippedDomain {
        domain: "Partners".to_owned(),
        reason: SkippedFor::Type("external-user".to_owned()),
    };
    Arc::new(evaluate(
        run,
        readings,
        vec![DiscoveryGap::search_failed(SearchPart::Everything, gap)],
        vec![skipped],
    ))
}

fn clear() -> Arc<Audit> {
    let mut domain = DomainBuilder::new("Default");
    for index in 0..40 {
        let (id, created) = (format!("u{index}"), days_ago(index * 7 % 74));
        domain.user(&id, &format!("user{index}@example.com"), &Person::default());
        let credential_type = [ApiKeys, AuthTokens, CustomerSecretKeys][index as usize % 3];
        let secret = Secret {
            label: "in use",
            created: &created,
            ..Secret::default()
        };
        domain.credential(credential_type, &id, &format!("id-{index}"), &secret);
    }
    audit(run(), [domain])
}

fn what_if() -> Arc<Audit> {
    let mut run = run();
    run.as_of_given = true;
    run.times.as_of = at("2026-12-31T00:00:00Z");
    run.scope = Scope {
        domains: true,
        credential_types: false,
    };
    run.thresholds.by_type[0].rotation_days = 30;
    run.thresholds.by_type[0].warning_days = 20;
    audit(run, hard_cases())
}

/// An exception that holds, one that ended, a gap and a malformed entry; and no run to compare with.
fn accepted() -> Arc<Audit> {
    let content = br#"{"exceptions":[
        {"user":"svc-*@example.com","reason":"<b>moves in spring</b>","until":"2027-01-31","owner":"cloud team","ticket":"INC-1"},
        {"user":"jane.roe@example.com","type":"auth_tokens","reason":"on leave","until":"2026-11-20"},
        {"user":"*","reason":"everything","until":"2027-01-31"}],
        "gaps":[{"domain":"D*","type":"smtp_credentials","reason":"no permission yet","until":"2026-12-31"}]}"#;
    let today = at(AS_OF).to_chrono().date_naive();
    let exceptions = Exceptions::parse("exceptions.json", content, "0".repeat(64), today);
    let readings = hard_cases().map(DomainBuilder::build).into();
    let audit = evaluate(run(), readings, Vec::new(), Vec::new());
    Arc::new(
        audit
            .accepting(exceptions)
            .not_compared(NoComparison::NotRead(
                "the bucket holds no earlier run".to_owned(),
            )),
    )
}

/// The hard cases after 29 other runs. One was incomplete, and one has this number of credentials to remove.
fn history(most: u64) -> Arc<Audit> {
    let readings = hard_cases().map(DomainBuilder::build).into();
    let mut audit = evaluate(run(), readings, Vec::new(), Vec::new());
    let runs = (1..30).rev().map(|days: u64| RunCounts {
        run_id: format!("run-{days}"),
        as_of: at(AS_OF).plus_days(-(days as i64)),
        complete: days != 12,
        overdue: 9,
        due: 4,
        to_rotate: 5 + days,
        to_remove: if days == 20 { most } else { days },
        to_review: 2,
    });
    audit.comparison = Comparison::Made(Box::new(Changes {
        baseline: "run-1".to_owned(),
        since: at(AS_OF).plus_days(-1),
        new: 3,
        escalated: 1,
        still: 9,
        resolved: 2,
        resolved_by_list: Vec::new(),
        accepted: 0,
        became_urgent: 1,
        new_of_administrators: 0,
        newly_overdue: 1,
        newly_due: 2,
        not_read: Vec::new(),
        added_domains: Vec::new(),
        missing_domains: Vec::new(),
        coverage: Vec::new(),
        exceptions_changed: false,
        ended: Vec::new(),
        last_digest: None,
        history: runs.collect(),
    }));
    Arc::new(audit)
}

/// Credentials of no urgency. All but two break a control. The settings ask for a rotation once in 180 days.
fn compliance() -> Arc<Audit> {
    let mut run = run();
    for limits in &mut run.thresholds.by_type {
        limits.rotation_days = 180;
        limits.warning_days = 150;
    }
    let mut domain = DomainBuilder::new("Default");
    domain.default_domain();
    let signed_in = || Person {
        last_login: "2026-11-20T08:00:00Z",
        ..Person::default()
    };
    for id in ["clean", "old", "two"] {
        domain.user(id, &format!("{id}@example.com"), &signed_in());
    }
    let silent = Person {
        last_login: "2026-10-01T08:00:00Z",
        ..Person::default()
    };
    domain.user("silent", "silent@example.com", &silent);
    let administrator = Person {
        administrator: true,
        ..signed_in()
    };
    domain.user("admin", "admin@example.com", &administrator);
    let without_groups = Person {
        has_groups: false,
        ..signed_in()
    };
    domain.user("unknown", "unknown@example.com", &without_groups);
    for (credential_type, holder, id, age) in [
        (ApiKeys, "clean", "key-clean", 10),
        (AuthTokens, "two", "token-clean", 10),
        (ApiKeys, "old", "key-old", 100),
        (ApiKeys, "two", "key-one-of-two", 10),
        (ApiKeys, "two", "key-two-of-two", 10),
        (ApiKeys, "silent", "key-silent", 10),
        (ApiKeys, "admin", "key-of-administrator", 10),
        (ApiKeys, "unknown", "key-without-groups", 10),
    ] {
        let created = days_ago(age);
        let secret = Secret {
            label: id,
            created: &created,
            ..Secret::default()
        };
        domain.credential(credential_type, holder, id, &secret);
    }
    audit(run, [domain])
}

/// Owners of credentials: two teams, one with a name of the page's own, and a person without one.
fn owned() -> Arc<Audit> {
    let mut domain = DomainBuilder::new("Default");
    for (number, owner) in ["payments", "all", "", "<b>web</b>", "payments"]
        .into_iter()
        .enumerate()
    {
        let (id, created) = (format!("u{number}"), days_ago(100 + number as i64));
        let person = Person {
            owner: Some(owner),
            ..Person::default()
        };
        domain.user(&id, &format!("person.{number}@example.com"), &person);
        let secret = Secret {
            created: &created,
            ..Secret::default()
        };
        domain.credential(ApiKeys, &id, &format!("k{number}"), &secret);
    }
    audit(run(), [domain])
}

/// A key with a newer one, tokens of a user who left, and a key to rotate.
fn removal() -> Arc<Audit> {
    let mut domain = DomainBuilder::new("Default");
    domain.domain().ocid = Some("ocid1.domain.oc1..exampledefault".to_owned());
    let left = Person {
        active: Some(false),
        last_modified: "2026-10-01T08:00:00Z",
        ..Person::default()
    };
    domain
        .user("u1", "jane.roe@example.com", &Person::default())
        .user("u2", "left.company@example.com", &left)
        .user("u3", "svc-deploy", &Person::default());
    for (credential_type, holder, id, age) in [
        (ApiKeys, "u1", "key-old", 200),
        (ApiKeys, "u1", "key-new", 20),
        (AuthTokens, "u2", "token-of-leaver", 30),
        (AuthTokens, "u2", "token; rm -rf ~", 30),
        (ApiKeys, "u3", "key-to-rotate", 94),
    ] {
        let created = days_ago(age);
        let secret = Secret {
            label: "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34",
            created: &created,
            created_by: "Jane Roe",
            ..Secret::default()
        };
        domain.credential(credential_type, holder, id, &secret);
    }
    audit(run(), [domain])
}

fn failed() -> Arc<Audit> {
    let mut domain = DomainBuilder::new("Default");
    let refused = "Listing users of domain Default was refused (401).";
    domain.fail_users(FailureCause::Unauthorized(401), refused);
    audit(run(), [domain])
}

/// Users with one key each; every tenth young key is orphaned.
fn large(users: i64) -> Arc<Audit> {
    let mut domain = DomainBuilder::new("Default");
    let no_keys = CredentialTypes::ALL
        .iter()
        .filter(|credential_type| *credential_type != ApiKeys)
        .collect();
    for index in 0..users {
        let (id, age) = (format!("u{index}"), index * 7919 % 120);
        let capabilities = Some(if age < 75 && index % 10 == 0 {
            no_keys
        } else {
            CredentialTypes::ALL
        });
        let name = format!("user.{:05}@example.com", index * 6007 % users);
        domain.user(
            &id,
            &name,
            &Person {
                capabilities,
                ..Person::default()
            },
        );
        let (label, created) = (
            format!(
                "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:{:02x}:{:02x}",
                index / 256 % 256,
                index % 256
            ),
            days_ago(age),
        );
        let secret = Secret {
            label: &label,
            created: &created,
            ..Secret::default()
        };
        domain.credential(ApiKeys, &id, &format!("{index:032x}"), &secret);
    }
    audit(run(), [domain])
}

#[test]
fn page_forbids_every_request_and_allows_its_own_two_elements() {
    for audit in [hostile(), partial(), clear(), failed()] {
        let page = page(&audit);
        let policy = between(
            &page,
            r#"http-equiv="Content-Security-Policy" content=""#,
            "\"",
        );
        let hash = |source| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(source)));
        let style = hash(between(&page, "<style>", "</style>"));
        let script = hash(between(&page, "<script>", "</script>"));
        assert_eq!(
            policy.replace("&#39;", "'"),
            format!(
                "default-src 'none'; img-src data:; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
            )
        );
        // One style, one script, and the data, which is not a script.
        assert_eq!(page.matches("<style").count(), 1);
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script").count(), 2);
        // The policy precedes everything that it applies to.
        assert!(page.find("Content-Security-Policy") < page.find("<link"));
    }
}

#[test]
fn no_attribute_leaves_the_page_or_runs_anything() {
    for audit in [hostile(), partial(), what_if(), removal()] {
        let page = page(&audit);
        let console = audit.run.console.as_ref().expect("a console");
        let link = format!("a href=\"{}/", console.base_url);
        assert!(page.contains(&link));
        let script = between(&page, "<script>", "</script>").to_owned();
        let style = between(&page, "<style>", "</style>").to_owned();
        let data = between(&page, r#"id="data">"#, "</script>").to_owned();
        for word in [
            "http:",
            "https:",
            "//",
            "url(",
            "@import",
            "innerHTML",
            "eval(",
            "fetch(",
        ] {
            let script = script
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            assert!(!script.collect::<String>().contains(word), "{word}");
            assert!(!style.contains(word), "{word}");
        }
        let markup = page
            .replace(&script, "")
            .replace(&style, "")
            .replace(&data, "");
        for tag in markup.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            // Only the console is linked to, which learns nothing of the page.
            if tag.starts_with(&link) {
                assert!(
                    tag.ends_with("target=\"_blank\" rel=\"noopener noreferrer\""),
                    "{tag}"
                );
                continue;
            }
            for attribute in [
                " src=",
                " action=",
                " style=",
                " on",
                "http:",
                "https:",
                "javascript:",
                "srcdoc",
            ] {
                assert!(!tag.contains(attribute), "{attribute} in <{tag}>");
            }
            if let Some(target) = tag.split(" href=\"").nth(1) {
                assert!(
                    target.starts_with('#') || target.starts_with("data:image/svg+xml;"),
                    "{tag}"
                );
            }
        }
    }
}

#[test]
fn classes_of_elements_are_those_of_the_style() {
    for audit in [hostile(), partial(), what_if(), failed(), accepted()] {
        let page = page(&audit);
        let style = between(&page, "<style>", "</style>");
        let styled: std::collections::BTreeSet<_> = style
            .split('.')
            .skip(1)
            .filter_map(|rest| {
                let is_part =
                    |character: char| character.is_ascii_alphanumeric() || character == '-';
                rest.split(|character| !is_part(character)).next()
            })
            .collect();
        let markup = between(&page, "<body", "<script");
        let classes = markup.split(" class=\"").skip(1);
        let missing: std::collections::BTreeSet<_> = classes
            .flat_map(|rest| rest.split('"').next().unwrap_or_default().split(' '))
            .filter(|class| !styled.contains(class))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

#[test]
fn hostile_name_stays_text() {
    let page = page(&hostile());
    for name in HOSTILE {
        // A browser would act on these.
        assert!(!name.contains('<') || !page.contains(name), "{name}");
    }
    assert!(page.contains("&lt;script&gt;document.title='owned'&lt;/script&gt;"));
    assert!(page.contains("user[U+202E]moc.elpmaxe@nimda"));
    assert!(page.contains("&lt;b&gt;Default&lt;/b&gt;[U+202E]"));
    for invisible in ['\u{202e}', '\u{200b}', '\u{feff}', '\0', '\r'] {
        assert!(!page.contains(invisible), "{invisible:?}");
    }
    let data = data(&page);
    let people = data["people"].as_array().expect("people");
    let names: Vec<_> = people.iter().map(|person| person[0].clone()).collect();
    assert_eq!(names.len(), HOSTILE.len());
    assert_eq!(names[0], HOSTILE[0]);
    assert_eq!(names[1], HOSTILE[1]);
}

#[test]
fn numbers_are_exact_and_every_credential_is_listed() {
    for audit in [
        hostile(),
        partial(),
        clear(),
        what_if(),
        accepted(),
        history(40),
    ] {
        let page = page(&audit);
        let rows = rows_of_data(&page);
        assert_eq!(rows.len() as u64, audit.counts.credentials);
        assert_eq!(page.matches("<td class=\"c-action\"").count(), rows.len());
        let actions = &audit.counts.actions;
        let mut total = 0;
        for work in Work::ALL {
            let filter = format!("action=to-{}&when=now", work.verb());
            let now = actions.of_work(Some(work), Some(Urgency::Now));
            assert_eq!(number_that_filters(&page, &filter), Some(now), "{filter}");
            total += now;
        }
        for filter in [
            "action=act&when=week",
            "action=act&when=later",
            "action=accepted",
            "action=plain",
            "action=clean",
        ] {
            total += number_that_filters(&page, filter).unwrap_or(0);
        }
        assert_eq!(total, audit.counts.credentials);
        let people = number_that_filters(&page, "action=act&when=now&who=holder&group=1");
        assert_eq!(people, Some(audit.counts.people));
    }
}

#[test]
fn page_of_a_large_tenancy_has_the_most_urgent_and_reports_what_it_leaves_out() {
    let audit = large(20_500);
    let page = page(&audit);
    let rows = rows_of_data(&page);
    assert_eq!(rows.len(), 20_000);
    assert!(page.contains("This page shows 20,000 of 20,500 credentials"));
    assert_eq!(page.matches("<td class=\"c-action\"").count(), 250);
    let with_action = rows.iter().filter(|row| row[ACTION] != 0).count();
    assert_eq!(with_action as u64, audit.counts.actions.of_work(None, None));
    assert!(with_action > 5_000);
    let urgencies: Vec<_> = rows.iter().map(|row| row[2].as_u64()).collect();
    assert!(urgencies.is_sorted());
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
}

#[test]
fn nothing_is_green_that_has_a_finding_or_breaks_a_control() {
    for audit in [
        hostile(),
        partial(),
        clear(),
        what_if(),
        accepted(),
        compliance(),
    ] {
        let page = page(&audit);
        let data = data(&page);
        let clean: Vec<_> = rows_of_data(&page)
            .into_iter()
            .filter(|row| has(row, CLEAN))
            .collect();
        let without_finding: Vec<_> = audit
            .findings
            .iter()
            .filter(|finding| !finding.is_finding())
            .map(|finding| {
                let (inventory, credential) = audit.credential(finding).expect("a credential");
                inventory.credential_id(finding.credential_type, credential)
            })
            .collect();
        // Controls of API keys are not about other credentials of their holder.
        let listed: Vec<(bool, String)> = assess(&audit)
            .into_iter()
            .filter_map(|assessment| {
                let of_keys = ["1.8", "1.12", "1.17"].contains(&&*assessment.control.control);
                Some((of_keys, assessment.control.evidence?))
            })
            .flat_map(|(of_keys, evidence)| {
                let ids = [evidence.not_compliant.ids, evidence.undetermined.ids];
                let ids = ids
                    .into_iter()
                    .flatten()
                    .flat_map(|of_domain| of_domain.ids);
                ids.map(move |id| (of_keys, id))
            })
            .collect();
        for row in &clean {
            assert_eq!(row[ACTION], 0, "{row}");
            assert_eq!(row[STATE], 3, "{row}");
            assert!(!has(row, ACCEPTED), "{row}");
            let person = row[PERSON].as_u64().expect("a person") as usize;
            let ocid = data["people"][person][2].as_str().unwrap_or_default();
            let id = row[ID].as_str().expect("an id");
            assert!(without_finding.iter().any(|known| **known == *id), "{row}");
            let is_key = row[TYPE] == 0;
            let is_listed = listed
                .iter()
                .any(|(of_keys, listed)| (is_key || !of_keys) && (listed == id || listed == ocid));
            assert!(!is_listed, "{row}");
        }
        // The markup of the rows, before the data, has as many.
        let green = page.matches("<tr class=\"clean\"").count();
        assert_eq!(green, clean.len());
        assert_eq!(
            page.matches("<span class=\"state\">No findings</span>")
                .count(),
            clean.len()
        );
        assert_eq!(
            number_that_filters(&page, "action=clean").unwrap_or(0),
            clean.len() as u64
        );
    }
}

#[test]
fn only_what_breaks_no_control_is_without_findings() {
    let page = page(&compliance());
    let all = data(&page)["controls"]
        .as_array()
        .expect("controls")
        .clone();
    assert_eq!(all, ["1.8", "1.9", "1.10", "1.11", "1.12", "1.16", "1.17"]);
    let rows = rows_of_data(&page);
    let clean: Vec<_> = rows
        .iter()
        .filter(|row| has(row, CLEAN))
        .map(|row| row[ID].as_str().expect("an id"))
        .collect();
    assert_eq!(clean, ["key-clean", "token-clean"]);
    for (id, controls) in [
        ("key-old", "1.8"),
        ("key-one-of-two", "1.17"),
        ("key-silent", "1.16"),
        ("key-of-administrator", "1.12"),
        // Its holder may be an administrator.
        ("key-without-groups", "1.12"),
    ] {
        let row = rows.iter().find(|row| row[ID] == id).expect(id);
        let bits = row[CONTROLS].as_u64().expect("bits");
        let names = all.iter().enumerate();
        let names = names.filter(|(place, _)| bits & (1 << place) != 0);
        let names: Vec<_> = names
            .map(|(_, name)| name.as_str().expect("a name"))
            .collect();
        assert_eq!(names, [controls], "{row}");
    }
}

#[test]
fn words_are_those_of_the_readers() {
    for audit in [
        hostile(),
        partial(),
        clear(),
        what_if(),
        accepted(),
        compliance(),
        history(40),
    ] {
        let page = page(&audit).to_lowercase();
        assert!(!page.contains("in order"));
    }
}

#[test]
fn head_names_the_tenancy_and_links_to_the_bucket_and_rows_to_users() {
    let audit = removal();
    let page = page(&audit);
    let tenancy = audit.run.tenancy.display_name();
    assert!(page.contains(&format!(
        "<title>Credential audit, {tenancy}, 2026-11-22</title>"
    )));
    let head = between(&page, "<header", "</header>");
    assert!(
        head.contains(&format!("<b><bdi>{tenancy}</bdi></b>")),
        "{head}"
    );
    assert!(
        head.contains("/object-storage/buckets/examplenamespace/security-audit/objects?region=")
    );
    let user = "/identity/domains/ocid1.domain.oc1..exampledefault/users/ocid1.user.oc1..exampleu1?region=";
    assert!(page.contains(user));
    // A domain without a known OCID has no page.
    assert!(!self::page(&partial()).contains("/identity/domains/"));
}

#[test]
fn only_what_is_to_be_removed_has_a_command_to_copy() {
    let page = page(&removal());
    let rows = rows_of_data(&page);
    let row = |id: &str| rows.iter().find(|row| row[ID] == id).expect("a row");
    for (id, action, is_command) in [
        ("key-old", 3, true),
        ("token-of-leaver", 4, true),
        // A shell would read more than a word, so nobody may paste it.
        ("token; rm -rf ~", 4, false),
        ("key-new", 0, false),
        ("key-to-rotate", 1, false),
    ] {
        assert_eq!(row(id)[ACTION], action, "{id}");
        assert_eq!(has(row(id), HAS_COMMAND), is_command, "{id}");
    }
    // All rows are in the markup, before the data.
    let commands: Vec<_> = page
        .split("<div class=\"command\"><pre tabindex=\"0\"><code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap_or_default())
        .collect();
    let url = "https://idcs-default.identity.example.com";
    assert_eq!(
        commands,
        [
            format!("oci identity-domains api-key delete --api-key-id key-old --endpoint {url}"),
            format!(
                "oci identity-domains auth-token delete --auth-token-id token-of-leaver --endpoint {url}"
            ),
        ]
    );
    for audit in [hostile(), partial(), accepted(), removal()] {
        assert!(!self::page(&audit).contains("--force"));
    }
}

#[test]
fn chart_of_the_last_runs_has_every_number_in_a_table() {
    // A stored run may hold any number.
    let audit = history(u64::MAX);
    let page = page(&audit);
    let chart = between(&page, "<figure class=\"trend\">", "</figure>");
    assert_eq!(chart.matches("<polyline").count(), 3);
    let points = between(chart, "class=\"remove\" points=\"", "\"");
    assert_eq!(points.split_whitespace().count(), 30);
    assert!(points.starts_with("0,"), "{points}");
    assert!(
        points
            .trim_end()
            .rsplit(' ')
            .next()
            .is_some_and(|last| last.starts_with("1000,"))
    );
    // The highest is at the top.
    assert!(
        points.split_whitespace().any(|point| point.ends_with(",0")),
        "{points}"
    );
    assert!(
        chart.contains(
            "aria-label=\"The last 30 runs, from 2026-10-24 to 2026-11-22: to rotate from "
        )
    );
    assert!(chart.contains("A gray line marks a run that could not read everything."));
    let table = page.split("</figure>").nth(1).expect("a table");
    assert_eq!(
        between(table, "<tbody>", "</tbody>")
            .matches("<tr>")
            .count(),
        30
    );
    assert!(table.contains("18,446,744,073,709,551,615"));
}

#[test]
fn chart_of_weeks_has_a_bar_for_what_is_overdue() {
    let audit = partial();
    let page = page(&audit);
    let row = between(&page, "<tr class=\"late\">", "</tr>");
    assert!(row.contains("Overdue or expired"));
    assert!(row.contains("<rect"));
}

#[test]
fn coverage_is_first_and_open_only_if_not_everything_was_read() {
    for (audit, is_first) in [(partial(), true), (failed(), true), (clear(), false)] {
        let page = page(&audit);
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            place("<h2 id=\"coverage\"") < place("<h2 id=\"findings\""),
            is_first
        );
        assert_eq!(
            page.contains("<details open><summary>Rows read per list"),
            is_first
        );
        assert!(place("<h2 id=\"findings\"") < place("<h2 id=\"weeks\""));
        assert!(place("<h2 id=\"weeks\"") < place("<h2 id=\"controls\""));
        assert!(place("<h2 id=\"controls\"") < place("<h2 id=\"ages\""));
    }
}

#[test]
fn first_words_are_those_of_the_digest() {
    for (audit, expected) in [
        (
            hostile(),
            [
                ">INCOMPLETE<",
                "At least 11 credentials need action now: 11 to rotate. 11 people.",
                ">PARTIAL<",
            ],
        ),
        (partial(), [">INCOMPLETE<", "At least ", ">PARTIAL<"]),
        (
            clear(),
            [
                "verdict ok",
                "No findings: none of 40 credentials needs action.",
                ">COMPLETE<",
            ],
        ),
        (what_if(), ["WHAT-IF 2026-12-31", "SCOPED", ">COMPLETE<"]),
        (
            failed(),
            ["FAILED", "No identity domain could be read", ">FAILED<"],
        ),
    ] {
        let page = page(&audit);
        let head = between(&page, "<header", "</header>");
        for text in expected {
            assert!(head.contains(text), "{text} in {head}");
        }
    }
}

#[test]
fn silent_users_are_to_check_and_not_green() {
    let empty = || {
        let mut domain = DomainBuilder::new("Empty");
        domain.user("u1", "jane.roe@example.com", &Person::default());
        domain
    };
    assert!(page(&audit(run(), [empty()])).contains("<header class=\"verdict ok\">"));
    let mut silent = empty();
    for credential_type in credential_audit::credential_type::CredentialType::all() {
        silent.coverage(credential_type).cross_checked = false;
    }
    let page = page(&audit(run(), [silent]));
    let head = between(&page, "<header", "</header>");
    for text in [
        "\"verdict unknown\"",
        "TO CHECK",
        "No credential was found, and the user records do not list credentials, so a permission may be missing",
    ] {
        assert!(head.contains(text), "{text} in {head}");
    }
}

#[test]
fn accepted_credentials_are_counted_apart_and_are_listed() {
    let audit = accepted();
    let page = page(&audit);
    assert!(audit.counts.excepted > 0);
    let excepted = rows_of_data(&page)
        .iter()
        .filter(|row| has(row, ACCEPTED))
        .count();
    assert_eq!(excepted as u64, audit.counts.excepted);
    for text in [
        "<b>No comparison</b>: the bucket holds no earlier run.",
        "&lt;b&gt;moves in spring&lt;/b&gt;",
        "cloud team, INC-1",
        "<span class=\"no\">ended</span>",
        "<code>exceptions[2]</code>",
        "gaps[0]",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn list_without_users_is_not_called_complete() {
    let page = page(&hostile());
    let lists = between(&page, "<table class=\"lists\">", "</table>");
    let of_nobody = lists.split("<th scope=\"row\">").nth(2).unwrap_or("");
    let users = between(of_nobody, "<td class=\"num\">", "</td>");
    assert_eq!(users, "0 <span class=\"no\">not all</span>");
}

#[test]
fn gaps_are_shown_with_their_remedy() {
    let page = page(&partial());
    for text in [
        "domain Default: SMTP credentials",
        "UNAUTHORIZED",
        "Add to the policy: Allow dynamic-group credential-audit to inspect domains in tenancy.",
        "users hold 3",
        "region eu-frankfurt-1 could not be listed",
        "<b>Not audited</b>, left out by the settings: Database credentials.",
        "domain Partners",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("ALL CLEAR"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn names_do_not_change_the_elements_of_the_page(name in "(?s)[<>&\"'/=a-z!-]{0,12}.{0,8}", label in "(?s)[</script>\"&]{0,12}.{0,8}") {
        let mut domain = DomainBuilder::new("Default");
        domain.user("u1", &name, &Person::default());
        let created = days_ago(95);
        let secret = Secret { label: &label, created: &created, ..Secret::default() };
        domain.credential(ApiKeys, "u1", &label, &secret);
        let page = page(&audit(run(), [domain]));
        let mut plain = DomainBuilder::new("Default");
        plain.user("u1", "name", &Person::default());
        let secret = Secret { label: "label", created: &created, ..Secret::default() };
        plain.credential(ApiKeys, "u1", "label", &secret);
        let plain = String::from_utf8(stored(&audit(run(), [plain]), "report.html")).expect("text");
        // An empty name is shown in other words, in two more elements.
        let tags = |page: &str| page.matches('<').count();
        let nameless = if name.trim().is_empty() { 2 } else { 0 };
        // Nor is there a label among the facts.
        let unlabeled = if label.is_empty() { 6 } else { 0 };
        prop_assert_eq!(tags(&page) + unlabeled, tags(&plain) + nameless);
    }
}

#[test]
#[ignore = "writes files for the tests in a browser"]
#[expect(clippy::disallowed_methods, reason = "the browser opens files")]
fn write_the_pages() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/browser/pages");
    std::fs::create_dir_all(folder).expect("a folder");
    for (name, audit) in [
        ("hostile", hostile()),
        ("partial", partial()),
        ("clear", clear()),
        ("what-if", what_if()),
        ("failed", failed()),
        ("accepted", accepted()),
        ("history", history(40)),
        ("compliance", compliance()),
        ("removal", removal()),
        ("owners", owned()),
        ("large", large(20_500)),
    ] {
        std::fs::write(format!("{folder}/{name}.html"), page(&audit)).expect("a file");
    }
    for (name, page) in crate::fleet::browser_pages() {
        std::fs::write(format!("{folder}/{name}.html"), page).expect("a file");
    }
}
