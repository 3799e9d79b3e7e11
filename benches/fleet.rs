//! The cost of the overview of a fleet: time, peak memory, requests.
//!
//! `cargo bench --bench fleet [-- --print-times]`. 200 tenancies stored one run per day for 90 days. Their manifests speak of ten
//! million credentials in all; every tenth has a thousand domains. Fails if a bound is exceeded, or if the number of requests
//! depends on the number of days. With `--print-times` exceeded times are printed and do not fail.
//!
//! The agent starts and invokes the program as the platform does, in a new process. The hub is in this process, with a latency of
//! 20 ms.

mod cold_run;
#[allow(dead_code, reason = "tests use the rest")]
#[path = "../tests/common/hub.rs"]
mod hub;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use cold_run::{Memory, arguments, readable_by_all, run};
use credential_audit::clock::{Clock, SystemClock};
use hub::{BUCKET, Hub, PlacedRun};
use serde_json::json;
use tenancy_sim::{Service, Tenancy};

const TENANCIES: usize = 200;
const DAYS: i64 = 90;
const CREDENTIALS: usize = 10_000_000;
const LATENCY: Duration = Duration::from_millis(20);
const TIMEOUT: Duration = Duration::from_secs(300);
const SECONDS: f64 = 60.0;
const MEGABYTES: u64 = 256;

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too.
    if cfg!(debug_assertions) {
        println!("fleet: figures of a debug build say nothing; run it by cargo bench");
        return ExitCode::SUCCESS;
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("fleet: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(measure_all()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fleet: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Cost {
    seconds: f64,
    peak_mb: f64,
    requests: u64,
}

async fn measure_all() -> Result<bool, Box<dyn Error>> {
    let enforce_times = !arguments()
        .iter()
        .any(|argument| argument == "--print-times");
    println!("tenancies   days      time   peak memory   requests");
    let one_day = measure(1).await?;
    let all_days = measure(DAYS).await?;
    let mut exceeded = Vec::new();
    if all_days.seconds > SECONDS {
        exceeded.push((
            enforce_times,
            format!("{:.1} s, at most {SECONDS} s", all_days.seconds),
        ));
    }
    if all_days.peak_mb > MEGABYTES as f64 {
        exceeded.push((
            true,
            format!("{:.1} MB, at most {MEGABYTES} MB", all_days.peak_mb),
        ));
    }
    if all_days.requests != one_day.requests {
        let (one, all) = (one_day.requests, all_days.requests);
        exceeded.push((
            true,
            format!("{all} requests for {DAYS} days, and {one} for one"),
        ));
    }
    for (_, bound) in &exceeded {
        println!("exceeded: {bound}");
    }
    Ok(!exceeded.iter().any(|(enforced, _)| *enforced))
}

async fn measure(days: i64) -> Result<Cost, Box<dyn Error>> {
    let sim = Tenancy::empty().latency(LATENCY).start()?;
    let directory = tempfile::Builder::new()
        .permissions(readable_by_all())
        .tempdir()?;
    let mut settings = sim.environment(directory.path())?;
    settings.push(("AUDIT_HUB_BUCKET".to_owned(), BUCKET.to_owned()));
    let hub = Hub::new(sim.bucket(BUCKET), SystemClock.now());
    for number in 0..TENANCIES {
        for day in 0..days {
            place(&hub, number, day);
        }
    }
    sim.reset_journal();
    let memory = Memory::enforced(MEGABYTES);
    let run = run(
        &sim,
        &settings,
        r#"{"audit":{"fleet":true}}"#,
        TIMEOUT,
        memory,
    )
    .await?;
    let summary = &run.summary;
    if summary["credentials"] != CREDENTIALS || summary["standings"]["complete"] != TENANCIES {
        return Err(format!("the overview is incomplete: {}", summary["standings"]).into());
    }
    let requests = sim
        .totals()
        .by_service
        .get(&Service::ObjectStorage)
        .copied();
    let cost = Cost {
        seconds: run.elapsed.as_secs_f64(),
        peak_mb: run.peak_kb as f64 / 1024.0,
        requests: requests.unwrap_or_default(),
    };
    let group = run.group_peak_bytes.map_or_else(String::new, |bytes| {
        let peak = bytes as f64 / 1024.0 / 1024.0;
        format!("   killed above {MEGABYTES} MB; {peak:.1} MB with cache and sockets")
    });
    println!(
        "{TENANCIES:>9} {days:>6} {:>7.2} s {:>10.1} MB {:>10}{group}",
        cost.seconds, cost.peak_mb, cost.requests
    );
    Ok(cost)
}

/// A run of a tenancy on a day. The newest run of every tenth tenancy has a thousand domains.
fn place(hub: &Hub, number: usize, day: i64) {
    let run = PlacedRun::new(&format!("t{number:03}"), hub.hours_ago(24 * day + 2));
    let run = run.with("credentials", json!(CREDENTIALS / TENANCIES));
    if day > 0 || !number.is_multiple_of(10) {
        hub.delivered(&run);
        return;
    }
    let coverage: serde_json::Map<_, _> = [
        "api_keys",
        "auth_tokens",
        "customer_secret_keys",
        "db_credentials",
        "oauth2_client_credentials",
        "smtp_credentials",
    ]
    .iter()
    .map(|name| {
        (
            (*name).to_owned(),
            json!({"read": 120, "expected": 120, "mode": "bulk", "cross_check": "ok"}),
        )
    })
    .collect();
    let domains: Vec<_> = (0..1_000)
        .map(|domain| {
            json!({
                "name": format!("domain-{domain:04}"),
                "url": format!("https://idcs-{domain:032x}.identity.oraclecloud.com"),
                "users": 100, "verdict": "COMPLETE",
                "users_coverage": {"read": 100, "expected": 100, "mode": "bulk"},
                "coverage": coverage,
            })
        })
        .collect();
    hub.delivered(&run.with("domains", json!(domains)));
}
