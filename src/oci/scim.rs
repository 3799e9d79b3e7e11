//! SCIM lists of an identity domain: what is asked for, and rows from the wire to the model.
//!
//! Rows are read leniently, field by field: an attribute of an unexpected type is as good as absent (a date: unreadable),
//! and only a row without an id counts as unreadable. Nothing that a domain can answer is silently less than it claims:
//! rows that cannot be read are counted.
//!
//! Sources: models of `oci.identity_domains` in Oracle's Python SDK (names, types, what is returned by default, on request
//! or never); Oracle documentation, "Query parameters" of the Identity Domains API, for `attributes`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::date::DateReading;
use crate::kind::{COMMON_ATTRIBUTES, CredentialKind, KINDS, KindSet};
use crate::model::{Credential, CredentialList, Holders, User, UserList};
use crate::text::{Span, TextStore};

const CAPABILITIES: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User";
const USER_CREDENTIALS: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";
const USER_EXTENSION: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User";
const USER_STATE: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User";

/// The capability of signing in to the console with a password of the domain.
const CONSOLE_PASSWORD: &str = "canUseConsolePassword";
/// The group of the Default domain whose members administer the tenancy. Every tenancy has it, under this name.
const ADMINISTRATORS: &str = "Administrators";

/// Attributes asked for with users. `userCredentials:User` is all "on request", and comes by its URN alone, as Oracle's own
/// CIS compliance script relies on; the others are named one by one. Of a user's groups, which are on request too, only
/// the names: some users are in hundreds.
pub fn user_attributes() -> Vec<String> {
    vec![
        "id".to_owned(),
        "userName".to_owned(),
        "ocid".to_owned(),
        "active".to_owned(),
        "emails".to_owned(),
        "meta.created".to_owned(),
        "groups.display".to_owned(),
        CAPABILITIES.to_owned(),
        USER_CREDENTIALS.to_owned(),
        format!("{USER_EXTENSION}:isFederatedUser"),
        format!("{USER_STATE}:lastSuccessfulLoginDate"),
    ]
}

/// Attributes asked for with credentials of a kind.
pub fn credential_attributes(kind: CredentialKind) -> Vec<String> {
    COMMON_ATTRIBUTES
        .iter()
        .chain(kind.row().attributes)
        .map(|attribute| (*attribute).to_owned())
        .collect()
}

/// What a page brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSummary {
    /// `totalResults`, where it is there and a number.
    pub total: Option<u64>,
    /// Rows on the page.
    pub rows: u64,
    /// Rows that were not seen before in this pass over the list.
    pub new: u64,
    /// Rows without an id.
    pub unreadable: u64,
}

/// A body that is no SCIM list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is no SCIM list ({0})")]
pub struct InvalidPage(String);

/// What takes the rows of a list, page by page.
pub trait RowSink: Send {
    /// Takes a page whole, or, where it is no list, not at all.
    ///
    /// # Errors
    ///
    /// Where the body is no list.
    fn absorb(&mut self, body: &[u8]) -> Result<PageSummary, InvalidPage>;

    /// The list is read once more from its start: rows are still known, but count anew.
    fn start_over(&mut self);

    /// How many rows are known, over all passes.
    fn known(&self) -> u64;
}

/// Ids of users, shared by all lists of a domain that are read side by side.
pub type SharedHolders = Arc<Mutex<Holders>>;

/// Ids that were seen, as 64-bit hashes: of a million ids two collide with a probability of 3 in 100 million.
#[derive(Debug, Default)]
struct Seen {
    known: HashSet<u64>,
    /// Of the pass at hand, from the second on: in the first it is what is known, and most lists are read once.
    this_pass: Option<HashSet<u64>>,
}

impl Seen {
    /// Counts an id: whether it is new in this pass, and whether it is new at all.
    fn count(&mut self, id: &str) -> (bool, bool) {
        let hash = id_hash(id);
        let new = self.known.insert(hash);
        let this_pass = self.this_pass.as_mut();
        (this_pass.map_or(new, |pass| pass.insert(hash)), new)
    }

    /// Another pass over the list begins.
    fn start_over(&mut self) {
        if !self.known.is_empty() {
            self.this_pass = Some(HashSet::new());
        }
    }
}

/// A hash of an id that is the same in every run.
fn id_hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(id.as_bytes());
    hasher.finish()
}

/// Takes users.
#[derive(Debug)]
pub struct UserSink {
    holders: SharedHolders,
    seen: Seen,
    /// The users so far.
    pub list: UserList,
    /// Ids of credentials that users claim to hold, by kind.
    pub claims: [Claims; KINDS.len()],
    /// Whether any user told which credentials it holds.
    pub claims_told: bool,
}

/// Ids of credentials of one kind, as hashes, in the order of the users who claim them.
#[derive(Debug, Default)]
pub struct Claims {
    ids: Vec<u64>,
    /// By user row: where its ids end.
    ends: Vec<u32>,
}

impl Claims {
    /// How many of them a list lacks.
    pub fn missing_from(&self, list: &CredentialSink) -> u64 {
        self.ids
            .iter()
            .filter(|claim| !list.seen.known.contains(claim))
            .count() as u64
    }

    /// The rows of users who claim something that a list lacks.
    pub fn users_missing_from(&self, list: &CredentialSink) -> impl Iterator<Item = usize> {
        let mut start = 0;
        self.ends.iter().enumerate().filter_map(move |(row, end)| {
            let ids = self.ids.get(start..*end as usize).unwrap_or_default();
            start = *end as usize;
            ids.iter()
                .any(|claim| !list.seen.known.contains(claim))
                .then_some(row)
        })
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.ids.len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The user in the next row claims nothing more.
    fn end_user(&mut self) {
        self.ends
            .push(u32::try_from(self.ids.len()).unwrap_or(u32::MAX));
    }
}

impl UserSink {
    /// A sink without a user.
    pub fn new(holders: SharedHolders) -> Self {
        Self {
            holders,
            seen: Seen::default(),
            list: UserList::default(),
            claims: Default::default(),
            claims_told: false,
        }
    }

    fn add(&mut self, row: &WireUser<'_>, id: &str) {
        let holder = index(
            &self.holders,
            id,
            text(row.ocid).as_deref().unwrap_or_default(),
        );
        let claims = self.claims_of(row);
        self.claims.iter_mut().for_each(Claims::end_user);
        let administrator = self.is_administrator(row.groups);
        let (capabilities, console_password) = capabilities(row.capabilities);
        let store = &mut self.list.text;
        let user = User {
            holder,
            name: push(store, row.user_name),
            email: email(row.emails).map_or(Span::EMPTY, |email| store.push(&email)),
            created: created(row.meta),
            active: flag(row.active),
            federated: nested::<WireUserExtension<'_>>(row.user_extension)
                .and_then(|extension| flag(extension.is_federated_user)),
            last_login: nested::<WireUserState<'_>>(row.user_state)
                .map_or(DateReading::MISSING, |state| {
                    date(state.last_successful_login_date)
                }),
            capabilities,
            console_password,
            administrator,
            claims,
        };
        self.list.rows.push(user);
    }

    /// Whether one of its groups is called as that of the administrators. The name alone says little: every domain may
    /// have such a group, and only that of the Default domain administers the tenancy.
    fn is_administrator(&mut self, groups: Raw<'_>) -> bool {
        let Some(groups) = nested::<Vec<WireGroup<'_>>>(groups) else {
            return false;
        };
        self.list.groups_told = true;
        groups
            .iter()
            .any(|group| text(group.display).as_deref() == Some(ADMINISTRATORS))
    }

    /// What a user claims to hold. A claim whose ids cannot be read is a claim all the same: the user is asked.
    fn claims_of(&mut self, row: &WireUser<'_>) -> KindSet {
        let Some(extension) = row.user_credentials else {
            return KindSet::EMPTY;
        };
        self.claims_told = true;
        let Some(extension) = nested::<serde_json::Map<String, serde_json::Value>>(Some(extension))
        else {
            return KindSet::ALL;
        };
        let mut kinds = KindSet::EMPTY;
        for row in &KINDS {
            let held = match extension.get(row.claim) {
                None | Some(serde_json::Value::Null) => continue,
                Some(serde_json::Value::Array(held)) => held.as_slice(),
                Some(odd) => std::slice::from_ref(odd),
            };
            if !held.is_empty() {
                kinds = kinds.with(row.kind);
            }
            for claim in held.iter().filter_map(|item| item.get("value")?.as_str()) {
                self.claims[row.kind.index()].ids.push(id_hash(claim));
            }
        }
        kinds
    }
}

impl RowSink for UserSink {
    fn absorb(&mut self, body: &[u8]) -> Result<PageSummary, InvalidPage> {
        let list = parse_list(body)?;
        let mut summary = list.summary();
        for raw in list.rows() {
            let row = serde_json::from_str::<WireUser<'_>>(raw.get()).ok();
            let id = row
                .as_ref()
                .and_then(|row| text(row.id))
                .filter(|id| !id.is_empty());
            let (Some(row), Some(id)) = (row, id) else {
                summary.unreadable += 1;
                continue;
            };
            let (new_in_pass, new) = self.seen.count(&id);
            summary.new += u64::from(new_in_pass);
            if new {
                self.add(&row, &id);
            }
        }
        Ok(summary)
    }

    fn start_over(&mut self) {
        self.seen.start_over();
    }

    fn known(&self) -> u64 {
        self.list.rows.len() as u64
    }
}

/// Takes credentials of one kind.
#[derive(Debug)]
pub struct CredentialSink {
    kind: CredentialKind,
    holders: SharedHolders,
    seen: Seen,
    /// The credentials so far.
    pub list: CredentialList,
}

impl CredentialSink {
    /// A sink without a credential.
    pub fn new(kind: CredentialKind, holders: SharedHolders) -> Self {
        Self {
            kind,
            holders,
            seen: Seen::default(),
            list: CredentialList::default(),
        }
    }

    fn add(&mut self, row: &WireCredential<'_>, id: &str) {
        let user = nested::<WireReference<'_>>(row.user);
        let holder = user.map_or(crate::model::HolderIndex::NONE, |user| {
            let ocid = text(user.ocid);
            index(
                &self.holders,
                text(user.value).as_deref().unwrap_or_default(),
                ocid.as_deref().unwrap_or_default(),
            )
        });
        let store = &mut self.list.text;
        let label = self
            .kind
            .row()
            .labels
            .iter()
            .filter_map(|label| text(row.label(label)))
            .find(|label| !label.trim().is_empty());
        let credential = Credential {
            id: store.push(id),
            holder,
            created: created(row.meta),
            last_set: date(row.last_set_date),
            expires_on: date(row.expires_on),
            label: label.map_or(Span::EMPTY, |label| store.push(&label)),
        };
        self.list.rows.push(credential);
    }
}

impl RowSink for CredentialSink {
    fn absorb(&mut self, body: &[u8]) -> Result<PageSummary, InvalidPage> {
        let list = parse_list(body)?;
        let mut summary = list.summary();
        if self.list.rows.is_empty()
            && let Some(total) = summary.total
        {
            // What a service claims is not believed without bound.
            self.list
                .rows
                .reserve_exact(usize::try_from(total).unwrap_or(0).min(200_000));
        }
        for raw in list.rows() {
            let row = serde_json::from_str::<WireCredential<'_>>(raw.get()).ok();
            let id = row
                .as_ref()
                .and_then(|row| text(row.id))
                .filter(|id| !id.is_empty());
            let (Some(row), Some(id)) = (row, id) else {
                summary.unreadable += 1;
                continue;
            };
            let (new_in_pass, new) = self.seen.count(&id);
            summary.new += u64::from(new_in_pass);
            if new {
                self.add(&row, &id);
            }
        }
        Ok(summary)
    }

    fn start_over(&mut self) {
        self.seen.start_over();
    }

    fn known(&self) -> u64 {
        self.list.rows.len() as u64
    }
}

type Raw<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
struct WireList<'a> {
    #[serde(rename = "totalResults", borrow, default)]
    total_results: Raw<'a>,
    #[serde(rename = "Resources", borrow, default)]
    resources: Option<Vec<&'a RawValue>>,
}

impl<'a> WireList<'a> {
    fn summary(&self) -> PageSummary {
        PageSummary {
            total: self
                .total_results
                .and_then(|total| total.get().trim_matches('"').parse().ok()),
            rows: self.rows().len() as u64,
            new: 0,
            unreadable: 0,
        }
    }

    fn rows(&self) -> &[&'a RawValue] {
        self.resources.as_deref().unwrap_or_default()
    }
}

fn parse_list(body: &[u8]) -> Result<WireList<'_>, InvalidPage> {
    let list: WireList<'_> =
        serde_json::from_slice(body).map_err(|error| InvalidPage(error.to_string()))?;
    if list.total_results.is_none() && list.resources.is_none() {
        return Err(InvalidPage(
            "it has neither totalResults nor Resources".to_owned(),
        ));
    }
    Ok(list)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUser<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    ocid: Raw<'a>,
    #[serde(borrow, default)]
    user_name: Raw<'a>,
    #[serde(borrow, default)]
    active: Raw<'a>,
    #[serde(borrow, default)]
    emails: Raw<'a>,
    #[serde(borrow, default)]
    meta: Raw<'a>,
    #[serde(borrow, default)]
    groups: Raw<'a>,
    #[serde(
        borrow,
        default,
        rename = "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User"
    )]
    capabilities: Raw<'a>,
    #[serde(
        borrow,
        default,
        rename = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User"
    )]
    user_credentials: Raw<'a>,
    #[serde(
        borrow,
        default,
        rename = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User"
    )]
    user_extension: Raw<'a>,
    #[serde(
        borrow,
        default,
        rename = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User"
    )]
    user_state: Raw<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUserExtension<'a> {
    #[serde(borrow, default)]
    is_federated_user: Raw<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUserState<'a> {
    #[serde(borrow, default)]
    last_successful_login_date: Raw<'a>,
}

#[derive(Deserialize)]
struct WireGroup<'a> {
    #[serde(borrow, default)]
    display: Raw<'a>,
}

#[derive(Deserialize)]
struct WireEmail<'a> {
    #[serde(borrow, default)]
    value: Raw<'a>,
    #[serde(borrow, default)]
    primary: Raw<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCredential<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    meta: Raw<'a>,
    #[serde(borrow, default)]
    user: Raw<'a>,
    #[serde(borrow, default)]
    fingerprint: Raw<'a>,
    #[serde(borrow, default)]
    description: Raw<'a>,
    #[serde(borrow, default)]
    display_name: Raw<'a>,
    #[serde(borrow, default)]
    name: Raw<'a>,
    #[serde(borrow, default)]
    user_name: Raw<'a>,
    #[serde(borrow, default)]
    last_set_date: Raw<'a>,
    #[serde(borrow, default)]
    expires_on: Raw<'a>,
}

impl<'a> WireCredential<'a> {
    /// An attribute that a row of [`KINDS`] names as label.
    fn label(&self, attribute: &str) -> Raw<'a> {
        match attribute {
            "fingerprint" => self.fingerprint,
            "description" => self.description,
            "displayName" => self.display_name,
            "name" => self.name,
            "userName" => self.user_name,
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct WireMeta<'a> {
    #[serde(borrow, default)]
    created: Raw<'a>,
}

#[derive(Deserialize)]
struct WireReference<'a> {
    #[serde(borrow, default)]
    value: Raw<'a>,
    #[serde(borrow, default)]
    ocid: Raw<'a>,
}

/// A JSON string; `None` for anything else.
fn text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let json = raw?.get();
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str(json).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

fn flag(raw: Raw<'_>) -> Option<bool> {
    match raw?.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn date(raw: Raw<'_>) -> DateReading {
    text(raw).map_or_else(
        || unreadable_if_there(raw),
        |text| DateReading::parse(&text),
    )
}

const fn unreadable_if_there(raw: Raw<'_>) -> DateReading {
    if raw.is_some() {
        DateReading::UNREADABLE
    } else {
        DateReading::MISSING
    }
}

fn created(meta: Raw<'_>) -> DateReading {
    nested::<WireMeta<'_>>(meta)
        .map_or_else(|| unreadable_if_there(meta), |meta| date(meta.created))
}

fn nested<'a, T: Deserialize<'a>>(raw: Raw<'a>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

fn push(store: &mut TextStore, raw: Raw<'_>) -> Span {
    text(raw).map_or(Span::EMPTY, |text| store.push(&text))
}

/// The primary address, else the first.
fn email(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let emails: Vec<WireEmail<'_>> = nested(raw)?;
    let primary = emails
        .iter()
        .find(|email| flag(email.primary) == Some(true));
    text(primary.or_else(|| emails.first())?.value)
}

/// The kinds whose flags are on, `None` without the extension; and the flag of the console's password.
fn capabilities(raw: Raw<'_>) -> (Option<KindSet>, Option<bool>) {
    let Some(flags) = nested::<serde_json::Map<String, serde_json::Value>>(raw) else {
        return (None, None);
    };
    let flag = |name: &str| flags.get(name).and_then(serde_json::Value::as_bool);
    let kinds = CredentialKind::all()
        .filter(|kind| flag(kind.row().capability) == Some(true))
        .collect();
    (Some(kinds), flag(CONSOLE_PASSWORD))
}

fn index(holders: &SharedHolders, id: &str, ocid: &str) -> crate::model::HolderIndex {
    holders
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .index(id, ocid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn credentials(body: &str) -> (CredentialSink, Result<PageSummary, InvalidPage>) {
        let mut sink =
            CredentialSink::new(CredentialKind::CustomerSecretKeys, SharedHolders::default());
        let summary = sink.absorb(body.as_bytes());
        (sink, summary)
    }

    #[test]
    fn rows_with_odd_fields_are_kept_and_rows_without_an_id_are_counted() {
        let body = r#"{"totalResults":5,"Resources":[
            {"id":"a","meta":{"created":"2026-01-01T00:00:00Z"},"user":{"value":"u1","ocid":"o1"},"displayName":"s3 \"x\"","unknown":{}},
            {"id":"b","meta":null,"user":null,"expiresOn":17,"displayName":"  ","description":"second"},
            {"id":"c","meta":7,"user":"u1"},
            {"meta":{}},
            42]}"#;
        let (sink, summary) = credentials(body);
        let expected = PageSummary {
            total: Some(5),
            rows: 5,
            new: 3,
            unreadable: 2,
        };
        assert_eq!(summary, Ok(expected));
        let label = |index: usize| sink.list.text.get(sink.list.rows[index].label);
        assert_eq!((label(0), label(1), label(2)), ("s3 \"x\"", "second", ""));
        assert_eq!(sink.list.rows[1].created, DateReading::MISSING);
        assert_eq!(sink.list.rows[1].expires_on, DateReading::UNREADABLE);
        assert_eq!(sink.list.rows[2].created, DateReading::UNREADABLE);
        assert_eq!(
            sink.holders
                .lock()
                .expect("a lock")
                .ocid(sink.list.rows[0].holder),
            "o1"
        );
    }

    #[test]
    fn what_is_no_list_is_refused_whole() {
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            "{\"Resources\":7}",
            "{\"totalResults\":1,\"Resources\":[{\"id\":\"a\"}",
            "null",
        ] {
            let (sink, summary) = credentials(body);
            assert!(summary.is_err(), "{body}");
            assert!(sink.list.rows.is_empty());
        }
        for body in [
            "{\"totalResults\":0}",
            "{\"totalResults\":0,\"Resources\":null}",
            "{\"Resources\":[]}",
        ] {
            assert!(
                credentials(body).1.is_ok_and(|page| page.rows == 0),
                "{body}"
            );
        }
    }

    #[test]
    fn a_second_pass_counts_rows_anew_and_keeps_each_once() {
        let page = |ids: &[&str]| {
            let rows: Vec<_> = ids
                .iter()
                .map(|id| format!("{{\"id\":\"{id}\"}}"))
                .collect();
            format!(
                "{{\"totalResults\":{},\"Resources\":[{}]}}",
                ids.len(),
                rows.join(",")
            )
        };
        let mut sink = CredentialSink::new(CredentialKind::ApiKeys, SharedHolders::default());
        assert_eq!(
            sink.absorb(page(&["a", "b", "a"]).as_bytes())
                .map(|page| page.new),
            Ok(2)
        );
        sink.start_over();
        assert_eq!(
            sink.absorb(page(&["b", "c"]).as_bytes())
                .map(|page| page.new),
            Ok(2)
        );
        assert_eq!(sink.known(), 3);
    }

    #[test]
    fn users_are_read_with_their_extensions() {
        let body = r#"{"totalResults":1,"Resources":[{"id":"u","ocid":"o","userName":"=a,\"b\"","active":false,
            "emails":[{"value":"first@example.com"},{"value":"main@example.com","primary":true}],
            "meta":{"created":"2025-01-01T00:00:00Z"},"groups":[{"value":"g1","display":"Not Administrators"},{"display":"Administrators"}],
            "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User":{"canUseApiKeys":true,"canUseDbCredentials":false,"canUseConsolePassword":true},
            "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User":{"apiKeys":[{"value":"k1"},{"value":"k2"}],"authTokens":[]},
            "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User":{"isFederatedUser":true},
            "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User":{"lastSuccessfulLoginDate":"2026-01-01T00:00:00Z"}}]}"#;
        let mut sink = UserSink::new(SharedHolders::default());
        assert!(sink.absorb(body.as_bytes()).is_ok());
        let user = sink.list.rows[0];
        assert_eq!(sink.list.text.get(user.name), "=a,\"b\"");
        assert_eq!(sink.list.text.get(user.email), "main@example.com");
        assert_eq!((user.active, user.federated), (Some(false), Some(true)));
        assert!(
            user.may_use(CredentialKind::ApiKeys) && !user.may_use(CredentialKind::DbCredentials)
        );
        assert!(user.last_login.instant().is_some() && user.created.instant().is_some());
        assert_eq!(user.console_password, Some(true));
        assert!(user.administrator && sink.list.groups_told);
        assert_eq!(user.claims, KindSet::EMPTY.with(CredentialKind::ApiKeys));
        assert_eq!(sink.claims[0].len(), 2);
        let list = CredentialSink::new(CredentialKind::ApiKeys, SharedHolders::default());
        assert_eq!(sink.claims[0].missing_from(&list), 2);
    }

    #[test]
    fn only_the_group_of_exactly_that_name_makes_an_administrator() {
        for (groups, told, administrator) in [
            ("[]", true, false),
            ("[{\"display\":\"Network Administrators\"}]", true, false),
            (
                "[{\"display\":\"administrators\"},{\"value\":\"Administrators\"}]",
                true,
                false,
            ),
            (
                "[{\"display\":7},{\"display\":\"Administrators\"}]",
                true,
                true,
            ),
            ("null", false, false),
            ("\"Administrators\"", false, false),
        ] {
            let body = format!(
                "{{\"totalResults\":1,\"Resources\":[{{\"id\":\"u\",\"groups\":{groups}}}]}}"
            );
            let mut sink = UserSink::new(SharedHolders::default());
            assert!(sink.absorb(body.as_bytes()).is_ok());
            let seen = (sink.list.groups_told, sink.list.rows[0].administrator);
            assert_eq!(seen, (told, administrator), "{groups}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_taken_whole_or_refused_whole(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut sink = UserSink::new(SharedHolders::default());
            if sink.absorb(&body).is_err() {
                prop_assert_eq!(sink.known(), 0);
            }
        }
    }
}
