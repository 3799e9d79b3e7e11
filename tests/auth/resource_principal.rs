//! The resource principal: its settings, and tokens and keys that change while the program runs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; a failure fails the test"
)]

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use credential_audit::auth::resource_principal::{
    PRIVATE_PEM, PRIVATE_PEM_PASSPHRASE, REGION, RPST, ResourcePrincipal, VERSION,
};
use credential_audit::auth::{CredentialError, CredentialSource, Identity};

/// A token file and a key file in one folder, as OCI Functions mounts them.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new(token: &str, key: &str) -> Self {
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        files.token(token, 1);
        files.key(key, 1);
        files
    }

    /// Replaces the token. `version` is its modification time, so equal versions have equal metadata.
    fn token(&self, text: &str, version: u64) {
        put(&self.path("rpst"), text, version);
    }

    fn key(&self, file: &str, version: u64) {
        put(&self.path("private.pem"), &pem(file), version);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self) -> HashMap<&'static str, String> {
        HashMap::from([
            (VERSION, "2.2".to_owned()),
            (RPST, self.path("rpst").display().to_string()),
            (PRIVATE_PEM, self.path("private.pem").display().to_string()),
            (REGION, "eu-frankfurt-1".to_owned()),
        ])
    }

    fn principal(&self) -> ResourcePrincipal {
        principal(&self.settings()).unwrap()
    }
}

#[test]
fn token_and_key_are_read_from_files() {
    // With a newline at the end and one in the middle.
    let token = token("a", noon() + TimeDelta::hours(1));
    let (head, tail) = token.split_at(20);
    let files = Files::new(&format!("{head}\r\n{tail}\n"), "pkcs8.pem");
    let principal = files.principal();
    assert_eq!(principal.region(), "eu-frankfurt-1");
    assert_eq!(principal.compartment(), None);

    let identity = principal.current(noon()).unwrap();
    assert_eq!(identity.key_id, format!("ST${token}"));
    assert_eq!(identity.key.fingerprint(), pem("fingerprint.txt").trim());
    assert_eq!(identity.expires_at, Some(noon() + TimeDelta::hours(1)));
    assert_eq!(identity.tenancy.as_deref(), Some("ocid1.tenancy.oc1..a"));
    assert_eq!(
        principal.compartment().as_deref(),
        Some("ocid1.compartment.oc1..a")
    );
}

#[test]
fn token_and_key_are_read_from_text() {
    let token = token("inline", noon());
    let settings = HashMap::from([
        (VERSION, " 2.2 ".to_owned()),
        (RPST, format!(" {token}\n")),
        (PRIVATE_PEM, pem("pkcs8_encrypted.pem")),
        (PRIVATE_PEM_PASSPHRASE, "golden".to_owned()),
        (REGION, "fra".to_owned()),
    ]);
    let principal = principal(&settings).unwrap();
    assert_eq!(principal.region(), "fra");
    let identity = principal.current(noon() + TimeDelta::days(1)).unwrap();
    assert_eq!(identity.key_id, format!("ST${token}"));
    // Text cannot change, so a retry is useless.
    assert!(!principal.renew(noon()).unwrap().replaces(&identity));
}

#[test]
fn pass_phrase_file_may_end_in_newline() {
    let files = Files::new(&token("a", noon()), "pkcs8_encrypted.pem");
    put(&files.path("phrase"), "golden\n", 1);
    let mut settings = files.settings();
    settings.insert(
        PRIVATE_PEM_PASSPHRASE,
        files.path("phrase").display().to_string(),
    );
    assert!(principal(&settings).unwrap().current(noon()).is_ok());

    for (phrase, says) in [
        (
            "wrong",
            "correct OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE",
        ),
        (" ", "set OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE"),
    ] {
        settings.insert(PRIVATE_PEM_PASSPHRASE, phrase.to_owned());
        let error = principal(&settings).unwrap().current(noon()).unwrap_err();
        assert!(matches!(error, CredentialError::UnusableKey { .. }));
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn pair_is_cached_while_files_are_unchanged() {
    let files = Files::new(&token("a", noon() + TimeDelta::hours(1)), "pkcs8.pem");
    let principal = files.principal();
    let first = principal.current(noon()).unwrap();
    // The same length and time, so the change is visible only by reading.
    files.token(&token("b", noon() + TimeDelta::hours(1)), 1);
    assert!(std::sync::Arc::ptr_eq(
        &first,
        &principal.current(noon() + TimeDelta::minutes(54)).unwrap()
    ));
    // Five minutes before the token expires it is read at every use.
    assert_eq!(
        current_name(&principal, noon() + TimeDelta::minutes(55)),
        "b"
    );
}

#[test]
fn pair_is_read_again_when_both_files_change() {
    let files = Files::new(&token("a", noon() + TimeDelta::hours(1)), "pkcs8.pem");
    let principal = files.principal();
    let old = principal.current(noon()).unwrap();
    files.token(&token("b", noon() + TimeDelta::hours(2)), 2);
    files.key("other.pem", 2);
    let new = principal.current(noon()).unwrap();
    assert_ne!(new.key_id, old.key_id);
    assert_ne!(new.key.fingerprint(), old.key.fingerprint());
}

#[test]
fn half_done_replacement_is_not_cached() {
    // Token first, then key; and the reverse.
    for token_first in [true, false] {
        let files = Files::new(&token("a", noon() + TimeDelta::hours(1)), "pkcs8.pem");
        let principal = files.principal();
        let old = principal.current(noon()).unwrap();
        let replace_token = || files.token(&token("b", noon() + TimeDelta::hours(1)), 2);
        let replace_key = || files.key("other.pem", 2);
        if token_first {
            replace_token();
        } else {
            replace_key();
        }
        let torn = principal.current(noon()).unwrap();
        assert_eq!(torn.key_id != old.key_id, token_first);
        if token_first {
            replace_key();
        } else {
            replace_token();
        }
        let new = principal.current(noon()).unwrap();
        assert_ne!(new.key_id, old.key_id);
        assert_ne!(new.key.fingerprint(), old.key.fingerprint());
    }
}

#[test]
fn invisible_change_is_found_after_a_401() {
    let files = Files::new(&token("a", noon() + TimeDelta::hours(1)), "pkcs8.pem");
    let principal = files.principal();
    let rejected = principal.current(noon()).unwrap();
    assert!(
        !principal.renew(noon()).unwrap().replaces(&rejected),
        "nothing changed: no retry"
    );

    files.token(&token("b", noon() + TimeDelta::hours(1)), 1);
    let renewal = principal.renew(noon()).unwrap();
    assert!(renewal.replaces(&rejected));
    assert_eq!(current_name(&principal, noon()), "b");
    // A second request, rejected at the same time, may retry too, although the change is already cached.
    assert!(principal.renew(noon()).unwrap().replaces(&rejected));
}

#[test]
fn key_replaced_after_its_token_allows_retry() {
    let files = Files::new(&token("b", noon() + TimeDelta::hours(1)), "pkcs8.pem");
    let principal = files.principal();
    let torn = principal.current(noon()).unwrap();
    files.key("other.pem", 1);
    let renewal = principal.renew(noon()).unwrap();
    assert_eq!(renewal.identity.key_id, torn.key_id);
    assert!(renewal.replaces(&torn));
}

#[test]
fn recently_written_file_is_read_again() {
    let files = Files::new(&token("a", noon() + TimeDelta::hours(1)), "pkcs8.pem");
    let just_now = u64::try_from(noon().timestamp()).unwrap();
    files.token(&token("a", noon() + TimeDelta::hours(1)), just_now);
    let principal = files.principal();
    assert_eq!(current_name(&principal, noon()), "a");
    files.token(&token("b", noon() + TimeDelta::hours(1)), just_now);
    assert_eq!(
        current_name(&principal, noon() + TimeDelta::seconds(5)),
        "b"
    );
    // By now the file is old enough.
    files.token(&token("c", noon() + TimeDelta::hours(1)), just_now);
    assert_eq!(
        current_name(&principal, noon() + TimeDelta::seconds(6)),
        "b"
    );
}

#[test]
fn expired_token_still_signs_and_has_its_end() {
    let files = Files::new(&token("a", noon() - TimeDelta::days(3)), "pkcs8.pem");
    let identity = files.principal().current(noon()).unwrap();
    assert_eq!(identity.expires_at, Some(noon() - TimeDelta::days(3)));
}

#[test]
fn missing_file_is_an_error_once_the_pair_expired() {
    let files = Files::new(&token("a", noon() + TimeDelta::hours(1)), "pkcs8.pem");
    let principal = files.principal();
    assert_eq!(current_name(&principal, noon()), "a");
    std::fs::remove_file(files.path("private.pem")).unwrap();
    assert_eq!(
        current_name(&principal, noon() + TimeDelta::minutes(59)),
        "a"
    );
    let error = principal.current(noon() + TimeDelta::hours(1)).unwrap_err();
    assert!(matches!(error, CredentialError::Unreadable { .. }));
    assert!(
        error.to_string().contains("private.pem") && error.to_string().contains(PRIVATE_PEM),
        "{error}"
    );
    assert!(principal.renew(noon()).is_err());
    files.key("other.pem", 2);
    assert!(principal.current(noon() + TimeDelta::hours(1)).is_ok());
}

#[test]
fn unchanged_key_is_not_parsed_again() {
    let files = Files::new(&token("a", later()), "pkcs8.pem");
    let principal = files.principal();
    // Recently changed files are read at every use.
    let first = principal.current(Utc::now()).unwrap();
    files.token(&token("b", later()), 2);
    let second = principal.current(Utc::now()).unwrap();
    assert_eq!(name_in(&second), "b");
    assert!(Arc::ptr_eq(&first.key, &second.key));
    files.key("other.pem", 2);
    let third = principal.current(Utc::now()).unwrap();
    assert!(!Arc::ptr_eq(&second.key, &third.key));
    assert_ne!(second.key.fingerprint(), third.key.fingerprint());
}

#[test]
fn concurrent_replacements_end_with_the_last_pair() {
    let files = Files::new(&token("a", noon()), "pkcs8.pem");
    let principal = files.principal();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 0..60 {
                // Not by rename, and with the timestamps of the file system: the worst case.
                let name = if round % 2 == 0 { "b" } else { "c" };
                let key = if round % 2 == 0 {
                    "other.pem"
                } else {
                    "pkcs8.pem"
                };
                std::fs::write(files.path("rpst"), token(name, later())).unwrap();
                std::fs::write(files.path("private.pem"), pem(key)).unwrap();
            }
        });
        while !writer.is_finished() {
            // A half-written file may be an error, which must not be cached.
            let _ = principal.current(Utc::now());
        }
    });
    let last = principal.current(Utc::now()).unwrap();
    assert_eq!(name_in(&last), "c");
    assert_eq!(last.key.fingerprint(), pem("fingerprint.txt").trim());
}

#[test]
fn all_invalid_settings_are_reported_at_once() {
    let error = principal(&HashMap::new()).unwrap_err().to_string();
    for name in [VERSION, RPST, PRIVATE_PEM, REGION] {
        assert!(
            error.contains(&format!("{name} is not set")),
            "{name}: {error}"
        );
    }

    let wrong = HashMap::from([
        (VERSION, "3.0".to_owned()),
        (RPST, "relative/rpst".to_owned()),
        (PRIVATE_PEM, "hunter2".to_owned()),
        (REGION, "  ".to_owned()),
    ]);
    let error = principal(&wrong).unwrap_err().to_string();
    for part in [
        "OCI_RESOURCE_PRINCIPAL_VERSION is \"3.0\": only version 2.2",
        "OCI_RESOURCE_PRINCIPAL_RPST (its value is not shown): it is not an absolute path",
        "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM (its value is not shown)",
        "OCI_RESOURCE_PRINCIPAL_REGION is not set",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(
        !error.contains("hunter2") && !error.contains("relative/rpst"),
        "{error}"
    );
}

#[test]
fn malformed_token_is_an_error_without_its_text() {
    let not_json = format!("e30.{}.e30", URL_SAFE_NO_PAD.encode("not JSON"));
    let list = format!("e30.{}.e30", URL_SAFE_NO_PAD.encode("[1]"));
    for (text, says) in [
        ("", "it is empty"),
        ("\n", "it is empty"),
        ("SECRET", "expected a JWT"),
        ("SECRET.b", "expected a JWT"),
        ("SECRET..c", "expected a JWT"),
        ("ST$SECRET.b.c", "expected a JWT"),
        ("a.SECRET\".c", "expected a JWT"),
        (not_json.as_str(), "not a JSON object"),
        (list.as_str(), "not a JSON object"),
    ] {
        let error = Files::new(text, "pkcs8.pem")
            .principal()
            .current(noon())
            .unwrap_err();
        assert!(matches!(error, CredentialError::UnusableToken { .. }));
        let error = error.to_string();
        assert!(
            error.contains(says) && error.contains(RPST) && error.contains("rpst)"),
            "{error}"
        );
        assert!(!error.contains("SECRET"), "{error}");
    }
}

#[test]
fn claims_of_unexpected_types_are_ignored() {
    for (claims, expires_at) in [
        (r#"{"exp":1768478400.75,"res_tenant":7}"#, Some(noon())),
        (r#"{"exp":"soon"}"#, None),
        (r#"{"exp":1e300}"#, None),
        ("{}", None),
    ] {
        let token = format!("e30.{}.e30", URL_SAFE_NO_PAD.encode(claims));
        let identity = Files::new(&token, "pkcs8.pem")
            .principal()
            .current(noon())
            .unwrap();
        assert_eq!(identity.expires_at, expires_at, "{claims}");
        assert_eq!(identity.tenancy, None);
    }
}

fn principal(settings: &HashMap<&str, String>) -> Result<ResourcePrincipal, CredentialError> {
    ResourcePrincipal::from_settings(|name| settings.get(name).cloned())
}

/// The name in the claims of the current token.
fn current_name(principal: &ResourcePrincipal, now: DateTime<Utc>) -> String {
    name_in(&principal.current(now).unwrap())
}

fn name_in(identity: &Identity) -> String {
    let tenancy = identity.tenancy.as_deref().unwrap();
    tenancy
        .strip_prefix("ocid1.tenancy.oc1..")
        .unwrap()
        .to_owned()
}

fn token(name: &str, expires_at: DateTime<Utc>) -> String {
    let claims = format!(
        r#"{{"exp":{},"res_tenant":"ocid1.tenancy.oc1..{name}","res_compartment":"ocid1.compartment.oc1..{name}"}}"#,
        expires_at.timestamp()
    );
    format!("e30.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims))
}

fn put(path: &Path, text: &str, version: u64) {
    std::fs::write(path, text).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(version))
        .unwrap();
}

fn noon() -> DateTime<Utc> {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

/// Later than the clock of any machine that runs this.
fn later() -> DateTime<Utc> {
    "2099-01-01T00:00:00Z".parse().unwrap()
}

fn pem(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/signing/keys");
    std::fs::read_to_string(folder.join(file)).unwrap()
}
