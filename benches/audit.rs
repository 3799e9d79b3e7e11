//! What an audit costs: time from invocation to answer, peak memory, requests.
//!
//! `cargo bench --bench audit [-- [--print-times] [ROW]...]`; a row is 1000, 10000, 100000 or `free`, and all of them are
//! measured unless some are named. Prints a table, and fails where a bound is broken; with `--print-times` the bounds on
//! time alone are printed and not enforced, for machines that do other work meanwhile.
//!
//! The function is the program itself, in a process of its own, started and invoked by the agent as the platform does it;
//! a new one for each run, since a schedule finds a cold container each day. The simulated tenancy lives in this process:
//! its pages are rendered by a dry run ahead of the first measured one, so that it is never the limit, and it answers
//! 20 ms after each request.

#![expect(
    clippy::disallowed_methods,
    reason = "a bench reads what the system says of a process"
)]

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use credential_audit::clock::{Clock, SystemClock};
use serde_json::Value;
use tenancy_sim::agent::{Agent, Call, Options};
use tenancy_sim::{Credential, Domain, ResourceType, Service, Tenancy, TenancySim, User};

const RUNS: usize = 5;
const LATENCY: Duration = Duration::from_millis(20);
/// What the image sets for the program, and the Dockerfile explains.
const IMAGE_ENVIRONMENT: [(&str, &str); 1] = [("MALLOC_MMAP_THRESHOLD_", "131072")];

/// What the two scripts need for 1,000 users at the same latency, one after the other run; measured with Oracle's SDK.
const SCRIPT_REQUESTS: f64 = 5_945.0;
const SCRIPT_SECONDS: f64 = 160.0;
const SCRIPT_PEAK_MB: f64 = 79.0;

/// A row of the table: a tenancy, and the most that its audit may cost.
struct Row {
    name: &'static str,
    users: usize,
    /// Whether it is a Free domain that holds the most that one can, with its limits enforced.
    free_domain: bool,
    seconds: f64,
    peak_mb: Option<f64>,
    /// Listing requests, where their number is fixed.
    listings: Option<u64>,
}

const ROWS: [Row; 4] = [
    Row {
        name: "1000",
        users: 1_000,
        free_domain: false,
        seconds: 0.25,
        peak_mb: Some(25.0),
        listings: None,
    },
    Row {
        name: "10000",
        users: 10_000,
        free_domain: false,
        seconds: 1.0,
        peak_mb: Some(64.0),
        listings: None,
    },
    Row {
        name: "100000",
        users: 100_000,
        free_domain: false,
        seconds: 10.0,
        peak_mb: Some(200.0),
        listings: None,
    },
    Row {
        name: "free",
        users: 2_000,
        free_domain: true,
        seconds: 5.0,
        peak_mb: None,
        listings: Some(44),
    },
];

fn main() -> ExitCode {
    // `cargo test --all-targets` comes here too.
    if cfg!(debug_assertions) {
        println!("audit: figures of a debug build say nothing; run it by cargo bench");
        return ExitCode::SUCCESS;
    }
    match measure_all() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("audit: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures the rows that were asked for; whether they kept their bounds.
fn measure_all() -> Result<bool, Box<dyn Error>> {
    let (mut times_bind, mut names) = (true, Vec::new());
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // Cargo's own.
            "--bench" => {}
            "--print-times" => times_bind = false,
            name if ROWS.iter().any(|row| row.name == name) => names.push(argument),
            other => return Err(format!(
                "`{other}` is no row; expected some of 1000, 10000, 100000, free, or --print-times"
            )
            .into()),
        }
    }
    let runtime = tokio::runtime::Runtime::new()?;
    println!(
        "   users credentials    time, median of {RUNS}      peak memory  listings  all requests"
    );
    let mut broken = Vec::new();
    for row in &ROWS {
        if names.is_empty() || names.iter().any(|name| name == row.name) {
            let cost = runtime.block_on(measure(row))?;
            broken.extend(cost.broken_bounds(row, times_bind));
        }
    }
    for bound in &broken {
        println!("broken: {bound}");
    }
    Ok(broken.is_empty())
}

/// The median of a row's runs; of memory and requests the largest.
struct Cost {
    seconds: f64,
    peak_mb: f64,
    listings: u64,
    requests: u64,
    throttled: u64,
}

async fn measure(row: &Row) -> Result<Cost, Box<dyn Error>> {
    let domain = if row.free_domain {
        fullest_free_domain(row.users, SystemClock.now())
    } else {
        Domain::generated("Default", row.users, 1, SystemClock.now())
    };
    let sim = Tenancy::empty().domain(domain).latency(LATENCY).start()?;
    let directory = tempfile::Builder::new()
        .permissions(readable_by_all())
        .tempdir()?;
    let mut settings = sim.environment(directory.path())?;
    settings.extend(IMAGE_ENVIRONMENT.map(|(name, value)| (name.to_owned(), value.to_owned())));
    if !row.free_domain {
        settings.push(("AUDIT_RATE_LIMIT".to_owned(), "off".to_owned()));
    }
    let credentials = sim.directory("Default").credential_count() as u64;

    run(&sim, &settings, r#"{"audit":{"dry_run":true}}"#).await?;
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        sim.reset_journal();
        sim.bucket(sim.bucket_name()).clear();
        if row.free_domain {
            // Each run has the domain's whole budget, as a daily one does.
            sim.enforce_rate_limits("Default", Some("free"));
        }
        let run = run(&sim, &settings, "").await?;
        expect_whole(&sim, &run.summary, credentials)?;
        runs.push((run, sim.totals()));
    }
    runs.sort_by_key(|(run, _)| run.elapsed);
    let listings = |totals: &tenancy_sim::Totals| {
        let count = totals.by_service.get(&Service::IdentityDomain);
        count.copied().unwrap_or_default()
    };
    let largest = |of: &dyn Fn(&(Run, tenancy_sim::Totals)) -> u64| {
        runs.iter().map(of).max().unwrap_or_default()
    };
    let cost = Cost {
        seconds: runs[RUNS / 2].0.elapsed.as_secs_f64(),
        peak_mb: largest(&|(run, _)| run.peak_kb) as f64 / 1024.0,
        listings: largest(&|(_, totals)| listings(totals)),
        requests: largest(&|(_, totals)| totals.requests),
        throttled: largest(&|(_, totals)| totals.throttled),
    };
    let slowest = runs[RUNS - 1].0.elapsed.as_secs_f64();
    println!(
        "{:>8} {credentials:>11}   {:>6.3} s (at most {slowest:.3})   {:>9.1} MB  {:>8}  {:>12}{}",
        row.users,
        cost.seconds,
        cost.peak_mb,
        cost.listings,
        cost.requests,
        if row.free_domain {
            format!(
                "   Free domain, limits enforced: {} times 429",
                cost.throttled
            )
        } else {
            String::new()
        }
    );
    if row.name == "1000" {
        println!(
            "         the scripts:     160 s                              79 MB               5945   ({:.0} times the time, {:.1} times the memory, {:.0} times the requests)",
            SCRIPT_SECONDS / cost.seconds,
            SCRIPT_PEAK_MB / cost.peak_mb,
            SCRIPT_REQUESTS / cost.requests as f64,
        );
    }
    Ok(cost)
}

impl Cost {
    fn broken_bounds(&self, row: &Row, times_bind: bool) -> Vec<String> {
        let mut broken = Vec::new();
        if self.seconds > row.seconds {
            let text = format!(
                "{}: {:.3} s, at most {} s",
                row.name, self.seconds, row.seconds
            );
            if times_bind {
                broken.push(text);
            } else {
                println!("over its time (not enforced): {text}");
            }
        }
        if let Some(bound) = row.peak_mb.filter(|bound| self.peak_mb > *bound) {
            broken.push(format!(
                "{}: {:.1} MB, at most {bound} MB",
                row.name, self.peak_mb
            ));
        }
        if let Some(bound) = row.listings.filter(|bound| self.listings != *bound) {
            broken.push(format!(
                "{}: {} listing requests instead of {bound}",
                row.name, self.listings
            ));
        }
        if self.throttled > 0 {
            broken.push(format!("{}: {} times 429", row.name, self.throttled));
        }
        broken
    }
}

/// One invocation of a cold function.
struct Run {
    elapsed: Duration,
    peak_kb: u64,
    summary: Value,
}

async fn run(
    sim: &TenancySim,
    settings: &[(String, String)],
    body: &'static str,
) -> Result<Run, Box<dyn Error>> {
    let options = Options {
        timeout: Duration::from_secs(300),
        ..Options::default()
    };
    let program = env!("CARGO_BIN_EXE_credential-audit");
    let agent = Agent::start([program], settings.iter().cloned(), options).await?;
    let answer = agent.invoke(Call::new(body)).await;
    if !answer.status.is_success() {
        let log = agent.stderr();
        return Err(format!("the function answered {}; its log:\n{log}", answer.status).into());
    }
    let process = agent.process().await.ok_or("the function is gone")?;
    let rejected = sim.totals().rejections;
    if !rejected.is_empty() {
        return Err(format!("signatures were refused: {rejected:?}").into());
    }
    Ok(Run {
        elapsed: answer.elapsed,
        peak_kb: peak_kb(process)?,
        summary: serde_json::from_str(&answer.text())?,
    })
}

/// A fast run that leaves something out is none.
fn expect_whole(sim: &TenancySim, summary: &Value, credentials: u64) -> Result<(), Box<dyn Error>> {
    let stored = sim.bucket(sim.bucket_name()).names().len();
    let whole = summary["verdict"] == "COMPLETE"
        && summary["credentials"] == credentials
        && summary["objects"].as_array().map(Vec::len) == Some(stored)
        && stored >= 6
        && summary["notification"]["message_id"].is_string();
    if whole {
        Ok(())
    } else {
        Err(format!("the audit is not whole: {summary:#}").into())
    }
}

/// The most memory that a process ever had resident, code and libraries included.
fn peak_kb(process: u32) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let figure = line.ok_or("no VmHWM")?.trim().trim_end_matches("kB").trim();
    Ok(figure.parse()?)
}

/// A domain of the Free licence with as many credentials as its users may hold: 21 each.
fn fullest_free_domain(users: usize, as_of: DateTime<Utc>) -> Domain {
    let mut domain = Domain::named("Default")
        .license("free")
        .enforcing_rate_limits();
    for position in 0..users {
        let user = User::named(&format!("user{position:04}@example.com"));
        for credential_type in ResourceType::CREDENTIALS {
            for number in 0..credential_type.max_per_user() {
                let age = chrono::TimeDelta::hours(((position * 7 + number * 131) % 2_880) as i64);
                let created = (as_of - age).to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
                domain =
                    domain.credential(Credential::of(&user, credential_type, number, &created));
            }
        }
        domain = domain.user(user);
    }
    domain
}

/// The agent starts the function as user 1000 where it can, and that user reads the resource principal.
fn readable_by_all() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o755)
}
