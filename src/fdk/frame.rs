//! The log frame: the line by which the log service assigns output to calls.
//!
//! `"\n" NAME "=" VALUE "\n"` on stderr and stdout, flushed before the handler starts. The leading line break ends an
//! unfinished line of an earlier call.

use http::{HeaderMap, HeaderName};

use super::options::Stream;

/// A log frame: its name, and the request header of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFrame {
    name: String,
    header: HeaderName,
}

impl LogFrame {
    /// Creates a frame from `FN_LOGFRAME_NAME` and `FN_LOGFRAME_HDR`; `None` unless both are set and valid. A name must
    /// not contain control characters.
    #[must_use]
    pub fn new(name: Option<String>, header: Option<String>) -> Option<Self> {
        let name = name.filter(|name| !name.is_empty() && !has_control(name.as_bytes()))?;
        let header = HeaderName::from_bytes(header?.as_bytes()).ok()?;
        Some(Self { name, header })
    }

    /// The frame of a call; `None` if its value is missing or contains control characters, which could forge the frame of
    /// another call.
    pub(super) fn text(&self, headers: &HeaderMap) -> Option<Vec<u8>> {
        let value = headers
            .get_all(&self.header)
            .iter()
            .map(http::HeaderValue::as_bytes)
            .find(|value| !value.is_empty())?;
        if has_control(value) {
            return None;
        }
        Some([b"\n", self.name.as_bytes(), b"=", value, b"\n"].concat())
    }

    /// Writes the frame to every stream. Ignores errors, so that no call fails because of its log.
    pub(super) fn write(&self, headers: &HeaderMap, streams: &[Stream]) {
        let Some(text) = self.text(headers) else {
            return;
        };
        for stream in streams {
            // The lock is poisoned if a writer panicked; the stream is still usable.
            let mut stream = stream
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let _ = stream.write_all(&text).and_then(|()| stream.flush());
        }
    }
}

/// Flushes every stream, so that an unfinished line does not appear in the log of the next call, after the freeze.
pub(super) fn flush(streams: &[Stream]) {
    for stream in streams {
        let _ = stream
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .flush();
    }
}

fn has_control(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().any(char::is_control),
        Err(_) => bytes.iter().any(u8::is_ascii_control),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn text(value: &[u8]) -> Option<Vec<u8>> {
        let frame =
            LogFrame::new(Some("frame".to_owned()), Some("Opc-Request-Id".to_owned())).unwrap();
        let mut headers = HeaderMap::new();
        headers.append("opc-request-id", HeaderValue::from_bytes(value).unwrap());
        frame.text(&headers)
    }

    #[test]
    fn frame_is_a_separate_line() {
        assert_eq!(text(b"/a/b").unwrap(), b"\nframe=/a/b\n");
        assert_eq!(text("ü".as_bytes()).unwrap(), "\nframe=ü\n".as_bytes());
        assert_eq!(text(b"\xff").unwrap(), b"\nframe=\xff\n");
    }

    #[test]
    fn value_that_is_empty_or_has_control_characters_gives_no_frame() {
        for value in [&b""[..], b"a\tb", "a\u{85}b".as_bytes()] {
            assert_eq!(text(value), None, "{value:?}");
        }
    }

    #[test]
    fn frame_needs_a_name_and_a_header() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(LogFrame::new(None, some("a")), None);
        assert_eq!(LogFrame::new(some("a"), None), None);
        assert_eq!(LogFrame::new(some("a\nb"), some("a")), None);
        assert_eq!(LogFrame::new(some("a"), some("not a header")), None);
    }
}
