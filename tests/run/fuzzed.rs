//! The fuzz targets without a fuzzer: each on its seeds, and on mutations of them.
//!
//! `FUZZ_SEED=<number>` repeats a run. docs/simulator.md says how to run a target for longer.

use std::path::{Path, PathBuf};

use crate::common::seed;
use fastrand::Rng;

/// The library of the fuzz package.
#[allow(unreachable_pub, reason = "the fuzz targets call the same functions")]
#[path = "../fuzz/bodies/mod.rs"]
mod bodies;

/// Mutations per target.
const MUTATIONS: usize = 400;

/// Tokens of the grammars, which chance alone does not find.
const TOKENS: [&[u8]; 28] = [
    b"\xe3\x80\x82",
    b"%E3%80%82",
    b"xn--",
    b"A",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"[]",
    b"{}",
    b",",
    b":",
    b"*",
    b"@",
    b"=",
    b".",
    b"\r\n",
    b"\t",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff",
    b"+24:00",
    b"//",
];

macro_rules! targets {
    ($($target:ident)*) => {
        const TARGETS: &[&str] = &[$(stringify!($target)),*];

        $(
            #[test]
            fn $target() {
                check_seeds_and_mutations(stringify!($target), bodies::$target);
            }
        )*
    };
}

targets! {
    audit_events bucket_list config_file csv_cell date domain_host endpoint exceptions_file fleet_manifest fn_deadline fn_listener identity_list
    invocation last_use manifest past_finding private_key scim_page service_error session_token
}

#[test]
fn every_fuzz_target_has_seeds_and_a_test() {
    let stems = |folder: &str| {
        let mut stems: Vec<_> = files(&fuzz().join(folder))
            .iter()
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        stems.sort();
        stems
    };
    assert_eq!(stems("targets"), TARGETS);
    assert_eq!(stems("corpus"), TARGETS);
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).expect("a manifest");
    for target in TARGETS {
        let path = format!("\npath = \"targets/{target}.rs\"\n");
        assert!(
            manifest.contains(&path),
            "Cargo.toml has no target {target}"
        );
    }
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|_| panic!("{}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    paths
}

fn check_seeds_and_mutations(target: &str, body: fn(&[u8])) {
    // Inputs that libFuzzer adds have no extension and are not committed.
    let seeds: Vec<Vec<u8>> = files(&fuzz().join("corpus").join(target))
        .iter()
        .filter(|path| path.extension().is_some())
        .map(|path| std::fs::read(path).expect("a seed"))
        .collect();
    assert!(seeds.len() > 1, "{target} has {} seeds", seeds.len());
    for seed in &seeds {
        check(body, seed);
    }
    let mut random = Rng::with_seed(seed("FUZZ_SEED"));
    for _ in 0..MUTATIONS {
        let mut bytes = seeds[random.usize(..seeds.len())].clone();
        for _ in 0..random.usize(1..4) {
            mutate(&mut bytes, &seeds, &mut random);
        }
        check(body, &bytes);
    }
}

/// Runs a body; prints the bytes if it fails.
fn check(body: fn(&[u8]), bytes: &[u8]) {
    if let Err(panic) = std::panic::catch_unwind(|| body(bytes)) {
        println!("input: b\"{}\"", bytes.escape_ascii());
        std::panic::resume_unwind(panic);
    }
}

fn mutate(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Rng) {
    let at = random.usize(..=bytes.len());
    let end = (at + random.usize(1..16)).min(bytes.len());
    match random.u8(..6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
        1 => bytes.insert(at, random.u8(..)),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        4 => {
            let other = &seeds[random.usize(..seeds.len())];
            bytes.truncate(at);
            bytes.extend_from_slice(&other[at.min(other.len())..]);
        }
        _ => {
            let token = TOKENS[random.usize(..TOKENS.len())].iter().copied();
            bytes.splice(at..at, token);
        }
    }
}
