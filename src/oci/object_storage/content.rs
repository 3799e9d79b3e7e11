//! Content of an object, measured before it is sent.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::chunks::ChunkSource;
use crate::hex::hex;
use crate::server_text::ServerText;

use super::error::StorageCause;

/// Max characters of a digest in a message. A digest in base64 has 24.
const MAX_DIGEST_CHARS: usize = 40;

/// Content to store. It is generated once to measure it, and again for each attempt to send it.
#[derive(Clone)]
pub struct ObjectContent {
    /// Media type.
    pub content_type: &'static str,
    /// Length in bytes.
    pub length: u64,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// MD5 in base64, as in the header `content-md5`.
    pub(super) md5: String,
    pub(super) chunks: ChunkSource,
}

impl ObjectContent {
    /// Generates the content once. Stops early, with the measures of a part that nobody may use, once `is_given_up`.
    pub fn measure(
        content_type: &'static str,
        chunks: ChunkSource,
        is_given_up: impl Fn() -> bool,
    ) -> Self {
        let (mut sha256, mut md5, mut length) = (Sha256::new(), Md5::new(), 0);
        for chunk in chunks().take_while(|_| !is_given_up()) {
            sha256.update(&chunk);
            md5.update(&chunk);
            length += chunk.len() as u64;
        }
        Self {
            content_type,
            length,
            sha256: hex(&sha256.finalize()),
            md5: STANDARD.encode(md5.finalize()),
            chunks,
        }
    }

    /// The cause of a failure if the service names another digest.
    pub(super) fn differs_from(&self, md5: &str) -> StorageCause {
        // Other texts may be a service's words.
        let stored = Some(ServerText::new(md5).cut(MAX_DIGEST_CHARS));
        let stored = stored.filter(ServerText::is_identifier);
        StorageCause::OtherContent {
            stored: stored.map_or_else(|| "malformed".to_owned(), String::from),
            sent: self.md5.clone(),
        }
    }

    /// Content in memory.
    pub fn whole(content_type: &'static str, content: impl Into<Bytes>) -> Self {
        let content: Bytes = content.into();
        Self::measure(
            content_type,
            Arc::new(move || Box::new(std::iter::once(content.clone()))),
            || false,
        )
    }
}
