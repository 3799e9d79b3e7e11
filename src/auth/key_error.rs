//! Errors of a private key, shared by `key` and `pem`.

use std::ops::RangeInclusive;

/// Accepted bits of the modulus. OCI requires 2048 (documentation, "Required Keys and OCIDs"); libraries sign with up to
/// 8192.
pub(super) const BITS: RangeInclusive<usize> = 2048..=8192;

/// Why a text is not a usable private key. No variant contains any of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No PEM block of a private key.
    #[error(
        "it contains no private key: expected PEM text with a line '-----BEGIN PRIVATE KEY-----' or '-----BEGIN RSA PRIVATE KEY-----'"
    )]
    NoPrivateKey,
    /// A block without an end line.
    #[error(
        "its PEM block has no end: the '-----END ...-----' line is missing or differs from the '-----BEGIN ...-----' line; copy the whole file"
    )]
    Truncated,
    /// The block is not base64.
    #[error("its PEM block is not valid base64: the file is damaged; copy it again")]
    NotBase64,
    /// The content of the block does not match its label.
    #[error("its content is not a valid RSA private key: the file is damaged; copy it again")]
    Malformed,
    /// A public key.
    #[error("it is a public key: use the private key of the same pair")]
    PublicKey,
    /// A certificate.
    #[error("it is a certificate: use the private key")]
    Certificate,
    /// A key of another type; OCI accepts RSA only.
    #[error(
        "it is {found}: OCI accepts RSA keys only; create one with: openssl genrsa -out key.pem 2048"
    )]
    NotRsa {
        /// The other type.
        found: String,
    },
    /// A key in OpenSSH's own format.
    #[error(
        "it is in OpenSSH's own format; convert a copy of it with: ssh-keygen -p -m PEM -f <copy of the key>"
    )]
    OpenSsh,
    /// Encrypted, but by no cipher or key derivation that is read: PBES1, DES, RC2 and others.
    #[error(
        "it is encrypted with an algorithm that is not supported (AES and 3DES are); convert it with: \
         openssl pkcs8 -topk8 -v2 aes-256-cbc -in <old key> -out <new key> ; \
         if OpenSSL 3 says 'unsupported', add: -provider default -provider legacy"
    )]
    UnsupportedEncryption,
    /// OpenSSL's encryption that predates PKCS#8, without what it was encrypted with.
    #[error(
        "it is encrypted ('Proc-Type: 4,ENCRYPTED'), and its line 'DEK-Info' is missing or malformed: the file is damaged; copy it again"
    )]
    InvalidDekInfo,
    /// Encrypted, and no pass phrase is set.
    #[error("it is encrypted and no pass phrase is set")]
    PassPhraseMissing,
    /// The pass phrase is incorrect.
    #[error("its pass phrase is incorrect")]
    PassPhraseIncorrect,
    /// The key is too short or too long.
    #[error(
        "it has {bits} bits: OCI requires at least {}, and more than {} are not supported; create one with: openssl genrsa -out key.pem 2048", BITS.start(), BITS.end()
    )]
    Size {
        /// Bits of the modulus.
        bits: usize,
    },
    /// Its numbers are inconsistent.
    #[error("its numbers are inconsistent, so it cannot sign: the file is damaged; copy it again")]
    CannotSign,
}
