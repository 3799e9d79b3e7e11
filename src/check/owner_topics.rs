//! Checks the topics that the exceptions give owners: on request, publishes a message to each. A run is complete without them.

use tokio::time::{Instant, sleep_until};

use crate::event::CheckMode;
use crate::judge::exceptions::OwnerTopic;
use crate::report::digest;
use crate::run::owner_topics::{INTERVAL, OTHER_REALM, topic};

use super::context::Check;
use super::result::{CheckResult, Step, Subject};
use super::topic::{failed, published_step};

const SUBJECT: Subject = Subject::PublishToOwner;

/// Publishes a message headed TEST to each topic, one per second; nothing if no owner has a topic.
pub(super) async fn check(check: &Check<'_>, owners: &[OwnerTopic]) -> Vec<Step> {
    if owners.is_empty() {
        return Vec::new();
    }
    if check.settings.reading.users.owner.is_none() {
        let why = "AUDIT_OWNER_FROM is not set, so no owner gets a message";
        return vec![Step::not_checked(SUBJECT, why)];
    }
    if check.mode == CheckMode::ReadOnly {
        let why = "a message is published only with `send`";
        return vec![Step::not_checked(SUBJECT, why)];
    }
    let mut steps = Vec::new();
    let mut next = Instant::now();
    for owner in owners {
        let entry = format!("owners[{}]", owner.index);
        if next > check.deadline.instant() {
            steps.push(Step::not_checked(
                SUBJECT,
                format!("{entry}: the time ran out"),
            ));
            continue;
        }
        sleep_until(next).await;
        next = Instant::now() + INTERVAL;
        steps.push(publish(check, owner, &entry).await);
    }
    steps
}

async fn publish(check: &Check<'_>, owner: &OwnerTopic, entry: &str) -> Step {
    let settings = check.settings;
    let region = &settings.reading.region;
    let Some(topic) = topic(check.client, region, settings.topic.as_ref(), owner) else {
        return Step::new(SUBJECT, CheckResult::NotAccepted)
            .with_detail(format!("{entry}: {OTHER_REALM}"));
    };
    let message = digest::compose_test(&check.plan.id, check.plan.started);
    let repeat = message.as_repeat();
    let published = topic.publish(&message, &repeat, check.step_deadline());
    match published.await {
        Ok(id) => published_step(SUBJECT, &id).and(entry),
        Err(error) => failed(check, SUBJECT, &format!("{entry}.topic"), &error)
            .and("a run does not need it, and then this owner gets no message"),
    }
}
