//! Queries the credentials of one type by user, if the service refuses to list the whole domain.
//!
//! Users are queried in chunks of 50 through `.search`. After a chunk is refused (400, 405, 413), its users and those of
//! every chunk not requested yet are queried one by one.
//!
//! # Limits
//!
//! Only the credentials of queried users are listed: users who claim to hold one, users whose record does not list
//! credentials at all, and users named by a credential of another type. A credential of any other user stays unknown. The
//! mode in the coverage shows that the list was read in this way.

use std::collections::HashMap;
use std::slice;

use crate::model::{FailureCause, HolderIndex, ListGap, ReadFailure, ReadingMode};

use super::credential_sink::CredentialSink;
use super::domain_client::{DomainClient, Extent, PageBody};
use super::fallback::allows_fallback;
use super::fetches::{Fetches, PageRequest};
use super::pager::PageOrder;
use super::pass::ListResult;
use super::query::Query;

/// Max concurrent requests for chunks or users of one type.
const MAX_CONCURRENT_QUERIES: usize = 8;
/// Max gaps listed one by one.
const MAX_GAPS_LISTED: usize = 3;
/// Users have at most ten credentials of a type each, so the credentials of a chunk fit into one page.
pub(crate) const USERS_PER_CHUNK: usize = 50;

/// A user whose credentials are queried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserToQuery {
    /// Index of the user.
    pub holder: HolderIndex,
    /// SCIM id.
    pub id: String,
}

/// Users whose own request failed, and why.
pub type FailedUsers = HashMap<HolderIndex, FailureCause>;

/// What the requests for all users returned. The rows are in the sink.
#[derive(Debug)]
pub(super) struct UserAnswers {
    /// [`ReadingMode::UserChunks`], or [`ReadingMode::SingleUsers`] if a chunk was refused.
    pub(super) mode: ReadingMode,
    /// Rows that the service counts, over all requests.
    pub(super) counted: u64,
    /// Whether any request was answered with a list.
    pub(super) answered: bool,
    /// Why rows are missing.
    pub(super) gaps: Vec<ListGap>,
    /// A failure that is not about the form of the request, or else the last one. `None` means that every user was read to the
    /// end.
    pub(super) failure: Option<ReadFailure>,
    /// Users that were not read to the end.
    pub(super) failed_users: FailedUsers,
    /// Answers that only their own total confirms, though a page may follow or rows may have moved between two pages.
    pub(super) unconfirmed: Vec<UnconfirmedAnswer>,
}

/// An answer to look at once more, unless users confirm it.
#[derive(Debug)]
pub(super) struct UnconfirmedAnswer {
    pub(super) query: Query,
    pub(super) list: ListResult,
}

/// Queries the credentials of `users` into `sink`. `list` names the list and its attributes.
pub(super) async fn query_by_users(
    domain: &DomainClient,
    list: &Query,
    users: &[UserToQuery],
    sink: &mut CredentialSink,
) -> UserAnswers {
    let mut queries = UserQueries {
        domain,
        list,
        sink,
        answers: UserAnswers {
            mode: ReadingMode::UserChunks,
            counted: 0,
            answered: false,
            gaps: Vec::new(),
            failure: None,
            failed_users: FailedUsers::new(),
            unconfirmed: Vec::new(),
        },
    };
    let refused = queries.query_chunks(users).await;
    if !refused.is_empty() {
        queries.answers.mode = ReadingMode::SingleUsers;
        let mut singles: Vec<_> = refused.into_iter().flatten().map(slice::from_ref).collect();
        if domain.extent == Extent::FirstPage {
            // One user shows whether a run can read all.
            singles.truncate(1);
        }
        queries.query_groups(&singles, QueryForm::SingleUser).await;
    }
    let mut answers = queries.answers;
    answers.gaps = listed_gaps(answers.gaps);
    answers
}

/// The gaps of many answers: the first ones, and how many there are besides.
pub(super) fn listed_gaps(mut gaps: Vec<ListGap>) -> Vec<ListGap> {
    let further = gaps.len().saturating_sub(MAX_GAPS_LISTED);
    if further > 0 {
        gaps.truncate(MAX_GAPS_LISTED);
        gaps.push(ListGap::FurtherRequests(further as u64));
    }
    gaps
}

/// The form of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QueryForm {
    /// Many users, through `.search`.
    Chunk,
    /// One user, by a filter in the URL.
    SingleUser,
}

/// Whether the service accepted the form of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FormStatus {
    /// The rows are added, or the users failed for another reason.
    Accepted,
    /// Each user has to be queried alone.
    Refused,
}

struct UserQueries<'a> {
    domain: &'a DomainClient,
    list: &'a Query,
    sink: &'a mut CredentialSink,
    answers: UserAnswers,
}

impl UserQueries<'_> {
    /// Queries users in chunks. Returns the chunks to query user by user. The first chunk goes alone, because it shows
    /// whether chunks are accepted at all.
    async fn query_chunks<'u>(&mut self, users: &'u [UserToQuery]) -> Vec<&'u [UserToQuery]> {
        let chunks: Vec<_> = users.chunks(USERS_PER_CHUNK).collect();
        let (first, rest) = chunks.split_at(chunks.len().min(1));
        let mut refused = self.query_groups(first, QueryForm::Chunk).await;
        if refused.is_empty() {
            refused = self.query_groups(rest, QueryForm::Chunk).await;
        } else {
            refused.extend(rest);
        }
        refused
    }

    /// Queries groups of users concurrently, and adds the answers in the order of the groups. Returns the groups that were
    /// refused or, after the first refusal, not requested anymore.
    async fn query_groups<'u>(
        &mut self,
        groups: &[&'u [UserToQuery]],
        form: QueryForm,
    ) -> Vec<&'u [UserToQuery]> {
        let mut refused = Vec::new();
        let mut not_requested = Vec::new();
        let list = self.list;
        let first_pages = groups.iter().map(|users| PageRequest {
            key: *users,
            query: query_of(list, users, form),
            start: 1,
        });
        let mut first_pages = Fetches::new(self.domain, MAX_CONCURRENT_QUERIES, first_pages);
        while let Some((request, first_page)) = first_pages.next().await {
            let (users, query) = (request.key, request.query);
            let status = self.add_answer(users, form, &query, first_page).await;
            if status == FormStatus::Refused {
                refused.push(users);
                let stopped = first_pages.stop().into_iter();
                not_requested.extend(stopped.map(|request| request.key));
            }
        }
        refused.extend(not_requested);
        refused
    }

    /// Adds what a group's request returned: rows, or a failure of all its users.
    async fn add_answer(
        &mut self,
        users: &[UserToQuery],
        form: QueryForm,
        query: &Query,
        first_page: Result<PageBody, ReadFailure>,
    ) -> FormStatus {
        let list = match first_page {
            Ok(body) => {
                self.domain
                    .list_from(query, body, PageOrder::Sequential, self.sink)
                    .await
            }
            Err(failure) => Err(failure),
        };
        match list {
            Ok(list) => self.answers.add(users, query, form, list),
            Err(failure) if form == QueryForm::Chunk && allows_fallback(failure.cause) => {
                return FormStatus::Refused;
            }
            Err(failure) => self.answers.fail(users, failure),
        }
        FormStatus::Accepted
    }
}

impl UserAnswers {
    fn add(&mut self, users: &[UserToQuery], query: &Query, form: QueryForm, list: ListResult) {
        self.answered = true;
        if list.failure.is_none() && (list.pages > 1 || may_continue(form, &list)) {
            self.unconfirmed.push(UnconfirmedAnswer {
                query: query.clone(),
                list: list.clone(),
            });
        }
        self.gaps.extend(list.gaps);
        self.counted = self.counted.saturating_add(list.total.unwrap_or(list.read));
        if let Some(failure) = list.failure {
            self.fail(users, failure);
        }
    }

    fn fail(&mut self, users: &[UserToQuery], failure: ReadFailure) {
        let failed = users.iter().map(|user| (user.holder, failure.cause));
        self.failed_users.extend(failed);
        // A missing permission or a fault says more than a refusal of the request's form.
        let known = self.failure.as_ref();
        if known.is_none_or(|known| allows_fallback(known.cause)) {
            self.failure = Some(failure);
        }
    }
}

/// Whether a page may follow the last one. The page of a single user has fewer rows than any service returns in a page.
fn may_continue(form: QueryForm, list: &ListResult) -> bool {
    form == QueryForm::Chunk && list.past_full_page.is_some()
}

fn query_of(list: &Query, users: &[UserToQuery], form: QueryForm) -> Query {
    let filter: Vec<_> = users.iter().map(|user| by_user(&user.id)).collect();
    Query {
        filter: Some(filter.join(" or ")),
        search: form == QueryForm::Chunk,
        sorted: false,
        ..list.clone()
    }
}

/// SCIM ids have neither quotes nor backslashes. They are escaped because they are untrusted.
fn by_user(id: &str) -> String {
    format!("user.value eq {}", serde_json::Value::from(id))
}
