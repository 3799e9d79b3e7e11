//! `mailed-<n>.json`, which records a batch of mails before it is sent, and `mail-result.json`, which records what became of all.
//!
//! They name users by their OCIDs and credentials by their ids, and hold no address and no name.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::judge::Audit;
use crate::judge::action::Urgency;
use crate::judge::holder_mail::{LastMail, PastMails, PlannedMail, credentials};
use crate::timestamp::Timestamp;

/// Raised when a field changes its meaning.
const SCHEMA_VERSION: u32 = 1;
/// Max mails of one record; more are not of this program.
pub const MAILS_PER_RECORD: usize = 10;
/// Max users and credentials of one mail. A record leaves out more, and one with more is not of this program.
const MAX_USERS: usize = 100;
const MAX_CREDENTIALS: usize = 2_000;

/// A batch of mails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailedRecord {
    schema_version: u32,
    run_id: String,
    /// The time of the clock before they were sent.
    at: String,
    mails: Vec<MailedPerson>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MailedPerson {
    users: Vec<String>,
    credentials: Vec<MailedCredential>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MailedCredential {
    id: String,
    urgency: String,
}

impl MailedRecord {
    /// The record of a batch.
    pub fn new(audit: &Audit, mails: &[PlannedMail], at: Timestamp) -> Self {
        let person = |mail: &PlannedMail| MailedPerson {
            users: mail.users.iter().take(MAX_USERS).cloned().collect(),
            credentials: credentials(audit, mail)
                .take(MAX_CREDENTIALS)
                .map(|(id, urgency)| MailedCredential {
                    id,
                    urgency: urgency.name().to_owned(),
                })
                .collect(),
        };
        Self {
            schema_version: SCHEMA_VERSION,
            run_id: audit.run.id.clone(),
            at: at.rfc3339(),
            mails: mails.iter().map(person).collect(),
        }
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        // Texts and lists always become JSON.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Adds what a record says that the run `run_id` stored at `at`; false if it is none. What it says of its own time does not count.
    pub fn read_into(body: &[u8], past: &mut PastMails, run_id: &str, at: Timestamp) -> bool {
        let record = serde_json::from_slice::<Self>(body).ok();
        let fits = |mail: &MailedPerson| {
            mail.users.len() <= MAX_USERS && mail.credentials.len() <= MAX_CREDENTIALS
        };
        let record = record.filter(|record| {
            record.schema_version == SCHEMA_VERSION
                && record.run_id == run_id
                && record.mails.len() <= MAILS_PER_RECORD
                && record.mails.iter().all(fits)
        });
        let Some(record) = record else {
            return false;
        };
        for mail in record.mails {
            let credentials = mail.credentials.into_iter();
            let last = LastMail {
                at,
                credentials: credentials
                    .filter_map(|credential| Some((credential.id, urgency(&credential.urgency)?)))
                    .collect(),
            };
            past.add(mail.users, last);
        }
        true
    }
}

fn urgency(name: &str) -> Option<Urgency> {
    Urgency::OF_ACTIONS
        .into_iter()
        .find(|urgency| urgency.name() == name)
}

/// What became of the mails of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailResult {
    schema_version: u32,
    run_id: String,
    at: String,
    /// Mails that Email Delivery accepted.
    pub sent: u64,
    /// Users whose address it suppresses.
    pub suppressed: BTreeSet<String>,
    /// Mails that it is not known to have accepted.
    pub failed: u64,
}

impl MailResult {
    /// The result of a run.
    pub fn new(
        audit: &Audit,
        at: Timestamp,
        (sent, failed): (u64, u64),
        suppressed: BTreeSet<String>,
    ) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            run_id: audit.run.id.clone(),
            at: at.rfc3339(),
            sent,
            suppressed,
            failed,
        }
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Adds what a result says that the run `run_id` stored at `at`; false if it is none.
    pub fn read_into(body: &[u8], past: &mut PastMails, run_id: &str, at: Timestamp) -> bool {
        let result = serde_json::from_slice::<Self>(body).ok();
        let result = result
            .filter(|result| result.schema_version == SCHEMA_VERSION && result.run_id == run_id);
        let is_one = result.is_some();
        if let Some(result) = result {
            past.add_suppressed(at, result.suppressed);
        }
        is_one
    }
}
