//! Logging Search: finds events of OCI Audit.
//!
//! Source: `log_search_client.py` of Oracle's Python SDK 2.189.0, API version 20190909. One search covers one region and at
//! most 14 days. Pages have 1,000 rows and follow `opc-next-page`. A search that takes too long ends without an answer or
//! with a status of 5xx, and may succeed for a shorter time.

pub mod answer;
pub mod query;

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use crate::http::client::{CallError, CallResponse, CallRules, Content, Request, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::endpoint::{Endpoint, redact_user_info};
use crate::http::retry::RetryRules;
use crate::iam_statement::Statement;
use crate::model::{FailureCause, Interval};
use crate::percent::percent_encode;
use crate::place::Place;
use crate::server_text::FailureText;

use self::answer::FoundUse;
use self::query::Form;
use super::regions::Region;
use super::service_error::{ServiceError, cause_of};

/// The permission to find events of Audit (Oracle documentation, loggingpolicyreference.htm: `AUDIT_EVENT_READ`).
pub const READ_AUDIT_EVENTS: &str = "read audit-events";
/// Max pages of a search: a hundred thousand keys.
const MAX_PAGES: usize = 100;
/// Max time of an attempt, and between the first and the last of a request: a shorter window is the better retry.
const ATTEMPT: Duration = Duration::from_secs(30);
const RETRIES: Duration = Duration::from_secs(5);

/// A client of Logging Search in every region.
#[derive(Clone, Debug)]
pub struct AuditEvents {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// Endpoint instead of the region's; may contain `{region}`.
    pub endpoint_override: Option<String>,
    /// OCID of the tenancy whose events and keys are searched.
    pub tenancy: String,
    /// When searching ends.
    pub deadline: Deadline,
}

/// Why a search failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchError {
    /// The response, or why there is none.
    pub reason: FailureText,
    /// What the caller can do.
    pub next: NextStep,
    /// The cause, by what the operator must do.
    pub cause: FailureCause,
    /// The statement that is probably missing.
    pub statement: Option<Statement>,
}

/// What the caller can do after a search failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Search with another form of the query.
    OtherForm,
    /// Search a shorter time.
    ShorterWindow,
    /// Nothing.
    GiveUp,
}

impl SearchError {
    fn new(reason: impl Into<FailureText>, next: NextStep, cause: FailureCause) -> Self {
        Self {
            reason: reason.into(),
            next,
            cause,
            statement: None,
        }
    }

    fn malformed(reason: impl Into<FailureText>) -> Self {
        Self::new(reason, NextStep::GiveUp, FailureCause::InvalidResponse)
    }

    fn too_many_keys() -> Self {
        let reason = "the result has more keys than there is memory for";
        Self::new(reason, NextStep::GiveUp, FailureCause::TooLarge)
    }

    fn of_call(error: &CallError) -> Self {
        let cause = cause_of(error);
        let next = match cause {
            FailureCause::Timeout
            | FailureCause::TooLarge
            | FailureCause::StepOutOfTime { throttled: false } => NextStep::ShorterWindow,
            _ => NextStep::GiveUp,
        };
        Self::new(FailureText::of(error), next, cause)
    }

    fn of_response(call: &CallResponse) -> Self {
        let error = ServiceError::from_response(call);
        let cause = error.cause();
        let next = match cause {
            FailureCause::Status(400) => NextStep::OtherForm,
            FailureCause::Status(408 | 500..) => NextStep::ShorterWindow,
            _ => NextStep::GiveUp,
        };
        let statement = error
            .lacks_permission()
            .then_some(Statement::InTenancy(READ_AUDIT_EVENTS));
        Self {
            statement,
            ..Self::new(FailureText::of(&error), next, cause)
        }
    }

    /// The reason, and the statement that is probably missing.
    pub fn with_advice(&self, place: Place) -> FailureText {
        let mut text = self.reason.clone();
        if let Some(statement) = &self.statement {
            text.push_str(&format!(
                "; check that this statement exists: {}",
                statement.at(place)
            ));
        }
        text
    }
}

impl AuditEvents {
    /// Gives `keep` the uses of keys in a window of at most [`query::MAX_WINDOW_DAYS`], in one region; whether there was any. At
    /// most one request at a time. A page is kept before the next one is requested, so that an endless result takes no memory.
    ///
    /// # Errors
    ///
    /// If the service did not answer all pages, or `keep` returns false, as there are too many keys. What was kept is true.
    pub async fn search(
        &self,
        region: &Region,
        form: &Form,
        window: Interval,
        mut keep: impl FnMut(FoundUse) -> bool + Send,
    ) -> Result<bool, SearchError> {
        let invalid = "the tenancy or a user has no OCID that may be searched for";
        let body = form
            .body(&self.tenancy, window)
            .ok_or_else(|| SearchError::malformed(invalid))?;
        let (mut is_used, mut page) = (false, None::<String>);
        for _ in 0..MAX_PAGES {
            let call = self.call(region, form, &body, page.as_deref()).await?;
            let found = answer::parse(form, &self.tenancy, &call.response.body);
            let found = found.map_err(|error| SearchError::malformed(error.to_string()))?;
            if found.iter().any(|found| !is_within(form, found, window)) {
                let reason = "the response has events that are outside of the window";
                return Err(SearchError::malformed(reason));
            }
            is_used |= !found.is_empty();
            if !found.into_iter().all(&mut keep) {
                return Err(SearchError::too_many_keys());
            }
            let next = call.response.header("opc-next-page").map(str::to_owned);
            let next = next.filter(|next| !next.is_empty());
            // The newest event of a key is on the first page.
            if next.is_none() || matches!(form, Form::OneKey(_)) {
                return Ok(is_used);
            }
            if next == page {
                let reason = "the service returns the same next page repeatedly";
                return Err(SearchError::malformed(reason));
            }
            page = next;
        }
        let reason = format!("the result has more than {MAX_PAGES} pages");
        let next = NextStep::ShorterWindow;
        Err(SearchError::new(reason, next, FailureCause::TooLarge))
    }

    async fn call(
        &self,
        region: &Region,
        form: &Form,
        body: &str,
        page: Option<&str>,
    ) -> Result<CallResponse, SearchError> {
        let endpoint = match &self.endpoint_override {
            Some(text) => text.replace("{region}", &region.identifier),
            None => region.logging_search_endpoint(),
        };
        let endpoint = Endpoint::parse(&endpoint).map_err(|error| {
            let reason = format!("`{}` {error}", redact_user_info(&endpoint));
            SearchError::new(reason, NextStep::GiveUp, FailureCause::Connection)
        })?;
        let mut path = format!("/20190909/search?limit={}", form.page_size());
        if let Some(page) = page {
            path.push_str(&format!("&page={}", percent_encode(page)));
        }
        let request = Request {
            method: Method::POST,
            content: Content::Json(body.to_owned().into()),
            ..Request::get(endpoint, path)
        };
        let rules = CallRules {
            deadline: self.deadline,
            retry: RetryRules {
                attempt: ATTEMPT,
                total: RETRIES,
                ..RetryRules::READ
            },
            rate_limiter: None,
            slots: None,
        };
        let call = self.client.send(&request, rules).await;
        let call = call.map_err(|error| SearchError::of_call(&error))?;
        if call.response.status.is_success() {
            Ok(call)
        } else {
            Err(SearchError::of_response(&call))
        }
    }
}

/// Whether a use is in the window. A day may begin before it, and end after it. Events have milliseconds.
fn is_within(form: &Form, found: &FoundUse, window: Interval) -> bool {
    let (since, until) = (window.since.plus_seconds(-1), window.until.plus_seconds(1));
    let days = match form {
        Form::Days => 1,
        Form::Newest | Form::OneKey(_) => 0,
    };
    (since.plus_days(-days)..=until).contains(&found.newest)
        && (since..=until.plus_days(days)).contains(&found.oldest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fingerprint, KeyId};
    use crate::timestamp::Timestamp;

    #[test]
    fn both_times_of_a_use_are_in_the_window() {
        let day = |day: i64| Timestamp::from_microseconds(0).plus_days(day);
        let window = Interval {
            since: day(10),
            until: day(24),
        };
        let is_within = |form: &Form, newest: i64, oldest: i64| {
            let found = FoundUse {
                key: KeyId {
                    fingerprint: Fingerprint::NONE,
                    user: "u".into(),
                },
                newest: day(newest),
                oldest: day(oldest),
            };
            is_within(form, &found, window)
        };
        for (newest, oldest, expected) in [
            (24, 10, true),
            (12, 11, true),
            (25, 12, false),
            (12, 9, false),
            (9000, 12, false),
        ] {
            let form = Form::Newest;
            assert_eq!(
                is_within(&form, newest, oldest),
                expected,
                "{newest} {oldest}"
            );
        }
        for (begin, expected) in [(8, false), (9, true), (24, true), (25, false)] {
            assert_eq!(
                is_within(&Form::Days, begin, begin + 1),
                expected,
                "{begin}"
            );
        }
    }
}
