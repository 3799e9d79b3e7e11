//! docs/design.md matches the program: its layout table lists every module of `src` and what it imports.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Names of top-level modules.
type Modules = BTreeSet<String>;

/// A row of the layout table.
struct Row {
    modules: Modules,
    /// What they may import, themselves included.
    allowed: Modules,
    /// Whether the row names its imports one by one.
    named: bool,
}

/// The layout table.
fn rows() -> Vec<Row> {
    let design = fs::read_to_string(root().join("docs/design.md")).unwrap_or_default();
    let mut above = Modules::new();
    let mut rows = Vec::new();
    for line in design
        .lines()
        .skip_while(|line| *line != "## Layout")
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
    {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let (modules, named) = (names(cells[0]), names(cells[2]));
        let is_all = cells[2].trim().starts_with("all above");
        let mut allowed = if is_all {
            above.difference(&named).cloned().collect()
        } else {
            assert!(named.is_subset(&above), "only rows above: {line}");
            named
        };
        allowed.extend(modules.iter().cloned());
        for module in &modules {
            assert!(above.insert(module.clone()), "{module} has two rows");
        }
        rows.push(Row {
            modules,
            allowed,
            named: !is_all,
        });
    }
    rows
}

/// The names in backticks of a cell.
fn names(cell: &str) -> Modules {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file of the library, with its top-level module.
fn sources() -> Vec<(String, PathBuf)> {
    let mut folders = vec![root().join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let relative = path.strip_prefix(root().join("src")).expect("below src");
            let module = relative.iter().next().expect("a name").to_string_lossy();
            let module = module.trim_end_matches(".rs").to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !["lib", "main"].contains(&module.as_str())
            {
                files.push((module, path));
            }
        }
    }
    files
}

/// The top-level modules that a source file names: `crate::name` and `crate::{name, ...}`.
fn imports(source: &str) -> Modules {
    let code: Vec<&str> = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let first_word = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|character| character.is_alphanumeric() || *character == '_')
            .collect()
    };
    let mut found = Modules::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(first_word(rest));
            continue;
        };
        let (mut depth, mut begins) = (0, true);
        for (index, character) in group.char_indices() {
            if begins && depth == 0 {
                found.insert(first_word(&group[index..]));
            }
            begins = character == ',';
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn layout_table_lists_every_module() {
    let listed: Modules = rows().into_iter().flat_map(|row| row.modules).collect();
    let existing: Modules = sources().into_iter().map(|(module, _)| module).collect();
    assert_eq!(listed, existing);
}

#[test]
fn modules_import_what_the_layout_table_lists_and_nothing_else() {
    let sources = sources();
    for row in rows() {
        let mut imported = row.modules.clone();
        for (_, path) in sources
            .iter()
            .filter(|(module, _)| row.modules.contains(module))
        {
            let found = imports(&fs::read_to_string(path).expect("a source file"));
            let refused: Vec<_> = found.difference(&row.allowed).collect();
            assert!(
                refused.is_empty(),
                "docs/design.md does not allow {refused:?} in {}",
                path.display()
            );
            imported.extend(found);
        }
        if row.named {
            let unused: Vec<_> = row.allowed.difference(&imported).collect();
            assert!(
                unused.is_empty(),
                "{:?} do not import {unused:?}",
                row.modules
            );
        }
    }
}

#[test]
fn imports_are_found_in_paths_and_groups() {
    for (source, expected) in [
        ("use crate::judge::Audit;", vec!["judge"]),
        (
            "use crate::{config, env::{LOG_LEVEL, TERM}, run};",
            vec!["config", "env", "run"],
        ),
        (
            "use crate::{\n    config,\n    env,\n};",
            vec!["config", "env"],
        ),
        ("    crate::oci::regions::parse(text)", vec!["oci"]),
        ("// use crate::env;", vec![]),
    ] {
        let expected: Modules = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(imports(source), expected, "{source}");
    }
}
