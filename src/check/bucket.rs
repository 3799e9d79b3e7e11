//! Checks Object Storage: lists the bucket, reads the exceptions, which may give owners topics, and, on request, stores an object and reads it back.

use crate::config::{ExceptionsSettings, StorageSettings};
use crate::event::CheckMode;
use crate::iam_statement::Statement;
use crate::judge::exceptions::{Exceptions, OwnerTopic};
use crate::oci::object_storage::{
    Bucket, ObjectContent, ObjectStorage, StorageCause, StorageError,
};
use crate::oci::service_error::cause_of;
use crate::place::Place;
use crate::run::buckets::{exceptions_bucket, object_storage, reports_bucket};
use crate::run::inputs::exceptions;
use crate::server_text::FailureText;

use super::context::Check;
use super::result::{CheckResult, Step, Subject};

/// Below the prefix. Runs look only into folders of years.
pub(super) const FOLDER: &str = "checks/";

/// Checks Object Storage. With it come the topics of owners in the exceptions.
pub(super) async fn check(check: &Check<'_>) -> (Vec<Step>, Vec<OwnerTopic>) {
    let Some(settings) = &check.settings.storage else {
        let subjects = [
            Subject::Namespace,
            Subject::List,
            Subject::Exceptions,
            Subject::Store,
            Subject::Read,
        ];
        let steps = subjects.map(|subject| Step::not_checked(subject, "AUDIT_BUCKET is not set"));
        return (steps.into(), Vec::new());
    };
    let service = object_storage(check.client, settings);
    let (step, namespace) = match &settings.namespace {
        Some(namespace) => {
            let step = Step::not_checked(Subject::Namespace, "AUDIT_BUCKET_NAMESPACE is set");
            (step, Some(namespace.clone()))
        }
        None => match namespace(&service, check).await {
            Ok(namespace) => (
                Step::new(Subject::Namespace, CheckResult::Works).with_detail(namespace.as_str()),
                Some(namespace),
            ),
            Err(error) => (failed(check, Subject::Namespace, &error, ""), None),
        },
    };
    let mut steps = vec![step];
    let mut owners = Vec::new();
    match namespace {
        Some(namespace) => {
            let check = BucketCheck {
                check,
                settings,
                bucket: reports_bucket(service, namespace, settings),
            };
            let (list, exceptions, stored) =
                tokio::join!(check.list(), check.exceptions(), check.store_and_read());
            let (exceptions, topics) = exceptions;
            owners = topics;
            steps.extend([list, exceptions]);
            steps.extend(stored);
        }
        None => steps.extend(
            [
                Subject::List,
                Subject::Exceptions,
                Subject::Store,
                Subject::Read,
            ]
            .map(|subject| Step::not_checked(subject, "the namespace is unknown")),
        ),
    }
    (steps, owners)
}

/// Asks for the namespace, and again if the first answer failed, as a run does.
async fn namespace(service: &ObjectStorage, check: &Check<'_>) -> Result<String, StorageError> {
    match service.namespace(check.step_deadline()).await {
        Err(_) => service.namespace(check.step_deadline()).await,
        namespace => namespace,
    }
}

struct BucketCheck<'a> {
    check: &'a Check<'a>,
    settings: &'a StorageSettings,
    bucket: Bucket,
}

impl BucketCheck<'_> {
    async fn list(&self) -> Step {
        let (bucket, prefix) = (&self.settings.bucket, &self.settings.prefix);
        match self
            .bucket
            .has_any(prefix, self.check.step_deadline())
            .await
        {
            Ok(any) => Step::new(Subject::List, CheckResult::Works).with_detail(format!(
                "bucket {bucket}, prefix {prefix}: {}",
                if any { "it has objects" } else { "it is empty" }
            )),
            Err(error) => with_statement_if_refused(
                self.failed(Subject::List, &error, &self.settings_hint()),
                &error,
                &Statement::ListReports {
                    bucket: bucket.clone(),
                },
                self.check.place(),
            ),
        }
    }

    async fn exceptions(&self) -> (Step, Vec<OwnerTopic>) {
        let check = self.check;
        let Some(settings) = &check.settings.exceptions else {
            let step = Step::not_checked(Subject::Exceptions, "AUDIT_EXCEPTIONS_OBJECT is not set");
            return (step, Vec::new());
        };
        let today = check.plan.started.to_chrono().date_naive();
        let read = exceptions::try_read(&self.bucket, settings, today, check.step_deadline()).await;
        match read {
            Ok(exceptions) => (exceptions_step(settings, &exceptions), exceptions.owners),
            Err(error) => {
                let hint = format!(
                    "; check AUDIT_EXCEPTIONS_OBJECT `{}` and AUDIT_EXCEPTIONS_BUCKET `{}`",
                    settings.object, settings.bucket
                );
                let step = with_statement_if_refused(
                    self.failed(Subject::Exceptions, &error, &hint),
                    &error,
                    &exceptions_bucket(&self.bucket, settings).statement,
                    check.place(),
                );
                (step, Vec::new())
            }
        }
    }

    async fn store_and_read(&self) -> [Step; 2] {
        if self.check.mode == CheckMode::ReadOnly {
            let why = "an object is stored only with `send`";
            return [Subject::Store, Subject::Read].map(|subject| Step::not_checked(subject, why));
        }
        let prefix = &self.settings.prefix;
        let name = format!("{prefix}{FOLDER}{}.json", self.check.plan.id);
        let content = serde_json::json!({
            "check_id": self.check.plan.id,
            "version": env!("CARGO_PKG_VERSION"),
            "purpose": "shows that reports can be stored; no run reads it",
        });
        let content = format!("{content}\n");
        let object = ObjectContent::whole("application/json", content.clone());
        let statement = &self.bucket.statement;
        let (bucket, deadline) = (&self.bucket, self.check.step_deadline());
        if let Err(error) = bucket.create(&name, &object, deadline).await {
            return [
                with_statement_if_refused(
                    self.failed(Subject::Store, &error, &self.settings_hint()),
                    &error,
                    statement,
                    self.check.place(),
                ),
                Step::not_checked(Subject::Read, "nothing was stored"),
            ];
        }
        let stored = Step::new(Subject::Store, CheckResult::Works).with_detail(name.as_str());
        let read = bucket.get(&name, object.length, deadline).await;
        let read = match read {
            Ok(read) if read == content.as_bytes() => Step::new(Subject::Read, CheckResult::Works),
            Ok(_) => Step::new(Subject::Read, CheckResult::UnexpectedResponse)
                .with_detail("the content differs from what was stored"),
            Err(error) => with_statement_if_refused(
                self.failed(Subject::Read, &error, &self.settings_hint()),
                &error,
                statement,
                self.check.place(),
            ),
        };
        [stored, read]
    }

    fn failed(&self, subject: Subject, error: &StorageError, hint: &str) -> Step {
        failed(self.check, subject, error, hint)
    }

    /// What to check in addition to permissions.
    fn settings_hint(&self) -> String {
        format!(
            "; check AUDIT_BUCKET `{}` and AUDIT_BUCKET_NAMESPACE",
            self.settings.bucket
        )
    }
}

/// What the exceptions say.
fn exceptions_step(settings: &ExceptionsSettings, exceptions: &Exceptions) -> Step {
    let source = exceptions::source(settings);
    if let Some(reason) = &exceptions.unreadable {
        return Step::new(Subject::Exceptions, CheckResult::UnexpectedResponse).with_detail(
            format!("{source}: {reason}; until this is corrected, nothing is accepted"),
        );
    }
    let (accepted, gaps) = (exceptions.entries.len(), exceptions.gaps.len());
    let entries = format!("{source}: {accepted} exceptions and {gaps} gaps");
    match exceptions.bad.first.first() {
        None => Step::new(Subject::Exceptions, CheckResult::Works).with_detail(entries),
        // Quotes of the file may be names.
        Some(first) => {
            Step::new(Subject::Exceptions, CheckResult::UnexpectedResponse).with_detail(format!(
                "{entries} are valid; {} entries are invalid and have no effect: the first is {}",
                exceptions.bad.count(),
                first.without_quotes()
            ))
        }
    }
}

/// Adds the statement to a step if it is probably missing, or that of the bucket's key.
pub(super) fn with_statement_if_refused(
    step: Step,
    error: &StorageError,
    statement: &Statement,
    place: Place,
) -> Step {
    match &error.cause {
        StorageCause::NotFoundOrDenied { .. } => step.with_statement(statement, place),
        StorageCause::KeyNotUsable(_) => step.with_statement(&Statement::UseBucketKey, place),
        _ => step,
    }
}

/// A failed step. `hint` is appended to a refusal.
pub(super) fn failed(
    check: &Check<'_>,
    subject: Subject,
    error: &StorageError,
    hint: &str,
) -> Step {
    let clause = || format!("{} failed: {}", error.step, error.cause).into();
    let (result, detail) = match &error.cause {
        StorageCause::NotFoundOrDenied { error, .. } => {
            let mut detail = FailureText::of(error);
            detail.push_str(hint);
            return Step::new(subject, error.cause().into()).with_detail(detail);
        }
        StorageCause::KeyNotUsable(error) => {
            let step = Step::new(subject, error.cause().into());
            return step.with_detail(FailureText::of(error)).and(
                "Object Storage may not use the key of the bucket, or the key does not exist",
            );
        }
        StorageCause::Refused(error) => (error.cause().into(), FailureText::of(error)),
        StorageCause::NoResponse(call) => (cause_of(call).into(), clause()),
        StorageCause::NotGenerated => (CheckResult::Unreachable, clause()),
        StorageCause::TooLarge { .. }
        | StorageCause::AlreadyExists
        | StorageCause::OtherContent { .. }
        | StorageCause::InvalidResponse => (CheckResult::UnexpectedResponse, clause()),
    };
    let step = Step::new(subject, result).with_detail(detail);
    match error.advice(check.place()) {
        Some(advice) => step.and(&advice),
        None => step,
    }
}
