//! One invocation of the function in a new process, as the platform starts it, and the peak of its memory.

#![expect(
    clippy::disallowed_methods,
    reason = "a bench reads the status of a process"
)]

use std::error::Error;
use std::fs;
use std::time::Duration;

use serde_json::Value;
use tenancy_sim::TenancySim;
use tenancy_sim::agent::{Agent, Call, Options, can_enforce_memory};

/// The arguments of a bench.
pub(crate) fn arguments() -> Vec<String> {
    let arguments = std::env::args_os().skip(1);
    arguments
        .filter_map(|text| text.into_string().ok())
        .collect()
}

/// The environment of the image; the Dockerfile explains it.
const IMAGE_ENVIRONMENT: [(&str, &str); 1] = [("MALLOC_MMAP_THRESHOLD_", "131072")];

/// Memory of the function.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) megabytes: u64,
    /// Whether a function with more is killed.
    pub(crate) enforced: bool,
}

impl Memory {
    /// Enforced, if this machine can; else stated, and a line says so.
    pub(crate) fn enforced(megabytes: u64) -> Self {
        let enforced = can_enforce_memory();
        if let Err(error) = &enforced {
            println!("SKIPPED: the limit of {megabytes} MB is not enforced: {error}");
        }
        Self {
            megabytes,
            enforced: enforced.is_ok(),
        }
    }
}

/// One invocation of a cold function.
pub(crate) struct Run {
    pub(crate) elapsed: Duration,
    pub(crate) peak_kb: u64,
    /// The peak of its control group, if its memory was enforced.
    pub(crate) group_peak_bytes: Option<u64>,
    pub(crate) summary: Value,
}

pub(crate) async fn run(
    sim: &TenancySim,
    settings: &[(String, String)],
    body: &'static str,
    timeout: Duration,
    memory: Memory,
) -> Result<Run, Box<dyn Error>> {
    let options = Options {
        timeout,
        memory_megabytes: memory.megabytes,
        enforce_memory: memory.enforced,
        ..Options::default()
    };
    let program = env!("CARGO_BIN_EXE_credential-audit");
    let image = IMAGE_ENVIRONMENT.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment = settings.iter().cloned().chain(image);
    let agent = Agent::start([program], environment, options).await?;
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
        group_peak_bytes: agent.peak_bytes().await,
        summary: serde_json::from_str(&answer.text())?,
    })
}

/// The peak resident memory of a process, with code and libraries.
fn peak_kb(process: u32) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let figure = line.ok_or("no VmHWM")?.trim().trim_end_matches("kB").trim();
    Ok(figure.parse()?)
}

/// The agent starts the function as user 1000 if it can, and that user reads the resource principal.
pub(crate) fn readable_by_all() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o755)
}
