//! What earlier runs of the last forty days mailed to holders.
//!
//! Others may write to the bucket: a record that is malformed, or later than the clock, says nothing. If records cannot be listed or
//! read at all, a run mails nobody, since it could mail somebody twice on a day.

use chrono::{Days, NaiveDate};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::http::deadline::Deadline;
use crate::judge::holder_mail::PastMails;
use crate::oci::object_storage::{Bucket, StorageError};
use crate::report::digest::SuppressedMails;
use crate::report::holder_mail::record::{MailResult, MailedRecord};
use crate::server_text::ServerText;
use crate::timestamp::Timestamp;

use super::baseline::{last_segment, months};

/// Days to look back, including today. A person whom no mail of these days names is mailed.
const DAYS_BACK: u64 = 40;
/// Max records: five hundred mails on each weekday, and some on other days. The newest come first.
const MAX_RECORDS: usize = 1_000;
/// Max bytes of a record of ten mails.
const RECORD_BYTES: u64 = 1024 * 1024;
/// Max concurrent requests.
const CONCURRENT: usize = 8;

/// What is known of earlier mails.
#[derive(Debug)]
pub enum PastMailsReading {
    /// The settings send none.
    NotNeeded,
    /// Earlier mails.
    Read(PastMails),
    /// They cannot be read.
    Failed,
}

/// Reads the records below `prefix`. `now` is the time of the clock.
pub async fn read(
    bucket: &Bucket,
    prefix: &str,
    now: Timestamp,
    deadline: Deadline,
) -> PastMailsReading {
    match try_read(bucket, prefix, now, deadline).await {
        Ok(past) => PastMailsReading::Read(past),
        Err(error) => {
            tracing::warn!(%error, "earlier mails to holders cannot be read, so nobody is mailed");
            PastMailsReading::Failed
        }
    }
}

async fn try_read(
    bucket: &Bucket,
    prefix: &str,
    now: Timestamp,
    deadline: Deadline,
) -> Result<PastMails, StorageError> {
    let mut names = names(bucket, prefix, now, deadline).await?;
    names.truncate(MAX_RECORDS);
    let bodies = stream::iter(names).map(|name| async move {
        let body = bucket.get(&name, RECORD_BYTES, deadline).await?;
        Ok::<_, StorageError>((name, body))
    });
    let mut bodies = bodies.buffered(CONCURRENT);
    let mut past = PastMails::default();
    while let Some((name, body)) = bodies.try_next().await? {
        let is_read = if last_segment(&name) == RESULT {
            MailResult::read_into(&body, &mut past, now)
        } else {
            MailedRecord::read_into(&body, &mut past, now)
        };
        if !is_read {
            let object = ServerText::new(&name);
            tracing::warn!(%object, "a record of earlier mails is malformed, and ignored");
        }
    }
    Ok(past)
}

const RESULT: &str = "mail-result.json";

/// Full names of the records, of the newest run first.
async fn names(
    bucket: &Bucket,
    prefix: &str,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Vec<String>, StorageError> {
    let today = now.to_chrono().date_naive();
    let first = today
        .checked_sub_days(Days::new(DAYS_BACK - 1))
        .unwrap_or(NaiveDate::MIN);
    let mut runs = Vec::new();
    for (year, month) in months(first, today) {
        let folder = format!("{prefix}{year:04}/{month:02}/");
        let days = bucket.list(&folder, deadline).await?.folders;
        let days = days.into_iter().rev().filter(|folder| {
            let day = last_segment(folder).parse().ok();
            let date = day.and_then(|day| NaiveDate::from_ymd_opt(year, month, day));
            date.is_some_and(|date| (first..=today).contains(&date))
        });
        let days: Vec<_> = days.collect();
        let listed = stream::iter(days).map(|day| async move { bucket.list(&day, deadline).await });
        let listed: Vec<_> = listed.buffered(CONCURRENT).try_collect().await?;
        runs.extend(
            listed
                .into_iter()
                .flat_map(|day| day.folders.into_iter().rev()),
        );
    }
    let listed = stream::iter(runs).map(|run| async move { bucket.list(&run, deadline).await });
    let listed: Vec<_> = listed.buffered(CONCURRENT).try_collect().await?;
    let names = listed.into_iter().flat_map(|run| run.objects);
    Ok(names
        .filter(|name| {
            let name = last_segment(name);
            name == RESULT || (name.starts_with("mailed-") && name.ends_with(".json"))
        })
        .collect())
}

impl PastMailsReading {
    /// Whom the newest run that mailed could not reach, for the digest.
    pub(crate) fn suppressed(&self) -> Option<SuppressedMails> {
        match self {
            Self::Read(past) => {
                let (at, users) = past.suppressed.clone()?;
                Some(SuppressedMails { at, users })
            }
            Self::NotNeeded | Self::Failed => None,
        }
    }
}
