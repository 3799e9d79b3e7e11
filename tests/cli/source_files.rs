//! What holds for the source files: no circle of imports, no clock, file or network in pure modules, one concern per file.
//! docs/design.md says why.
//!
//! The sources are read as text, up to their tests. A path begins with `crate::`, `super::` or `self::`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Modules that know no clock, environment, file or network.
const PURE: &[&str] = &[
    "chunks",
    "credential_type",
    "display",
    "hex",
    "iam_statement",
    "inventory",
    "json",
    "judge",
    "message",
    "model",
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

/// Lines of a file before its tests.
const MAX_LINES: usize = 400;

/// A source file: its path below `src`, and its text without comments and tests.
struct Source {
    path: PathBuf,
    code: String,
    lines: usize,
}

impl Source {
    fn top_module(&self) -> String {
        let first = self.path.iter().next().unwrap_or_default();
        first.to_string_lossy().trim_end_matches(".rs").to_owned()
    }

    /// Whether it only declares modules and re-exports their items.
    fn is_facade(&self) -> bool {
        let is_mod = self.path.ends_with("mod.rs");
        is_mod
            && !["fn ", "struct ", "enum ", "trait ", "const "]
                .iter()
                .any(|item| self.code.contains(item))
    }

    /// The path of its module: `["judge", "changes"]`.
    fn module(&self) -> Vec<String> {
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

    /// Every path in its code that begins inside of this crate, from the crate's root, up to a brace or an item.
    fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        for (start, word) in ["crate::", "super::", "self::"]
            .iter()
            .flat_map(|word| self.code.match_indices(word))
        {
            let before = self.code[..start].chars().next_back();
            if before
                .is_some_and(|before| before.is_alphanumeric() || before == '_' || before == ':')
            {
                continue;
            }
            let mut base = match word {
                "crate::" => Vec::new(),
                _ => self.module(),
            };
            let text = &self.code[start..];
            let end = text
                .find(|character: char| {
                    !character.is_alphanumeric() && character != '_' && character != ':'
                })
                .unwrap_or(text.len());
            let mut segments: Vec<&str> = text[..end]
                .split("::")
                .filter(|segment| !segment.is_empty())
                .collect();
            while let Some(first) = segments.first() {
                match *first {
                    "crate" | "self" => {}
                    "super" => {
                        base.pop();
                    }
                    _ => break,
                }
                segments.remove(0);
            }
            base.extend(segments.into_iter().map(str::to_owned));
            if !base.is_empty() {
                paths.push(base);
            }
        }
        paths
    }
}

fn sources() -> Vec<Source> {
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
        !["lib.rs", "main.rs", "imports.rs"]
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
fn no_files_import_each_other_in_a_circle() {
    let sources = sources();
    let by_module: BTreeMap<Vec<String>, usize> = sources
        .iter()
        .enumerate()
        .map(|(index, source)| (source.module(), index))
        .collect();
    // The file of a path is that of its longest beginning that names a module.
    let file_of = |path: &[String]| {
        (1..=path.len())
            .rev()
            .find_map(|length| by_module.get(&path[..length]).copied())
    };
    let mut imports: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (index, source) in sources.iter().enumerate() {
        let imported = source
            .paths()
            .iter()
            .filter_map(|path| file_of(path))
            .collect::<BTreeSet<_>>();
        let imported = imported
            .into_iter()
            .filter(|file| *file != index && !sources[*file].is_facade())
            .collect();
        imports.insert(
            index,
            if source.is_facade() {
                BTreeSet::new()
            } else {
                imported
            },
        );
    }
    let reaches_itself = |file: usize| {
        let mut reached = BTreeSet::new();
        let mut to_visit = vec![file];
        while let Some(visited) = to_visit.pop() {
            to_visit.extend(
                imports[&visited]
                    .iter()
                    .filter(|next| reached.insert(**next)),
            );
        }
        reached.contains(&file)
    };
    let in_circle: BTreeSet<usize> = imports
        .keys()
        .copied()
        .filter(|file| reaches_itself(*file))
        .collect();
    let circles: Vec<String> = in_circle
        .iter()
        .map(|file| {
            let name = |file: &usize| sources[*file].path.display().to_string();
            format!(
                "{} imports {}",
                name(file),
                imports[file]
                    .intersection(&in_circle)
                    .map(name)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        })
        .collect();
    assert!(
        circles.is_empty(),
        "files that import each other in a circle:\n{}",
        circles.join("\n")
    );
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
