//! The number of instructions of the pure core: parsing pages of a domain, joining, judging, and writing all reports and
//! the digest.
//!
//! `cargo bench --bench instructions` counts them with `valgrind --tool=callgrind` and compares with the figure in
//! `benches/instructions.txt`. Unlike time, this count depends only on the code, the compiler and the libraries. The bench
//! fails if the count has grown by more than [`TOLERANCE_PERCENT`], and asks for a new figure if it has shrunk by more.
//! After an intended change:
//!
//! `cargo bench --bench instructions -- --update`
//!
//! Without valgrind it measures nothing and says so. The counted process is this binary, with the pages as files in the
//! directory `CORE_PAGES`, so that generating them is not counted.

#![expect(
    clippy::disallowed_methods,
    reason = "a bench starts processes and reads files"
)]

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::{Arc, PoisonError};

use credential_audit::credential_type::{
    CREDENTIAL_TYPES, CredentialType, CredentialTypeRow, CredentialTypes,
};
use credential_audit::judge::age::Thresholds;
use credential_audit::judge::{DomainSetting, RunDescription, Scope, Tenancy, evaluate};
use credential_audit::model::{
    Domain, DomainReading, ListCoverage, ReadingMode, RunTimes, TypeReading,
};
use credential_audit::oci::scim::{CredentialSink, RowSink, SharedHolders, UserSettings, UserSink};
use credential_audit::report::digest::{DigestKind, DigestOptions, Names, compose};
use credential_audit::report::{ReportOptions, ReportSet, reports};
use credential_audit::timestamp::{Timestamp, parse_iso_8601};

/// Hash tables have random seeds, and builds differ slightly.
const TOLERANCE_PERCENT: f64 = 3.0;
const USERS: usize = 1_000;
/// Of each type.
const CREDENTIALS_PER_USER: usize = 2;
const ROWS_PER_PAGE: usize = 1_000;
const AS_OF: &str = "2026-11-22T06:00:00Z";

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too.
    if cfg!(debug_assertions) {
        println!("instructions: a debug build counts other instructions; run it by cargo bench");
        return ExitCode::SUCCESS;
    }
    let result = match std::env::var_os("CORE_PAGES") {
        Some(pages) => run_core(Path::new(&pages)).map(|()| true),
        None => compare(std::env::args().any(|argument| argument == "--update")),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("instructions: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Counts and compares with the committed figure; whether they agree.
fn compare(update: bool) -> Result<bool, Box<dyn Error>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("instructions: not counted, since valgrind is not installed");
        return Ok(true);
    }
    let counted = count()?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.txt");
    if update {
        fs::write(&file, format!("{counted}\n"))?;
        println!("instructions: {counted}, now the committed figure");
        return Ok(true);
    }
    let committed: u64 = fs::read_to_string(&file)?.trim().parse()?;
    let change = (counted as f64 / committed as f64 - 1.0) * 100.0;
    println!("instructions: {counted}, committed {committed}: {change:+.2} %");
    if change.abs() <= TOLERANCE_PERCENT {
        return Ok(true);
    }
    println!(
        "more than {TOLERANCE_PERCENT} % {}; if that is meant, commit the new figure: cargo bench --bench instructions -- --update",
        if change > 0.0 { "slower" } else { "faster" }
    );
    Ok(false)
}

fn count() -> Result<u64, Box<dyn Error>> {
    let pages = tempfile::tempdir()?;
    write_pages(pages.path())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .env("CORE_PAGES", pages.path())
        .output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("the counted process failed:\n{log}").into());
    }
    let line = log
        .lines()
        .find_map(|line| line.split("Collected :").nth(1));
    Ok(line.ok_or("valgrind printed no count")?.trim().parse()?)
}

/// The counted work.
fn run_core(pages: &Path) -> Result<(), Box<dyn Error>> {
    let as_of = parse_iso_8601(AS_OF).ok_or("no instant")?;
    let audit = Arc::new(evaluate(
        description(as_of),
        vec![read(pages)?],
        Vec::new(),
        Vec::new(),
    ));
    let bytes: usize = reports(&audit, ReportSet::default(), ReportOptions::default())
        .iter()
        .flat_map(|report| (report.chunks)())
        .map(|chunk| chunk.len())
        .sum();
    let options = DigestOptions {
        names: Names::Full,
        reports: ReportSet::default(),
        ..DigestOptions::default()
    };
    let message = compose(&audit, &options, &DigestKind::Regular);
    if audit.findings.len() != USERS * CREDENTIALS_PER_USER * CREDENTIAL_TYPES.len()
        || bytes == 0
        || message.body.is_empty()
    {
        return Err("the core did not see all of the domain".into());
    }
    Ok(())
}

fn read(pages: &Path) -> Result<DomainReading, Box<dyn Error>> {
    let holders = SharedHolders::default();
    let mut users = UserSink::new(Arc::clone(&holders), &UserSettings::default());
    absorb_all(pages, "Users", &mut users)?;
    let users_coverage = complete(users.row_count());
    let mut credential_types = [const { TypeReading::LeftOut }; CREDENTIAL_TYPES.len()];
    for credential_type in CredentialType::all() {
        let mut sink = CredentialSink::new(credential_type, Arc::clone(&holders));
        absorb_all(pages, credential_type.row().segment, &mut sink)?;
        let missing = sink.compare(&users.claims[credential_type.index()]).missing;
        credential_types[credential_type.index()] = TypeReading::Read {
            coverage: ListCoverage {
                claimed_but_not_listed: missing,
                ..complete(sink.row_count())
            },
            list: sink.list,
            failed_users: HashMap::new(),
        };
    }
    let holders = std::mem::take(&mut *holders.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(DomainReading {
        domain: Domain {
            name: "Default".to_owned(),
            url: "https://idcs-0123456789abcdef.identity.oraclecloud.com".to_owned(),
            ocid: None,
            license: None,
            is_default: Some(true),
            is_listed: true,
            object_name: "Default".to_owned(),
        },
        users: users.list,
        users_coverage,
        credential_types,
        holders,
    })
}

fn absorb_all(pages: &Path, segment: &str, sink: &mut dyn RowSink) -> Result<(), Box<dyn Error>> {
    for page in 0.. {
        let file = pages.join(format!("{segment}-{page}"));
        if !file.exists() {
            break;
        }
        sink.add_page(&fs::read(file)?)?;
    }
    Ok(())
}

fn complete(rows: u64) -> ListCoverage {
    ListCoverage {
        read: rows,
        expected: Some(rows),
        mode: Some(ReadingMode::Bulk),
        gaps: Vec::new(),
        failure: None,
        claimed_but_not_listed: 0,
        unreadable_claims: 0,
        cross_checked: true,
    }
}

fn description(as_of: Timestamp) -> RunDescription {
    RunDescription {
        id: "20261122T060000Z-000000".to_owned(),
        version: "0",
        place: credential_audit::place::Place::Function,
        tenancy: Tenancy::default(),
        console: None,
        times: RunTimes {
            started: as_of,
            as_of,
            read_until: as_of,
        },
        as_of_given: true,
        credential_types: CredentialTypes::ALL,
        thresholds: Thresholds::default(),
        scope: Scope::default(),
        shard: None,
        domain_setting: DomainSetting::Discovered,
        location: None,
    }
}

/// All pages of the domain, in the format and length of Oracle's samples.
fn write_pages(directory: &Path) -> Result<(), Box<dyn Error>> {
    let users: Vec<String> = (0..USERS).map(user).collect();
    write_list(directory, "Users", &users)?;
    for credential_type in &CREDENTIAL_TYPES {
        let rows: Vec<String> = (0..USERS * CREDENTIALS_PER_USER)
            .map(|number| credential(credential_type, number))
            .collect();
        write_list(directory, credential_type.segment, &rows)?;
    }
    Ok(())
}

fn write_list(directory: &Path, segment: &str, rows: &[String]) -> Result<(), Box<dyn Error>> {
    for (page, rows_of_page) in rows.chunks(ROWS_PER_PAGE).enumerate() {
        let list = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":{},"Resources":[{}],"startIndex":{},"itemsPerPage":{ROWS_PER_PAGE}}}"#,
            rows.len(),
            rows_of_page.join(","),
            page * ROWS_PER_PAGE + 1
        );
        fs::write(directory.join(format!("{segment}-{page}")), list)?;
    }
    Ok(())
}

fn user(number: usize) -> String {
    const URN: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension";
    let id = id("user", number);
    let (mut capabilities, mut claims) = (String::new(), String::new());
    for (index, credential_type) in CREDENTIAL_TYPES.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let on = !(number + index).is_multiple_of(17);
        let _ = write!(
            capabilities,
            r#"{comma}"{}":{on}"#,
            credential_type.capability
        );
        let held: Vec<String> = (0..CREDENTIALS_PER_USER)
            .map(|held| {
                let id = self::id(credential_type.name, number * CREDENTIALS_PER_USER + held);
                format!(r#"{{"value":"{id}","ocid":"ocid1.credential.oc1..aaaaaaaa{id}"}}"#)
            })
            .collect();
        let _ = write!(
            claims,
            r#"{comma}"{}":[{}]"#,
            credential_type.claim,
            held.join(",")
        );
    }
    let name = format!("user{:04}@example.com", number * 7 % USERS);
    format!(
        r#"{{"id":"{id}","ocid":"ocid1.user.oc1..aaaaaaaa{id}","userName":"{name}","active":{},"emails":[{{"value":"{name}","type":"work","primary":true}},{{"value":"{name}","type":"recovery","primary":false}}],"{URN}:capabilities:User":{{{capabilities}}},"{URN}:userCredentials:User":{{{claims}}},"{URN}:user:User":{{"isFederatedUser":false}},"{URN}:userState:User":{{"lastSuccessfulLoginDate":"{}"}}}}"#,
        !number.is_multiple_of(23),
        date(number)
    )
}

fn credential(credential_type: &CredentialTypeRow, number: usize) -> String {
    let (id, holder) = (
        id(credential_type.name, number),
        number / CREDENTIALS_PER_USER,
    );
    let user = self::id("user", holder);
    let name = format!("user{:04}@example.com", holder * 7 % USERS);
    let label = credential_type
        .labels
        .first()
        .copied()
        .unwrap_or("description");
    format!(
        r#"{{"id":"{id}","meta":{{"created":"{}"}},"user":{{"value":"{user}","ocid":"ocid1.user.oc1..aaaaaaaa{user}","name":"{name}","display":"{name}","$ref":"https://idcs-0123456789abcdef.identity.oraclecloud.com/admin/v1/Users/{user}"}},"{label}":"{}-{number}"}}"#,
        date(number),
        credential_type.name
    )
}

/// A date up to 120 days before [`AS_OF`].
fn date(number: usize) -> String {
    let minutes = i64::try_from(number * 7_919 % (120 * 24 * 60)).unwrap_or_default();
    let as_of = parse_iso_8601(AS_OF).map_or(0, Timestamp::microseconds);
    Timestamp::from_microseconds(as_of - minutes * 60_000_000 - 621_000).rfc3339()
}

/// 32 pseudorandom hexadecimal digits.
fn id(of: &str, number: usize) -> String {
    let mut bits = of.bytes().fold(number as u64, |bits, byte| {
        bits.rotate_left(5) ^ u64::from(byte)
    });
    let mut half = || {
        // SplitMix64.
        bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB)
    };
    format!("{:016x}{:016x}", half(), half())
}
