//! How to rotate: the steps for each type, and the command that deletes.
//!
//! A command that deletes is filled in only if a newer credential exists. Otherwise the reader fills in the id, so that a
//! command pasted from a mail deletes nothing in use. Ids and addresses are untrusted: one that a shell could misread is
//! never part of a command.
//!
//! Source: `oci identity-domains <resource> delete --help` of Oracle's `oci-cli` 3.95.

use crate::credential_type::{CredentialType, CredentialTypeRow};
use crate::display::{self, wrap};
use crate::judge::Audit;
use crate::report::view::CredentialView;

use super::form::WIDTH;

const ANY_DOMAIN: &str = "<domain url>";
/// Max domains whose addresses are listed.
const MAX_DOMAINS: usize = 10;

/// The four steps for each type with a finding. `ids_in` is the object that lists ids.
pub(super) fn how_to(audit: &Audit, ids_in: Option<&str>) -> Vec<String> {
    let credential_types: Vec<_> = CredentialType::all()
        .map(|credential_type| {
            (
                credential_type,
                domains_with_findings(audit, credential_type),
            )
        })
        .filter(|(_, domains)| !domains.is_empty())
        .collect();
    if credential_types.is_empty() {
        return Vec::new();
    }
    let ids = match ids_in {
        Some(object) => format!("HOW TO ROTATE  <id> is the credential_id in {object}"),
        None => "HOW TO ROTATE  <id> is the id of the credential".to_owned(),
    };
    let mut lines = vec![ids];
    let mut several = Vec::new();
    for (credential_type, domains) in credential_types {
        let row = credential_type.row();
        let steps = &row.how_to_rotate;
        lines.push(format!("  {}", row.title));
        for (number, step) in [
            (1, format!("create: {}", steps.create)),
            (2, format!("switch: {}", steps.switch)),
            (3, format!("verify: {}", steps.verify)),
            (4, "delete the old one:".to_owned()),
        ] {
            lines.extend(wrap(&format!("{number}. {step}"), "    ", WIDTH));
        }
        let endpoint = match domains.as_slice() {
            [domain] => url(audit, *domain).unwrap_or(ANY_DOMAIN),
            _ => {
                several.extend(domains);
                ANY_DOMAIN
            }
        };
        lines.extend(delete(row, "<id>", endpoint, "       "));
    }
    several.sort_unstable();
    several.dedup();
    for domain in several.iter().take(MAX_DOMAINS) {
        let name = display::line(
            &audit.domains[usize::from(*domain)]
                .inventory
                .reading()
                .domain
                .name,
            30,
        );
        let url = url(audit, *domain).unwrap_or("in manifest.json");
        lines.push(format!("  {ANY_DOMAIN} of {name}: {url}"));
    }
    if several.len() > MAX_DOMAINS {
        let more = several.len() - MAX_DOMAINS;
        lines.push(format!("  \u{2026} and {more} more in manifest.json"));
    }
    lines.push(String::new());
    lines
}

/// The command that deletes the old half of a rotation in progress.
pub(super) fn delete_older(view: &CredentialView<'_>) -> Vec<String> {
    let (row, url) = (view.credential_type().row(), view.domain().url.as_str());
    if is_safe_to_paste(view.id()) && is_safe_to_paste(url) {
        delete(row, view.id(), url, "    ")
    } else {
        vec![
            "    the id or the domain URL is not safe to paste: copy both from findings.jsonl"
                .to_owned(),
        ]
    }
}

fn delete(row: &CredentialTypeRow, id: &str, endpoint: &str, indent: &str) -> Vec<String> {
    let resource = row.cli_resource;
    let parts = [
        format!("oci identity-domains {resource} delete"),
        format!("--{resource}-id {id}"),
        format!("--endpoint {endpoint}"),
    ];
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            // Room for the backslash that another part may need.
            Some(last) if last.chars().count() + part.chars().count() + 3 <= WIDTH => {
                last.push(' ');
                last.push_str(&part);
            }
            Some(last) => {
                last.push_str(" \\");
                lines.push(format!("{indent}  {part}"));
            }
            None => lines.push(format!("{indent}{part}")),
        }
    }
    lines
}

/// Domains that have a finding of this type, in their order.
fn domains_with_findings(audit: &Audit, credential_type: CredentialType) -> Vec<u16> {
    let mut has_finding = vec![false; audit.domains.len()];
    for finding in &audit.findings {
        if finding.credential_type == credential_type && finding.needs_action() {
            has_finding[usize::from(finding.domain)] = true;
        }
    }
    (0_u16..)
        .zip(has_finding)
        .filter_map(|(domain, has)| has.then_some(domain))
        .collect()
}

fn url(audit: &Audit, domain: u16) -> Option<&str> {
    let url = audit.domains[usize::from(domain)]
        .inventory
        .reading()
        .domain
        .url
        .as_str();
    is_safe_to_paste(url).then_some(url)
}

/// Whether a shell reads a text as one literal word that is not an option.
fn is_safe_to_paste(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    !text.is_empty() && text.len() <= 300 && !text.starts_with('-') && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential_type::CREDENTIAL_TYPES;

    #[test]
    fn command_is_one_command_in_short_lines() {
        let url = "https://idcs-0123456789abcdef0123456789abcdef.identity.oraclecloud.com";
        let id = "0123456789abcdef0123456789abcdef";
        for row in &CREDENTIAL_TYPES {
            let lines = delete(row, id, url, "    ");
            assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
            let (last, others) = lines.split_last().expect("a command");
            assert!(others.iter().all(|line| line.ends_with(" \\")) && !last.ends_with('\\'));
            let words: Vec<_> = lines
                .iter()
                .flat_map(|line| line.split_whitespace())
                .filter(|word| *word != "\\")
                .collect();
            let resource = row.cli_resource;
            let expected = format!(
                "oci identity-domains {resource} delete --{resource}-id {id} --endpoint {url}"
            );
            assert_eq!(words.join(" "), expected);
        }
    }

    #[test]
    fn text_that_a_shell_could_misread_is_not_safe_to_paste() {
        for safe in [
            "0123abcd",
            "ocid1.credential.oc1..a",
            "https://idcs-1.identity.example.com:443",
        ] {
            assert!(is_safe_to_paste(safe), "{safe}");
        }
        for unsafe_to_paste in [
            "", "--force", "a b", "a;b", "$(b)", "`b`", "a\nb", "a'b", "a\\b", "\u{fc}", "a*",
        ] {
            assert!(!is_safe_to_paste(unsafe_to_paste), "{unsafe_to_paste}");
        }
    }
}
