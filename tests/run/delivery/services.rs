//! The same against real servers.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::time::{Duration, Instant};

use credential_audit::check::result::{CheckResult, Subject};
use credential_audit::event::CheckMode;
use credential_audit::model::Verdict;
use credential_audit::run::RunError;
use tenancy_sim::agent::Call;
use tenancy_sim::{Fault, Misbehavior, Previous, Service, Tenancy};

use super::is_not_stored;
use crate::common::even_domain;
use crate::common::function::Function;
use crate::common::in_process::InProcess;

fn tenancy() -> Tenancy {
    Tenancy::empty().domain(even_domain("Default", 40, 2))
}

/// A bucket on a port of its own that handles each connection with `handle`; its URL.
fn bucket(handle: fn(std::net::TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            std::thread::spawn(move || handle(connection));
        }
    });
    format!("http://{address}")
}

/// Reads 64 bytes in 0.3 s.
fn reads_slowly(mut connection: std::net::TcpStream) {
    let mut piece = [0; 64];
    while connection.read(&mut piece).is_ok_and(|read| read > 0) {
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Answers a byte in 0.7 s, without end.
fn answers_slowly(mut connection: std::net::TcpStream) {
    let mut request = vec![0; 1024 * 1024];
    let _ = connection.read(&mut request);
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\netag: x\r\n\r\n";
    let body = std::iter::repeat(&b' ');
    for byte in head.iter().chain(body) {
        if connection.write_all(&[*byte]).is_err() {
            break;
        }
        let pause = if *byte == b' ' { 700 } else { 1 };
        std::thread::sleep(Duration::from_millis(pause));
    }
    let _ = connection.shutdown(Shutdown::Both);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_bucket_does_not_take_the_time_of_the_digest() {
    for handle in [reads_slowly, answers_slowly] {
        let time = Duration::from_secs(9);
        let tenancy = InProcess::serve(tenancy())
            .set("AUDIT_OBJECT_STORAGE_ENDPOINT", &bucket(handle))
            .set("AUDIT_BUCKET_NAMESPACE", "namespace")
            .within(time);
        let started = Instant::now();
        let result = tenancy.run().await;
        assert!(is_not_stored(&result), "{result:?}");
        assert!(started.elapsed() < time, "{:?}", started.elapsed());
        let titles = tenancy.titles();
        assert_eq!(titles.len(), 1, "{result:?}");
        assert!(titles[0].contains("REPORTS NOT STORED"), "{titles:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn function_with_a_hanging_bucket_publishes_before_its_deadline() {
    let function = Function::start(tenancy(), &[]).await;
    function.fault(Fault::hang().service(Service::ObjectStorage).method("PUT"));
    // The list of users ends late.
    let slow = Duration::from_millis(1500);
    function
        .sim
        .misbehave_everywhere("Default", Misbehavior::ClampPages(1));
    function.fault(Fault::delay(slow).service(Service::IdentityDomain));
    let call = Call::new("").timeout(Duration::from_secs(15));
    let answer = function.agent.invoke(call).await;
    let is_printed = function.agent.printed("the reports are not stored").await;
    let log = function.agent.stderr();
    assert_eq!(answer.status.as_u16(), 502, "{log}");
    let titles = function.titles();
    assert_eq!(titles.len(), 1, "{log}");
    assert!(titles[0].contains("REPORTS NOT STORED"), "{titles:?}");
    assert!(is_printed, "{log}");
}

#[tokio::test]
async fn object_whose_response_names_another_digest_is_not_stored() {
    for object in ["credentials.csv", "manifest.json", "usage-Default.csv"] {
        let tenancy = InProcess::serve(tenancy());
        let other = Fault::status(200)
            .header("etag", "5f1c")
            .header("opc-content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")
            .method("PUT")
            .target_contains(object)
            .after_effect();
        tenancy.fault(other);
        let result = tenancy.run().await;
        assert!(is_not_stored(&result), "{object}: {result:?}");
        let error = result.expect_err("not stored").to_string();
        assert!(error.contains(object), "{error}");
        assert!(error.contains("1B2M2Y8AsgTpgAmY7PhCfg=="), "{error}");
        let titles = tenancy.titles();
        assert!(titles[0].contains("REPORTS NOT STORED"), "{titles:?}");
    }
}

#[tokio::test]
async fn response_without_a_digest_is_compared_with_the_stored_object() {
    let unnamed = || {
        Fault::status(200)
            .header("etag", "5f1c")
            .method("PUT")
            .target_contains("credentials.csv")
    };
    let tenancy = InProcess::serve(self::tenancy());
    tenancy.fault(unnamed().after_effect());
    assert_eq!(tenancy.audit().await.run.verdict, Verdict::Complete);
    // Nothing is stored behind the response.
    let tenancy = InProcess::serve(self::tenancy());
    tenancy.fault(unnamed());
    let result = tenancy.run().await;
    assert!(is_not_stored(&result), "{result:?}");
}

#[tokio::test]
async fn object_with_other_content_is_not_taken_for_a_lost_response() {
    let tenancy = InProcess::serve(tenancy());
    let stored = || Fault::reset_before_answer().method("PUT");
    tenancy.fault(
        stored()
            .target_contains("manifest.json")
            .nth(1)
            .after_effect(),
    );
    let other = Fault::status(200)
        .header("content-md5", "rL0Y20zC+Fzt72VPzMSk2A==")
        .method("HEAD");
    tenancy.fault(other.after_effect());
    let result = tenancy.run().await;
    assert!(is_not_stored(&result), "{result:?}");
    let error = result.expect_err("not stored").to_string();
    assert!(error.contains("with other content exists"), "{error}");
}

#[tokio::test]
async fn check_asks_for_the_namespace_again() {
    let tenancy = InProcess::serve(tenancy());
    // The client asks five times until it gives up.
    let failing = Fault::status(500).service(Service::ObjectStorage);
    tenancy.fault(failing.first(5));
    let report = tenancy.check(CheckMode::ReadOnly).await;
    let result = |what| {
        let mut steps = report.checks.iter();
        steps.find(|step| step.what == what).map(|step| step.result)
    };
    assert_eq!(result(Subject::Namespace), Some(CheckResult::Works));
    assert_eq!(result(Subject::List), Some(CheckResult::Works));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn token_file_that_is_replaced_slowly_still_publishes() {
    let tenancy = InProcess::serve(tenancy()).within(Duration::from_secs(40));
    let token = tenancy.principal_file("rpst");
    let written = std::fs::read(&token).expect("a token");
    tenancy.sim.revoke_resource_principal();
    let replacing = async {
        // Longer than any read waits.
        tokio::time::sleep(Duration::from_millis(3500)).await;
        std::fs::write(&token, "").expect("emptied");
        tokio::time::sleep(Duration::from_millis(900)).await;
        std::fs::write(&token, &written[..written.len() / 2]).expect("half written");
        tokio::time::sleep(Duration::from_millis(900)).await;
        tenancy.renew_token(Previous::Revoked);
    };
    let (result, ()) = tokio::join!(tenancy.run(), replacing);
    assert!(
        matches!(result, Err(RunError::NothingRead { digest: None, .. })),
        "{result:?}"
    );
    assert_eq!(tenancy.titles().len(), 1);
    assert!(tenancy.titles()[0].contains("FAILED"));
}
