//! kill -9 of the function at 200 random moments: the bucket never holds a manifest without all the reports it names, and
//! the next run is whole.
//!
//! `KILL_SEED=<number>` repeats a run of the test.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::in_process::{InProcess, even_domain};
use credential_audit::summary::Summary;
use tenancy_sim::Tenancy;
use tenancy_sim::agent::{Agent, Call, End, Options};
use tokio::time::timeout;

const WHOLE_RUNS: usize = 3;
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
    // Only what a run itself takes is of interest here, and a busy machine starts programs slowly.
    let options = Options {
        init_timeout: Duration::from_secs(60),
        ..Options::default()
    };
    let program = [env!("CARGO_BIN_EXE_credential-audit")];
    let agent = Agent::new(program, settings, options);
    // How long a whole run takes here, from the start of its function, says which moments are in it.
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
        // A caller that goes away has the agent kill the function with SIGKILL. What others do on the machine makes runs
        // shorter and longer meanwhile: one that comes to its end tells how long it is now, one that is killed beyond it too.
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
    assert_eq!(summary.run.verdict, "COMPLETE");
    let folder = format!("/{}/", summary.run.run_id);
    for name in ["manifest.json", "delivered.json"] {
        assert!(tenancy.newest(name).0.contains(&folder), "{name}");
    }
    // Counted only now: what a killed function had sent may be stored after its end.
    let survived = tenancy.assert_manifests_are_true() - WHOLE_RUNS - 1;
    println!("{survived} of {MOMENTS} runs had stored their manifest when they were killed");
    assert!(
        (1..MOMENTS * 3 / 4).contains(&survived),
        "{survived} runs were killed too late, or all too early"
    );
}
