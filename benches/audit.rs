//! The cost of an audit: time from invocation to answer, peak memory, requests.
//!
//! `cargo bench --bench audit [-- [--print-times] [ROW]...]`; all rows but `1000000` are measured by default. Prints a table, and fails if a bound is exceeded. With `--print-times` exceeded times are printed
//! and do not fail, for machines with other load.
//!
//! The agent starts and invokes the program as the platform does, in a new process per run, since a daily schedule finds a
//! cold container. The simulated tenancy is in this process. A dry run renders its pages before the measured runs, so that
//! it is never the limit, and its latency is 20 ms.

mod cold_run;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use cold_run::{Memory, Run, arguments, readable_by_all, run};
use credential_audit::clock::{Clock, SystemClock};
use serde_json::Value;
use tenancy_sim::{Credential, Domain, ResourceType, Service, Tenancy, TenancySim, User};

/// Runs of a row, and of one whose runs take long.
const RUNS: [usize; 2] = [5, 3];
/// As much memory as the stack gives by default, in megabytes.
const STATED: u64 = 512;
/// As much memory as a function can have.
const LARGEST: u64 = 3_072;
const LATENCY: Duration = Duration::from_millis(20);
/// Of one call: the simulator renders its pages during the first.
const TIMEOUT: Duration = Duration::from_secs(900);

/// The cost of the two scripts for 1,000 users at the same latency, one after the other; measured with Oracle's SDK.
const SCRIPT_REQUESTS: f64 = 5_945.0;
const SCRIPT_SECONDS: f64 = 160.0;
const SCRIPT_PEAK_MB: f64 = 79.0;

/// A row of the table: a tenancy, and the bounds of its audit.
struct Row {
    name: &'static str,
    users: usize,
    /// Whether it is a Free domain with the maximum of credentials and enforced rate limits.
    free_domain: bool,
    seconds: f64,
    peak_mb: Option<f64>,
    /// Number of listing requests, if it is fixed.
    listings: Option<u64>,
    /// Whether a run of the day before is compared with.
    second_day: bool,
    /// Exceptions for single credentials, by id.
    exceptions: usize,
    /// Memory of the function, in megabytes.
    memory: u64,
    /// Whether a function with more is killed.
    enforce_memory: bool,
}

impl Row {
    const fn runs(&self) -> usize {
        RUNS[(self.users > 10_000) as usize]
    }

    const fn new(name: &'static str, users: usize, seconds: f64, peak_mb: f64) -> Self {
        Self {
            name,
            users,
            free_domain: false,
            seconds,
            peak_mb: Some(peak_mb),
            listings: None,
            second_day: false,
            exceptions: 0,
            memory: STATED,
            enforce_memory: false,
        }
    }
}

const ROWS: [Row; 8] = [
    Row::new("1000", 1_000, 0.25, 25.0),
    Row::new("10000", 10_000, 1.0, 64.0),
    Row::new("100000", 100_000, 10.0, 172.0),
    Row {
        second_day: true,
        memory: 256,
        enforce_memory: true,
        ..Row::new("20000-second-day", 20_000, 2.5, 64.0)
    },
    Row {
        second_day: true,
        ..Row::new("100000-second-day", 100_000, 14.0, 180.0)
    },
    Row {
        exceptions: 5_000,
        ..Row::new("exceptions", 10_000, 1.5, 64.0)
    },
    Row {
        free_domain: true,
        peak_mb: None,
        listings: Some(44),
        ..Row::new("free", 2_000, 5.0, 0.0)
    },
    Row {
        memory: LARGEST,
        ..Row::new("1000000", 1_000_000, 160.0, 1_600.0)
    },
];

/// Rows that are measured only by name: they take minutes.
const ON_REQUEST: [&str; 1] = ["1000000"];

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too.
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

/// Measures the requested rows; whether they are within their bounds.
fn measure_all() -> Result<bool, Box<dyn Error>> {
    let (mut enforce_times, mut names) = (true, Vec::new());
    for argument in arguments() {
        match argument.as_str() {
            // Cargo adds it.
            "--bench" => {}
            "--print-times" => enforce_times = false,
            name if ROWS.iter().any(|row| row.name == name) => names.push(argument),
            other => {
                let rows: Vec<_> = ROWS.iter().map(|row| row.name).collect();
                let rows = rows.join(", ");
                return Err(format!(
                    "unknown row `{other}`; expected --print-times or one of {rows}"
                )
                .into());
            }
        }
    }
    let runtime = tokio::runtime::Runtime::new()?;
    println!(
        "               row credentials    time, median of {}      peak memory  listings  all requests",
        RUNS[0]
    );
    let mut exceeded = Vec::new();
    for row in &ROWS {
        let by_default = names.is_empty() && !ON_REQUEST.contains(&row.name);
        if by_default || names.iter().any(|name| name == row.name) {
            let cost = runtime.block_on(measure(row))?;
            exceeded.extend(cost.exceeded_bounds(row, enforce_times));
        }
    }
    for bound in &exceeded {
        println!("exceeded: {bound}");
    }
    Ok(exceeded.is_empty())
}

/// The median time of the runs of a row, and their maximum memory and requests.
struct Cost {
    seconds: f64,
    peak_mb: f64,
    listings: u64,
    requests: u64,
    throttled: u64,
}

async fn measure(row: &Row) -> Result<Cost, Box<dyn Error>> {
    let domain = if row.free_domain {
        full_free_domain(row.users, SystemClock.now())
    } else {
        Domain::generated("Default", row.users, 1, SystemClock.now())
    };
    let sim = Tenancy::empty().domain(domain).latency(LATENCY).start()?;
    let directory = tempfile::Builder::new()
        .permissions(readable_by_all())
        .tempdir()?;
    let mut settings = sim.environment(directory.path())?;
    if !row.free_domain {
        settings.push(("AUDIT_RATE_LIMIT".to_owned(), "off".to_owned()));
    }
    let credentials = sim.directory("Default").credential_count() as u64;

    if row.exceptions > 0 {
        place_exceptions(&sim, row.exceptions);
        settings.push(("AUDIT_EXCEPTIONS_OBJECT".to_owned(), EXCEPTIONS.to_owned()));
    }
    let memory = match row.enforce_memory {
        true => Memory::enforced(row.memory),
        false => Memory {
            megabytes: row.memory,
            enforced: false,
        },
    };
    let dry = r#"{"audit":{"dry_run":true}}"#;
    run(&sim, &settings, dry, TIMEOUT, memory).await?;
    let mut runs = Vec::with_capacity(row.runs());
    for _ in 0..row.runs() {
        sim.bucket(sim.bucket_name()).clear();
        if row.exceptions > 0 {
            place_exceptions(&sim, row.exceptions);
        }
        if row.second_day {
            run(&sim, &settings, "", TIMEOUT, memory).await?;
        }
        sim.reset_journal();
        if row.free_domain {
            // Each run has the whole budget of the domain, as a daily run does.
            sim.enforce_rate_limits("Default", Some("free"));
        }
        let run = run(&sim, &settings, "", TIMEOUT, memory).await?;
        expect_complete(&sim, row, &run.summary, credentials)?;
        runs.push((run, sim.totals()));
    }
    runs.sort_by_key(|(run, _)| run.elapsed);
    let listings = |totals: &tenancy_sim::Totals| {
        let count = totals.by_service.get(&Service::IdentityDomain);
        count.copied().unwrap_or_default()
    };
    let maximum = |of: &dyn Fn(&(Run, tenancy_sim::Totals)) -> u64| {
        runs.iter().map(of).max().unwrap_or_default()
    };
    let cost = Cost {
        seconds: runs[runs.len() / 2].0.elapsed.as_secs_f64(),
        peak_mb: maximum(&|(run, _)| run.peak_kb) as f64 / 1024.0,
        listings: maximum(&|(_, totals)| listings(totals)),
        requests: maximum(&|(_, totals)| totals.requests),
        throttled: maximum(&|(_, totals)| totals.throttled),
    };
    let slowest = runs[runs.len() - 1].0.elapsed.as_secs_f64();
    println!(
        "{:>18} {credentials:>11}   {:>6.3} s (at most {slowest:.3})   {:>9.1} MB  {:>8}  {:>12}{}",
        row.name,
        cost.seconds,
        cost.peak_mb,
        cost.listings,
        cost.requests,
        if row.free_domain {
            format!(
                "   Free domain, limits enforced: {} times 429",
                cost.throttled
            )
        } else if memory.enforced {
            let peak = maximum(&|(run, _)| run.group_peak_bytes.unwrap_or_default());
            let (limit, peak) = (memory.megabytes, peak as f64 / 1024.0 / 1024.0);
            format!("   killed above {limit} MB; {peak:.1} MB with cache and sockets")
        } else {
            String::new()
        }
    );
    if row.name == "1000" {
        println!(
            "                   the scripts:     160 s                              79 MB               5945   ({:.0} times the time, {:.1} times the memory, {:.0} times the requests)",
            SCRIPT_SECONDS / cost.seconds,
            SCRIPT_PEAK_MB / cost.peak_mb,
            SCRIPT_REQUESTS / cost.requests as f64,
        );
    }
    Ok(cost)
}

impl Cost {
    fn exceeded_bounds(&self, row: &Row, enforce_times: bool) -> Vec<String> {
        let mut exceeded = Vec::new();
        if self.seconds > row.seconds {
            let text = format!(
                "{}: {:.3} s, at most {} s",
                row.name, self.seconds, row.seconds
            );
            if enforce_times {
                exceeded.push(text);
            } else {
                println!("time exceeded (not enforced): {text}");
            }
        }
        if let Some(bound) = row.peak_mb.filter(|bound| self.peak_mb > *bound) {
            exceeded.push(format!(
                "{}: {:.1} MB, at most {bound} MB",
                row.name, self.peak_mb
            ));
        }
        if let Some(bound) = row.listings.filter(|bound| self.listings != *bound) {
            exceeded.push(format!(
                "{}: {} listing requests instead of {bound}",
                row.name, self.listings
            ));
        }
        if self.throttled > 0 {
            exceeded.push(format!("{}: {} times 429", row.name, self.throttled));
        }
        exceeded
    }
}

/// Fails if a run was not complete.
fn expect_complete(
    sim: &TenancySim,
    row: &Row,
    summary: &Value,
    credentials: u64,
) -> Result<(), Box<dyn Error>> {
    let id = summary["run_id"].as_str().ok_or("no run id")?;
    let names = sim.bucket(sim.bucket_name()).names();
    let stored = names.iter().filter(|name| name.contains(id)).count();
    let excepted = summary["excepted"].as_u64().unwrap_or_default();
    let complete = summary["verdict"] == "COMPLETE"
        && (excepted > 0) == (row.exceptions > 0)
        && is_compared(sim, id)? == row.second_day
        && summary["credentials"] == credentials
        && summary["objects"].as_array().map(Vec::len) == Some(stored)
        && stored >= 6
        && summary["notification"]["message_id"].is_string();
    if complete {
        Ok(())
    } else {
        Err(format!("the audit is incomplete: {summary:#}").into())
    }
}

const EXCEPTIONS: &str = "exceptions.json";

/// Exceptions for the first API keys, each by the pattern of its user and its own id.
fn place_exceptions(sim: &TenancySim, number: usize) {
    let until = (SystemClock.now() + chrono::TimeDelta::days(30)).date_naive();
    let directory = sim.directory("Default");
    let keys = directory.credentials(ResourceType::ApiKeys).iter();
    let entries: Vec<_> = keys
        .take(number)
        .map(|key| serde_json::json!({"user": "*@example.com", "credential_id": key.id, "reason": "known", "until": until.to_string()}))
        .collect();
    let file = serde_json::json!({ "exceptions": entries }).to_string();
    let bucket = sim.bucket(sim.bucket_name());
    bucket.place(
        EXCEPTIONS,
        "application/json",
        file.into_bytes(),
        SystemClock.now(),
    );
}

/// Whether the manifest of a run has what changed.
fn is_compared(sim: &TenancySim, run_id: &str) -> Result<bool, Box<dyn Error>> {
    let bucket = sim.bucket(sim.bucket_name());
    let of_run = |name: &String| name.contains(run_id) && name.ends_with("/manifest.json");
    let name = bucket
        .names()
        .into_iter()
        .find(of_run)
        .ok_or("no manifest")?;
    let manifest = bucket.object(&name).ok_or("no manifest")?;
    let manifest: Value = serde_json::from_slice(&manifest.body)?;
    Ok(manifest.to_string().contains("\"baseline\":"))
}

/// A Free domain with the maximum number of credentials: 21 per user.
fn full_free_domain(users: usize, as_of: DateTime<Utc>) -> Domain {
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
