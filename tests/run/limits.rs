//! The time limit of a run, and the rate limits of domains.

use std::sync::Arc;
use std::time::{Duration, Instant};

use credential_audit::clock::SystemClock;
use credential_audit::http::client::{CallError, CallRules, Request};
use credential_audit::http::deadline::Deadline;
use credential_audit::http::endpoint::Endpoint;
use credential_audit::http::rate_limiter::{RateLimit, RateLimiter};
use credential_audit::http::retry::RetryRules;
use credential_audit::model::{FailureCause, Verdict};
use credential_audit::oci::service_error::cause_of;
use credential_audit::remedy::Remedy;

use crate::common::even_domain;
use crate::common::in_process::InProcess;
use crate::common::served_tenancy::ServedTenancy;
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
    assert!(tenancy.titles()[0].contains("INCOMPLETE"));
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

/// Lists users of a domain that responds with `status`. The rate limit allows one request per minute, so there is no time for
/// a retry, neither until the end of the run nor within the total of the request.
async fn read_without_time(status: u16, run: Duration, total: Duration) -> CallError {
    let domain = Tenancy::empty().domain(even_domain("Default", 1, 1));
    let tenancy = ServedTenancy::start(domain);
    tenancy.fault(Fault::status(status));
    let dependencies = tenancy.dependencies(Arc::new(tenancy.principal()), SystemClock);
    let client = dependencies.client().expect("credentials");
    let limiter = RateLimiter::new(Some(RateLimit {
        per_second: 1,
        per_minute: 1,
    }));
    let url = Endpoint::parse(&tenancy.sim.domain_url("Default")).expect("a URL");
    let request = Request::get(url, "/admin/v1/Users".to_owned());
    let rules = CallRules {
        deadline: Deadline::after(run),
        retry: RetryRules {
            total,
            ..RetryRules::READ
        },
        rate_limiter: Some(&limiter),
        slots: None,
    };
    client.send(&request, rules).await.expect_err("no time")
}

#[tokio::test]
async fn throttled_request_out_of_its_own_time_is_advised_to_lower_the_rate() {
    let (long, short) = (Duration::from_secs(60), Duration::from_secs(3));
    let cases = [
        (429, long, short, true, Some(Remedy::LowerRateLimit)),
        (503, long, short, true, None),
        (429, short, long, false, Some(Remedy::AllowMoreTime)),
    ];
    for (status, run, total, is_step, remedy) in cases {
        let error = read_without_time(status, run, total).await;
        let text = error.to_string();
        let last = format!("result of the last: status {status}");
        assert!(
            text.contains("1 attempt in") && text.contains(&last),
            "{text}"
        );
        assert_eq!(text.contains("used up its 3 s"), is_step, "{text}");
        let cause = cause_of(&error);
        let of_step = matches!(cause, FailureCause::StepOutOfTime { .. });
        assert_eq!(of_step, is_step, "{text}");
        assert_eq!(Remedy::of_list("read users", cause), remedy, "{text}");
        assert_eq!(cause.cell(), "ERROR:OUT_OF_TIME");
    }
}
