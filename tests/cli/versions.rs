//! The version of the program, and that of Rust, are the same wherever they are written.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests read files of the repository"
)]

/// A file, and the text before each version in it.
type Place = (&'static str, &'static str);

const PROGRAM: [Place; 13] = [
    ("CHANGELOG.md", "\n## "),
    ("Cargo.toml", "\nversion = \""),
    ("Dockerfile", "image.version=\""),
    ("docs/check.md", ", credential-audit "),
    ("docs/first-deployment.md", "/credential-audit:"),
    ("func.yaml", "\nversion: "),
    ("terraform/tests/defaults.tftest.hcl", "/credential-audit:"),
    ("terraform/tests/iam.tftest.hcl", "/credential-audit:"),
    ("terraform/tests/network.tftest.hcl", "/credential-audit:"),
    ("terraform/tests/settings.tftest.hcl", "/credential-audit:"),
    ("terraform/tests/storage.tftest.hcl", "/credential-audit:"),
    (
        "terraform/tests/validation.tftest.hcl",
        "/credential-audit:",
    ),
    ("tests/fuzz/Cargo.toml", "\nversion = \""),
];

const RUST: [Place; 4] = [
    ("Cargo.toml", "rust-version = \""),
    ("Dockerfile", "/rust:"),
    ("README.md", "Rust "),
    ("tests/fuzz/Cargo.toml", "rust-version = \""),
];

/// The versions that follow `before` in a file of the repository, as far as digits and dots go.
fn versions((file, before): Place) -> Vec<String> {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let found: Vec<String> = text
        .split(before)
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|character| character.is_ascii_digit() || *character == '.')
                .collect()
        })
        .filter(|version: &String| version.contains('.'))
        .collect();
    assert!(!found.is_empty(), "no version after {before:?} in {file}");
    found
}

#[test]
fn program_has_one_version_in_all_files() {
    for place in PROGRAM {
        let mut found = versions(place);
        if place.0 == "CHANGELOG.md" {
            // Below the newest one are the past ones.
            found.truncate(1);
        }
        for version in found {
            assert_eq!(version, env!("CARGO_PKG_VERSION"), "{place:?}");
        }
    }
}

#[test]
fn rust_has_one_minor_version_in_all_files() {
    let minor = |version: &str| version.split('.').take(2).collect::<Vec<_>>().join(".");
    for place in RUST {
        for version in versions(place) {
            assert_eq!(minor(&version), env!("CARGO_PKG_RUST_VERSION"), "{place:?}");
        }
    }
}
