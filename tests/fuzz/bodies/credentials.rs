//! Configuration files, private keys and session tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::DateTime;
use credential_audit::auth::key::PrivateKey;
use credential_audit::auth::resource_principal::{self, ResourcePrincipal};
use credential_audit::auth::{CredentialSource as _, ini};
use serde_json::Value;

/// Opens the encrypted keys among the seeds.
const PASS_PHRASE: &str = "golden";
/// Signs with the tokens.
const KEY: &str = include_str!("../../golden/signing/keys/pkcs1.pem");
/// Shorter texts occur in messages by chance.
const MIN_SECRET_CHARS: usize = 10;

/// A profile survives writing and reading, and its values do not occur in debug output.
pub fn config_file(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let read = ini::parse(text);
    if !text.contains('\r') {
        assert_eq!(ini::parse(&text.replace('\n', "\r\n")), read);
    }
    let profiles = match read {
        Ok(profiles) => profiles,
        Err(error) => {
            let lines = text.split(['\n', '\r']).count();
            assert!((1..=lines).contains(&error.line), "{error}");
            return;
        }
    };
    // Every possible key is looked up, since profiles do not list theirs.
    let keys = text
        .lines()
        .flat_map(|line| line.split('\r'))
        .filter_map(|line| line.trim().split_once(['=', ':']));
    let mut keys: Vec<String> = keys.map(|(key, _)| key.trim_end().to_lowercase()).collect();
    keys.sort();
    keys.dedup();
    let shown = format!("{profiles:?}{profiles:#?}");
    let mut written = String::new();
    let names = profiles.names();
    for name in &names {
        let profile = profiles.get(name).expect("a listed profile");
        written.push_str(&format!("[{name}]\n"));
        for key in &keys {
            let Some(entry) = profile.get(key) else {
                continue;
            };
            let value = entry.value.as_str();
            let line = entry.line;
            assert_eq!(
                format!("{entry:?}"),
                format!("Entry {{ line: {line}, .. }}")
            );
            // Debug output has the names of profiles and keys, and punctuation; values may contain the same.
            let is_word = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let named = || format!("{keys:?}{names:?}").contains(value);
            if is_word && value.len() >= MIN_SECRET_CHARS && !named() {
                assert!(!shown.contains(value), "a value shows: {shown}");
            }
            written.push_str(&format!("{key} = {}\n", value.replace('\n', "\n    ")));
        }
    }
    let again = ini::parse(&written).unwrap_or_else(|error| panic!("{error} of {written:?}"));
    assert_eq!(again.names(), names);
    for name in &names {
        let value = |profiles: &ini::Profiles, key: &str| {
            profiles
                .get(name)?
                .get(key)
                .map(|entry| entry.value.clone())
        };
        for key in &keys {
            assert_eq!(value(&again, key), value(&profiles, key), "{key} of {name}");
        }
    }
}

/// A key that is accepted signs; an invalid one is refused without quoting it. Bytes that are not PEM are also tried as the
/// content of a PEM block, so that base64 does not get in the way of the fuzzer.
pub fn private_key(bytes: &[u8]) {
    if bytes.windows(5).any(|dashes| dashes == b"-----") {
        return pem(bytes);
    }
    for label in ["RSA PRIVATE KEY", "PRIVATE KEY"] {
        let content = STANDARD.encode(bytes);
        pem(format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----\n").as_bytes());
    }
}

fn pem(pem: &[u8]) {
    let key = PrivateKey::from_pem(pem, Some(PASS_PHRASE));
    let shown = match &key {
        Ok(key) => format!("{key:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    let text = String::from_utf8_lossy(pem);
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    for line in text.lines().map(str::trim) {
        if line.len() >= MIN_SECRET_CHARS && line.bytes().all(is_base64) {
            assert!(!shown.contains(line), "a line of the file shows: {shown}");
        }
    }
    if let Ok(key) = key {
        let signature = key
            .sign(b"a request")
            .expect("a signature of an accepted key");
        assert!((256..=1024).contains(&signature.len()));
        let pairs: Vec<_> = key.fingerprint().split(':').collect();
        assert!(pairs.len() == 16 && pairs.iter().all(|pair| pair.len() == 2));
    }
}

/// A token is sent unchanged but for white space, its claims equal those of another reading, and no message quotes it. Bytes
/// that begin like a JSON object are tried as the claims of a token.
pub fn session_token(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let token = if text.starts_with('{') {
        let claims = URL_SAFE_NO_PAD.encode(text);
        format!("e30.{claims}.c2lnbmF0dXJlLXBhcnQ")
    } else {
        text.to_owned()
    };
    if token.trim().is_empty() || token.trim().starts_with('/') {
        // Not a token, or the path of a file of this machine.
        return;
    }
    let packed: String = token
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    let claims = packed.split('.').nth(1).unwrap_or_default();
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('='));
    let claims: Option<Value> = claims
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok());
    let claims = claims.filter(Value::is_object);
    let shows_nothing = |shown: &str| {
        for part in packed
            .split('.')
            .filter(|part| part.len() >= MIN_SECRET_CHARS)
        {
            assert!(!shown.contains(part), "a part of the token shows: {shown}");
        }
    };

    let principal = ResourcePrincipal::from_settings(|name| {
        Some(match name {
            resource_principal::VERSION => "2.2".to_owned(),
            resource_principal::RPST => token.clone(),
            resource_principal::PRIVATE_PEM => KEY.to_owned(),
            resource_principal::REGION => "phx".to_owned(),
            _ => return None,
        })
    });
    let principal = match principal {
        Ok(principal) => principal,
        Err(error) => {
            let is_token = packed.split('.').count() == 3 && is_base64url(&packed);
            assert!(claims.is_none() || !is_token, "a token was refused");
            return shows_nothing(&format!("{error} {error:?}"));
        }
    };
    let claims = claims.expect("claims");
    shows_nothing(&format!("{principal:?}"));
    if !has_what_a_run_needs(&claims) {
        // Reading the key each time would take most of the time.
        return;
    }
    let now = DateTime::from_timestamp(1_764_331_200, 0).expect("an instant");
    let identity = principal.current(now).expect("a usable key");
    shows_nothing(&format!("{identity:?}"));
    assert_eq!(identity.key_id, format!("ST${packed}"));
    assert!(identity.key_id.bytes().all(|byte| byte.is_ascii_graphic()));
    assert_eq!(identity.tenancy.as_deref(), claims["res_tenant"].as_str());
    let compartment = principal.compartment();
    assert_eq!(compartment.as_deref(), claims["res_compartment"].as_str());
    let seconds = claims["exp"].as_f64().map(|seconds| seconds as i64);
    let end = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    assert_eq!(identity.expires_at, end);
}

fn has_what_a_run_needs(claims: &Value) -> bool {
    ["exp", "res_tenant", "res_compartment"]
        .iter()
        .any(|name| claims.get(*name).is_some())
}

/// Base64url of RFC 7515: without padding, and with too much of it invalid.
fn is_base64url(token: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    token
        .split('.')
        .all(|part| !part.is_empty() && part.bytes().all(is_part))
}
