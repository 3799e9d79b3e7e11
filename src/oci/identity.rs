//! IAM: regions, compartments and identity domains of a tenancy.
//!
//! Source: `identity_client.py` of Oracle's Python SDK 2.189.0, API version 20160918. Lists are arrays, paginated by the
//! `opc-next-page` header until it is absent; "a page can be empty even when more results remain".

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use crate::http::client::{CallRules, Request, SignedClient};
use crate::http::deadline::Deadline;
use crate::http::endpoint::{Endpoint, redact_user_info};
use crate::http::retry::RetryRules;
use crate::http::transport::Response;
use crate::iam_statement::Statement;
use crate::model::FailureCause;
use crate::percent::percent_encode;
use crate::server_text::{FailureText, ServerText};

use super::identity_rows::is_ocid_of;
pub use super::identity_rows::{Compartment, ListedDomain, RegionSubscription, Rows};
use super::regions::Region;
use super::service_error::{ServiceError, cause_of};

/// Max pages per list.
const MAX_PAGES: usize = 1000;

/// Why a list of IAM could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryError {
    /// The list.
    pub step: String,
    /// The response, or why the service did not respond.
    pub reason: FailureText,
    /// The reason, by what the operator must do.
    pub cause: FailureCause,
    /// The statement that is probably missing.
    pub statement: Option<Statement>,
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
    pub slots: Arc<Semaphore>,
}

impl IdentityClient {
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
            "inspect tenancies",
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
        self.list(region, &path, &step, "read domains").await
    }

    async fn list<T: DeserializeOwned>(
        &self,
        region: &Region,
        path: &str,
        step: &str,
        permission: &'static str,
    ) -> Result<Rows<T>, DiscoveryError> {
        let failed = |reason: FailureText, cause: FailureCause| DiscoveryError {
            step: step.to_owned(),
            reason,
            cause,
            statement: None,
        };
        let endpoint = match &self.endpoint_override {
            Some(text) => text.replace("{region}", &region.identifier),
            None => region.identity_endpoint(),
        };
        let endpoint = Endpoint::parse(&endpoint).map_err(|error| {
            let reason = format!("`{}` {error}", redact_user_info(&endpoint));
            failed(reason.into(), FailureCause::Connection)
        })?;
        let mut items = Rows::default();
        let mut page: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let request = Request::get(endpoint.clone(), with_page(path, page.as_deref()));
            let rules = CallRules {
                deadline: self.deadline,
                retry: RetryRules::READ,
                rate_limiter: None,
                slots: Some(&self.slots),
            };
            let call = self
                .client
                .send(&request, rules)
                .await
                .map_err(|error| failed(FailureText::of(&error), cause_of(&error)))?;
            if !call.response.status.is_success() {
                let error = ServiceError::from_response(&call);
                return Err(DiscoveryError {
                    statement: error
                        .is_refusal()
                        .then_some(Statement::InTenancy(permission)),
                    ..failed(FailureText::of(&error), error.cause())
                });
            }
            let list = parse_list(&call.response.body)
                .map_err(|reason| failed(not_a_list(&reason), FailureCause::InvalidResponse))?;
            items.extend(list);
            let next = next_page(&call.response);
            if next.is_none() {
                return Ok(items);
            }
            if next == page {
                return Err(failed(
                    "the service returns the same next page repeatedly".into(),
                    FailureCause::InvalidResponse,
                ));
            }
            page = next;
        }
        Err(failed(
            format!("the list has more than {MAX_PAGES} pages").into(),
            FailureCause::InvalidResponse,
        ))
    }
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

fn not_a_list(reason: &ServerText) -> FailureText {
    let clause = "the response is not a list";
    FailureText::quoting(clause, format!("{clause} ({reason})"))
}

/// The value of `page` for the next page; `None` after the last one.
fn next_page(response: &Response) -> Option<String> {
    response
        .header("opc-next-page")
        .map(str::to_owned)
        .filter(|next| !next.is_empty())
}
