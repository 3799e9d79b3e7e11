//! Scheduled runs without a tenancy: starts the simulator and the function as the platform does, invokes it as Resource
//! Scheduler does, prints what was done and the digest, and writes the reports to `target/demo/`.
//!
//! - `cargo run --release --package demo [-- AS_OF]`: a company's tenancy with 120 users, audited twice, a day apart. `AS_OF`,
//!   in RFC 3339, is the time of the second run; by default now. With it, reports differ in run ids, ports, and what follows
//!   from them.
//! - `cargo run --release --package demo -- --hostile [USERS [SEED [AS_OF]]]`: one run over names and dates that break
//!   spreadsheets and parsers; by default 2,000 users, seed 1 and now. `AS_OF` is the instant of the generated data, and the
//!   `as_of` of the invocation.
//!
//! This program is the function too: the agent starts it again, with `FN_LISTENER` set. A run at another time than now is a
//! function whose clock is set, because an invocation with `as_of` is a what-if run, and its reports say so.

#![expect(
    clippy::disallowed_methods,
    reason = "the demo reads its arguments, starts itself, and leaves its reports as files"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Days, SubsecRound as _, TimeDelta, Utc};
use credential_audit::clock::{Clock, FixedClock, SystemClock};
use credential_audit::fdk::{self, RequestExt as _};
use credential_audit::function::{self, Function};
use credential_audit::summary::Summary;
use credential_audit::{env, logging, report};
use http::Request;
use tenancy_sim::agent::{Agent, Call, Options};
use tenancy_sim::{Acme, Previous, Tenancy, TenancySim};

/// The time of the function's clock, for the function that this program is.
const CLOCK: &str = "DEMO_CLOCK";

const FOLDER: &str = "target/demo";

/// The files that a reader opens first, and what they are.
const FILES: [(&str, &str); 6] = [
    ("report.html", "the page: open it in a browser"),
    ("digest.txt", "the e-mail, also below"),
    (
        "credentials.csv",
        "each credential, with its action, date and person",
    ),
    (
        "by-person.csv",
        "each person, with a text for a chat or a ticket",
    ),
    ("rotate-by.ics", "a calendar of what is to rotate"),
    ("bucket/", "all reports of each run, as the bucket has them"),
];

fn main() -> ExitCode {
    if env::lookup(env::FN_LISTENER).is_some() {
        return match env::lookup(CLOCK).and_then(|text| text.parse().ok()) {
            Some(now) => serve_at(now),
            None => function::serve(),
        };
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

/// The function, at a time that its clock is set to.
fn serve_at(now: DateTime<Utc>) -> ExitCode {
    logging::start(tracing::Level::INFO);
    let function = Function::new(Arc::new(env::lookup), Arc::new(FixedClock(now)));
    let function = Arc::new(function);
    let options = fdk::Options::new("credential-audit", env!("CARGO_PKG_VERSION"), || {
        SystemClock.now()
    });
    fdk::run(env::lookup, options, move |request: Request<Bytes>| {
        let function = Arc::clone(&function);
        // The platform's deadline is by the clock of the machine.
        let mut context = request.call_context().clone();
        context.deadline.finish_by += now - SystemClock.now();
        async move { function.invoke(request.with_call_context(context)).await }
    })
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("demo: {error}");
    ExitCode::FAILURE
}

async fn demo() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if_eq("--hostile").is_some() {
        let users = arguments.next().map_or(Ok(2_000), |text| text.parse())?;
        let seed = arguments.next().map_or(Ok(1), |text| text.parse())?;
        let as_of = arguments.next().map(|text| text.parse()).transpose()?;
        return hostile(users, seed, as_of).await;
    }
    let now = SystemClock.now().trunc_subsecs(0);
    let as_of = arguments.next().map_or(Ok(now), |text| text.parse());
    let as_of =
        as_of.map_err(|error| format!("{error}: expected a time in RFC 3339, or --hostile"))?;
    two_days(as_of).await
}

/// A company's tenancy, audited on two days.
async fn two_days(as_of: DateTime<Utc>) -> Result<(), Box<dyn Error>> {
    let day_before = as_of - TimeDelta::days(1);
    let acme = Acme::new(1, day_before);
    let mut demo = Demo::start(acme.tenancy())?;
    demo.settings.retain(|(name, _)| name != env::DOMAIN_URLS);
    demo.accept(&exceptions(as_of));
    let first = demo.run(Some(day_before), String::new()).await?;
    acme.next_day(&demo.sim);
    let second = demo.run(Some(as_of), String::new()).await?;
    demo.report(
        Acme::USERS,
        &[first, second],
        "The function ran twice in a simulated tenancy, as a daily schedule invokes it. Between the runs, a user rotated an\n\
         overdue token, an administrator added an API key, a user was deactivated, and another key became overdue.",
    )
}

/// An API key that its owner cannot rotate for now.
fn exceptions(as_of: DateTime<Utc>) -> String {
    let until = as_of.date_naive() + Days::new(60);
    serde_json::json!({"exceptions": [{
        "user": Acme::CANNOT_ROTATE,
        "domain": "Workloads",
        "type": "api_keys",
        "owner": "integration team",
        "reason": "the vendor's appliance accepts a new key during maintenance only",
        "ticket": "CHG-20417",
        "until": until.to_string(),
    }]})
    .to_string()
}

/// Names and dates that break spreadsheets and parsers, audited once.
async fn hostile(
    users: usize,
    seed: u64,
    as_of: Option<DateTime<Utc>>,
) -> Result<(), Box<dyn Error>> {
    let instant = as_of.unwrap_or_else(|| SystemClock.now());
    let demo = Demo::start(Tenancy::generated(users, seed, instant))?;
    let body = as_of.map_or_else(String::new, |as_of| {
        format!(r#"{{"audit":{{"as_of":"{}"}}}}"#, as_of.to_rfc3339())
    });
    let run = demo.run(None, body).await?;
    let done = format!(
        "The function ran once in a simulated tenancy, as a schedule invokes it. Its names and dates are hostile (seed {seed})."
    );
    demo.report(users, &[run], &done)
}

/// A simulated tenancy, and the function's settings in it.
struct Demo {
    sim: TenancySim,
    settings: Vec<(String, String)>,
    /// The files of the function's resource principal.
    _principal: tempfile::TempDir,
}

/// What a run answered.
struct Run {
    summary: Summary,
    subject: String,
    digest: String,
    /// Requests to the identity domains.
    requests: usize,
}

impl Demo {
    fn start(tenancy: Tenancy) -> Result<Self, Box<dyn Error>> {
        let sim = tenancy.start()?;
        let principal = readable_directory()?;
        let mut settings = sim.environment(principal.path())?;
        // All reports, including those that are stored only on request.
        settings.push((env::REPORTS.to_owned(), report::words()));
        Ok(Self {
            sim,
            settings,
            _principal: principal,
        })
    }

    /// Stores an object with exceptions where the function cannot write.
    fn accept(&mut self, exceptions: &str) {
        const BUCKET: &str = "security-settings";
        const OBJECT: &str = "exceptions.json";
        let bucket = self.sim.bucket(BUCKET);
        bucket.place(
            OBJECT,
            "application/json",
            exceptions.to_owned(),
            DateTime::UNIX_EPOCH,
        );
        for (name, value) in [
            (env::EXCEPTIONS_BUCKET, BUCKET),
            (env::EXCEPTIONS_OBJECT, OBJECT),
        ] {
            self.settings.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Runs the function once, at `now` if given, from a cold start.
    async fn run(&self, now: Option<DateTime<Utc>>, body: String) -> Result<Run, Box<dyn Error>> {
        let mut settings = self.settings.clone();
        if let Some(now) = now {
            settings.push((CLOCK.to_owned(), now.to_rfc3339()));
            self.sim.set_clock_offset(now - SystemClock.now());
            let lifetime = Duration::from_secs(3600);
            self.sim
                .renew_resource_principal(lifetime, Previous::StaysValid)?;
        }
        self.sim.reset_journal();
        self.sim.clear_messages();
        let options = Options {
            timeout: Duration::from_secs(300),
            ..Options::default()
        };
        let agent = Agent::start([std::env::current_exe()?], settings, options).await?;
        // Schedules invoke detached and do not wait for the answer.
        agent.invoke(Call::new(body).detached()).await;
        let answer = agent.detached_answers().await.pop();
        let answer = answer.ok_or("the function did not answer")?;
        if !answer.status.is_success() {
            let (status, log) = (answer.status, agent.stderr());
            return Err(format!("the function answered {status}; its log:\n{log}").into());
        }
        let message = self.sim.messages().pop().ok_or("no digest was published")?;
        let requests = self.sim.requests();
        let of_domains = requests
            .iter()
            .filter(|request| request.path().starts_with("/admin/v1/"));
        Ok(Run {
            summary: serde_json::from_str(&answer.text())?,
            subject: message.title.unwrap_or_default(),
            digest: message.body,
            requests: of_domains.count(),
        })
    }

    /// Writes the reports. Prints what was done, the runs, and the digest of the last one.
    fn report(&self, users: usize, runs: &[Run], done: &str) -> Result<(), Box<dyn Error>> {
        let last = runs.last().ok_or("no run")?;
        let mail = format!("Subject: {}\n\n{}", last.subject, last.digest);
        self.write_reports(&last.summary.run.run_id, &mail)?;

        let mut text = format!("{done}\n\n");
        for Run {
            summary, digest, ..
        } in runs
        {
            let (run, first_line) = (&summary.run, digest.lines().next().unwrap_or_default());
            let _ = writeln!(text, "{} {}: {first_line}", run.as_of, run.verdict);
        }
        let _ = writeln!(
            text,
            "\nThe last run sent {} requests to identity domains. Each of the two scripts sends up to {}.\n\nIn {FOLDER}/:",
            last.requests,
            1 + users * 6
        );
        for (name, description) in FILES {
            let _ = writeln!(text, "  {name:<16} {description}");
        }
        let _ = write!(
            text,
            "\nOpen {FOLDER}/report.html. Its links lead to Oracle's console, which does not know this tenancy.\n\n\
             The digest:\n\n{mail}"
        );
        match std::io::stdout().write_all(text.as_bytes()) {
            // The reader has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Writes the objects of the bucket and the reports of one run, which replace those of an earlier demo.
    fn write_reports(&self, run_id: &str, mail: &str) -> std::io::Result<()> {
        let target = Path::new(FOLDER);
        if target.exists() {
            fs::remove_dir_all(target)?;
        }
        let folder_of_run = format!("/{run_id}/");
        for (name, object) in self.sim.bucket(self.sim.bucket_name()).objects() {
            let path = target.join("bucket").join(&name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, &object.body)?;
            if let Some((_, report)) = name.split_once(&folder_of_run) {
                fs::write(target.join(report), &object.body)?;
            }
        }
        fs::write(target.join("digest.txt"), mail)
    }
}

/// A directory that user 1000 can read, as whom the agent starts the function if it can.
fn readable_directory() -> std::io::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
}
