//! What a run does once it has delivered, or could not: parts of owners, mails to holders, metrics, and the hub, in this order. A
//! failure of one is a warning in log and answer, costs no other, and never fails a run.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::event::Effect;
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::judge::Audit;
use crate::summary::Delivery;
use crate::timestamp::Timestamp;

use super::buckets::ReportsFolder;
use super::error::RunError;
use super::holder_mail::{self, HolderMail};
use super::hub::{self, Hub};
use super::inputs::past_mails::PastMailsReading;
use super::meter::Meter;
use super::metrics;
use super::owner_topics::{self, OwnerTopics};
use super::plan::RunPlan;

/// Max share of a run's time for messages to people.
const MAX_PEOPLE_SHARE: Duration = Duration::from_secs(60);

/// When the last stages of a run end. What precedes them cannot use up their time.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastShares {
    /// When delivery ends, and messages to people begin at the latest.
    pub(super) until_people: Deadline,
    /// When these end, and the hub begins at the latest.
    until_hub: Deadline,
    /// The deadline of the run.
    end: Deadline,
}

impl LastShares {
    /// Keeps a tenth, at most five minutes, for the hub if there is one; and a fifth of the rest, at most a minute, for messages
    /// to owners and holders if there may be any.
    pub(super) fn new(config: &Config, plan: &RunPlan, effect: Effect, end: Deadline) -> Self {
        let until_hub = end.earlier_by(hub::share(config, plan, effect, end));
        let people = if effect == Effect::Deliver
            && (holder_mail::sends(config) || owner_topics::may_exist(config))
        {
            MAX_PEOPLE_SHARE.min(until_hub.remaining() / 5)
        } else {
            Duration::ZERO
        };
        Self {
            until_people: until_hub.earlier_by(people),
            until_hub,
            end,
        }
    }
}

/// A run after its delivery.
pub(super) struct AfterDelivery<'a> {
    pub(super) config: &'a Config,
    pub(super) client: &'a Arc<SignedClient>,
    pub(super) plan: &'a RunPlan,
    pub(super) effect: Effect,
    pub(super) meter: &'a Meter,
    /// The time of the clock.
    pub(super) now: Timestamp,
    pub(super) shares: LastShares,
}

impl AfterDelivery<'_> {
    /// Takes the last steps of a run, and returns its delivery with what became of them. `folder` is that of the reports, if the
    /// run may have stored any.
    ///
    /// # Errors
    ///
    /// If the run was not delivered.
    pub(super) async fn finish(
        self,
        audit: &Arc<Audit>,
        delivered: Result<Delivery, RunError>,
        folder: Option<ReportsFolder>,
        past_mails: PastMailsReading,
    ) -> Result<Delivery, RunError> {
        let Self {
            config,
            client,
            plan,
            effect,
            meter,
            now,
            shares,
        } = self;
        let own_folder = folder.as_ref().filter(|_| delivered.is_ok());
        let owner_topics = OwnerTopics {
            config,
            client,
            may_publish: own_folder.is_some(),
            deadline: shares.until_hub,
        };
        let owner_topics = owner_topics.publish(audit).await;
        let mail = HolderMail {
            config,
            client,
            folder: own_folder,
            effect,
            past: past_mails,
            now,
            deadline: shares.until_hub,
        };
        let holder_mail = mail.send(audit).await;
        let end = (effect, delivered.is_ok());
        let metrics = metrics::post(audit, end, (config, client), now, shares.until_hub).await;
        let hub = Hub {
            config,
            client,
            plan,
            effect,
            folder: folder.as_ref(),
            meter,
            deadline: shares.end,
        };
        let hub = hub.store(audit, &delivered).await;
        Ok(Delivery {
            metrics,
            owner_topics,
            holder_mail,
            hub,
            requests: meter.requests(),
            elapsed_ms: meter.elapsed_ms(),
            ..delivered?
        })
    }
}
