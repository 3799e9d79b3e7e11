//! Checks Object Storage: lists the bucket, reads the exceptions and, on request, stores an object and reads it back.

use crate::config::StorageSettings;
use crate::event::CheckMode;
use crate::iam_statement::Statement;
use crate::oci::object_storage::{
    Bucket, ObjectContent, ObjectStorage, StorageCause, StorageError,
};
use crate::oci::service_error::cause_of;
use crate::run::buckets::{exceptions_bucket, object_storage, reports_bucket};
use crate::run::inputs::exceptions;
use crate::server_text::FailureText;

use super::context::Check;
use super::result::{CheckResult, Step, Subject};

/// Below the prefix. Runs look only into folders of years.
const FOLDER: &str = "checks/";

/// Checks Object Storage.
pub(super) async fn check(check: &Check<'_>) -> Vec<Step> {
    let Some(settings) = &check.settings.storage else {
        let subjects = [
            Subject::Namespace,
            Subject::List,
            Subject::Exceptions,
            Subject::Store,
            Subject::Read,
        ];
        let steps = subjects.map(|subject| Step::not_checked(subject, "AUDIT_BUCKET is not set"));
        return steps.into();
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
            Err(error) => (failed(Subject::Namespace, &error, ""), None),
        },
    };
    let mut steps = vec![step];
    match namespace {
        Some(namespace) => {
            let check = BucketCheck {
                check,
                settings,
                bucket: reports_bucket(service, namespace, settings),
            };
            let (list, exceptions, stored) =
                tokio::join!(check.list(), check.exceptions(), check.store_and_read());
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
    steps
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
            Err(error) => failed(Subject::List, &error, &self.settings_hint())
                .with_statement_if_refused(&Statement::ListReports {
                    bucket: bucket.clone(),
                }),
        }
    }

    async fn exceptions(&self) -> Step {
        let check = self.check;
        let Some(settings) = &check.settings.exceptions else {
            return Step::not_checked(Subject::Exceptions, "AUDIT_EXCEPTIONS_OBJECT is not set");
        };
        let source = exceptions::source(settings);
        let today = check.plan.started.to_chrono().date_naive();
        let read = exceptions::try_read(&self.bucket, settings, today, check.step_deadline()).await;
        let exceptions = match read {
            Ok(exceptions) => exceptions,
            Err(error) => {
                let hint = format!(
                    "; check AUDIT_EXCEPTIONS_OBJECT `{}` and AUDIT_EXCEPTIONS_BUCKET `{}`",
                    settings.object, settings.bucket
                );
                return failed(Subject::Exceptions, &error, &hint).with_statement_if_refused(
                    &exceptions_bucket(&self.bucket, settings).statement,
                );
            }
        };
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
            Some(first) => Step::new(Subject::Exceptions, CheckResult::UnexpectedResponse).with_detail(
                format!(
                    "{entries} are valid; {} entries are invalid and have no effect: the first is {}",
                    exceptions.bad.count(),
                    first.without_quotes()
                ),
            ),
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
                failed(Subject::Store, &error, &self.settings_hint())
                    .with_statement_if_refused(statement),
                Step::not_checked(Subject::Read, "nothing was stored"),
            ];
        }
        let stored = Step::new(Subject::Store, CheckResult::Works).with_detail(name.as_str());
        let read = bucket.get(&name, object.length, deadline).await;
        let read = match read {
            Ok(read) if read == content.as_bytes() => Step::new(Subject::Read, CheckResult::Works),
            Ok(_) => Step::new(Subject::Read, CheckResult::UnexpectedResponse)
                .with_detail("the content differs from what was stored"),
            Err(error) => failed(Subject::Read, &error, &self.settings_hint())
                .with_statement_if_refused(statement),
        };
        [stored, read]
    }

    /// What to check in addition to permissions.
    fn settings_hint(&self) -> String {
        format!(
            "; check AUDIT_BUCKET `{}` and AUDIT_BUCKET_NAMESPACE",
            self.settings.bucket
        )
    }
}

impl Step {
    /// Adds the statement if the step was refused.
    fn with_statement_if_refused(self, statement: &Statement) -> Self {
        match self.result {
            CheckResult::Refused => self.with_statement(statement),
            _ => self,
        }
    }
}

/// A failed step. `hint` is appended to a refusal.
fn failed(subject: Subject, error: &StorageError, hint: &str) -> Step {
    let (result, detail) = match &error.cause {
        StorageCause::NotFoundOrDenied { error, .. } | StorageCause::Refused(error) => {
            let hint = if error.is_refusal() { hint } else { "" };
            let mut detail = FailureText::of(error);
            detail.push_str(hint);
            (error.cause().into(), detail)
        }
        StorageCause::NoResponse(call) => (cause_of(call).into(), error.to_string().into()),
        StorageCause::NotGenerated => (CheckResult::Unreachable, error.to_string().into()),
        StorageCause::TooLarge { .. }
        | StorageCause::AlreadyExists
        | StorageCause::OtherContent { .. }
        | StorageCause::InvalidResponse => {
            (CheckResult::UnexpectedResponse, error.to_string().into())
        }
    };
    Step::new(subject, result).with_detail(detail)
}
