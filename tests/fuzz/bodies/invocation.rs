//! Bodies of invocations.

use credential_audit::event::{AuditRequest, CheckMode, Effect, EventError, parse};
use credential_audit::timestamp::AsOf;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

const MARK: char = '\u{feff}';
/// Maximum number of characters of a message, with what is expected.
const MAX_MESSAGE_CHARS: usize = 800;

/// A request for this program is parsed completely or refused; any other body is a plain run.
pub fn invocation(body: &[u8]) {
    let read = parse(body);
    if let Err(error) = &read {
        let message = error.to_string();
        assert!(message.starts_with("invocation: "), "{message}");
        assert!(message.chars().count() < MAX_MESSAGE_CHARS, "{message}");
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return;
    };
    let text = text.strip_prefix(MARK).unwrap_or(text);
    if text.starts_with(MARK) {
        // Only one byte order mark is stripped.
        return;
    }
    match serde_json::from_str(text) {
        Ok(Value::String(wrapped)) => {
            let wrapped = wrapped.strip_prefix(MARK).unwrap_or(&wrapped);
            if let Ok(value) = serde_json::from_str(wrapped) {
                assert_of(&value, &read);
            }
        }
        value => {
            if let Ok(value) = value {
                assert_of(&value, &read);
            } else if serde_json::from_str::<&RawValue>(text).is_err()
                && text.to_ascii_lowercase().contains("audit")
            {
                assert!(read.is_err(), "a request with invalid JSON was ignored");
            }
            let wrapped = Value::from(text).to_string();
            assert_eq!(
                parse(wrapped.as_bytes()),
                read,
                "the same JSON as a string is parsed differently"
            );
        }
    }
}

fn assert_of(body: &Value, read: &Result<AuditRequest, EventError>) {
    let Some(object) = body.as_object() else {
        // A string in a string may be a request that was quoted too often.
        assert!(
            body.is_string() || *read == Ok(AuditRequest::default()),
            "{read:?}"
        );
        return;
    };
    // Another form of the key, such as `Audit`, is refused; whether it has characters between is not for this test.
    let is_nearly_audit = |key: &String| {
        let letters = key.chars().filter(char::is_ascii_alphabetic);
        key != "audit" && letters.collect::<String>().eq_ignore_ascii_case("audit")
    };
    if object.keys().any(is_nearly_audit) {
        return;
    }
    let Some(audit) = object.get("audit") else {
        // In any spelling. `check` alone is a word of other callers too, so with other characters it is theirs.
        let words = ["asof", "domainurls", "credentialtypes", "dryrun"];
        let is_field = |key: &String| {
            let kept = key.bytes().filter(u8::is_ascii_alphanumeric);
            let plain: String = kept
                .map(|byte| char::from(byte.to_ascii_lowercase()))
                .collect();
            let behind = plain.strip_prefix("audit").unwrap_or_default();
            words.contains(&plain.as_str())
                || words.contains(&behind)
                || behind == "check"
                || key.eq_ignore_ascii_case("check")
        };
        if object.keys().any(is_field) {
            assert!(
                matches!(read, Err(EventError::OutsideAudit { .. })),
                "{read:?}"
            );
        } else {
            assert_eq!(*read, Ok(AuditRequest::default()));
        }
        return;
    };
    if let Ok(request) = read {
        let fields = audit.as_object().expect("only an object is accepted");
        assert_obeyed(fields, request);
    }
}

/// Every field is known and parsed as JSON has it; absent fields are as in a plain run.
fn assert_obeyed(fields: &Map<String, Value>, request: &AuditRequest) {
    let mut expected = AuditRequest::default();
    for (field, value) in fields {
        match field.as_str() {
            "as_of" => {
                expected.as_of = value.as_str().and_then(AsOf::parse);
                assert!(expected.as_of.is_some(), "as_of: {value}");
            }
            "dry_run" => {
                expected.effect = match value.as_bool().expect("a flag") {
                    true => Effect::DryRun,
                    false => Effect::Deliver,
                };
            }
            "check" => {
                expected.check = match value {
                    Value::Bool(false) => None,
                    Value::Bool(true) => Some(CheckMode::ReadOnly),
                    value => {
                        assert_eq!(value, "send");
                        Some(CheckMode::Send)
                    }
                };
            }
            "credential_types" => {
                let words = value.as_array().expect("a list").iter();
                let credential_type =
                    |word: &Value| word.as_str().and_then(|word| word.parse().ok());
                expected.credential_types = words.map(credential_type).collect();
                assert!(
                    expected
                        .credential_types
                        .is_some_and(|credential_types| !credential_types.is_empty()),
                    "{value}"
                );
            }
            "domain_urls" => {
                let asked = value.as_array().map_or(0, Vec::len);
                let urls = request.domain_urls.clone().expect("URLs");
                assert!((1..=asked).contains(&urls.len()), "{value}: {urls:?}");
                expected.domain_urls = Some(urls);
            }
            field => panic!("unknown field {field}"),
        }
    }
    assert_eq!(*request, expected);
}
