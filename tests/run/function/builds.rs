//! The reports of two builds for the same tenancy.
//!
//! `OTHER_BUILD` names the second program, such as a build for another machine. Without it, the program is compared with itself:
//! reports may depend on nothing but the tenancy, the settings and the instant.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use crate::common::served_tenancy::ServedTenancy;
use crate::common::{AS_OF, PROGRAM};
use serde_json::{Value, json};
use tenancy_sim::Tenancy;
use tenancy_sim::agent::{Agent, Call, Options};

use super::judged_at;

/// Prefixes of the same length, so that neither build compares itself with the other, nor wraps a line elsewhere.
const PREFIXES: [&str; 2] = ["the-one/", "another/"];

/// The objects of one run and its message. Each run id and prefix is replaced, and so are the digests of objects that have one.
async fn reports_of(
    program: OsString,
    prefix: &str,
    tenancy: &mut ServedTenancy,
) -> BTreeMap<String, String> {
    tenancy.change_setting("AUDIT_OBJECT_PREFIX", prefix);
    let options = Options {
        timeout: Duration::from_secs(120),
        ..Options::default()
    };
    let agent = Agent::start([program], tenancy.settings(), options)
        .await
        .expect("the socket opens");
    let answer = agent.invoke(Call::new(judged_at(AS_OF))).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", agent.stderr());
    let summary: Value = serde_json::from_str(&answer.text()).expect("JSON");
    let run_id = summary["run_id"].as_str().expect("a run id");
    let placeless = |text: &str| {
        text.replace(run_id, "<run id>")
            .replace(prefix, "<prefix>/")
    };

    let mut found = BTreeMap::new();
    let objects = tenancy.sim.bucket(tenancy.sim.bucket_name()).objects();
    for (name, object) in objects.iter().filter(|(name, _)| name.starts_with(prefix)) {
        let text = std::str::from_utf8(&object.body).expect("reports are UTF-8");
        let text = timeless_text(text)
            .unwrap_or_else(|| text.split_inclusive('\n').map(timeless_line).collect());
        found.insert(placeless(name), placeless(&text));
    }
    let message = tenancy.sim.messages().pop().expect("a digest");
    found.insert("digest".to_owned(), placeless(&message.body));
    found
}

/// A report that is one document of JSON.
fn timeless_text(text: &str) -> Option<String> {
    let document = serde_json::from_str(text).ok()?;
    Some(timeless(document).to_string())
}

/// A line of another report, which may be a document of JSON. The page prints when lists were read, and an event when it was written.
fn timeless_line(line: &str) -> String {
    if let Some((before, rest)) = line.split_once("<dt>Read</dt>")
        && let Some((_, after)) = rest.split_once("</dd>")
    {
        return format!("{before}{after}");
    }
    if line.starts_with("DTSTAMP:") {
        return String::new();
    }
    timeless_text(line).unwrap_or_else(|| line.to_owned())
}

/// A document without what no two runs have in common.
fn timeless(mut document: Value) -> Value {
    const DIFFER: [&str; 6] = [
        "created_time",
        "elapsed_ms",
        "message_id",
        "sha256",
        "time",
        "time_dt",
    ];
    match &mut document {
        Value::Object(fields) => {
            for (name, value) in fields {
                *value = if DIFFER.contains(&name.as_str()) {
                    json!("<of this run>")
                } else {
                    timeless(value.take())
                };
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = timeless(item.take());
            }
        }
        _ => {}
    }
    document
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_builds_write_equal_reports() {
    let other = std::env::var_os("OTHER_BUILD").unwrap_or_else(|| PROGRAM.into());
    for seed in [1, 2, 3] {
        let tenancy = Tenancy::generated(150, seed, AS_OF.parse().expect("an instant"));
        let mut tenancy = ServedTenancy::start(tenancy).set(
            "AUDIT_REPORTS",
            "expiry,usage,credentials,html,ocsf,calendar",
        );
        let one = reports_of(PROGRAM.into(), PREFIXES[0], &mut tenancy).await;
        let another = reports_of(other.clone(), PREFIXES[1], &mut tenancy).await;
        assert!(one.len() > 10, "{:?}", one.keys());
        assert!(one.keys().eq(another.keys()), "{:?}", another.keys());
        let mut bytes = 0;
        for ((name, left), right) in one.iter().zip(another.values()) {
            let differ = left
                .lines()
                .zip(right.lines())
                .find(|(left, right)| left != right);
            assert!(left == right, "seed {seed}, {name}: {differ:?}");
            bytes += left.len();
        }
        println!("seed {seed}: {} equal reports, {bytes} bytes", one.len());
    }
}
