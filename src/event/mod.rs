//! Parses the body of an invocation. Pure.
//!
//! Schedulers, alarms, events and people invoke a function, mostly with a body of their own: then this program runs with
//! its settings. A JSON object with the key `audit` is a request to this program. All of its keys and values must be valid:
//! a run that ignores `dry_run` is worse than no run. For the same reason a body that seems to be a request and cannot be
//! understood is refused.

mod error;
mod quoting;

use std::collections::HashSet;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::config::MAX_DOMAIN_URLS;
use crate::credential_type::{CredentialType, CredentialTypes};
use crate::display::{Substitute, safe};
use crate::http::domain_url::DomainUrl;
use crate::http::endpoint::{Endpoint, EndpointError, redact_user_info};
use crate::json::Entries;
use crate::shard::{NotAShard, Shard};
use crate::timestamp::AsOf;

use error::FIELDS;
use quoting::{Arrived, is_meant_as_audit, is_meant_as_request};

pub use error::EventError;

/// The request of an invocation, which overrides settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRequest {
    /// Judge ages at this time instead of now.
    pub as_of: Option<AsOf>,
    /// Read these domains instead of those in the settings. Not yet checked against the host rule.
    pub domain_urls: Option<Vec<Endpoint>>,
    /// What was dropped from them: the path of the console or of the API.
    pub notices: Vec<String>,
    /// Read these types instead of those in the settings.
    pub credential_types: Option<CredentialTypes>,
    /// Read only the domains of this shard.
    pub shard: Option<Shard>,
    /// Whether to deliver the result.
    pub effect: Effect,
    /// Check what works and which permission is missing, instead of an audit.
    pub check: Option<CheckMode>,
    /// Make the overview of a fleet, instead of an audit.
    pub fleet: bool,
}

/// What a run does with its result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// Stores and publishes it.
    #[default]
    Deliver,
    /// Only returns it: stores and publishes nothing.
    DryRun,
}

/// Mode of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckMode {
    /// Sends read requests only.
    ReadOnly,
    /// Sends read requests, stores one object, and publishes one message.
    Send,
}

/// Max characters of a value in a message.
const MAX_EXCERPT_CHARS: usize = 80;

/// Parses the body of an invocation.
///
/// # Errors
///
/// If the body is an invalid request to this program.
pub fn parse(body: &[u8]) -> Result<AuditRequest, EventError> {
    let body = String::from_utf8_lossy(body);
    let body = body.strip_prefix('\u{feff}').unwrap_or(&body);
    // Some callers wrap the JSON in a JSON string.
    let wrapped = serde_json::from_str::<String>(body).ok();
    let body = wrapped.as_deref().unwrap_or(body);
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    if let Err(error) = serde_json::from_str::<&RawValue>(body) {
        return if is_meant_as_request(body) {
            Err(EventError::NotJson {
                reason: if body.contains('\0') {
                    "it has NUL characters, as UTF-16 has; expected UTF-8".to_owned()
                } else {
                    error.to_string()
                },
                arrived: Arrived::new(body),
            })
        } else {
            Ok(AuditRequest::default())
        };
    }
    let Ok(Entries(object)) = serde_json::from_str(body) else {
        return match serde_json::from_str::<String>(body) {
            Ok(text) if is_meant_as_request(&text) => Err(EventError::NotJson {
                reason: "it is a string in a string".to_owned(),
                arrived: Arrived::new(body),
            }),
            _ => Ok(AuditRequest::default()),
        };
    };
    let other_key = object
        .iter()
        .find(|(key, _)| key != "audit" && is_meant_as_audit(key));
    if let Some((key, _)) = other_key {
        return Err(EventError::OtherKey {
            key: excerpt(key),
            arrived: Arrived::new(body),
        });
    }
    let mut audits = object.iter().filter(|(key, _)| key == "audit");
    match (audits.next(), audits.next()) {
        (_, Some(_)) => Err(EventError::Duplicate {
            field: "audit".to_owned(),
        }),
        (Some((_, audit)), None) => match serde_json::from_str(audit.get()) {
            Ok(Entries(fields)) => read(&fields),
            Err(_) => Err(EventError::NotAnObject {
                found: json_type(&to_value(audit)),
            }),
        },
        (None, None) => {
            let is_present = |field: &&str| {
                let is_field = |(key, _): &(String, _)| is_written_as(key, field);
                object.iter().any(is_field)
            };
            match FIELDS.into_iter().find(is_present) {
                Some(field) => Err(EventError::OutsideAudit { field }),
                None => Ok(AuditRequest::default()),
            }
        }
    }
}

/// Whether a key is a field in any spelling: `dryRun`, `dry-run`, `audit.dry_run`. A field of one word has no others, because other
/// callers use it too.
fn is_written_as(key: &str, field: &str) -> bool {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let (key_letters, field_letters) = (letters(key), letters(field));
    key.eq_ignore_ascii_case(field)
        || key_letters.strip_prefix("audit") == Some(&field_letters)
        || (field.contains('_') && key_letters == field_letters)
}

/// Parses a valid JSON value. A number out of range becomes its text.
fn to_value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| Value::from(raw.get()))
}

fn read(audit: &[(String, Box<RawValue>)]) -> Result<AuditRequest, EventError> {
    let mut request = AuditRequest::default();
    let mut seen = HashSet::new();
    for (field, value) in audit {
        if !seen.insert(field) {
            return Err(EventError::Duplicate {
                field: format!("audit.{}", excerpt(field)),
            });
        }
        let value = &to_value(value);
        match field.as_str() {
            "as_of" => request.as_of = Some(as_of(value)?),
            "domain_urls" => request.domain_urls = Some(domain_urls(value, &mut request.notices)?),
            "credential_types" => request.credential_types = Some(credential_types(value)?),
            "shard" => request.shard = Some(shard(value)?),
            "dry_run" => request.effect = dry_run(value)?,
            "check" => request.check = check(value)?,
            "fleet" => request.fleet = fleet(value)?,
            _ => {
                return Err(EventError::UnknownField {
                    field: excerpt(field),
                });
            }
        }
    }
    let of_audit = [
        ("as_of", request.as_of.is_some()),
        ("domain_urls", request.domain_urls.is_some()),
        ("credential_types", request.credential_types.is_some()),
        ("shard", request.shard.is_some()),
        ("dry_run", request.effect == Effect::DryRun),
        ("check", request.check.is_some()),
    ];
    let given = |names: &[&str]| -> Vec<_> {
        let given = of_audit
            .iter()
            .filter(|(name, is_set)| *is_set && names.contains(name));
        given.map(|(name, _)| *name).collect()
    };
    let in_check = given(&["as_of", "shard", "dry_run"]);
    if request.check.is_some() && !in_check.is_empty() {
        return Err(EventError::NotInCheck { fields: in_check });
    }
    let in_fleet = given(&["as_of", "domain_urls", "credential_types", "shard", "check"]);
    if request.fleet && !in_fleet.is_empty() {
        return Err(EventError::NotInFleet { fields: in_fleet });
    }
    Ok(request)
}

fn as_of(value: &Value) -> Result<AsOf, EventError> {
    let as_of = value.as_str().and_then(AsOf::parse);
    as_of.ok_or_else(|| invalid("as_of", value, AsOf::EXPECTED))
}

fn domain_urls(value: &Value, notices: &mut Vec<String>) -> Result<Vec<Endpoint>, EventError> {
    let expected =
        "a list of identity domain URLs, such as [\"https://idcs-0123.identity.oraclecloud.com\"]";
    let urls = value
        .as_array()
        .filter(|urls| !urls.is_empty())
        .ok_or_else(|| invalid("domain_urls", value, expected))?;
    if urls.len() > MAX_DOMAIN_URLS {
        let value = Value::from(format!("a list of {}", urls.len()));
        let expected = format!("at most {MAX_DOMAIN_URLS} identity domain URLs");
        return Err(invalid("domain_urls", &value, &expected));
    }
    let endpoints: Result<Vec<_>, _> = urls
        .iter()
        .map(|url| {
            let text = url
                .as_str()
                .ok_or_else(|| invalid("domain_urls", url, expected))?;
            let pasted: DomainUrl = text.parse().map_err(|error: EndpointError| {
                let redacted = Value::from(redact_user_info(text));
                invalid("domain_urls", &redacted, &format!("{expected}: it {error}"))
            })?;
            notices.extend(pasted.notice());
            Ok(pasted.endpoint)
        })
        .collect();
    let mut seen = HashSet::new();
    let mut endpoints = endpoints?;
    endpoints.retain(|endpoint| seen.insert(endpoint.clone()));
    Ok(endpoints)
}

fn credential_types(value: &Value) -> Result<CredentialTypes, EventError> {
    let names = crate::credential_type::names();
    let words = value.as_array().filter(|words| !words.is_empty());
    let words =
        words.ok_or_else(|| invalid("credential_types", value, &format!("a list of: {names}")))?;
    words
        .iter()
        .map(|word| {
            let credential_type = word
                .as_str()
                .and_then(|word| word.parse::<CredentialType>().ok());
            credential_type.ok_or_else(|| {
                let question = word.as_str().and_then(crate::credential_type::suggestion);
                let expected = match question {
                    Some(question) => format!("a list of: {names}; {question}"),
                    None => format!("a list of: {names}"),
                };
                invalid("credential_types", word, &expected)
            })
        })
        .collect()
}

fn shard(value: &Value) -> Result<Shard, EventError> {
    let shard = value.as_str().and_then(|text| text.parse().ok());
    shard.ok_or_else(|| invalid("shard", value, &NotAShard.to_string()))
}

fn dry_run(value: &Value) -> Result<Effect, EventError> {
    match value {
        Value::Bool(true) => Ok(Effect::DryRun),
        Value::Bool(false) => Ok(Effect::Deliver),
        _ => Err(invalid("dry_run", value, "true or false")),
    }
}

fn check(value: &Value) -> Result<Option<CheckMode>, EventError> {
    match value {
        Value::Bool(false) => Ok(None),
        Value::Bool(true) => Ok(Some(CheckMode::ReadOnly)),
        Value::String(word) if word == "send" => Ok(Some(CheckMode::Send)),
        _ => Err(invalid("check", value, "true, false or \"send\"")),
    }
}

fn fleet(value: &Value) -> Result<bool, EventError> {
    let expected = "true or false";
    value
        .as_bool()
        .ok_or_else(|| invalid("fleet", value, expected))
}

fn invalid(field: &'static str, value: &Value, expected: &str) -> EventError {
    EventError::InvalidValue {
        field,
        value: excerpt(&value.to_string()),
        expected: expected.to_owned(),
    }
}

fn excerpt(text: &str) -> String {
    let text = safe(text, Substitute::QuestionMark);
    if text.chars().count() <= MAX_EXCERPT_CHARS {
        return text.into_owned();
    }
    text.chars()
        .take(MAX_EXCERPT_CHARS)
        .chain(std::iter::once('…'))
        .collect()
}

const fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display;
    use proptest::prelude::*;

    #[test]
    fn other_body_runs_with_settings() {
        let cloud_event = r#"{"eventType":"com.oraclecloud.objectstorage.createobject","data":{"resourceName":"x"}}"#;
        for body in [
            "",
            "{}",
            "null",
            "[]",
            "17",
            "hello",
            "\"hello\"",
            "[{\"audit\":{}}]",
            cloud_event,
            "\u{feff}",
            // Base64 without a word of a request, and a word that is nearly one.
            "aGVsbG8gd29ybGQsIGhlbGxv",
            "audio and edit",
            r#"{"eventType":"com.oraclecloud.audit.createevent","data":{"additionalDetails":{"audit":{"dry_run":true}}}}"#,
            r#"{"title":"audit failed","body":"{audit:{dry_run:true}}","severity":"CRITICAL"}"#,
            r#"{"auditLog":{},"audit_trail":1}"#,
            r#"["audit",{"Audit":{}}]"#,
            "{\"other\":1,\"other\":2}",
            "{\"x\":1e999}",
        ] {
            assert_eq!(
                parse(body.as_bytes()),
                Ok(AuditRequest::default()),
                "{body}"
            );
        }
        assert_eq!(parse(b"\xff\xfe{"), Ok(AuditRequest::default()));
        assert_eq!(parse(br#"{"audit":{}}"#), Ok(AuditRequest::default()));
    }

    #[test]
    fn shard_is_one_of_several_and_cannot_be_checked() {
        let shard = |value: &str| parse(format!("{{\"audit\":{{\"shard\":{value}}}}}").as_bytes());
        let request = shard("\"2/8\"").expect("a request");
        assert_eq!(
            request.shard.map(|shard| shard.to_string()),
            Some("2/8".to_owned())
        );
        for value in [
            "\"0/8\"", "\"9/8\"", "\"1/65\"", "\"\"", "2", "[2,8]", "true", "null",
        ] {
            let error = shard(value).expect_err(value).to_string();
            let expected = format!(
                "invocation: `audit.shard` is {value}; expected two whole numbers such as \"2/8\", the second of eight shards, of at most 64"
            );
            assert_eq!(error, expected);
        }
        assert_eq!(
            parse(br#"{"audit":{"shard":"2/8","check":true}}"#),
            Err(EventError::NotInCheck {
                fields: vec!["shard"]
            })
        );
    }

    #[test]
    fn overview_of_a_fleet_is_combined_with_a_dry_run_alone() {
        let request = parse(br#"{"audit":{"fleet":true,"dry_run":true}}"#).expect("a request");
        assert!(request.fleet && request.effect == Effect::DryRun);
        assert_eq!(
            parse(br#"{"audit":{"fleet":false}}"#),
            Ok(AuditRequest::default())
        );
        for (body, fields) in [
            (r#"{"audit":{"fleet":true,"as_of":"+1d"}}"#, vec!["as_of"]),
            (
                r#"{"audit":{"check":"send","fleet":true,"credential_types":["api_keys"]}}"#,
                vec!["credential_types", "check"],
            ),
        ] {
            let error = Err(EventError::NotInFleet { fields });
            assert_eq!(parse(body.as_bytes()), error, "{body}");
        }
        let text = parse(br#"{"audit":{"fleet":"all"}}"#).expect_err("no text");
        assert_eq!(
            text.to_string(),
            "invocation: `audit.fleet` is \"all\"; expected true or false"
        );
    }

    #[test]
    fn every_field_is_parsed_even_from_a_json_string() {
        let body = r#"{"audit":{"as_of":"2026-12-31T00:00:00Z","domain_urls":["https://idcs-1.identity.oraclecloud.com:443/"],
            "credential_types":["api_keys","db_credentials"],"dry_run":true},"other":1}"#;
        let request = parse(body.as_bytes()).expect("a request");
        assert_eq!(request.as_of, AsOf::parse("2026-12-31T00:00:00Z"));
        assert_eq!(request.domain_urls.as_ref().map(Vec::len), Some(1));
        assert_eq!(request.credential_types.map(CredentialTypes::len), Some(2));
        assert_eq!(request.effect, Effect::DryRun);
        let wrapped = Value::from(body).to_string();
        assert_eq!(parse(wrapped.as_bytes()), Ok(request));
    }

    #[test]
    fn invalid_request_is_refused_and_named() {
        let cases = [
            (r#"{"audit":null}"#, "`audit` is null"),
            (r#"{"audit":"dry_run"}"#, "`audit` is a string"),
            (r#"{"audit":{"dryrun":true}}"#, "`audit.dryrun` is unknown"),
            (
                r#"{"audit":{"dry_run":"yes"}}"#,
                "`audit.dry_run` is \"yes\"; expected true or false",
            ),
            (
                r#"{"audit":{"as_of":"2026-12-32"}}"#,
                "`audit.as_of` is \"2026-12-32\"; expected a date such as 2026-12-31",
            ),
            (
                r#"{"audit":{"as_of":"30d"}}"#,
                "or days from now such as +30d",
            ),
            (
                r#"{"audit":{"as_of":"9999-12-31T23:59:59-23:59"}}"#,
                "from 1970 to 9999 in UTC",
            ),
            (r#"{"audit":{"as_of":17}}"#, "`audit.as_of` is 17"),
            (
                r#"{"audit":{"domain_urls":[]}}"#,
                "`audit.domain_urls` is []",
            ),
            (
                r#"{"audit":{"domain_urls":"https://x"}}"#,
                "expected a list of identity domain URLs",
            ),
            (
                r#"{"audit":{"domain_urls":["http://example.com"]}}"#,
                "must start with https://",
            ),
            (
                r#"{"audit":{"credential_types":["api_key"]}}"#,
                "`audit.credential_types` is \"api_key\"; expected a list of: api_keys",
            ),
            (
                r#"{"audit":{"credential_types":["api_key"]}}"#,
                "smtp_credentials; did you mean `api_keys`?",
            ),
            (
                r#"{"audit":{"check":"Send"}}"#,
                "`audit.check` is \"Send\"; expected true, false or \"send\"",
            ),
            (
                r#"{"audit":{"check":"send","as_of":"2026-12-31T00:00:00Z","dry_run":true}}"#,
                "`audit.as_of` and `audit.dry_run` cannot be combined with `audit.check`",
            ),
            (r#"{"dry_run":true}"#, "`dry_run` is outside of `audit`"),
            (r#"{"check":true}"#, "`check` is outside of `audit`"),
            (r#"{"dryRun":true}"#, "`dry_run` is outside of `audit`"),
            (r#"{"DRY-RUN":true}"#, "`dry_run` is outside of `audit`"),
            (
                r#"{"audit.dry_run":true}"#,
                "`dry_run` is outside of `audit`",
            ),
            (r#"{"audit_check":true}"#, "`check` is outside of `audit`"),
            (r#"{"asOf":"+30d"}"#, "`as_of` is outside of `audit`"),
        ];
        for (body, expected) in cases {
            let message = parse(body.as_bytes()).expect_err(body).to_string();
            assert!(message.contains(expected), "{body}: {message}");
        }
    }

    #[test]
    fn check_is_requested_by_true_or_send() {
        let check = |value: &str| {
            let body =
                format!(r#"{{"audit":{{"check":{value},"credential_types":["api_keys"]}}}}"#);
            parse(body.as_bytes()).expect("a request")
        };
        assert_eq!(check("true").check, Some(CheckMode::ReadOnly));
        assert_eq!(check("\"send\"").check, Some(CheckMode::Send));
        assert_eq!(check("false").check, None);
        assert_eq!(
            check("true").credential_types.map(CredentialTypes::len),
            Some(1)
        );
        let combined = r#"{"audit":{"check":true,"dry_run":false}}"#;
        assert!(parse(combined.as_bytes()).is_ok());
    }

    #[test]
    fn as_of_may_be_relative_to_the_run() {
        let request = parse(br#"{"audit":{"as_of":"+30d"}}"#).expect("a request");
        assert_eq!(request.as_of, Some(AsOf::DaysFromNow(30)));
    }

    #[test]
    fn duplicate_domain_is_read_once() {
        let body = r#"{"audit":{"domain_urls":["https://a.example.com","https://b.example.com","https://A.example.com:443/"]}}"#;
        let request = parse(body.as_bytes()).expect("a request");
        let urls = request.domain_urls.unwrap_or_default();
        let urls: Vec<_> = urls.iter().map(ToString::to_string).collect();
        assert_eq!(urls, ["https://a.example.com", "https://b.example.com"]);
    }

    #[test]
    fn more_than_a_thousand_domains_are_refused() {
        let body = |count| {
            let urls: Vec<_> = (0..count)
                .map(|number| format!("https://idcs-{number}.identity.oraclecloud.com"))
                .collect();
            serde_json::json!({ "audit": { "domain_urls": urls } }).to_string()
        };
        assert!(parse(body(1_000).as_bytes()).is_ok());
        let message = parse(body(1_001).as_bytes()).expect_err("an error");
        assert!(
            message
                .to_string()
                .contains("expected at most 1000 identity domain URLs"),
            "{message}"
        );
    }

    #[test]
    fn malformed_request_is_not_ignored() {
        let marked = "\u{feff}{\"audit\":{\"dry_run\":true}}";
        assert!(parse(marked.as_bytes()).is_ok_and(|request| request.effect == Effect::DryRun));
        let wrapped = Value::from(marked).to_string();
        assert!(parse(wrapped.as_bytes()).is_ok_and(|request| request.effect == Effect::DryRun));
        let other = r#"{"audit":{"dry_run":true},"x":1e999}"#;
        assert!(parse(other.as_bytes()).is_ok_and(|request| request.effect == Effect::DryRun));
        for (body, expected) in [
            (
                r#"{"audit":{"dry_run":true},"audit":{}}"#,
                "`audit` is a duplicate",
            ),
            (
                r#"{"audit":{"dry_run":true,"dry_run":false}}"#,
                "`audit.dry_run` is a duplicate",
            ),
            (r#"{"audit":{"dry_run":true}"#, "is not valid JSON"),
            (r#"{"audit":{"dry_run":true,}}"#, "is not valid JSON"),
            (r#"{'audit':{'dry_run':true}}"#, "is not valid JSON"),
            (r#"{"audit":"#, "is not valid JSON"),
            (r#"{ "audit" : {"dry_run": True}}"#, "is not valid JSON"),
            (r#""{\"audit\":{\"dry_run\":true}""#, "is not valid JSON"),
            (r#""{\"audit\":{\"dry_run\":true}}"#, "is not valid JSON"),
            (r#"{"audit":{"dry_run":1e999}}"#, "`audit.dry_run` is"),
        ] {
            let message = parse(body.as_bytes()).expect_err(body).to_string();
            assert!(message.contains(expected), "{body}: {message}");
        }
        let units = "\u{feff}{\"audit\":{\"dry_run\":true}}".encode_utf16();
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let body: Vec<_> = units.clone().flat_map(to_bytes).collect();
            let message = parse(&body).expect_err("UTF-16").to_string();
            assert!(message.contains("is not valid JSON"), "{message}");
            assert!(message.contains("expected UTF-8"), "{message}");
        }
    }

    #[test]
    fn request_without_its_quotes_is_refused_and_shown_with_the_way_to_quote_it() {
        let long = format!("{{audit:{{as_of:{}}}}}", "9".repeat(300));
        let start = format!("{{audit:{{as_of:{}… ;", "9".repeat(200 - 14));
        for (body, arrived) in [
            ("{audit:{dry_run:true}}", "{audit:{dry_run:true}} ;"),
            ("'{\"audit\":{\"dry_run\":true}}'", "'{\"audit\""),
            ("{'audit':{'dry_run':true}}", "{'audit':{'dry_run':true}}"),
            (
                "{\u{201c}audit\u{201d}:{\u{201c}dry_run\u{201d}:true}}",
                "{\u{201c}audit\u{201d}",
            ),
            ("{\u{2018}audit\u{2019}:{}}", "{\u{2018}audit\u{2019}:{}}"),
            (r#"{\"audit\":{\"dry_run\":true}}"#, r#"{\"audit\""#),
            (r#""{audit:{check:send}}""#, "{audit:{check:send}}"),
            (r#""\"{\\\"audit\\\":{}}\"""#, "a string in a string"),
            ("{AUDIT:{DRY_RUN:TRUE}}", "{AUDIT:{DRY_RUN:TRUE}}"),
            ("audit: {dry_run: true}", "audit: {dry_run: true}"),
            ("audit=true", "audit=true"),
            ("an \"audit\" of something", "an \"audit\" of something"),
            ("%7B%22audit%22%3A%7B%7D%7D", "%7B%22audit%22"),
            ("{\"audit\":{\"dry_run\":true}} {}", "{\"audit\":"),
            ("{dry_run:true}", "{dry_run:true}"),
            ("{check:send}", "{check:send}"),
            ("file://audit.json", "file://audit.json"),
            ("file://check.json", "file://check.json"),
            ("a\u{0}u\u{0}d\u{0}i\u{0}t\u{0}", "a?u?d?i?t?"),
            ("{\u{200b}au\u{200b}dit:{}}\n\u{1b}[2J", "{?au?dit:{}}??[2J"),
            (&long, &start),
            // {"audit":{"dry_run":true}}
            ("eyJhdWRpdCI6eyJkcnlfcnVuIjp0cnVlfX0=", "eyJhdWRp"),
            ("eyJhdWRpdCI6eyJkcnlfcnVuIjp0cnVlfX0", "eyJhdWRp"),
            ("eyJhdWRpdCI6eyJk\r\ncnlfcnVuIjp0cnVlfX0=\r\n", "eyJhdWRp"),
            ("\"eyJhdWRpdCI6eyJkcnlfcnVuIjp0cnVlfX0=\"", "eyJhdWRp"),
            ("body=eyJhdWRpdCI6eyJkcnlfcnVuIjp0cnVlfX0=", "body=eyJh"),
            // {"Audit":{}}
            ("eyJBdWRpdCI6e319", "eyJBdWRp"),
            // {audit:{}} in UTF-16
            ("ewBhAHUAZABpAHQAOgB7AH0AfQA=", "ewBhAHUA"),
        ] {
            let error = parse(body.as_bytes()).expect_err(body);
            assert!(
                matches!(error, EventError::NotJson { .. }),
                "{body}: {error:?}"
            );
            let message = error.to_string();
            for expected in [
                arrived,
                r#"bash, zsh, PowerShell 7.3 and later: --body '{"audit":{"dry_run":true}}'"#,
                r#"Windows PowerShell 5: --body '{\"audit\":{\"dry_run\":true}}'"#,
                r#"cmd.exe: --body "{\"audit\":{\"dry_run\":true}}""#,
                "--body does not read file://",
            ] {
                assert!(message.contains(expected), "{body}: {message}");
            }
            assert!(!message.contains(display::is_unfit), "{body}: {message}");
        }
    }

    #[test]
    fn key_in_another_form_is_refused() {
        for (body, key) in [
            (r#"{"Audit":{"dry_run":true}}"#, r#""Audit""#),
            (r#"{"AUDIT":{}}"#, r#""AUDIT""#),
            (r#"{" audit":null,"other":1}"#, r#"" audit""#),
            (r#"{"'audit'":{}}"#, r#""'audit'""#),
            (r#"{"audit\u200b":{}}"#, r#""audit?""#),
            (r#""{\"Audit\":{}}""#, r#""Audit""#),
            (r#"{"audit":{"dry_run":true},"Audit":{}}"#, r#""Audit""#),
        ] {
            let message = parse(body.as_bytes()).expect_err(body).to_string();
            for expected in [
                format!("the body has the key {key}; expected \"audit\"; it starts with: {{"),
                "Windows PowerShell 5: --body".to_owned(),
            ] {
                assert!(message.contains(&expected), "{body}: {message}");
            }
        }
        let message = parse(br#"{"Dry_Run":true}"#)
            .expect_err("a field")
            .to_string();
        assert!(
            message.contains("`dry_run` is outside of `audit`"),
            "{message}"
        );
    }

    #[test]
    fn password_of_url_in_a_body_without_quotes_is_redacted() {
        let body = "{audit:{domain_urls:[https://user:pw@example.com]}}";
        let message = parse(body.as_bytes()).expect_err(body).to_string();
        assert!(message.contains("[redacted]@example.com]}}"), "{message}");
        assert!(!message.contains("pw"), "{message}");
    }

    #[test]
    fn password_of_url_is_redacted() {
        let body = r#"{"audit":{"domain_urls":["https://user:pw@example.com"]}}"#;
        let message = parse(body.as_bytes()).expect_err(body).to_string();
        assert!(message.contains("[redacted]@example.com"), "{message}");
        assert!(!message.contains("pw"), "{message}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&body);
        }
    }
}
