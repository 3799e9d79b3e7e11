//! The claims of a session token (a JWT). Not verified: only the service can, and does.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurposeConfig;
use base64::engine::general_purpose::GeneralPurpose;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// JWTs have no padding (RFC 7515, 2); padding is accepted nevertheless.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The claims that this program uses, named as in Oracle's SDK (`ephemeral_resource_principals_signer.py`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Claims {
    /// `exp`: when the token expires.
    pub(super) expires_at: Option<DateTime<Utc>>,
    /// `res_tenant`: OCID of the resource's tenancy.
    pub(super) tenancy: Option<String>,
    /// `res_compartment`: OCID of the resource's compartment.
    pub(super) compartment: Option<String>,
}

/// Why a text is not a token. No variant contains any of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Only white space.
    #[error("it is empty")]
    Empty,
    /// Not three parts of base64url joined by dots.
    #[error("it is not a token: expected a JWT, three parts of base64url joined by dots")]
    NotJwt,
    /// The middle part is not a JSON object.
    #[error("it is not a token: the middle part of the JWT is not a JSON object in base64url")]
    NoClaims,
}

/// Removes all white space from `text`: a file ends in a newline, which is not valid in a header.
pub(super) fn strip(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Parses the claims of `token`, which has no white space.
///
/// # Errors
///
/// [`TokenError`] if it is not a JWT with a JSON object.
pub(super) fn claims(token: &str) -> Result<Claims, TokenError> {
    if token.is_empty() {
        return Err(TokenError::Empty);
    }
    let well_formed = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
    };
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(TokenError::NotJwt);
    };
    if ![header, payload, signature].into_iter().all(well_formed) {
        return Err(TokenError::NotJwt);
    }
    let json = BASE64.decode(payload).map_err(|_| TokenError::NoClaims)?;
    let claims: Map<String, Value> =
        serde_json::from_slice(&json).map_err(|_| TokenError::NoClaims)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Claims {
        expires_at: claims
            .get("exp")
            .and_then(Value::as_f64)
            .and_then(numeric_date),
        tenancy: text("res_tenant"),
        compartment: text("res_compartment"),
    })
}

/// Parses a NumericDate (RFC 7519, 2): seconds since 1970, possibly with a fraction.
fn numeric_date(seconds: f64) -> Option<DateTime<Utc>> {
    // Whole seconds of any plausible date are exact in an f64. The cast saturates.
    DateTime::from_timestamp(seconds as i64, 0)
}
