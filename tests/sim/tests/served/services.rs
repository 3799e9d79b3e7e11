//! IAM, Object Storage, Notifications, principals and faults over a socket.

use crate::caller::{Caller, unsigned};
use chrono::TimeDelta;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tenancy_sim::{
    Compartment, Domain, Effect, Fault, Permission, Previous, Rejection, Service, Tenancy,
    TenancySim,
};

fn start() -> TenancySim {
    Tenancy::empty()
        .domain(Domain::named("Default"))
        .start()
        .unwrap()
}

fn users(sim: &TenancySim) -> String {
    format!("{}/admin/v1/Users", sim.domain_url("Default"))
}

fn object(sim: &TenancySim, name: &str) -> String {
    format!(
        "{}/n/{}/b/{}/o/{name}",
        sim.object_storage_endpoint(),
        sim.namespace(),
        sim.bucket_name()
    )
}

#[test]
fn list_of_domains_depends_on_the_region() {
    let dev = Compartment::named("dev");
    let sim = Tenancy::empty()
        .subscribed_to("eu-frankfurt-1")
        .compartment(dev.clone())
        .domain(Domain::named("Default"))
        .domain(Domain::named("Dev").license("premium").in_compartment(&dev))
        .domain(Domain::named("Frankfurt").listed_in(&["eu-frankfurt-1"]))
        .start()
        .unwrap();
    let caller = Caller::of(&sim);
    let base = |region: &str| sim.identity_endpoint().replace("{region}", region) + "/20160918";
    let names = |region: &str, compartment: &str| -> Vec<String> {
        let listed = caller
            .get(&format!(
                "{}/domains?compartmentId={compartment}",
                base(region)
            ))
            .json();
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|domain| domain["displayName"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("us-phoenix-1", sim.tenancy()), ["Default"]);
    assert_eq!(
        names("eu-frankfurt-1", sim.tenancy()),
        ["Default", "Frankfurt"]
    );
    assert_eq!(names("us-phoenix-1", &dev.ocid), ["Dev"]);
    assert_eq!(
        caller
            .get(&format!("{}/domains?compartmentId=x", base("us-phoenix-1")))
            .status,
        404
    );
    assert_eq!(
        caller
            .get(&format!("{}/domains?compartmentId=x", base("mars-north-1")))
            .status,
        404
    );

    let regions = caller.get(&format!(
        "{}/tenancies/{}/regionSubscriptions",
        base("us-phoenix-1"),
        sim.tenancy()
    ));
    assert_eq!(regions.json().as_array().unwrap().len(), 2);

    let below = format!(
        "{}/compartments?compartmentId={}&compartmentIdInSubtree=true&accessLevel=ANY",
        base("us-phoenix-1"),
        sim.tenancy()
    );
    let listed = caller.get(&below).json();
    assert_eq!(
        listed.as_array().unwrap().len(),
        1,
        "the root itself is not in the list"
    );
    assert_eq!(
        (&listed[0]["id"], &listed[0]["lifecycleState"]),
        (&dev.ocid.into(), &"ACTIVE".into())
    );

    sim.page_identity_lists(1, true);
    let url = format!(
        "{}/domains?compartmentId={}",
        base("eu-frankfurt-1"),
        sim.tenancy()
    );
    let first = caller.get(&url);
    assert_eq!(
        (
            first.json().as_array().unwrap().len(),
            first.header("opc-next-page")
        ),
        (0, Some("first"))
    );
    let second = caller.get(&format!("{url}&page=first"));
    assert_eq!(
        (
            second.json().as_array().unwrap().len(),
            second.header("opc-next-page")
        ),
        (1, Some("1"))
    );
    assert_eq!(
        caller.get(&format!("{url}&page=1")).header("opc-next-page"),
        None
    );
}

#[test]
fn objects_are_stored_once_in_order() {
    let sim = start();
    let caller = Caller::of(&sim);
    let put = |name: &str, headers: &[(&str, &str)], body: &[u8]| {
        caller
            .send("PUT", &object(&sim, name), headers, body)
            .unwrap()
    };
    assert_eq!(
        put(
            "a%2Fb",
            &[("if-none-match", "*"), ("content-type", "text/csv")],
            b"one"
        )
        .status,
        200
    );
    assert_eq!(
        put("a%2Fb", &[("if-none-match", "*")], b"two").json()["code"],
        "IfNoneMatchFailed"
    );
    assert_eq!(
        put("a/c", &[("content-md5", "AAAA")], b"x").json()["code"],
        "UnmatchedContentMD5"
    );
    assert_eq!(put("a%0Ac", &[], b"x").json()["code"], "InvalidObjectName");
    let stored = sim.bucket(sim.bucket_name()).object("a/b").unwrap();
    assert_eq!(
        (
            &stored.body[..],
            stored.content_type.as_str(),
            stored.if_none_match_sent
        ),
        (&b"one"[..], "text/csv", true)
    );
    assert_eq!(
        sim.effects(),
        [Effect::Stored {
            bucket: "audit".to_owned(),
            object: "a/b".to_owned(),
            bytes: 3
        }]
    );

    let head = caller
        .send("HEAD", &object(&sim, "a%2Fb"), &[], b"")
        .unwrap();
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (200, Some("3"), 0)
    );
    let head = caller
        .send("HEAD", &object(&sim, "nothing"), &[], b"")
        .unwrap();
    assert_eq!((head.status, head.body.len()), (404, 0));

    let bucket = sim.bucket(sim.bucket_name());
    bucket.refuse(Permission::Read);
    assert_eq!(
        caller.get(&object(&sim, "a%2Fb")).json()["code"],
        "ObjectNotFound"
    );
    bucket.refuse(Permission::List);
    assert_eq!(
        caller.get(object(&sim, "").trim_end_matches('/')).json()["code"],
        "BucketNotFound"
    );
    bucket.refuse(Permission::Create);
    assert_eq!(put("new", &[], b"x").json()["code"], "BucketNotFound");
    bucket.grant(Permission::Create);
    bucket.refuse(Permission::Overwrite);
    assert_eq!(
        (put("new", &[], b"x").status, put("new", &[], b"y").status),
        (200, 404)
    );
}

#[test]
fn chunked_put_is_refused() {
    let sim = start();
    let caller = Caller::of(&sim);
    let url = object(&sim, "x");
    let answer = caller
        .send(
            "PUT",
            &url,
            &[("transfer-encoding", "chunked")],
            b"0\r\n\r\n",
        )
        .unwrap();
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (411, &"MissingContentLength".into())
    );
    assert!(sim.effects().is_empty());
}

#[test]
fn published_messages_are_kept() {
    let sim = start();
    let caller = Caller::of(&sim);
    let url = |topic: &str| {
        format!(
            "{}/20181201/topics/{topic}/messages",
            sim.notifications_endpoint()
        )
    };
    assert_eq!(
        caller
            .post(&url(sim.topic()), r#"{"title":"T","body":"B"}"#)
            .status,
        202
    );
    assert_eq!(
        caller.post(&url(sim.topic()), r#"{"title":"T"}"#).status,
        400
    );
    assert_eq!(
        caller
            .post(&url("ocid1.onstopic.oc1.phx.other"), r#"{"body":"B"}"#)
            .status,
        404
    );
    assert_eq!(
        caller
            .post(
                &url(sim.topic()),
                &format!(r#"{{"body":"{}"}}"#, "x".repeat(65536))
            )
            .status,
        413
    );
    let messages = sim.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(
        (messages[0].title.as_deref(), messages[0].body.as_str()),
        (Some("T"), "B")
    );
}

#[test]
fn unsigned_and_skewed_requests_are_counted() {
    let sim = start();
    let caller = Caller::of(&sim);
    assert_eq!(unsigned(&users(&sim)).json()["code"], "NotAuthenticated");
    sim.set_clock_offset(TimeDelta::minutes(6));
    let refused = caller.get(&users(&sim));
    assert_eq!(refused.status, 401);
    let date = chrono::DateTime::parse_from_rfc2822(refused.header("date").unwrap()).unwrap();
    assert!(
        (date.to_utc() - chrono::Utc::now()).num_seconds() > 340,
        "the response has the time of the simulator"
    );
    sim.set_clock_offset(TimeDelta::zero());
    assert_eq!(caller.get(&users(&sim)).status, 200);
    let rejections = sim.totals().rejections;
    assert_eq!(
        (
            rejections[&Rejection::Unsigned],
            rejections[&Rejection::Skew]
        ),
        (1, 1)
    );
    sim.reset_journal();
    assert_eq!(sim.totals().requests, 0);
}

#[test]
fn resource_principal_is_renewed_in_place() {
    let sim = start();
    let files = tempfile::tempdir().unwrap();
    sim.write_resource_principal(files.path()).unwrap();
    let old = Caller::resource_principal(files.path());
    sim.renew_resource_principal(Duration::from_secs(60), Previous::StaysValid)
        .unwrap();
    let new = Caller::resource_principal(files.path());
    assert_eq!(
        (old.get(&users(&sim)).status, new.get(&users(&sim)).status),
        (200, 200)
    );
    sim.renew_resource_principal(Duration::ZERO, Previous::Revoked)
        .unwrap();
    assert_eq!(new.get(&users(&sim)).status, 401);
    assert_eq!(
        Caller::resource_principal(files.path())
            .get(&users(&sim))
            .status,
        401
    );
    let rejections = sim.totals().rejections;
    assert_eq!(
        (
            rejections[&Rejection::TokenRevoked],
            rejections[&Rejection::TokenExpired]
        ),
        (1, 1)
    );
}

#[test]
fn another_caller_can_be_registered() {
    use rsa::pkcs8::EncodePublicKey as _;
    let sim = start();
    let caller = Caller::with_key_id("tenancy/user/fingerprint");
    assert_eq!(caller.get(&users(&sim)).status, 401);
    let pem = caller
        .key
        .to_public_key()
        .to_public_key_pem(rsa::pkcs8::LineEnding::LF)
        .unwrap();
    assert!(sim.accept_key("tenancy/user/fingerprint", &pem));
    assert_eq!(caller.get(&users(&sim)).status, 200);
    assert!(!sim.accept_key("x", "no key"));
}

#[test]
fn tenancy_is_returned_by_its_own_id_only() {
    let sim = Tenancy::empty().name("acme-prod").start().unwrap();
    let caller = Caller::of(&sim);
    let base = sim.identity_endpoint().replace("{region}", sim.region()) + "/20160918/tenancies";
    let own = caller.get(&format!("{base}/{}", sim.tenancy()));
    assert_eq!(own.status, 200);
    let own = own.json();
    assert_eq!(own["id"], sim.tenancy());
    assert_eq!(own["name"], "acme-prod");
    assert_eq!(own["homeRegionKey"], "PHO");
    for other in ["ocid1.tenancy.oc1..other", "", "x/y"] {
        assert_eq!(
            caller.get(&format!("{base}/{other}")).status,
            404,
            "{other}"
        );
    }
    let unsigned = unsigned(&format!("{base}/{}", sim.tenancy()));
    assert_eq!(unsigned.status, 401);
}

#[test]
fn environment_has_every_setting() {
    let sim = start();
    let files = tempfile::tempdir().unwrap();
    let environment = sim.environment(files.path()).unwrap();
    let value = |name: &str| {
        environment
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.clone())
            .unwrap()
    };
    assert_eq!(value("AUDIT_DOMAIN_URLS"), sim.domain_url("Default"));
    assert!(value("AUDIT_IDENTITY_ENDPOINT").ends_with("/{region}"));
    assert!(value("OCI_RESOURCE_PRINCIPAL_RPST").starts_with('/'));
    assert_eq!(
        Caller::resource_principal(files.path())
            .get(&users(&sim))
            .status,
        200
    );
    let config = std::fs::read_to_string(sim.write_oci_config(files.path()).unwrap()).unwrap();
    assert!(config.contains("[SESSION]") && config.contains("security_token_file="));
}

#[test]
fn responses_have_the_injected_faults() {
    let sim = start();
    let caller = Caller::of(&sim);
    let once = |fault: Fault| {
        sim.faults().clear();
        sim.faults().add(fault.service(Service::IdentityDomain));
        caller.send("GET", &users(&sim), &[], b"")
    };
    let answer = once(Fault::status(503).header("retry-after", "7")).unwrap();
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("7"))
    );
    assert_eq!(answer.json()["code"], "ServiceUnavailable");
    assert_eq!(
        once(Fault::scim_error(500, "down")).unwrap().json()["status"],
        "500"
    );
    assert!(once(Fault::reset_before_answer()).is_err());
    assert!(!once(Fault::reset_in_body(10)).unwrap().complete);
    let truncated = once(Fault::truncated_body(10)).unwrap();
    assert!(truncated.complete && truncated.body.len() == 10);
    assert!(
        serde_json::from_slice::<serde_json::Value>(&once(Fault::invalid_json()).unwrap().body)
            .is_err()
    );
    assert_eq!(
        once(Fault::html(502)).unwrap().header("content-type"),
        Some("text/html")
    );
    assert_eq!(
        once(Fault::redirect(307, "http://127.0.0.1:1/"))
            .unwrap()
            .status,
        307
    );
    assert_eq!(
        once(Fault::content_type("text/plain"))
            .unwrap()
            .header("content-type"),
        Some("text/plain")
    );
    assert_eq!(
        once(Fault::drip(30, Duration::from_millis(1)))
            .unwrap()
            .json()["totalResults"],
        0
    );
    let begin = Instant::now();
    assert_eq!(
        once(Fault::delay(Duration::from_millis(50)))
            .unwrap()
            .status,
        200
    );
    assert!(begin.elapsed() >= Duration::from_millis(50));
    sim.faults().clear();
    sim.faults().add(Fault::status(401).first(1));
    assert_eq!(
        (
            caller.get(&users(&sim)).status,
            caller.get(&users(&sim)).status
        ),
        (401, 200)
    );
    assert_eq!(sim.faults().struck(), 1);
}

#[test]
fn body_may_be_endless_and_response_may_be_missing() {
    let sim = start();
    sim.faults().add(Fault::endless_body().nth(1));
    sim.faults().add(Fault::hang().nth(2));
    let caller = Caller::of(&sim);
    assert!(caller.get(&users(&sim)).body.len() > 3_000_000);

    let host = sim.domain_url("Default").replace("http://", "");
    let mut socket = TcpStream::connect(&host).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    write!(
        socket,
        "GET /admin/v1/Users HTTP/1.1\r\nhost: {host}\r\n\r\n"
    )
    .unwrap();
    let error = socket.read(&mut [0; 1]).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{error}"
    );
}

#[test]
fn response_may_be_lost_after_the_effect() {
    let sim = start();
    let caller = Caller::of(&sim);
    let put = || caller.send("PUT", &object(&sim, "x"), &[("if-none-match", "*")], b"x");
    sim.faults()
        .add(Fault::reset_before_answer().method("PUT").nth(1));
    assert!(put().is_err());
    assert!(sim.bucket("audit").names().is_empty(), "nothing was stored");
    sim.faults()
        .add(Fault::status(500).method("PUT").nth(1).after_effect());
    assert_eq!(put().unwrap().status, 500);
    assert_eq!(
        sim.bucket("audit").names(),
        ["x"],
        "stored, and the answer lost"
    );
    assert_eq!(put().unwrap().status, 412);
}

#[test]
fn fault_does_not_hide_an_invalid_signature() {
    let sim = start();
    sim.faults().add(Fault::status(503));
    assert_eq!(unsigned(&users(&sim)).status, 503);
    assert_eq!(sim.totals().rejections[&Rejection::Unsigned], 1);
    assert_eq!(sim.requests()[0].path(), "/admin/v1/Users");
}
