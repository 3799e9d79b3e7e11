//! The first sentences about a fleet. Digest, page and command line share them.
//!
//! Only a fleet whose every tenancy was read completely, and lately, has nothing to do.

use crate::display;
use crate::fleet::{Figures, Overview, SILENT_HOURS, Standing, Trend};
use crate::judge::action::Work;
use crate::model::Verdict;

/// What a fleet requires, in sentences.
pub(crate) struct FleetHeadline {
    /// `INCOMPLETE`; none if everything is known.
    pub(crate) word: Option<&'static str>,
    /// The work, in one sentence.
    pub(crate) work: String,
    /// What is not known, one sentence each.
    pub(crate) doubts: Vec<String>,
    /// How much was read.
    pub(crate) coverage: String,
}

impl FleetHeadline {
    /// The headline of a fleet. `number` writes a count.
    pub(crate) fn new(overview: &Overview, number: fn(u64) -> String) -> Self {
        let is_complete = overview.verdict() == Verdict::Complete;
        Self {
            word: (!is_complete).then_some("INCOMPLETE"),
            work: work(overview, is_complete, number),
            doubts: doubts(overview, number),
            coverage: coverage(overview, number),
        }
    }
}

fn work(overview: &Overview, is_complete: bool, number: fn(u64) -> String) -> String {
    let tenancies = overview.rows.len() as u64;
    let figures = &overview.totals.figures;
    let all = counted(tenancies, "tenancy", "tenancies", number);
    if tenancies == 0 {
        return "No tenancy has reported.".to_owned();
    }
    if figures.to_act() == 0 {
        return if is_complete {
            format!("Nothing to do now in {all}.")
        } else {
            format!("No credential is known to need action now in {all}.")
        };
    }
    let at_least = if is_complete { "" } else { "At least " };
    let needs = if figures.to_act() == 1 {
        "credential needs"
    } else {
        "credentials need"
    };
    format!(
        "{at_least}{} {needs} action now in {} of {all}: {}.",
        number(figures.to_act()),
        number(overview.totals.to_act),
        work_words(figures, number)
    )
}

/// `6 to rotate, 11 to remove`; empty if there is nothing to do.
pub(crate) fn work_words(figures: &Figures, number: fn(u64) -> String) -> String {
    let parts = Work::ALL
        .into_iter()
        .map(|work| (figures.of_work(work), work));
    let parts = parts.filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts
        .map(|(count, work)| format!("{} to {}", number(count), work.verb()))
        .collect();
    parts.join(", ")
}

fn doubts(overview: &Overview, number: fn(u64) -> String) -> Vec<String> {
    let mut doubts = Vec::new();
    let tenancies = overview.rows.len() as u64;
    let not_current: Vec<_> = overview.totals.not_current().collect();
    let sum: u64 = not_current.iter().map(|(count, _)| count).sum();
    if sum > 0 {
        let parts: Vec<_> = not_current
            .iter()
            .map(|(count, standing)| format!("{} {}", number(*count), standing.words()))
            .collect();
        let lack = if tenancies == 1 {
            "tenancy lacks"
        } else if sum == 1 {
            "tenancies lacks"
        } else {
            "tenancies lack"
        };
        doubts.push(format!(
            "{} of {} {lack} a run of the last {SILENT_HOURS} hours that can be used: {}.",
            number(sum),
            number(tenancies),
            parts.join(", ")
        ));
    }
    let partial = overview.totals.with(Standing::Partial);
    if partial > 0 {
        doubts.push(format!(
            "{} of {} {} not read completely.",
            number(partial),
            number(tenancies),
            if partial == 1 {
                "tenancies was"
            } else {
                "tenancies were"
            }
        ));
    }
    if tenancies == 0 {
        let hub = &overview.hub;
        doubts.push(format!(
            "Bucket {} has no folder of a tenancy below {}.",
            hub.bucket, hub.prefix
        ));
    }
    doubts
}

/// `200 tenancies, 412 domains, 90,000 users, 10,000,000 credentials`.
fn coverage(overview: &Overview, number: fn(u64) -> String) -> String {
    let figures = &overview.totals.figures;
    [
        counted(overview.rows.len() as u64, "tenancy", "tenancies", number),
        counted(figures.domains, "domain", "domains", number),
        counted(figures.users, "user", "users", number),
        counted(figures.credentials, "credential", "credentials", number),
    ]
    .join(", ")
}

fn counted(count: u64, one: &str, many: &str, number: fn(u64) -> String) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// `12 more since 2026-11-22`.
pub(crate) fn trend_words(trend: Trend, number: fn(u64) -> String) -> String {
    format!(
        "{} since {}",
        change_words(trend.change, number),
        trend.since.date()
    )
}

/// `12 more`, `3 fewer`, `no change`.
pub(crate) fn change_words(change: i64, number: fn(u64) -> String) -> String {
    let count = number(change.unsigned_abs());
    match change {
        0 => "no change".to_owned(),
        1.. => format!("{count} more"),
        _ => format!("{count} fewer"),
    }
}

/// `5 hours ago`, `3 days ago`.
pub(crate) fn age(hours: i64) -> String {
    let hours = u64::try_from(hours).unwrap_or(0);
    if hours < 48 {
        format!("{} ago", display::counted(hours, "hour", "hours"))
    } else {
        format!("{} ago", display::counted(hours / 24, "day", "days"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_is_in_hours_and_then_in_days() {
        for (hours, text) in [
            (0, "0 hours ago"),
            (1, "1 hour ago"),
            (47, "47 hours ago"),
            (48, "2 days ago"),
            (-3, "0 hours ago"),
        ] {
            assert_eq!(age(hours), text);
        }
    }
}
