//! What `src/fdk` may import of this crate: itself.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests; a failure fails the test"
)]

use std::fs;
use std::path::Path;

/// The modules of this crate that `src/fdk` may name.
const ALLOWED: [&str; 1] = ["fdk"];

#[test]
fn shim_imports_only_allowed_modules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fdk");
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        // A subfolder fails the test, because it is not read.
        let path = entry.unwrap().path();
        let source = fs::read_to_string(&path).unwrap();
        assert_eq!(imports(&source), [""; 0], "{}", path.display());
        files += 1;
    }
    assert!(files > 10, "{files} files were read");
}

#[test]
fn import_that_is_not_allowed_is_found() {
    for line in [
        "use crate::env;",
        "use crate::{fdk, env};",
        "use crate::fdk_extra::run;",
        "    crate::oci::regions::Region::parse(text, None)",
        "use credential_audit::env;",
        "use super::super::env;",
        "pub(in crate::run) fn f() {}",
    ] {
        assert_eq!(imports(line), [line], "{line}");
    }
    for line in [
        "use crate::fdk::ListenerPath;",
        "use super::options::Options;",
        "//! use crate::env;",
        "pub(crate) fn f() {}",
    ] {
        assert_eq!(imports(line), [""; 0], "{line}");
    }
}

/// Lines of code that name a module outside of [`ALLOWED`]. `super::super` is refused as a whole: it may leave the shim.
fn imports(source: &str) -> Vec<&str> {
    let is_allowed = |rest: &str| {
        ALLOWED.iter().any(|module| {
            rest.strip_prefix(module)
                .is_some_and(|rest| rest.starts_with("::"))
        })
    };
    source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .filter(|line| {
            line.contains("super::super")
                || line.contains("credential_audit::")
                || line.split("crate::").skip(1).any(|rest| !is_allowed(rest))
        })
        .collect()
}
