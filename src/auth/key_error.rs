//! Why a text is not a usable private key. A leaf: reading a key and finding it in a PEM text both fail with it.

use std::ops::RangeInclusive;

/// Bits of a key's modulus. OCI requires 2048 at least (documentation, "Required Keys and OCIDs"); more than 8192 nobody
/// has, and no library signs with.
pub(super) const BITS: RangeInclusive<usize> = 2048..=8192;

/// Why a text is not a usable private key. No variant holds any of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no PEM block of a private key.
    #[error(
        "it holds no private key: expected PEM text with a line '-----BEGIN PRIVATE KEY-----' or '-----BEGIN RSA PRIVATE KEY-----'"
    )]
    NoPrivateKey,
    /// A block begins and does not end.
    #[error(
        "its PEM block has no end: the '-----END ...-----' line is missing or differs from the '-----BEGIN ...-----' line; copy the whole file"
    )]
    Truncated,
    /// The block is not base64.
    #[error("its PEM block is not valid base64: the file is damaged; copy it again")]
    NotBase64,
    /// The content of the block is not the structure its label promises.
    #[error("its content is not a valid RSA private key: the file is damaged; copy it again")]
    Malformed,
    /// The public half was given.
    #[error("it is a public key: give the private key of the same pair")]
    PublicKey,
    /// A certificate was given.
    #[error("it is a certificate: give the private key")]
    Certificate,
    /// A key of another type; OCI takes RSA only.
    #[error(
        "it is {found}: OCI accepts RSA keys only; make one with: openssl genrsa -out key.pem 2048"
    )]
    NotRsa {
        /// What it is instead.
        found: String,
    },
    /// OpenSSH's own format.
    #[error(
        "it is in OpenSSH's own format; convert a copy of it with: ssh-keygen -p -m PEM -f <copy of the key>"
    )]
    OpenSsh,
    /// Encrypted by OpenSSL's scheme from before PKCS#8.
    #[error(
        "it is encrypted in the legacy OpenSSL way ('Proc-Type: 4,ENCRYPTED'), which is not supported; convert it with: \
         openssl pkcs8 -topk8 -v2 aes-256-cbc -in <old key> -out <new key>"
    )]
    LegacyEncryption,
    /// Encrypted PKCS#8, but not by PBES2 with AES and SHA-2.
    #[error(
        "it is encrypted with an algorithm that is not supported (PBES2 with AES and SHA-256 is); convert it with: \
         openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in <old key> -out <new key>"
    )]
    UnsupportedEncryption,
    /// Encrypted, and no pass phrase given.
    #[error("it is encrypted and no pass phrase is given")]
    PassPhraseMissing,
    /// The pass phrase does not open it.
    #[error("the pass phrase does not open it")]
    PassPhraseIncorrect,
    /// It is shorter than OCI takes, or longer than anybody signs with.
    #[error(
        "it has {bits} bits: OCI requires {} at least, and more than {} cannot be used; make one with: openssl genrsa -out key.pem 2048", BITS.start(), BITS.end()
    )]
    Size {
        /// Bits of its modulus.
        bits: usize,
    },
    /// Its numbers do not belong together.
    #[error(
        "its numbers do not belong together, so it cannot sign: the file is damaged; copy it again"
    )]
    CannotSign,
}
