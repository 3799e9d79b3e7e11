//! `~/.oci/config`: its location, its syntax, and its errors.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; a failure fails the test"
)]

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use credential_audit::auth::config_file::{
    ConfigFile, Flags, Method, MethodPreference, ProfileCredentials, StoredCredentials,
};
use credential_audit::auth::ini::{self, SyntaxReason};
use credential_audit::auth::{CredentialError, CredentialSource};
use proptest::prelude::*;

const TENANCY: &str = "ocid1.tenancy.oc1..aaaa";
const USER: &str = "ocid1.user.oc1..bbbb";
/// A JWT whose claims are `{"exp":1768480000}`.
const TOKEN: &str = "e30.eyJleHAiOjE3Njg0ODAwMDB9.c2ln";

/// A home directory with `.oci/config` and `.oci/key.pem`, both readable by their owner only.
struct Home {
    folder: tempfile::TempDir,
    environment: HashMap<&'static str, String>,
}

impl Home {
    fn new(config: &str) -> Self {
        let home = Self::empty();
        home.put(".oci/config", config);
        home.put(".oci/key.pem", &pem("pkcs8.pem"));
        home
    }

    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environment = HashMap::from([("HOME", folder.path().display().to_string())]);
        Self {
            folder,
            environment,
        }
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn load(&self) -> Result<ConfigFile, CredentialError> {
        self.load_profile("DEFAULT", MethodPreference::Any)
    }

    fn load_profile(
        &self,
        profile: &str,
        preference: MethodPreference,
    ) -> Result<ConfigFile, CredentialError> {
        let flags = Flags {
            profile: Some(profile.to_owned()),
            method: preference,
            ..Flags::default()
        };
        ConfigFile::load(&flags, |name| self.environment.get(name).cloned())
    }

    fn error(&self) -> String {
        self.load().unwrap_err().to_string()
    }
}

#[test]
fn api_key_profile_signs_as_its_user() {
    let home = Home::new(&profile());
    let config = home.load().unwrap();
    assert_eq!(region(&config), "eu-frankfurt-1");
    assert_eq!(config.tenancy(), Some(TENANCY));
    assert_eq!(config.warnings(), [] as [String; 0]);
    assert!(!stored(&config).uses_security_token());
    let identity = stored(&config).current(noon()).unwrap();
    assert_eq!(
        identity.key_id,
        format!("{TENANCY}/{USER}/{}", fingerprint())
    );
    assert_eq!(identity.tenancy.as_deref(), Some(TENANCY));
    assert_eq!(identity.expires_at, None);
    assert!(!stored(&config).renew(noon()).unwrap().replaces(&identity));
}

#[test]
fn profile_inherits_from_default_and_ignores_unneeded_pass_phrase() {
    let config = format!(
        "{}pass_phrase = not for this key\n[ADMIN]\nregion = uk-london-1\nuser: ocid1.user.oc1..cccc\n",
        profile()
    );
    let home = Home::new(&config);
    let config = home.load_profile("ADMIN", MethodPreference::Any).unwrap();
    assert_eq!(region(&config), "uk-london-1");
    let key_id = stored(&config).current(noon()).unwrap().key_id.clone();
    assert_eq!(
        key_id,
        format!("{TENANCY}/ocid1.user.oc1..cccc/{}", fingerprint())
    );
}

#[test]
fn encrypted_key_is_decrypted_with_pass_phrase_of_profile() {
    let home = Home::new(&format!("{}pass_phrase=golden\n", profile()));
    home.put(".oci/key.pem", &pem("pkcs8_encrypted.pem"));
    assert!(home.load().is_ok());

    home.put(".oci/config", &profile());
    assert!(
        home.error()
            .contains("no pass phrase is set; set pass_phrase"),
        "{}",
        home.error()
    );
    home.put(
        ".oci/config",
        &format!("{}pass_phrase=hunter2\n", profile()),
    );
    assert!(
        home.error().contains("correct pass_phrase"),
        "{}",
        home.error()
    );
    assert!(!home.error().contains("hunter2"));
    home.put(".oci/key.pem", &pem("legacy_des.pem"));
    assert!(
        home.error().contains("openssl pkcs8 -topk8"),
        "{}",
        home.error()
    );
}

#[test]
fn session_token_is_preferred_to_api_key() {
    let home = Home::new(&format!("{}security_token_file=~/.oci/token\n", profile()));
    let token_file = home.put(".oci/token", &format!("{TOKEN}\n"));
    let config = home.load().unwrap();
    assert!(stored(&config).uses_security_token());
    let identity = stored(&config).current(noon()).unwrap();
    assert_eq!(identity.key_id, format!("ST${TOKEN}"));
    assert_eq!(
        identity.expires_at,
        Some("2026-01-15T12:26:40Z".parse().unwrap())
    );
    assert_eq!(
        identity.tenancy.as_deref(),
        Some(TENANCY),
        "from the profile, because the token does not name it"
    );

    // 'oci session refresh' replaces the file.
    std::fs::write(&token_file, "e30.eyJleHAiOjE3Njg0ODAwMDF9.c2ln").unwrap();
    assert!(stored(&config).renew(noon()).unwrap().replaces(&identity));

    let by_key = home
        .load_profile("DEFAULT", MethodPreference::Only(Method::ApiKey))
        .unwrap();
    assert!(!stored(&by_key).uses_security_token());
    std::fs::write(&token_file, "").unwrap();
    let empty = home.load().unwrap();
    let error = stored(&empty).current(noon()).unwrap_err().to_string();
    assert!(
        error.contains("security_token_file of profile [DEFAULT]")
            && error.contains("oci session authenticate"),
        "{error}"
    );
}

#[test]
fn session_profile_needs_no_user_or_fingerprint() {
    let home = Home::new(
        "[s]\nkey_file=~/.oci/key.pem\nregion=us-phoenix-1\nsecurity_token_file=~/.oci/token\n",
    );
    home.put(".oci/token", TOKEN);
    let config = home
        .load_profile("s", MethodPreference::Only(Method::SecurityToken))
        .unwrap();
    assert_eq!(config.tenancy(), None);
    assert_eq!(stored(&config).current(noon()).unwrap().tenancy, None);

    let error = Home::new(&profile())
        .load_profile("DEFAULT", MethodPreference::Only(Method::SecurityToken))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(
            "security_token_file is not set: create a session with 'oci session authenticate'"
        ),
        "{error}"
    );
}

#[test]
fn file_is_located_as_by_the_sdk() {
    let with_region = |region: &str| profile().replace("eu-frankfurt-1", region);
    let mut home = Home::empty();
    home.put(".oci/key.pem", &pem("pkcs8.pem"));
    let error = home.error();
    assert!(
        error.contains("/.oci/config") && error.contains("oci setup config"),
        "{error}"
    );

    home.put(".oraclebmc/config", &with_region("fallback"));
    assert_eq!(region(&home.load().unwrap()), "fallback");

    home.put("elsewhere", &with_region("environment"));
    home.environment
        .insert("OCI_CONFIG_FILE", "~/elsewhere".to_owned());
    assert_eq!(region(&home.load().unwrap()), "environment");

    // The variable is used only if the default file does not exist.
    let default = home.put(".oci/config", &with_region("default"));
    let config = home.load().unwrap();
    assert_eq!(
        (region(&config), config.path()),
        ("default", default.as_path())
    );

    let named = home.put("named", &with_region("named"));
    for path in [named.as_path(), Path::new("~/named")] {
        let lookup = |name: &str| home.environment.get(name).cloned();
        let config = ConfigFile::load(&file_flag(path), lookup).unwrap();
        assert_eq!(region(&config), "named");
    }
    // A path that the user names has no fallback.
    let missing = Path::new("/nowhere/config");
    let error = ConfigFile::load(&file_flag(missing), |_| None).unwrap_err();
    assert!(
        error.to_string().contains("cannot read /nowhere/config"),
        "{error}"
    );
}

#[test]
fn missing_region_is_read_from_environment() {
    let mut home = Home::new(&profile().replace("region=eu-frankfurt-1\n", ""));
    assert!(
        home.error().contains("region is not set"),
        "{}",
        home.error()
    );
    home.environment
        .insert("OCI_REGION", "us-ashburn-1".to_owned());
    assert_eq!(region(&home.load().unwrap()), "us-ashburn-1");
    home.put(".oci/config", &profile());
    assert_eq!(region(&home.load().unwrap()), "eu-frankfurt-1");
}

#[test]
fn unknown_profile_error_lists_existing_profiles() {
    let home = Home::new(&format!("{}[ADMIN]\n[dev]\n", profile()));
    let error = home
        .load_profile("admin", MethodPreference::Any)
        .unwrap_err();
    assert!(matches!(error, CredentialError::NoSuchProfile { .. }));
    let error = error.to_string();
    assert!(
        error.contains("profile [admin] (--profile) was not found")
            && error.contains("[DEFAULT], [ADMIN], [dev]"),
        "{error}"
    );

    assert!(
        Home::new("[only]\nuser=x\n")
            .error()
            .contains("it has [only]")
    );
    assert!(
        Home::new("# nothing\n")
            .error()
            .contains("the file has no profiles")
    );
}

#[test]
fn all_invalid_values_of_profile_are_reported_at_once() {
    let home = Home::new(
        "[DEFAULT]\nuser=me\nfingerprint=AA:bb\nkey_content=SECRET\nkey_file=\nauthentication_type=magic\n",
    );
    let error = home.error();
    for part in [
        "profile [DEFAULT] in ",
        "tenancy is not set: expected the OCID of the tenancy",
        "user (line 2) is \"me\": expected the OCID of the user",
        "fingerprint (line 3) is \"AA:bb\": expected the fingerprint of the API key: 16 pairs of lower-case",
        "key_file is not set",
        "region is not set: expected a region such as us-phoenix-1, here or in OCI_CLI_REGION or OCI_REGION",
        "key_content (line 4) (its value is not shown): a private key is not accepted inside",
        "authentication_type (line 6) is \"magic\": expected one of: api_key, ",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(!error.contains("SECRET"), "{error}");
}

#[test]
fn fingerprint_mismatch_reports_both_fingerprints() {
    let home = Home::new(&profile());
    home.put(".oci/key.pem", &pem("other.pem"));
    let error = home.error();
    assert!(
        error.contains(&format!("fingerprint (line 3) is \"{}\"", fingerprint())),
        "{error}"
    );
    assert!(
        error.contains("the key in key_file (line 6) has the fingerprint "),
        "{error}"
    );
}

#[test]
fn missing_key_file_is_named() {
    let home = Home::new(&profile().replace("key.pem", "lost.pem"));
    let error = home.error();
    assert!(
        error.contains("key_file (line 6) of profile [DEFAULT]") && error.contains(".oci/lost.pem"),
        "{error}"
    );
    let home = Home::new(&profile());
    home.put(".oci/key.pem", &pem("public.pem"));
    assert!(
        home.error().contains("it is a public key"),
        "{}",
        home.error()
    );
}

#[test]
fn file_readable_by_others_gives_warning() {
    let home = Home::new(&profile());
    let key = home.put(".oci/key.pem", &pem("pkcs8.pem"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let warnings = home.load().unwrap().warnings().to_vec();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains("640") && warnings[0].contains("chmod 600"),
        "{}",
        warnings[0]
    );
}

#[test]
fn malformed_line_is_reported_by_number_without_its_text() {
    let home = Home::new("[DEFAULT]\nuser=x\nSECRET\n");
    let error = home.error();
    assert!(
        error.contains("config is malformed: line 3: expected 'key = value'"),
        "{error}"
    );
    assert!(!error.contains("SECRET"), "{error}");
}

/// The expected values are those of Python's `configparser` with `interpolation=None`.
#[test]
fn text_is_parsed_like_python_configparser() {
    for (text, key, value) in [
        ("[p]\nk=v", "k", "v"),
        ("[p]\r\nk = v \r\n", "k", "v"),
        ("[p]\rk=v\r", "k", "v"),
        ("\u{feff}[p]\nk=v", "k", "v"), // an error in Python
        ("[p]\nK : v", "k", "v"),
        ("[p]\nk=a:b=c", "k", "a:b=c"),
        ("[p]\nk:a=b", "k", "a=b"),
        ("[p]\nk=v # not a comment", "k", "v # not a comment"),
        ("[p]\n  # comment\n;other\nk=v", "k", "v"),
        ("[p]\nk=", "k", ""),
        ("[p]\nk=%(x)s", "k", "%(x)s"),
        ("[p]\nk=a\n  b\n\n  c\n\n", "k", "a\nb\n\nc"),
        ("[p]\n  k=a\n  l=b", "l", "b"),
        ("[p]\nk=a\n  # comment\n  b", "k", "a\nb"),
        ("[p] behind\nk=v", "k", "v"),
        ("[DEFAULT]\nk=v\n[p]\n[DEFAULT]\nl=w", "l", "w"),
        ("[p]\nlong name = v", "long name", "v"),
    ] {
        let profiles = ini::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let profile = profiles
            .get("p")
            .unwrap_or_else(|| panic!("{text:?}: no profile"));
        assert_eq!(
            profile.get(key).map(|value| value.value.as_str()),
            Some(value),
            "{text:?}"
        );
    }
    for (text, line, reason) in [
        ("k=v", 1, SyntaxReason::OutsideProfile),
        ("[]", 1, SyntaxReason::OutsideProfile),
        ("[p]\n\nword", 3, SyntaxReason::UnexpectedLine),
        ("[p]\n=v", 2, SyntaxReason::UnexpectedLine),
        ("[p]\n[q]\n[p]", 3, SyntaxReason::DuplicateProfile),
        ("[p]\nk=v\nK=w", 3, SyntaxReason::DuplicateKey),
        (
            "[DEFAULT]\nk=v\n[DEFAULT]\nk=w",
            4,
            SyntaxReason::DuplicateKey,
        ),
    ] {
        assert_eq!(
            ini::parse(text),
            Err(ini::SyntaxError { line, reason }),
            "{text:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in "([\\[\\]=:#; \t\r\na-cA-C\u{e9}]|DEFAULT){0,60}") {
        match ini::parse(&text) {
            Ok(profiles) => {
                for name in profiles.names() {
                    prop_assert!(profiles.get(&name).is_some());
                }
            }
            Err(error) => prop_assert!(error.line <= text.matches(['\n', '\r']).count() + 1),
        }
    }

    /// Comments and white space around a value do not change it.
    #[test]
    fn written_values_are_read_back(
        entries in proptest::collection::btree_map("[a-z_]{1,12}", "([!-~]([ -~]{0,20}[!-~])?)?", 0..6),
        blank in "[ \t]{0,3}",
        delimiter in "[=:]",
    ) {
        let mut text = "# head\n[p]\n".to_owned();
        for (key, value) in &entries {
            text += &format!("; comment\n{key}{blank}{delimiter}{blank}{value}{blank}\n");
        }
        let profiles = ini::parse(&text).unwrap();
        let profile = profiles.get("p").unwrap();
        for (key, value) in &entries {
            prop_assert_eq!(profile.get(key).unwrap().value.as_str(), value.as_str());
        }
        prop_assert!(profile.get("other key").is_none());
    }
}

fn file_flag(path: &Path) -> Flags {
    Flags {
        config_file: Some(path.to_owned()),
        ..Flags::default()
    }
}

fn region(config: &ConfigFile) -> &str {
    &config.region().unwrap().text
}

fn stored(config: &ConfigFile) -> &StoredCredentials {
    match config.credentials() {
        ProfileCredentials::Stored(stored) => stored,
        other => panic!("{other:?}"),
    }
}

fn profile() -> String {
    format!(
        "[DEFAULT]\nuser={USER}\nfingerprint={}\ntenancy={TENANCY}\nregion=eu-frankfurt-1\nkey_file=~/.oci/key.pem\n",
        fingerprint()
    )
}

fn fingerprint() -> String {
    pem("fingerprint.txt").trim().to_owned()
}

fn noon() -> DateTime<Utc> {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

fn pem(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/signing/keys");
    std::fs::read_to_string(folder.join(file)).unwrap()
}
