//! Why a service may have rejected a signature. Pure.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use http::StatusCode;

use crate::auth::Identity;

use super::transport::Response;

/// Max difference between this clock and the service's; OCI rejects more (documentation, "Request Signatures").
const MAX_CLOCK_SKEW_SECONDS: i64 = 300;

/// What is known about the signature of a request that got a 401. Displayed as a clause, without advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The session token has expired, by its own claim.
    SessionExpired {
        /// When.
        at: DateTime<Utc>,
    },
    /// This clock and the service's differ by more than the service accepts.
    ClockSkew {
        /// This clock less the service's, in seconds.
        seconds: i64,
    },
    /// It was signed with this API key.
    ApiKey {
        /// Fingerprint of the public key.
        fingerprint: String,
        /// OCID of the user.
        user: String,
        /// OCID of the tenancy.
        tenancy: String,
    },
}

impl Rejection {
    /// What is known about the signature of `response`, if its status is 401.
    pub(super) fn of(response: &Response, identity: &Identity, now: DateTime<Utc>) -> Option<Self> {
        if response.status != StatusCode::UNAUTHORIZED {
            return None;
        }
        if let Some(at) = identity.expires_at.filter(|expires| *expires <= now) {
            return Some(Self::SessionExpired { at });
        }
        let service_time = response
            .header("date")
            .and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let skew = service_time.map(|time| (now - time.with_timezone(&Utc)).num_seconds());
        match skew.filter(|skew| skew.abs() > MAX_CLOCK_SKEW_SECONDS) {
            Some(seconds) => Some(Self::ClockSkew { seconds }),
            None => Self::api_key(&identity.key_id),
        }
    }

    /// The parts of the id of an API key, which are not secret. The id of a session token has one part.
    fn api_key(key_id: &str) -> Option<Self> {
        match key_id.split('/').collect::<Vec<_>>()[..] {
            [tenancy, user, fingerprint] => Some(Self::ApiKey {
                fingerprint: fingerprint.to_owned(),
                user: user.to_owned(),
                tenancy: tenancy.to_owned(),
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SessionExpired { at } => write!(
                f,
                "the session token expired at {}",
                at.to_rfc3339_opts(SecondsFormat::Secs, true)
            ),
            Self::ClockSkew { seconds } => write!(
                f,
                "this clock is {} s {} the service's; the service rejects more than {MAX_CLOCK_SKEW_SECONDS} s",
                seconds.abs(),
                if *seconds > 0 { "ahead of" } else { "behind" }
            ),
            Self::ApiKey {
                fingerprint,
                user,
                tenancy,
            } => write!(
                f,
                "signed with the API key {fingerprint} of user {user} in tenancy {tenancy}"
            ),
        }
    }
}
