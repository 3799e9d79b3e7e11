//! Runs that are killed while they mail: nobody gets two mails per day, and at most one batch is left until the weekday.
//!
//! `MAIL_KILL_SEED=<number>` repeats a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use credential_audit::event::AuditRequest;
use credential_audit::http::deadline::Deadline;
use credential_audit::run::run;
use serde_json::Value;
use tenancy_sim::{Tenancy, User};
use tokio::time::timeout;

use crate::changes::DailyRuns;
use crate::common::seed;

use super::{domain, mailing};

const PEOPLE: usize = 200;
const BATCH: usize = 10;
const MOMENTS: usize = 50;

/// How often each person was mailed.
fn times(runs: &DailyRuns) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for to in runs
        .sim
        .emails()
        .into_iter()
        .flat_map(|email| email.recipients)
    {
        *times.entry(to).or_insert(0) += 1;
    }
    times
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_run_mails_nobody_twice_and_leaves_at_most_one_batch() {
    let mut random = fastrand::Rng::with_seed(seed("MAIL_KILL_SEED"));
    let users = (0..PEOPLE).map(|number| User::named(&format!("user-{number:03}@example.com")));
    let runs = mailing(Tenancy::empty().domain(domain("Default", users)));
    let bucket = runs.sim.bucket_name().to_owned();
    let config = Arc::new(runs.config());
    let mut whole = Duration::ZERO;
    let (mut between, mut left_over) = (0, 0);
    for number in 0..=MOMENTS {
        runs.sim.remove_bucket(&bucket);
        let _ = runs.sim.bucket(&bucket);
        runs.sim.clear_emails();
        // The first run is not killed. 2026-11-20 is a Friday.
        let moment = match number {
            0 => Duration::from_secs(60),
            _ => whole.mul_f64(random.f64() * 1.1),
        };
        let begun = Instant::now();
        let dependencies = runs.dependencies_at("2026-11-20T06:00:00Z");
        let config = Arc::clone(&config);
        let task = tokio::spawn(async move {
            let deadline = Deadline::after(Duration::from_secs(120));
            run(AuditRequest::default(), &config, dependencies, deadline).await
        });
        let abort = task.abort_handle();
        let ended = timeout(moment, task).await.is_ok();
        abort.abort();
        if ended {
            whole = begun.elapsed();
        }
        // What was on its way arrives, or does not.
        let settled = || async {
            let mut before = usize::MAX;
            while runs.sim.emails().len() != before {
                before = runs.sim.emails().len();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        settled().await;
        let first = times(&runs).len();
        between += usize::from((1..PEOPLE).contains(&first));

        // A run on the same day mails the others, but for a batch that was recorded.
        runs.invoke("2026-11-20T12:00:00Z", &Value::Null)
            .await
            .expect("a run");
        let same_day = times(&runs);
        assert!(same_day.values().all(|times| *times == 1), "{same_day:?}");
        let missing = PEOPLE - same_day.len();
        assert!(missing <= BATCH, "{missing} were not mailed");
        left_over += missing;

        // The next weekday is Thursday.
        if missing > 0 {
            runs.invoke("2026-11-26T06:00:00Z", &Value::Null)
                .await
                .expect("a run");
            assert_eq!(times(&runs).len(), PEOPLE);
        }
    }
    println!(
        "{between} of {MOMENTS} runs were killed while they mailed; {left_over} people waited for the weekday"
    );
    assert!(between >= MOMENTS / 10, "{between}");
}
