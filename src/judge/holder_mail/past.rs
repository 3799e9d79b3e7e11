//! What earlier runs mailed.
//!
//! A record has ids and no address. It is written before its mails are sent, so a run that is killed mails nobody twice. What it
//! says can make a mail later, by at most a week: on the weekday everybody is mailed who was not mailed on that day.

use std::collections::{BTreeSet, HashMap};

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
    by_user: HashMap<String, LastMail>,
    /// The users to whom the newest run that mailed could not send, since Email Delivery suppresses their address; with its time.
    pub suppressed: Option<(Timestamp, BTreeSet<String>)>,
}

impl PastMails {
    /// Adds a mail to these users, unless a later one is known, or it is later than `now`.
    pub fn add(&mut self, users: &[String], mail: &LastMail, now: Timestamp) {
        if mail.at > now {
            return;
        }
        for user in users {
            let is_newer = self
                .by_user
                .get(user)
                .is_none_or(|known| known.at < mail.at);
            if is_newer {
                self.by_user.insert(user.clone(), mail.clone());
            }
        }
    }

    /// Adds the users whose address was suppressed in a run at `at`, unless a later run is known.
    pub fn add_suppressed(&mut self, at: Timestamp, users: BTreeSet<String>, now: Timestamp) {
        let is_newer = self
            .suppressed
            .as_ref()
            .is_none_or(|(known, _)| *known < at);
        if at <= now && is_newer {
            self.suppressed = Some((at, users));
        }
    }

    /// The last mail to any of these users.
    pub(super) fn last(&self, users: &[String]) -> Option<&LastMail> {
        let mails = users.iter().filter_map(|user| self.by_user.get(user));
        mails.max_by_key(|mail| mail.at)
    }
}
