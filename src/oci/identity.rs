//! IAM: a tenancy, and its regions, compartments and identity domains.
//!
//! Source: `identity_client.py` of Oracle's Python SDK 2.189.0, API version 20160918. Lists are arrays, paginated by the
//! `opc-next-page` header until it is absent; "a page can be empty even when more results remain".

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::de::DeserializeOwned;

use crate::http::client::{CallResponse, CallRules, Request, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::endpoint::{Endpoint, redact_user_info};
use crate::http::retry::RetryRules;
use crate::http::transport::Response;
use crate::iam_statement::Statement;
use crate::model::FailureCause;
use crate::percent::percent_encode;
use crate::server_text::{FailureText, ServerText};
use crate::shares::Share;

use super::identity_rows::is_ocid_of;
pub use super::identity_rows::{
    Compartment, ListedDomain, RegionSubscription, RowSize, Rows, TenancyRecord,
};
use super::regions::Region;
use super::service_error::{Answerer, ServiceError, cause_of, intermediary_answered};

/// The permission on the tenancy itself (Oracle documentation, iampolicyreference.htm: `TENANCY_INSPECT` for GetTenancy and
/// ListRegionSubscriptions).
const INSPECT_TENANCIES: &str = "inspect tenancies";
/// Max pages per list.
const MAX_PAGES: usize = 1000;
/// Memory for a page, as a part of the memory for all responses.
const RESPONSE_PART: u64 = 8;
/// Max bytes of the rows of all lists. A compartment takes about 120.
const MAX_ROW_BYTES: u64 = 16 * 1024 * 1024;

/// Why a list of IAM, or the tenancy, could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryError {
    /// The list, or what else was read.
    pub step: String,
    /// The response, or why the service did not respond.
    pub reason: FailureText,
    /// The reason, by what the operator must do.
    pub cause: FailureCause,
    /// The statement that is probably missing.
    pub statement: Option<Statement>,
}

impl DiscoveryError {
    fn new(step: &str, reason: FailureText, cause: FailureCause) -> Self {
        Self {
            step: step.to_owned(),
            reason,
            cause,
            statement: None,
        }
    }
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.step)?;
        self.reason.fmt(f)
    }
}

impl std::error::Error for DiscoveryError {}

/// A client of IAM.
#[derive(Clone, Debug)]
pub struct IdentityClient {
    /// Signs and sends.
    pub client: Arc<SignedClient>,
    /// Endpoint instead of the region's; may contain `{region}`.
    pub endpoint_override: Option<String>,
    /// When reading ends.
    pub deadline: Deadline,
    /// Bounds the concurrent requests of a run.
    pub slots: Arc<Share>,
    /// Memory for responses.
    pub memory: Arc<Share>,
    /// What the rows of its lists take so far, in bytes. Clones share it.
    pub row_bytes: Arc<AtomicU64>,
}

impl IdentityClient {
    /// The name of the tenancy, as the service has it.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub async fn tenancy_name(
        &self,
        region: &Region,
        tenancy: &str,
    ) -> Result<String, DiscoveryError> {
        let step = "name of the tenancy";
        let invalid =
            |reason: FailureText| DiscoveryError::new(step, reason, FailureCause::InvalidResponse);
        let path = format!("/20160918/tenancies/{}", percent_encode(tenancy));
        let call = self.get(region, path, step, INSPECT_TENANCIES).await?;
        let record = TenancyRecord::parse(&call.response.body).map_err(|error| {
            let reason = ServerText::new(&error.to_string()).cut(200);
            not_usable(step, &call, not_as_expected("is not a tenancy", &reason))
        })?;
        let name = record.name.filter(|name| !name.trim().is_empty());
        name.ok_or_else(|| invalid("the response has no name".into()))
    }

    /// The regions the tenancy is subscribed to.
    ///
    /// # Errors
    ///
    /// If the list cannot be read.
    pub async fn region_subscriptions(
        &self,
        region: &Region,
        tenancy: &str,
    ) -> Result<Rows<RegionSubscription>, DiscoveryError> {
        let path = format!(
            "/20160918/tenancies/{}/regionSubscriptions",
            percent_encode(tenancy)
        );
        self.list(
            region,
            &path,
            "region subscriptions of the tenancy",
            INSPECT_TENANCIES,
        )
        .await
    }

    /// Every compartment of the tenancy except its root compartment.
    ///
    /// # Errors
    ///
    /// If the list cannot be read.
    pub async fn compartments(
        &self,
        region: &Region,
        tenancy: &str,
    ) -> Result<Rows<Compartment>, DiscoveryError> {
        let path = format!(
            "/20160918/compartments?compartmentId={}&compartmentIdInSubtree=true&accessLevel=ANY&lifecycleState=ACTIVE&limit=1000",
            percent_encode(tenancy)
        );
        self.list(
            region,
            &path,
            "compartments of the tenancy",
            "inspect compartments",
        )
        .await
    }

    /// The domains of a compartment, by the list of a region.
    ///
    /// # Errors
    ///
    /// If the list cannot be read.
    pub async fn domains(
        &self,
        region: &Region,
        compartment: &str,
    ) -> Result<Rows<ListedDomain>, DiscoveryError> {
        let path = format!(
            "/20160918/domains?compartmentId={}&limit=1000",
            percent_encode(compartment)
        );
        let step = format!(
            "identity domains of {} in {}",
            shown(compartment),
            region.identifier
        );
        self.list(region, &path, &step, "inspect domains").await
    }

    async fn list<T: DeserializeOwned + RowSize>(
        &self,
        region: &Region,
        path: &str,
        step: &str,
        permission: &'static str,
    ) -> Result<Rows<T>, DiscoveryError> {
        let invalid =
            |reason: FailureText| DiscoveryError::new(step, reason, FailureCause::InvalidResponse);
        let mut items = Rows::default();
        let mut page: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let of_page = with_page(path, page.as_deref());
            let part = self.memory.pool().total() / RESPONSE_PART;
            let bytes = part.min(Request::MAX_RESPONSE_BYTES as u64);
            let Some(_memory) = self.memory.acquire(bytes, self.deadline.instant()).await else {
                let reason = "the time ran out while it waited for memory";
                let cause = FailureCause::OutOfTime;
                return Err(DiscoveryError::new(step, reason.into(), cause));
            };
            let call = self.get(region, of_page, step, permission).await?;
            let list = parse_list(&call.response.body).map_err(|reason| {
                let reason = not_as_expected("is not a list", &reason);
                not_usable(step, &call, reason)
            })?;
            self.keep(&list)
                .map_err(|reason| DiscoveryError::new(step, reason, FailureCause::TooLarge))?;
            items.extend(list);
            let next = next_page(&call.response);
            if next.is_none() {
                return Ok(items);
            }
            if next == page {
                return Err(invalid(
                    "the service returns the same next page repeatedly".into(),
                ));
            }
            page = next;
        }
        Err(invalid(
            format!("the list has more than {MAX_PAGES} pages").into(),
        ))
    }

    /// Counts the rows of a page.
    ///
    /// # Errors
    ///
    /// If all rows take more than [`MAX_ROW_BYTES`].
    fn keep<T: RowSize>(&self, page: &Rows<T>) -> Result<(), FailureText> {
        let bytes: usize = page.rows.iter().map(RowSize::bytes).sum();
        let before = self.row_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if before.saturating_add(bytes as u64) <= MAX_ROW_BYTES {
            return Ok(());
        }
        Err(format!(
            "the rows of all lists of IAM take more than {} MiB",
            MAX_ROW_BYTES / 1024 / 1024
        )
        .into())
    }

    /// The response to a request, if its status is a success. `permission` is the one that it needs.
    async fn get(
        &self,
        region: &Region,
        path: String,
        step: &str,
        permission: &'static str,
    ) -> Result<CallResponse, DiscoveryError> {
        let endpoint = match &self.endpoint_override {
            Some(text) => text.replace("{region}", &region.identifier),
            None => region.identity_endpoint(),
        };
        let endpoint = Endpoint::parse(&endpoint).map_err(|error| {
            let reason = format!("`{}` {error}", redact_user_info(&endpoint));
            DiscoveryError::new(step, reason.into(), FailureCause::Connection)
        })?;
        let rules = CallRules {
            deadline: self.deadline,
            retry: RetryRules::READ,
            rate_limiter: None,
            slots: Some(&self.slots),
        };
        let call = self
            .client
            .send(&Request::get(endpoint, path), rules)
            .await
            .map_err(|error| {
                DiscoveryError::new(step, FailureText::of(&error), cause_of(&error))
            })?;
        if call.response.status.is_success() {
            return Ok(call);
        }
        let error = ServiceError::from_response(&call);
        Err(DiscoveryError {
            statement: error
                .lacks_permission()
                .then_some(Statement::InTenancy(permission)),
            ..DiscoveryError::new(step, FailureText::of(&error), error.cause())
        })
    }
}

/// The error of a response whose status is a success and whose body is not what was requested.
fn not_usable(step: &str, call: &CallResponse, mut reason: FailureText) -> DiscoveryError {
    let cause = match Answerer::of_success(&call.response.body) {
        Answerer::Service => FailureCause::InvalidResponse,
        Answerer::Intermediary => {
            reason.push_str(&format!("; {}", intermediary_answered(&call.host)));
            FailureCause::Intermediary(200)
        }
    };
    DiscoveryError::new(step, reason, cause)
}

/// A compartment by its OCID. The service may send any other text as an id.
fn shown(compartment: &str) -> Cow<'static, str> {
    if is_ocid_of(&["compartment", "tenancy"], compartment) {
        format!("compartment {compartment}").into()
    } else {
        "a compartment whose id is not an OCID".into()
    }
}

/// Adds the `page` parameter to a path, unless the first page is requested.
fn with_page(path: &str, page: Option<&str>) -> String {
    match page {
        Some(page) => format!(
            "{path}{}page={}",
            if path.contains('?') { '&' } else { '?' },
            percent_encode(page)
        ),
        None => path.to_owned(),
    }
}

/// Parses the body of a page.
///
/// # Errors
///
/// The reason, as a clause. It may quote a value.
pub fn parse_list<T: DeserializeOwned>(body: &[u8]) -> Result<Rows<T>, ServerText> {
    Rows::parse(body).map_err(|error| ServerText::new(&error.to_string()).cut(200))
}

/// `problem` is a predicate: `is not a list`. The reason may quote a value.
fn not_as_expected(problem: &str, reason: &ServerText) -> FailureText {
    let clause = format!("the response {problem}");
    let with_words = format!("{clause} ({reason})");
    FailureText::quoting(clause, with_words)
}

/// The value of `page` for the next page; `None` after the last one.
fn next_page(response: &Response) -> Option<String> {
    response
        .header("opc-next-page")
        .map(str::to_owned)
        .filter(|next| !next.is_empty())
}
