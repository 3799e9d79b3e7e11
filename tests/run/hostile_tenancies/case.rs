//! A case: a small tenancy, and what its services do.

use chrono::{SecondsFormat, TimeDelta};
use credential_audit::clock::{Clock, SystemClock};
use fastrand::Rng;
use tenancy_sim::{Credential, Domain, ResourceType, Tenancy, User};

use super::attack::Attack;
use crate::common::LONG_AGO;

/// A case. The same seed gives the same case.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) seed: u64,
    pub(super) domains: Vec<DomainPlan>,
    /// Whether the run searches for domains, instead of reading those of the settings.
    pub(super) discovers: bool,
    /// Whether a run without attacks comes first.
    pub(super) follows_a_run: bool,
    /// Time of the run.
    pub(super) seconds: u64,
    pub(super) attacks: Vec<Attack>,
}

/// What a domain has.
#[derive(Clone, Debug)]
pub(super) struct DomainPlan {
    pub(super) name: &'static str,
    pub(super) users: usize,
    pub(super) salt: u64,
    /// Created yesterday: no finding by age.
    pub(super) recent: bool,
    /// Some users and credentials have no date, or an unreadable one.
    pub(super) undated: bool,
    /// Credentials of a holder who is not a user.
    pub(super) not_listed: usize,
    /// Position of a type without rows.
    pub(super) empty: Option<usize>,
}

impl Case {
    pub(super) fn tenancy(&self) -> Tenancy {
        let domains = self.domains.iter().map(DomainPlan::build);
        domains.fold(Tenancy::empty(), Tenancy::domain)
    }
}

impl DomainPlan {
    fn build(&self) -> Domain {
        let random = &mut Rng::with_seed(self.salt);
        let yesterday = SystemClock.now() - TimeDelta::days(1);
        let yesterday = yesterday.to_rfc3339_opts(SecondsFormat::Millis, true);
        let created: &str = if self.recent { &yesterday } else { LONG_AGO };
        let mut domain = Domain::named(self.name);
        for number in 0..self.users {
            let mut user = User::named(&format!("user-{number:02}@{}.example", self.name));
            if self.undated && random.u8(0..8) == 0 {
                user.created = None;
            }
            for credential in self.credentials(random, &user, created) {
                domain = domain.credential(credential);
            }
            domain = domain.user(user);
        }
        let nobody = User::named("nobody@example.com");
        for number in 0..self.not_listed {
            let credential = Credential::of(&nobody, ResourceType::AuthTokens, number, created);
            let id = format!("{number}{:x}", self.salt);
            domain = domain.credential(credential.with_id(&id));
        }
        domain
    }

    fn credentials(&self, random: &mut Rng, user: &User, created: &str) -> Vec<Credential> {
        let mut held = Vec::new();
        for (position, credential_type) in ResourceType::CREDENTIALS.into_iter().enumerate() {
            if self.empty == Some(position) {
                continue;
            }
            for number in 0..random.usize(..3) {
                let credential = Credential::of(user, credential_type, number, created);
                held.push(match random.u8(0..12) {
                    0 if self.undated => credential.without_created(),
                    1 if self.undated => credential.created("01/02/2020"),
                    _ => credential,
                });
            }
        }
        held
    }
}
