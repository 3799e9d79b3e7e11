//! The private key that signs, and the only file that names the crates for RSA.
//!
//! `rsa` reads a key in each of its forms and says what a text is instead; `aws-lc-rs`, the provider that TLS has brought
//! along, makes the signatures. Both give the same bytes, but the largest tenancy takes a thousand signatures, which were a
//! quarter of all the work with `rsa`, and `rsa` has an open advisory (RUSTSEC-2023-0071) about the time that its
//! operations with the private key take: none is done with it. `clippy.toml` forbids them.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use md5::{Digest as _, Md5};
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::pkcs8::{
    DecodePrivateKey as _, EncodePublicKey as _, EncryptedPrivateKeyInfo, PrivateKeyInfo,
};
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
/// Wiped from memory when dropped; `Debug` shows the fingerprint of the public half only.
pub struct PrivateKey {
    signer: RsaKeyPair,
    bits: usize,
    fingerprint: String,
}

impl PrivateKey {
    /// Reads a key from the bytes of a PEM file.
    ///
    /// Accepts PKCS#1 (`RSA PRIVATE KEY`), PKCS#8 (`PRIVATE KEY`) and PKCS#8 encrypted by PBES2 (`ENCRYPTED PRIVATE KEY`).
    /// Text around the key (the `OCI_API_KEY` label), CRLF and indentation do no harm. A pass phrase for a key that has
    /// none is ignored, as in Oracle's SDK (`signer.py`, `load_private_key`): a `pass_phrase` in the `DEFAULT` profile
    /// is inherited by profiles whose key is not encrypted.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what the text is instead, and the command that converts it where there is one.
    pub fn from_pem(pem: &[u8], pass_phrase: Option<&str>) -> Result<Self, KeyError> {
        let text = std::str::from_utf8(pem).map_err(|_| KeyError::NoPrivateKey)?;
        let key = match pem::find_private_key(text)? {
            Block::Pkcs1(der) => {
                RsaPrivateKey::from_pkcs1_der(&der).map_err(|_| KeyError::Malformed)?
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
        let public = RsaPublicKey::from(&key);
        let bits = public.n().bits();
        if !BITS.contains(&bits) {
            return Err(KeyError::Size { bits });
        }
        let der = key.to_pkcs1_der().map_err(|_| KeyError::CannotSign)?;
        Ok(Self {
            bits,
            signer: RsaKeyPair::from_der(der.as_bytes()).map_err(|_| KeyError::CannotSign)?,
            fingerprint: fingerprint(&public)?,
        })
    }

    /// The RSASSA-PKCS1-v1_5 signature with SHA-256 over `message`: as many bytes as the modulus has.
    ///
    /// The result is the same at every call.
    ///
    /// # Errors
    ///
    /// [`KeyError::CannotSign`] when the operation fails, which no key that was read is known for.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.signer.public_modulus_len()];
        self.signer
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| KeyError::CannotSign)?;
        Ok(signature)
    }

    /// The fingerprint as OCI shows it beside an API key: MD5 of the public key in DER (`SubjectPublicKeyInfo`), sixteen
    /// pairs of lower-case hex digits joined by colons.
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
        // The padding is wrong; or, with one wrong pass phrase in 256, it is right and what is inside is no ASN.1.
        _ => KeyError::PassPhraseIncorrect,
    }
}

fn fingerprint(public: &RsaPublicKey) -> Result<String, KeyError> {
    let der = public
        .to_public_key_der()
        .map_err(|_| KeyError::Malformed)?;
    let pairs: Vec<String> = Md5::digest(der.as_bytes()).chunks(1).map(hex).collect();
    Ok(pairs.join(":"))
}
