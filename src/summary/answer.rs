//! The summary as the answer of an invocation, in at most 5 MB.
//!
//! The platform drops an answer over 6 MB and reports a failed call, although everything was delivered. So the answer has the
//! first of everything that grows with the tenancy, and the number of the others. The manifest in the bucket has them all.

use serde::Serialize;

use crate::model::Verdict;

use super::{Coverage, DomainSummary, Further, Summary};

/// Max bytes of an answer.
pub const MAX_BYTES: usize = 5_000_000;

/// Max gaps, messages and notices, each.
const MAX_TEXTS: usize = 100;
/// Max domains.
const MAX_DOMAINS: usize = 1000;
/// Max stored objects: two or more per domain.
const MAX_OBJECTS: usize = 10_000;
/// After as many halvings, every limit is zero.
const MAX_HALVINGS: u32 = 14;

/// The JSON of a summary.
///
/// # Errors
///
/// If it cannot become JSON, which is a bug.
pub fn to_json(summary: &Summary) -> Result<Vec<u8>, serde_json::Error> {
    fitting(|halvings| shortened(summary.clone(), halvings))
}

/// The JSON of an answer. `shorten` returns it with the limits of its lists halved that many times. The first that has at most
/// [`MAX_BYTES`] is used.
///
/// # Errors
///
/// If it cannot become JSON, which is a bug.
pub fn fitting<T: Serialize>(shorten: impl Fn(u32) -> T) -> Result<Vec<u8>, serde_json::Error> {
    let mut halvings = 0;
    loop {
        let json = serde_json::to_vec(&shorten(halvings))?;
        if json.len() <= MAX_BYTES || halvings == MAX_HALVINGS {
            return Ok(json);
        }
        halvings += 1;
    }
}

/// Keeps the first of each list. Of domains, the incomplete ones are first, if not all are kept.
fn shortened(mut summary: Summary, halvings: u32) -> Summary {
    let limit = |max: usize| max >> halvings;
    let mut further = Further::default();
    let run = &mut summary.run;
    let (mut gaps, mut messages) = (limit(MAX_TEXTS), limit(MAX_TEXTS));
    further.domains = keep_incomplete(&mut run.domains, limit(MAX_DOMAINS), &mut further);
    further.notices += keep(&mut run.notices, limit(MAX_TEXTS));
    further.gaps += keep_of_rest(&mut run.discovery_gaps, &mut gaps);
    for coverage in run.domains.iter_mut().flat_map(lists) {
        further.gaps += keep_of_rest(&mut coverage.gaps, &mut gaps);
        if coverage.message.is_some() {
            match messages.checked_sub(1) {
                Some(rest) => messages = rest,
                None => {
                    coverage.message = None;
                    further.messages += 1;
                }
            }
        }
    }
    further.objects = keep(&mut summary.delivery.objects, limit(MAX_OBJECTS));
    summary.further = further;
    summary
}

/// Keeps at most `max` items; the number of the others.
fn keep<T>(items: &mut Vec<T>, max: usize) -> u64 {
    let others = items.len().saturating_sub(max);
    items.truncate(max);
    others as u64
}

/// Keeps what a limit of several lists leaves for this one; the number of the others.
fn keep_of_rest<T>(items: &mut Vec<T>, rest: &mut usize) -> u64 {
    let others = keep(items, *rest);
    *rest -= items.len();
    others
}

/// Keeps at most `max` domains, and counts the gaps and messages of the others. The number of the others.
fn keep_incomplete(domains: &mut Vec<DomainSummary>, max: usize, further: &mut Further) -> u64 {
    if domains.len() <= max {
        return 0;
    }
    domains.sort_by_key(|domain| domain.verdict == Verdict::Complete);
    for coverage in domains[max..].iter_mut().flat_map(lists) {
        further.gaps += coverage.gaps.len() as u64;
        further.messages += u64::from(coverage.message.is_some());
    }
    keep(domains, max)
}

fn lists(domain: &mut DomainSummary) -> impl Iterator<Item = &mut Coverage> {
    std::iter::once(&mut domain.users_coverage).chain(domain.coverage.values_mut())
}
