//! Whether two outputs of a command, or an output and an input, are one file.
//!
//! The second of two reports would replace the first, and the command would still end well. A file has many names: another
//! spelling, a link, a device such as `/dev/stdout`. So files are compared by device and number, and those that do not exist
//! yet by their folder and name.

#![expect(
    clippy::disallowed_methods,
    reason = "looks at the files that the command line names, and writes none"
)]

use std::fs::{File, Metadata};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Max links to follow, as Linux does.
const MAX_LINKS: usize = 40;

/// The place that an output goes to, or that an input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A file that exists, by device and number.
    Existing(u64, u64),
    /// A file that does not exist yet.
    New(FolderAndName),
}

/// A folder, and a name in it in lower case: some file systems ignore case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FolderAndName {
    pub(super) folder: PathBuf,
    pub(super) name: String,
}

impl Place {
    /// The place at a path.
    pub(super) fn of(path: &Path) -> Self {
        match std::fs::metadata(path) {
            Ok(found) => Self::existing(&found),
            Err(_) => Self::New(FolderAndName::of(path)),
        }
    }

    /// The place of standard output; `None` if it is closed or discarded.
    pub(super) fn of_standard_output() -> Option<Self> {
        let descriptor = std::io::stdout().as_fd().try_clone_to_owned().ok()?;
        let found = File::from(descriptor).metadata().ok()?;
        Some(Self::existing(&found)).filter(|place| !place.discards())
    }

    /// Whether it is the null device, which any number of outputs may go to.
    pub(super) fn discards(&self) -> bool {
        std::fs::metadata("/dev/null").is_ok_and(|null| *self == Self::existing(&null))
    }

    fn existing(found: &Metadata) -> Self {
        Self::Existing(found.dev(), found.ino())
    }
}

impl FolderAndName {
    /// The place of a file at `path`, behind links whose target does not exist.
    pub(super) fn of(path: &Path) -> Self {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            match std::fs::read_link(&path) {
                Ok(target) => path = folder_of(&path).join(target),
                Err(_) => break,
            }
        }
        let folder = folder_of(&path);
        let name = path.file_name().unwrap_or(path.as_os_str());
        Self {
            folder: std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()),
            name: name.to_string_lossy().to_lowercase(),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_the_same_under_every_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("sub")).expect("a folder");
        std::os::unix::fs::symlink(at("sub"), at("other")).expect("a link");
        std::os::unix::fs::symlink("new.csv", at("dangling")).expect("a link");
        std::os::unix::fs::symlink("dangling", at("to-dangling")).expect("a link");
        std::fs::write(at("old.csv"), "old").expect("written");
        std::os::unix::fs::symlink(at("old.csv"), at("link")).expect("a link");
        std::fs::hard_link(at("old.csv"), at("hard")).expect("a link");
        for (left, right, same) in [
            ("new.csv", "sub/../new.csv", true),
            ("new.csv", "./sub/.././/new.csv", true),
            ("new.csv", "other/../new.csv", true),
            ("new.csv", "NEW.csv", true),
            ("new.csv", "dangling", true),
            ("new.csv", "to-dangling", true),
            ("sub/new.csv", "other/new.csv", true),
            ("old.csv", "link", true),
            ("old.csv", "hard", true),
            ("old.csv", "sub/../old.csv", true),
            ("new.csv", "sub/new.csv", false),
            ("new.csv", "new.json", false),
            ("old.csv", "new.csv", false),
            ("missing/a", "missing/b", false),
        ] {
            let are_same = Place::of(&at(left)) == Place::of(&at(right));
            assert_eq!(are_same, same, "{left} {right}");
        }
        assert!(Place::of(Path::new("/dev/null")).discards());
        assert!(!Place::of(&at("old.csv")).discards());
    }
}
