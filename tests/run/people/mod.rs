//! People: the owners of credentials, and mails to their holders.

mod killed_mail;
mod mail;
mod owner_topics;
mod owners;
mod records;
mod who;

use tenancy_sim::{APPROVED_SENDER, Credential, Domain, ResourceType, Tenancy, User};

use crate::changes::DailyRuns;

/// Created long before every run of these tests, which are in 2026.
const OLD: &str = "2026-01-01T00:00:00.000Z";
/// The tenancy's OCID, whose root compartment has the approved sender.
const TENANCY: &str = "ocid1.tenancy.oc1..aaaaaaaatenancysimulator";

/// A domain of these users, each with an old API key.
fn domain(name: &str, users: impl IntoIterator<Item = User>) -> Domain {
    let mut domain = Domain::named(name);
    for user in users {
        let key = Credential::of(&user, ResourceType::ApiKeys, 0, OLD);
        domain = domain.credential(key).user(user);
    }
    domain
}

/// Runs that mail holders. A digest is published, and everybody is mailed, on Thursdays: 2026-11-19 and 11-26 are.
fn mailing(tenancy: Tenancy) -> DailyRuns {
    let settings = [
        ("AUDIT_HOLDER_MAIL", "week"),
        ("AUDIT_HOLDER_MAIL_SENDER", APPROVED_SENDER),
        ("AUDIT_HOLDER_MAIL_COMPARTMENT", TENANCY),
        ("AUDIT_HOLDER_MAIL_CONTACT", "security@example.com"),
        ("AUDIT_TENANCY_NAME", "acme-prod"),
        ("AUDIT_NOTIFY", "always"),
    ];
    DailyRuns::new(tenancy, &settings)
}

/// Who was mailed, sorted.
fn mailed(runs: &DailyRuns) -> Vec<String> {
    let emails = runs.sim.emails().into_iter();
    let mut to: Vec<_> = emails.flat_map(|email| email.recipients).collect();
    to.sort_unstable();
    to
}
