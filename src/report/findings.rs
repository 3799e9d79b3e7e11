//! `findings.jsonl`: what the next run compares itself with, one finding per line.
//!
//! A finding is a credential with something to do, accepted or not, that is overdue, due or of unknown age, that expires or has
//! expired, whose expiry date cannot be read, that has a mark, or an API key with the fingerprint of another one.
//! Lines are sorted by credential id, domain and type. Names of fields are those of the columns of `credentials.csv`.
//! A later run compares marks, urgency, action and fingerprint: see [`crate::judge::Audit::with_mass_change_since`].

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::credential_type::CredentialType;
use crate::judge::action::Urgency;
use crate::judge::age::{ExpiryState, State};
use crate::judge::changes::Severity;
use crate::judge::exceptions::Exception;
use crate::judge::{Audit, Finding, Marks};
use crate::model::ScimIdText;
use crate::timestamp::Timestamp;

use super::read_ahead::read_ahead;
use super::view::CredentialView;
use crate::chunks::{ChunkSource, gather};

/// One line. It has no user name and no description, since programs compare it. Only the text of an exception may name somebody.
#[derive(Serialize)]
struct Line<'a> {
    credential_id: ScimIdText<'a>,
    domain: &'a str,
    domain_url: &'a str,
    credential_type: &'a str,
    /// Fingerprint of an API key; null for other types, and if the key has none.
    fingerprint: Option<&'a str>,
    /// `OVERDUE`, `DUE`, `UNKNOWN` or `OK`.
    state: &'a str,
    /// `EXPIRING`, `EXPIRED`, `UNREADABLE` or null.
    expiry_state: Option<&'a str>,
    /// Some of `orphaned`, `user_inactive`, `unlisted`.
    marks: Vec<&'static str>,
    /// What to do: the columns `action`, `reason` and `urgency` of `credentials.csv`.
    action: &'a str,
    reason: &'a str,
    urgency: &'a str,
    /// UTC date to act by; null if there is nothing to do.
    act_by: Option<String>,
    /// The newest audited use of an API key; absent if none was found, or if last use was not searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_use: Option<String>,
    /// The region of that use.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_use_region: Option<&'a str>,
    /// Since when every audited use is known; absent if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_use_known_since: Option<String>,
    /// Some of `administrator`, `dormant_holder`, which alone make no line, `key_of_several_users`, `key_added_again`.
    hints: Vec<&'static str>,
    /// SCIM id of the holder; null if the credential names none.
    user_id: Option<&'a str>,
    /// OCID of the holder; null if no row had it.
    user_ocid: Option<&'a str>,
    /// Whole days; null if the age is unknown.
    age_days: Option<i32>,
    /// UTC date; null if the age is unknown.
    rotate_by: Option<String>,
    /// The exception that accepts a reason to act, as in `credentials.csv`; null if none does.
    exception: Option<String>,
    /// `new`, `escalated` or `still`; null if it was not compared.
    change: Option<&'static str>,
}

/// A line of an earlier run, as far as runs are compared.
#[derive(Clone, Debug)]
pub struct PastFinding<'a> {
    /// SCIM id.
    pub credential_id: Cow<'a, str>,
    /// Base URL of its domain.
    pub domain_url: Cow<'a, str>,
    /// Its type.
    pub credential_type: CredentialType,
    /// How bad it was.
    pub severity: Severity,
}

#[derive(Deserialize)]
struct PastLine<'a> {
    #[serde(borrow)]
    credential_id: Cow<'a, str>,
    #[serde(borrow)]
    domain_url: Cow<'a, str>,
    #[serde(borrow)]
    credential_type: Cow<'a, str>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    expiry_state: Option<String>,
    marks: Vec<String>,
    #[serde(borrow)]
    urgency: Cow<'a, str>,
    #[serde(default)]
    exception: Option<IgnoredAny>,
}

impl<'a> PastFinding<'a> {
    /// Parses a line; `None` if it is malformed. Unknown marks are ignored.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let line: PastLine<'a> = serde_json::from_slice(line).ok()?;
        let states = [State::Overdue, State::Due, State::Unknown, State::Ok];
        let state = states
            .into_iter()
            .find(|state| state.word() == line.state)?;
        let expiry = line.expiry_state.as_deref().unwrap_or_default();
        let expiry = ExpiryState::ALL
            .into_iter()
            .find(|state| state.word() == expiry)?;
        let has = |word: &str| line.marks.iter().any(|mark| mark == word);
        let marks = Marks {
            orphaned: has("orphaned"),
            user_inactive: has("user_inactive"),
            not_listed: has("unlisted"),
        };
        let urgency = Urgency::OF_ACTIONS
            .into_iter()
            .chain([Urgency::None])
            .find(|urgency| urgency.name() == line.urgency)?;
        Some(Self {
            credential_type: line.credential_type.parse().ok()?,
            severity: Severity::new(urgency, state, expiry, marks, line.exception.is_some()),
            credential_id: line.credential_id,
            domain_url: line.domain_url,
        })
    }
}

/// Every finding of the run; empty for a run without findings.
pub(super) fn findings(audit: Arc<Audit>) -> ChunkSource {
    let order = sorted_by_id(&audit);
    let rows = order.len();
    gather(
        |_| {},
        rows,
        move |index, out| {
            let finding = |index: usize| &audit.findings[order[index] as usize];
            read_ahead(&audit, index, rows, finding);
            if let Some(view) = CredentialView::of(&audit, finding(index)) {
                line(&audit, &view, out);
            }
        },
    )
}

/// Indices into [`Audit::findings`], four bytes per finding.
fn sorted_by_id(audit: &Audit) -> Vec<u32> {
    let id = |finding: &Finding| {
        let found = audit.credential(finding);
        found.map(|(inventory, credential)| {
            inventory.credential_id(finding.credential_type, credential)
        })
    };
    // Comparing the first bytes of ids here avoids most reads of the ids, which are scattered in memory.
    // Counted first: a list that grows takes twice as much.
    let findings = || {
        (0_u32..)
            .zip(&audit.findings)
            .filter(|(_, finding)| finding.is_finding())
    };
    let mut order: Vec<(u64, u32)> = Vec::with_capacity(findings().count());
    order.extend(
        findings().map(|(index, finding)| (beginning(&id(finding).unwrap_or_default()), index)),
    );
    order.sort_unstable_by(|(left_beginning, left), (right_beginning, right)| {
        left_beginning.cmp(right_beginning).then_with(|| {
            let key = |index: u32| {
                let finding = &audit.findings[index as usize];
                (id(finding), finding.domain, finding.credential_type)
            };
            key(*left).cmp(&key(*right))
        })
    });
    order.into_iter().map(|(_, index)| index).collect()
}

/// The first eight bytes of a text, as a number with the same order.
fn beginning(text: &str) -> u64 {
    let mut bytes = [0; 8];
    for (byte, from) in bytes.iter_mut().zip(text.bytes()) {
        *byte = from;
    }
    u64::from_be_bytes(bytes)
}

fn line(audit: &Audit, view: &CredentialView<'_>, out: &mut Vec<u8>) {
    let known = audit.use_of(view.finding);
    let newest = known.and_then(|known| known.newest);
    let line = Line {
        last_use: newest.map(|(used, _)| used.at.rfc3339()),
        last_use_region: newest.map(|(_, region)| region),
        last_use_known_since: known
            .and_then(|known| known.known_since)
            .map(Timestamp::rfc3339),
        credential_id: view.id(),
        domain: &view.domain().name,
        domain_url: &view.domain().url,
        credential_type: view.credential_type().name(),
        fingerprint: view.fingerprint(),
        state: view.finding.state.word(),
        expiry_state: filled(view.finding.expiry.word()),
        marks: marks(view.finding),
        action: view.finding.action.name(),
        reason: view.finding.reason.name(),
        urgency: view.finding.urgency.name(),
        act_by: audit.act_by(view.finding).map(|date| date.date()),
        hints: hints(view.finding),
        user_id: filled(view.user_id()),
        user_ocid: filled(view.user_ocid()),
        age_days: view.age.age_days,
        rotate_by: view.rotate_by().map(|date| date.date()),
        exception: audit
            .exception(view.finding)
            .filter(|_| view.finding.is_excepted)
            .map(Exception::cell),
        change: view.finding.change.word(),
    };
    // Strings, numbers and lists of them always become JSON, and writing into memory does not fail.
    let _ = serde_json::to_writer(&mut *out, &line);
    out.push(b'\n');
}

/// Names of marks in all files.
pub(super) fn marks(finding: &Finding) -> Vec<&'static str> {
    words([
        (finding.marks.orphaned, "orphaned"),
        (finding.marks.user_inactive, "user_inactive"),
        (finding.marks.not_listed, "unlisted"),
    ])
}

/// Names of hints in all files.
pub(super) fn hints(finding: &Finding) -> Vec<&'static str> {
    words([
        (finding.hints.administrator(), "administrator"),
        (finding.hints.dormant(), "dormant_holder"),
        (finding.hints.key_of_several_users(), "key_of_several_users"),
        (finding.hints.key_added_again(), "key_added_again"),
    ])
}

fn words<const N: usize>(marks: [(bool, &'static str); N]) -> Vec<&'static str> {
    marks
        .into_iter()
        .filter_map(|(marked, word)| marked.then_some(word))
        .collect()
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn first_bytes_sort_as_their_texts(left in "[a\\x00é]{0,10}", right in "[a\\x00é]{0,10}") {
            let by_beginning = beginning(&left).cmp(&beginning(&right)).then_with(|| left.cmp(&right));
            prop_assert_eq!(by_beginning, left.cmp(&right));
        }
    }
}
