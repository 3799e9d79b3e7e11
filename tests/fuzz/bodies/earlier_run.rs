//! The objects of an earlier run, which others may have changed in the bucket.

use credential_audit::credential_type::CredentialType;
use credential_audit::judge::Marks;
use credential_audit::judge::action::Urgency;
use credential_audit::judge::age::{ExpiryState, State};
use credential_audit::judge::changes::{PastFindings, Severity};
use credential_audit::report::findings::PastFinding;
use credential_audit::report::manifest::{Delivered, Manifest};
use credential_audit::timestamp::parse_iso_8601;
use serde_json::Value;

/// A line of `findings.jsonl` is accepted if and only if another reading accepts it, with the same result.
pub fn past_finding(line: &[u8]) {
    let read = PastFinding::parse(line);
    let Ok(line) = serde_json::from_slice::<Value>(line) else {
        return;
    };
    let expected = severity(&line);
    let Some(read) = read else {
        // A line with a duplicate field is refused; serde_json::Value keeps one of the two.
        let written = line.to_string();
        let once = PastFinding::parse(written.as_bytes());
        assert_eq!(
            once.map(|once| once.severity),
            expected,
            "{line} was skipped"
        );
        return;
    };
    assert_eq!(Some(read.severity), expected);
    assert_eq!(line["credential_id"], *read.credential_id);
    assert_eq!(line["domain_url"], *read.domain_url);
    assert_eq!(line["credential_type"], read.credential_type.name());
}

/// A manifest and `delivered.json` survive writing and reading. A baseline has a date and a history.
pub fn manifest(bytes: &[u8]) {
    if let Ok(delivered) = serde_json::from_slice::<Delivered>(bytes) {
        let again: Delivered = serde_json::from_str(&delivered.to_json()).expect("written JSON");
        assert_eq!(again, delivered);
    }
    let Ok(manifest) = serde_json::from_slice::<Manifest>(bytes) else {
        return;
    };
    let again: Manifest = serde_json::from_str(&manifest.to_json()).expect("written JSON");
    assert_eq!(again, manifest);
    let delivered = Delivered {
        run_id: manifest.run.run_id.clone(),
        as_of: manifest.run.as_of.clone(),
        notification: None,
        reason: None,
        last_digest: None,
    };
    let findings = PastFindings::of_domains(manifest.domain_urls());
    let baseline = manifest.into_baseline(&delivered, findings);
    assert_eq!(baseline.is_some(), is_read_whole(&again));
    if let Some(baseline) = baseline {
        assert_eq!(Some(baseline.as_of), parse_iso_8601(&again.run.as_of));
        assert_eq!(baseline.domains.len(), again.run.domains.len());
        // Entries that are later than the run are dropped.
        let is_past = |text: &str| parse_iso_8601(text).is_some_and(|time| time <= baseline.as_of);
        let history = again.history.iter().filter(|run| is_past(&run.as_of));
        assert_eq!(baseline.history.len(), history.count().max(1));
        let not_read = again.not_read.iter();
        let not_read = not_read.filter(|not_read| is_past(&not_read.last_seen));
        assert_eq!(baseline.not_read.len(), not_read.count());
    }
}

/// Whether every field that names a run, a date or a type has a valid one.
fn is_read_whole(manifest: &Manifest) -> bool {
    let id = manifest.run.run_id.as_str();
    let is_of_id = |character: char| character.is_ascii_alphanumeric() || character == '-';
    if id.is_empty() || id.len() > 64 || !id.chars().all(is_of_id) {
        return false;
    }
    let gone = manifest.gone_domains.iter();
    let gone = gone.flat_map(|gone| [&gone.last_found, &gone.since]);
    let not_read = manifest.not_read.iter().map(|not_read| &not_read.last_seen);
    let history = manifest.history.iter().map(|run| &run.as_of);
    let mut dates = gone
        .chain(not_read)
        .chain(history)
        .chain([&manifest.run.as_of]);
    let mut credential_types = manifest
        .not_read
        .iter()
        .map(|not_read| &not_read.credential_type);
    dates.all(|date| parse_iso_8601(date).is_some())
        && credential_types.all(|credential_type| credential_type.parse::<CredentialType>().is_ok())
}

fn severity(line: &Value) -> Option<Severity> {
    for name in ["credential_id", "domain_url"] {
        line.get(name)?.as_str()?;
    }
    let credential_type = line.get("credential_type")?.as_str()?;
    credential_type.parse::<CredentialType>().ok()?;
    let state = match line.get("state")?.as_str()? {
        "OVERDUE" => State::Overdue,
        "DUE" => State::Due,
        "UNKNOWN" => State::Unknown,
        "OK" => State::Ok,
        _ => return None,
    };
    let expiry = match line.get("expiry_state").unwrap_or(&Value::Null) {
        Value::Null => ExpiryState::None,
        word => match word.as_str()? {
            "" => ExpiryState::None,
            "EXPIRING" => ExpiryState::Expiring,
            "EXPIRED" => ExpiryState::Expired,
            "UNREADABLE" => ExpiryState::Unreadable,
            _ => return None,
        },
    };
    let marks = line.get("marks")?.as_array()?;
    let marks: Vec<_> = marks.iter().map(Value::as_str).collect::<Option<_>>()?;
    let marks = Marks {
        orphaned: marks.contains(&"orphaned"),
        user_inactive: marks.contains(&"user_inactive"),
        not_listed: marks.contains(&"unlisted"),
    };
    let excepted = line
        .get("exception")
        .is_some_and(|exception| !exception.is_null());
    let urgency = match line.get("urgency")?.as_str()? {
        "now" => Urgency::Now,
        "week" => Urgency::Week,
        "later" => Urgency::Later,
        "none" => Urgency::None,
        _ => return None,
    };
    Some(Severity::new(urgency, state, expiry, marks, excepted))
}
