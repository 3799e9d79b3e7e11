use super::*;
use crate::TenancySim;
use std::collections::HashSet;
use std::sync::Arc;

const AS_OF: &str = "2026-01-15T06:00:00Z";

fn as_of() -> DateTime<Utc> {
    AS_OF.parse().unwrap()
}

fn serve(seed: u64) -> (Acme, TenancySim) {
    let acme = Acme::new(seed, as_of());
    (acme, acme.tenancy().start().unwrap())
}

fn directories(sim: &TenancySim) -> Vec<Arc<Directory>> {
    [DEFAULT, WORKLOADS].map(|name| sim.directory(name)).into()
}

fn credentials(sim: &TenancySim) -> Vec<Credential> {
    let of = |directory: Arc<Directory>| {
        let lists = ResourceType::CREDENTIALS
            .map(|resource_type| directory.credentials(resource_type).to_vec());
        lists.concat()
    };
    directories(sim).into_iter().flat_map(of).collect()
}

fn users(sim: &TenancySim) -> Vec<User> {
    let of = |directory: Arc<Directory>| directory.users().to_vec();
    directories(sim).into_iter().flat_map(of).collect()
}

fn parsed(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Whole days since the creation, or since the password was set.
fn age(credential: &Credential, at: DateTime<Utc>) -> i64 {
    let start = credential
        .last_set_date
        .as_ref()
        .or(credential.created.as_ref());
    (at - parsed(start.unwrap())).num_days()
}

/// User name and type of every credential of that age.
fn aged(
    sim: &TenancySim,
    days: std::ops::Range<i64>,
    at: DateTime<Utc>,
) -> Vec<(String, ResourceType)> {
    let all = credentials(sim)
        .into_iter()
        .filter(|credential| days.contains(&age(credential, at)));
    all.map(|credential| {
        (
            credential.holder.user_name.clone(),
            credential.resource_type,
        )
    })
    .collect()
}

#[test]
fn two_domains_have_120_people_and_service_users() {
    let (_, sim) = serve(1);
    let all = users(&sim);
    let services = all.iter().filter(|user| user.service_user == Some(true));
    assert_eq!((all.len(), services.count(), Acme::USERS), (120, 34, 120));
    let sizes: Vec<_> = directories(&sim)
        .iter()
        .map(|directory| directory.users().len())
        .collect();
    assert_eq!(sizes, [86, 34]);
    for user in &all {
        let name = user.user_name();
        let ordinary =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        match user.service_user {
            Some(true) => assert!(name.starts_with("svc-") && user.email.is_none(), "{name}"),
            _ => {
                let parts: Vec<_> = name
                    .strip_suffix("@example.com")
                    .unwrap()
                    .split('.')
                    .collect();
                assert!(
                    parts.len() == 2 && parts.into_iter().all(ordinary),
                    "{name}"
                );
                assert_eq!(user.email.as_deref(), Some(name));
            }
        }
    }
    let administrators: Vec<_> = all.iter().filter(|user| user.administrator).collect();
    assert_eq!(administrators.len(), 3);
    let of_default = sim.directory(DEFAULT);
    assert!(
        administrators
            .iter()
            .all(|user| of_default.user(user.user_name()).is_some())
    );
}

#[test]
fn no_two_users_or_credentials_have_the_same_id_or_fingerprint() {
    let (acme, sim) = serve(1);
    acme.next_day(&sim);
    let (all_users, all) = (users(&sim), credentials(&sim));
    let mut ids: HashSet<_> = all_users.iter().map(|user| user.id().to_owned()).collect();
    ids.extend(all.iter().map(|credential| credential.id.clone()));
    assert_eq!(ids.len(), all_users.len() + all.len());
    let fingerprints: HashSet<_> = all.iter().map(Credential::fingerprint).collect();
    assert_eq!(fingerprints.len(), all.len());
    let names: HashSet<_> = all_users.iter().map(User::user_name).collect();
    assert_eq!(names.len(), all_users.len());
}

#[test]
fn about_one_in_twenty_credentials_is_overdue() {
    for seed in 1..=5 {
        let (acme, sim) = serve(seed);
        for day in [0, 1] {
            if day == 1 {
                acme.next_day(&sim);
            }
            let at = as_of() + TimeDelta::days(day);
            let all = credentials(&sim).len();
            let overdue = aged(&sim, 90..1000, at).len();
            let due = aged(&sim, 75..90, at).len();
            assert!((160..240).contains(&all), "seed {seed}: {all} credentials");
            assert!(
                all / 25 < overdue && overdue <= all / 15,
                "seed {seed}: {overdue} of {all}"
            );
            assert!((5..10).contains(&due), "seed {seed}: {due} due");
        }
    }
}

#[test]
fn no_user_holds_more_than_the_limit_or_what_nobody_could_create() {
    for seed in 1..=5 {
        let (acme, sim) = serve(seed);
        acme.next_day(&sim);
        let end = as_of() + TimeDelta::days(1);
        for directory in directories(&sim) {
            for user in directory.users() {
                for resource_type in ResourceType::CREDENTIALS {
                    let list = directory.credentials(resource_type).iter();
                    let held: Vec<_> = list
                        .filter(|credential| credential.holder.id == user.id())
                        .collect();
                    assert!(
                        held.len() <= resource_type.max_per_user(),
                        "{}",
                        user.user_name()
                    );
                    for credential in held {
                        let created = parsed(credential.created.as_deref().unwrap());
                        assert!(
                            parsed(user.created.as_deref().unwrap()) < created && created <= end
                        );
                        assert_eq!(
                            created
                                .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
                                .len(),
                            24
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn each_situation_occurs() {
    let (_, sim) = serve(1);
    let (all_users, all) = (users(&sim), credentials(&sim));
    let user = |name: &str| {
        all_users
            .iter()
            .find(|user| user.user_name() == name)
            .unwrap()
    };
    let of = |name: &str, resource_type| {
        let held = all
            .iter()
            .filter(|credential| credential.holder.user_name == name);
        held.filter(|credential| credential.resource_type == resource_type)
            .collect::<Vec<_>>()
    };
    let ages = |name, resource_type| {
        let mut ages: Vec<_> = of(name, resource_type)
            .iter()
            .map(|held| age(held, as_of()))
            .collect();
        ages.sort_unstable();
        ages
    };
    assert_eq!(ages("svc-terraform", ApiKeys), [11, 97]);
    assert!(user("dana.diaz@example.com").administrator);
    assert_eq!(ages("dana.diaz@example.com", ApiKeys), [213]);
    let inactive: Vec<_> = all_users.iter().filter(|user| !user.active).collect();
    let [inactive] = inactive[..] else {
        panic!("{inactive:?}")
    };
    let deactivated = parsed(inactive.last_modified.as_deref().unwrap());
    assert_eq!((as_of() + TimeDelta::days(1) - deactivated).num_days(), 9);
    assert_eq!(ages(inactive.user_name(), AuthTokens), [116]);
    let expires = of("svc-hr-sync", ResourceType::OAuth2ClientCredentials)[0]
        .expires_on
        .clone();
    assert_eq!(
        expires.map(|text| parsed(&text)),
        Some(as_of() + TimeDelta::days(10))
    );
    assert_eq!(ages(Acme::CANNOT_ROTATE, ApiKeys), [162]);

    let without_capability = all.iter().filter(|credential| {
        let holder = user(&credential.holder.user_name);
        !holder.capabilities.unwrap().allow(credential.resource_type)
    });
    let names: Vec<_> = without_capability
        .map(|credential| credential.holder.user_name.as_str())
        .collect();
    assert_eq!(names, ["jonas.meyer@example.com"]);
    let months_ago = as_of() - TimeDelta::days(90);
    let dormant = all_users
        .iter()
        .filter(|user| user.service_user == Some(false));
    let dormant = dormant.filter(|user| {
        user.last_successful_login
            .as_deref()
            .is_none_or(|text| parsed(text) < months_ago)
    });
    let names: Vec<_> = dormant.map(User::user_name).collect();
    assert_eq!(names, ["ibrahim.diallo@example.com"]);
    let by_others = all
        .iter()
        .filter(|credential| credential.creator.as_ref().unwrap().id != credential.holder.id);
    assert!(by_others.count() > 40);
}

#[test]
fn day_later_one_token_is_rotated_and_one_key_is_overdue() {
    let (acme, sim) = serve(1);
    let (before, tomorrow) = (credentials(&sim), as_of() + TimeDelta::days(1));
    acme.next_day(&sim);
    let after = credentials(&sim);
    let missing = |of: &[Credential], from: &[Credential]| {
        let is_in = |credential: &&Credential| !from.iter().any(|other| other.id == credential.id);
        of.iter()
            .filter(is_in)
            .map(|gone| (gone.holder.user_name.clone(), gone.resource_type))
            .collect::<Vec<_>>()
    };
    let held = |name: &str, resource_type| (name.to_owned(), resource_type);
    assert_eq!(
        missing(&before, &after),
        [held("priya.patel@example.com", AuthTokens)]
    );
    let mut new = missing(&after, &before);
    new.sort();
    let expected = [
        held("nora.lindqvist@example.com", ApiKeys),
        held("priya.patel@example.com", AuthTokens),
        held("sam.chen@example.com", AuthTokens),
    ];
    assert_eq!(new, expected);
    assert_eq!(aged(&sim, 0..1, tomorrow).len(), 3);
    assert_eq!(
        aged(&sim, 90..91, tomorrow),
        [held("svc-payments-settlement", ApiKeys)]
    );
    let inactive: Vec<_> = users(&sim)
        .into_iter()
        .filter(|user| !user.active)
        .collect();
    let names: Vec<_> = inactive.iter().map(User::user_name).collect();
    assert_eq!(names, ["ana.lopez@example.com", "laura.rossi@example.com"]);
}

#[test]
fn same_seed_and_instant_give_the_same_tenancy() {
    let rows = |seed, as_of| {
        let tenancy = Acme::new(seed, as_of).tenancy();
        format!(
            "{:?}",
            tenancy
                .domains
                .iter()
                .map(Domain::directory)
                .map(Directory::users)
                .collect::<Vec<_>>()
        ) + &format!(
            "{:?}",
            tenancy
                .domains
                .iter()
                .map(|domain| domain.directory().credentials(ApiKeys))
                .collect::<Vec<_>>()
        )
    };
    assert_eq!(rows(1, as_of()), rows(1, as_of()));
    assert_ne!(rows(1, as_of()), rows(2, as_of()));
    assert_ne!(rows(1, as_of()), rows(1, as_of() + TimeDelta::days(1)));
}
