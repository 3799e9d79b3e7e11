//! The users and credentials that need action, or soon will. Ages are whole days, a day before the report that shows them.

use super::dates::{Dates, instant};
use super::{Capabilities, User};
use crate::resource_type::ResourceType::{
    self, ApiKeys, AuthTokens, CustomerSecretKeys, OAuth2ClientCredentials, SmtpCredentials,
    UserDbCredentials,
};

/// An administrator with an API key that is long overdue.
const OLD_KEY: &str = "dana.diaz@example.com";
/// An administrator with an API key that is not overdue.
const ADMINISTRATOR: &str = "kenji.watanabe@example.com";
/// An administrator without an API key.
pub(super) const NEW_KEY: &str = "nora.lindqvist@example.com";
/// Was deactivated, and still holds credentials.
const INACTIVE: &str = "ana.lopez@example.com";
/// Lost the capability of the credential that it holds.
const CAPABILITY_OFF: &str = "jonas.meyer@example.com";
/// Did not sign in for months.
const DORMANT: &str = "ibrahim.diallo@example.com";
/// Holds an overdue token, and rotates it.
pub(super) const ROTATES: &str = "priya.patel@example.com";
/// The name of that token.
pub(super) const ROTATED_TOKEN: &str = "ocir-ci";
/// Is deactivated, and holds an overdue token.
pub(super) const LEAVES: &str = "laura.rossi@example.com";
/// Creates a token.
pub(super) const NEW_TOKEN: &str = "sam.chen@example.com";

/// A credential whose age matters.
#[derive(Clone, Copy)]
pub(super) struct Situation {
    user_name: &'static str,
    pub(super) resource_type: ResourceType,
    pub(super) label: &'static str,
    /// Days since its creation.
    pub(super) days: i64,
    /// Days since its password was last set.
    pub(super) set_days_ago: Option<i64>,
    /// Days until its own expiry date.
    pub(super) expires_in_days: Option<i64>,
}

impl Situation {
    const fn aged(
        days: i64,
        user_name: &'static str,
        resource_type: ResourceType,
        label: &'static str,
    ) -> Self {
        Self {
            user_name,
            resource_type,
            label,
            days,
            set_days_ago: None,
            expires_in_days: None,
        }
    }

    const fn set(self, days_ago: i64) -> Self {
        Self {
            set_days_ago: Some(days_ago),
            ..self
        }
    }

    const fn expires_in(self, days: i64) -> Self {
        Self {
            expires_in_days: Some(days),
            ..self
        }
    }
}

const SITUATIONS: [Situation; 27] = [
    // Overdue.
    Situation::aged(213, OLD_KEY, ApiKeys, ""),
    Situation::aged(117, ROTATES, AuthTokens, ROTATED_TOKEN),
    Situation::aged(103, "lucas.oliveira@example.com", ApiKeys, ""),
    Situation::aged(98, "emma.fischer@example.com", CustomerSecretKeys, "rclone"),
    Situation::aged(93, "emma.fischer@example.com", AuthTokens, "laptop"),
    Situation::aged(130, "svc-backup", CustomerSecretKeys, "s3-sync"),
    Situation::aged(162, super::Acme::CANNOT_ROTATE, ApiKeys, ""),
    // A rotation in progress: the newer key is in use for some days.
    Situation::aged(97, "svc-terraform", ApiKeys, ""),
    Situation::aged(11, "svc-terraform", ApiKeys, ""),
    // Becomes overdue within a day.
    Situation::aged(89, "svc-payments-settlement", ApiKeys, ""),
    // Due.
    Situation::aged(87, "felix.braun@example.com", ApiKeys, ""),
    Situation::aged(84, "tomas.dvorak@example.com", AuthTokens, "git"),
    Situation::aged(81, "svc-search-index", ApiKeys, ""),
    Situation::aged(79, "svc-newsletter", SmtpCredentials, "newsletter"),
    Situation::aged(76, "mei.lin@example.com", ApiKeys, ""),
    Situation::aged(310, "svc-etl-finance", UserDbCredentials, "etl_finance").set(78),
    // A database password that was set after its creation.
    Situation::aged(402, "svc-reporting", UserDbCredentials, "reporting").set(37),
    // Expires soon.
    Situation::aged(56, "svc-hr-sync", OAuth2ClientCredentials, "hr-sync").expires_in(10),
    // Held by the users of `applied`.
    Situation::aged(41, ADMINISTRATOR, ApiKeys, ""),
    Situation::aged(80, INACTIVE, ApiKeys, ""),
    Situation::aged(116, INACTIVE, AuthTokens, "ocir-ci"),
    Situation::aged(50, CAPABILITY_OFF, CustomerSecretKeys, "s3-upload"),
    Situation::aged(66, DORMANT, ApiKeys, ""),
    Situation::aged(55, LEAVES, ApiKeys, ""),
    Situation::aged(94, LEAVES, AuthTokens, "git"),
    Situation::aged(28, NEW_TOKEN, ApiKeys, ""),
    Situation::aged(47, ROTATES, ApiKeys, ""),
];

/// The credentials of a user whose ages matter.
pub(super) fn of(user_name: &str) -> Vec<Situation> {
    let of_user = |situation: &&Situation| situation.user_name == user_name;
    SITUATIONS.iter().filter(of_user).copied().collect()
}

/// The user with what is particular about it.
pub(super) fn applied(mut user: User, dates: &mut Dates) -> User {
    match user.user_name() {
        OLD_KEY | ADMINISTRATOR | NEW_KEY => user.administrator(),
        INACTIVE => {
            let deactivated = instant(dates.days_ago(8));
            user.inactive().last_modified(&deactivated)
        }
        CAPABILITY_OFF => {
            let allowed = user
                .capabilities
                .map(|allowed| Capabilities::without(allowed, CustomerSecretKeys));
            user.capabilities(allowed)
        }
        DORMANT => {
            user.last_successful_login = Some(instant(dates.days_ago(142)));
            user
        }
        _ => user,
    }
}
