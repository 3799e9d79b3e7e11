//! The message of a check: it shows that digests arrive, and is about no credential.

use crate::display::wrap;
use crate::message::Message;
use crate::timestamp::Timestamp;

use super::form::{DIGEST_MARKER, WIDTH, message};

/// Writes the message of a check. It ends as a digest does, so a function that is subscribed to its own topic ignores it.
pub fn compose_test(check_id: &str, at: Timestamp) -> Message {
    let mut lines = Vec::new();
    for sentences in [
        "TEST: this message reports on no credential and needs no action.",
        "A check of credential-audit with `send` published it, to test whether digests arrive. Digests come from the same \
         function and topic, and begin with the same words in brackets.",
    ] {
        lines.extend(wrap(sentences, "", WIDTH));
        lines.push(String::new());
    }
    lines.push(format!(
        "CHECK    {check_id}, credential-audit {}",
        env!("CARGO_PKG_VERSION")
    ));
    lines.push(format!("{DIGEST_MARKER}{check_id}"));
    let subject = format!("TEST: reports on no credential - {}", at.date());
    message(&subject, format!("{}\n", lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::digest::{MAX_TITLE_CHARS, is_own_digest};
    use crate::timestamp::parse_iso_8601;

    #[test]
    fn test_message_has_its_title_also_as_a_repeat_and_is_recognized() {
        let at = parse_iso_8601("2026-11-22T06:00:00Z").expect("an instant");
        let message = compose_test("20261122T060000Z-7f3a91", at);
        assert_eq!(
            message.title,
            "[OCI credentials] TEST: reports on no credential - 2026-11-22"
        );
        assert!(message.as_repeat().title.contains(") TEST: "));
        assert!(message.title.chars().count() <= MAX_TITLE_CHARS);
        assert!(message.body.starts_with("TEST: "));
        assert!(is_own_digest(&message.to_json()));
    }
}
