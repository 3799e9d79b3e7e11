//! A compute instance: its metadata service, and OCI's auth service, which issues its tokens.
//!
//! Source: what Oracle's SDK requests (`oci/auth/certificate_retriever.py`, `oci/auth/federation_client.py`). The SDK is a
//! client of this module in `tests/legacy_scripts/check_sdk.py`.

use crate::reply::Reply;
use crate::signature::{TestKey, issue_token_for};
use crate::wire::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use rsa::RsaPublicKey;
use rsa::pkcs8::DecodePublicKey as _;
use serde_json::{Value as Json, json};
use sha1::{Digest as _, Sha1};
use std::time::Duration;

const CERTIFICATE: &str = include_str!("../keys/instance-certificate.pem");
const INTERMEDIATE: &str = include_str!("../keys/intermediate.pem");
/// The tenancy that the certificate names.
const TENANCY: &str = "ocid1.tenancy.oc1..aaaaaaaatenancysimulator";

/// The services of the instance.
#[derive(Debug)]
pub(crate) struct Instance {
    tenancy: String,
    region: String,
    token_lifetime: Duration,
}

/// The key id that signs requests for tokens: the tenancy and the SHA-1 fingerprint of the certificate.
pub(crate) fn key_id() -> String {
    let der = STANDARD.decode(body_of(CERTIFICATE)).unwrap_or_default();
    let pairs: Vec<_> = Sha1::digest(der)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!("{TENANCY}/fed-x509/{}", pairs.join(":"))
}

/// A PEM text without its first and last line and without line ends.
fn body_of(pem: &str) -> String {
    pem.lines()
        .filter(|line| !line.starts_with("-----"))
        .collect()
}

impl Instance {
    pub(crate) fn new(tenancy: &str, region: &str, token_lifetime: Duration) -> Self {
        Self {
            tenancy: tenancy.to_owned(),
            region: region.to_owned(),
            token_lifetime,
        }
    }

    pub(crate) fn answer(&self, request: &Request, now: DateTime<Utc>) -> Reply {
        let text = |text: &str| {
            Reply::new(200)
                .content_type("text/plain")
                .body(text.to_owned())
        };
        if request.method == "POST" && request.path() == "/v1/x509" {
            return self.issue(&request.body, now);
        }
        // The real service refuses requests without this header.
        if request.header("authorization") != Some("Bearer Oracle") {
            return Reply::new(404);
        }
        match request.path() {
            "/opc/v2/instance/region" => text(short_code(&self.region)),
            "/opc/v2/identity/cert.pem" => text(CERTIFICATE),
            "/opc/v2/identity/key.pem" => text(TestKey::Instance.pem()),
            "/opc/v2/identity/intermediate.pem" => text(INTERMEDIATE),
            _ => Reply::new(404),
        }
    }

    /// Issues a token for the public key of the request, which the key of the certificate signed.
    fn issue(&self, body: &[u8], now: DateTime<Utc>) -> Reply {
        let invalid = |what: &str| Reply::oci_error(400, "InvalidParameter", what);
        let Ok(body) = serde_json::from_slice::<Json>(body) else {
            return invalid("the body is not JSON");
        };
        if body["certificate"] != body_of(CERTIFICATE) {
            return invalid("certificate");
        }
        if body["intermediateCertificates"] != json!([body_of(INTERMEDIATE)]) {
            return invalid("intermediateCertificates");
        }
        let key = body["publicKey"].as_str().unwrap_or_default();
        let key = STANDARD.decode(key).unwrap_or_default();
        let Ok(key) = RsaPublicKey::from_public_key_der(&key) else {
            return invalid("publicKey");
        };
        let lifetime = i64::try_from(self.token_lifetime.as_secs()).unwrap_or(i64::MAX);
        let claims = json!({
            "sub": "ocid1.instance.oc1.phx.aaaaaaaasimulator",
            "opc-instance": "ocid1.instance.oc1.phx.aaaaaaaasimulator",
            "opc-tenant": self.tenancy,
            "ptype": "instance",
            "iat": now.timestamp(),
            "exp": now.timestamp().saturating_add(lifetime),
            "jti": STANDARD.encode(now.timestamp_micros().to_be_bytes()),
        });
        Reply::json(200, &json!({ "token": issue_token_for(&claims, &key) }))
    }
}

/// The metadata service names old regions by their short codes.
fn short_code(region: &str) -> &str {
    match region {
        "us-phoenix-1" => "phx",
        "us-ashburn-1" => "iad",
        other => other,
    }
}
