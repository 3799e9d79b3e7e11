//! The request for a token of a compute instance, to OCI's auth service.
//!
//! Source: `oci/auth/federation_client.py` of Oracle's Python SDK 2.189.0. The key of the instance's certificate signs; the
//! host is not signed.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use zeroize::Zeroizing;

use crate::auth::key::PrivateKey;
use crate::auth::signature::{SignableBody, SignableRequest, SigningError, sign_token_request};
use crate::auth::{CredentialError, Identity};
use crate::http::endpoint::Endpoint;
use crate::http::transport::{Body, OutgoingRequest, Response, Transport, TransportErrorKind};
use crate::server_text::ServerText;

use super::certificate::InstanceCertificate;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Pauses before further attempts after a 429, a 5xx, or no response for a reason that may pass.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
const MAX_BYTES: usize = 64 * 1024;

/// What a token is requested with.
pub(super) struct TokenRequest<'a> {
    pub(super) certificate: &'a InstanceCertificate,
    /// The base64 of the intermediate certificate.
    pub(super) intermediate: String,
    /// The key of the certificate.
    pub(super) key: Arc<PrivateKey>,
    /// The public key of the session, in DER.
    pub(super) public_key: &'a [u8],
}

/// The body, in the SDK's order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    certificate: &'a str,
    public_key: String,
    intermediate_certificates: [&'a str; 1],
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// Requests a token from the auth service. Asking twice does no harm.
pub(super) async fn request_token(
    transport: &Arc<dyn Transport>,
    endpoint: &Endpoint,
    request: &TokenRequest<'_>,
    now: DateTime<Utc>,
) -> Result<Zeroizing<String>, CredentialError> {
    let failed = |reason: String, remedy| CredentialError::Instance {
        step: format!(
            "the auth service at {} issued no token",
            endpoint.authority()
        ),
        reason,
        remedy,
    };
    let mut pauses = PAUSES.into_iter();
    let result = loop {
        let outgoing = outgoing(endpoint, request, now)
            .map_err(|error| failed(error.to_string(), "try again"))?;
        let result = transport.send(outgoing).await;
        let passes = match &result {
            Ok(response) => response.status.is_server_error() || response.status == 429,
            Err(error) => !matches!(
                error.kind,
                TransportErrorKind::Certificate
                    | TransportErrorKind::ProxyAuthentication
                    | TransportErrorKind::Request
            ),
        };
        match pauses.next().filter(|_| passes) {
            Some(pause) => sleep(pause).await,
            None => break result,
        }
    };
    let response = result.map_err(|error| {
        failed(
            error.to_string(),
            "check the route from the instance to the auth service",
        )
    })?;
    if !response.status.is_success() {
        let remedy = match response.status.as_u16() {
            401 => {
                "check the clock of the instance, and that the instance may use instance principals"
            }
            _ => "try again",
        };
        return Err(failed(refusal(&response), remedy));
    }
    let token: Token = serde_json::from_slice(&response.body)
        .map_err(|_| failed("its answer has no token".to_owned(), "check the endpoint"))?;
    Ok(Zeroizing::new(token.token))
}

fn outgoing(
    endpoint: &Endpoint,
    request: &TokenRequest<'_>,
    now: DateTime<Utc>,
) -> Result<OutgoingRequest, SigningError> {
    let TokenRequest {
        certificate,
        intermediate,
        key,
        public_key,
    } = request;
    let payload = Payload {
        certificate: &certificate.base64,
        public_key: STANDARD.encode(public_key),
        intermediate_certificates: [intermediate],
    };
    // Not reached: the payload has only texts.
    let body =
        serde_json::to_vec(&payload).map_err(|_| SigningError::NotSendable { part: "payload" })?;
    let signer = Identity {
        key_id: format!(
            "{}/fed-x509/{}",
            certificate.tenancy, certificate.fingerprint
        ),
        key: Arc::clone(key),
        expires_at: None,
        tenancy: None,
        compartment: None,
        delegation_token: None,
    };
    let target = endpoint.target("");
    let signable = SignableRequest {
        method: &Method::POST,
        target: &target,
        host: endpoint.authority(),
        body: SignableBody::Signed {
            content_type: "application/json",
            bytes: &body,
        },
    };
    let signed = sign_token_request(&signable, &signer, now)?;
    let mut headers = HeaderMap::new();
    for (name, value) in signed.headers() {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| SigningError::NotSendable { part: "header" })?;
        value.set_sensitive(name == "authorization");
        headers.insert(name, value);
    }
    Ok(OutgoingRequest {
        method: Method::POST,
        url: endpoint.url(&target),
        headers,
        body: Body::Whole(body.into()),
        timeout: TIMEOUT,
        max_response_bytes: MAX_BYTES,
    })
}

/// Status, code and request of a refusal. The words of the service are not shown: they may quote the request.
fn refusal(response: &Response) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        code: Option<String>,
    }
    let mut text = format!("status {}", response.status.as_u16());
    let code = serde_json::from_slice::<Refusal>(&response.body).ok();
    let code = code.and_then(|refusal| refusal.code);
    let code = code.map(|code| ServerText::new(&code));
    if let Some(code) = code.filter(ServerText::is_identifier) {
        text.push_str(&format!(" {code}"));
    }
    let id = response.header("opc-request-id").map(ServerText::new);
    if let Some(id) = id.filter(ServerText::is_identifier) {
        text.push_str(&format!(" [request {id}]"));
    }
    text
}
