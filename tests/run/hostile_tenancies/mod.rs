//! A random search for hostile tenancies that are reported as clean.
//!
//! `HOSTILE_SEED=<number>` repeats a search, and `HOSTILE_CASES=<number>` makes it longer:
//! `HOSTILE_CASES=2000 cargo test --locked --test run hostile`. `HOSTILE_CASE=<number>` runs one case, by its own seed.
//!
//! # A case
//!
//! A small tenancy is generated, so what exists is known. Its services then refuse, deceive and delay at random (`attack`).
//! The program runs in memory on a paused clock (`outcome`), so that timeouts and pauses cost nothing. The oracle judges by
//! what exists, by what was received and by what was sent (`oracle`, `delivery`), and never by what the program believes.
//! A case that breaks a promise is made smaller and printed.
//!
//! # What nobody can know
//!
//! A credential may be missing from a complete type only if the services gave one consistent account without it:
//!
//! - no answer had its row, a row without a readable id, or a claim of its id;
//! - no user claims anything of its type that cannot be read;
//! - all totals of the list are equal, and are the rows received. Lists by user need this per user;
//! - no page was full by its own `itemsPerPage` with rows behind it that nobody asked for;
//! - no row moved between the pages while they were read;
//! - if users were asked one by one: its holder was asked, has a record with readable claims, or is not a listed user;
//! - if only a filter by date was accepted and it has no readable date: the rows without a date were listed too, by one
//!   consistent account, or its holder has a record with readable claims, or is not a listed user.
//!
//! A user may be missing from complete users on the same conditions, but never if it has no date, a filter by date hides it
//! and the rows without a date were not listed.

mod attack;
mod case;
mod delivery;
mod draw;
mod echo;
mod evidence;
mod oracle;
mod outcome;
mod rewrite;
mod services;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::seed;
use case::Case;
use oracle::{Broken, judge};
use outcome::outcome_of;

/// Cases of a search, unless `HOSTILE_CASES` says otherwise.
const CASES: u64 = 200;
/// Threads, each with one case at a time.
const THREADS: usize = 2;
/// Cases printed per promise.
const EXAMPLES: usize = 2;

#[test]
fn hostile_services_never_look_clean_leak_or_lose_a_mail() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (cases, seed) = match number("HOSTILE_CASE") {
        Some(seed) => (1, seed),
        None => (
            number("HOSTILE_CASES").unwrap_or(CASES),
            seed("HOSTILE_SEED"),
        ),
    };
    let started = std::time::Instant::now();
    let (next, broken) = (AtomicU64::new(0), Mutex::new(BTreeMap::<_, Vec<_>>::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= cases {
                        return;
                    }
                    let case = draw::case(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                    for found in broken_promises(&case) {
                        let mut broken = broken.lock().expect("a lock");
                        let examples = broken.entry(found.promise).or_default();
                        examples.push((case.clone(), found));
                    }
                }
            });
        }
    });
    println!("{cases} cases in {:?}", started.elapsed());
    let broken = broken.into_inner().expect("a lock");
    for (promise, examples) in &broken {
        println!("\n## {promise}: {} of {cases} cases", examples.len());
        for (case, found) in examples.iter().take(EXAMPLES) {
            let case = smaller(case.clone(), found.promise);
            let detail = broken_promises(&case)
                .into_iter()
                .find(|other| other.promise == *promise);
            let detail = detail.map_or_else(|| found.detail.clone(), |found| found.detail);
            println!("HOSTILE_CASE={}\n{case:?}\n  {detail}", case.seed);
        }
    }
    let promises: Vec<_> = broken
        .iter()
        .map(|(promise, examples)| (promise, examples.len()))
        .collect();
    assert!(broken.is_empty(), "broken promises: {promises:#?}");
}

/// What a case breaks. A panic of the program breaks a promise too.
fn broken_promises(case: &Case) -> Vec<Broken> {
    let run = std::panic::catch_unwind(|| judge(case, &outcome_of(case)));
    run.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        vec![oracle::broken("no panic", text.unwrap_or_default())]
    })
}

/// Removes what the broken promise does not need.
fn smaller(mut case: Case, promise: &str) -> Case {
    let still = |case: &Case| {
        broken_promises(case)
            .iter()
            .any(|found| found.promise == promise)
    };
    let mut position = case.attacks.len();
    while position > 0 {
        position -= 1;
        let mut fewer = case.clone();
        fewer.attacks.remove(position);
        if still(&fewer) {
            case = fewer;
        }
    }
    for domain in 0..case.domains.len() {
        for change in [
            (|plan| plan.not_listed = 0) as fn(&mut case::DomainPlan),
            |plan| plan.undated = false,
            |plan| plan.empty = None,
            |plan| plan.users = plan.users.min(3),
            |plan| plan.users = plan.users.min(1),
        ] {
            let mut fewer = case.clone();
            change(&mut fewer.domains[domain]);
            if still(&fewer) {
                case = fewer;
            }
        }
    }
    for change in [(|case| case.discovers = false) as fn(&mut Case), |case| {
        case.follows_a_run = false;
    }] {
        let mut fewer = case.clone();
        change(&mut fewer);
        if still(&fewer) {
            case = fewer;
        }
    }
    case
}
