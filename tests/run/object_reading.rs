//! Reading a bucket: folders of any length, objects of any size.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up has to fail"
)]

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use credential_audit::auth::resource_principal::ResourcePrincipal;
use credential_audit::clock::SystemClock;
use credential_audit::http::client::SignedClient;
use credential_audit::http::deadline::Deadline;
use credential_audit::http::endpoint::Endpoint;
use credential_audit::http::reqwest_transport::ReqwestTransport;
use credential_audit::iam_statement::Statement;
use credential_audit::oci::object_storage::{ObjectStorage, StorageError};
use tenancy_sim::{Permission, Tenancy, TenancySim};

const KIB: usize = 1024;

fn storage(sim: &TenancySim) -> ObjectStorage {
    let directory = tempfile::tempdir().expect("a directory").keep();
    let settings = sim.environment(&directory).expect("files");
    let lookup = |name: &str| {
        let setting = settings.iter().find(|(own, _)| own == name);
        setting.map(|(_, value)| value.clone())
    };
    let principal = ResourcePrincipal::from_settings(lookup).expect("a principal");
    let transport = ReqwestTransport::new(None).expect("a client");
    ObjectStorage {
        client: Arc::new(SignedClient::new(
            Arc::new(transport),
            Arc::new(principal),
            Arc::new(SystemClock),
        )),
        endpoint: Endpoint::parse(sim.object_storage_endpoint()).expect("a URL"),
        bucket: sim.bucket_name().to_owned(),
        right: Statement::StoreReports {
            bucket: sim.bucket_name().to_owned(),
            prefix: "audit/".to_owned(),
        },
    }
}

fn place(sim: &TenancySim, name: &str, body: impl Into<Vec<u8>>) {
    let body: Vec<u8> = body.into();
    sim.bucket(sim.bucket_name())
        .place(name, "text/plain", body, DateTime::UNIX_EPOCH);
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

#[tokio::test]
async fn a_folder_is_listed_to_its_end_and_no_deeper() {
    let sim = Tenancy::empty().start().expect("free ports");
    for number in 0..2_345 {
        place(&sim, &format!("p/{number:04}/deep/object"), "x");
        place(&sim, &format!("p/{number:04} object"), "x");
    }
    place(&sim, "q/other", "x");
    let storage = storage(&sim);
    let folder = storage
        .list(sim.namespace(), "p/", deadline())
        .await
        .expect("a list");
    assert_eq!((folder.folders.len(), folder.objects.len()), (2_345, 2_345));
    assert_eq!(folder.folders[2_344], "p/2344/");
    assert_eq!(folder.objects[0], "p/0000 object");
    assert!(folder.folders.is_sorted() && folder.objects.is_sorted());
    assert_eq!(sim.totals().requests, 5, "pages of a thousand");
    let empty = storage
        .list(sim.namespace(), "nothing/", deadline())
        .await
        .expect("no error");
    assert_eq!(empty, Default::default());
}

#[tokio::test]
async fn an_object_of_any_size_is_read_whole() {
    let sim = Tenancy::empty().start().expect("free ports");
    let storage = storage(&sim);
    let ranges = 4 * KIB * KIB;
    for length in [0, 1, ranges - 1, ranges, ranges + 1, 2 * ranges + 17] {
        let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        place(&sim, "object", content.clone());
        let limit = 3 * ranges as u64;
        let read = storage
            .get(sim.namespace(), "object", limit, deadline())
            .await;
        assert!(read.expect("the object") == content, "{length} bytes");
    }
}

#[tokio::test]
async fn an_object_beyond_its_limit_is_refused_after_one_byte_more() {
    let sim = Tenancy::empty().start().expect("free ports");
    place(&sim, "object", vec![b'x'; 1001]);
    let storage = storage(&sim);
    let get = |limit| storage.get(sim.namespace(), "object", limit, deadline());
    assert_eq!(get(1001).await.expect("the object").len(), 1001);
    let refused = get(1000).await.expect_err("too large");
    assert!(
        matches!(refused, StorageError::TooLarge { limit: 1000, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn what_is_not_there_is_told_with_the_right_that_may_be_missing() {
    let sim = Tenancy::empty().start().expect("free ports");
    let storage = storage(&sim);
    let missing = storage
        .get(sim.namespace(), "a b/\u{e9}", 10, deadline())
        .await
        .expect_err("not there");
    let text = missing.to_string();
    assert!(text.starts_with("reading a b/\u{e9} in bucket"), "{text}");
    // The stack's own statement: a wider one would let the function write what it trusts.
    assert!(text.contains("target.object.name='audit/*'"), "{text}");
    sim.bucket(sim.bucket_name()).refuse(Permission::List);
    let refused = storage.list(sim.namespace(), "audit/", deadline()).await;
    let text = refused.expect_err("refused").to_string();
    assert!(text.contains("OBJECT_INSPECT"), "{text}");
}
