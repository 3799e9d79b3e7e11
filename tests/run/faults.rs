//! Every fault at every step, once and forever: the verdict, the bucket and the digest.
//!
//! [`InProcess::run`] asserts more of each run: no manifest without its reports, no rejected signature, no secret, and no
//! all-clear unless everything was read.

use std::sync::Arc;
use std::time::Duration;

use crate::common::even_domain;
use crate::common::in_process::InProcess;
use crate::common::invariants::{is_complete, resource_type};
use crate::common::served_tenancy::transport;
use credential_audit::http::reqwest_transport::ReqwestTransport;
use credential_audit::model::Verdict;
use credential_audit::run::{DeliveryError, RunError};
use credential_audit::summary::Summary;
use tenancy_sim::{Fault, Previous, ResourceType, Service, Tenancy};
use tokio::sync::{Mutex, Semaphore};

/// Concurrent runs: many if most of them wait for a retry, few if all have a short time limit.
const MANY: usize = 32;
const FEW: usize = 12;

/// One table at a time, so that runs with a time limit do not starve.
static TABLE: Mutex<()> = Mutex::const_new(());

/// The time limit of a run that is expected to fail. Reading gets 11 seconds of it.
const SHORT: Duration = Duration::from_secs(20);

/// The time limit of a run without responses: less than an attempt to store.
const SILENT: Duration = Duration::from_millis(9500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Users,
    Credentials(ResourceType),
    Regions,
    Compartments,
    Domains,
    Namespace,
    Report,
    Manifest,
    Delivered,
    Publish,
}

const STEPS: [Step; 11] = [
    Step::Users,
    Step::Credentials(ResourceType::ApiKeys),
    Step::Credentials(ResourceType::SmtpCredentials),
    Step::Regions,
    Step::Compartments,
    Step::Domains,
    Step::Namespace,
    Step::Report,
    Step::Manifest,
    Step::Delivered,
    Step::Publish,
];

impl Step {
    /// Confines a fault to this step.
    fn confine(self, fault: Fault) -> Fault {
        let stored = |name| {
            fault
                .clone()
                .service(Service::ObjectStorage)
                .target_contains(name)
        };
        match self {
            Self::Users => fault.domain("Default").resource_type(ResourceType::Users),
            Self::Credentials(credential_type) => {
                fault.domain("Default").resource_type(credential_type)
            }
            Self::Regions => fault
                .service(Service::Identity)
                .target_contains("/regionSubscriptions"),
            Self::Compartments => fault
                .service(Service::Identity)
                .target_contains("/compartments"),
            Self::Domains => fault.service(Service::Identity).target_contains("/domains"),
            Self::Namespace => fault.service(Service::ObjectStorage).method("GET"),
            Self::Report => stored("credentials.csv").method("PUT"),
            Self::Manifest => stored("manifest.json").method("PUT"),
            Self::Delivered => stored("delivered.json").method("PUT"),
            Self::Publish => fault.service(Service::Notifications),
        }
    }

    const fn discovers(self) -> bool {
        matches!(self, Self::Regions | Self::Compartments | Self::Domains)
    }

    /// Whether the program reads the body of the response.
    const fn reads_a_body(self) -> bool {
        !matches!(self, Self::Report | Self::Manifest | Self::Delivered)
    }
}

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Complete,
    Partial,
    NothingRead,
    NotStored,
    NotPublished,
    /// The run did not start.
    Refused,
}

/// The result of a run in which this step never succeeds.
const fn outcome_if_lost(step: Step) -> Outcome {
    match step {
        Step::Users | Step::Credentials(_) | Step::Regions | Step::Compartments => Outcome::Partial,
        Step::Domains => Outcome::NothingRead,
        Step::Namespace | Step::Report | Step::Manifest => Outcome::NotStored,
        Step::Delivered => Outcome::Complete,
        Step::Publish => Outcome::NotPublished,
    }
}

fn outcome(result: &Result<Summary, RunError>) -> Outcome {
    match result {
        Ok(summary) if summary.run.verdict == Verdict::Complete => Outcome::Complete,
        Ok(_) => Outcome::Partial,
        Err(RunError::NothingRead { .. }) => Outcome::NothingRead,
        Err(RunError::Delivery(DeliveryError::NotStored { .. })) => Outcome::NotStored,
        Err(RunError::Delivery(DeliveryError::NotPublished(_))) => Outcome::NotPublished,
        Err(RunError::Credentials(_) | RunError::Invocation(_)) => Outcome::Refused,
    }
}

/// One run of the table.
struct Row {
    name: String,
    step: Step,
    fault: Fault,
    expected: Outcome,
    time: Duration,
    /// Whether there is time left to publish a digest.
    published: bool,
}

fn tenancy() -> Tenancy {
    Tenancy::empty()
        .domain(even_domain("Default", 4, 1))
        .domain(even_domain("Dev", 2, 1))
}

async fn check(row: Row, transport: Arc<ReqwestTransport>) {
    let Row {
        name,
        step,
        fault,
        expected,
        time,
        published,
    } = row;
    let mut tenancy = InProcess::serve(tenancy()).within(time).through(&transport);
    if step.discovers() {
        tenancy = tenancy.unset("AUDIT_DOMAIN_URLS");
    }
    tenancy.renew_token(Previous::StaysValid);
    tenancy.fault(step.confine(fault));
    let result = tenancy.run().await;
    assert_eq!(outcome(&result), expected, "{name}: {result:?}");
    assert!(
        tenancy.sim.faults().struck() > 0,
        "{name}: the fault never struck"
    );

    let sim = &tenancy.sim;
    assert!(
        sim.requests()
            .iter()
            .all(|request| !request.target.contains("stolen")),
        "{name}: a redirect was followed"
    );
    let names = sim.bucket(sim.bucket_name()).names();
    let stored = |object: &str| names.iter().any(|name| name.ends_with(object));
    let manifest = matches!(
        expected,
        Outcome::Complete | Outcome::Partial | Outcome::NotPublished
    );
    assert_eq!(stored("manifest.json"), manifest, "{name}: {names:?}");
    let messages = sim.messages();
    let titles: Vec<_> = messages
        .iter()
        .filter_map(|message| message.title.as_deref())
        .collect();
    let flag = match expected {
        Outcome::Complete => "",
        Outcome::Partial => "INCOMPLETE",
        Outcome::NothingRead => "FAILED",
        Outcome::NotStored => "REPORTS NOT STORED",
        Outcome::NotPublished | Outcome::Refused => {
            assert!(!stored("delivered.json"), "{name}: {names:?}");
            return;
        }
    };
    assert_eq!(titles.len(), usize::from(published), "{name}: {titles:?}");
    assert!(
        titles.iter().all(|title| title.contains(flag)),
        "{name}: {titles:?}"
    );
    if let Ok(summary) = &result {
        let refused = step == Step::Delivered && name.contains("forever");
        assert_eq!(stored("delivered.json"), !refused, "{name}");
        // A Retry-After of one list pauses the whole domain.
        if !name.contains("Retry-After, forever") {
            let default = tenancy.sim.domain_url("Default");
            assert_others_are_complete(&name, step, expected, summary, &default);
        }
        tenancy.assert_all_accounted_for(summary);
    }
}

/// Asserts that a failing list does not affect the others. Domains are known by their URLs: a run that has little time
/// may not have looked up their names.
fn assert_others_are_complete(
    name: &str,
    step: Step,
    expected: Outcome,
    summary: &Summary,
    default: &str,
) {
    for domain in &summary.run.domains {
        for credential_type in credential_audit::credential_type::CredentialType::all() {
            let struck = step == Step::Credentials(resource_type(credential_type));
            let complete = is_complete(&domain.coverage[credential_type.name()]);
            let lost = expected == Outcome::Partial && struck && domain.url == default;
            assert_eq!(
                complete,
                !lost,
                "{name}: {} of {}",
                credential_type.name(),
                domain.name
            );
        }
    }
}

async fn check_all(concurrent: usize, rows: Vec<Row>) {
    let _alone = TABLE.lock().await;
    let transport = transport();
    let slots = Arc::new(Semaphore::new(concurrent));
    let mut runs = tokio::task::JoinSet::new();
    let count = rows.len();
    for row in rows {
        let (slots, transport) = (Arc::clone(&slots), Arc::clone(&transport));
        runs.spawn(async move {
            let _slot = slots.acquire_owned().await;
            let name = row.name.clone();
            tokio::spawn(check(row, transport)).await.map_err(|_| name)
        });
    }
    let results = runs.join_all().await;
    let failed: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert!(
        failed.is_empty(),
        "{} of {count} rows: {failed:#?}",
        failed.len()
    );
}

fn row(step: Step, fault_name: &str, fault: Fault, expected: Outcome) -> Row {
    Row {
        name: format!("{step:?}: {fault_name}"),
        step,
        fault,
        expected,
        time: match expected {
            Outcome::Complete | Outcome::Refused => Duration::from_secs(60),
            _ => SHORT,
        },
        published: true,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passing_fault_at_any_step_is_retried() {
    let mut rows = Vec::new();
    for step in STEPS {
        let mut passing = vec![
            ("401", Fault::status(401)),
            ("408", Fault::status(408)),
            ("429", Fault::status(429)),
            (
                "429 with Retry-After",
                Fault::status(429).header("retry-after", "1"),
            ),
            ("500", Fault::status(500)),
            ("502 in HTML", Fault::html(502)),
            ("503", Fault::status(503)),
            ("504", Fault::status(504).header("retry-after", "0")),
            ("reset before the response", Fault::reset_before_answer()),
            (
                "reset after the effect, response lost",
                Fault::reset_before_answer().after_effect(),
            ),
        ];
        if step.reads_a_body() {
            passing.push(("reset in the middle of the body", Fault::reset_in_body(5)));
            passing.push(("slow body", Fault::drip(64, Duration::from_millis(1))));
        }
        if matches!(step, Step::Users | Step::Credentials(_)) {
            passing.push(("truncated JSON", Fault::truncated_body(40)));
            passing.push(("invalid JSON", Fault::invalid_json()));
            passing.push(("HTML with 200", Fault::html(200)));
            passing.push((
                "204 without a body",
                Fault::status(204).body("text/plain", ""),
            ));
        }
        for (name, fault) in passing {
            let mut row = row(
                step,
                &format!("{name}, once"),
                fault.first(1),
                Outcome::Complete,
            );
            // A publish with a lost response is repeated, and both messages arrive.
            row.published = true;
            if step == Step::Publish && (name.contains("lost") || name.contains("middle")) {
                continue;
            }
            rows.push(row);
        }
        rows.push(row(
            step,
            "unexpected content type",
            Fault::content_type("text/html"),
            Outcome::Complete,
        ));
    }
    check_all(MANY, rows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lasting_fault_at_any_step_is_reported() {
    let mut rows = Vec::new();
    for step in STEPS {
        let mut lasting = vec![
            ("401", Fault::status(401)),
            ("403", Fault::status(403)),
            ("404", Fault::status(404)),
            ("405", Fault::status(405)),
            ("408", Fault::status(408)),
            ("429", Fault::status(429)),
            (
                "429 with Retry-After",
                Fault::status(429).header("retry-after", "3600"),
            ),
            (
                "429 with the longest Retry-After",
                Fault::status(429).header("retry-after", "18446744073709551615"),
            ),
            ("500", Fault::status(500)),
            ("501", Fault::status(501)),
            ("502 in HTML", Fault::html(502)),
            ("503", Fault::status(503)),
            ("504", Fault::status(504)),
            (
                "a redirect",
                Fault::redirect(307, "http://127.0.0.1:9/stolen"),
            ),
            ("a redirect to itself", Fault::redirect(302, "/stolen")),
            ("HTML with 200", Fault::html(200)),
            ("reset before the response", Fault::reset_before_answer()),
        ];
        if step.reads_a_body() && step != Step::Publish {
            lasting.push(("reset in the middle of the body", Fault::reset_in_body(1)));
            lasting.push(("truncated JSON", Fault::truncated_body(1)));
            lasting.push(("invalid JSON", Fault::invalid_json()));
        }
        for (name, fault) in lasting {
            rows.push(row(
                step,
                &format!("{name}, forever"),
                fault,
                outcome_if_lost(step),
            ));
        }
    }
    check_all(MANY, rows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_at_any_step_ends_at_the_deadline() {
    let mut rows = Vec::new();
    for step in STEPS {
        let mut silent = vec![("a hang", Fault::hang())];
        if step.reads_a_body() {
            let drip = Fault::drip(1, Duration::from_secs(20));
            silent.push(("too slow body", drip));
        }
        // 64 MiB are read before the response is abandoned, which is slow in a debug build.
        if matches!(step, Step::Users | Step::Regions) {
            silent.push(("endless body", Fault::endless_body()));
        }
        for (name, fault) in silent {
            let mut row = row(
                step,
                &format!("{name}, forever"),
                fault,
                outcome_if_lost(step),
            );
            row.time = SILENT;
            rows.push(row);
        }
    }
    check_all(FEW, rows).await;
}

#[tokio::test]
async fn hanging_publish_leaves_time_for_one_marked_repeat() {
    let tenancy = InProcess::serve(tenancy());
    tenancy.fault(Fault::hang().service(Service::Notifications).first(1));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    let titles = tenancy.titles();
    assert_eq!((titles.len(), tenancy.sim.messages().len()), (1, 1));
    assert!(titles[0].contains("(may be a repeat)"), "{titles:?}");
}
