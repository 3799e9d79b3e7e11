//! Checks the hub of several tenancies, if the settings name one. The function may only create objects there, so nothing but an
//! object shows whether it may. A run can do without it.

use std::sync::Arc;

use crate::event::CheckMode;
use crate::oci::object_storage::{ObjectContent, ObjectStorage};
use crate::run::buckets::{hub_bucket, hub_prefix};
use crate::run::hub::NO_TENANCY;

use super::bucket::{FOLDER, failed, with_statement_if_refused};
use super::context::Check;
use super::result::{CheckResult, Step, Subject};

/// Stores an object in the hub, on request; nothing without a hub.
pub(super) async fn check(check: &Check<'_>) -> Option<Step> {
    let settings = check.settings.hub.as_ref()?;
    let subject = Subject::StoreInHub;
    let identity = check.client.identity().ok();
    let tenancy = identity
        .as_ref()
        .and_then(|identity| identity.tenancy.as_deref());
    let Some(prefix) = hub_prefix(settings, tenancy) else {
        return Some(Step::not_checked(subject, NO_TENANCY));
    };
    if check.mode == CheckMode::ReadOnly {
        let why = "an object is stored only with `send`";
        return Some(Step::not_checked(subject, why));
    }
    let name = format!("{prefix}{FOLDER}{}.json", check.plan.id);
    let service = ObjectStorage {
        client: Arc::clone(check.client),
        endpoint: settings.endpoint.clone(),
    };
    let storage = check.settings.storage.as_ref();
    let own = match storage.and_then(|storage| storage.namespace.clone()) {
        Some(namespace) => Ok(namespace),
        None => service.namespace(check.step_deadline()).await,
    };
    let namespace = match (settings.namespace.clone(), &own) {
        (Some(namespace), _) => namespace,
        (None, Ok(namespace)) => namespace.clone(),
        (None, Err(error)) => return Some(failed(check, subject, error, "")),
    };
    let own = own.as_deref().ok();
    let bucket = hub_bucket(check.client, settings, namespace, prefix, own);
    let content = serde_json::json!({
        "check_id": check.plan.id,
        "version": env!("CARGO_PKG_VERSION"),
        "purpose": "shows that runs can be stored; no overview reads it",
    });
    let object = ObjectContent::whole("application/json", format!("{content}\n"));
    let stored = bucket.create(&name, &object, check.step_deadline()).await;
    Some(match stored {
        Ok(()) => Step::new(subject, CheckResult::Works).with_detail(name),
        Err(error) => {
            let hint = format!(
                "; check AUDIT_HUB_BUCKET `{}` and AUDIT_HUB_NAMESPACE",
                settings.bucket
            );
            let step = failed(check, subject, &error, &hint);
            with_statement_if_refused(step, &error, &bucket.statement, check.place())
                .and("a run does not need it, and then is missing in the hub")
        }
    })
}
