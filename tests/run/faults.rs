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
use credential_audit::run::RunError;
use credential_audit::summary::Summary;
use tenancy_sim::{Fault, Previous, ResourceType, Service, Tenancy};
use tokio::sync::{Mutex, Semaphore};

/// Runs that are under way at the same time, where most of them wait for a retry, and where all have a short limit.
const MANY: usize = 32;
const FEW: usize = 12;

/// One table at a time: what has a time limit must not starve.
static TABLE: Mutex<()> = Mutex::const_new(());

/// How long a run may take that is expected to fail. Reading has fifteen seconds of it.
const SHORT: Duration = Duration::from_secs(20);

/// The same where nothing is ever answered: less than the ten seconds for which storing is tried.
const SILENT: Duration = Duration::from_millis(9500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Users,
    Kind(ResourceType),
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
    Step::Kind(ResourceType::ApiKeys),
    Step::Kind(ResourceType::SmtpCredentials),
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
            Self::Kind(credential_type) => fault.domain("Default").resource_type(credential_type),
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

    /// Whether the answer has a body that anybody reads.
    const fn reads_a_body(self) -> bool {
        !matches!(self, Self::Report | Self::Manifest | Self::Delivered)
    }
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Complete,
    Partial,
    NothingRead,
    NotStored,
    NotPublished,
    /// The run never began.
    Refused,
}

/// What a step comes to that never succeeds.
const fn lost(step: Step) -> End {
    match step {
        Step::Users | Step::Kind(_) | Step::Regions | Step::Compartments => End::Partial,
        Step::Domains => End::NothingRead,
        Step::Namespace | Step::Report | Step::Manifest => End::NotStored,
        Step::Delivered => End::Complete,
        Step::Publish => End::NotPublished,
    }
}

fn end(result: &Result<Summary, RunError>) -> End {
    use credential_audit::run::deliver::DeliveryError;
    match result {
        Ok(summary) if summary.run.verdict == "COMPLETE" => End::Complete,
        Ok(_) => End::Partial,
        Err(RunError::NothingRead { .. }) => End::NothingRead,
        Err(RunError::Delivery(DeliveryError::NotStored { .. })) => End::NotStored,
        Err(RunError::Delivery(DeliveryError::NotPublished(_))) => End::NotPublished,
        Err(RunError::Credentials(_) | RunError::Invocation(_)) => End::Refused,
    }
}

/// One run.
struct Row {
    name: String,
    step: Step,
    fault: Fault,
    expected: End,
    time: Duration,
    /// Whether there is time left to tell people.
    told: bool,
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
        told,
    } = row;
    let mut tenancy = InProcess::serve(tenancy()).within(time).through(&transport);
    if step.discovers() {
        tenancy = tenancy.unset("AUDIT_DOMAIN_URLS");
    }
    tenancy.renew_token(Previous::StaysValid);
    tenancy.fault(step.confine(fault));
    let result = tenancy.run().await;
    assert_eq!(end(&result), expected, "{name}: {result:?}");
    assert!(
        tenancy.sim.faults().struck() > 0,
        "{name}: the fault never struck"
    );

    let sim = &tenancy.sim;
    assert!(
        sim.requests()
            .iter()
            .all(|it| !it.target.contains("stolen")),
        "{name}: a redirect was followed"
    );
    let names = sim.bucket(sim.bucket_name()).names();
    let stored = |object: &str| names.iter().any(|it| it.ends_with(object));
    let manifest = matches!(expected, End::Complete | End::Partial | End::NotPublished);
    assert_eq!(stored("manifest.json"), manifest, "{name}: {names:?}");
    let messages = sim.messages();
    let titles: Vec<_> = messages
        .iter()
        .filter_map(|it| it.title.as_deref())
        .collect();
    let flag = match expected {
        End::Complete => "",
        End::Partial => "PARTIAL",
        End::NothingRead => "FAILED",
        End::NotStored => "REPORTS NOT STORED",
        End::NotPublished | End::Refused => {
            assert!(!stored("delivered.json"), "{name}: {names:?}");
            return;
        }
    };
    assert_eq!(titles.len(), usize::from(told), "{name}: {titles:?}");
    assert!(
        titles.iter().all(|title| title.contains(flag)),
        "{name}: {titles:?}"
    );
    if let Ok(summary) = &result {
        let refused = step == Step::Delivered && name.contains("for ever");
        assert_eq!(stored("delivered.json"), !refused, "{name}");
        // A domain that says when to come back is left alone until then, whichever list it said it of.
        if !name.contains("Retry-After, for ever") {
            assert_others_are_whole(&name, step, expected, summary);
        }
        tenancy.assert_all_accounted_for(summary);
    }
}

/// One list that fails hides no other.
fn assert_others_are_whole(name: &str, step: Step, expected: End, summary: &Summary) {
    for domain in &summary.run.domains {
        for credential_type in credential_audit::credential_type::CredentialType::all() {
            let struck = step == Step::Kind(resource_type(credential_type));
            let whole = is_complete(&domain.coverage[credential_type.name()]);
            let lost = expected == End::Partial && struck && domain.name == "Default";
            assert_eq!(
                whole,
                !lost,
                "{name}: {} of {}",
                credential_type.name(),
                domain.name
            );
        }
    }
}

async fn check_all(side_by_side: usize, rows: Vec<Row>) {
    let _alone = TABLE.lock().await;
    let transport = transport();
    let slots = Arc::new(Semaphore::new(side_by_side));
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

fn row(step: Step, fault_name: &str, fault: Fault, expected: End) -> Row {
    Row {
        name: format!("{step:?}: {fault_name}"),
        step,
        fault,
        expected,
        time: match expected {
            End::Partial | End::NothingRead => SHORT,
            _ => Duration::from_secs(60),
        },
        told: true,
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
            ("reset before the answer", Fault::reset_before_answer()),
            (
                "reset, and only the answer was lost",
                Fault::reset_before_answer().after_effect(),
            ),
        ];
        if step.reads_a_body() {
            passing.push(("reset in the middle of the body", Fault::reset_in_body(5)));
            passing.push((
                "a body that drips",
                Fault::drip(64, Duration::from_millis(1)),
            ));
        }
        if matches!(step, Step::Users | Step::Kind(_)) {
            passing.push(("truncated JSON", Fault::truncated_body(40)));
            passing.push(("invalid JSON", Fault::invalid_json()));
            passing.push(("HTML with 200", Fault::html(200)));
            passing.push((
                "nothing with 204",
                Fault::status(204).body("text/plain", ""),
            ));
        }
        for (name, fault) in passing {
            let mut row = row(
                step,
                &format!("{name}, once"),
                fault.first(1),
                End::Complete,
            );
            // A publish whose answer was lost is repeated, and both arrive.
            row.told = true;
            if step == Step::Publish && (name.contains("lost") || name.contains("middle")) {
                continue;
            }
            rows.push(row);
        }
        rows.push(row(
            step,
            "wrong content type",
            Fault::content_type("text/html"),
            End::Complete,
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
            ("reset before the answer", Fault::reset_before_answer()),
        ];
        if step.reads_a_body() && step != Step::Publish {
            lasting.push(("reset in the middle of the body", Fault::reset_in_body(1)));
            lasting.push(("truncated JSON", Fault::truncated_body(1)));
            lasting.push(("invalid JSON", Fault::invalid_json()));
        }
        for (name, fault) in lasting {
            rows.push(row(step, &format!("{name}, for ever"), fault, lost(step)));
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
            silent.push(("a body that drips too slowly", drip));
        }
        // 64 MiB are read before the answer is given up, and a debug build is slow at it.
        if matches!(step, Step::Users | Step::Regions) {
            silent.push(("a body that never ends", Fault::endless_body()));
        }
        for (name, fault) in silent {
            let mut row = row(step, &format!("{name}, for ever"), fault, lost(step));
            row.time = SILENT;
            // Whoever waits for the bucket to the end has no time left to tell.
            row.told = !matches!(step, Step::Namespace | Step::Report | Step::Manifest);
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
    assert_eq!(summary.run.verdict, "COMPLETE");
    let titles: Vec<_> = tenancy
        .sim
        .messages()
        .into_iter()
        .map(|it| it.title)
        .collect();
    assert_eq!(titles.len(), 1);
    let title = titles[0].clone().unwrap_or_default();
    assert!(title.contains("(may be a repeat)"), "{title}");
}
