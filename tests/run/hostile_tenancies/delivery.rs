//! Judges what was sent out: mail, objects, and secrets in any text.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value as Json;

use super::attack::{Attack, EchoPlace, FalsePut};
use super::case::Case;
use super::oracle::{Broken, broken};
use super::outcome::Outcome;
use crate::common::invariants::sha256;

/// A piece of a secret of so many characters must be in no text.
const PIECE: usize = 20;
/// No line of a log is longer.
const LONGEST_LINE: usize = 100_000;

/// Every promise about deliveries that the run broke.
pub(super) fn judge(case: &Case, outcome: &Outcome) -> Vec<Broken> {
    let mut found = Vec::from_iter(secrets(outcome));
    found.extend(mail(case, outcome));
    found.extend(objects(case, outcome));
    let longest = outcome.log.lines().map(str::len).max().unwrap_or(0);
    if longest > LONGEST_LINE {
        found.push(broken(
            "no line of the log is very long",
            longest.to_string(),
        ));
    }
    found
}

/// No piece of a token or signature is in any text.
fn secrets(outcome: &Outcome) -> Option<Broken> {
    // A piece contains at least one whole block of eight bytes at a multiple of eight.
    let (mut blocks, mut is_possible) = (HashSet::new(), vec![false; 1 << 16]);
    for secret in &outcome.evidence.secrets {
        for block in secret.as_bytes().chunks_exact(8) {
            let block = block.iter().fold(0, with_byte);
            blocks.insert(block);
            is_possible[bucket(block)] = true;
        }
    }
    let mut pieces = HashSet::new();
    for (name, text) in outcome.outputs() {
        let text = text.as_bytes();
        let mut block = 0;
        for (position, byte) in text.iter().enumerate() {
            block = with_byte(block, byte);
            if !is_possible[bucket(block)] || !blocks.contains(&block) {
                continue;
            }
            if pieces.is_empty() {
                let secrets = outcome.evidence.secrets.iter();
                pieces = secrets
                    .flat_map(|secret| secret.as_bytes().windows(PIECE))
                    .collect();
            }
            let around = |before: usize, after: usize| {
                &text[position.saturating_sub(before)..(position + after).min(text.len())]
            };
            let near = around(PIECE + 8, PIECE + 1);
            if near.windows(PIECE).any(|piece| pieces.contains(piece)) {
                let context = String::from_utf8_lossy(around(80, 40)).into_owned();
                let promise = "no piece of a token or signature is in any text";
                return Some(broken(promise, format!("{name}: {context}")));
            }
        }
    }
    None
}

/// The last eight bytes as a number.
fn with_byte(block: u64, byte: &u8) -> u64 {
    block << 8 | u64::from(*byte)
}

fn bucket(block: u64) -> usize {
    (block.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize
}

/// Exactly one mail, or the reason why not.
fn mail(case: &Case, outcome: &Outcome) -> Vec<Broken> {
    let mut found = Vec::new();
    let messages = outcome.messages.len();
    let refused = case.attacks.iter().any(|attack| {
        matches!(
            attack,
            Attack::Echo {
                place: EchoPlace::Publish(_),
                ..
            }
        )
    });
    let hiccup = case.attacks.iter().any(is_hiccup);
    if messages == 0 && !refused {
        let promise = match hiccup {
            true => "a hiccup of the topic loses no mail",
            false => "a mail is published whatever else fails",
        };
        let at = outcome.evidence.published_at;
        let detail = format!(
            "first attempt at {at:?} of {} s: {:?}",
            case.seconds,
            outcome.result.as_ref().err()
        );
        found.push(broken(promise, detail));
    }
    if messages == 0 && outcome.result.is_ok() {
        found.push(broken("a run without its mail fails with the reason", ""));
    }
    let is_repeat = |index: usize| {
        let message = &outcome.messages[index];
        format!("{:?} {}", message.title, message.body).contains("may be a repeat")
    };
    // A topic that accepts a message and answers 401 is believed: the token was renewed, and the message is sent once more.
    let is_refused_and_accepted = |attack: &Attack| {
        matches!(
            attack,
            Attack::Echo {
                place: EchoPlace::Publish(401),
                ..
            }
        )
    };
    let is_expected_twice = || {
        let mut attacks = case.attacks.iter();
        attacks.any(is_refused_and_accepted) || case.attacks.iter().any(may_repeat) && is_repeat(1)
    };
    if messages > 2 || messages == 2 && !is_expected_twice() {
        found.push(broken("one mail is published", messages.to_string()));
    }
    found
}

/// Reports are stored as they are named, and stored at all if nothing prevents it.
fn objects(case: &Case, outcome: &Outcome) -> Vec<Broken> {
    let mut found = Vec::new();
    let manifest = outcome.object("manifest.json");
    let manifest = manifest.and_then(|body| serde_json::from_slice(body).ok());
    for summary in outcome.result.iter().chain(&manifest) {
        if let Err(reason) = stored_as_said(&outcome.objects, summary) {
            found.push(broken("objects are stored as they are named", reason));
        }
    }
    let prevented = case.attacks.iter().any(prevents_storing);
    if manifest.is_none() && !prevented && !outcome.nothing_read {
        let detail = format!("{:?}", outcome.result.as_ref().err());
        found.push(broken("reports are stored if nothing prevents it", detail));
    }
    found
}

/// Whether objects that a report names are stored as it says.
fn stored_as_said(objects: &BTreeMap<String, Vec<u8>>, summary: &Json) -> Result<(), String> {
    for object in summary["objects"].as_array().into_iter().flatten() {
        let name = object["name"].as_str().unwrap_or_default();
        let Some(body) = objects.get(name) else {
            return Err(format!("{name} is not stored"));
        };
        if object["sha256"] != sha256(body).as_str() {
            return Err(format!("{name} has other content"));
        }
    }
    Ok(())
}

/// Whether the topic fails for a short time.
fn is_hiccup(attack: &Attack) -> bool {
    matches!(attack, Attack::Publish { .. })
}

/// Whether a message may be published twice, because nobody can know if the first was.
fn may_repeat(attack: &Attack) -> bool {
    match attack {
        Attack::Publish { how, .. } => how.is_ambiguous(),
        Attack::Echo { place, .. } => matches!(place, EchoPlace::Publish(500..)),
        _ => false,
    }
}

/// Whether objects cannot be stored, or their names are false.
fn prevents_storing(attack: &Attack) -> bool {
    match attack {
        Attack::Put { how, object } => {
            !matches!(how, FalsePut::LostAnswer) && *object != "delivered.json"
        }
        Attack::Echo { place, .. } => {
            matches!(place, EchoPlace::Namespace | EchoPlace::Storage(_))
        }
        _ => false,
    }
}
