//! The certificate of a compute instance.
//!
//! Source: `oci/auth/auth_utils.py` and `oci/auth/federation_client.py` of Oracle's Python SDK 2.189.0.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// Attributes of the subject that begin with one of these name the tenancy.
const TENANCY_PREFIXES: [&str; 2] = ["opc-tenant:", "opc-identity:"];

/// What a request for a token needs of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InstanceCertificate {
    /// Its base64, without lines.
    pub(super) base64: String,
    /// OCID of the tenancy.
    pub(super) tenancy: String,
    /// SHA-1 of the certificate, as pairs of upper-case hex digits joined by colons.
    pub(super) fingerprint: String,
}

/// Why a text is not the certificate of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CertificateError {
    #[error("is not a certificate in PEM")]
    NotPem,
    #[error("names no tenancy (opc-tenant)")]
    NoTenancy,
}

impl InstanceCertificate {
    pub(super) fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        let base64 = sanitized(pem);
        let der = STANDARD
            .decode(&base64)
            .map_err(|_| CertificateError::NotPem)?;
        let certificate = Certificate::from_der(&der).map_err(|_| CertificateError::NotPem)?;
        let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, &der);
        let pairs: Vec<_> = digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        Ok(Self {
            tenancy: tenancy(&certificate).ok_or(CertificateError::NoTenancy)?,
            fingerprint: pairs.join(":"),
            base64,
        })
    }
}

/// The base64 of a PEM text, as the SDK sends it (`sanitize_certificate_string`).
pub(super) fn sanitized(pem: &str) -> String {
    let body = pem
        .replace("-----BEGIN CERTIFICATE-----", "")
        .replace("-----END CERTIFICATE-----", "");
    body.split_ascii_whitespace().collect()
}

fn tenancy(certificate: &Certificate) -> Option<String> {
    let names = certificate.tbs_certificate.subject.0.iter();
    let mut attributes = names.flat_map(|name| name.0.iter());
    attributes.find_map(|attribute| {
        let text = std::str::from_utf8(attribute.value.value()).ok()?;
        let ocid = TENANCY_PREFIXES
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix));
        ocid.map(str::to_owned)
    })
}
