//! The file with exceptions and known gaps.

use std::time::{Duration, Instant};

use chrono::{NaiveDate, TimeDelta};
use credential_audit::credential_type::CredentialType;
use credential_audit::judge::exceptions::{Exceptions, Location, Pattern};
use serde_json::Value;

/// Maximum number of valid entries per list.
const MAX_ENTRIES: usize = 5_000;
/// Names that patterns are matched with, besides those derived from the patterns.
const NAMES: [&str; 4] = ["", "jane.roe@example.com", "aba", "Σ σας İ ß"];
/// Far more than a match takes, and far less than exponential backtracking takes.
const LONG: Duration = Duration::from_secs(2);

/// Every entry is either accepted as the file has it or reported as invalid, and patterns match quickly and as a simpler
/// matcher does.
pub fn exceptions_file(content: &[u8]) {
    let today = NaiveDate::from_ymd_opt(2026, 11, 22).expect("a date");
    let read = Exceptions::parse("exceptions.json", content, "0".repeat(64), today);
    if read.unreadable.is_some() {
        assert!(read.entries.is_empty() && read.gaps.is_empty());
        assert_eq!(read.bad.count(), 0);
        return;
    }
    let latest = today + TimeDelta::days(366);
    for entry in &read.entries {
        assert!(entry.until <= latest && !entry.reason.trim().is_empty());
        let others = [&entry.domain, &entry.credential_id];
        let narrowed = others
            .into_iter()
            .flatten()
            .any(|pattern| !is_anything(pattern));
        assert!(
            !is_anything(&entry.user) || entry.credential_type.is_some() || narrowed,
            "{entry:?} accepts everything"
        );
        for pattern in [
            Some(&entry.user),
            entry.domain.as_ref(),
            entry.credential_id.as_ref(),
        ] {
            pattern.into_iter().for_each(assert_fits_what_it_says);
        }
    }
    for gap in &read.gaps {
        assert!(gap.until <= latest && !gap.reason.trim().is_empty());
        assert!(
            !is_anything(&gap.domain) || gap.credential_type.is_some(),
            "{gap:?} accepts everything"
        );
        let name = gap.domain.text().replace('*', "");
        for credential_type in CredentialType::all() {
            let found = read.known_gap(latest + TimeDelta::days(1), &name, credential_type);
            assert_eq!(found, None, "a gap holds after its last day");
        }
    }
    let file = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    if let Ok(file) = serde_json::from_slice(file) {
        assert_equal_to_the_file(&file, &read);
    }
}

fn is_anything(pattern: &Pattern) -> bool {
    pattern.text().chars().all(|character| character == '*')
}

/// Valid and invalid entries together are the whole list, each once, and valid ones equal their JSON.
fn assert_equal_to_the_file(file: &Value, read: &Exceptions) {
    let bad_of = |list: &str| {
        let places = read.bad.first.iter().map(|bad| &bad.location);
        let of_list =
            |location: &&Location| matches!(location, Location::Entry(name, _) if *name == list);
        places.filter(of_list).count()
    };
    let list_of = |name: &str| file.get(name).and_then(Value::as_array);
    let twice = read
        .bad
        .first
        .iter()
        .any(|bad| matches!(bad.location, Location::List(_)));
    if read.bad.others == 0 && !twice {
        for (name, understood) in [
            ("exceptions", read.entries.len()),
            ("gaps", read.gaps.len()),
        ] {
            let entries = list_of(name).map_or(0, Vec::len).min(MAX_ENTRIES);
            assert_eq!(
                understood + bad_of(name),
                entries,
                "entries of {name} were lost"
            );
        }
    }
    for exception in &read.entries {
        let entry = &list_of("exceptions").expect("a list")[exception.index];
        let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::trim);
        assert_eq!(text("user"), Some(exception.user.text()));
        let domain = exception.domain.as_ref().map(Pattern::text);
        assert_eq!(
            text("domain").unwrap_or_default(),
            domain.unwrap_or_default()
        );
        assert_eq!(text("reason"), Some(exception.reason.as_str()));
        assert_eq!(text("until"), Some(exception.until.to_string().as_str()));
        let credential_type = exception.credential_type.map(CredentialType::name);
        let word = text("type")
            .filter(|word| !["", "*"].contains(word))
            .map(str::to_lowercase);
        assert_eq!(word.as_deref(), credential_type);
    }
    for gap in &read.gaps {
        let entry = &list_of("gaps").expect("a list")[gap.index];
        let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::trim);
        assert_eq!(text("domain"), Some(gap.domain.text()));
        assert_eq!(text("until"), Some(gap.until.to_string().as_str()));
    }
}

fn assert_fits_what_it_says(pattern: &Pattern) {
    let text = pattern.text();
    let (shortest, longer) = (text.replace('*', ""), text.replace('*', "Xx"));
    assert!(
        pattern.matches(&shortest),
        "{text:?} does not match {shortest:?}"
    );
    assert!(pattern.matches(&longer), "{text:?} does not fit {longer:?}");
    for name in NAMES
        .into_iter()
        .chain([shortest.as_str(), &format!("{shortest}!")])
    {
        assert_eq!(
            pattern.matches(name),
            fits(text, name),
            "{text:?} and {name:?}"
        );
    }
    let long = format!("{}!", shortest.repeat(10_000 / shortest.len().max(1)));
    let began = Instant::now();
    pattern.matches(&long);
    assert!(
        began.elapsed() < LONG,
        "{text:?} took {:?}",
        began.elapsed()
    );
}

/// Whether a pattern matches a name, character by character.
fn fits(pattern: &str, name: &str) -> bool {
    let lower = |text: &str| {
        let letters = text.chars().flat_map(char::to_lowercase);
        letters
            .map(|letter| if letter == 'ς' { 'σ' } else { letter })
            .collect::<Vec<_>>()
    };
    let name = lower(name);
    // For each prefix of the name, whether the pattern so far matches it.
    let mut fitting = vec![false; name.len() + 1];
    fitting[0] = true;
    for expected in lower(pattern) {
        if expected == '*' {
            let first = fitting
                .iter()
                .position(|fits| *fits)
                .unwrap_or(fitting.len());
            fitting[first..].fill(true);
        } else {
            for end in (1..fitting.len()).rev() {
                fitting[end] = fitting[end - 1] && name[end - 1] == expected;
            }
            fitting[0] = false;
        }
    }
    fitting[name.len()]
}
