//! Publishes the part of each owner to the topic that the exceptions file gives it, after the digest. A failure is said in the answer
//! and costs no other owner its part.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::blocking::run_blocking;
use crate::config::{Config, Notify, TopicSettings};
use crate::http::client::SignedClient;
use crate::http::deadline::Deadline;
use crate::http::endpoint::Endpoint;
use crate::judge::Audit;
use crate::judge::exceptions::OwnerTopic;
use crate::message::Message;
use crate::model::Verdict;
use crate::oci::notifications::Topic;
use crate::oci::regions::Region;
use crate::report::digest::{DigestOptions, compose_owner_part, owner_part_is_due};
use crate::summary::{OwnerTopicFailure, OwnerTopicsSummary};

use super::notify::NotifyRule;

/// One a second is sixty a minute, which Notifications allows a topic, and a caller of several at least.
pub(crate) const INTERVAL: Duration = Duration::from_secs(1);
/// Why the part of an owner cannot be published.
pub(crate) const OTHER_REALM: &str = "the topic is in another realm";
/// Max part of the time that a run has left; holder mail has the rest.
const MAX_PART_OF_TIME: f64 = 0.5;

/// Whether the settings may give owners topics.
pub(super) const fn may_exist(config: &Config) -> bool {
    config.reading.users.owner.is_some() && config.exceptions.is_some()
}

/// A run that may publish parts of owners.
pub(super) struct OwnerTopics<'a> {
    pub(super) config: &'a Config,
    pub(super) client: &'a Arc<SignedClient>,
    /// Whether the run delivered.
    pub(super) may_publish: bool,
    /// The deadline of the run.
    pub(super) deadline: Deadline,
}

impl OwnerTopics<'_> {
    /// Publishes the parts that are due. `None` if no owner has a topic, or if the run is one of another time or scope.
    pub(super) async fn publish(self, audit: &Arc<Audit>) -> Option<OwnerTopicsSummary> {
        let is_plain =
            !audit.run.as_of_given && !audit.run.is_of_a_part() && audit.verdict != Verdict::Failed;
        let owners = &audit.exceptions.owners;
        if owners.is_empty()
            || !may_exist(self.config)
            || !self.may_publish
            || !is_plain
            || self.config.notify == Notify::Never
        {
            return None;
        }
        let remaining = self.deadline.remaining().mul_f64(MAX_PART_OF_TIME);
        let deadline = self.deadline.within(remaining);
        let parts = self.parts(audit).await;
        let mut summary = OwnerTopicsSummary {
            not_due: (owners.len() - parts.len()) as u64,
            ..OwnerTopicsSummary::default()
        };
        let mut next = Instant::now();
        for (owner, message) in parts {
            tokio::time::sleep_until(next.min(deadline.instant())).await;
            next = Instant::now() + INTERVAL;
            let topic = topic(
                self.client,
                &self.config.reading.region,
                Some(&self.config.topic),
                &owner,
            );
            let published = match topic {
                Some(topic) => {
                    let repeat = message.as_repeat();
                    let published = topic.publish(&message, &repeat, deadline);
                    published.await.map_err(|error| error.to_string())
                }
                None => Err(OTHER_REALM.to_owned()),
            };
            match published {
                Ok(_) => summary.published += 1,
                Err(message) => {
                    let entry = format!("owners[{}]", owner.index);
                    tracing::warn!(
                        entry,
                        reason = message,
                        "the part of an owner was not published"
                    );
                    summary.failed.push(OwnerTopicFailure { entry, message });
                }
            }
        }
        Some(summary)
    }

    /// The parts that are due.
    async fn parts(&self, audit: &Arc<Audit>) -> Vec<(OwnerTopic, Message)> {
        let rule = NotifyRule::of(self.config);
        let options = DigestOptions {
            names: self.config.digest_names,
            reports: self.config.reports,
            rows: self.config.digest_rows,
            next: rule.next(),
            ..DigestOptions::default()
        };
        let audit = Arc::clone(audit);
        run_blocking(move || {
            let owners = audit.exceptions.owners.iter();
            owners
                .filter(|owner| owner_part_is_due(&audit, owner, rule.weekday))
                .map(|owner| (owner.clone(), compose_owner_part(&audit, owner, &options)))
                .collect()
        })
        .await
    }
}

/// The topic of an owner; `None` if it is in another realm, whose hosts no signature may reach. `digest` is the topic of the
/// digest, whose endpoint may be a setting.
pub(crate) fn topic(
    client: &Arc<SignedClient>,
    own: &Region,
    digest: Option<&TopicSettings>,
    owner: &OwnerTopic,
) -> Option<Topic> {
    let region = own.sibling(&owner.region, Some(&owner.realm));
    let endpoint = match digest.filter(|digest| digest.region == region.identifier) {
        Some(digest) => digest.endpoint.clone(),
        None => {
            let is_same_realm = region.realm_domain == own.realm_domain;
            let url = region.notifications_endpoint();
            Endpoint::parse(&url).ok().filter(|_| is_same_realm)?
        }
    };
    Some(Topic {
        client: Arc::clone(client),
        endpoint,
        id: owner.topic.clone(),
    })
}
