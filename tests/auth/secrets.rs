//! No `Debug` or `Display` prints a secret: every type that contains one is formatted here.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; a failure fails the test"
)]

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use credential_audit::auth::config_file::{ConfigFile, Flags, ProfileCredentials};
use credential_audit::auth::key::PrivateKey;
use credential_audit::auth::resource_principal::ResourcePrincipal;
use credential_audit::auth::signature::{SignableBody, SignableRequest, sign};
use credential_audit::auth::{CredentialSource, Identity, Renewal, ini};

/// Claims are `{}`; the signature part is the secret to look for.
const TOKEN: &str = "e30.e30.TOKENSECRET";
const PASS_PHRASE: &str = "golden";

#[test]
fn keys_and_identities_print_no_secret() {
    let key =
        PrivateKey::from_pem(pem("pkcs8_encrypted.pem").as_bytes(), Some(PASS_PHRASE)).unwrap();
    assert_prints_no_secret(&key);
    let identity = Identity {
        key_id: format!("ST${TOKEN}"),
        key: key.into(),
        expires_at: None,
        tenancy: None,
        compartment: None,
        delegation_token: Some(TOKEN.to_owned().into()),
    };
    assert_prints_no_secret(&identity);
    let request = SignableRequest {
        method: &http::Method::GET,
        target: "/",
        host: "example.com",
        body: SignableBody::Unsigned,
    };
    let signed = sign(&request, &identity, noon()).unwrap();
    assert!(signed.authorization.contains(TOKEN));
    assert_prints_no_secret(&signed);
    assert_prints_no_secret(&Renewal {
        identity: Arc::new(identity),
    });
}

#[test]
fn bodies_are_not_printed() {
    // A body contains user names, which must not reach a log.
    let request = SignableRequest {
        method: &http::Method::POST,
        target: "/",
        host: "example.com",
        body: SignableBody::Signed {
            content_type: "text/plain",
            bytes: TOKEN.as_bytes(),
        },
    };
    assert_prints_no_secret(&request);
    let shown = format!("{request:?}");
    assert!(
        !shown.contains(&format!("{:?}", TOKEN.as_bytes())),
        "{shown}"
    );
}

#[test]
fn resource_principals_given_as_text_print_no_secret() {
    let principal = |key: &str, phrase: &str| {
        let (key, phrase) = (key.to_owned(), phrase.to_owned());
        ResourcePrincipal::from_settings(move |name| {
            Some(match name {
                "OCI_RESOURCE_PRINCIPAL_VERSION" => "2.2".to_owned(),
                "OCI_RESOURCE_PRINCIPAL_RPST" => TOKEN.to_owned(),
                "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM" => key.clone(),
                "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE" => phrase.clone(),
                _ => "phx".to_owned(),
            })
        })
    };
    let good = principal(&pem("pkcs8_encrypted.pem"), PASS_PHRASE).unwrap();
    assert_prints_no_secret(&good);
    good.current(noon()).unwrap();
    // Now the pair is cached.
    assert_prints_no_secret(&good);
    assert_prints_no_secret(&good.renew(noon()).unwrap());

    let error = principal(&pem("legacy_des.pem"), PASS_PHRASE)
        .unwrap()
        .current(noon())
        .unwrap_err();
    assert_prints_no_secret(&error);
    assert_prints_no_secret(&error.to_string());
    let error = principal("TOKENSECRET", PASS_PHRASE).unwrap_err();
    assert_prints_no_secret(&error);
    assert_prints_no_secret(&error.to_string());
}

#[test]
fn configuration_files_print_no_secret() {
    let text = format!("[DEFAULT]\npass_phrase={PASS_PHRASE}\nkey_content=TOKENSECRET\n");
    let profiles = ini::parse(&text).unwrap();
    assert_prints_no_secret(&profiles);
    let profile = profiles.get("DEFAULT").unwrap();
    assert_prints_no_secret(&profile);
    assert_prints_no_secret(&profile.get("pass_phrase").unwrap());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let flags = Flags {
        config_file: Some(path.clone()),
        ..Flags::default()
    };
    let load = || ConfigFile::load(&flags, |_| None);
    std::fs::write(&path, &text).unwrap();
    let error = load().unwrap_err();
    assert_prints_no_secret(&error);
    assert_prints_no_secret(&error.to_string());

    std::fs::write(folder.path().join("token"), TOKEN).unwrap();
    std::fs::write(folder.path().join("key"), pem("pkcs8_encrypted.pem")).unwrap();
    let shown = folder.path().display();
    let text = format!(
        "[DEFAULT]\npass_phrase={PASS_PHRASE}\nregion=phx\nkey_file={shown}/key\nsecurity_token_file={shown}/token\n"
    );
    std::fs::write(&path, text).unwrap();
    let config = load().unwrap();
    let ProfileCredentials::Stored(stored) = config.credentials() else {
        panic!("{config:?}");
    };
    stored.current(noon()).unwrap();
    assert_prints_no_secret(stored);
    assert_prints_no_secret(&config);
}

/// Asserts that neither form of `Debug` contains the token, the pass phrase or a line of a key.
fn assert_prints_no_secret(value: &dyn Debug) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!shown.contains("TOKENSECRET"), "{shown}");
        assert!(!shown.contains(PASS_PHRASE), "{shown}");
        for file in ["pkcs8.pem", "pkcs8_encrypted.pem", "legacy_des.pem"] {
            for line in pem(file)
                .lines()
                .filter(|line| !line.starts_with('-') && line.len() > 30)
            {
                assert!(!shown.contains(line), "{shown}");
            }
        }
    }
}

fn noon() -> DateTime<Utc> {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

fn pem(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/signing/keys");
    std::fs::read_to_string(folder.join(file)).unwrap()
}
