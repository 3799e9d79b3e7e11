//! Signatures compared with those of Oracle's SDK: every step of every golden case, byte for byte.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests; a failure fails the test"
)]

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeZone as _, Utc};
use credential_audit::auth::Identity;
use credential_audit::auth::key::PrivateKey;
use credential_audit::auth::signature::{
    SignableBody, SignableRequest, SigningError, http_date, sign, sign_token_request,
};
use http::Method;
use proptest::prelude::*;
use serde::Deserialize;
use zeroize::Zeroizing;

/// The `request.json` of a case.
#[derive(Deserialize)]
struct Request {
    method: String,
    target: String,
    host: String,
    signed_content_type: Option<String>,
    body: String,
    key_id: String,
    delegation_token: Option<String>,
    #[serde(default = "yes")]
    signs_host: bool,
    instant: i64,
    expected: Expected,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Expected {
    date: String,
    header_list: String,
    content_length: Option<String>,
    x_content_sha256: Option<String>,
}

#[test]
fn golden_cases_match_the_sdk() {
    let mut names = Vec::new();
    for folder in std::fs::read_dir(golden()).unwrap() {
        let folder = folder.unwrap().path();
        if folder.join("request.json").is_file() {
            names.push(folder.file_name().unwrap().to_str().unwrap().to_owned());
            check_case(&folder);
        }
    }
    names.sort();
    // A missing folder fails the test.
    assert_eq!(
        names,
        [
            "delegation_token_get",
            "delegation_token_post",
            "delegation_token_put",
            "delete",
            "head",
            "instance_token_request",
            "notification_non_ascii",
            "post_empty",
            "put_object",
            "query_with_plus",
            "repeated_query_and_reserved",
            "scim_get",
            "scim_get_port_443",
            "search_post",
            "security_token_get",
            "security_token_post",
            "target_root",
        ]
    );
}

fn check_case(folder: &Path) {
    let name = folder.display();
    let text = |file: &str| read(&folder.join(file));
    let case: Request = serde_json::from_str(&text("request.json")).unwrap();
    let method = Method::from_bytes(case.method.as_bytes()).unwrap();
    let body = match &case.signed_content_type {
        Some(content_type) => SignableBody::Signed {
            content_type,
            bytes: case.body.as_bytes(),
        },
        None => SignableBody::Unsigned,
    };
    let request = SignableRequest {
        method: &method,
        target: &case.target,
        host: &case.host,
        body,
    };
    let date = Utc.timestamp_opt(case.instant, 0).unwrap();
    let identity = Identity {
        delegation_token: case.delegation_token.clone().map(Zeroizing::new),
        ..identity(&case.key_id)
    };
    let signed = if case.signs_host {
        sign(&request, &identity, date).unwrap()
    } else {
        sign_token_request(&request, &identity, date).unwrap()
    };
    let sent = signed.headers().find(|(name, _)| *name == "opc-obo-token");
    assert_eq!(
        sent.map(|(_, token)| token),
        case.delegation_token.as_deref(),
        "{name}: delegation token"
    );

    assert_eq!(signed.date, case.expected.date, "{name}: date");
    assert_eq!(signed.host, case.host, "{name}: host");
    let content = signed.content.as_ref();
    assert_eq!(
        content.map(|c| &c.length),
        case.expected.content_length.as_ref(),
        "{name}: length"
    );
    assert_eq!(
        content.map(|c| &c.content_type),
        case.signed_content_type.as_ref(),
        "{name}: content type"
    );
    assert_eq!(
        content.map(|c| &c.sha256),
        case.expected.x_content_sha256.as_ref(),
        "{name}: sha"
    );
    assert_eq!(
        signed.header_list, case.expected.header_list,
        "{name}: header list"
    );
    assert_eq!(
        signed.signing_string,
        text("signing_string.txt"),
        "{name}: signing string"
    );
    assert_eq!(signed.signature, text("signature.txt"), "{name}: signature");
    assert_eq!(
        signed.authorization,
        text("authorization.txt"),
        "{name}: authorization"
    );
}

#[test]
fn sent_headers_are_the_signed_ones_and_authorization() {
    let request = SignableRequest {
        method: &Method::POST,
        target: "/x",
        host: "example.com:443",
        body: SignableBody::Signed {
            content_type: "application/json",
            bytes: b"{}",
        },
    };
    let signed = sign(&request, &identity("id"), noon()).unwrap();
    let headers: Vec<_> = signed.headers().collect();
    let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "date",
            "host",
            "content-length",
            "content-type",
            "x-content-sha256",
            "authorization"
        ]
    );
    assert_eq!(headers[1], ("host", "example.com:443"));
    for (name, value) in &headers[..5] {
        let line = format!("{name}: {value}");
        assert!(
            signed.signing_string.lines().any(|signed| signed == line),
            "{line}"
        );
    }

    let get = SignableRequest {
        method: &Method::GET,
        body: SignableBody::Unsigned,
        ..request
    };
    let signed = sign(&get, &identity("id"), noon()).unwrap();
    let names: Vec<_> = signed.headers().map(|(name, _)| name).collect();
    assert_eq!(names, ["date", "host", "authorization"]);
}

#[test]
fn dates_are_imf_fixdates() {
    for (instant, text) in [
        ("2026-01-15T06:00:00Z", "Thu, 15 Jan 2026 06:00:00 GMT"),
        ("2028-02-29T23:59:59.999Z", "Tue, 29 Feb 2028 23:59:59 GMT"),
        ("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ] {
        assert_eq!(http_date(instant.parse().unwrap()), text);
    }
}

#[test]
fn unsendable_request_is_not_signed() {
    let good = SignableRequest {
        method: &Method::POST,
        target: "/a?b=c",
        host: "example.com",
        body: SignableBody::Signed {
            content_type: "text/plain; charset=utf-8",
            bytes: b"",
        },
    };
    assert!(sign(&good, &identity("id"), noon()).is_ok());
    let typed = |content_type| SignableBody::Signed {
        content_type,
        bytes: b"",
    };
    for (request, key_id, expected) in [
        (SignableRequest { target: "", ..good }, "id", "target"),
        (
            SignableRequest {
                target: "/a b",
                ..good
            },
            "id",
            "target",
        ),
        (
            SignableRequest {
                target: "/ü",
                ..good
            },
            "id",
            "target",
        ),
        (
            SignableRequest {
                target: "/a\nhost: evil",
                ..good
            },
            "id",
            "target",
        ),
        (
            SignableRequest {
                host: "a\r\nb",
                ..good
            },
            "id",
            "host",
        ),
        (SignableRequest { host: "", ..good }, "id", "host"),
        (
            SignableRequest {
                body: typed("text/plain\r\nx: y"),
                ..good
            },
            "id",
            "content type",
        ),
        (
            SignableRequest {
                body: typed(" text/plain"),
                ..good
            },
            "id",
            "content type",
        ),
        (good, "ST$a\nb", "key id"),
        (good, "a\",signature=\"", "key id"),
    ] {
        match sign(&request, &identity(key_id), noon()) {
            Err(SigningError::NotSendable { part }) => assert_eq!(part, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The lines of the signing string are the listed headers with the values sent.
    #[test]
    fn signing_string_parses_back(
        target in "/[!-~]{0,200}",
        host in "[!-~]{1,60}",
        content_type in "[!-~]([ -~]{0,30}[!-~])?",
        body in proptest::collection::vec(any::<u8>(), 0..300),
        signs_body in any::<bool>(),
        seconds in 0..4_102_444_800_i64,
    ) {
        let signable = if signs_body {
            SignableBody::Signed { content_type: &content_type, bytes: &body }
        } else {
            SignableBody::Unsigned
        };
        let request =
            SignableRequest { method: &Method::PATCH, target: &target, host: &host, body: signable };
        let date = Utc.timestamp_opt(seconds, 0).unwrap();
        let signed = sign(&request, &identity("tenancy/user/fingerprint"), date).unwrap();

        let lines: Vec<(&str, &str)> =
            signed.signing_string.split('\n').map(|line| line.split_once(": ").unwrap()).collect();
        let names: Vec<&str> = lines.iter().map(|(name, _)| *name).collect();
        prop_assert_eq!(names.join(" "), signed.header_list.as_str());
        prop_assert_eq!(lines[0].1, http_date(date));
        prop_assert_eq!(lines[1].1, format!("patch {target}"));
        prop_assert_eq!(lines[2].1, host.as_str());
        prop_assert_eq!(lines.len(), if signs_body { 6 } else { 3 });
        if signs_body {
            prop_assert_eq!(lines[3].1, body.len().to_string());
            prop_assert_eq!(lines[4].1, content_type.as_str());
        }
        for (name, value) in signed.headers().filter(|(name, _)| *name != "authorization") {
            prop_assert!(lines.contains(&(name, value)));
        }
        // The date parses back to the signed second.
        let read = DateTime::parse_from_rfc2822(&signed.date).unwrap();
        prop_assert_eq!(read.timestamp(), seconds);
    }
}

fn identity(key_id: &str) -> Identity {
    Identity {
        key_id: key_id.to_owned(),
        key: key().into(),
        expires_at: None,
        tenancy: None,
        compartment: None,
        delegation_token: None,
    }
}

fn key() -> PrivateKey {
    PrivateKey::from_pem(read(&golden().join("keys/pkcs8.pem")).as_bytes(), None).unwrap()
}

fn noon() -> DateTime<Utc> {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/signing")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
