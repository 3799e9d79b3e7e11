//! What is tried again and what is said of it; publishing; the deadline; the pace.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::in_process::{InProcess, even_domain};
use tenancy_sim::agent::{Agent, Call, Options};
use tenancy_sim::{Fault, Misbehaviour, Previous, ResourceType, Service, Tenancy};

fn tenancy() -> InProcess {
    InProcess::serve(Tenancy::empty().domain(even_domain("Default", 5, 1)))
}

fn titles(tenancy: &InProcess) -> Vec<String> {
    let messages = tenancy.sim.messages().into_iter();
    messages.filter_map(|it| it.title).collect()
}

#[tokio::test]
async fn a_token_that_was_renewed_is_read_again() {
    let tenancy = tenancy();
    tenancy.renew_token(Previous::Revoked);
    assert_eq!(tenancy.audit().await.run.verdict, "COMPLETE");
}

#[tokio::test]
async fn an_error_says_what_was_tried_and_for_how_long() {
    let tenancy = tenancy();
    tenancy.fault(Fault::status(503).resource_type(ResourceType::ApiKeys));
    tenancy.fault(Fault::reset_before_answer().resource_type(ResourceType::AuthTokens));
    let summary = tenancy.audit().await;
    for credential_type in ["api_keys", "auth_tokens"] {
        let message = summary.run.domains[0].coverage[credential_type]
            .message
            .clone();
        let message = message.expect("a sentence");
        assert!(
            message.contains("5 attempts") && message.contains(" s"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn retries_at_a_dead_domain_do_not_use_up_those_of_the_bucket() {
    let mut dead = Tenancy::empty().domain(even_domain("Default", 1, 1));
    for number in 0..12 {
        dead = dead.domain(even_domain(&format!("Dead {number}"), 1, 1));
    }
    let tenancy = InProcess::serve(dead);
    for number in 0..12 {
        tenancy.fault(Fault::status(500).domain(&format!("Dead {number}")));
    }
    tenancy.fault(
        Fault::status(500)
            .service(Service::ObjectStorage)
            .method("PUT")
            .first(3),
    );
    tenancy.fault(
        Fault::status(429)
            .header("retry-after", "0")
            .service(Service::Notifications)
            .first(2),
    );
    assert_eq!(tenancy.audit().await.run.verdict, "PARTIAL");
    assert_eq!(tenancy.sim.messages().len(), 1);
}

#[tokio::test]
async fn an_object_whose_answer_was_lost_is_stored_once_and_is_a_success() {
    let tenancy = tenancy();
    let lost = Fault::reset_before_answer()
        .service(Service::ObjectStorage)
        .method("PUT");
    tenancy.fault(lost.every(2).after_effect());
    assert_eq!(tenancy.audit().await.run.verdict, "COMPLETE");
    assert_eq!(tenancy.assert_manifests_are_true(), 1);
    let refused = tenancy
        .sim
        .requests()
        .iter()
        .filter(|it| it.status == 412)
        .count();
    assert!(
        refused > 0,
        "a repeat is refused, since the object is there"
    );
}

#[tokio::test]
async fn another_object_of_the_same_name_is_neither_overwritten_nor_taken_for_ours() {
    let tenancy = tenancy();
    tenancy.fault(
        Fault::status(412)
            .service(Service::ObjectStorage)
            .method("PUT")
            .target_contains("credentials.csv"),
    );
    let error = tenancy.run().await.expect_err("not stored");
    assert!(error.to_string().contains("credentials.csv"), "{error}");
    assert_eq!(titles(&tenancy).len(), 1);
    assert!(titles(&tenancy)[0].contains("REPORTS NOT STORED"));
}

#[tokio::test]
async fn a_digest_is_sent_again_freely_while_it_is_certain_that_it_was_not_taken() {
    let tenancy = tenancy();
    tenancy.fault(
        Fault::status(429)
            .header("retry-after", "0")
            .service(Service::Notifications)
            .first(3),
    );
    tenancy.audit().await;
    assert_eq!(tenancy.sim.messages().len(), 1);
    assert!(!tenancy.sim.messages()[0].body.contains("may be a repeat"));
    assert!(!titles(&tenancy)[0].contains("may be a repeat"));
}

#[tokio::test]
async fn after_an_ambiguous_end_a_digest_is_sent_once_more_and_marked() {
    for (fault, arrived) in [
        (Fault::reset_before_answer().after_effect(), 2),
        (Fault::reset_before_answer(), 1),
        (Fault::status(500), 1),
        (Fault::status(503).after_effect(), 2),
        (Fault::status(408), 1),
        (Fault::html(200), 1),
        (Fault::truncated_body(5), 2),
    ] {
        let tenancy = self::tenancy();
        tenancy.fault(fault.clone().service(Service::Notifications).first(1));
        assert_eq!(tenancy.audit().await.run.verdict, "COMPLETE");
        let messages = tenancy.sim.messages();
        assert_eq!(messages.len(), arrived, "{fault:?}");
        let repeat = &messages[arrived - 1];
        let marked = repeat.body.contains("may be a repeat")
            || repeat
                .title
                .as_deref()
                .is_some_and(|it| it.contains("may be a repeat"));
        assert!(marked, "{fault:?}: {repeat:?}");

        let tenancy = self::tenancy();
        tenancy.fault(fault.service(Service::Notifications));
        assert!(tenancy.run().await.is_err(), "it is sent twice at the most");
        let sent = tenancy.sim.requests();
        let sent = sent
            .iter()
            .filter(|it| it.service == Service::Notifications)
            .count();
        assert_eq!(sent, 2);
    }
}

#[tokio::test]
async fn a_connection_that_never_opens_is_a_failure_of_its_step_alone() {
    let closed = "http://127.0.0.1:1";
    for (setting, flag) in [
        ("AUDIT_OBJECT_STORAGE_ENDPOINT", "REPORTS NOT STORED"),
        ("AUDIT_NOTIFICATIONS_ENDPOINT", ""),
        ("AUDIT_DOMAIN_URLS", "FAILED"),
    ] {
        let tenancy = self::tenancy().set(setting, closed);
        let error = tenancy.run().await.expect_err("a failed run");
        assert!(
            error.to_string().contains("no connection"),
            "{setting}: {error}"
        );
        assert!(
            error.to_string().contains("5 attempts"),
            "{setting}: {error}"
        );
        assert!(
            titles(&tenancy).iter().all(|title| title.contains(flag)),
            "{setting}"
        );
        assert_eq!(titles(&tenancy).is_empty(), flag.is_empty(), "{setting}");
    }
    let tenancy = tenancy();
    let urls = format!("{closed},{}", tenancy.sim.domain_url("Default"));
    let summary = tenancy.set("AUDIT_DOMAIN_URLS", &urls).audit().await;
    assert_eq!(summary.run.verdict, "PARTIAL");
}

#[tokio::test]
async fn reading_stops_early_enough_for_what_is_known_to_be_stored_and_published() {
    let tenancy = tenancy().within(Duration::from_secs(9));
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
    assert_eq!(summary.run.verdict, "PARTIAL");
    assert_eq!(tenancy.assert_manifests_are_true(), 1);
    assert!(titles(&tenancy)[0].contains("PARTIAL"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_can_deliver_nothing_answers_504_in_time() {
    let tenancy = tenancy();
    tenancy.fault(Fault::hang().service(Service::ObjectStorage));
    tenancy.fault(Fault::hang().service(Service::Notifications));
    let principal = tempfile::Builder::new()
        .permissions(PermissionsExt::from_mode(0o755))
        .tempdir()
        .expect("a directory");
    let settings = tenancy.sim.environment(principal.path()).expect("settings");
    let program = [env!("CARGO_BIN_EXE_credential-audit")];
    let agent = Agent::start(program, settings, Options::default())
        .await
        .expect("a function");
    let answer = agent
        .invoke(Call::new("").timeout(Duration::from_secs(6)))
        .await;
    assert_eq!(
        answer.function_status.map(|it| it.as_u16()),
        Some(504),
        "{}",
        agent.stderr()
    );
    assert!(
        answer.elapsed < Duration::from_secs(6),
        "{:?}",
        answer.elapsed
    );
    assert!(tenancy.sim.messages().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_free_domain_gets_not_one_429_and_never_more_than_15_requests_a_second() {
    let domain = even_domain("Default", 60, 2).enforcing_rate_limits();
    let tenancy = InProcess::serve(Tenancy::empty().domain(domain)).unset("AUDIT_RATE_LIMIT");
    // Pages of twenty: more than forty requests.
    tenancy
        .sim
        .misbehave_everywhere("Default", Misbehaviour::ClampPages(20));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, "COMPLETE");
    assert_eq!(tenancy.sim.totals().throttled, 0);
    let mut times: Vec<_> = tenancy
        .sim
        .requests()
        .into_iter()
        .filter(|it| it.domain.is_some())
        .map(|it| it.at)
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
async fn a_domain_whose_budget_others_use_up_is_read_more_slowly_and_whole() {
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain("Default", 60, 2)))
        .unset("AUDIT_RATE_LIMIT");
    tenancy
        .sim
        .misbehave_everywhere("Default", Misbehaviour::ClampPages(20));
    tenancy.fault(
        Fault::status(429)
            .header("retry-after", "1")
            .service(Service::IdentityDomain)
            .every(9),
    );
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, "COMPLETE");
    assert_eq!(tenancy.assert_nothing_unread_is_uncounted(&summary), 0);
}
