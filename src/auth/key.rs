//! The private key that signs. The only file that uses the crates for RSA.
//!
//! `rsa` parses all forms of a key, and generates keys. `ring`, which TLS uses anyway, signs: `rsa` has an open advisory about
//! the timing of private-key operations (RUSTSEC-2023-0071), and its signatures took a quarter of the time of a large run.
//!
//! `ring` accepts keys of 2048 to 4096 bits with a public exponent of at least 65537, which all keys are that OCI's tools
//! create. Any other key that OCI accepts signs by `rsa`, blinded: the time of its operations depends on a random number too.

use std::fmt;

use md5::{Digest as _, Md5};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{
    DecodePrivateKey as _, EncodePublicKey as _, EncryptedPrivateKeyInfo, PrivateKeyInfo,
};
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};

use crate::hex::hex;

pub use super::key_error::KeyError;

use super::key_error::BITS;
use super::pem::{self, Block};

/// `rsaEncryption`, RFC 8017 appendix C.
const OID_RSA: &str = "1.2.840.113549.1.1.1";

/// An RSA private key, ready to sign.
///
/// Wiped from memory when dropped. `Debug` prints its size and fingerprint only.
pub struct PrivateKey {
    signer: Signer,
    bits: usize,
    fingerprint: String,
}

/// What signs with a key.
enum Signer {
    /// In constant time.
    Ring(Box<RsaKeyPair>),
    /// Blinded.
    Rsa(Box<SigningKey<Sha256>>),
}

impl PrivateKey {
    /// Reads a key from the bytes of a PEM file.
    ///
    /// Accepts PKCS#1 (`RSA PRIVATE KEY`), also with OpenSSL's legacy encryption by AES or 3DES, PKCS#8 (`PRIVATE KEY`), and PKCS#8
    /// encrypted by PBES2 (`ENCRYPTED PRIVATE KEY`).
    /// Ignores text around the key (the `OCI_API_KEY` label), CRLF and indentation. Ignores a pass phrase if the key is not
    /// encrypted, as Oracle's SDK does (`signer.py`, `load_private_key`): profiles inherit `pass_phrase` from `DEFAULT`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] names what the text is instead, and the command that converts it if one exists.
    pub fn from_pem(pem: &[u8], pass_phrase: Option<&str>) -> Result<Self, KeyError> {
        let text = std::str::from_utf8(pem).map_err(|_| KeyError::NoPrivateKey)?;
        let key = match pem::find_private_key(text)? {
            Block::Pkcs1(der) => {
                RsaPrivateKey::from_pkcs1_der(&der).map_err(|_| KeyError::Malformed)?
            }
            Block::EncryptedPkcs1(dek_info, encrypted) => {
                let pass_phrase = pass_phrase.ok_or(KeyError::PassPhraseMissing)?;
                let der = dek_info.decrypt(encrypted, pass_phrase)?;
                // For 1 in 256 incorrect pass phrases the padding is valid and the content is not ASN.1.
                RsaPrivateKey::from_pkcs1_der(&der).map_err(|_| KeyError::PassPhraseIncorrect)?
            }
            Block::Pkcs8(der) => from_pkcs8(&der)?,
            Block::EncryptedPkcs8(der) => {
                let pass_phrase = pass_phrase.ok_or(KeyError::PassPhraseMissing)?;
                let encrypted = EncryptedPrivateKeyInfo::try_from(der.as_slice())
                    .map_err(|_| KeyError::UnsupportedEncryption)?;
                let plain = encrypted.decrypt(pass_phrase).map_err(decryption_error)?;
                from_pkcs8(plain.as_bytes())?
            }
        };
        let bits = key.n().bits();
        if !BITS.contains(&bits) {
            return Err(KeyError::Size { bits });
        }
        let public = public_der(&key)?;
        Self::from_rsa(key, &public)
    }

    fn from_rsa(key: RsaPrivateKey, public_der: &[u8]) -> Result<Self, KeyError> {
        let der = key.to_pkcs1_der().map_err(|_| KeyError::CannotSign)?;
        Ok(Self {
            bits: key.n().bits(),
            fingerprint: fingerprint_of(public_der),
            signer: match RsaKeyPair::from_der(der.as_bytes()) {
                Ok(key) => Signer::Ring(Box::new(key)),
                Err(_) => Signer::Rsa(Box::new(SigningKey::new(key))),
            },
        })
    }

    /// Generates a key of 2048 bits, and its public key in DER (`SubjectPublicKeyInfo`).
    ///
    /// # Errors
    ///
    /// [`KeyError::CannotSign`] if the operation fails.
    pub fn generate() -> Result<(Self, Vec<u8>), KeyError> {
        let key = RsaPrivateKey::new(&mut OsRng, 2048).map_err(|_| KeyError::CannotSign)?;
        let public = public_der(&key)?;
        Ok((Self::from_rsa(key, &public)?, public))
    }

    /// Signs `message` with RSASSA-PKCS1-v1_5 and SHA-256. Deterministic; the signature is as long as the modulus.
    ///
    /// # Errors
    ///
    /// [`KeyError::CannotSign`] if the operation fails. No key that was parsed is known to.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.signer {
            Signer::Ring(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .map_err(|_| KeyError::CannotSign)?;
                Ok(signature)
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "blinded, with a key that ring refuses"
            )]
            Signer::Rsa(key) => key
                .try_sign_with_rng(&mut OsRng, message)
                .map(|signature| signature.to_vec())
                .map_err(|_| KeyError::CannotSign),
        }
    }

    /// The fingerprint as OCI shows it for an API key: MD5 of the public key in DER (`SubjectPublicKeyInfo`), 16 pairs of
    /// lower-case hex digits joined by colons.
    ///
    /// Source: OCI documentation, "Required Keys and OCIDs", "How to Get the Key's Fingerprint".
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("bits", &self.bits)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

fn from_pkcs8(der: &[u8]) -> Result<RsaPrivateKey, KeyError> {
    let info = PrivateKeyInfo::try_from(der).map_err(|_| KeyError::Malformed)?;
    let oid = info.algorithm.oid.to_string();
    if oid != OID_RSA {
        let found = match oid.as_str() {
            "1.2.840.10045.2.1" => "an elliptic-curve key".to_owned(),
            "1.3.101.112" => "an Ed25519 key".to_owned(),
            "1.2.840.113549.1.1.10" => "a key restricted to RSA-PSS".to_owned(),
            other => format!("a key of algorithm {other}"),
        };
        return Err(KeyError::NotRsa { found });
    }
    RsaPrivateKey::from_pkcs8_der(der).map_err(|_| KeyError::Malformed)
}

fn decryption_error(error: rsa::pkcs8::Error) -> KeyError {
    use rsa::pkcs8::pkcs5::Error as Pkcs5;
    match error {
        rsa::pkcs8::Error::EncryptedPrivateKey(
            Pkcs5::UnsupportedAlgorithm { .. }
            | Pkcs5::NoPbes1CryptSupport
            | Pkcs5::AlgorithmParametersInvalid { .. },
        ) => KeyError::UnsupportedEncryption,
        // Invalid padding. For 1 in 256 incorrect pass phrases the padding is valid and the content is not ASN.1.
        _ => KeyError::PassPhraseIncorrect,
    }
}

/// The public key in DER (`SubjectPublicKeyInfo`).
fn public_der(key: &RsaPrivateKey) -> Result<Vec<u8>, KeyError> {
    let der = RsaPublicKey::from(key)
        .to_public_key_der()
        .map_err(|_| KeyError::Malformed)?;
    Ok(der.into_vec())
}

/// The fingerprint of a public key in DER.
fn fingerprint_of(public_der: &[u8]) -> String {
    let pairs: Vec<String> = Md5::digest(public_der).chunks(1).map(hex).collect();
    pairs.join(":")
}
