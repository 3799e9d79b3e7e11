//! A scheduled run without a tenancy: starts the simulator and the function as the platform does, invokes it as Resource
//! Scheduler does, prints the answer and the digest, and writes the reports to `target/demo/`.
//!
//! `cargo run --release --example demo [-- USERS [SEED [AS_OF]]]`; by default 2,000 users, seed 1 and now. `AS_OF` is in RFC
//! 3339. It is the instant of the generated data, and the instant at which ages are judged.
//!
//! This program is the function too: the agent starts it again, with `FN_LISTENER` set.

#![expect(
    clippy::disallowed_methods,
    reason = "the demo reads its arguments, starts itself, and leaves its reports as files"
)]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use credential_audit::clock::{Clock, SystemClock};
use credential_audit::{env, function, report};
use tenancy_sim::agent::{Agent, Call, Options};
use tenancy_sim::{Tenancy, TenancySim};

fn main() -> ExitCode {
    if env::lookup(env::FN_LISTENER).is_some() {
        return function::serve();
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(demo()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("demo: {error}");
    ExitCode::FAILURE
}

async fn demo() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let users: usize = arguments.next().map_or(Ok(2_000), |text| text.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let as_of: Option<DateTime<Utc>> = arguments.next().map(|text| text.parse()).transpose()?;

    let sim =
        Tenancy::generated(users, seed, as_of.unwrap_or_else(|| SystemClock.now())).start()?;
    println!(
        "A tenancy with {users} users, seed {seed}: {}\n",
        sim.domain_urls().join(", ")
    );

    let principal = readable_directory()?;
    let mut settings = sim.environment(principal.path())?;
    // All reports, including those that are stored only on request.
    settings.push((env::REPORTS.to_owned(), report::words()));
    let itself = std::env::current_exe()?;
    let options = Options {
        timeout: Duration::from_secs(300),
        ..Options::default()
    };
    let agent = Agent::start([itself], settings, options).await?;
    let body = as_of.map_or_else(String::new, |as_of| {
        format!(r#"{{"audit":{{"as_of":"{}"}}}}"#, as_of.to_rfc3339())
    });
    // Schedules invoke detached and do not wait for the answer.
    let accepted = agent.invoke(Call::new(body).detached()).await;
    println!("Invoked as a schedule would: {}\n", accepted.status);
    let Some(answer) = agent.detached_answers().await.pop() else {
        return Err("the function did not answer".into());
    };
    if !answer.status.is_success() {
        return Err(format!(
            "the function answered {}; its log:\n{}",
            answer.status,
            agent.stderr()
        )
        .into());
    }
    let summary: serde_json::Value = serde_json::from_str(&answer.text())?;
    println!("The answer:\n{}\n", serde_json::to_string_pretty(&summary)?);
    for message in sim.messages() {
        println!(
            "The digest, as the e-mail shows it:\n\nSubject: {}\n\n{}",
            message.title.as_deref().unwrap_or_default(),
            message.body
        );
    }
    println!("\nThe reports:");
    for path in write_reports(&sim, Path::new("target/demo"))? {
        println!("  {}", path.display());
    }
    let domain_requests = sim
        .requests()
        .iter()
        .filter(|request| request.path().starts_with("/admin/v1/"))
        .count();
    println!(
        "\n{domain_requests} requests to the identity domain; the two scripts need up to {} each.",
        1 + users * 6
    );
    Ok(())
}

/// A directory that user 1000 can read, as whom the agent starts the function if it can.
fn readable_directory() -> std::io::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
}

/// Writes the objects of the bucket to `target`, which replaces those of an earlier demo.
fn write_reports(sim: &TenancySim, target: &Path) -> std::io::Result<Vec<PathBuf>> {
    if target.exists() {
        fs::remove_dir_all(target)?;
    }
    let mut paths = Vec::new();
    for (name, object) in sim.bucket(sim.bucket_name()).objects() {
        let path = target.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &object.body)?;
        paths.push(path);
    }
    Ok(paths)
}
