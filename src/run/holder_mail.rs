//! Mails holders about their own credentials, after the digest. A failure is a warning in log and answer, and never fails a run.
//!
//! Each batch is recorded before it is sent: a run that is killed mails nobody twice, and at most one batch is recorded and not
//! sent. After the next weekday everybody is mailed again. Between both, a run looks for records of other runs of the day. Mails are sent one after another, which is a pace that no limit of Email
//! Delivery is below, and a 429 slows it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::blocking::run_blocking;
use crate::config::{Config, HolderMailSettings, MailEffect};
use crate::event::Effect;
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::http::retry::RetryRules;
use crate::judge::Audit;
use crate::judge::holder_mail::{MailPlan, PlannedMail, no_mail, plan};
use crate::message::Email;
use crate::oci::email::{EmailError, MailSender, Submitted};
use crate::oci::object_storage::{ObjectContent, StorageError};
use crate::place::Place;
use crate::report::Report;
use crate::report::holder_mail::record::{MAILS_PER_RECORD, MailResult, MailedRecord};
use crate::report::holder_mail::{Contact, compose, preview};
use crate::summary::{HolderMailSummary, MailCounts, MailSkipReason};
use crate::timestamp::Timestamp;

use super::buckets::ReportsFolder;
use super::inputs::past_mails::{OtherRuns, PastMailsReading};

/// Max part of the time that a run has left; the rest is for metrics and the answer.
const MAX_PART_OF_TIME: f64 = 0.85;
/// No batch begins with less time left.
const MIN_TIME_OF_BATCH: Duration = Duration::from_secs(2);
const JSON: &str = "application/json";

/// Whether the settings send mails.
pub(super) fn sends(config: &Config) -> bool {
    let mail = config.holder_mail.as_ref();
    mail.is_some_and(|mail| mail.effect == MailEffect::Send)
}

/// The sender of the settings.
pub(crate) fn sender(settings: &HolderMailSettings, client: &Arc<SignedClient>) -> MailSender {
    MailSender {
        client: Arc::clone(client),
        endpoint: settings.endpoint.clone(),
        address: settings.sender.clone(),
        compartment: settings.compartment.clone(),
        reply_to: match &settings.contact {
            Some(Contact::Address(address)) => Some(address.clone()),
            Some(Contact::Page(_) | Contact::Words(_)) | None => None,
        },
    }
}

/// What the operator can do about mails that are not sent.
pub(crate) fn advice(error: &EmailError, place: Place) -> String {
    let statement = error.statement().map(|statement| {
        format!(
            "add this policy statement, which is probably missing: {}",
            statement.at(place)
        )
    });
    let parts = [Some(error.to_string()), statement, error.advice(place)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.join("; ")
}

/// The mails of an audit as a report, if the settings ask for a preview and the run may mail.
pub(super) fn preview_of(
    settings: Option<&HolderMailSettings>,
    audit: &Arc<Audit>,
) -> Option<Report> {
    let settings = settings.filter(|settings| settings.effect == MailEffect::Preview)?;
    no_mail(audit)
        .is_none()
        .then(|| preview(audit, &settings.rule, settings.contact.as_ref()))
}

/// A run that may mail.
pub(super) struct HolderMail<'a> {
    pub(super) config: &'a Config,
    pub(super) client: &'a Arc<SignedClient>,
    /// The folder for records; `None` if nothing was delivered.
    pub(super) folder: Option<&'a ReportsFolder>,
    pub(super) effect: Effect,
    pub(super) past: PastMailsReading,
    /// The time of the clock.
    pub(super) now: Timestamp,
    /// The deadline of the run.
    pub(super) deadline: Deadline,
}

impl HolderMail<'_> {
    /// Mails holders. `None` if the settings do not.
    pub(super) async fn send(self, audit: &Arc<Audit>) -> Option<HolderMailSummary> {
        let settings = self.config.holder_mail.as_ref()?;
        let skipped = |reason| Some(HolderMailSummary::Skipped(reason));
        if self.effect == Effect::DryRun {
            return skipped(MailSkipReason::DryRun);
        }
        if let Some(reason) = no_mail(audit) {
            return skipped(reason.into());
        }
        let Some(folder) = self.folder else {
            return skipped(MailSkipReason::Failed);
        };
        let earlier = match self.past {
            _ if settings.effect == MailEffect::Preview => return Some(HolderMailSummary::Preview),
            PastMailsReading::Read(earlier) => earlier,
            PastMailsReading::Failed | PastMailsReading::NotNeeded => {
                return skipped(MailSkipReason::EarlierMailsNotRead);
            }
        };
        let (planned, rule, now) = (Arc::clone(audit), settings.rule.clone(), self.now);
        let (plan, earlier) = run_blocking(move || {
            let plan = plan(&planned, &rule, &earlier.past, now);
            (plan, earlier)
        })
        .await;
        let remaining = self.deadline.remaining().mul_f64(MAX_PART_OF_TIME);
        let sending = Sending {
            audit,
            folder,
            others: OtherRuns::new(&folder.bucket, &folder.path, earlier),
            sender: sender(settings, self.client),
            contact: settings.contact.clone(),
            at: now,
            deadline: self.deadline.within(remaining),
            place: self.config.reading.place,
            counts: MailCounts {
                left: plan.beyond,
                without_address: plan.without_address,
                ..MailCounts::default()
            },
            suppressed: BTreeSet::new(),
        };
        Some(HolderMailSummary::Sent(sending.all(&plan).await))
    }
}

/// The mails of a run while they are sent.
struct Sending<'a> {
    audit: &'a Arc<Audit>,
    folder: &'a ReportsFolder,
    others: OtherRuns<'a>,
    sender: MailSender,
    contact: Option<Contact>,
    at: Timestamp,
    deadline: Deadline,
    place: Place,
    counts: MailCounts,
    /// Users whose address is suppressed.
    suppressed: BTreeSet<String>,
}

/// Whether further mails are worth a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Further {
    Yes,
    No,
}

impl Sending<'_> {
    async fn all(mut self, plan: &MailPlan) -> MailCounts {
        let mut begun = 0;
        for (number, batch) in (1..).zip(plan.mails.chunks(MAILS_PER_RECORD)) {
            if self.deadline.remaining() < MIN_TIME_OF_BATCH {
                tracing::warn!("no time for further mails to holders; the next run sends them");
                break;
            }
            if let Err(error) = self.record(number, batch).await {
                tracing::warn!(%error, "mails to holders cannot be recorded, so no further ones are sent");
                break;
            }
            let first = begun;
            begun += batch.len();
            let of_others = match self.others.read(self.at, self.deadline).await {
                Ok(of_others) => of_others,
                Err(error) => {
                    tracing::warn!(%error, "whom another run mails cannot be read, so no further mails are sent");
                    self.counts.left += batch.len() as u64;
                    break;
                }
            };
            let mails = batch.iter();
            let mine: Vec<_> = mails
                .filter(|mail| !of_others.names_any(&mail.users))
                .cloned()
                .collect();
            self.counts.left += (batch.len() - mine.len()) as u64;
            if self.batch(first, &mine).await == Further::No {
                break;
            }
        }
        self.counts.left += (plan.mails.len() - begun) as u64;
        if begun > 0 {
            self.store_result().await;
        }
        let MailCounts {
            accepted,
            suppressed,
            failed,
            left,
            ..
        } = self.counts;
        tracing::info!(accepted, suppressed, failed, left, "holders mailed");
        self.counts
    }

    async fn record(&self, number: usize, batch: &[PlannedMail]) -> Result<(), StorageError> {
        let record = MailedRecord::new(self.audit, batch, self.at).to_json();
        self.store(&format!("mailed-{number}.json"), record).await
    }

    async fn store(&self, name: &str, json: String) -> Result<(), StorageError> {
        let name = format!("{}{name}", self.folder.path);
        let content = ObjectContent::whole(JSON, json);
        let bucket = &self.folder.bucket;
        bucket.create(&name, &content, self.deadline).await
    }

    /// Sends the mails of a batch. Its first is the mail with the number `first` of the run, from 0.
    async fn batch(&mut self, first: usize, batch: &[PlannedMail]) -> Further {
        let (audit, contact, mails) =
            (Arc::clone(self.audit), self.contact.clone(), batch.to_vec());
        let emails: Vec<Email> = run_blocking(move || {
            let mails = mails.iter();
            mails
                .map(|mail| compose(&audit, mail, contact.as_ref()))
                .collect()
        })
        .await;
        let domain = self.sender.address.rsplit('@').next().unwrap_or_default();
        let domain = domain.to_owned();
        for (position, (mail, email)) in batch.iter().zip(&emails).enumerate() {
            let id = format!("{}.{}@{domain}", self.audit.run.id, first + position + 1);
            let sent = self
                .sender
                .submit(email, &id, RetryRules::MAIL, self.deadline);
            match sent.await {
                Ok(Submitted::Accepted) => self.counts.accepted += 1,
                Ok(Submitted::Suppressed) => {
                    self.counts.suppressed += 1;
                    self.suppressed.extend(mail.users.iter().cloned());
                }
                Err(error) => {
                    let reason = advice(&error, self.place);
                    tracing::warn!(message_id = id, reason, "a mail to a holder was not sent");
                    self.counts.failed += 1;
                    if error.holds_for_every_mail() {
                        self.counts.failed += (batch.len() - position - 1) as u64;
                        return Further::No;
                    }
                }
            }
        }
        Further::Yes
    }

    async fn store_result(&mut self) {
        let suppressed = std::mem::take(&mut self.suppressed);
        let counts = (self.counts.accepted, self.counts.failed);
        let result = MailResult::new(self.audit, self.at, counts, suppressed);
        if let Err(error) = self.store("mail-result.json", result.to_json()).await {
            tracing::warn!(%error, "the result of mails to holders could not be stored");
        }
    }
}
