//! README.md matches the program: settings, samples, commands and links.

use credential_audit::env::SETTINGS;

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap_or_default()
}

/// Name and default of every row of the settings table.
fn rows(readme: &str) -> Vec<(String, String)> {
    readme
        .lines()
        .skip_while(|line| *line != "## Settings")
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| {
            let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
            Some((
                cells.next()?.trim_matches('`').to_owned(),
                cells.next()?.to_owned(),
            ))
        })
        .collect()
}

#[test]
fn settings_table_lists_every_setting_with_its_default() {
    let expected: Vec<_> = SETTINGS
        .iter()
        .map(|setting| (setting.name.to_owned(), setting.default.to_owned()))
        .collect();
    assert_eq!(rows(&readme()), expected);
}

#[test]
fn every_audit_variable_is_a_setting() {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/env.rs"))
        .unwrap_or_default();
    let names: Vec<_> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split('"').nth(1))
        .filter(|name| name.starts_with("AUDIT_"))
        .collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        assert!(
            SETTINGS.iter().any(|setting| setting.name == name),
            "SETTINGS does not list {name}"
        );
    }
}

#[test]
fn readme_names_the_demo_and_test_commands() {
    let readme = readme();
    assert!(readme.contains("\ncargo run --release --package demo "));
    assert!(readme.contains("\ncargo test --workspace "));
}

/// The sample of that number begins as a golden file does.
fn assert_sample(number: usize, golden: &str) {
    let readme = readme();
    let sample = readme
        .split("```text\n")
        .nth(number)
        .and_then(|rest| rest.split("\n...\n").next());
    let sample = sample.unwrap_or("no such sample");
    let golden = format!("{}/tests/golden/{golden}", env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(golden).unwrap_or_default();
    assert!(golden.starts_with(sample), "{sample}");
}

#[test]
fn readme_digest_equals_the_golden_file() {
    assert_sample(1, "reports/digest-example.txt");
}

#[test]
fn readme_table_equals_the_golden_file() {
    assert_sample(2, "table/80-columns.txt");
}

#[test]
fn readme_check_equals_the_golden_file() {
    assert_sample(3, "check/check.txt");
}

#[test]
fn every_link_within_the_readme_leads_to_a_heading() {
    let readme = readme();
    let anchors: Vec<String> = readme
        .lines()
        .filter_map(|line| {
            line.strip_prefix("## ")
                .or_else(|| line.strip_prefix("### "))
        })
        .map(|heading| {
            let kept = heading
                .chars()
                .filter(|character| character.is_alphanumeric() || " -".contains(*character));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        })
        .collect();
    let links: Vec<_> = readme
        .split("](#")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect();
    assert!(links.len() > 10, "{links:?}");
    for link in links {
        assert!(
            anchors.iter().any(|anchor| anchor == link),
            "#{link} of {anchors:?}"
        );
    }
}
