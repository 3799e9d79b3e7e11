//! kill -9 of the function at 200 random moments: the bucket never holds a manifest without all the reports it names, and
//! the next run is whole.
//!
//! `KILL_SEED=<number>` repeats a run of the test.

#[path = "common/in_process.rs"]
mod in_process;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use in_process::{InProcess, even_domain};
use tenancy_sim::Tenancy;
use tenancy_sim::agent::{Agent, Call, Options};

const MOMENTS: usize = 200;

#[expect(
    clippy::disallowed_methods,
    reason = "the seed is for whoever repeats a failure"
)]
fn seed() -> u64 {
    let given = std::env::var("KILL_SEED").ok();
    let seed = given
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| fastrand::u64(..));
    println!("KILL_SEED={seed}");
    seed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_killed_at_any_moment_leaves_no_manifest_without_its_reports() {
    let mut random = fastrand::Rng::with_seed(seed());
    let tenancy = InProcess::serve(Tenancy::empty().domain(even_domain("Default", 20, 2)));
    let principal = tempfile::Builder::new()
        .permissions(PermissionsExt::from_mode(0o755))
        .tempdir()
        .expect("a directory");
    let settings = tenancy.sim.environment(principal.path()).expect("settings");
    let agent = Agent::start(
        [env!("CARGO_BIN_EXE_credential-audit")],
        settings,
        Options::default(),
    )
    .await
    .expect("a function that starts");
    // How long a whole run takes here says which moments are in it.
    tenancy.sim.faults().set_latency(Duration::from_millis(4));
    let mut whole = Duration::ZERO;
    for _ in 0..3 {
        let answer = agent.invoke(Call::new("")).await;
        assert!(answer.status.is_success(), "{}", agent.stderr());
        whole = whole.max(answer.elapsed);
    }

    let whole_runs = tenancy.assert_manifests_are_true();
    for number in 0..MOMENTS {
        let moment = whole.mul_f64(random.f64() * 1.1);
        // A caller that goes away has the agent kill the function with SIGKILL.
        let _ = tokio::time::timeout(moment, agent.invoke(Call::new(""))).await;
        if number % 20 == 0 {
            tenancy.assert_manifests_are_true();
        }
    }
    let survived = tenancy.assert_manifests_are_true() - whole_runs;
    assert!(
        survived < MOMENTS * 3 / 4,
        "{survived} runs were killed too late"
    );

    let answer = agent.invoke(Call::new("")).await;
    assert!(
        answer.text().contains(r#""verdict":"COMPLETE""#),
        "{}",
        answer.text()
    );
    assert_eq!(
        tenancy.assert_manifests_are_true(),
        whole_runs + survived + 1
    );
    assert!(
        tenancy
            .newest("delivered.json")
            .0
            .ends_with("/delivered.json")
    );
}
