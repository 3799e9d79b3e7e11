//! What earlier runs mailed.
//!
//! A record has ids and no address. It is written before its mails are sent, so a run that is killed mails nobody twice. What it
//! says can make a mail later, by at most a week: everybody is mailed who was not mailed since the last weekday.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::judge::action::Urgency;
use crate::timestamp::Timestamp;

/// The last mail to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastMail {
    /// When it was recorded.
    pub at: Timestamp,
    /// The credentials in it, by id, each with its urgency then.
    pub credentials: HashMap<String, Urgency>,
}

/// The mails of the last days.
#[derive(Clone, Debug, Default)]
pub struct PastMails {
    by_user: HashMap<String, Arc<LastMail>>,
    /// The users to whom the newest run that mailed could not send, since Email Delivery suppresses their address; with its time.
    pub suppressed: Option<(Timestamp, BTreeSet<String>)>,
}

impl PastMails {
    /// Adds a mail to these users, unless a later one is known.
    pub fn add(&mut self, users: Vec<String>, mail: LastMail) {
        let mail = Arc::new(mail);
        for user in users {
            let is_newer = self
                .by_user
                .get(&user)
                .is_none_or(|known| known.at < mail.at);
            if is_newer {
                self.by_user.insert(user, Arc::clone(&mail));
            }
        }
    }

    /// Adds the users whose address was suppressed in a run at `at`, unless a later run is known.
    pub fn add_suppressed(&mut self, at: Timestamp, users: BTreeSet<String>) {
        let is_newer = self
            .suppressed
            .as_ref()
            .is_none_or(|(known, _)| *known < at);
        if is_newer {
            self.suppressed = Some((at, users));
        }
    }

    /// Whether a mail to any of these users is known.
    pub fn names_any(&self, users: &[String]) -> bool {
        users.iter().any(|user| self.by_user.contains_key(user))
    }

    /// The last mail to any of these users.
    pub(super) fn last(&self, users: &[String]) -> Option<&LastMail> {
        let mails = users.iter().filter_map(|user| self.by_user.get(user));
        mails.max_by_key(|mail| mail.at).map(AsRef::as_ref)
    }
}
