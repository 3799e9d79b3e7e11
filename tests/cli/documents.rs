//! The documents match the program: settings, samples, commands and links.

use std::path::{Path, PathBuf};

use credential_audit::env::SETTINGS;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn document(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Name and default of every row of the settings table.
fn rows(settings: &str) -> Vec<(String, String)> {
    settings
        .lines()
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
    assert_eq!(rows(&document("docs/settings.md")), expected);
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
fn readme_is_short_and_names_the_demo_and_test_commands() {
    let readme = document("README.md");
    assert!(readme.contains("\ncargo run --release --package demo "));
    assert!(readme.contains("\ncargo test --workspace "));
    // A visitor leaves after three minutes.
    let words = readme.split_whitespace().count();
    assert!((400..=800).contains(&words), "{words} words");
}

/// The first sample of a document begins as a golden file does.
fn assert_sample(name: &str, golden: &str) {
    let text = document(name);
    let sample = text
        .split("```text\n")
        .nth(1)
        .and_then(|rest| rest.split("\n...\n").next());
    let sample = sample.unwrap_or("no such sample");
    let golden = format!("{}/tests/golden/{golden}", env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(golden).unwrap_or_default();
    assert!(golden.starts_with(sample), "{sample}");
}

#[test]
fn digest_equals_the_golden_file() {
    assert_sample("docs/reports.md", "reports/digest-example.txt");
}

#[test]
fn table_of_the_command_line_equals_the_golden_file() {
    assert_sample("docs/command-line.md", "table/80-columns.txt");
}

#[test]
fn check_equals_the_golden_file() {
    assert_sample("docs/check.md", "check/check.txt");
}

/// The documents for people, by their paths in the repository.
fn documents() -> Vec<String> {
    let folder = std::fs::read_dir(path("docs")).expect("a folder");
    let pages = folder.map(|entry| entry.expect("an entry").file_name());
    let pages = pages.map(|name| name.to_string_lossy().into_owned());
    let mut found: Vec<_> = pages
        .filter(|name| name.ends_with(".md"))
        .map(|name| format!("docs/{name}"))
        .collect();
    found.sort();
    let others = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ];
    found.extend(others.map(str::to_owned));
    found
}

/// The anchors of the headings of a document, as a page that shows it makes them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let heading = line.trim_start_matches('#').trim();
            let kept = heading
                .chars()
                .filter(|character| character.is_alphanumeric() || " -".contains(*character));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        })
        .collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut checked = 0;
    for name in documents() {
        let text = document(&name);
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = match file {
                "" => path(&name),
                file => path(folder).join(file),
            };
            assert!(file.exists(), "{name}: {link}");
            let target = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(
                anchor.is_empty() || anchors(&target).iter().any(|known| known == anchor),
                "{name}: {link} of {:?}",
                anchors(&target)
            );
            checked += 1;
        }
    }
    assert!(checked > 60, "{checked} links");
}

#[test]
fn readme_leads_to_every_page() {
    let readme = document("README.md");
    for name in documents() {
        assert!(
            name == "README.md" || name == "CHANGELOG.md" || readme.contains(&format!("]({name})")),
            "{name}"
        );
    }
}
