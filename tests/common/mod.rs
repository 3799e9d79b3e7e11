//! What the tests of runs and of the command line share: one way to serve a tenancy, and one per way to audit it.
//!
//! | module | starts |
//! | --- | --- |
//! | `served_tenancy` | the simulator, with a resource principal and the settings of a function |
//! | `in_process` | the run and the check in the test's own process, with the invariants of `invariants` |
//! | `function` | the function in the agent, as the platform starts it |
//! | `secrets` | nothing; it looks for credentials of requests in what came of them |
//! | `command_line` | the command, in an empty folder, with an OCI configuration file |

pub(crate) mod command_line;
pub(crate) mod function;
pub(crate) mod hub;
pub(crate) mod in_process;
pub(crate) mod invariants;
pub(crate) mod secrets;
pub(crate) mod served_tenancy;

use tenancy_sim::{Credential, Domain, ResourceType, Tenancy, User};

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_credential-audit");
/// The instant of generated data, and the instant at which tests judge it.
pub(crate) const AS_OF: &str = "2026-01-15T06:00:00Z";
/// `created` of credentials that are overdue whenever the tests run.
pub(crate) const LONG_AGO: &str = "2020-01-01T00:00:00.000Z";

/// A tenancy of one generated domain, `Default`.
pub(crate) fn generated(users: usize) -> Tenancy {
    Tenancy::generated(users, 1, AS_OF.parse().expect("an instant"))
}

/// A domain in which each of `users` users holds `each` credentials of every type, all overdue.
pub(crate) fn even_domain(name: &str, users: usize, each: usize) -> Domain {
    even_domain_since(LONG_AGO, name, users, each)
}

/// The same with another date of creation.
pub(crate) fn even_domain_since(created: &str, name: &str, users: usize, each: usize) -> Domain {
    let mut domain = Domain::named(name);
    for number in 0..users {
        let user = User::named(&format!("user-{number:05}@example.com"));
        for credential_type in ResourceType::CREDENTIALS {
            for credential in 0..each.min(credential_type.max_per_user()) {
                domain =
                    domain.credential(Credential::of(&user, credential_type, credential, created));
            }
        }
        domain = domain.user(user);
    }
    domain
}

/// The seed of a random test: the number in the environment variable, or a new one. Prints it, so that a failure can be
/// repeated.
pub(crate) fn seed(variable: &str) -> u64 {
    let given = std::env::var(variable).ok();
    let seed = given
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| fastrand::u64(..));
    println!("{variable}={seed}");
    seed
}
