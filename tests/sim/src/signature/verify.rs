//! Verification of the signature of one request.

use super::authorization::Authorization;
use super::keys::{KeyRing, UnknownKey};
use crate::wire::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier as _;
use sha2::{Digest as _, Sha256};

/// Why the signature of a request was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rejection {
    /// The `authorization` header is missing.
    Unsigned,
    /// The header is not of the form `Signature name="value",…`.
    Malformed,
    /// The version is not 1 or the algorithm not rsa-sha256.
    WrongAlgorithm,
    /// No key is registered under the key id.
    UnknownKey,
    /// The token's `exp` has passed.
    TokenExpired,
    /// The token was revoked.
    TokenRevoked,
    /// The token is not a JWT of this tenancy.
    TokenUnreadable,
    /// The delegation token is not one of this tenancy, or has expired.
    DelegationToken,
    /// `date` and `x-date` are missing or malformed.
    NoDate,
    /// The date is more than five minutes from the clock of the simulator.
    Skew,
    /// A required header is not signed.
    HeaderNotSigned,
    /// A signed header was not sent.
    HeaderNotSent,
    /// The Host header is not the address of the listener.
    WrongHost,
    /// `x-content-sha256` is not the hash of the body.
    WrongBodyHash,
    /// `content-length` is not the length of the body.
    WrongLength,
    /// The signature does not match the request.
    WrongSignature,
}

/// What the listener expects of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expectation<'a> {
    /// The `host:port` values of this listener.
    pub(crate) hosts: &'a [String],
    pub(crate) rule: Rule,
}

/// Which headers must be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Date, target and host, and those of a body.
    Request,
    /// PutObject and UploadPart sign no body headers (`enforce_content_headers=False` in `oci/signer.py`).
    Object,
    /// The request for a token signs no host (`AuthTokenRequestSigner` in `oci/auth/federation_client.py`).
    TokenRequest,
}

/// The token of the user on whose behalf an instance signs.
const OBO_TOKEN: &str = "opc-obo-token";

/// Maximum clock skew.
const ALLOWED_SKEW: TimeDelta = TimeDelta::minutes(5);

/// Verifies a request against the keys and the clock.
pub(crate) fn verify(
    request: &Request,
    expected: Expectation<'_>,
    keys: &KeyRing,
    now: DateTime<Utc>,
) -> Result<(), Rejection> {
    let header = request.header("authorization").ok_or(Rejection::Unsigned)?;
    let authorization = Authorization::parse(header).ok_or(Rejection::Malformed)?;
    if authorization.version != "1" || authorization.algorithm != "rsa-sha256" {
        return Err(Rejection::WrongAlgorithm);
    }
    let signed = |name: &str| authorization.headers.iter().any(|own| own == name);

    // x-date has precedence over date.
    let date_name = if request.headers.contains_key("x-date") {
        "x-date"
    } else {
        "date"
    };
    let date = request
        .header(date_name)
        .and_then(parse_date)
        .ok_or(Rejection::NoDate)?;
    let mut required = vec![date_name, "(request-target)"];
    if expected.rule != Rule::TokenRequest {
        required.push("host");
    }
    if request.headers.contains_key(OBO_TOKEN) {
        required.push(OBO_TOKEN);
    }
    let has_body = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
    if has_body && expected.rule != Rule::Object {
        required.extend(["content-length", "content-type", "x-content-sha256"]);
    }
    if required.into_iter().any(|name| !signed(name)) {
        return Err(Rejection::HeaderNotSigned);
    }
    if (now - date).abs() > ALLOWED_SKEW {
        return Err(Rejection::Skew);
    }
    if !request
        .header("host")
        .is_some_and(|host| expected.hosts.iter().any(|known| known == host))
    {
        return Err(Rejection::WrongHost);
    }

    let principal = keys
        .find(&authorization.key_id, now)
        .map_err(|unknown| match unknown {
            UnknownKey::NotRegistered => Rejection::UnknownKey,
            UnknownKey::TokenExpired => Rejection::TokenExpired,
            UnknownKey::TokenRevoked => Rejection::TokenRevoked,
            UnknownKey::TokenUnreadable => Rejection::TokenUnreadable,
        })?;
    if request
        .header(OBO_TOKEN)
        .is_some_and(|token| !keys.is_valid_token(token, now))
    {
        return Err(Rejection::DelegationToken);
    }
    let text = signing_string(request, &authorization.headers)?;
    let signature = STANDARD
        .decode(&authorization.signature)
        .map_err(|_| Rejection::WrongSignature)?;
    let signature =
        Signature::try_from(signature.as_slice()).map_err(|_| Rejection::WrongSignature)?;
    VerifyingKey::<Sha256>::new(principal.key)
        .verify(text.as_bytes(), &signature)
        .map_err(|_| Rejection::WrongSignature)?;

    // The signed headers of the body must match it.
    if signed("x-content-sha256")
        && request.header("x-content-sha256")
            != Some(&STANDARD.encode(Sha256::digest(&request.body)))
    {
        return Err(Rejection::WrongBodyHash);
    }
    if signed("content-length")
        && request.header("content-length") != Some(&request.body.len().to_string())
    {
        return Err(Rejection::WrongLength);
    }
    Ok(())
}

/// One line `name: value` per signed header, in the order of the request.
fn signing_string(request: &Request, names: &[String]) -> Result<String, Rejection> {
    let mut lines = Vec::with_capacity(names.len());
    for name in names {
        lines.push(if name == "(request-target)" {
            format!(
                "(request-target): {} {}",
                request.method.as_str().to_ascii_lowercase(),
                request.target
            )
        } else {
            format!(
                "{name}: {}",
                request.header(name).ok_or(Rejection::HeaderNotSent)?
            )
        });
    }
    Ok(lines.join("\n"))
}

/// IMF-fixdate, the only form that senders may generate.
fn parse_date(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S GMT")
        .ok()
        .map(|date| date.and_utc())
}

#[cfg(test)]
mod tests {
    use super::super::keys::{TestKey, issue_token, sign};
    use super::*;
    use crate::clock::http_date;
    use http::{HeaderName, HeaderValue, Method};

    const KEY_ID: &str = "tenancy/user/fingerprint";

    fn now() -> DateTime<Utc> {
        "2026-01-15T06:00:00Z".parse().unwrap()
    }

    struct Sent {
        request: Request,
        names: Vec<&'static str>,
        key_id: String,
    }

    impl Sent {
        fn get() -> Self {
            let request = Request {
                method: Method::GET,
                target: "/admin/v1/Users?filter=a+eq+%22b%22&count=1".to_owned(),
                headers: [("date", http_date(now()).as_str()), ("host", "127.0.0.1:1")]
                    .map(owned)
                    .into_iter()
                    .collect(),
                body: bytes::Bytes::new(),
                body_md5: None,
            };
            Self {
                request,
                names: vec!["date", "(request-target)", "host"],
                key_id: KEY_ID.to_owned(),
            }
        }

        fn post(body: &'static str) -> Self {
            let mut sent = Self::get();
            sent.request.method = Method::POST;
            sent.request.body = body.into();
            let hash = STANDARD.encode(Sha256::digest(body));
            let length = body.len().to_string();
            for (name, value) in [
                ("content-length", &*length),
                ("content-type", "application/json"),
                ("x-content-sha256", &hash),
            ] {
                sent = sent.with(name, value);
                sent.names.push(name);
            }
            sent
        }

        fn with(mut self, name: &'static str, value: &str) -> Self {
            let (name, value) = owned((name, value));
            self.request.headers.insert(name, value);
            self
        }

        fn signed(mut self) -> Request {
            let names: Vec<String> = self.names.iter().map(ToString::to_string).collect();
            let text = signing_string(&self.request, &names).unwrap();
            let header = format!(
                r#"Signature algorithm="rsa-sha256",headers="{}",keyId="{}",signature="{}",version="1""#,
                names.join(" "),
                self.key_id,
                STANDARD.encode(sign(TestKey::ApiKey, &text))
            );
            let (name, value) = owned(("authorization", &header));
            self.request.headers.insert(name, value);
            self.request
        }
    }

    fn owned((name, value): (&'static str, &str)) -> (HeaderName, HeaderValue) {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )
    }

    fn keys() -> KeyRing {
        let keys = KeyRing::new();
        keys.register(KEY_ID, TestKey::ApiKey.public());
        keys
    }

    fn check(request: &Request) -> Result<(), Rejection> {
        check_as(request, Rule::Request)
    }

    fn check_as(request: &Request, rule: Rule) -> Result<(), Rejection> {
        verify(
            request,
            Expectation {
                hosts: &["127.0.0.1:1".to_owned()],
                rule,
            },
            &keys(),
            now(),
        )
    }

    #[test]
    fn token_request_signs_no_host_and_others_do() {
        let mut sent = Sent::post("{}");
        sent.names.retain(|name| *name != "host");
        let request = sent.signed();
        assert_eq!(check_as(&request, Rule::TokenRequest), Ok(()));
        assert_eq!(
            check_as(&request, Rule::Request),
            Err(Rejection::HeaderNotSigned)
        );
    }

    #[test]
    fn delegation_token_is_signed_and_valid() {
        let claims = |expires: i64| serde_json::json!({ "exp": expires });
        let later = issue_token(&claims(now().timestamp() + 60), TestKey::Session(0));
        let expired = issue_token(&claims(now().timestamp() - 60), TestKey::Session(0));
        for (token, signed, expected) in [
            (later.as_str(), true, Ok(())),
            (&later, false, Err(Rejection::HeaderNotSigned)),
            (&expired, true, Err(Rejection::DelegationToken)),
            ("text", true, Err(Rejection::DelegationToken)),
        ] {
            let mut sent = Sent::get();
            sent.request
                .headers
                .insert(OBO_TOKEN, token.parse().unwrap());
            if signed {
                sent.names.push(OBO_TOKEN);
            }
            assert_eq!(check(&sent.signed()), expected, "{token} {signed}");
        }
    }

    #[test]
    fn valid_requests_are_accepted() {
        assert_eq!(check(&Sent::get().signed()), Ok(()));
        assert_eq!(check(&Sent::post("{}").signed()), Ok(()));
        assert_eq!(check(&Sent::post("").signed()), Ok(()));
    }

    #[test]
    fn put_object_signs_no_body_headers() {
        let mut sent = Sent::get();
        sent.request.method = Method::PUT;
        let request = sent.signed();
        assert_eq!(check_as(&request, Rule::Object), Ok(()));
        assert_eq!(
            check_as(&request, Rule::Request),
            Err(Rejection::HeaderNotSigned)
        );
    }

    #[test]
    fn x_date_replaces_date() {
        let mut sent = Sent::get()
            .with("x-date", &http_date(now()))
            .with("date", "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(
            check(
                &Sent {
                    request: sent.request.clone(),
                    ..Sent::get()
                }
                .signed()
            ),
            Err(Rejection::HeaderNotSigned)
        );
        sent.names[0] = "x-date";
        assert_eq!(check(&sent.signed()), Ok(()));
    }

    #[test]
    fn change_of_a_signed_part_is_detected() {
        let mut request = Sent::get().signed();
        request.target = request.target.replace('+', "%20");
        assert_eq!(check(&request), Err(Rejection::WrongSignature));

        let mut request = Sent::post("{}").signed();
        request.body = "[]".into();
        assert_eq!(check(&request), Err(Rejection::WrongBodyHash));

        let mut request = Sent::get().signed();
        request.method = Method::HEAD;
        assert_eq!(check(&request), Err(Rejection::WrongSignature));
    }

    #[test]
    fn each_invalid_request_has_its_rejection() {
        let bare = Sent::get().request;
        assert_eq!(check(&bare), Err(Rejection::Unsigned));

        let mut request = Sent::get().signed();
        request
            .headers
            .insert("authorization", HeaderValue::from_static("Bearer x"));
        assert_eq!(check(&request), Err(Rejection::Malformed));

        let mut request = Sent::get().signed();
        let text = request
            .header("authorization")
            .unwrap()
            .replace("rsa-sha256", "hmac-sha256");
        request
            .headers
            .insert("authorization", HeaderValue::from_str(&text).unwrap());
        assert_eq!(check(&request), Err(Rejection::WrongAlgorithm));

        let mut sent = Sent::get();
        sent.key_id = "somebody".to_owned();
        assert_eq!(check(&sent.signed()), Err(Rejection::UnknownKey));

        assert_eq!(
            check(&Sent::get().with("host", "127.0.0.1").signed()),
            Err(Rejection::WrongHost)
        );
        assert_eq!(
            check(&Sent::get().with("date", "2026-01-15T06:00:00Z").signed()),
            Err(Rejection::NoDate)
        );

        let mut sent = Sent::get();
        sent.names.pop();
        assert_eq!(check(&sent.signed()), Err(Rejection::HeaderNotSigned));

        let mut request = Sent::get().signed();
        let text = request
            .header("authorization")
            .unwrap()
            .replace("target) host", "target) host opc-x");
        request
            .headers
            .insert("authorization", HeaderValue::from_str(&text).unwrap());
        assert_eq!(check(&request), Err(Rejection::HeaderNotSent));

        assert_eq!(
            check(&Sent::post("{}").with("content-length", "3").signed()),
            Err(Rejection::WrongLength)
        );
        assert_eq!(
            check(&Sent::post("{}").with("x-content-sha256", "AAAA").signed()),
            Err(Rejection::WrongBodyHash)
        );
    }

    #[test]
    fn clock_skew_over_five_minutes_is_rejected() {
        for (seconds, expected) in [
            (300, Ok(())),
            (-300, Ok(())),
            (301, Err(Rejection::Skew)),
            (-301, Err(Rejection::Skew)),
        ] {
            let date = http_date(now() + TimeDelta::seconds(seconds));
            assert_eq!(
                check(&Sent::get().with("date", &date).signed()),
                expected,
                "{seconds}"
            );
        }
    }

    #[test]
    fn token_has_the_session_key_until_it_expires() {
        let token = issue_token(
            &serde_json::json!({ "exp": now().timestamp() + 60 }),
            TestKey::ApiKey,
        );
        let sent = |token: &str| Sent {
            key_id: format!("ST${token}"),
            ..Sent::get()
        };
        assert_eq!(check(&sent(&token).signed()), Ok(()));

        let other = issue_token(
            &serde_json::json!({ "exp": now().timestamp() + 60 }),
            TestKey::Session(0),
        );
        assert_eq!(
            check(&sent(&other).signed()),
            Err(Rejection::WrongSignature)
        );

        let expired = issue_token(
            &serde_json::json!({ "exp": now().timestamp() }),
            TestKey::ApiKey,
        );
        assert_eq!(
            check(&sent(&expired).signed()),
            Err(Rejection::TokenExpired)
        );

        let forged = format!("{}A", &token[..token.len() - 1]);
        assert!(matches!(
            check(&sent(&forged).signed()),
            Err(Rejection::TokenUnreadable)
        ));

        let keys = keys();
        keys.revoke(&token);
        let expected = Expectation {
            hosts: &["127.0.0.1:1".to_owned()],
            rule: Rule::Request,
        };
        assert_eq!(
            verify(&sent(&token).signed(), expected, &keys, now()),
            Err(Rejection::TokenRevoked)
        );
    }
}
