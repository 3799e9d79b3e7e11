//! The state that all listeners share.

use crate::clock::Clock;
use crate::email::EmailDelivery;
use crate::faults::Faults;
use crate::identity::Identity;
use crate::instance::Instance;
use crate::journal::Journal;
use crate::logging_search::LoggingSearch;
use crate::monitoring::Monitoring;
use crate::notifications::Notifications;
use crate::object_storage::ObjectStorage;
use crate::reply::Reply;
use crate::scim::DomainService;
use crate::server::Service;
use crate::signature::KeyRing;
use crate::wire::Request;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) started: Instant,
    pub(crate) clock: Clock,
    pub(crate) keys: KeyRing,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    pub(crate) domains: Vec<DomainService>,
    pub(crate) identity: Identity,
    pub(crate) object_storage: ObjectStorage,
    pub(crate) notifications: Notifications,
    pub(crate) monitoring: Monitoring,
    pub(crate) email: EmailDelivery,
    pub(crate) logging_search: LoggingSearch,
    pub(crate) instance: Instance,
    pub(crate) answers: AtomicU64,
}

impl State {
    /// Adds the identifiers of a response: `opc-request-id`, which begins with the caller's, and for identity domains the
    /// ECID of the diagnostic log.
    pub(crate) fn add_request_ids(
        &self,
        reply: Reply,
        request: &Request,
        service: Service,
    ) -> Reply {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        let own = format!("{number:032X}");
        let id = match request.header("opc-request-id") {
            Some(theirs) => format!("{theirs}/{own}/{own}"),
            None => own.clone(),
        };
        let reply = reply.header("opc-request-id", &id);
        match (service, request.header("opc-client-request-id")) {
            (Service::IdentityDomain, _) => reply
                .header("X-ORACLE-DMS-ECID", &own)
                .header("X-ORACLE-DMS-RID", "0"),
            (Service::ObjectStorage, Some(theirs)) => reply.header("opc-client-request-id", theirs),
            _ => reply,
        }
    }
}
