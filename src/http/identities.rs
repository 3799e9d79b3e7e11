//! The identity that signs, and its renewal after a 401.
//!
//! The issuer replaces token and key while this program runs, so a request may be signed with credentials that were just
//! revoked. Then it is signed again with those that replace them. They may appear only a moment later, so the files are read
//! again, with pauses. Nothing is sent meanwhile.
//!
//! A 401 may also be a fault of the service that passes. So a request without which the run is lost is sent once more with the
//! same credentials: it was certainly not carried out. A read is not, because a 401 to a read mostly means a missing permission.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::auth::{CredentialError, CredentialSource, Identity};
use crate::clock::Clock;

use super::deadline::Deadline;
use super::retry::RenewalWait;

/// How long reads wait for credentials that replace rejected ones, and other requests before they use the same once more.
const BRIEF_WAIT: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// Reads and renews the identity of a run.
#[derive(Debug)]
pub(super) struct Identities {
    credentials: Arc<dyn CredentialSource>,
    clock: Arc<dyn Clock>,
    /// The identity that was rejected last, and until when reads wait for another. One wait for all reads: a service that
    /// answers 401 to a caller without permission must not delay each of them.
    rejected: Mutex<Option<(Arc<Identity>, Deadline)>>,
}

impl Identities {
    pub(super) fn new(credentials: Arc<dyn CredentialSource>, clock: Arc<dyn Clock>) -> Self {
        Self {
            credentials,
            clock,
            rejected: Mutex::default(),
        }
    }

    /// The current identity.
    pub(super) fn current(&self) -> Result<Arc<Identity>, CredentialError> {
        self.credentials.current(self.clock.now())
    }

    /// The current identity. A request that waits until its deadline also waits for files that cannot be read.
    pub(super) async fn readable(
        &self,
        wait: RenewalWait,
        deadline: Deadline,
    ) -> Result<Arc<Identity>, CredentialError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let obtained = self.obtain(None, deadline).await;
            match obtained.and_then(|()| self.current()) {
                Err(error) if wait == RenewalWait::Briefly || pause >= deadline.remaining() => {
                    return Err(error);
                }
                Err(_) => sleep(pause).await,
                identity => return identity,
            }
            pause = next(pause);
        }
    }

    /// The identity to sign with after `rejected` got a 401; `None` if none appears in time. `renewals` counts those before it
    /// in the same call: identities that are rejected one after another are sent with pauses. A request that waits until its
    /// deadline gets `rejected` itself once, if no other appears in a moment.
    ///
    /// # Errors
    ///
    /// If the credentials cannot be read, until the end of the wait.
    pub(super) async fn replacing(
        &self,
        rejected: &Arc<Identity>,
        renewals: u32,
        wait: RenewalWait,
        deadline: Deadline,
    ) -> Result<Option<Arc<Identity>>, CredentialError> {
        let is_repeated = wait == RenewalWait::UntilDeadline && renewals == 0;
        let until = match wait {
            RenewalWait::Briefly => deadline.min(self.brief_wait(rejected)),
            // Half of a short time is left for the repeat.
            _ if is_repeated => Deadline::after(BRIEF_WAIT.min(deadline.remaining() / 2)),
            RenewalWait::UntilDeadline => deadline,
        };
        let mut pause = (0..renewals.min(4)).fold(FIRST_PAUSE, |pause, _| next(pause));
        if renewals > 0 {
            if pause >= until.remaining() {
                return Ok(None);
            }
            sleep(pause).await;
        }
        loop {
            let obtained = self.obtain(Some(rejected), until).await;
            let renewal = obtained.and_then(|()| self.credentials.renew(self.clock.now()));
            let unreadable = match renewal {
                Ok(renewal) if renewal.replaces(rejected) => return Ok(Some(renewal.identity)),
                Ok(_) => None,
                Err(error) => Some(error),
            };
            let is_last = !self.credentials.can_change() || pause >= until.remaining();
            if is_last && is_repeated {
                sleep(until.remaining()).await;
                return Ok(Some(Arc::clone(rejected)));
            }
            if is_last {
                return unreadable.map_or(Ok(None), Err);
            }
            sleep(pause).await;
            pause = next(pause);
        }
    }

    /// Obtains new credentials from the service that issues them, if that is due. At the deadline those that are known stay.
    async fn obtain(
        &self,
        rejected: Option<&Identity>,
        deadline: Deadline,
    ) -> Result<(), CredentialError> {
        match self.credentials.obtain(self.clock.now(), rejected) {
            Some(obtaining) => timeout(deadline.remaining(), obtaining)
                .await
                .unwrap_or(Ok(())),
            None => Ok(()),
        }
    }

    /// When the wait for an identity that replaces `rejected` ends. It begins with the first 401.
    fn brief_wait(&self, rejected: &Arc<Identity>) -> Deadline {
        let mut last = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((identity, until)) if identity.key_id == rejected.key_id => *until,
            _ => {
                let until = Deadline::after(BRIEF_WAIT);
                *last = Some((Arc::clone(rejected), until));
                until
            }
        }
    }
}

fn next(pause: Duration) -> Duration {
    (pause * 2).min(MAX_PAUSE)
}
