//! Reading a bucket: folders of any length, objects of any size.

use std::sync::Arc;
use std::time::Duration;

use crate::common::served_tenancy::ServedTenancy;
use chrono::DateTime;
use credential_audit::clock::SystemClock;
use credential_audit::http::deadline::Deadline;
use credential_audit::http::endpoint::Endpoint;
use credential_audit::iam_statement::Statement;
use credential_audit::oci::object_storage::{Bucket, ObjectContent, ObjectStorage, StorageCause};
use tenancy_sim::{Fault, Permission, Service, Tenancy, TenancySim};

const KIB: usize = 1024;

fn bucket(tenancy: &ServedTenancy) -> Bucket {
    let dependencies = tenancy.dependencies(Arc::new(tenancy.principal()), SystemClock);
    let name = tenancy.sim.bucket_name().to_owned();
    Bucket {
        service: ObjectStorage {
            client: dependencies.client().expect("credentials"),
            endpoint: Endpoint::parse(tenancy.sim.object_storage_endpoint()).expect("a URL"),
        },
        namespace: tenancy.sim.namespace().to_owned(),
        name: name.clone(),
        statement: Statement::StoreReports {
            bucket: name,
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
async fn folder_is_listed_completely_and_not_recursively() {
    let tenancy = ServedTenancy::start(Tenancy::empty());
    let sim = &tenancy.sim;
    for number in 0..2_345 {
        place(sim, &format!("p/{number:04}/deep/object"), "x");
        place(sim, &format!("p/{number:04} object"), "x");
    }
    place(sim, "q/other", "x");
    let bucket = bucket(&tenancy);
    let folder = bucket.list("p/", deadline()).await.expect("a list");
    assert_eq!((folder.folders.len(), folder.objects.len()), (2_345, 2_345));
    assert_eq!(folder.folders[2_344], "p/2344/");
    assert_eq!(folder.objects[0], "p/0000 object");
    assert!(folder.folders.is_sorted() && folder.objects.is_sorted());
    assert_eq!(sim.totals().requests, 5, "pages of a thousand");
    let empty = bucket.list("nothing/", deadline()).await.expect("no error");
    assert_eq!(empty, Default::default());
}

#[tokio::test]
async fn object_of_any_size_is_read_whole() {
    let tenancy = ServedTenancy::start(Tenancy::empty());
    let sim = &tenancy.sim;
    let bucket = bucket(&tenancy);
    let ranges = 4 * KIB * KIB;
    for length in [0, 1, ranges - 1, ranges, ranges + 1, 2 * ranges + 17] {
        let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        place(sim, "object", content.clone());
        let limit = 3 * ranges as u64;
        let read = bucket.get("object", limit, deadline()).await;
        assert!(read.expect("the object") == content, "{length} bytes");
    }
}

#[tokio::test]
async fn object_over_the_limit_is_refused_after_one_extra_byte() {
    let tenancy = ServedTenancy::start(Tenancy::empty());
    let sim = &tenancy.sim;
    place(sim, "object", vec![b'x'; 1001]);
    let bucket = bucket(&tenancy);
    let get = |limit| bucket.get("object", limit, deadline());
    assert_eq!(get(1001).await.expect("the object").len(), 1001);
    let refused = get(1000).await.expect_err("too large");
    assert!(
        matches!(refused.cause, StorageCause::TooLarge { limit: 1000, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn missing_object_is_reported_with_the_needed_permission() {
    let tenancy = ServedTenancy::start(Tenancy::empty());
    let sim = &tenancy.sim;
    let bucket = bucket(&tenancy);
    let missing = bucket
        .get("a b/\u{e9}", 10, deadline())
        .await
        .expect_err("not there");
    let text = missing.to_string();
    assert!(text.starts_with("reading a b/\u{e9} in bucket"), "{text}");
    // The statement of the stack: a wider one would let the function write what it trusts.
    assert!(text.contains("target.object.name='audit/*'"), "{text}");
    sim.bucket(sim.bucket_name()).refuse(Permission::List);
    let refused = bucket.list("audit/", deadline()).await;
    let text = refused.expect_err("refused").to_string();
    assert!(text.contains("OBJECT_INSPECT"), "{text}");
}

#[tokio::test]
async fn advice_for_a_malformed_response_depends_on_the_step() {
    let tenancy = ServedTenancy::start(Tenancy::empty());
    let html = Fault::html(200).service(Service::ObjectStorage);
    tenancy.fault(html.method("GET"));
    let bucket = bucket(&tenancy);
    let namespace = bucket.service.namespace(deadline()).await;
    let text = namespace.expect_err("malformed").to_string();
    assert!(text.contains("set AUDIT_BUCKET_NAMESPACE"), "{text}");
    let list = bucket.list("audit/", deadline()).await;
    let text = list.expect_err("malformed").to_string();
    assert!(text.contains("AUDIT_OBJECT_STORAGE_ENDPOINT"), "{text}");
    assert!(
        !text.contains("NAMESPACE"),
        "the namespace is known: {text}"
    );
}

#[tokio::test]
async fn advice_for_a_refusal_depends_on_the_step() {
    let tenancy = ServedTenancy::start(Tenancy::empty());
    let refused = Fault::status(404).service(Service::ObjectStorage);
    tenancy.fault(refused);
    let bucket = bucket(&tenancy);
    let content = ObjectContent::whole("text/plain", "x");
    let stored = bucket.create("audit/x", &content, deadline()).await;
    let text = stored.expect_err("refused").to_string();
    assert!(text.contains("check AUDIT_BUCKET `"), "{text}");
    let read = bucket.get("audit/x", 10, deadline()).await;
    let text = read.expect_err("refused").to_string();
    assert!(
        text.contains("check that the bucket or object exists"),
        "{text}"
    );
    let namespace = bucket.service.namespace(deadline()).await;
    let text = namespace.expect_err("refused").to_string();
    assert!(
        !text.contains("check"),
        "no setting and no statement helps: {text}"
    );
}
