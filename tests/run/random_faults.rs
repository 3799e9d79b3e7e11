//! Random faults with a printed seed; `FAULT_SEED=<number>` repeats a run.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::common::in_process::InProcess;
use crate::common::served_tenancy::transport;
use crate::common::{LONG_AGO, even_domain_since, seed};
use credential_audit::clock::{Clock, SystemClock};
use credential_audit::model::Verdict;
use credential_audit::run::RunError;
use fastrand::Rng;
use tenancy_sim::{Directory, Domain, Fault, Misbehavior, ResourceType, Service, Tenancy};

/// Number of tenancies, each with faults of its own.
const TENANCIES: u64 = 60;

/// The reports without the run id.
fn comparable(tenancy: &InProcess) -> Vec<(String, Vec<u8>)> {
    let csv = ["expiry-Default.csv", "usage-Default.csv"]
        .map(|name| (name.to_owned(), tenancy.newest(name).1));
    let rows = tenancy.credential_rows().into_iter().map(|mut row| {
        row.remove("run_id");
        format!("{row:?}")
    });
    let rows: Vec<_> = rows.collect();
    csv.into_iter()
        .chain([("credentials.csv".to_owned(), rows.join("\n").into_bytes())])
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fifth_request_failing_at_most_doubles_the_requests() {
    let mut random = Rng::with_seed(seed("FAULT_SEED"));
    let at = "2026-01-15T06:00:00Z".parse().expect("an instant");
    let tenancy = InProcess::serve(Tenancy::generated(300, random.u64(..), at))
        .within(Duration::from_secs(120));
    // Small pages lead to more than a hundred requests.
    tenancy
        .sim
        .misbehave_everywhere("Default", Misbehavior::ClampPages(25));
    let as_of = credential_audit::event::parse(br#"{"audit":{"as_of":"2026-01-15T06:00:00Z"}}"#);
    let as_of = as_of.expect("an invocation");
    let undisturbed = tenancy.run_as(as_of.clone()).await.expect("an answer");
    assert!(
        undisturbed.delivery.requests >= 100,
        "{}",
        undisturbed.delivery.requests
    );
    let expected = comparable(&tenancy);

    // Every tenth request fails with 429, and every tenth with 500, from a random offset.
    let offset = random.u64(0..5);
    tenancy.sim.reset_journal();
    tenancy.fault(Fault::status(500).after(offset).every(10));
    tenancy.fault(
        Fault::status(429)
            .header("retry-after", "0")
            .after(offset)
            .every(5),
    );
    let disturbed = tenancy.run_as(as_of).await.expect("an answer");
    assert_eq!(disturbed.run.verdict, Verdict::Complete);
    assert_eq!(tenancy.assert_all_accounted_for(&disturbed), 0);
    assert_eq!(comparable(&tenancy), expected);
    let statuses: Vec<_> = tenancy
        .sim
        .requests()
        .iter()
        .map(|request| request.status)
        .collect();
    let struck = |status| statuses.iter().filter(|actual| **actual == status).count();
    assert!(
        struck(429) >= 10 && struck(500) >= 10,
        "{} and {}",
        struck(429),
        struck(500)
    );
    assert!(
        disturbed.delivery.requests <= undisturbed.delivery.requests * 2,
        "{} of {}",
        disturbed.delivery.requests,
        undisturbed.delivery.requests
    );
}

/// Two domains of a few users, with sizes around those of pages and chunks. `created` is the date in even domains.
fn tenancy(random: &mut Rng, created: &str) -> Tenancy {
    let users = [1, 7, 49, 50, 51, 120][random.usize(..6)];
    let even_domain = |name, users, each| even_domain_since(created, name, users, each);
    let dev = even_domain("Dev", random.usize(1..5), random.usize(0..3));
    let at = chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
    let default = match random.bool() {
        true => even_domain("Default", users, random.usize(0..4)),
        // Without the hard case of a credential without a holder: queries by user cannot find it, and their mode says that
        // they were used.
        false => Domain::generated("Default", users.min(36), random.u64(..), at),
    };
    Tenancy::empty().domain(default).domain(dev)
}

fn misbehavior(random: &mut Rng) -> Misbehavior {
    use Misbehavior::*;
    let number = random.usize(1..60);
    match random.u8(0..15) {
        0 => TotalResults(random.i64(-120..120)),
        1 => HideRows(number),
        2 => OmitRows(number),
        3 => DuplicateRows(number),
        4 => OverlapPages(number),
        5 => ClampPages(number),
        6 => ShortPages(number),
        7 => RepeatPages,
        8 => AlwaysNextPage,
        9 => NeverNextPage,
        10 => RefuseUnfiltered([400, 405][random.usize(..2)]),
        11 => RefuseFilter("meta.created".to_owned()),
        12 => RefuseSort,
        13 => NoResourcesWhenEmpty,
        _ => [Deny(403), DenyByGateway(404), Deny(401)][random.usize(..3)].clone(),
    }
}

fn fault(random: &mut Rng) -> Fault {
    let fault = match random.u8(0..13) {
        0 => Fault::status([401, 403, 404, 405, 400, 413][random.usize(..6)]),
        1 => Fault::status(429).header("retry-after", "0"),
        2 => Fault::status([408, 500, 502, 503, 504][random.usize(..5)]),
        3 => Fault::html(200),
        4 => Fault::redirect(307, "http://127.0.0.1:9/stolen"),
        5 => Fault::reset_before_answer(),
        6 => Fault::reset_in_body(random.usize(1..400)),
        7 => Fault::truncated_body(random.usize(0..400)),
        8 => Fault::invalid_json(),
        9 => Fault::content_type("text/plain"),
        10 => Fault::drip(random.usize(100..1000), Duration::from_millis(1)),
        11 => Fault::delay(Duration::from_millis(random.u64(1..50))),
        _ => return drift(random),
    };
    let fault = match random.u8(0..4) {
        0 => fault.first(random.u64(1..8)),
        1 => fault.nth(random.u64(1..8)),
        2 => fault.every(random.u64(2..6)),
        _ => fault.probability(0.3, random.u64(..)),
    };
    match random.u8(0..4) {
        0 => fault.service(Service::IdentityDomain),
        1 => fault.service(Service::ObjectStorage),
        _ => fault.domain("Default").resource_type(any_list(random)),
    }
}

/// Removes a credential while its list is read. The run has to account for those that exist at the end.
fn drift(random: &mut Rng) -> Fault {
    let credential_type = ResourceType::CREDENTIALS[random.usize(..6)];
    let vanish = move |directory: &mut Directory| {
        let first = directory
            .credentials(credential_type)
            .first()
            .map(|credential| credential.id.clone());
        if let Some(id) = first {
            directory.remove_credential(&id);
        }
    };
    Fault::change(vanish)
        .domain("Default")
        .resource_type(credential_type)
        .nth(random.u64(1..4))
}

fn any_list(random: &mut Rng) -> ResourceType {
    match random.usize(0..7) {
        6 => ResourceType::Users,
        credential_type => ResourceType::CREDENTIALS[credential_type],
    }
}

/// Whether the misbehavior would hide what users claim. Only claims reveal rows that a list omits without counting them, so
/// the tests never falsify both.
fn hides_the_claims(list: ResourceType, misbehavior: &Misbehavior) -> bool {
    list == ResourceType::Users
        && matches!(
            misbehavior,
            Misbehavior::OmitRows(_) | Misbehavior::TotalResults(_)
        )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_faults_leave_no_credential_unaccounted_for() {
    let seed = seed("FAULT_SEED");
    let transport = transport();
    let mut runs = tokio::task::JoinSet::new();
    let (mut complete, mut partial, mut failed) = (0, 0, 0);
    for number in 0..TENANCIES {
        let transport = transport.clone();
        if runs.len() >= 8
            && let Some(end) = runs.join_next().await
        {
            count(&end, [&mut complete, &mut partial, &mut failed]);
        }
        runs.spawn(async move {
            let mut random = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            // Every second even domain has no findings; its texts must not say so if it was not read.
            let yesterday = SystemClock.now() - chrono::TimeDelta::days(1);
            let yesterday = yesterday.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            let created = [LONG_AGO, &yesterday][usize::from(number.is_multiple_of(2))];
            let tenancy = InProcess::serve(tenancy(&mut random, created))
                .within(Duration::from_secs(20))
                .through(&transport);
            let (mut injected, mut hiding) = (Vec::new(), BTreeSet::new());
            for _ in 0..random.usize(0..4) {
                let (list, misbehavior) = (any_list(&mut random), misbehavior(&mut random));
                if !hides_the_claims(list, &misbehavior) {
                    if matches!(misbehavior, Misbehavior::OmitRows(_)) {
                        hiding.insert(list);
                    }
                    injected.push(format!("{list:?} {misbehavior:?}"));
                    tenancy.sim.misbehave("Default", list, misbehavior);
                }
            }
            for _ in 0..random.usize(0..4) {
                let fault = fault(&mut random);
                injected.push(format!("{fault:?}"));
                tenancy.fault(fault);
            }
            println!("tenancy {number}: {injected:#?}");
            let result = tenancy.run().await;
            let requests = tenancy.sim.requests();
            assert!(
                requests.len() < 3000,
                "{number}: {} requests",
                requests.len()
            );
            assert!(
                requests
                    .iter()
                    .all(|request| !request.target.contains("stolen")),
                "{number}"
            );
            match result {
                Ok(summary) => {
                    tenancy.assert_all_accounted_for_unless_hidden(&summary, &hiding);
                    println!("tenancy {number}: {}", summary.run.verdict);
                    summary.run.verdict
                }
                Err(error @ (RunError::NothingRead { .. } | RunError::Delivery(_))) => {
                    println!("tenancy {number}: {error}");
                    Verdict::Failed
                }
                Err(error) => panic!("{number}: {error}"),
            }
        });
    }
    while let Some(end) = runs.join_next().await {
        count(&end, [&mut complete, &mut partial, &mut failed]);
    }
    println!("{complete} complete, {partial} partial, {failed} failed");
    assert!(
        complete > 0 && partial > 0,
        "{complete} complete, {partial} partial, {failed} failed"
    );
}

fn count(end: &Result<Verdict, tokio::task::JoinError>, counts: [&mut u64; 3]) {
    let [complete, partial, failed] = counts;
    match end {
        Ok(Verdict::Complete) => *complete += 1,
        Ok(Verdict::Partial) => *partial += 1,
        Ok(Verdict::Failed) => *failed += 1,
        Err(error) => std::panic::resume_unwind(Box::new(error.to_string())),
    }
}
