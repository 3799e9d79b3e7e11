//! No two files of `src` import each other, directly or through others. docs/design.md says why.
//!
//! A file imports another if one of its paths leads there. Such a path begins with `crate::`, `super::` or `self::`, with a
//! module that the file declares, or with a name that it imports. A path through a re-export leads to the file that defines
//! the item. A re-export is an import, too: if `mod.rs` re-exports an item of a child, the child may use nothing that
//! `mod.rs` defines.
//!
//! A method call has no path, so a circle through methods alone is not found.

use std::collections::{BTreeMap, BTreeSet};

use crate::source_files::sources;

/// Names of modules and of an item: `["judge", "changes", "Baseline"]`. From the crate's root, unless a text begins
/// otherwise.
type ItemPath = Vec<String>;

/// A file, and what its paths can begin with.
#[derive(Default)]
struct File {
    name: String,
    module: ItemPath,
    /// The modules that it declares.
    children: BTreeSet<String>,
    /// What its `use` items lead to in this crate, by the name that it has in the file.
    uses: Vec<(String, ItemPath)>,
    /// Its text without `use` items and visibilities.
    code: String,
}

impl File {
    fn new(name: String, module: ItemPath, text: &str) -> Self {
        let mut file = Self {
            name,
            module,
            ..Self::default()
        };
        let mut trees = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let item = without_visibility(line.trim());
            if let Some(tree) = item.strip_prefix("use ") {
                let mut tree = tree.to_owned();
                while !tree.ends_with(';') {
                    tree.push_str(lines.next().expect("the end of a use item").trim());
                }
                trees.push(tree.trim_end_matches(';').to_owned());
                continue;
            }
            if let Some(child) = item.strip_prefix("mod ") {
                file.children
                    .extend(child.strip_suffix(';').map(str::to_owned));
            }
            file.code.push_str(item);
            file.code.push('\n');
        }
        for (name, path) in trees.iter().flat_map(|tree| expanded(tree)) {
            if let Some(path) = file.resolve(&path) {
                file.uses.push((name, path));
            }
        }
        file
    }

    /// What a name of a `use` item leads to.
    fn used_as(&self, name: &str) -> Option<&ItemPath> {
        let named = self.uses.iter().find(|(used, _)| used == name);
        named.map(|(_, path)| path)
    }

    /// A path of this file, from the root. `None` if it leads to another crate, or begins with an item of the file.
    fn resolve(&self, path: &[String]) -> Option<ItemPath> {
        let first = path.first()?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => self.module[..self.module.len() - 1].to_vec(),
            _ if self.children.contains(first) => [&self.module[..], &path[..1]].concat(),
            _ => self.used_as(first)?.clone(),
        };
        for segment in &path[1..] {
            if segment == "super" {
                base.pop();
            } else {
                base.push(segment.clone());
            }
        }
        Some(base)
    }

    /// Every path of its code that leads into this crate, from the root.
    fn paths(&self) -> impl Iterator<Item = ItemPath> {
        self.code
            .split(|character: char| !character.is_alphanumeric() && !"_:".contains(character))
            .filter(|text| text.contains("::"))
            .filter_map(|text| self.resolve(&segments(text)))
            .chain(self.uses.iter().map(|(_, path)| path.clone()))
    }
}

/// An item without `pub` or `pub(...)`.
fn without_visibility(item: &str) -> &str {
    let Some(rest) = item.strip_prefix("pub") else {
        return item;
    };
    match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((_, rest)) => rest.trim_start(),
        None => rest.trim_start(),
    }
}

fn segments(path: &str) -> ItemPath {
    path.split("::")
        .map(|segment| segment.trim_matches(':').to_owned())
        .filter(|segment| !segment.is_empty())
        .collect()
}

/// The paths of a `use` item, each with the name that it has in the file: two for `super::{a::B, c}`.
fn expanded(tree: &str) -> Vec<(String, ItemPath)> {
    let Some((prefix, group)) = tree.split_once('{') else {
        let (path, alias) = match tree.split_once(" as ") {
            Some((path, alias)) => (path, Some(alias)),
            None => (tree, None),
        };
        let path = segments(path.trim());
        let name = alias.map(str::to_owned).or_else(|| path.last().cloned());
        return name.map(|name| (name, path)).into_iter().collect();
    };
    let prefix = segments(prefix.trim());
    let mut paths = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                for (name, path) in expanded(&group[start..index]) {
                    paths.push(if name == "self" {
                        (prefix.last().cloned().unwrap_or_default(), prefix.clone())
                    } else {
                        (name, [&prefix[..], &path[..]].concat())
                    });
                }
                start = index + 1;
            }
            _ => {}
        }
    }
    paths
}

/// For each file the others that it imports, by index.
fn imports(files: &[File]) -> Vec<BTreeSet<usize>> {
    let by_module: BTreeMap<&[String], usize> = files
        .iter()
        .enumerate()
        .map(|(index, file)| (&file.module[..], index))
        .collect();
    // The file of a path is that of its longest beginning that names a module, unless that one has the item from another.
    let file_of = |path: ItemPath| {
        let mut path = path;
        for _ in 0..files.len() {
            let length = (1..=path.len())
                .rev()
                .find(|length| by_module.contains_key(&path[..*length]))?;
            let file = by_module[&path[..length]];
            match path.get(length).and_then(|item| files[file].used_as(item)) {
                Some(used) => path = [&used[..], &path[length + 1..]].concat(),
                None => return Some(file),
            }
        }
        None
    };
    files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            file.paths()
                .filter_map(file_of)
                .filter(|imported| *imported != index)
                .collect()
        })
        .collect()
}

/// Every file in a circle, with those of a circle that it imports.
fn circles(files: &[File]) -> Vec<String> {
    let imports = imports(files);
    let reached_from = |file: usize| {
        let mut reached = BTreeSet::new();
        let mut to_visit = vec![file];
        while let Some(visited) = to_visit.pop() {
            to_visit.extend(
                imports[visited]
                    .iter()
                    .filter(|next| reached.insert(**next)),
            );
        }
        reached
    };
    let reached: Vec<_> = (0..files.len()).map(reached_from).collect();
    (0..files.len())
        .filter(|file| reached[*file].contains(file))
        .map(|file| {
            let imported: Vec<_> = imports[file]
                .iter()
                .filter(|imported| reached[**imported].contains(&file))
                .map(|imported| files[*imported].name.as_str())
                .collect();
            format!("{} imports {}", files[file].name, imported.join(", "))
        })
        .collect()
}

/// The circles of files, each with its module and its text.
fn circles_of(texts: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<_> = texts
        .iter()
        .map(|(module, text)| File::new((*module).to_owned(), segments(module), text))
        .collect();
    circles(&files)
}

#[test]
fn parent_that_uses_child_by_bare_path_and_child_that_uses_parent_are_a_circle() {
    for parent in [
        "mod child;\nstruct Shared;\nfn top() {\n    child::write(1);\n}\n",
        "pub(crate) mod child;\nuse child::{\n    Other,\n    write,\n};\nstruct Shared;\n",
        "mod child;\npub use self::child::write;\nstruct Shared;\n",
    ] {
        for child in [
            "use super::Shared;\n",
            "fn write(shared: &super::Shared) {}\n",
            "use crate::parent::{self, other};\n",
            "use crate::parent;\nfn write(shared: &parent::Shared) {}\n",
        ] {
            let found = circles_of(&[("parent", parent), ("parent::child", child)]);
            let expected = [
                "parent imports parent::child",
                "parent::child imports parent",
            ];
            assert_eq!(found, expected, "{parent}{child}");
        }
    }
}

#[test]
fn circle_through_a_re_export_is_between_the_files_that_define_the_items() {
    let facade = (
        "facade",
        "mod left;\nmod right;\npub use left::Left;\npub use right::Right;\n",
    );
    let left = ("facade::left", "use super::Right;\npub struct Left;\n");
    let right = ("facade::right", "pub(in crate::facade) struct Right;\n");
    assert_eq!(circles_of(&[facade, left, right]), [""; 0]);
    let right = ("facade::right", "struct Right(crate::facade::Left);\n");
    assert_eq!(
        circles_of(&[facade, left, right]),
        [
            "facade::left imports facade::right",
            "facade::right imports facade::left"
        ]
    );
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files: Vec<_> = sources()
        .iter()
        .map(|source| {
            let name = source.path.display().to_string();
            File::new(name, source.module(), &source.code)
        })
        .collect();
    let circles = circles(&files);
    assert!(
        circles.is_empty(),
        "files that import each other in a circle:\n{}",
        circles.join("\n")
    );
}
