//! Collects the rows of the list of users, and what they claim to hold.

use std::borrow::Cow;
use std::sync::PoisonError;

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::model::{Capabilities, HolderIndex, OwnerSource, Owners, OwnersReading, User, UserList};
use crate::text_store::Span;
use crate::timestamp::DateReading;

use super::attributes::{Activity, UserSettings};
use super::claims::Claims;
use super::owner::owner;
use super::page::{InvalidPage, PageSummary, read_page};
use super::row_budget::RowsSize;
use super::rows::{Groups, WireUser, id_hash};
use super::seen_ids::SeenIds;
use super::sinks::{RowSink, SharedHolders, index, stored};
use super::wire::Attribute;

/// What a row takes besides its texts: the user, its id seen, and the ends of its claims.
const ROW_BYTES: usize = size_of::<User>() + 40;

/// Collects users.
#[derive(Debug)]
pub struct UserSink {
    holders: SharedHolders,
    settings: UserSettings,
    seen: SeenIds,
    /// What users take in the index of holders.
    holder_bytes: usize,
    /// The users so far.
    pub list: UserList,
    /// Ids of credentials that users claim to hold, by type.
    pub claims: [Claims; CREDENTIAL_TYPES.len()],
    /// Whether any user has the attribute that lists its credentials. If none has, an empty list proves nothing.
    pub has_claims: bool,
}

impl UserSink {
    /// A sink without a user.
    pub fn new(holders: SharedHolders, settings: &UserSettings) -> Self {
        Self {
            holders,
            settings: settings.clone(),
            seen: SeenIds::default(),
            holder_bytes: 0,
            list: UserList {
                sign_ins_left_out: settings.activity == Activity::Off,
                owners: match settings.owner {
                    Some(_) => OwnersReading::Read(Owners::default()),
                    None => OwnersReading::NotAsked,
                },
                ..UserList::default()
            },
            claims: Default::default(),
            has_claims: false,
        }
    }

    fn add(&mut self, row: &WireUser<'_>, id: &str) {
        let named = index(&self.holders, id, row.ocid.text());
        self.holder_bytes += named.bytes;
        if named.contradicts {
            self.seen.contradictory.insert(self.list.rows.len());
        }
        self.add_claims(row);
        let groups = self.admin_groups_of(row);
        self.list.memberships.add(self.list.rows.len(), &groups);
        self.list.groups_returned |= row.groups.get().is_some();
        self.list.groups_unreadable |= matches!(row.groups, Attribute::Malformed);
        let store = &mut self.list.text;
        let name = store.push(&stored(row.user_name.text()));
        let email = row.emails.get().map_or(Span::EMPTY, |emails| {
            store.push(&stored(emails.address.text()))
        });
        if let Some((owners, source)) = self.owners() {
            owners.push(owner(row, source).map(stored).as_deref());
        }
        self.list
            .rows
            .push(self.user(row, named.holder, name, email));
    }

    fn add_claims(&mut self, row: &WireUser<'_>) {
        match &row.user_credentials {
            Attribute::Absent => {}
            Attribute::Malformed => {
                self.has_claims = true;
                for claims in &mut self.claims {
                    claims.unreadable += 1;
                }
            }
            Attribute::Is(claimed) => {
                self.has_claims = true;
                for credential_type in &claimed.unreadable {
                    self.claims[credential_type.index()].unreadable += 1;
                }
            }
        }
        for credential_type in CredentialType::all() {
            self.claims[credential_type.index()].add_user(claimed_ids(row, credential_type));
        }
    }

    /// Compares a row with an earlier one of the same id. Which of them is true is unknown, and both count for a rule that
    /// either breaks.
    fn add_again(&mut self, row: &WireUser<'_>, id: &str) {
        self.list.groups_unreadable |= matches!(row.groups, Attribute::Malformed);
        let holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = self
            .list
            .rows
            .iter()
            .map(|user| id_hash(holders.id(user.holder)));
        let position = self.seen.row_of(id, ids);
        drop(holders);
        let Some(position) = position else { return };
        let known = self.list.rows[position];
        let again = self.user(row, known.holder, known.name, known.email);
        // A user who was modified while the list was read contradicts nothing. Only from the later date on is it as it is.
        self.list.rows[position].last_modified = known.last_modified.later(again.last_modified);
        self.list.rows[position].has_groups &= again.has_groups;
        self.list.rows[position].email_verified &=
            again.email_verified && self.list.text.get(known.email) == again_email(row);
        if let Some((owners, source)) = self.owners() {
            owners.push_again(position, owner(row, source).map(stored).as_deref());
        }
        let facts = |user: User| {
            (
                (user.created, user.active),
                (user.federated, user.service_user, user.last_login),
                (user.capabilities, user.console_password, user.claims),
            )
        };
        let same_name = self.list.text.get(known.name) == stored(row.user_name.text());
        let same_claims = CredentialType::all().all(|credential_type| {
            let claims = &self.claims[credential_type.index()];
            claims.are_of_user(position, claimed_ids(row, credential_type))
        });
        let groups = self.admin_groups_of(row);
        let same_groups = self.list.memberships.add(position, &groups);
        if facts(known) == facts(again) && same_name && same_claims && same_groups {
            return;
        }
        self.seen.contradictory.insert(position);
        let both = &mut self.list.rows[position];
        both.created = known.created.earlier(again.created);
        both.active = agreed(known.active, again.active);
        both.federated = agreed(known.federated, again.federated);
        both.service_user = agreed(known.service_user, again.service_user);
        both.console_password = agreed(known.console_password, again.console_password);
        both.capabilities = known.capabilities.agreed_with(again.capabilities);
    }

    /// The owners to read, and the attribute that names them.
    const fn owners(&mut self) -> Option<(&mut Owners, &OwnerSource)> {
        match (&mut self.list.owners, &self.settings.owner) {
            (OwnersReading::Read(owners), Some(source)) => Some((owners, source)),
            _ => None,
        }
    }

    /// The user's groups with the name of an administrators' group, by position in the settings.
    fn admin_groups_of(&self, row: &WireUser<'_>) -> Vec<usize> {
        let names = row.groups.get().into_iter().flat_map(|Groups(names)| names);
        let mut groups: Vec<_> = names
            .flat_map(|name| self.settings.admin_groups.named(name))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    fn user(&self, row: &WireUser<'_>, holder: HolderIndex, name: Span, email: Span) -> User {
        let mut user = user(row, holder, name, email);
        if self.settings.activity == Activity::Off {
            user.last_login = DateReading::MISSING;
        }
        user
    }

    /// Whether the current pass returned the user.
    pub fn is_in_this_pass(&self, id: &str) -> bool {
        self.seen.is_in_this_pass(id)
    }

    /// Users that were returned with one content, and again with another.
    pub fn contradictory(&self) -> u64 {
        self.seen.contradictory.len() as u64
    }
}

/// The address of a row, as it is stored.
fn again_email<'r>(row: &'r WireUser<'_>) -> Cow<'r, str> {
    let emails = row.emails.get();
    emails.map_or(Cow::Borrowed(""), |emails| stored(emails.address.text()))
}

/// The ids that a user claims of one type.
fn claimed_ids(row: &WireUser<'_>, credential_type: CredentialType) -> impl Iterator<Item = u64> {
    let claimed = row.user_credentials.get().into_iter();
    let claimed = claimed.flat_map(|claimed| &claimed.ids);
    claimed
        .filter(move |(of, _)| *of == credential_type)
        .map(|(_, id)| *id)
}

/// What both of two rows say; `None` if they differ.
fn agreed(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    one.filter(|_| one == other)
}

fn user(row: &WireUser<'_>, holder: HolderIndex, name: Span, email: Span) -> User {
    let capabilities = row.capabilities.get();
    let extension = row.extension.get();
    let last_login = row.state.get().map_or(DateReading::MISSING, |state| {
        state.last_successful_login_date.date()
    });
    User {
        holder,
        name,
        email,
        email_verified: row.emails.get().is_some_and(|emails| emails.verified),
        created: row.meta.created(),
        last_modified: row.meta.last_modified(),
        active: row.active.get().copied(),
        federated: extension.and_then(|extension| extension.is_federated_user),
        service_user: extension.and_then(|extension| extension.service_user),
        last_login,
        capabilities: capabilities.map_or_else(Capabilities::default, |read| read.by_type),
        console_password: capabilities.and_then(|capabilities| capabilities.console_password),
        // Decided when its domain is known.
        administrator: false,
        has_groups: row.groups.get().is_some(),
        claims: match &row.user_credentials {
            Attribute::Absent => None,
            // A user whose claims are malformed counts as claiming every type, and is queried for each.
            Attribute::Malformed => Some(CredentialTypes::ALL),
            Attribute::Is(claimed) => Some(claimed.credential_types),
        },
    }
}

impl RowSink for UserSink {
    fn add_page(&mut self, body: &[u8]) -> Result<PageSummary, InvalidPage> {
        let page = read_page::<WireUser<'_>>(body)?;
        Ok(page.rows_with_id(
            |row| &row.id,
            |row, id, summary| {
                let new = summary.new;
                if self.seen.insert(id, summary) {
                    self.add(row, id);
                } else if summary.new == new {
                    // Twice in one pass. From one pass to the next, users may change.
                    self.add_again(row, id);
                }
            },
        ))
    }

    fn start_pass(&mut self) {
        self.seen.start_pass();
    }

    fn row_count(&self) -> u64 {
        self.list.rows.len() as u64
    }

    fn size(&self) -> RowsSize {
        let rows = self.list.rows.len();
        let claims: u64 = self.claims.iter().map(Claims::len).sum();
        let owners = match &self.list.owners {
            OwnersReading::Read(owners) => owners.bytes(),
            OwnersReading::NotAsked | OwnersReading::NotReturned => 0,
        };
        let texts = self.list.text.bytes() + self.holder_bytes + owners;
        RowsSize {
            rows: rows as u64,
            bytes: (rows * ROW_BYTES + texts) as u64 + claims * size_of::<u64>() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attributes::{USER_CREDENTIALS, user_attributes};
    use super::super::credential_sink::CredentialSink;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn claim_counts_in_every_form() {
        let claims = |extension: &str| {
            let body = format!(
                "{{\"totalResults\":1,\"Resources\":[{{\"id\":\"u\",\"{USER_CREDENTIALS}\":{extension}}}]}}"
            );
            let mut sink = UserSink::new(SharedHolders::default(), &UserSettings::default());
            assert!(sink.add_page(body.as_bytes()).is_ok(), "{extension}");
            let ids = sink.claims.iter().map(Claims::len).sum::<u64>();
            let unreadable: Vec<_> = sink.claims.iter().map(|claims| claims.unreadable).collect();
            (sink.has_claims, sink.list.rows[0].claims, ids, unreadable)
        };
        let none = Some(CredentialTypes::EMPTY);
        let api_keys = none.map(|none| none.with(CredentialType::ApiKeys));
        let unreadable = |api_keys| vec![api_keys, 0, 0, 0, 0, 0];
        for (extension, expected) in [
            ("null", (false, None, 0, unreadable(0))),
            ("{}", (true, none, 0, unreadable(0))),
            ("7", (true, Some(CredentialTypes::ALL), 0, vec![1; 6])),
            (r#""k""#, (true, Some(CredentialTypes::ALL), 0, vec![1; 6])),
            (
                r#"[{"apiKeys":[]}]"#,
                (true, Some(CredentialTypes::ALL), 0, vec![1; 6]),
            ),
            (
                r#"{"apiKeys":null,"x":[7]}"#,
                (true, none, 0, unreadable(0)),
            ),
            (r#"{"apiKeys":[]}"#, (true, none, 0, unreadable(0))),
            (
                r#"{"APIKEYS":[{"value":"k"},3]}"#,
                (true, api_keys, 1, unreadable(1)),
            ),
            (
                r#"{"apiKeys":[{"value":"k"},{"value":7},8,null]}"#,
                (true, api_keys, 1, unreadable(3)),
            ),
            (
                r#"{"apiKeys":{"value":"k"}}"#,
                (true, api_keys, 1, unreadable(0)),
            ),
            (
                r#"{"apiKeys":[{"value":"k"},{"value":"k"}]}"#,
                (true, api_keys, 1, unreadable(0)),
            ),
            (r#"{"apiKeys":{}}"#, (true, api_keys, 0, unreadable(1))),
            (r#"{"apiKeys":"k"}"#, (true, api_keys, 0, unreadable(1))),
            (r#"{"apiKeys":true}"#, (true, api_keys, 0, unreadable(1))),
            (
                r#"{"apiKeys":[{"ocid":"o","$ref":"r"},{"value":""}]}"#,
                (true, api_keys, 0, unreadable(2)),
            ),
        ] {
            assert_eq!(claims(extension), expected, "{extension}");
        }
    }

    #[test]
    fn repeated_user_with_other_facts_is_reported() {
        for (again, contradictory, active) in [
            (r#"{"id":"u","userName":"a","active":true}"#, 0, Some(true)),
            (
                r#"{"id":"u","userName":"renamed","active":true}"#,
                1,
                Some(true),
            ),
            (r#"{"id":"u","userName":"a","active":false}"#, 1, None),
            (r#"{"id":"u","userName":"a"}"#, 1, None),
        ] {
            let body = format!(
                r#"{{"totalResults":1,"Resources":[{{"id":"u","userName":"a","active":true}},{again}]}}"#
            );
            let mut sink = UserSink::new(SharedHolders::default(), &UserSettings::default());
            assert!(sink.add_page(body.as_bytes()).is_ok());
            assert_eq!(sink.contradictory(), contradictory, "{again}");
            assert_eq!(sink.list.rows[0].active, active, "{again}");
        }
    }

    #[test]
    fn repeated_user_keeps_the_later_modification_and_what_both_say() {
        const EXTENSION: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User";
        let row = |modified: &str, service_user: &str| {
            format!(
                "{{\"id\":\"u\",\"meta\":{{\"lastModified\":{modified}}},\"{EXTENSION}\":{{\"serviceUser\":{service_user}}}}}"
            )
        };
        let (may, june) = ("\"2026-05-01T00:00:00Z\"", "\"2026-06-01T00:00:00Z\"");
        let in_june = DateReading::parse("2026-06-01T00:00:00Z");
        for (first, again, modified, service_user, contradictory) in [
            ((may, "true"), (june, "true"), in_june, Some(true), 0),
            ((june, "false"), (may, "false"), in_june, Some(false), 0),
            ((june, "true"), (june, "false"), in_june, None, 1),
            ((june, "true"), (june, "null"), in_june, None, 1),
            (
                (june, "true"),
                ("null", "true"),
                DateReading::MISSING,
                Some(true),
                0,
            ),
            (
                (june, "true"),
                ("7", "true"),
                DateReading::UNREADABLE,
                Some(true),
                0,
            ),
            (
                ("\"now\"", "true"),
                ("null", "true"),
                DateReading::UNREADABLE,
                Some(true),
                0,
            ),
        ] {
            let body = format!(
                "{{\"totalResults\":1,\"Resources\":[{},{}]}}",
                row(first.0, first.1),
                row(again.0, again.1)
            );
            let mut sink = UserSink::new(SharedHolders::default(), &UserSettings::default());
            assert!(sink.add_page(body.as_bytes()).is_ok());
            let user = sink.list.rows[0];
            assert_eq!(user.last_modified, modified, "{body}");
            assert_eq!(user.service_user, service_user, "{body}");
            assert_eq!(sink.contradictory(), contradictory, "{body}");
        }
    }

    #[test]
    fn sign_in_that_was_not_requested_is_not_read() {
        const STATE: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User";
        let body = format!(
            "{{\"totalResults\":1,\"Resources\":[{{\"id\":\"u\",\"{STATE}\":{{\"lastSuccessfulLoginDate\":\"2026-01-01T00:00:00Z\"}}}}]}}"
        );
        for activity in [Activity::On, Activity::Off] {
            let settings = UserSettings {
                activity,
                ..UserSettings::default()
            };
            let mut sink = UserSink::new(SharedHolders::default(), &settings);
            assert!(sink.add_page(body.as_bytes()).is_ok());
            let is_read = sink.list.rows[0].last_login != DateReading::MISSING;
            assert_eq!(is_read, activity == Activity::On);
            assert_eq!(sink.list.sign_ins_left_out, activity == Activity::Off);
            let attributes = user_attributes(&settings).join(",");
            assert_eq!(attributes.contains("Login"), activity == Activity::On);
        }
    }

    #[test]
    fn users_are_read_with_their_extensions() {
        let body = r#"{"totalResults":1,"Resources":[{"id":"u","ocid":"o","userName":"=a,\"b\"","active":false,
            "emails":[{"value":"first@example.com"},{"value":"main@example.com","primary":true}],
            "meta":{"created":"2025-01-01T00:00:00Z","lastModified":"2025-02-01T00:00:00Z"},"groups":[{"value":"g1","display":"Not Administrators"},{"display":"Administrators"}],
            "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User":{"canUseApiKeys":true,"canUseDbCredentials":false,"canUseConsolePassword":true},
            "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User":{"apiKeys":[{"value":"k1"},{"value":"k2"}],"authTokens":[]},
            "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User":{"isFederatedUser":true,"serviceUser":true},
            "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User":{"lastSuccessfulLoginDate":"2026-01-01T00:00:00Z"}}]}"#;
        let mut sink = UserSink::new(SharedHolders::default(), &UserSettings::default());
        assert!(sink.add_page(body.as_bytes()).is_ok());
        let user = sink.list.rows[0];
        assert_eq!(sink.list.text.get(user.name), "=a,\"b\"");
        assert_eq!(sink.list.text.get(user.email), "main@example.com");
        assert_eq!((user.active, user.federated), (Some(false), Some(true)));
        assert_eq!(user.may_use(CredentialType::ApiKeys), Some(true));
        assert_eq!(user.may_use(CredentialType::DbCredentials), Some(false));
        // The service did not return it.
        assert_eq!(user.may_use(CredentialType::SmtpCredentials), None);
        assert!(user.last_login.instant().is_some() && user.created.instant().is_some());
        assert!(user.last_modified.instant().is_some());
        assert_eq!(user.service_user, Some(true));
        assert_eq!(user.console_password, Some(true));
        assert!(is_in_administrators(&sink, 0) && sink.list.groups_returned);
        assert_eq!(
            user.claims,
            Some(CredentialTypes::EMPTY.with(CredentialType::ApiKeys))
        );
        assert_eq!(sink.claims[0].len(), 2);
        let list = CredentialSink::new(CredentialType::ApiKeys, SharedHolders::default());
        assert_eq!(list.compare(&sink.claims[0]).missing, 2);
    }

    /// Whether the user at `position` is in a group named Administrators, and in no other administrators' group.
    fn is_in_administrators(sink: &UserSink, position: usize) -> bool {
        sink.list.memberships.clone().add(position, &[0])
    }

    fn user_with(attributes: &str) -> User {
        let body = format!(
            "{{\"totalResults\":1,\"Resources\":[{{\"id\":\"u\",\"ocid\":\"o\",{attributes}}}]}}"
        );
        let mut sink = UserSink::new(SharedHolders::default(), &UserSettings::default());
        assert!(sink.add_page(body.as_bytes()).is_ok(), "{attributes}");
        sink.list.rows[0]
    }

    /// The scripts take what Oracle's Python SDK returns, which keeps any JSON type, by Python's `bool`.
    #[test]
    fn booleans_are_known_also_as_text_and_python_has_its_own_truth() {
        const CAPABILITIES: &str =
            "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User";
        const EXTENSION: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User";
        for (value, known, python) in [
            ("true", Some(true), true),
            ("false", Some(false), false),
            ("\"true\"", Some(true), true),
            ("\"True\"", Some(true), true),
            ("\" TRUE \"", Some(true), true),
            ("\"false\"", Some(false), true),
            ("\"False\"", Some(false), true),
            ("\"falsch\"", None, true),
            ("\"yes\"", None, true),
            ("\"no\"", None, true),
            ("\"\"", None, false),
            ("0", None, false),
            ("1", None, true),
            ("-1", None, true),
            ("0.0", None, false),
            ("0.5", None, true),
            ("null", None, false),
            ("[]", None, false),
            ("[false]", None, true),
            ("{}", None, false),
            ("{\"value\":false}", None, true),
        ] {
            let user = user_with(&format!(
                "\"active\":{value},\"{EXTENSION}\":{{\"isFederatedUser\":{value}}},
                 \"{CAPABILITIES}\":{{\"canUseSmtpCredentials\":{value},\"canUseConsolePassword\":{value}}}"
            ));
            let smtp = CredentialType::SmtpCredentials;
            assert_eq!(user.active, known, "{value}");
            assert_eq!(user.federated, known, "{value}");
            assert_eq!(user.console_password, known, "{value}");
            assert_eq!(user.may_use(smtp), known, "{value}");
            assert_eq!(user.may_use_in_scripts(smtp), python, "{value}");
            assert_eq!(user.may_use(CredentialType::AuthTokens), None, "{value}");
            assert!(!user.may_use_in_scripts(CredentialType::AuthTokens));
        }
        for extension in ["null", "\"text\"", "[]", "{}"] {
            let user = user_with(&format!("\"{CAPABILITIES}\":{extension}"));
            assert_eq!(user.capabilities, Capabilities::default(), "{extension}");
        }
        // Two values say two things.
        let user = user_with(&format!(
            "\"active\":false,\"active\":true,\"{EXTENSION}\":{{\"isFederatedUser\":true,\"isFederatedUser\":false}},
             \"{CAPABILITIES}\":{{\"canUseApiKeys\":false,\"canUseApiKeys\":true}}"
        ));
        let api_keys = CredentialType::ApiKeys;
        assert_eq!((user.active, user.federated), (None, None));
        assert_eq!(user.may_use(api_keys), None);
        assert!(user.may_use_in_scripts(api_keys));
    }

    #[test]
    fn user_who_is_listed_twice_administers_if_either_row_says_so() {
        let user = |groups: &str| format!("{{\"id\":\"u\",\"groups\":{groups}}}");
        let administers = "[{\"display\":\"Administrators\"}]";
        for (first, second, unreadable, has_groups) in [
            ("[]", administers, false, true),
            (administers, "[]", false, true),
            (administers, "null", false, false),
            ("null", administers, false, false),
            ("[]", "7", true, false),
        ] {
            let body = format!(
                "{{\"totalResults\":3,\"Resources\":[{{\"id\":\"v\"}},{},{}]}}",
                user(first),
                user(second)
            );
            let mut sink = UserSink::new(SharedHolders::default(), &UserSettings::default());
            assert!(sink.add_page(body.as_bytes()).is_ok());
            assert_eq!(sink.row_count(), 2);
            assert!(!is_in_administrators(&sink, 0) && !sink.list.rows[0].has_groups);
            assert_eq!(sink.list.rows[1].has_groups, has_groups, "{first} {second}");
            let twice = is_in_administrators(&sink, 1);
            assert_eq!(twice, !unreadable, "{first} {second}");
            assert_eq!(sink.list.groups_unreadable, unreadable);
        }
    }

    #[test]
    fn only_the_exact_group_name_makes_an_administrator() {
        for (groups, has_groups, unreadable, administrator) in [
            ("[]", true, false, false),
            (
                "[{\"display\":\"Network Administrators\"}]",
                true,
                false,
                false,
            ),
            ("[{\"display\":\"administrators\"}]", true, false, false),
            // A group without a readable name may be any.
            (
                "[{\"display\":\"Auditors\"},{\"value\":\"Administrators\"}]",
                false,
                true,
                false,
            ),
            ("[{\"display\":[\"Administrators\"]}]", false, true, false),
            (
                "[{\"display\":\"Auditors\",\"display\":\"Administrators\"}]",
                false,
                true,
                false,
            ),
            (
                "[{\"display\":\"Administrators\"}],\"groups\":[]",
                false,
                true,
                false,
            ),
            (
                "[{\"display\":7},{\"display\":\"Administrators\"}]",
                true,
                false,
                true,
            ),
            ("null", false, false, false),
            ("\"Administrators\"", false, true, false),
            ("{\"display\":\"Administrators\"}", false, true, false),
            ("[\"Administrators\"]", false, true, false),
        ] {
            let body = format!(
                "{{\"totalResults\":1,\"Resources\":[{{\"id\":\"u\",\"groups\":{groups}}}]}}"
            );
            let mut sink = UserSink::new(SharedHolders::default(), &UserSettings::default());
            assert!(sink.add_page(body.as_bytes()).is_ok());
            let list = &sink.list;
            let seen = (list.groups_returned, list.groups_unreadable);
            assert_eq!(seen, (has_groups, unreadable), "{groups}");
            assert_eq!(is_in_administrators(&sink, 0), administrator, "{groups}");
            assert_eq!(list.rows[0].has_groups, has_groups, "{groups}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_added_whole_or_refused_whole(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut sink = UserSink::new(SharedHolders::default(), &UserSettings::default());
            if sink.add_page(&body).is_err() {
                prop_assert_eq!(sink.row_count(), 0);
            }
        }
    }
}
