//! `report.html`. `tests/browser` tests it in a browser, with the pages that
//! `cargo test --test reports -- --ignored write_the_pages` leaves in `target/browser/pages`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential_audit::credential_type::CredentialTypes;
use credential_audit::judge::changes::NoComparison;
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

fn rows_of_data(page: &str) -> Vec<serde_json::Value> {
    let json = between(page, r#"id="data">"#, "</script>");
    let data: serde_json::Value = serde_json::from_str(json).expect("JSON");
    data["rows"].as_array().expect("rows").clone()
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
         Allow dynamic-group credential-audit to read domains in tenancy.",
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
    for audit in [hostile(), partial(), what_if()] {
        let page = page(&audit);
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
    let names: Vec<_> = rows_of_data(&page)
        .iter()
        .map(|row| row[1].clone())
        .collect();
    assert_eq!(names.len(), HOSTILE.len());
    assert_eq!(names[0], HOSTILE[0]);
    assert_eq!(names[1], HOSTILE[1]);
}

#[test]
fn counts_are_exact_and_every_credential_is_listed() {
    for audit in [hostile(), partial(), clear(), what_if()] {
        let page = page(&audit);
        let rows = rows_of_data(&page);
        assert_eq!(rows.len() as u64, audit.counts.credentials);
        assert_eq!(page.matches("<td class=\"c-state\"").count(), rows.len());
        let counts = &audit.counts;
        let not_due = counts.credentials - counts.overdue - counts.due - counts.unknown;
        for (state, (filter, count)) in [
            ("overdue", counts.overdue),
            ("due", counts.due),
            ("unknown", counts.unknown),
            ("ok", not_due),
        ]
        .into_iter()
        .enumerate()
        {
            let tile = between(&page, &format!("data-filter=\"{filter}\""), "</a>");
            assert_eq!(
                between(tile, "\"figure\">", "<"),
                count.to_string(),
                "{filter}"
            );
            let in_data = rows.iter().filter(|row| row[0] == state).count();
            assert_eq!(in_data as u64, count, "{filter}");
        }
    }
}

#[test]
fn page_of_a_large_tenancy_has_all_findings_and_reports_what_it_leaves_out() {
    let audit = large(20_500);
    let page = page(&audit);
    let rows = rows_of_data(&page);
    assert_eq!(rows.len(), 20_000);
    assert!(page.contains("This page shows 20,000 of 20,500 credentials"));
    assert_eq!(page.matches("<td class=\"c-state\"").count(), 250);
    let orphaned = rows.iter().filter(|row| row[9] == 1).count();
    assert_eq!(orphaned as u64, audit.counts.orphaned);
    assert!(orphaned > 1_000);
    let states: Vec<_> = rows.iter().map(|row| row[0].as_u64()).collect();
    assert!(states.is_sorted());
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
}

#[test]
fn first_words_are_those_of_the_digest() {
    for (audit, expected) in [
        (
            hostile(),
            [
                "ACTION NEEDED NOW",
                "11 credentials are overdue",
                ">PARTIAL<",
            ],
        ),
        (partial(), ["ACTION NEEDED NOW", "At least ", ">PARTIAL<"]),
        (
            clear(),
            [
                "ALL CLEAR",
                "None of 40 credentials is overdue or due",
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
fn excepted_credentials_are_not_counted_and_are_listed() {
    let audit = accepted();
    let page = page(&audit);
    assert!(audit.counts.excepted > 0);
    let tile = between(&page, "data-filter=\"overdue\"", "</a>");
    assert_eq!(
        between(tile, "\"figure\">", "<"),
        audit.counts.overdue.to_string()
    );
    let excepted = rows_of_data(&page)
        .iter()
        .filter(|row| row[9].as_u64().is_some_and(|marks| marks & 64 != 0))
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
        "Add to the policy: Allow dynamic-group credential-audit to read domains in tenancy.",
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
        prop_assert_eq!(tags(&page), tags(&plain) + nameless);
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
        ("large", large(20_500)),
    ] {
        std::fs::write(format!("{folder}/{name}.html"), page(&audit)).expect("a file");
    }
}
