//! A new credential type is one row of the table in `src/credential_type.rs`. What lists the types outside of `src` is
//! compared with the table here, so that a new row fails these tests once per place to change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use credential_audit::credential_type::{
    CREDENTIAL_TYPES, CredentialType, CredentialTypes, alternatives, names,
};
use credential_audit::judge::age::Thresholds;
use credential_audit::judge::controls::assess;
use credential_audit::judge::{DomainSetting, RunDescription, Scope, Tenancy, evaluate};
use credential_audit::model::RunTimes;
use credential_audit::timestamp::parse_iso_8601;
use tenancy_sim::ResourceType;

/// The one module of `src` that names the types a second time: the files of the scripts have their columns for ever.
const FROZEN: &str = "src/report/scripts.rs";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).expect(name)
}

/// Text with single blanks, however it was wrapped.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every file below a folder with one of these extensions.
fn files_below(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let file = entry.expect("an entry").path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        if file.is_dir() {
            files.extend(files_below(&file, extensions));
        } else if extension.is_some_and(|extension| extensions.contains(&extension)) {
            files.push(file);
        }
    }
    files
}

#[test]
fn rows_of_the_table_agree_with_themselves() {
    let distinct = |values: Vec<&str>| values.iter().collect::<BTreeSet<_>>().len();
    for row in &CREDENTIAL_TYPES {
        assert_eq!(row.setting_suffix, row.name.to_uppercase());
        assert_eq!(row.name.parse(), Ok(row.credential_type));
        assert!(row.capability.starts_with("canUse"), "{}", row.capability);
        assert!(row.short_title.chars().count() <= 10, "{}", row.short_title);
        assert_eq!(row.plural, format!("{}s", row.title));
    }
    let count = CREDENTIAL_TYPES.len();
    assert_eq!(
        distinct(CREDENTIAL_TYPES.iter().map(|row| row.name).collect()),
        count
    );
    assert_eq!(
        distinct(CREDENTIAL_TYPES.iter().map(|row| row.segment).collect()),
        count
    );
    assert_eq!(
        distinct(CREDENTIAL_TYPES.iter().map(|row| row.capability).collect()),
        count
    );
    assert_eq!(
        distinct(CREDENTIAL_TYPES.iter().map(|row| row.claim).collect()),
        count
    );
    assert_eq!(CredentialTypes::ALL.len(), count);
    assert_eq!(CredentialTypes::ALL, CredentialType::all().collect());
}

#[test]
fn help_lists_every_type() {
    for command in ["audit", "check"] {
        let output = Command::new(env!("CARGO_BIN_EXE_credential-audit"))
            .args([command, "--help"])
            .env_clear()
            .output()
            .expect("the program starts");
        let help = unwrapped(&String::from_utf8_lossy(&output.stdout));
        assert!(help.contains(&alternatives()), "{help}");
    }
}

#[test]
fn each_control_of_a_row_is_assessed_in_the_order_of_the_benchmark() {
    let instant = parse_iso_8601("2026-11-22T06:00:00Z").expect("an instant");
    let run = RunDescription {
        id: String::new(),
        version: "0",
        place: credential_audit::place::Place::Function,
        tenancy: Tenancy::default(),
        console: None,
        times: RunTimes {
            started: instant,
            as_of: instant,
            read_until: instant,
        },
        as_of_given: false,
        credential_types: CredentialTypes::ALL,
        thresholds: Thresholds::default(),
        scope: Scope::default(),
        shard: None,
        domain_setting: DomainSetting::Discovered,
        location: None,
    };
    let audit = evaluate(run, Vec::new(), Vec::new(), Vec::new());
    let assessed: Vec<_> = assess(&audit)
        .into_iter()
        .map(|assessment| (assessment.control.control, assessment.control.title))
        .collect();
    for control in CREDENTIAL_TYPES.iter().filter_map(|row| row.cis_control) {
        let expected = (control.number.to_string(), control.title.to_owned());
        assert!(assessed.contains(&expected), "{expected:?} of {assessed:?}");
    }
    let minor = |number: &str| {
        number
            .rsplit('.')
            .next()
            .and_then(|part| part.parse::<u32>().ok())
    };
    assert!(
        assessed.is_sorted_by_key(|(number, _)| minor(number)),
        "{assessed:?}"
    );
}

#[test]
fn terraform_lists_every_type_wherever_it_lists_types() {
    let quoted = format!("[\"{}\"]", names().replace(", ", "\", \""));
    let prose = [names(), alternatives().replace(" or ", " and ")];
    for (file, expected) in [
        // Two maps of ages, and the list of types, each with a condition and a message; and the body of the schedule.
        ("terraform/variables.tf", 8),
        ("terraform/locals.tf", 1),
        ("terraform/schema.yaml", 1),
    ] {
        let mut lists = 0;
        let text = read(file);
        let first = CREDENTIAL_TYPES[0].name;
        for (at, _) in text.match_indices(&format!("[\"{first}\", ")) {
            assert!(
                text[at..].starts_with(&quoted),
                "{file}: {:.200}",
                &text[at..]
            );
            lists += 1;
        }
        for (at, _) in text.match_indices(&format!(" {first}, ")) {
            let listed = &text[at + 1..];
            let is_whole = prose.iter().any(|list| {
                let rest = listed.strip_prefix(list.as_str());
                rest.is_some_and(|rest| !rest.starts_with([',', '_']) && !rest.starts_with(" and"))
            });
            assert!(is_whole, "{file}: {listed:.200}");
            lists += 1;
        }
        assert_eq!(lists, expected, "lists of types in {file}");
    }
}

#[test]
fn documents_name_every_type_and_every_setting_of_a_type() {
    let settings = unwrapped(&read("docs/settings.md"));
    let suffixes: Vec<_> = CREDENTIAL_TYPES
        .iter()
        .map(|row| format!("`{}`", row.setting_suffix))
        .collect();
    assert!(settings.contains(&suffixes.join(", ")), "{suffixes:?}");
    let readme = unwrapped(&read("README.md")).to_lowercase();
    for row in &CREDENTIAL_TYPES {
        let plural = row.plural.to_lowercase();
        assert!(readme.contains(&plural), "{plural}");
    }
}

#[test]
fn simulator_serves_every_type() {
    let served = ResourceType::CREDENTIALS.map(ResourceType::segment);
    let read = CREDENTIAL_TYPES.each_ref().map(|row| row.segment);
    assert_eq!(served[..], read[..]);
}

#[test]
fn no_text_counts_the_types() {
    let mut files = files_below(&path("src"), &["rs", "js", "css"]);
    files.extend(files_below(&path("terraform"), &["tf", "yaml"]));
    files.push(path("README.md"));
    for file in files.iter().filter(|file| **file != path(FROZEN)) {
        let text = std::fs::read_to_string(file).expect("a text");
        for line in text.lines() {
            let mut words = line.split(|letter: char| !letter.is_alphanumeric());
            let is_counted = words.any(|word| word.eq_ignore_ascii_case("six"));
            assert!(!is_counted, "{}: {line}", file.display());
        }
    }
}
