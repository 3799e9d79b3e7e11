//! The time limit of a run, and the rate limits of domains.

use credential_audit::model::Verdict;
use std::time::{Duration, Instant};

use crate::common::even_domain;
use crate::common::in_process::InProcess;
use tenancy_sim::{Fault, Misbehavior, ResourceType, Service, Tenancy};

#[tokio::test]
async fn reading_stops_in_time_to_store_and_publish() {
    let tenancy = Tenancy::empty().domain(even_domain("Default", 5, 1));
    let tenancy = InProcess::serve(tenancy).within(Duration::from_secs(9));
    tenancy.fault(Fault::hang().resource_type(ResourceType::SmtpCredentials));
    let started = Instant::now();
    let summary = tenancy.audit().await;
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "{:?}",
        started.elapsed()
    );
    let smtp = &summary.run.domains[0].coverage["smtp_credentials"];
    assert_eq!(smtp.error.as_deref(), Some("ERROR:OUT_OF_TIME"));
    assert_eq!(summary.run.verdict, Verdict::Partial);
    assert_eq!(tenancy.assert_manifests_are_true(), 1);
    assert!(tenancy.titles()[0].contains("PARTIAL"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn free_domain_gets_at_most_15_requests_per_second_and_no_429() {
    let domain = even_domain("Default", 60, 2).enforcing_rate_limits();
    let tenancy = InProcess::serve(Tenancy::empty().domain(domain)).unset("AUDIT_RATE_LIMIT");
    // Pages of 20 rows lead to more than 40 requests.
    tenancy
        .sim
        .misbehave_everywhere("Default", Misbehavior::ClampPages(20));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(tenancy.sim.totals().throttled, 0);
    let mut times: Vec<_> = tenancy
        .sim
        .requests()
        .into_iter()
        .filter(|request| request.domain.is_some())
        .map(|request| request.at)
        .collect();
    times.sort();
    assert!(times.len() > 35, "{}", times.len());
    for (index, first) in times.iter().enumerate() {
        let within = times[index..]
            .iter()
            .take_while(|at| **at - *first < Duration::from_secs(1));
        let within = within.count();
        assert!(within <= 15, "{within} in a second");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn domain_throttled_by_others_is_read_completely() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain("Default", 60, 2)))
        .unset("AUDIT_RATE_LIMIT");
    tenancy
        .sim
        .misbehave_everywhere("Default", Misbehavior::ClampPages(20));
    tenancy.fault(
        Fault::status(429)
            .header("retry-after", "1")
            .service(Service::IdentityDomain)
            .every(9),
    );
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, Verdict::Complete);
    assert_eq!(tenancy.assert_all_accounted_for(&summary), 0);
}
