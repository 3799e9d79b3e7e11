//! The metadata service of a compute instance: its region, its certificates and its key.
//!
//! Source: `oci/auth/signers/instance_principals_security_token_signer.py` of Oracle's Python SDK 2.189.0. The service has a
//! link-local address and speaks plain HTTP, so no proxy is between.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};
use tokio::time::sleep;
use zeroize::Zeroizing;

use crate::auth::CredentialError;
use crate::http::transport::{Body, OutgoingRequest, Response, Transport};

/// Base of the service's URLs, instead of the link-local addresses.
pub const METADATA_BASE_URL: &str = "OCI_METADATA_BASE_URL";

/// Addresses of the service. The second one is for instances without an IPv4 route.
const BASES: [&str; 2] = [
    "http://169.254.169.254/opc/v2",
    "http://[fd00:c1::a9fe:a9fe]/opc/v2",
];
/// How long to wait for the first answer: on an instance it takes milliseconds.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Pauses before further attempts after a 404, 429 or 5xx, which the service answers while an instance starts.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
const MAX_BYTES: usize = 64 * 1024;

/// The metadata service that answered.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    transport: Arc<dyn Transport>,
    base: String,
}

/// The certificates of an instance, and its key. `Debug` is not implemented: the key is secret.
pub(super) struct Certificates {
    pub(super) leaf: String,
    pub(super) key: Zeroizing<Vec<u8>>,
    pub(super) intermediate: String,
}

impl Metadata {
    /// Finds the service, and the region of the instance in lower case. `base` is the value of [`METADATA_BASE_URL`].
    ///
    /// # Errors
    ///
    /// [`CredentialError::NoInstance`] if nobody answers in two seconds, or not as OCI's service does.
    pub(super) async fn discover(
        transport: Arc<dyn Transport>,
        base: Option<&str>,
    ) -> Result<(Self, String), CredentialError> {
        let bases = match base {
            Some(base) => vec![base.trim_end_matches('/').to_owned()],
            None => BASES.map(str::to_owned).to_vec(),
        };
        let candidates = bases.into_iter().map(|base| {
            let metadata = Self {
                transport: Arc::clone(&transport),
                base,
            };
            Box::pin(async move {
                let region = metadata.region().await;
                region.map(|region| (metadata, region))
            })
        });
        match tokio::time::timeout(
            DISCOVERY_TIMEOUT,
            futures_util::future::select_ok(candidates),
        )
        .await
        {
            Ok(Ok((found, _))) => Ok(found),
            Ok(Err(reason)) => Err(CredentialError::NoInstance { reason }),
            Err(_) => {
                let place = place(base.unwrap_or(BASES[0]));
                let reason = format!(
                    "no instance metadata service answers at {place} within {} s",
                    DISCOVERY_TIMEOUT.as_secs()
                );
                Err(CredentialError::NoInstance { reason })
            }
        }
    }

    async fn region(&self) -> Result<String, String> {
        let place = place(&self.base);
        let response = self
            .get("/instance/region", DISCOVERY_TIMEOUT)
            .await
            .map_err(|detail| {
                format!("no instance metadata service answers at {place} ({detail})")
            })?;
        let text = std::str::from_utf8(&response.body).map(str::trim);
        match text {
            Ok(region) if response.status.is_success() && is_region(region) => {
                Ok(region.to_lowercase())
            }
            _ => Err(format!(
                "{place} answers status {}, but not as the instance metadata service of OCI",
                response.status.as_u16()
            )),
        }
    }

    /// Reads certificates and key.
    pub(super) async fn certificates(&self) -> Result<Certificates, CredentialError> {
        let leaf = self.text("/identity/cert.pem").await?;
        let key = Zeroizing::new(self.read("/identity/key.pem").await?.to_vec());
        let intermediate = self.text("/identity/intermediate.pem").await?;
        Ok(Certificates {
            leaf,
            key,
            intermediate,
        })
    }

    async fn text(&self, path: &str) -> Result<String, CredentialError> {
        let bytes = self.read(path).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn read(&self, path: &str) -> Result<bytes::Bytes, CredentialError> {
        let failed = |reason: String| CredentialError::Instance {
            step: format!("{path} of the instance metadata service"),
            reason,
            remedy: "check that the instance's metadata service is on, and try again",
        };
        let response = self.get(path, TIMEOUT).await.map_err(failed)?;
        if response.status.is_success() {
            Ok(response.body)
        } else {
            Err(failed(format!("status {}", response.status.as_u16())))
        }
    }

    /// Sends a request, and again after a status that passes.
    async fn get(&self, path: &str, timeout: Duration) -> Result<Response, String> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", HeaderValue::from_static("Bearer Oracle"));
            let request = OutgoingRequest {
                method: Method::GET,
                url: format!("{}{path}", self.base),
                headers,
                body: Body::Empty,
                timeout,
                max_response_bytes: MAX_BYTES,
            };
            let response = self
                .transport
                .send(request)
                .await
                .map_err(|error| error.to_string())?;
            let status = response.status;
            let passes = status.is_server_error() || [404, 429].contains(&status.as_u16());
            match pauses.next().filter(|_| passes) {
                Some(pause) => sleep(pause).await,
                None => return Ok(response),
            }
        }
    }
}

/// A region's identifier or short code. The metadata services of other clouds answer with pages and JSON.
fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 63
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The host of a URL, for a message.
fn place(base: &str) -> &str {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    let authority = rest
        .split_once('/')
        .map_or(rest, |(authority, _)| authority);
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}
