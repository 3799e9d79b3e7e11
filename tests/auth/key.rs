//! Private keys: the forms that are accepted, and the errors of those that are not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; a failure fails the test"
)]

use std::path::Path;

use credential_audit::auth::key::{KeyError, PrivateKey};
use md5::Md5;
use proptest::prelude::*;
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use rsa::sha2::{Digest as _, Sha256};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};

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
        ("legacy_encrypted.pem", PASS_PHRASE),
        ("legacy_aes192.pem", PASS_PHRASE),
        ("legacy_aes256.pem", PASS_PHRASE),
        ("legacy_des3.pem", PASS_PHRASE),
        ("sha1_prf_encrypted.pem", PASS_PHRASE),
        ("des3_sha1_encrypted.pem", PASS_PHRASE),
        ("des3_sha256_encrypted.pem", PASS_PHRASE),
    ] {
        let key = key(file, pass_phrase);
        assert_eq!(key.fingerprint(), expected.trim(), "{file}");
        // Signatures are deterministic.
        assert_eq!(key.sign(b"text").unwrap(), signature, "{file}");
    }
}

/// Keys that no tool of OCI creates.
#[test]
fn unusual_keys_sign_as_others_do() {
    for (file, bits) in [
        ("pkcs8.pem", 2048),
        ("exponent_3.pem", 2048),
        ("long.pem", 5120),
    ] {
        let signature = key(file, None).sign(b"text").unwrap();
        assert_eq!(signature.len(), bits / 8, "{file}");
        let verifier = RsaPrivateKey::from_pkcs8_pem(&pem(file))
            .unwrap()
            .to_public_key();
        let hash = Sha256::digest(b"text");
        let verified = verifier.verify(Pkcs1v15Sign::new::<Sha256>(), &hash, &signature);
        assert!(verified.is_ok(), "{file}");
    }
}

#[test]
fn generated_key_signs_and_its_public_key_has_its_fingerprint() {
    let (key, public) = PrivateKey::generate().unwrap();
    let signature = key.sign(b"text").unwrap();
    let verifier = RsaPublicKey::from_public_key_der(&public).unwrap();
    let hash = Sha256::digest(b"text");
    assert!(
        verifier
            .verify(Pkcs1v15Sign::new::<Sha256>(), &hash, &signature)
            .is_ok()
    );
    let pairs: Vec<_> = Md5::digest(&public)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(key.fingerprint(), pairs.join(":"));
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
        ("written line breaks", plain.replace('\n', "\\n")),
        ("written Windows line breaks", plain.replace('\n', "\\r\\n")),
        ("line breaks escaped twice", plain.replace('\n', "\\\\n")),
        (
            "quoted, written line breaks",
            format!("\"{}\"", plain.replace('\n', "\\n")),
        ),
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
            None,
            KeyError::PassPhraseMissing,
            "encrypted",
        ),
        (
            "legacy_des3.pem",
            Some("wrong"),
            KeyError::PassPhraseIncorrect,
            "pass phrase",
        ),
        (
            "legacy_des.pem",
            PASS_PHRASE,
            KeyError::UnsupportedEncryption,
            "openssl pkcs8 -topk8 -v2 aes-256-cbc -in <old key> -out <new key>",
        ),
        (
            "legacy_camellia.pem",
            None,
            KeyError::UnsupportedEncryption,
            "AES and 3DES are",
        ),
        (
            "pbes1_md5_des_encrypted.pem",
            PASS_PHRASE,
            KeyError::UnsupportedEncryption,
            "add: -provider default -provider legacy",
        ),
        (
            "rc2_encrypted.pem",
            PASS_PHRASE,
            KeyError::UnsupportedEncryption,
            "openssl pkcs8",
        ),
        (
            "pbes1_encrypted.pem",
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

#[test]
fn legacy_encryption_survives_lost_line_breaks_and_its_damage_is_named() {
    let fingerprint = pem("fingerprint.txt");
    for file in ["legacy_aes256.pem", "legacy_des3.pem"] {
        let whole = pem(file);
        for (what, text) in [
            ("CRLF", whole.replace('\n', "\r\n")),
            ("one line", whole.replace('\n', " ")),
            ("written line breaks", whole.replace('\n', "\\n")),
            ("label", format!("{whole}OCI_API_KEY\n")),
            (
                "lower case",
                whole
                    .replace("AES-256-CBC", "aes-256-cbc")
                    .replace("DES-EDE3", "des-ede3"),
            ),
            (
                "indented",
                whole.lines().map(|line| format!("  {line}\n")).collect(),
            ),
        ] {
            let key = PrivateKey::from_pem(text.as_bytes(), PASS_PHRASE)
                .unwrap_or_else(|error| panic!("{file}, {what}: {error}"));
            assert_eq!(key.fingerprint(), fingerprint.trim(), "{file}, {what}");
        }
    }
    let whole = pem("legacy_aes256.pem");
    let line = whole.lines().nth(2).unwrap();
    let iv = line.split(',').nth(1).unwrap();
    for (what, damaged, expected) in [
        ("no line", whole.replace(line, ""), KeyError::InvalidDekInfo),
        (
            "no iv",
            whole.replace(&format!(",{iv}"), ""),
            KeyError::InvalidDekInfo,
        ),
        ("empty iv", whole.replace(iv, ""), KeyError::InvalidDekInfo),
        (
            "short iv",
            whole.replace(iv, &iv[..30]),
            KeyError::InvalidDekInfo,
        ),
        (
            "iv of an incomplete byte",
            whole.replace(iv, &iv[..31]),
            KeyError::InvalidDekInfo,
        ),
        (
            "long iv",
            whole.replace(iv, &format!("{iv}00")),
            KeyError::InvalidDekInfo,
        ),
        (
            "not hex",
            whole.replace(iv, &format!("{}zz", &iv[..30])),
            KeyError::InvalidDekInfo,
        ),
        (
            "not ASCII",
            whole.replace(iv, &format!("{}é", &iv[..30])),
            KeyError::InvalidDekInfo,
        ),
        (
            "iv of 3DES",
            whole.replace("AES-256-CBC", "DES-EDE3-CBC"),
            KeyError::InvalidDekInfo,
        ),
        (
            "no cipher",
            whole.replace("AES-256-CBC", ""),
            KeyError::InvalidDekInfo,
        ),
        (
            "other cipher",
            whole.replace("AES-256-CBC", "AES-256-GCM"),
            KeyError::UnsupportedEncryption,
        ),
        (
            "other size",
            whole.replace("AES-256", "AES-128"),
            KeyError::PassPhraseIncorrect,
        ),
        (
            "no content",
            format!(
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n{line}\n\n-----END RSA PRIVATE KEY-----\n"
            ),
            KeyError::Malformed,
        ),
        (
            "cut",
            whole
                .replace(whole.lines().nth(8).unwrap(), "")
                .replace(whole.lines().nth(9).unwrap(), "QUJD"),
            KeyError::Malformed,
        ),
        (
            "not base64",
            whole.replace(whole.lines().nth(8).unwrap(), "***"),
            KeyError::NotBase64,
        ),
    ] {
        let error = refusal(damaged.as_bytes(), PASS_PHRASE);
        assert_eq!(error, expected, "{what}");
        assert!(!error.to_string().contains(&iv[..8]), "{what}: {error}");
    }
    let damaged = whole.replace(line, "DEK-Info: AES-256-CBC");
    let message = refusal(damaged.as_bytes(), PASS_PHRASE).to_string();
    assert!(
        message.contains("'DEK-Info'") && message.contains("copy it again"),
        "{message}"
    );
}

/// About 1 in 256 incorrect pass phrases decrypts to a valid padding; one of these does.
#[test]
fn any_incorrect_pass_phrase_of_legacy_encryption_is_incorrect() {
    let text = pem("legacy_des3.pem");
    for number in 0..1_500 {
        let error = refusal(text.as_bytes(), Some(&format!("wrong-{number}")));
        assert_eq!(error, KeyError::PassPhraseIncorrect, "{number}");
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
