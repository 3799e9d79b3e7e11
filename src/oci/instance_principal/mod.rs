//! The credentials of a compute instance, also on behalf of the user of a Cloud Shell.
//!
//! An instance proves itself to OCI's auth service with a certificate of its metadata service, and gets a token for a key that
//! this program generates. The token lasts some minutes, so it is replaced before it expires, each time with a new key and with
//! the certificate that is valid then. Like `InstancePrincipalsSecurityTokenSigner` of Oracle's Python SDK 2.189.0.
//!
//! - `metadata`: the metadata service
//! - `certificate`: tenancy and fingerprint of the instance's certificate
//! - `federation`: the request for a token

mod certificate;
mod federation;
mod metadata;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex as AsyncMutex;

use crate::auth::config_file::DelegationToken;
use crate::auth::key::PrivateKey;
use crate::auth::{CredentialError, CredentialSource, Identity, Obtaining, Renewal};
use crate::http::endpoint::Endpoint;
use crate::http::transport::Transport;

pub use self::metadata::METADATA_BASE_URL;

use self::certificate::{InstanceCertificate, sanitized};
use self::federation::{TokenRequest, request_token};
use self::metadata::Metadata;

/// How long before it expires a token is replaced, at most half of its lifetime. If that fails, the old one still signs.
const REFRESH_MARGIN: TimeDelta = TimeDelta::minutes(5);

/// A token that is rejected while it is younger than this is not replaced: the next one would be rejected too. Services answer 401
/// to an instance without permission.
const MIN_AGE_TO_REPLACE: TimeDelta = TimeDelta::minutes(1);

/// How long after a failed exchange a token that is still valid signs without another one.
const PAUSE_AFTER_FAILURE: TimeDelta = TimeDelta::seconds(30);

/// A compute instance of OCI, found by its metadata service.
#[derive(Clone, Debug)]
pub struct Instance {
    metadata: Metadata,
    region: String,
}

impl Instance {
    /// Finds the metadata service. `transport` must use no proxy. `base` is the value of [`METADATA_BASE_URL`], if it is set.
    ///
    /// # Errors
    ///
    /// [`CredentialError::NoInstance`] if no metadata service of OCI answers within two seconds.
    pub async fn find(
        transport: Arc<dyn Transport>,
        base: Option<&str>,
    ) -> Result<Self, CredentialError> {
        let (metadata, region) = Metadata::discover(transport, base).await?;
        Ok(Self { metadata, region })
    }

    /// The region of the instance, possibly as a short code (`phx`).
    pub fn region(&self) -> &str {
        &self.region
    }
}

/// A token, and the tenancy of the instance that got it.
#[derive(Clone)]
struct Issued {
    identity: Arc<Identity>,
    instance_tenancy: String,
    /// When it was requested.
    requested_at: DateTime<Utc>,
}

/// The credentials of an instance.
pub struct InstancePrincipal {
    metadata: Metadata,
    transport: Arc<dyn Transport>,
    endpoint: Endpoint,
    on_behalf_of: Option<DelegationToken>,
    current: Mutex<Option<Issued>>,
    /// When an exchange failed last.
    failed_at: Mutex<Option<DateTime<Utc>>>,
    /// One exchange at a time. Requests without a valid token wait for it and take its result; others sign meanwhile.
    exchange: AsyncMutex<()>,
}

impl InstancePrincipal {
    /// Creates the credentials without a request. `endpoint` is that of the auth service with its path, `/v1/x509`.
    pub fn new(
        instance: Instance,
        transport: Arc<dyn Transport>,
        endpoint: Endpoint,
        on_behalf_of: Option<DelegationToken>,
    ) -> Self {
        Self {
            metadata: instance.metadata,
            transport,
            endpoint,
            on_behalf_of,
            current: Mutex::default(),
            failed_at: Mutex::default(),
            exchange: AsyncMutex::new(()),
        }
    }

    fn known(&self) -> Option<Issued> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }

    /// Replaces the token, unless another request just did.
    async fn replace(
        &self,
        now: DateTime<Utc>,
        rejected: Option<&Identity>,
    ) -> Result<(), CredentialError> {
        let is_valid = |known: &Issued| {
            rejected.is_none() && known.identity.expires_at.is_some_and(|end| now < end)
        };
        let _one_at_a_time = match self.exchange.try_lock() {
            Ok(guard) => guard,
            Err(_) if self.known().as_ref().is_some_and(is_valid) => return Ok(()),
            Err(_) => self.exchange.lock().await,
        };
        let known = self.known();
        if !self.is_due(known.as_ref(), now, rejected) {
            return Ok(());
        }
        match (self.exchange(now, known.as_ref()).await, known) {
            (Ok(issued), _) => {
                let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
                *current = Some(issued);
                *self.lock_failure() = None;
                Ok(())
            }
            (Err(error), Some(old)) if is_valid(&old) => {
                *self.lock_failure() = Some(now);
                tracing::warn!(%error, "the token of the instance could not be replaced; signing with the old one, which is still valid");
                Ok(())
            }
            (Err(error), _) => Err(error),
        }
    }

    fn lock_failure(&self) -> MutexGuard<'_, Option<DateTime<Utc>>> {
        self.failed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a token must be requested.
    fn is_due(
        &self,
        known: Option<&Issued>,
        now: DateTime<Utc>,
        rejected: Option<&Identity>,
    ) -> bool {
        let Some(known) = known else {
            return true;
        };
        let identity = &known.identity;
        if let Some(rejected) = rejected {
            return rejected.key_id == identity.key_id
                && now >= known.requested_at + MIN_AGE_TO_REPLACE;
        }
        let failed_lately = |end: DateTime<Utc>| {
            let failed_at = *self.lock_failure();
            now < end && failed_at.is_some_and(|at| now < at + PAUSE_AFTER_FAILURE)
        };
        let is_near =
            |end: DateTime<Utc>| now >= end - REFRESH_MARGIN.min((end - known.requested_at) / 2);
        identity
            .expires_at
            .is_some_and(|end| is_near(end) && !failed_lately(end))
    }

    async fn exchange(
        &self,
        now: DateTime<Utc>,
        known: Option<&Issued>,
    ) -> Result<Issued, CredentialError> {
        let of_certificate = |reason: String| CredentialError::Instance {
            step: "the certificate of the instance metadata service".to_owned(),
            reason,
            remedy: "check the instance metadata service",
        };
        let certificates = self.metadata.certificates().await?;
        let certificate = InstanceCertificate::from_pem(&certificates.leaf)
            .map_err(|error| of_certificate(error.to_string()))?;
        if known.is_some_and(|known| known.instance_tenancy != certificate.tenancy) {
            return Err(of_certificate(
                "names another tenancy than before".to_owned(),
            ));
        }
        let unusable = |error: crate::auth::key::KeyError| of_certificate(error.to_string());
        let key = PrivateKey::from_pem(&certificates.key, None).map_err(unusable)?;
        let (session_key, public_key) = PrivateKey::generate().map_err(unusable)?;
        let request = TokenRequest {
            certificate: &certificate,
            intermediate: sanitized(&certificates.intermediate),
            key: Arc::new(key),
            public_key: &public_key,
        };
        let token = request_token(&self.transport, &self.endpoint, &request, now).await?;
        let mut identity = Identity::of_token(&token, session_key).map_err(|reason| {
            CredentialError::UnusableToken {
                location: format!("the token of {}", self.endpoint.authority()),
                reason,
                remedy: "check the endpoint of the auth service".to_owned(),
            }
        })?;
        match &self.on_behalf_of {
            // The instance of a Cloud Shell is in a tenancy of Oracle's.
            Some(user) => {
                identity.delegation_token = Some(user.read()?);
                identity.tenancy = user.tenancy().map(str::to_owned);
            }
            None => identity.tenancy = Some(certificate.tenancy.clone()),
        }
        Ok(Issued {
            identity: Arc::new(identity),
            instance_tenancy: certificate.tenancy,
            requested_at: now,
        })
    }
}

impl CredentialSource for InstancePrincipal {
    fn current(&self, _: DateTime<Utc>) -> Result<Arc<Identity>, CredentialError> {
        let known = self.known().map(|known| known.identity);
        known.ok_or_else(|| CredentialError::Instance {
            step: "the token of the instance".to_owned(),
            reason: "none was requested yet".to_owned(),
            remedy: "try again",
        })
    }

    fn renew(&self, now: DateTime<Utc>) -> Result<Renewal, CredentialError> {
        let identity = self.current(now)?;
        Ok(Renewal { identity })
    }

    fn obtain<'a>(
        &'a self,
        now: DateTime<Utc>,
        rejected: Option<&'a Identity>,
    ) -> Option<Obtaining<'a>> {
        let known = self.known();
        self.is_due(known.as_ref(), now, rejected)
            .then(|| -> Obtaining<'a> { Box::pin(self.replace(now, rejected)) })
    }
}

impl fmt::Debug for InstancePrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstancePrincipal")
            .field("endpoint", &self.endpoint)
            .field("on_behalf_of", &self.on_behalf_of)
            .finish_non_exhaustive()
    }
}
