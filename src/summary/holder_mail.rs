//! What became of mails to holders.

use serde::{Deserialize, Serialize};

use crate::judge::holder_mail::NoMail;

/// `{"sent":{...}}`, `{"preview":12}` or `{"skipped":"as_of"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderMailSummary {
    /// Mails were due, or none was.
    Sent(MailCounts),
    /// `holder-mails.jsonl` has what would be sent. Nothing was.
    Preview,
    /// Nobody was mailed, and why.
    Skipped(MailSkipReason),
}

/// Numbers of mails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailCounts {
    /// Mails that Email Delivery accepted.
    pub accepted: u64,
    /// Mails to addresses that it suppresses.
    pub suppressed: u64,
    /// Mails that it refused, or whose outcome is unknown. They are not sent again before the weekday.
    pub failed: u64,
    /// Mails that were due and not begun: the next run sends them.
    pub left: u64,
    /// Users with something to do and without a verified address.
    pub without_address: u64,
}

/// Why nobody is mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSkipReason {
    /// A dry run leaves nothing behind.
    DryRun,
    /// The invocation sets `as_of`.
    AsOf,
    /// The invocation narrows the run.
    Scoped,
    /// The run is a shard.
    Shard,
    /// The run failed, or its reports or digest were not delivered.
    Failed,
    /// Not all users were read.
    UsersNotRead,
    /// The exceptions cannot be read.
    ExceptionsNotRead,
    /// What earlier runs mailed cannot be read.
    EarlierMailsNotRead,
}

impl From<NoMail> for MailSkipReason {
    fn from(reason: NoMail) -> Self {
        match reason {
            NoMail::AsOf => Self::AsOf,
            NoMail::Scoped => Self::Scoped,
            NoMail::Shard => Self::Shard,
            NoMail::Failed => Self::Failed,
            NoMail::UsersNotRead => Self::UsersNotRead,
            NoMail::ExceptionsNotRead => Self::ExceptionsNotRead,
        }
    }
}
