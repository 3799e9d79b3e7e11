//! Situations of real life, each with the action that a careful person would want.
//!
//! The table of actions is about facts, and this one is about people. If a rule changes, the rows that fail say who notices.

use std::sync::Arc;

use credential_audit::credential_type::{CredentialType, CredentialTypes};
use credential_audit::judge::action::{Action, Actor, Reason, Urgency};
use credential_audit::judge::{Audit, Finding};
use credential_audit::model::ListGap;

use crate::changes::{accepted, baseline, yesterday};
use crate::tenancy::*;

use Action::{Delete, FindHolder, RemoveAdminKey, Replace, Retire, Review, Rotate};
use Actor::{Holder, Security};
use Reason::{
    Accepted, Administrator, AgeUnknown, CapabilityOff, Due, Expired, Expiring, ExpiryUnreadable,
    InactiveUser, MassChange, NamesNoUser, NewerExists, NotListed, Overdue,
};
use Urgency::{Later, Now, Week};

/// What to do about the first credential of a situation; `None` if there is nothing to do.
type Wanted = Option<(Action, Reason, Urgency, Actor)>;

/// Nobody acts.
const ACCEPTED: Wanted = Some((Action::None, Accepted, Urgency::None, Holder));

/// A sentence, what it means in facts, and what a careful person would want.
type Row = (&'static str, fn() -> Situation, Wanted);

/// One person and their credentials. The first is judged.
struct Situation {
    person: Person,
    user: Named,
    credentials: Vec<Held>,
    accept: &'static str,
    until: &'static str,
    users_incomplete: bool,
    /// How many of 400 other users are in the same situation since yesterday.
    others: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Listed,
    NotListed,
    Nobody,
}

/// A credential.
struct Held {
    credential_type: CredentialType,
    created: String,
    last_set: String,
    expires_on: String,
    scopes: &'static [(&'static str, &'static str)],
}

const READ: &[(&str, &str)] = &[("storage", "read"), ("streams", "read")];
const READ_AGAIN: &[(&str, &str)] = &[("streams", "read"), ("storage", "read")];
const WRITE: &[(&str, &str)] = &[("storage", "write")];

/// A credential created so many days and one hour ago.
fn held(credential_type: CredentialType, age: i64) -> Held {
    Held {
        credential_type,
        created: days_ago(age),
        last_set: String::new(),
        expires_on: String::new(),
        scopes: &[],
    }
}

fn key(age: i64) -> Held {
    held(ApiKeys, age)
}

fn token(age: i64) -> Held {
    held(AuthTokens, age)
}

fn client(age: i64, scopes: &'static [(&'static str, &'static str)]) -> Held {
    Held {
        scopes,
        ..held(OAuth2ClientCredentials, age)
    }
}

impl Held {
    fn created(self, text: &str) -> Self {
        Self {
            created: text.to_owned(),
            ..self
        }
    }

    fn last_set(self, days: i64) -> Self {
        Self {
            last_set: days_ago(days),
            ..self
        }
    }

    /// Expires in so many days, less one hour.
    fn expires_in(self, days: i64) -> Self {
        self.expires_on(&days_ago(-days))
    }

    fn expires_on(self, text: &str) -> Self {
        Self {
            expires_on: text.to_owned(),
            ..self
        }
    }
}

fn with<const N: usize>(credentials: [Held; N]) -> Situation {
    Situation {
        person: Person::default(),
        user: Named::Listed,
        credentials: credentials.into(),
        accept: "",
        until: "2027-01-31",
        users_incomplete: false,
        others: 0,
    }
}

impl Situation {
    fn inactive_for(self, days: i64) -> Self {
        // The dates of a person are text of the program.
        let last_modified: &'static str = days_ago(days).leak();
        self.of(Person {
            active: Some(false),
            last_modified,
            ..Person::default()
        })
    }

    fn administrator(self) -> Self {
        self.of(Person {
            administrator: true,
            ..Person::default()
        })
    }

    fn capabilities(self, capabilities: Option<CredentialTypes>) -> Self {
        self.of(Person {
            capabilities,
            ..Person::default()
        })
    }

    fn of(self, person: Person) -> Self {
        Self { person, ..self }
    }

    fn user(self, user: Named) -> Self {
        Self { user, ..self }
    }

    /// An exception in force accepts this word.
    fn accepts(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    fn until(self, until: &'static str) -> Self {
        Self { until, ..self }
    }

    fn others(self, others: usize) -> Self {
        Self { others, ..self }
    }

    fn users_incomplete(self) -> Self {
        Self {
            users_incomplete: true,
            ..self
        }
    }

    /// The domain before the situation began, or during it. Every other user has one token.
    fn domain(&self, during: bool) -> DomainBuilder {
        let mut domain = DomainBuilder::new("Default");
        domain.default_domain();
        let well = Person::default();
        let user_is = |domain: &mut DomainBuilder, id: &str, is_affected: bool| {
            let (user, person) = match is_affected {
                true => (self.user, &self.person),
                false => (Named::Listed, &well),
            };
            if user == Named::Listed {
                domain.user(id, &format!("{id}@example.com"), person);
            }
        };
        user_is(&mut domain, "jane.roe", during);
        let created = days_ago(10);
        for index in 0..if self.others > 0 { 400 } else { 0 } {
            let id = format!("user-{index:03}");
            user_is(&mut domain, &id, during && index < self.others);
            let secret = Secret {
                created: &created,
                ..Secret::default()
            };
            domain.credential(AuthTokens, &id, &format!("token-{id}"), &secret);
        }
        for (index, held) in self.credentials.iter().enumerate() {
            let holder = match self.user {
                Named::Nobody => "",
                Named::Listed | Named::NotListed => "jane.roe",
            };
            let secret = Secret {
                created: &held.created,
                last_set: &held.last_set,
                expires_on: &held.expires_on,
                scopes: held.scopes,
                ..Secret::default()
            };
            domain.credential(held.credential_type, holder, &index.to_string(), &secret);
        }
        if self.users_incomplete {
            domain.users_coverage().gaps.push(ListGap::RowsWithoutId(1));
        }
        domain
    }

    fn audit(&self) -> Audit {
        let mut audit = Arc::into_inner(audit(run(), [self.domain(true)])).expect("mine");
        if self.others > 0 {
            let before = yesterday([self.domain(false)]);
            audit = audit.with_mass_change_since(&baseline(&before));
        }
        if self.accept.is_empty() {
            return audit;
        }
        let entry = serde_json::json!({
            "user": "jane.*",
            "reason": "agreed",
            "until": self.until,
            "accept": [self.accept],
        });
        audit.accepting(accepted(
            &serde_json::json!({ "exceptions": [entry] }).to_string(),
        ))
    }
}

fn judged(audit: &Audit) -> &Finding {
    let is_first = |finding: &&Finding| {
        let credential = audit.credential(finding);
        credential.is_some_and(|(inventory, credential)| {
            *inventory.credential_id(finding.credential_type, credential) == *"0"
        })
    };
    audit.findings.iter().find(is_first).expect("a finding")
}

const AGES: &[Row] = &[
    ("a key made yesterday", || with([key(1)]), None),
    (
        "a token that nobody replaced for 100 days",
        || with([token(100)]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "a key that is overdue next month",
        || with([key(76)]),
        Some((Rotate, Due, Later, Holder)),
    ),
    (
        "a key that is overdue next week",
        || with([key(84)]),
        Some((Rotate, Due, Week, Holder)),
    ),
    (
        "a key whose date has no zone",
        || with([key(1).created("2026-11-01T00:00:00")]),
        Some((Rotate, AgeUnknown, Now, Holder)),
    ),
    (
        "a key made by a server whose clock is a year ahead",
        || with([key(1).created("2027-11-22T00:00:00Z")]),
        Some((Rotate, AgeUnknown, Now, Holder)),
    ),
    (
        "a database password that is old",
        || with([held(DbCredentials, 400)]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "a database password that was changed last month",
        || with([held(DbCredentials, 400).last_set(30)]),
        None,
    ),
    (
        "a service user with an old key",
        || {
            with([key(200)]).of(Person {
                service_user: Some(true),
                ..Person::default()
            })
        },
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "a vendor that cannot rotate before January",
        || with([key(200)]).accepts("age"),
        ACCEPTED,
    ),
    (
        "a vendor whose exception ended yesterday",
        || with([key(200)]).accepts("age").until("2026-11-21"),
        Some((Rotate, Overdue, Now, Holder)),
    ),
];

const REPLACED: &[Row] = &[
    (
        "a rotation whose old key is overdue",
        || with([key(95), key(10)]),
        Some((Retire, NewerExists, Now, Holder)),
    ),
    (
        "a rotation in good time",
        || with([key(80), key(10)]),
        Some((Retire, NewerExists, Later, Holder)),
    ),
    (
        "the new key of a rotation",
        || with([key(10), key(95)]),
        None,
    ),
    (
        "a newer one an hour old",
        || with([key(95), key(0)]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "a newer one of six days, which may not be in use yet",
        || with([key(95), key(6)]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "two keys on purpose, accepted as newer",
        || with([key(80), key(10)]).accepts("newer"),
        ACCEPTED,
    ),
    (
        "both tokens overdue at the limit",
        || with([token(120), token(100)]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "the oldest of three keys",
        || with([key(300), key(100), key(20)]),
        Some((Retire, NewerExists, Now, Holder)),
    ),
    (
        "a newer one that is due itself",
        || with([key(100), key(80)]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "a newer one that ends next week",
        || with([token(100), token(10).expires_in(7)]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "a newer one that ends nobody knows when",
        || with([token(100), token(10).expires_on("soon")]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "an old key and a new token",
        || with([key(100), token(10)]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "a database password beside a newer one",
        || with([held(DbCredentials, 100), held(DbCredentials, 10)]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "an OAuth secret with other scopes",
        || with([client(100, READ), client(10, WRITE)]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "an OAuth secret with the same scopes in another order",
        || with([client(100, READ), client(10, READ_AGAIN)]),
        Some((Retire, NewerExists, Now, Holder)),
    ),
    (
        "OAuth secrets whose scopes were not returned",
        || with([client(100, &[]), client(10, &[])]),
        Some((Rotate, Overdue, Now, Holder)),
    ),
];

const EXPIRY: &[Row] = &[
    (
        "a contractor's 14-day token on its second day",
        || with([token(1).expires_in(13)]),
        Some((Rotate, Expiring, Later, Holder)),
    ),
    (
        "a contractor's 14-day token that is to end",
        || with([token(8).expires_in(6)]).accepts("expiry"),
        ACCEPTED,
    ),
    (
        "a token that ends this week, and nothing replaces it",
        || with([token(60).expires_in(5)]),
        Some((Rotate, Expiring, Week, Holder)),
    ),
    (
        "a token that ends this week, and a newer one exists",
        || with([token(60).expires_in(5), token(20)]),
        Some((Retire, NewerExists, Week, Holder)),
    ),
    (
        "a token that expired yesterday, and something may be down",
        || with([token(60).expires_in(-1)]),
        Some((Replace, Expired, Now, Holder)),
    ),
    (
        "a token that expired yesterday after it was replaced",
        || with([token(60).expires_in(-1), token(20)]),
        Some((Delete, Expired, Later, Holder)),
    ),
    (
        "a token that expired last month after it was replaced",
        || with([token(80).expires_in(-30), token(60)]),
        Some((Delete, Expired, Now, Holder)),
    ),
    (
        "a token that ends nobody knows when",
        || with([token(10).expires_on("soon")]),
        Some((Rotate, ExpiryUnreadable, Now, Holder)),
    ),
    (
        "a token whose age is accepted, and that ends this week",
        || with([token(200).expires_in(5)]).accepts("age"),
        Some((Rotate, Expiring, Week, Holder)),
    ),
];

const HOLDERS: &[Row] = &[
    (
        "a leaver being deleted",
        || with([key(50)]).user(Named::NotListed),
        Some((FindHolder, NotListed, Week, Security)),
    ),
    (
        "a leaver being deleted, with an overdue key",
        || with([key(100)]).user(Named::NotListed),
        Some((FindHolder, NotListed, Now, Security)),
    ),
    (
        "a user who was created while the lists were read",
        || with([key(0)]).user(Named::NotListed),
        None,
    ),
    (
        "a key of somebody, and half of the users were not read",
        || with([key(50)]).user(Named::NotListed).users_incomplete(),
        None,
    ),
    (
        "an overdue key of somebody, and half of the users were not read",
        || with([key(100)]).user(Named::NotListed).users_incomplete(),
        Some((Rotate, Overdue, Now, Security)),
    ),
    (
        "a token that names nobody",
        || with([token(50)]).user(Named::Nobody),
        Some((FindHolder, NamesNoUser, Week, Security)),
    ),
    (
        "a leaver whose age was accepted in better times",
        || with([key(100)]).user(Named::NotListed).accepts("age"),
        Some((FindHolder, NotListed, Now, Security)),
    ),
    (
        "a user who was deactivated yesterday, for a lost phone",
        || with([key(50)]).inactive_for(1),
        Some((Review, InactiveUser, Later, Security)),
    ),
    (
        "parental leave that began ten days ago",
        || with([key(50)]).inactive_for(10),
        Some((Review, InactiveUser, Week, Security)),
    ),
    (
        "parental leave that began three weeks ago",
        || with([key(50)]).inactive_for(21),
        Some((Review, InactiveUser, Now, Security)),
    ),
    (
        "parental leave of half a year, accepted",
        || with([key(50)]).inactive_for(180).accepts("inactive"),
        ACCEPTED,
    ),
    (
        "somebody who left two months ago",
        || with([key(50)]).inactive_for(60),
        Some((Delete, InactiveUser, Now, Security)),
    ),
    (
        "somebody who left two months ago, and only the age was accepted",
        || with([key(200)]).inactive_for(60).accepts("age"),
        Some((Delete, InactiveUser, Now, Security)),
    ),
    (
        "a user who is inactive since nobody knows when",
        || {
            with([key(50)]).of(Person {
                active: Some(false),
                ..Person::default()
            })
        },
        Some((Review, InactiveUser, Later, Security)),
    ),
    (
        "a user who may be active or not",
        || {
            with([key(100)]).of(Person {
                active: None,
                ..Person::default()
            })
        },
        Some((Rotate, Overdue, Now, Security)),
    ),
    (
        "400 users deactivated overnight",
        || with([key(50)]).inactive_for(0).others(400),
        Some((Review, InactiveUser, Later, Security)),
    ),
    (
        "400 users deactivated overnight, by a program that keeps the date of their last change",
        || with([key(50)]).inactive_for(300).others(400),
        Some((Review, MassChange, Later, Security)),
    ),
    (
        "thirty users that the service left out overnight",
        || with([key(50)]).user(Named::NotListed).others(30),
        Some((Review, MassChange, Later, Security)),
    ),
    (
        "a small team that left, all at once",
        || with([key(50)]).inactive_for(60).others(12),
        Some((Delete, InactiveUser, Now, Security)),
    ),
];

const CAPABILITIES: &[Row] = &[
    (
        "a capability switched off after an administrator made the key",
        || with([key(50)]).capabilities(Some(CredentialTypes::EMPTY)),
        Some((Review, CapabilityOff, Later, Security)),
    ),
    (
        "a capability switched off long ago, and the key is overdue",
        || with([key(100)]).capabilities(Some(CredentialTypes::EMPTY)),
        Some((Review, CapabilityOff, Now, Security)),
    ),
    (
        "a capability that is off by policy, accepted",
        || {
            let none = Some(CredentialTypes::EMPTY);
            with([key(50)]).capabilities(none).accepts("capability")
        },
        ACCEPTED,
    ),
    (
        "a capability that the service did not return",
        || with([key(50)]).capabilities(None),
        None,
    ),
    (
        "a break-glass administrator",
        || with([key(50)]).administrator(),
        Some((RemoveAdminKey, Administrator, Later, Holder)),
    ),
    (
        "a break-glass administrator, accepted",
        || with([key(50)]).administrator().accepts("administrator"),
        ACCEPTED,
    ),
    (
        "a break-glass administrator, accepted, whose key is overdue",
        || with([key(100)]).administrator().accepts("administrator"),
        Some((Rotate, Overdue, Now, Holder)),
    ),
    (
        "an administrator who rotates",
        || with([key(100), key(10)]).administrator(),
        Some((Retire, NewerExists, Now, Holder)),
    ),
    (
        "an administrator's token",
        || with([token(50)]).administrator(),
        None,
    ),
];

#[test]
fn situations_of_real_life_have_the_action_that_a_careful_person_would_want() {
    let tables = [AGES, REPLACED, EXPIRY, HOLDERS, CAPABILITIES];
    for (sentence, situation, wanted) in tables.into_iter().flatten() {
        let audit = situation().audit();
        let finding = judged(&audit);
        let actor = finding.needs_action().then_some(finding.actor);
        let found = (finding.action, finding.reason, finding.urgency, actor);
        let wanted = match *wanted {
            None => (Action::None, Reason::None, Urgency::None, None),
            Some((Action::None, reason, urgency, _)) => (Action::None, reason, urgency, None),
            Some((action, reason, urgency, actor)) => (action, reason, urgency, Some(actor)),
        };
        assert_eq!(found, wanted, "{sentence}");
    }
}
