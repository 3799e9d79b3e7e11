//! What every page has: the style, the icon, and the form of hashes in its policy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

pub(super) const STYLE: &str = include_str!("page.css");
/// A key, as a picture of a few bytes. Without an icon a browser requests `/favicon.ico`.
pub(super) const ICON: &str = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAxNiAxNiI+PGcgZmlsbD0ibm9uZSIgc3Ryb2tlPSIjMmY2ZmIwIiBzdHJva2Utd2lkdGg9IjIiPjxjaXJjbGUgY3g9IjUiIGN5PSI4IiByPSIzIi8+PHBhdGggZD0iTTggOGg3djNNMTIgOHYyIi8+PC9nPjwvc3ZnPg==";

/// The hash of a style or a script, as the policy names it.
pub(super) fn source_hash(source: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(source)))
}
