//! SIGKILL of the function at random moments: neither the bucket nor the hub ever has a manifest without its reports, and the next
//! run is complete.
//!
//! `KILL_SEED=<number>` repeats a run.

use std::time::{Duration, Instant};

use crate::common::in_process::InProcess;
use crate::common::invariants::sha256;
use crate::common::{even_domain, seed};
use credential_audit::model::Verdict;
use credential_audit::report::manifest::Manifest;
use credential_audit::summary::Summary;
use tenancy_sim::agent::{Call, End, Options};
use tenancy_sim::{Bucket, Tenancy};
use tokio::time::timeout;

const WHOLE_RUNS: usize = 3;
const MOMENTS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_function_leaves_no_manifest_without_its_reports() {
    let mut random = fastrand::Rng::with_seed(seed("KILL_SEED"));
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain("Default", 20, 2)))
        .set("AUDIT_HUB_NAMESPACE", "hubnamespace")
        .set("AUDIT_HUB_BUCKET", "hub");
    let hub = tenancy.sim.foreign_bucket("hubnamespace", "hub");
    // Only the run itself is of interest, and a busy machine starts programs slowly.
    let options = Options {
        init_timeout: Duration::from_secs(60),
        ..Options::default()
    };
    let agent = tenancy.function(options);
    // The moments are within the duration of a whole run, with the start of its function.
    tenancy.sim.faults().set_latency(Duration::from_millis(4));
    let mut whole = Duration::ZERO;
    for _ in 0..WHOLE_RUNS {
        let begun = Instant::now();
        let answer = agent.invoke(Call::new("")).await;
        assert!(answer.status.is_success(), "{}", agent.stderr());
        whole = whole.max(begun.elapsed());
        agent.end(End::Terminate, Duration::from_secs(5)).await;
    }
    assert_eq!(tenancy.assert_manifests_are_true(), WHOLE_RUNS);

    for number in 0..MOMENTS {
        let moment = whole.mul_f64(random.f64() * 1.1);
        let begun = Instant::now();
        // The agent kills the function with SIGKILL if its caller goes away. Other load on the machine changes the
        // duration of runs: each run that ends, or is killed later than expected, corrects the duration.
        whole = match timeout(moment, agent.invoke(Call::new(""))).await {
            Ok(answer) => {
                assert!(answer.status.is_success(), "{}", agent.stderr());
                begun.elapsed()
            }
            Err(_) => whole.max(moment),
        };
        if number % 20 == 0 {
            tenancy.assert_manifests_are_true();
        }
    }

    let answer = agent.invoke(Call::new("")).await;
    let summary: Summary = serde_json::from_str(&answer.text()).expect("a summary");
    assert_eq!(summary.run.verdict, Verdict::Complete);
    let folder = format!("/{}/", summary.run.run_id);
    for name in ["manifest.json", "delivered.json"] {
        assert!(tenancy.newest(name).0.contains(&folder), "{name}");
    }
    // Counted only now: the bucket may store what a killed function had sent after its end.
    let survived = tenancy.assert_manifests_are_true() - WHOLE_RUNS - 1;
    assert_hub_is_true(&hub);
    println!("{survived} of {MOMENTS} runs had stored their manifest when they were killed");
    assert!(
        (1..MOMENTS * 3 / 4).contains(&survived),
        "{survived} runs were killed too late, or all too early"
    );
}

/// Asserts that the hub has all objects of each run that has the last one.
fn assert_hub_is_true(hub: &Bucket) {
    let objects = hub.objects();
    let ends = ["/manifest.json", "/delivered.json"];
    for (name, manifest) in &objects {
        let Some(folder) = ends.iter().find_map(|end| name.strip_suffix(end)) else {
            continue;
        };
        for earlier in ["credentials.csv", "by-person.csv", "manifest.json"] {
            let earlier = format!("{folder}/{earlier}");
            assert!(objects.contains_key(&earlier), "{name} without {earlier}");
        }
        if name.ends_with(ends[0]) {
            let manifest: Manifest = serde_json::from_slice(&manifest.body).expect("a manifest");
            for object in manifest.objects {
                let stored = &objects[&object.name];
                assert_eq!(sha256(&stored.body), object.sha256, "{}", object.name);
            }
        }
    }
    let delivered = objects.keys().filter(|name| name.ends_with(ends[1]));
    assert!(delivered.count() >= WHOLE_RUNS);
}
