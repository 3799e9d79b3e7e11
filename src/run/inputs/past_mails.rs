//! What earlier runs of the last forty days mailed to holders.
//!
//! Others may write to the bucket. So only a record counts that is where a run stores it, that names this run, and that the service
//! says was stored while the run could have run: nobody can place one for a day to come, or for one that is over. If records cannot
//! be listed or read, or if there are more than runs make, nobody is mailed, since somebody could be mailed twice on a day.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::fleet::RunId;
use crate::http::deadline::Deadline;
use crate::judge::holder_mail::{MAX_MAILS, PastMails};
use crate::oci::object_storage::{Bucket, DatedObject, StorageCause, StorageError};
use crate::report::digest::SuppressedMails;
use crate::report::holder_mail::record::{MAILS_PER_RECORD, MailResult, MailedRecord};
use crate::server_text::ServerText;
use crate::timestamp::Timestamp;

use super::baseline::{last_segment, months};

/// Days to look back, including today. A person whom no mail of these days names is mailed.
const DAYS_BACK: u64 = 40;
/// Max bytes of a record of ten mails.
const RECORD_BYTES: u64 = 1024 * 1024;
/// Max bytes of all records: five hundred mails on each day.
const TOTAL_BYTES: usize = 16 * 1024 * 1024;
/// Max records: some runs on each day, each with all of its mails.
const MAX_RECORDS: usize = 4_000;
/// Max concurrent requests.
const CONCURRENT: usize = 8;
/// Max days to list concurrently: one may have ten thousand names.
const CONCURRENT_DAYS: usize = 2;
/// A run takes an hour at most; clocks differ by some minutes.
const MAX_RUN_SECONDS: i64 = 2 * 3600;
const CLOCK_SECONDS: i64 = 15 * 60;

/// What is known of earlier mails.
#[derive(Debug)]
pub enum PastMailsReading {
    /// The settings send none.
    NotNeeded,
    /// Earlier mails.
    Read(EarlierMails),
    /// They cannot be read.
    Failed,
}

/// Earlier mails, and the records that they are from.
#[derive(Debug, Default)]
pub struct EarlierMails {
    /// The mails.
    pub(in crate::run) past: PastMails,
    /// Full names of the records.
    records: BTreeSet<String>,
}

/// Why earlier mails are not known.
#[derive(Debug, thiserror::Error)]
pub(in crate::run) enum PastMailsError {
    /// The service does not list or return a record.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Something else writes records.
    #[error("there are more than {limit} {unit} in {DAYS_BACK} days; something else stores them")]
    TooMany {
        /// Max.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
}

/// A record in the bucket.
struct Record {
    name: String,
    run: RunId,
    /// When it was stored.
    at: Timestamp,
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
) -> Result<EarlierMails, PastMailsError> {
    let today = now.to_chrono().date_naive();
    let first = today
        .checked_sub_days(Days::new(DAYS_BACK - 1))
        .unwrap_or(NaiveDate::MIN);
    let mut days = Vec::new();
    for (year, month) in months(first, today) {
        let folder = format!("{prefix}{year:04}/{month:02}/");
        let listed = bucket.list(&folder, deadline).await?.folders;
        let listed = listed.into_iter().rev().filter(|folder| {
            let day = last_segment(folder).parse().ok();
            let date = day.and_then(|day| NaiveDate::from_ymd_opt(year, month, day));
            date.is_some_and(|date| (first..=today).contains(&date))
        });
        days.extend(listed);
    }
    let listed =
        stream::iter(days).map(|day| async move { records(bucket, &day, now, deadline).await });
    let mut listed = listed.buffered(CONCURRENT_DAYS);
    let mut records = Vec::new();
    while let Some(day) = listed.try_next().await? {
        records.extend(day);
    }
    let mut earlier = EarlierMails::default();
    add(bucket, records, &mut earlier, deadline).await?;
    Ok(earlier)
}

/// The records of a day, of the newest run first. `day` is its folder, with a slash at its end.
async fn records(
    bucket: &Bucket,
    day: &str,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Vec<Record>, PastMailsError> {
    let keep = |name: &str| place(day, name).is_some();
    let objects = bucket.list_dated(day, keep, deadline).await?;
    let mut records: Vec<_> = objects
        .into_iter()
        .filter_map(|object| record(day, object, now))
        .collect();
    records.reverse();
    Ok(records)
}

/// The run of a name in the folder of a day, if it is the name of a record.
fn place(day: &str, name: &str) -> Option<RunId> {
    let (run, file) = name.strip_prefix(day)?.split_once('/')?;
    let run = RunId::parse(run)?;
    let started = run.started().to_chrono();
    let (year, month, date) = (started.year(), started.month(), started.day());
    let is_of_day = day.ends_with(&format!("{year:04}/{month:02}/{date:02}/"));
    let number = file.strip_prefix("mailed-");
    let number = number.and_then(|number| number.strip_suffix(".json"));
    let is_record = match number {
        Some(number) => (1..=MAX_MAILS / MAILS_PER_RECORD).any(|known| known.to_string() == number),
        None => file == RESULT,
    };
    (is_of_day && is_record).then_some(run)
}

/// A record, if its run can have stored it.
fn record(day: &str, object: DatedObject, now: Timestamp) -> Option<Record> {
    let run = place(day, &object.name)?;
    let started = run.started();
    // A service that does not say when it stored an object leaves the time that the run claims.
    let at = object.created.unwrap_or(started);
    let may_be = (started.plus_seconds(-CLOCK_SECONDS)
        ..=started.plus_seconds(MAX_RUN_SECONDS + CLOCK_SECONDS))
        .contains(&at)
        && at <= now.plus_seconds(CLOCK_SECONDS);
    if !may_be {
        let object = ServerText::new(&object.name);
        tracing::warn!(%object, "a record of earlier mails was not stored by its run, and is ignored");
        return None;
    }
    Some(Record {
        name: object.name,
        run,
        at,
    })
}

/// Reads records, and adds what they say.
async fn add(
    bucket: &Bucket,
    records: Vec<Record>,
    earlier: &mut EarlierMails,
    deadline: Deadline,
) -> Result<(), PastMailsError> {
    if records.len() > MAX_RECORDS {
        return Err(PastMailsError::TooMany {
            limit: MAX_RECORDS,
            unit: "records of mails",
        });
    }
    let bodies = stream::iter(records).map(|record| async move {
        let body = match bucket.get(&record.name, RECORD_BYTES, deadline).await {
            Ok(body) => body,
            // No run stores one, so it says nothing.
            Err(error) if matches!(error.cause, StorageCause::TooLarge { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok((record, body))
    });
    let mut bodies = bodies.buffered(CONCURRENT);
    let mut total = 0;
    while let Some((record, body)) = bodies.try_next().await? {
        total += body.len();
        if total > TOTAL_BYTES {
            return Err(PastMailsError::TooMany {
                limit: TOTAL_BYTES,
                unit: "bytes of records of mails",
            });
        }
        let (run, past) = (record.run.as_str(), &mut earlier.past);
        let is_read = if last_segment(&record.name) == RESULT {
            MailResult::read_into(&body, past, run, record.at)
        } else {
            MailedRecord::read_into(&body, past, run, record.at)
        };
        if !is_read {
            let object = ServerText::new(&record.name);
            tracing::warn!(%object, "a record of earlier mails is malformed, and ignored");
        }
        earlier.records.insert(record.name);
    }
    Ok(())
}

const RESULT: &str = "mail-result.json";

/// What other runs mail on the same day: somebody may test a function while its schedule runs it.
///
/// A run records a batch, and then looks for records of others. Of two runs that do so, at least one has stored its record when the
/// other looks. So nobody gets two mails; at worst, neither run sends one.
pub(in crate::run) struct OtherRuns<'a> {
    bucket: &'a Bucket,
    /// The folder of the day, with a slash at its end.
    day: String,
    /// The folder of this run, with a slash at its end.
    own: &'a str,
    mailed: EarlierMails,
}

impl<'a> OtherRuns<'a> {
    /// Other runs than the one with this folder. Records that were read already are not read again: who is in them is not due.
    pub(in crate::run) fn new(bucket: &'a Bucket, own: &'a str, earlier: EarlierMails) -> Self {
        let run = last_segment(own);
        Self {
            bucket,
            day: own.trim_end_matches('/').trim_end_matches(run).to_owned(),
            own,
            mailed: EarlierMails {
                past: PastMails::default(),
                records: earlier.records,
            },
        }
    }

    /// The mails of others that were recorded since this run read earlier ones.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub(in crate::run) async fn read(
        &mut self,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<&PastMails, PastMailsError> {
        // A run may take long, and then others are later than its start.
        let latest = now.plus_seconds(MAX_RUN_SECONDS);
        let records = records(self.bucket, &self.day, latest, deadline).await?;
        let new = records.into_iter().filter(|record| {
            !record.name.starts_with(self.own) && !self.mailed.records.contains(&record.name)
        });
        let new = new.collect();
        add(self.bucket, new, &mut self.mailed, deadline).await?;
        Ok(&self.mailed.past)
    }
}

impl PastMailsReading {
    /// Whom the newest run that mailed could not reach, for the digest.
    pub(crate) fn suppressed(&self) -> Option<SuppressedMails> {
        match self {
            Self::Read(earlier) => {
                let (at, users) = earlier.past.suppressed.clone()?;
                Some(SuppressedMails { at, users })
            }
            Self::NotNeeded | Self::Failed => None,
        }
    }
}
