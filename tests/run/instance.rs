//! Tokens of a compute instance: replaced before they expire, after a refusal, and never while the old one is better.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use credential_audit::auth::{CredentialSource, Identity};
use credential_audit::http::endpoint::Endpoint;
use credential_audit::http::network_settings::NetworkSettings;
use credential_audit::http::reqwest_transport::ReqwestTransport;
use credential_audit::oci::instance_principal::{Instance, InstancePrincipal};
use tenancy_sim::{Fault, Service, TenancySim};

use crate::common::generated;

const TOKEN_REQUEST: &str = "/v1/x509";

async fn principal(sim: &TenancySim) -> InstancePrincipal {
    let [(_, metadata), (_, endpoint)] = sim.instance_environment();
    let transport =
        || Arc::new(ReqwestTransport::new(&NetworkSettings::default()).expect("a transport"));
    let instance = Instance::find(transport(), Some(&metadata)).await;
    let instance = instance.expect("an instance");
    assert_eq!(instance.region(), "phx");
    let endpoint = Endpoint::parse(&endpoint).expect("an endpoint");
    InstancePrincipal::new(instance, transport(), endpoint, None)
}

/// The identity at this time, after what the signed client does before each signature.
async fn identity(
    principal: &InstancePrincipal,
    now: DateTime<Utc>,
    rejected: Option<&Identity>,
) -> Arc<Identity> {
    if let Some(obtaining) = principal.obtain(now, rejected) {
        obtaining.await.expect("credentials");
    }
    principal.current(now).expect("an identity")
}

fn token_requests(sim: &TenancySim) -> usize {
    let requests = sim.requests().into_iter();
    requests
        .filter(|request| request.target == TOKEN_REQUEST)
        .count()
}

#[tokio::test]
async fn token_is_replaced_five_minutes_before_it_expires() {
    let sim = generated(1).start().expect("a tenancy");
    let principal = principal(&sim).await;
    let now = Utc::now();
    assert!(principal.current(now).is_err(), "none was requested yet");
    let first = identity(&principal, now, None).await;
    let expires = first.expires_at.expect("a time");
    assert_eq!(first.tenancy.as_deref(), Some(sim.tenancy()));
    let valid = identity(&principal, expires - TimeDelta::minutes(6), None).await;
    assert_eq!(valid.key_id, first.key_id);
    let late = expires - TimeDelta::minutes(4);
    sim.set_clock_offset(late - now);
    let second = identity(&principal, late, None).await;
    assert_ne!(second.key_id, first.key_id);
    assert_ne!(
        second.key.fingerprint(),
        first.key.fingerprint(),
        "each token has a key of its own"
    );
    assert_eq!(token_requests(&sim), 2);
}

#[tokio::test]
async fn rejected_token_is_replaced_once_for_all_requests() {
    let sim = generated(1).start().expect("a tenancy");
    let principal = Arc::new(principal(&sim).await);
    let now = Utc::now();
    let first = identity(&principal, now, None).await;
    // A token that was just issued is not replaced: the next one would be rejected too.
    assert!(principal.obtain(now, Some(&first)).is_none());
    let now = now + TimeDelta::minutes(2);
    sim.set_clock_offset(TimeDelta::minutes(2));
    let requests = (0..8).map(|_| {
        let (principal, first) = (Arc::clone(&principal), Arc::clone(&first));
        tokio::spawn(async move { identity(&principal, now, Some(&first)).await })
    });
    let mut tokens = Vec::new();
    for request in requests.collect::<Vec<_>>() {
        tokens.push(request.await.expect("an identity").key_id.clone());
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_ne!(tokens[0], first.key_id);
    assert_eq!(token_requests(&sim), 2);
}

#[tokio::test]
async fn valid_token_signs_on_while_the_auth_service_fails() {
    let sim = generated(1).start().expect("a tenancy");
    let principal = principal(&sim).await;
    let now = Utc::now();
    let first = identity(&principal, now, None).await;
    let expires = first.expires_at.expect("a time");
    sim.faults()
        .add(Fault::status(503).service(Service::Instance).method("POST"));
    let late = identity(&principal, expires - TimeDelta::minutes(1), None).await;
    assert_eq!(late.key_id, first.key_id);
    assert_eq!(
        token_requests(&sim),
        1 + 3,
        "a failure of the service is retried"
    );
    let soon = expires - TimeDelta::seconds(50);
    assert!(
        principal.obtain(soon, None).is_none(),
        "a failure is not repeated at once"
    );
    let after = principal.obtain(expires, None).expect("a request").await;
    let error = after.expect_err("an expired token is not used").to_string();
    assert!(
        error.contains("issued no token") && error.contains("503"),
        "{error}"
    );
    sim.faults().clear();
    sim.set_clock_offset(expires - now);
    let new = identity(&principal, expires, None).await;
    assert_ne!(new.key_id, first.key_id);
}

#[tokio::test]
async fn short_lived_token_is_used_for_half_of_its_life() {
    let sim = generated(1)
        .token_lifetime(std::time::Duration::from_secs(60))
        .start()
        .expect("a tenancy");
    let principal = principal(&sim).await;
    let now = Utc::now();
    let first = identity(&principal, now, None).await;
    let soon = identity(&principal, now + TimeDelta::seconds(20), None).await;
    assert_eq!(soon.key_id, first.key_id);
    let later = identity(&principal, now + TimeDelta::seconds(40), None).await;
    assert_ne!(later.key_id, first.key_id);
}
