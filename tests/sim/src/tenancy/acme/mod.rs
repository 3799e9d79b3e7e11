//! The tenancy of a company: 120 ordinary users in two domains, and what changes within a day.
//!
//! [`Domain::generated`] has every edge case and hardly an ordinary user. This tenancy is the opposite: it is what a reader
//! of the reports has at home. About one in twenty credentials is overdue, few are due, and each situation that the reports
//! explain occurs once. Names are ordinary, so nothing distracts from the work.
//!
//! | file | owns |
//! | --- | --- |
//! | `people` | names of people, and what most of them hold |
//! | `services` | service users, and what they hold |
//! | `situations` | the credentials and users that need action, with their ages |
//! | `dates` | instants in working hours |
//! | `next_day` | what changes within a day |

mod dates;
mod next_day;
mod people;
mod services;
mod situations;

use super::{Capabilities, Compartment, Credential, Directory, Domain, Tenancy, User};
use crate::TenancySim;
use crate::resource_type::ResourceType;
use chrono::{DateTime, TimeDelta, Utc};
use dates::{Dates, instant};
use fastrand::Rng;
use services::Service;

use ResourceType::{ApiKeys, AuthTokens, CustomerSecretKeys, SmtpCredentials};

/// The domain of most people. Its group Administrators has the tenancy's administrators.
const DEFAULT: &str = "Default";
/// The domain of the programs that run in the tenancy, and of the people who run them.
const WORKLOADS: &str = "Workloads";

/// Creates the credentials of service users in the Default domain.
const PLATFORM_ENGINEER: &str = "erik.hansen@example.com";

/// A credential that a user holds: its type, and the name that people see. API keys have fingerprints instead.
type Held = (ResourceType, &'static str);

/// A company's tenancy, at one instant and a day later. The same seed and instant give the same rows.
#[derive(Clone, Copy, Debug)]
pub struct Acme {
    seed: u64,
    as_of: DateTime<Utc>,
}

impl Acme {
    /// The number of users.
    pub const USERS: usize = people::PEOPLE.len() + services::SERVICES.len();

    /// The service user whose API key cannot be rotated for now, in the domain `Workloads`: an exception is due.
    pub const CANNOT_ROTATE: &str = "svc-erp-bridge";

    /// The tenancy whose dates are relative to `as_of`.
    #[must_use]
    pub fn new(seed: u64, as_of: DateTime<Utc>) -> Self {
        Self { seed, as_of }
    }

    /// The tenancy `acme-prod` in Frankfurt, with the domains `Default` and `Workloads`.
    #[must_use]
    pub fn tenancy(&self) -> Tenancy {
        let compartment = Compartment::named("workloads");
        let domain = |name: &str| Domain {
            directory: self.directory(name),
            ..Domain::named(name)
        };
        Tenancy {
            ocid: super::ocid("tenancy", &super::id_from_text("acme-prod")),
            namespace: "frx4q2vkz8wm".to_owned(),
            ..Tenancy::empty()
        }
        .name("acme-prod")
        .home_region("eu-frankfurt-1")
        .bucket("security-audit")
        .topic("ocid1.onstopic.oc1.eu-frankfurt-1.aaaaaaaa7f2kq5vz3mwxbn4h6tjd")
        .domain(domain(DEFAULT))
        .domain(domain(WORKLOADS).in_compartment(&compartment))
        .compartment(compartment)
    }

    /// Changes the tenancy as people do within a day: one rotates an overdue token, an administrator adds an API key, a user
    /// is deactivated.
    ///
    /// # Panics
    /// If the simulator serves another tenancy.
    pub fn next_day(&self, sim: &TenancySim) {
        next_day::apply(*self, sim);
    }

    fn directory(self, domain: &str) -> Directory {
        let mut directory = Directory::default();
        let names = people::PEOPLE
            .iter()
            .map(|name| (people::user_name(name), *name));
        for (user_name, display_name) in names {
            if people::domain(&user_name) == domain {
                self.add_person(&mut directory, &user_name, display_name);
            }
        }
        for service in &services::SERVICES {
            if service.domain == domain {
                self.add_service(&mut directory, service);
            }
        }
        directory
    }

    fn add_person(self, directory: &mut Directory, user_name: &str, display_name: &str) {
        let mut dates = self.dates(user_name);
        let mut user = self.user(user_name, &mut dates).display_name(display_name);
        user.last_successful_login = Some(instant(dates.last_sign_in()));
        user.capabilities = Some(
            Capabilities::NONE
                .with(ApiKeys)
                .with(AuthTokens)
                .with(CustomerSecretKeys),
        );
        let user = situations::applied(user, &mut dates);
        let ordinary = people::ordinary_credentials(&mut dates.rng);
        self.add_credentials(directory, &user, &user, &ordinary, dates);
        directory.add_user(user);
    }

    fn add_service(self, directory: &mut Directory, service: &Service) {
        let mut dates = self.dates(service.name);
        let mut user = self.user(service.name, &mut dates).service_user();
        let held = |resource_type| service.holds.iter().any(|(held, _)| *held == resource_type);
        let allowed = ResourceType::CREDENTIALS
            .into_iter()
            .filter(|allowed| held(*allowed));
        user.capabilities = Some(allowed.fold(Capabilities::NONE, Capabilities::with));
        let creator = match service.domain {
            DEFAULT => PLATFORM_ENGINEER,
            _ => people::WORKLOAD_ENGINEERS[dates.rng.usize(..2)],
        };
        let creator =
            User::with_id(&self.id(creator), creator).display_name(people::display_name(creator));
        self.add_credentials(directory, &user, &creator, service.holds, dates);
        directory.add_user(user);
    }

    /// Adds the credentials of a user: those of its situation, and the ordinary ones of other types.
    fn add_credentials(
        self,
        directory: &mut Directory,
        user: &User,
        creator: &User,
        ordinary: &[Held],
        mut dates: Dates,
    ) {
        let situations = situations::of(user.user_name());
        let is_situation = |resource_type| {
            situations
                .iter()
                .any(|known| known.resource_type == resource_type)
        };
        let works_as_usual = user.service_user == Some(true) || situations.is_empty();
        let mut credentials = Vec::new();
        for situation in &situations {
            let created = dates.days_ago(situation.days);
            let held = (situation.resource_type, situation.label);
            let mut credential = self.credential(user, held, credentials.len(), created);
            if let Some(days) = situation.set_days_ago {
                let set = instant(dates.days_ago(days));
                credential = credential.last_set_date(&set).last_modified(&set);
            }
            if let Some(days) = situation.expires_in_days {
                credential = credential.expires_on(&instant(self.as_of + TimeDelta::days(days)));
            }
            credentials.push(credential);
        }
        for held in ordinary {
            if works_as_usual && !is_situation(held.0) {
                let created = dates.ordinary();
                credentials.push(self.credential(user, *held, credentials.len(), created));
            }
        }
        for credential in credentials {
            directory.add_credential(credential.created_by(creator));
        }
    }

    fn user(self, user_name: &str, dates: &mut Dates) -> User {
        let mut user = User::with_id(&self.id(user_name), user_name);
        let joined = dates.rng.i64(420..2_200);
        user.created = Some(instant(dates.days_ago(joined)));
        let changed = dates.rng.i64(3..400);
        user.last_modified(&instant(dates.days_ago(changed)))
    }

    fn credential(
        self,
        user: &User,
        held: Held,
        number: usize,
        created: DateTime<Utc>,
    ) -> Credential {
        let (resource_type, label) = held;
        let credential = Credential::of(user, resource_type, number, &instant(created));
        match resource_type {
            ApiKeys => credential,
            AuthTokens | SmtpCredentials => credential.description(label),
            ResourceType::OAuth2ClientCredentials => {
                let audience = format!("https://{label}.example.com/");
                credential
                    .label(label)
                    .scopes(&[(audience.as_str(), "read")])
            }
            _ => credential.label(label),
        }
    }

    fn dates(self, name: &str) -> Dates {
        let seed = u64::from_str_radix(&self.id(name)[..16], 16).unwrap_or_default();
        Dates {
            rng: Rng::with_seed(seed),
            as_of: self.as_of,
        }
    }

    fn id(self, name: &str) -> String {
        super::id_from_text(&format!("{}/{name}", self.seed))
    }
}

#[cfg(test)]
mod tests;
