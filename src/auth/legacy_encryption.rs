//! OpenSSL's encryption of private keys that predates PKCS#8: `Proc-Type: 4,ENCRYPTED` (RFC 1421, section 4.6).
//!
//! `openssl genrsa -aes256` of OpenSSL 1 and LibreSSL writes it, and OCI's documentation shows such a command. Oracle's SDK reads it.
//! The key is derived by one round of MD5, which protects a weak pass phrase badly; that is for its owner to change.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockCipher, BlockDecryptMut, KeyInit, KeyIvInit as _};
use md5::{Digest as _, Md5};
use zeroize::{Zeroize as _, Zeroizing};

use super::key_error::KeyError;

/// Bytes of the initialization vector that are the salt of the key.
const SALT_BYTES: usize = 8;
/// Bytes of the longest key.
const MAX_KEY_BYTES: usize = 32;

/// A cipher of a `DEK-Info` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
}

impl Cipher {
    const fn block_bytes(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes => 8,
        }
    }

    const fn key_bytes(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }
}

/// What a key was encrypted with: the `DEK-Info` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DekInfo {
    cipher: Cipher,
    iv: Vec<u8>,
}

impl DekInfo {
    /// Reads `AES-256-CBC,<hex>`.
    ///
    /// # Errors
    ///
    /// [`KeyError::UnsupportedEncryption`] for another cipher, [`KeyError::InvalidDekInfo`] for what is not of this form.
    pub(super) fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, iv) = text.split_once(',').ok_or(KeyError::InvalidDekInfo)?;
        let cipher = match name.trim().to_ascii_uppercase().as_str() {
            "AES-128-CBC" => Cipher::Aes128,
            "AES-192-CBC" => Cipher::Aes192,
            "AES-256-CBC" => Cipher::Aes256,
            "DES-EDE3-CBC" => Cipher::TripleDes,
            "" => return Err(KeyError::InvalidDekInfo),
            _ => return Err(KeyError::UnsupportedEncryption),
        };
        let iv = from_hex(iv.trim()).filter(|iv| iv.len() == cipher.block_bytes());
        let iv = iv.ok_or(KeyError::InvalidDekInfo)?;
        Ok(Self { cipher, iv })
    }

    /// Decrypts the content of a block.
    ///
    /// # Errors
    ///
    /// [`KeyError::Malformed`] if it is not whole blocks, [`KeyError::PassPhraseIncorrect`] if its padding is invalid then.
    pub(super) fn decrypt(
        &self,
        mut encrypted: Zeroizing<Vec<u8>>,
        pass_phrase: &str,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if encrypted.is_empty() || !encrypted.len().is_multiple_of(self.cipher.block_bytes()) {
            return Err(KeyError::Malformed);
        }
        let derived = derived_key(pass_phrase, &self.iv[..SALT_BYTES]);
        let key = &derived[..self.cipher.key_bytes()];
        let bytes = match self.cipher {
            Cipher::Aes128 => decrypt_in_place::<aes::Aes128>(key, &self.iv, &mut encrypted),
            Cipher::Aes192 => decrypt_in_place::<aes::Aes192>(key, &self.iv, &mut encrypted),
            Cipher::Aes256 => decrypt_in_place::<aes::Aes256>(key, &self.iv, &mut encrypted),
            Cipher::TripleDes => decrypt_in_place::<des::TdesEde3>(key, &self.iv, &mut encrypted),
        }?;
        // Shorter by the padding, in the same memory.
        encrypted.truncate(bytes);
        Ok(encrypted)
    }
}

/// Decrypts in place, and returns the number of bytes without the padding.
fn decrypt_in_place<C>(key: &[u8], iv: &[u8], content: &mut [u8]) -> Result<usize, KeyError>
where
    C: BlockCipher + BlockDecryptMut + KeyInit,
{
    debug_assert_eq!(iv.len(), C::block_size());
    let cipher =
        cbc::Decryptor::<C>::new_from_slices(key, iv).map_err(|_| KeyError::InvalidDekInfo)?;
    let plain = cipher.decrypt_padded_mut::<Pkcs7>(content);
    Ok(plain.map_err(|_| KeyError::PassPhraseIncorrect)?.len())
}

/// `EVP_BytesToKey` of OpenSSL with MD5 and one iteration: each digest is of the one before, the pass phrase and the salt.
fn derived_key(pass_phrase: &str, salt: &[u8]) -> Zeroizing<[u8; MAX_KEY_BYTES]> {
    let mut key = Zeroizing::new([0; MAX_KEY_BYTES]);
    let mut filled = 0;
    while filled < MAX_KEY_BYTES {
        let mut hasher = Md5::new();
        if let Some(before) = filled.checked_sub(Md5::output_size()) {
            hasher.update(&key[before..filled]);
        }
        hasher.update(pass_phrase);
        hasher.update(salt);
        let mut digest = hasher.finalize();
        key[filled..filled + digest.len()].copy_from_slice(&digest);
        filled += digest.len();
        digest.as_mut_slice().zeroize();
    }
    key
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    let bytes = digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]);
    bytes.map(|byte| u8::try_from(byte).ok()).collect()
}
