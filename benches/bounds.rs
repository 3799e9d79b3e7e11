//! The peak memory of a function of 512 MB whose services send more than any honest one: a table of hostile cases.
//!
//! `cargo bench --bench bounds [-- CASE...]` prints the table of docs/bounds.md. Fails if a peak exceeds its bound, if a domain
//! that is not hostile is incomplete, or if not exactly one message was published.

mod cold_run;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cold_run::{Memory, arguments, readable_by_all, run};
use serde_json::{Value, json};
use tenancy_sim::{Credential, Domain, Fault, ResourceType, Service, Tenancy, TenancySim, User};

const TIMEOUT: Duration = Duration::from_secs(60);
const DOMAINS: usize = 16;
const USERS: usize = 40;
/// The first domains are hostile.
const HOSTILE: usize = 4;
/// Bound of the peak of a function whose platform states 512 MB.
const MAX_PEAK_MB: f64 = 256.0;
/// Memory of the function. With more it is killed.
const MEMORY_MB: u64 = 512;
const MIB: usize = 1024 * 1024;

/// What the services of a tenancy do.
struct Case {
    name: &'static str,
    text: &'static str,
    attack: fn(&TenancySim),
    /// Whether the lists of the hostile domains are incomplete.
    costs_a_list: bool,
    /// Whether a run without the attack comes first.
    follows_a_run: bool,
}

const CASES: &[Case] = &[
    Case {
        name: "honest",
        text: "nothing unusual",
        attack: |_| {},
        costs_a_list: false,
        follows_a_run: false,
    },
    Case {
        name: "empty-rows",
        text: "pages of 4 MB of `{},`",
        attack: |sim| {
            let rows = vec!["{}"; 4 * MIB / 3].join(",");
            in_hostile_lists(sim, || {
                body(&format!(r#"{{"totalResults":40,"Resources":[{rows}]}}"#))
            });
        },
        costs_a_list: true,
        follows_a_run: false,
    },
    Case {
        name: "large-pages",
        text: "pages of 17 MB, of 1,000 rows",
        attack: |sim| {
            let row = |number| format!(r#"{{"id":"{number:017000}"}}"#);
            let rows: Vec<_> = (0..1_000).map(row).collect();
            let page = format!(
                r#"{{"totalResults":1000,"Resources":[{}]}}"#,
                rows.join(",")
            );
            in_hostile_lists(sim, || body(&page));
        },
        costs_a_list: true,
        follows_a_run: false,
    },
    Case {
        name: "huge-bodies",
        text: "bodies of 64 MB",
        attack: |sim| {
            let page = format!(
                r#"{{"totalResults":0,"padding":"{}"}}"#,
                "x".repeat(64 * MIB)
            );
            in_hostile_lists(sim, || body(&page));
        },
        costs_a_list: true,
        follows_a_run: false,
    },
    Case {
        name: "slow-path",
        text: "pages of 9 MB whose texts and numbers are invalid",
        attack: |sim| {
            let row = |number| {
                let long = vec!["1e999"; 1_200].join(",");
                format!(
                    r#"{{"id":"{number}","description":"\ud800","groups":[{long}],"{long}":[{{}}]}}"#
                )
            };
            let rows: Vec<_> = (0..600).map(row).collect();
            let page = format!(r#"{{"totalResults":600,"Resources":[{}]}}"#, rows.join(","));
            in_hostile_lists(sim, || body(&page));
        },
        costs_a_list: false,
        follows_a_run: false,
    },
    Case {
        name: "endless-list",
        text: "a total of 10^9, and new rows for ever",
        attack: |sim| in_hostile_lists(sim, || endless(0)),
        costs_a_list: true,
        follows_a_run: false,
    },
    Case {
        name: "long-labels",
        text: "the same with labels of 12 kB",
        attack: |sim| in_hostile_lists(sim, || endless(12_000)),
        costs_a_list: true,
        follows_a_run: false,
    },
    Case {
        name: "many-claims",
        text: "pages of 16 MB of claims",
        attack: |sim| {
            let claim = |number| format!(r#"{{"value":"{number:x}"}}"#);
            let claims: Vec<_> = (0..25_000).map(claim).collect();
            let claims = claims.join(",");
            let row = |number| {
                let of = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";
                format!(r#"{{"id":"{number}","{of}":{{"authTokens":[{claims}]}}}}"#)
            };
            let rows: Vec<_> = (0..30).map(row).collect();
            let page = format!(r#"{{"totalResults":30,"Resources":[{}]}}"#, rows.join(","));
            for domain in hostile_domains() {
                let fault = body(&page).domain(&domain);
                sim.faults().add(fault.resource_type(ResourceType::Users));
            }
        },
        costs_a_list: true,
        follows_a_run: false,
    },
    Case {
        name: "compartments",
        text: "a list of compartments without an end",
        attack: |sim| {
            let row = |number| format!(r#"{{"id":"ocid1.compartment.oc1..{number:03000}"}}"#);
            let rows: Vec<_> = (0..1_000).map(row).collect();
            let page = format!("[{}]", rows.join(","));
            let more = |next| {
                let page = Fault::status(200).body("application/json", &page);
                let page = page.header("opc-next-page", next);
                page.service(Service::Identity)
                    .target_contains("/compartments")
            };
            sim.faults().add(more("one").every(2));
            sim.faults().add(more("two"));
        },
        costs_a_list: false,
        follows_a_run: false,
    },
    Case {
        name: "bucket-list",
        text: "a list of objects of 52 MB",
        attack: |sim| {
            let page = |list: &mut Value| {
                list["objects"] = json!(vec![json!({"name": "x".repeat(40)}); 1_000_000]);
            };
            sim.faults().add(
                Fault::edit(page)
                    .service(Service::ObjectStorage)
                    .target_contains("delimiter="),
            );
        },
        costs_a_list: false,
        follows_a_run: true,
    },
    Case {
        name: "manifest",
        text: "a manifest of 8 MB",
        attack: |sim| {
            let repeat = |manifest: &mut Value| {
                let domain = manifest["domains"][0].clone();
                let domains = 7 * MIB / domain.to_string().len();
                manifest["domains"] = json!(vec![domain; domains]);
            };
            let fault = Fault::edit(repeat)
                .service(Service::ObjectStorage)
                .method("GET");
            sim.faults().add(fault.target_ends_with("manifest.json"));
        },
        costs_a_list: false,
        follows_a_run: true,
    },
];

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too.
    if cfg!(debug_assertions) {
        println!("bounds: figures of a debug build say nothing; run it by cargo bench");
        return ExitCode::SUCCESS;
    }
    match measure_all() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bounds: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures the requested cases; whether all hold.
fn measure_all() -> Result<bool, Box<dyn Error>> {
    let arguments: Vec<_> = arguments();
    let names: Vec<_> = arguments
        .iter()
        .filter(|text| !text.starts_with("--"))
        .collect();
    let runtime = tokio::runtime::Runtime::new()?;
    let memory = Memory::enforced(MEMORY_MB);
    let mut holds = true;
    for case in CASES {
        if !names.is_empty() && !names.contains(&&case.name.to_owned()) {
            continue;
        }
        let outcome = runtime.block_on(measure(case, memory))?;
        let row = format!(
            "| {} | {:.0} MB | {} | {:.1} s | {} |",
            case.text, outcome.peak_mb, outcome.group_peak, outcome.seconds, outcome.verdict
        );
        println!("{row}");
        for problem in &outcome.problems {
            println!("  {}: {problem}", case.name);
        }
        holds &= outcome.problems.is_empty();
    }
    Ok(holds)
}

struct Outcome {
    peak_mb: f64,
    /// With page cache and sockets.
    group_peak: String,
    seconds: f64,
    verdict: String,
    problems: Vec<String>,
}

async fn measure(case: &Case, memory: Memory) -> Result<Outcome, Box<dyn Error>> {
    let sim = (0..DOMAINS)
        .fold(Tenancy::empty(), |tenancy, number| {
            tenancy.domain(domain(number))
        })
        .start()?;
    let directory = tempfile::Builder::new()
        .permissions(readable_by_all())
        .tempdir()?;
    let mut settings = sim.environment(directory.path())?;
    settings.retain(|(name, _)| name != "AUDIT_DOMAIN_URLS");
    for (name, value) in [("AUDIT_RATE_LIMIT", "off"), ("AUDIT_NOTIFY", "always")] {
        settings.push((name.to_owned(), value.to_owned()));
    }
    let mut messages = 1;
    if case.follows_a_run {
        run(&sim, &settings, "", TIMEOUT, memory).await?;
        messages += 1;
    }
    (case.attack)(&sim);
    let run = run(&sim, &settings, "", TIMEOUT, memory).await?;
    let mut outcome = Outcome {
        peak_mb: run.peak_kb as f64 / 1024.0,
        group_peak: run.group_peak_bytes.map_or_else(
            || "not measured".to_owned(),
            |bytes| format!("{:.0} MB", bytes as f64 / 1024.0 / 1024.0),
        ),
        seconds: run.elapsed.as_secs_f64(),
        verdict: run.summary["verdict"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        problems: Vec::new(),
    };
    if outcome.peak_mb > MAX_PEAK_MB {
        outcome.problems.push(format!(
            "{:.0} MB, at most {MAX_PEAK_MB} MB",
            outcome.peak_mb
        ));
    }
    if sim.messages().len() != messages {
        outcome.problems.push(format!(
            "{} messages instead of {messages}",
            sim.messages().len()
        ));
    }
    let domains = run.summary["domains"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if domains.len() != DOMAINS {
        outcome
            .problems
            .push(format!("{} domains instead of {DOMAINS}", domains.len()));
    }
    let hostile: Vec<_> = hostile_domains().collect();
    for domain in &domains {
        let is_hostile = hostile.iter().any(|name| domain["name"] == name.as_str());
        let is_complete = domain["verdict"] == "COMPLETE";
        if is_complete == (is_hostile && case.costs_a_list) {
            outcome.problems.push(format!(
                "domain {} is {}",
                domain["name"], domain["verdict"]
            ));
        }
    }
    Ok(outcome)
}

fn domain(number: usize) -> Domain {
    let name = name_of(number);
    (0..USERS).fold(Domain::named(&name), |domain, position| {
        let user = User::named(&format!("user{position}@{name}.example"));
        let credentials = ResourceType::CREDENTIALS
            .map(|of| Credential::of(&user, of, 0, "2020-01-01T00:00:00.000Z"));
        let domain = credentials.into_iter().fold(domain, Domain::credential);
        domain.user(user)
    })
}

fn name_of(number: usize) -> String {
    match number {
        0 => "Default".to_owned(),
        number => format!("Domain{number:02}"),
    }
}

fn hostile_domains() -> impl Iterator<Item = String> {
    (0..HOSTILE).map(name_of)
}

/// Strikes every list of every hostile domain.
fn in_hostile_lists(sim: &TenancySim, fault: impl Fn() -> Fault) {
    for domain in hostile_domains() {
        for list in std::iter::once(ResourceType::Users).chain(ResourceType::CREDENTIALS) {
            sim.faults()
                .add(fault().domain(&domain).resource_type(list));
        }
    }
}

/// Pages of new rows, whatever is requested.
fn endless(label_bytes: usize) -> Fault {
    let next = Arc::new(AtomicU64::new(0));
    Fault::edit(move |list| {
        let start = next.fetch_add(1_000, Ordering::Relaxed);
        let row = |number| {
            json!({
                "id": format!("{number:032x}"),
                "userName": format!("user{number}@example.com"),
                "description": "x".repeat(label_bytes),
                "meta": {"created": "2020-01-01T00:00:00.000Z"},
                "user": {"value": format!("{number:032}")},
            })
        };
        list["totalResults"] = json!(1_000_000_000);
        list["itemsPerPage"] = json!(1_000);
        list["Resources"] = (start..start + 1_000).map(row).collect();
    })
}

fn body(text: &str) -> Fault {
    Fault::status(200).body("application/scim+json", text)
}
