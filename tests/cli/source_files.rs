//! What holds for every source file: no clock, file or network in pure modules, and one concern per file. docs/design.md
//! says why.
//!
//! The sources are read as text, up to their tests.

use std::path::{Path, PathBuf};

/// Modules that know no clock, environment, file or network.
const PURE: &[&str] = &[
    "chunks",
    "credential_type",
    "display",
    "fleet",
    "hex",
    "iam_statement",
    "inventory",
    "json",
    "judge",
    "message",
    "model",
    "percent",
    "remedy",
    "report",
    "summary",
    "text_store",
    "timestamp",
];

/// Crates and parts of the standard library that a pure module does not use.
const IMPURE: &[&str] = &[
    "tokio",
    "hyper",
    "hyper_util",
    "reqwest",
    "http",
    "http_body",
    "http_body_util",
    "futures_util",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "tracing",
];

/// Modules that pass facts on as types. None of them searches, cuts or compares a text to learn what it means.
const FACTS: &[&str] = &[
    "check",
    "cli",
    "fleet",
    "function",
    "inventory",
    "judge",
    "model",
    "remedy",
    "report",
    "run",
    "summary",
];

/// What reads a fact out of a text.
const TEXT_SEARCHES: &[&str] = &[
    ".contains(\"",
    ".starts_with(\"",
    ".ends_with(\"",
    ".find(\"",
    ".strip_prefix(",
    ".strip_suffix(",
    ".split_once(",
    ".replacen(",
    ".to_string().contains(",
    ".to_string() ==",
    ".to_string() !=",
    ".word() ==",
    ".word() !=",
    ".word().contains(",
];

/// Files that parse text from outside, or lay text out: what they read.
const TEXT_PARSERS: &[(&str, &str)] = &[
    ("fleet/folder.rs", "names of objects"),
    (
        "judge/exceptions/acceptance.rs",
        "`accept` in the exceptions file",
    ),
    ("judge/exceptions/parsing.rs", "the exceptions file"),
    ("judge/exceptions/pattern.rs", "patterns of user names"),
    ("judge/holder_mail/address.rs", "e-mail addresses of users"),
    ("model/cross_check.rs", "a value in an earlier manifest"),
    ("model/owners.rs", "AUDIT_OWNER_FROM"),
    ("model/search_part.rs", "a value in an earlier manifest"),
    ("report/findings.rs", "findings of an earlier run"),
    ("report/kind.rs", "AUDIT_REPORTS"),
    ("run/domains.rs", "the host of a domain"),
    ("run/inputs/past_mails.rs", "names of objects"),
    ("summary/mod.rs", "a value in an earlier delivered.json"),
];

/// Lines of a file before its tests.
const MAX_LINES: usize = 400;

/// A source file: its path below `src`, and its text without comments and tests.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) code: String,
    lines: usize,
}

impl Source {
    fn top_module(&self) -> String {
        let first = self.path.iter().next().unwrap_or_default();
        first.to_string_lossy().trim_end_matches(".rs").to_owned()
    }

    /// The path of its module: `["judge", "changes"]`.
    pub(crate) fn module(&self) -> Vec<String> {
        let mut segments: Vec<String> = self
            .path
            .with_extension("")
            .iter()
            .map(|segment| segment.to_string_lossy().into_owned())
            .collect();
        if segments.last().is_some_and(|last| last == "mod") {
            segments.pop();
        }
        segments
    }
}

pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                let before_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
                let code = before_tests
                    .lines()
                    .map(|line| line.split("//").next().unwrap_or_default())
                    .collect::<Vec<_>>()
                    .join("\n");
                let path = path.strip_prefix(&root).expect("below src").to_owned();
                sources.push(Source {
                    path,
                    code,
                    lines: before_tests.lines().count(),
                });
            }
        }
    }
    sources.retain(|source| {
        !["lib.rs", "main.rs"]
            .iter()
            .any(|name| source.path == Path::new(name))
    });
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    assert!(sources.len() > 100, "{} sources", sources.len());
    sources
}

#[test]
fn pure_modules_use_no_clock_environment_file_or_network() {
    let mut refused = Vec::new();
    for source in sources() {
        if !PURE.contains(&source.top_module().as_str()) {
            continue;
        }
        for name in IMPURE {
            let uses = source
                .code
                .match_indices(&format!("{name}::"))
                .any(|(start, _)| {
                    let before = source.code[..start].chars().next_back();
                    !before.is_some_and(|before| {
                        before.is_alphanumeric() || before == '_' || before == ':'
                    })
                });
            if uses {
                refused.push(format!("{} uses {name}", source.path.display()));
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn only_parsers_read_facts_from_text() {
    let mut searches = Vec::new();
    let mut parsers = Vec::new();
    for source in sources() {
        let found = TEXT_SEARCHES
            .iter()
            .filter(|search| source.code.contains(**search));
        let found: Vec<_> = found.collect();
        if !FACTS.contains(&source.top_module().as_str()) || found.is_empty() {
            continue;
        }
        let path = source.path.display().to_string();
        match TEXT_PARSERS.iter().find(|(parser, _)| *parser == path) {
            Some((parser, _)) => parsers.push(*parser),
            None => searches.push(format!("{path}: {found:?}")),
        }
    }
    assert!(searches.is_empty(), "{}", searches.join("\n"));
    let listed: Vec<_> = TEXT_PARSERS.iter().map(|(parser, _)| *parser).collect();
    assert_eq!(parsers, listed, "a parser of the list searches no text");
}

#[test]
fn no_file_is_longer_than_one_concern() {
    let long: Vec<_> = sources()
        .iter()
        .filter(|source| source.lines > MAX_LINES)
        .map(|source| format!("{}: {} lines", source.path.display(), source.lines))
        .collect();
    assert!(
        long.is_empty(),
        "more than {MAX_LINES} lines before the tests:\n{}",
        long.join("\n")
    );
}
