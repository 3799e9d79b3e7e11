//! The first screen: what to do, by when, and whether everything was read.

use maud::{Markup, html};

use crate::credential_type::CREDENTIAL_TYPES;
use crate::display;
use crate::judge::Audit;
use crate::judge::action::{Urgency, Work};
use crate::model::Verdict;
use crate::report::console_links::ConsoleLinks;
use crate::report::headline::{Headline, is_unreserved, shard_sentence};

use super::escape::{Shown, shown};
use super::links::console_link;
use super::numbers::{counted, number};
use super::page::Page;

/// Class that colors the first screen; its words have the same meaning.
fn tone(audit: &Audit) -> &'static str {
    let counts = &audit.counts;
    let acts = |urgency| counts.actions.of_work(None, Some(urgency)) > 0;
    if audit.verdict == Verdict::Failed || acts(Urgency::Now) {
        "overdue"
    } else if acts(Urgency::Week) {
        "due"
    } else if audit.verdict == Verdict::Partial || audit.unconfirmed_lists().next().is_some() {
        "unknown"
    } else if counts.has_findings() || !is_unreserved(audit) {
        "plain"
    } else {
        "ok"
    }
}

/// The domain's name, or the number of domains.
fn place(audit: &Audit) -> String {
    match audit.domains.as_slice() {
        [] => "no identity domain".to_owned(),
        [domain] => format!(
            "identity domain {}",
            shown(&domain.inventory.reading().domain.name)
        ),
        domains => format!("{} identity domains", domains.len()),
    }
}

/// The word, the title and the sentences of the first screen: the words of the digest.
fn headline(audit: &Audit) -> (Option<&'static str>, String, Vec<String>) {
    if audit.verdict == Verdict::Failed {
        return (
            Some("FAILED"),
            "No identity domain could be read".to_owned(),
            vec!["Nothing is known about any credential.".to_owned()],
        );
    }
    let headline = Headline::new(audit, number);
    let doubt = (!headline.doubt.is_empty()).then(|| display::capitalized(&headline.doubt));
    (
        headline.word,
        headline.work.to_string(),
        doubt.into_iter().chain(headline.more).collect(),
    )
}

/// The head of the page.
pub(super) fn verdict(page: &Page) -> Markup {
    let audit = &page.audit;
    let run = &audit.run;
    let (word, title, more) = headline(audit);
    html! {
        header.verdict.(tone(audit)) {
            p.eyebrow {
                "Credential audit \u{b7} " b { bdi { (Shown(&run.tenancy.name_and_profile())) } } " \u{b7} " bdi { (place(audit)) } " \u{b7} "
                 time datetime=(run.as_of()) { (run.as_of().date()) " (UTC)" }
            }
            @if run.is_what_if() {
                p.flag {
                    b { "WHAT-IF " (run.as_of().date()) } " Ages are calculated as of " (run.as_of())
                    ", for the credentials that existed on " (run.times.started.date()) "."
                }
            }
            @if run.scope.is_narrowed() {
                p.flag {
                    b { "SCOPED" } " This run covers some "
                    (match (run.scope.domains, run.scope.credential_types) {
                        (true, false) => "domains",
                        (false, true) => "credential types",
                        _ => "domains and credential types",
                    })
                    " only. It reports nothing about the others."
                }
            }
            @if let Some(shard) = &run.shard {
                p.flag { b { "SHARD " (shard.shard) } " " (display::capitalized(&shard_sentence(shard))) }
            }
            @if let Some(word) = word { p.word { (word) } }
            h1 { (title) }
            @for sentence in more { p.lead { (sentence) } }
            @if audit.verdict != Verdict::Failed { (actions(page)) }
            p.coverage-line {
                span.badge.coverage.(audit.verdict.word().to_lowercase()) { (audit.verdict.word()) }
                " " (coverage_line(audit))
            }
            @if let Some(location) = &run.location {
                p.files {
                    "Files of this run: "
                    @if let Some(url) = ConsoleLinks::of(run).bucket() { (console_link(&url, "bucket in the console")) " " }
                    @else { "bucket " }
                    code { (Shown(&location.bucket)) } ", folder " code { (Shown(&location.folder)) }
                }
            }
        }
    }
}

/// Numbers of credentials by action, and the people who act. Each number links to the table, which the script then filters.
fn actions(page: &Page) -> Markup {
    let (audit, counts) = (&page.audit, &page.audit.counts);
    let when = if audit.run.is_what_if() {
        format!("on {}", audit.run.as_of().date())
    } else {
        "now".to_owned()
    };
    let soon = |work| {
        let of = |urgency| counts.actions.of_work(Some(work), Some(urgency));
        let parts = [
            (of(Urgency::Week), "within 7 days"),
            (of(Urgency::Later), "later"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<_> = parts
            .map(|(count, when)| format!("{} {when}", number(*count)))
            .collect();
        parts.join(", ")
    };
    let people = match counts.people {
        1 => "person to act",
        _ => "people to act",
    };
    html! {
        ul.tiles {
            @for work in Work::ALL {
                @let count = counts.actions.of_work(Some(work), Some(Urgency::Now));
                li.tile.none[count == 0] {
                    a href="#findings" data-filter={ "action=to-" (work.verb()) "&when=now" } {
                        span.figure { (number(count)) }
                        span.what { "to " (work.verb()) " " (when) }
                    }
                    span.muted { (soon(work)) }
                }
            }
            li.tile.none[counts.people == 0] {
                a href="#findings" data-filter="action=act&when=now&who=holder&group=1" {
                    span.figure { (number(counts.people)) }
                    span.what { (people) @if !audit.run.is_what_if() { " now" } }
                }
            }
        }
        (rest(page))
    }
}

/// The credentials that need no action now. Together with those that do, they are all that were read.
fn rest(page: &Page) -> Markup {
    let (counts, tally) = (&page.audit.counts, &page.tally);
    let urgency = |urgency| counts.actions.of_work(None, Some(urgency));
    let parts = [
        (
            urgency(Urgency::Week),
            "action=act&when=week",
            false,
            "to act on within 7 days",
        ),
        (
            urgency(Urgency::Later),
            "action=act&when=later",
            false,
            "to act on later",
        ),
        (
            tally.accepted,
            "action=accepted",
            false,
            "accepted by an exception",
        ),
        (
            tally.plain,
            "action=plain",
            false,
            "without action, but not compliant with a CIS control",
        ),
        (tally.clean, "action=clean", true, "without findings"),
    ];
    html! {
        p.rest {
            @for (count, filter, is_clean, words) in parts {
                @if count > 0 {
                    a class=[is_clean.then_some("clean")] href="#findings" data-filter=(filter) { b { (number(count)) } " " (words) }
                    " "
                }
            }
        }
    }
}

fn coverage_line(audit: &Audit) -> String {
    let users: usize = audit
        .domains
        .iter()
        .map(|domain| domain.inventory.user_count())
        .sum();
    let read = format!(
        "{}, {}, {}",
        counted(audit.domains.len() as u64, "domain", "domains"),
        counted(users as u64, "user", "users"),
        counted(audit.counts.credentials, "credential", "credentials"),
    );
    match audit.verdict {
        Verdict::Complete => format!(
            "{read}, {} of {} types: everything in scope was read.",
            audit.run.credential_types.len(),
            CREDENTIAL_TYPES.len()
        ),
        Verdict::Partial => format!(
            "{read} read, but not everything. What could not be read may hold overdue credentials."
        ),
        Verdict::Failed => "Too little was read to judge any credential.".to_owned(),
    }
}
