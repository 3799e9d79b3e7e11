//! The form of every message to the topic: its limits, how its title begins, and how it ends.

use crate::display;
use crate::judge::Audit;
use crate::message::Message;

/// Max length of the JSON object; the service limits a request to 64 KB.
pub const MAX_BYTES: usize = 60_000;
/// Max characters of a title, which is the subject of the e-mail.
pub const MAX_TITLE_CHARS: usize = 100;
/// The last line of a digest is this and the id of its run.
pub const DIGEST_MARKER: &str = "credential-audit-digest: ";

/// Max bytes of the short form, for chat and text messages.
pub(super) const SHORT_BYTES: usize = 1_500;
/// Max characters of a line: sentences are wrapped, lines of credentials are cut.
pub(super) const WIDTH: usize = 100;
/// What every title begins with, so that a mail rule can find it.
pub(super) const TITLE_PREFIX: &str = "[OCI credentials] ";
const REPEAT: &str = "(may be a repeat) ";

/// A message about `subject`, which both titles end with.
pub(super) fn message(subject: &str, body: String) -> Message {
    let title = |marks: &str| display::cut(&format!("{marks}{subject}"), MAX_TITLE_CHARS);
    Message {
        title: title(TITLE_PREFIX),
        repeat_title: title(&format!("{TITLE_PREFIX}{REPEAT}")),
        body,
    }
}

/// The last line of a digest.
pub(super) fn marker(audit: &Audit) -> String {
    marker_of(&audit.run.id)
}

/// The last line of the digest of a run.
pub(super) fn marker_of(run_id: &str) -> String {
    format!("{DIGEST_MARKER}{}", display::line(run_id, 100))
}

/// Whether the body of an invocation is a digest of this program. A function that is subscribed to its own topic would
/// otherwise call itself without end. The topic may wrap the text, so the marker may be anywhere.
pub fn is_own_digest(body: &str) -> bool {
    body.contains(DIGEST_MARKER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeat_is_marked_and_fits_a_title() {
        let message = message(&"x".repeat(82), String::new());
        assert_eq!(message.title.chars().count(), MAX_TITLE_CHARS);
        let repeat = message.as_repeat().title;
        assert!(
            repeat.starts_with("[OCI credentials] (may be a repeat) xxx"),
            "{repeat}"
        );
        assert_eq!(repeat.chars().count(), MAX_TITLE_CHARS);
    }

    #[test]
    fn digest_is_recognized_by_its_marker_also_in_json() {
        let body = format!("x\n{DIGEST_MARKER}20261122T060000Z-7f3a91\n");
        assert!(is_own_digest(&body));
        assert!(is_own_digest(
            &serde_json::json!({ "message": body }).to_string()
        ));
        assert!(!is_own_digest("{}"));
    }
}
