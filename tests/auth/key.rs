//! Private keys: the forms that are accepted, and the errors of those that are not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; a failure fails the test"
)]

use std::path::Path;

use credential_audit::auth::key::{KeyError, PrivateKey};
use proptest::prelude::*;

/// The pass phrase of every encrypted test key.
const PASS_PHRASE: Option<&str> = Some("golden");

#[test]
fn every_form_gives_the_same_key() {
    let expected = pem("fingerprint.txt");
    let signature = key("pkcs8.pem", None).sign(b"text").unwrap();
    assert_eq!(signature.len(), 256);
    for (file, pass_phrase) in [
        ("pkcs8.pem", None),
        ("pkcs1.pem", None),
        ("pkcs8_encrypted.pem", PASS_PHRASE),
    ] {
        let key = key(file, pass_phrase);
        assert_eq!(key.fingerprint(), expected.trim(), "{file}");
        // Signatures are deterministic.
        assert_eq!(key.sign(b"text").unwrap(), signature, "{file}");
    }
}

#[test]
fn unneeded_pass_phrase_is_ignored() {
    for file in ["pkcs8.pem", "pkcs1.pem"] {
        assert!(
            PrivateKey::from_pem(pem(file).as_bytes(), Some("from DEFAULT")).is_ok(),
            "{file}"
        );
    }
}

#[test]
fn text_around_key_and_line_ends_are_ignored() {
    let plain = pem("pkcs8.pem");
    let variants = [
        ("label", format!("{plain}OCI_API_KEY\n")),
        (
            "label without a line end before it",
            format!("{}OCI_API_KEY", plain.trim_end()),
        ),
        ("CRLF", plain.replace('\n', "\r\n")),
        (
            "indented",
            plain.lines().map(|line| format!("    {line}\n")).collect(),
        ),
        ("one line", plain.replace('\n', " ")),
        (
            "preamble",
            format!("Bag Attributes\n    friendlyName: x\n\n{plain}"),
        ),
        ("byte order mark", format!("\u{feff}{plain}")),
        (
            "certificate first",
            format!("{}{plain}", pem("certificate.pem")),
        ),
        ("public key first", format!("{}{plain}", pem("public.pem"))),
    ];
    for (what, text) in variants {
        let key =
            PrivateKey::from_pem(text.as_bytes(), None).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(key.fingerprint(), pem("fingerprint.txt").trim(), "{what}");
    }
}

#[test]
fn unusable_key_error_names_what_it_is() {
    for (file, pass_phrase, expected, says) in [
        (
            "pkcs8_encrypted.pem",
            None,
            KeyError::PassPhraseMissing,
            "encrypted",
        ),
        (
            "pkcs8_encrypted.pem",
            Some("wrong"),
            KeyError::PassPhraseIncorrect,
            "pass phrase",
        ),
        (
            "legacy_encrypted.pem",
            PASS_PHRASE,
            KeyError::LegacyEncryption,
            "openssl pkcs8 -topk8",
        ),
        (
            "pbes1_encrypted.pem",
            PASS_PHRASE,
            KeyError::UnsupportedEncryption,
            "openssl pkcs8",
        ),
        (
            "sha1_prf_encrypted.pem",
            PASS_PHRASE,
            KeyError::UnsupportedEncryption,
            "openssl pkcs8",
        ),
        (
            "openssh.pem",
            None,
            KeyError::OpenSsh,
            "ssh-keygen -p -m PEM",
        ),
        ("public.pem", None, KeyError::PublicKey, "public key"),
        (
            "certificate.pem",
            None,
            KeyError::Certificate,
            "certificate",
        ),
        (
            "fingerprint.txt",
            None,
            KeyError::NoPrivateKey,
            "-----BEGIN",
        ),
        (
            "short.pem",
            None,
            KeyError::Size { bits: 1024 },
            "OCI requires at least 2048",
        ),
    ] {
        let error = refusal(pem(file).as_bytes(), pass_phrase);
        assert_eq!(error, expected, "{file}");
        assert!(error.to_string().contains(says), "{file}: {error}");
    }
    for (file, says) in [
        ("ec_sec1.pem", "elliptic-curve"),
        ("ec_pkcs8.pem", "elliptic-curve"),
        ("ed25519.pem", "Ed25519"),
    ] {
        let error = refusal(pem(file).as_bytes(), None).to_string();
        assert!(
            error.contains(says) && error.contains("RSA keys only"),
            "{file}: {error}"
        );
    }
}

/// About 1 in 256 incorrect pass phrases decrypts to a valid padding; this one does for this file.
#[test]
fn incorrect_pass_phrase_with_valid_padding_is_incorrect() {
    let error = refusal(pem("pkcs8_encrypted.pem").as_bytes(), Some("wrong-295"));
    assert_eq!(error, KeyError::PassPhraseIncorrect);
}

#[test]
fn damaged_key_is_refused() {
    let plain = pem("pkcs8.pem");
    let cut = &plain[..plain.len() / 2];
    assert_eq!(refusal(cut.as_bytes(), None), KeyError::Truncated);
    assert_eq!(
        refusal(
            plain.replace("END PRIVATE", "END RSA PRIVATE").as_bytes(),
            None
        ),
        KeyError::Truncated
    );
    let lines: Vec<&str> = plain.lines().collect();
    let missing_line = [&lines[..5], &lines[6..]].concat().join("\n");
    assert_eq!(refusal(missing_line.as_bytes(), None), KeyError::Malformed);
    assert_eq!(
        refusal(plain.replacen('M', "*", 1).as_bytes(), None),
        KeyError::NotBase64
    );
    assert_eq!(refusal(b"\xff\xfe", None), KeyError::NoPrivateKey);
    assert_eq!(refusal(b"", None), KeyError::NoPrivateKey);
}

proptest! {
    /// Untrusted text is parsed or refused without a panic, and no error quotes it.
    #[test]
    fn any_pem_block_is_refused_without_quoting_it(before in "[ -~\n]{0,40}", label in "[A-Z ]{0,20}", body in "[ -~\n]{0,80}") {
        let secret = "c2VjcmV0";
        let text = format!("{before}-----BEGIN {label}-----{secret}{body}-----END {label}-----");
        if let Err(error) = PrivateKey::from_pem(text.as_bytes(), Some(secret)) {
            let shown = format!("{error} {error:?}");
            prop_assert!(!shown.contains(secret));
        }
    }
}

fn refusal(pem: &[u8], pass_phrase: Option<&str>) -> KeyError {
    PrivateKey::from_pem(pem, pass_phrase).unwrap_err()
}

fn key(file: &str, pass_phrase: Option<&str>) -> PrivateKey {
    PrivateKey::from_pem(pem(file).as_bytes(), pass_phrase).unwrap()
}

fn pem(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/signing/keys");
    std::fs::read_to_string(folder.join(file)).unwrap()
}
