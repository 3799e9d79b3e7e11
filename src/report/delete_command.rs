//! The command that deletes a credential, for `retire` and `delete` alone.
//!
//! No other action has a command, so that what is pasted from a report deletes nothing that is in use or that a person has yet to
//! decide about. The command never has `--force`: the command line asks before it deletes. Ids and URLs are untrusted: one that a
//! shell could misread is never part of a command.
//!
//! Source: `oci identity-domains <resource> delete --help` of Oracle's `oci-cli` 3.95.

use crate::credential_type::CredentialTypeRow;
use crate::judge::action::Action;

use super::view::CredentialView;

/// Max bytes of an id or a URL in a command.
const MAX_WORD_BYTES: usize = 300;

/// `oci identity-domains api-key delete --api-key-id <id> --endpoint <domain url>`. `None` if the action deletes nothing, or if
/// the id or the URL is not safe to paste.
pub(super) fn delete_command(view: &CredentialView<'_>) -> Option<String> {
    match view.finding.action {
        Action::Retire | Action::Delete => {
            command(view.credential_type().row(), &view.id(), &view.domain().url)
        }
        Action::None
        | Action::Rotate
        | Action::Replace
        | Action::Review
        | Action::FindHolder
        | Action::RemoveAdminKey => None,
    }
}

fn command(row: &CredentialTypeRow, id: &str, url: &str) -> Option<String> {
    let resource = row.cli_resource;
    (is_safe_to_paste(id) && is_safe_to_paste(url)).then(|| {
        format!("oci identity-domains {resource} delete --{resource}-id {id} --endpoint {url}")
    })
}

/// Whether a shell reads a text as one literal word that is not an option.
fn is_safe_to_paste(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    !text.is_empty()
        && text.len() <= MAX_WORD_BYTES
        && !text.starts_with('-')
        && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential_type::CREDENTIAL_TYPES;

    #[test]
    fn command_names_the_resource_twice_and_never_forces() {
        let url = "https://idcs-0123456789abcdef0123456789abcdef.identity.oraclecloud.com:443";
        let commands: Vec<_> = CREDENTIAL_TYPES
            .iter()
            .map(|row| command(row, "0123abcd", url).expect("a command"))
            .collect();
        assert_eq!(
            commands[0],
            format!("oci identity-domains api-key delete --api-key-id 0123abcd --endpoint {url}")
        );
        for (row, command) in CREDENTIAL_TYPES.iter().zip(&commands) {
            assert_eq!(command.matches(row.cli_resource).count(), 2, "{command}");
            assert!(!command.contains("--force"), "{command}");
        }
    }

    #[test]
    fn id_or_url_that_a_shell_could_misread_makes_no_command() {
        let [row, ..] = &CREDENTIAL_TYPES;
        let url = "https://idcs-1.identity.example.com:443";
        assert!(command(row, "ocid1.credential.oc1..a", url).is_some());
        for misread in [
            "",
            "--force",
            "a b",
            "a;b",
            "$(b)",
            "`b`",
            "a\nb",
            "a'b",
            "a\"b",
            "a\\b",
            "\u{fc}",
            "a*",
            "a&b",
            "a|b",
            "a>b",
            "~",
            "#a",
            "a=b",
            "!a",
            "{a,b}",
            "\u{202e}a",
        ] {
            assert_eq!(command(row, misread, url), None, "{misread:?}");
            assert_eq!(command(row, "a", misread), None, "{misread:?}");
        }
        assert!(command(row, &"a".repeat(300), url).is_some());
        assert_eq!(command(row, &"a".repeat(301), url), None);
    }
}
