//! Hexadecimal digits.

/// Two lowercase digits per byte.
pub(crate) fn digits(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.iter().map(|byte| format!("{byte:02x}"))
}
