//! Finds the private key in a PEM text.
//!
//! More lenient than RFC 7468. Key files of the OCI console end in a line `OCI_API_KEY`. Keys pasted into YAML are
//! indented, keys edited on Windows have CRLF, and keys in environment variables may have no line breaks, or `\n` in their place.
//! So text outside of the block and white space inside are ignored.
//!
//! Written by hand, because PEM crates are stricter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::key_error::KeyError;
use super::legacy_encryption::DekInfo;

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
/// The header of OpenSSL's legacy encryption that names the cipher.
const DEK_INFO: &str = "DEK-Info:";

/// A private key in DER, by the label of its PEM block.
pub(super) enum Block {
    /// `RSA PRIVATE KEY`
    Pkcs1(Zeroizing<Vec<u8>>),
    /// `RSA PRIVATE KEY` with OpenSSL's legacy encryption
    EncryptedPkcs1(DekInfo, Zeroizing<Vec<u8>>),
    /// `PRIVATE KEY`
    Pkcs8(Zeroizing<Vec<u8>>),
    /// `ENCRYPTED PRIVATE KEY`
    EncryptedPkcs8(Zeroizing<Vec<u8>>),
}

/// Returns the first private key in `text`. Skips other blocks before it (`EC PARAMETERS`, a certificate).
///
/// # Errors
///
/// [`KeyError`] names a public key or a certificate if `text` contains one instead.
pub(super) fn find_private_key(text: &str) -> Result<Block, KeyError> {
    let text = with_line_breaks(text);
    let mut other = None;
    let mut rest = text.as_str();
    while let Some(start) = rest.find(BEGIN) {
        let after_begin = &rest[start + BEGIN.len()..];
        let label_end = after_begin.find(DASHES).ok_or(KeyError::Truncated)?;
        let label = &after_begin[..label_end];
        let after_label = &after_begin[label_end + DASHES.len()..];
        let end = after_label
            .find(&format!("-----END {label}-----"))
            .ok_or(KeyError::Truncated)?;
        let content = &after_label[..end];
        match label {
            "RSA PRIVATE KEY" if is_legacy_encrypted(content) => {
                return legacy_encrypted(content);
            }
            "RSA PRIVATE KEY" => return Ok(Block::Pkcs1(decode(content)?)),
            "PRIVATE KEY" => return Ok(Block::Pkcs8(decode(content)?)),
            "ENCRYPTED PRIVATE KEY" => return Ok(Block::EncryptedPkcs8(decode(content)?)),
            "OPENSSH PRIVATE KEY" => return Err(KeyError::OpenSsh),
            "EC PRIVATE KEY" => {
                return Err(KeyError::NotRsa {
                    found: "an elliptic-curve key".to_owned(),
                });
            }
            "DSA PRIVATE KEY" => {
                return Err(KeyError::NotRsa {
                    found: "a DSA key".to_owned(),
                });
            }
            _ => other = other.or(Some(label)),
        }
        rest = &after_label[end..];
    }
    Err(match other {
        // No error quotes the text: a malformed block may contain a secret.
        Some(label) if label.ends_with("PUBLIC KEY") => KeyError::PublicKey,
        Some("CERTIFICATE") => KeyError::Certificate,
        _ => KeyError::NoPrivateKey,
    })
}

/// Whether a block has OpenSSL's legacy encryption: `Proc-Type: 4,ENCRYPTED` and `DEK-Info` lines (RFC 1421, 4.6).
fn is_legacy_encrypted(content: &str) -> bool {
    content.contains("Proc-Type:") && content.contains("ENCRYPTED")
}

/// Reads the content of a block with OpenSSL's legacy encryption: headers, an empty line, and base64.
fn legacy_encrypted(content: &str) -> Result<Block, KeyError> {
    let (_, after_name) = content
        .split_once(DEK_INFO)
        .ok_or(KeyError::InvalidDekInfo)?;
    let after_name = after_name.trim_start();
    // In one line, a blank ends the header.
    let end = after_name
        .find(|character: char| character.is_ascii_whitespace())
        .ok_or(KeyError::InvalidDekInfo)?;
    let (dek_info, encrypted) = after_name.split_at(end);
    Ok(Block::EncryptedPkcs1(
        DekInfo::parse(dek_info)?,
        decode(encrypted)?,
    ))
}

/// The text with line breaks for `\n` and `\r`, which keys have that were pasted into a line of JSON or a variable; escaped once
/// more, the backslash is several. Base64 has no backslash.
fn with_line_breaks(text: &str) -> Zeroizing<String> {
    // Full capacity up front: growing would leave copies of the key in freed memory.
    let mut broken = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(start) = rest.find('\\') {
        broken.push_str(&rest[..start]);
        let after = rest[start..].trim_start_matches('\\');
        rest = match after.strip_prefix(['n', 'r']) {
            Some(after) => {
                broken.push('\n');
                after
            }
            None => {
                broken.push_str(&rest[start..rest.len() - after.len()]);
                after
            }
        };
    }
    broken.push_str(rest);
    broken
}

fn decode(content: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // Full capacity up front: growing would leave copies of the key in freed memory.
    let mut packed = Zeroizing::new(Vec::with_capacity(content.len()));
    packed.extend(content.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    STANDARD
        .decode(packed.as_slice())
        .map(Zeroizing::new)
        .map_err(|_| KeyError::NotBase64)
}
