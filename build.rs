//! Names the commit for `--version`: as `CREDENTIAL_AUDIT_COMMIT` says, or as git says in a clone.
//!
//! Builds of images and releases set the variable, because they have no `.git`. A tarball has neither, and a debug build does not
//! ask git: every commit would compile the library and its tests again.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script reads the variables of cargo, and the files of git"
)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The commit and its date, such as `e52ac4b 2026-11-30`.
const VARIABLE: &str = "CREDENTIAL_AUDIT_COMMIT";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-changed=build.rs");
    let named = env::var(VARIABLE).ok().filter(|commit| is_name(commit));
    let commit = match named {
        Some(commit) => commit,
        None if is_variable("PROFILE", "debug") => "debug build".to_owned(),
        None => of_clone().unwrap_or_else(|| "unknown commit".to_owned()),
    };
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=BUILD_COMMIT={commit}");
    println!("cargo::rustc-env=BUILD_TARGET={target}");
}

fn is_variable(name: &str, value: &str) -> bool {
    env::var(name).is_ok_and(|found| found == value)
}

/// Whether it is a word or two of plain characters. A line break would be another instruction to cargo.
fn is_name(commit: &str) -> bool {
    !commit.is_empty()
        && commit.len() <= 80
        && commit
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || " -._".contains(character))
}

/// The commit that is checked out, if this folder is the root of a clone. A tarball may be unpacked within another repository.
fn of_clone() -> Option<String> {
    let folder = env::var("CARGO_MANIFEST_DIR").ok()?;
    let folder = Path::new(&folder);
    let root = git(folder, &["rev-parse", "--show-toplevel"])?;
    if PathBuf::from(root).canonicalize().ok()? != folder.canonicalize().ok()? {
        return None;
    }
    // Another checkout changes HEAD, and another commit the branch that HEAD names. Git moves a branch into `packed-refs`. cargo
    // would run this again each time for a file that does not exist.
    let branch = git(folder, &["symbolic-ref", "--quiet", "HEAD"]);
    for name in [
        Some("HEAD"),
        Some("logs/HEAD"),
        Some("packed-refs"),
        branch.as_deref(),
    ]
    .into_iter()
    .flatten()
    {
        let file = folder.join(git(folder, &["rev-parse", "--git-path", name])?);
        if file.is_file() {
            println!("cargo::rerun-if-changed={}", file.display());
        }
    }
    let commit = git(folder, &["log", "-1", "--format=%H %cs"])?;
    let (hash, date) = commit.split_once(' ')?;
    // How far git abbreviates depends on the clone.
    let commit = format!("{} {date}", hash.get(..7)?);
    is_name(&commit).then_some(commit)
}

/// What git prints. `None` without git, or if it refuses.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| printed.trim().to_owned())
}
