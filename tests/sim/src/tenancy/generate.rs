//! The content of a domain, generated from a seed.

use super::names::{ROUND, user_name};
use super::{Capabilities, Credential, Directory, Holder, User};
use crate::resource_type::ResourceType;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use fastrand::Rng;
use std::sync::Arc;

use ResourceType::{
    ApiKeys, AuthTokens, CustomerSecretKeys, OAuth2ClientCredentials, SmtpCredentials,
    UserDbCredentials,
};

/// Users and credentials. The same arguments give the same rows, and the first users do not depend on the number of users.
pub(super) fn directory(users: usize, seed: u64, as_of: DateTime<Utc>) -> Directory {
    let mut directory = Directory::default();
    for position in 0..users {
        let mut generator = UserGenerator {
            rng: Rng::with_seed(seed ^ (position as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
            as_of,
        };
        let user = generator.user(position);
        for credential in generator.credentials(&user, position) {
            directory.add_credential(credential);
        }
        directory.add_user(user);
        if position % ROUND == 36 {
            directory.add_credential(generator.not_listed(position));
        }
    }
    directory
}

/// Generates one user from its own random numbers.
struct UserGenerator {
    rng: Rng,
    as_of: DateTime<Utc>,
}

impl UserGenerator {
    fn user(&mut self, position: usize) -> User {
        let (name, display) = user_name(position);
        let mut user = User::with_id(&self.id(), &name).display_name(&display);
        user.created = Some(instant(
            self.as_of - TimeDelta::days(self.rng.i64(400..2000)),
        ));
        user.last_successful_login = (!self.rng.u8(..).is_multiple_of(6))
            .then(|| instant(self.as_of - TimeDelta::minutes(self.rng.i64(1..400_000))));
        user.administrator = self.rng.u8(..) < 8;
        match position % ROUND {
            0 => user.administrator = true,
            13 | 14 => user.capabilities = None,
            15 => user.capabilities = Some(Capabilities::NONE),
            16 => {
                user.capabilities =
                    Some(Capabilities::ALL.without(ApiKeys).without(SmtpCredentials));
            }
            17 => user.active = false,
            18 | 35 => user.federated = true,
            19 => user.last_successful_login = None,
            34 => {
                user.email = None;
                user.service_user = Some(true);
            }
            40 => user.capabilities = Some(Capabilities::NONE.with(ApiKeys)),
            _ => {}
        }
        user
    }

    fn credentials(&mut self, user: &User, position: usize) -> Vec<Credential> {
        let mut credentials = self.edge_cases(user, position % ROUND);
        if matches!(position % ROUND, 14 | 20 | 40) {
            return credentials;
        }
        for resource_type in ResourceType::CREDENTIALS {
            let present = credentials
                .iter()
                .filter(|credential| credential.resource_type == resource_type)
                .count();
            let wanted = if position % ROUND == 33 {
                resource_type.max_per_user()
            } else {
                self.number_of(resource_type)
            };
            for _ in present..wanted {
                credentials.push(self.ordinary(user, resource_type));
            }
        }
        credentials
    }

    /// Uniform up to the limit, which is 5.5 for five types. OAuth 2.0 clients add the rest of 8.46 with a long tail.
    fn number_of(&mut self, resource_type: ResourceType) -> usize {
        match resource_type {
            OAuth2ClientCredentials if self.rng.u8(..) < 12 => resource_type.max_per_user(),
            OAuth2ClientCredentials => self.rng.usize(0..=5),
            ApiKeys => self.rng.usize(0..=3),
            _ => self.rng.usize(0..=2),
        }
    }

    fn ordinary(&mut self, user: &User, resource_type: ResourceType) -> Credential {
        let age = TimeDelta::milliseconds(self.rng.i64(0..120 * 86_400_000));
        let created = self.as_of - age;
        let mut credential = self.credential(user, resource_type, &instant(created));
        if resource_type != ApiKeys && self.rng.u8(..) < 90 {
            let expires = self.as_of + TimeDelta::days(self.rng.i64(-20..200));
            credential = credential.expires_on(&instant(expires));
        }
        if resource_type == UserDbCredentials && self.rng.bool() {
            let later = if self.rng.bool() {
                created
            } else {
                created + age / 2
            };
            credential = credential.last_set_date(&instant(later));
        }
        credential
    }

    fn edge_cases(&mut self, user: &User, case: usize) -> Vec<Credential> {
        let as_of = self.as_of;
        let day = |days: i64| TimeDelta::days(days);
        let ago = |age: TimeDelta| instant(as_of - age);
        let naive = |age: TimeDelta, form: &str| (as_of - age).format(form).to_string();
        let dated: Vec<(ResourceType, String)> = match case {
            15 => vec![(ApiKeys, ago(day(200))), (AuthTokens, ago(day(20)))],
            16 => vec![(ApiKeys, ago(day(100))), (SmtpCredentials, ago(day(10)))],
            21 => vec![
                (ApiKeys, ago(day(74))),
                (AuthTokens, ago(day(75))),
                (CustomerSecretKeys, ago(day(89))),
                (UserDbCredentials, ago(day(90))),
                (SmtpCredentials, ago(day(91))),
            ],
            22 => vec![
                (ApiKeys, ago(day(90) - TimeDelta::milliseconds(1))),
                (AuthTokens, ago(day(75) - TimeDelta::milliseconds(1))),
                (
                    CustomerSecretKeys,
                    ago(day(90) + TimeDelta::milliseconds(1)),
                ),
            ],
            23 => vec![(AuthTokens, ago(day(200))), (AuthTokens, ago(day(5)))],
            24 => vec![
                (ApiKeys, ago(TimeDelta::hours(-2))),
                (AuthTokens, ago(day(-36_500))),
            ],
            25 => vec![
                (ApiKeys, naive(day(80), "%Y-%m-%dT%H:%M:%S%.3f")),
                (AuthTokens, naive(day(80), "%Y-%m-%d %H:%M:%S")),
                (SmtpCredentials, naive(day(80), "%Y-%m-%d")),
            ],
            26 => vec![
                (ApiKeys, String::new()),
                (AuthTokens, "not a date".to_owned()),
                (CustomerSecretKeys, "2025-13-45T25:61:61.000Z".to_owned()),
                (SmtpCredentials, "1767225600000".to_owned()),
            ],
            27 => (0..10)
                .map(|digits| {
                    let fraction = &"123456789"[..digits.min(9)];
                    let dot = if digits == 0 { "" } else { "." };
                    (
                        OAuth2ClientCredentials,
                        format!("{}{dot}{fraction}Z", naive(day(77), "%Y-%m-%dT%H:%M:%S")),
                    )
                })
                .collect(),
            28 => vec![
                (
                    ApiKeys,
                    format!("{}+02:00", naive(day(90), "%Y-%m-%dT%H:%M:%S")),
                ),
                (
                    AuthTokens,
                    format!("{}-05:30", naive(day(90), "%Y-%m-%dT%H:%M:%S%.3f")),
                ),
            ],
            30 => vec![
                (AuthTokens, ago(day(60))),
                (CustomerSecretKeys, ago(day(60))),
                (SmtpCredentials, ago(day(60))),
                (OAuth2ClientCredentials, ago(day(60))),
            ],
            31 => vec![
                (CustomerSecretKeys, ago(day(76))),
                (UserDbCredentials, ago(day(76))),
            ],
            _ => Vec::new(),
        };
        let mut made: Vec<Credential> = dated
            .into_iter()
            .map(|(resource_type, created)| self.credential(user, resource_type, &created))
            .collect();
        match case {
            26 => made.push(
                self.credential(user, UserDbCredentials, "")
                    .without_created(),
            ),
            29 => {
                let (created, set) = (
                    instant(self.as_of - day(300)),
                    instant(self.as_of - day(10)),
                );
                made.push(
                    self.credential(user, UserDbCredentials, &created)
                        .last_set_date(&set),
                );
                made.push(
                    self.credential(user, UserDbCredentials, &created)
                        .last_set_date("unreadable"),
                );
            }
            30 => {
                for (credential, days) in made.iter_mut().zip([-1, 5, 365, 0]) {
                    credential.expires_on = Some(instant(self.as_of + day(days)));
                }
            }
            31 => {
                for credential in &mut made {
                    credential.label =
                        Some("=HYPERLINK(\"http://example.com\",\"label\")".to_owned());
                    credential.description =
                        Some("comma, \"quote\"\r\nand <b>markup</b>".to_owned());
                }
            }
            _ => {}
        }
        made
    }

    fn not_listed(&mut self, position: usize) -> Credential {
        let resource_type = ResourceType::CREDENTIALS[position / ROUND % 6];
        let holder = Holder {
            id: self.id(),
            user_name: "gone@example.com".to_owned(),
            display_name: "gone".to_owned(),
        };
        let created = instant(self.as_of - TimeDelta::days(500));
        Credential::held_by(Arc::new(holder), resource_type, &self.id()).created(&created)
    }

    fn credential(
        &mut self,
        user: &User,
        resource_type: ResourceType,
        created: &str,
    ) -> Credential {
        let id = self.id();
        let credential =
            Credential::held_by(Arc::clone(&user.holder), resource_type, &id).created(created);
        if resource_type == ApiKeys || self.rng.bool() {
            credential
        } else {
            credential.label(&format!("{}-{}", resource_type.name(), &id[..4]))
        }
    }

    fn id(&mut self) -> String {
        format!("{:032x}", self.rng.u128(..))
    }
}

/// The format of dates in Oracle's samples.
fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor() -> DateTime<Utc> {
        "2026-01-15T06:00:00Z".parse().unwrap()
    }

    #[test]
    fn thousand_users_have_about_8460_credentials() {
        let directory = directory(1000, 1, anchor());
        assert_eq!(directory.users().len(), 1000);
        let held = directory.credential_count();
        assert!((8_300..8_620).contains(&held), "{held}");
    }

    #[test]
    fn no_user_has_more_credentials_than_the_limit() {
        let directory = directory(300, 7, anchor());
        for user in directory.users() {
            let Some(held) = directory.held_by(user.id()) else {
                continue;
            };
            for resource_type in ResourceType::CREDENTIALS {
                assert!(
                    held[resource_type.credential_index().unwrap()].len()
                        <= resource_type.max_per_user(),
                    "{resource_type:?}"
                );
            }
        }
    }

    #[test]
    fn same_seed_gives_same_rows_for_any_number_of_users() {
        let (short, long) = (directory(60, 3, anchor()), directory(120, 3, anchor()));
        for (left, right) in short.users().iter().zip(long.users()) {
            assert_eq!(left.holder, right.holder);
        }
        assert_ne!(
            short.users()[0].id(),
            directory(1, 4, anchor()).users()[0].id()
        );
    }

    #[test]
    fn sixty_users_cover_every_edge_case() {
        let directory = directory(60, 11, anchor());
        let users = directory.users();
        let all: Vec<&Credential> = ResourceType::CREDENTIALS
            .iter()
            .flat_map(|resource_type| directory.credentials(*resource_type))
            .collect();
        let holds = |user: &User| directory.held_by(user.id()).is_some();
        let of = |user: &User, credential: &Credential| credential.holder.id == user.id();

        for first in ['=', '+', '-', '@', '\t', '\r'] {
            assert!(
                users.iter().any(|user| user.user_name().starts_with(first)),
                "{first:?}"
            );
        }
        for inner in [',', '"', '\n', '王'] {
            assert!(
                users.iter().any(|user| user.user_name().contains(inner)),
                "{inner:?}"
            );
        }
        assert!(
            users
                .iter()
                .any(|user| user.capabilities.is_none() && holds(user))
        );
        assert!(
            users
                .iter()
                .any(|user| user.capabilities.is_none() && !holds(user))
        );
        assert!(
            users
                .iter()
                .any(|user| user.capabilities == Some(Capabilities::NONE) && holds(user))
        );
        assert!(
            users
                .iter()
                .any(|user| user.capabilities == Some(Capabilities::ALL) && !holds(user))
        );
        assert!(users.iter().any(|user| !user.active && holds(user)));
        assert!(
            users.iter().any(|user| user.federated) && users.iter().any(|user| user.administrator)
        );
        assert!(
            users
                .iter()
                .any(|user| user.last_successful_login.is_none())
        );
        assert!(
            all.iter()
                .any(|credential| !users.iter().any(|user| of(user, credential))),
            "not listed"
        );

        let instants: Vec<DateTime<Utc>> = all
            .iter()
            .filter_map(|credential| credential.created.as_deref()?.parse().ok())
            .collect();
        for days in [74, 75, 89, 90, 91, -36_500] {
            assert!(
                instants.contains(&(anchor() - TimeDelta::days(days))),
                "{days} days"
            );
        }
        let texts: Vec<Option<&str>> = all
            .iter()
            .map(|credential| credential.created.as_deref())
            .collect();
        for text in [
            None,
            Some(""),
            Some("not a date"),
            Some("2025-10-27"),
            Some("2025-10-27T06:00:00.000"),
        ] {
            assert!(texts.contains(&text), "{text:?}");
        }
        for end in [":00Z", ".1Z", ".123456789Z", "+02:00", "-05:30"] {
            assert!(
                texts.iter().flatten().any(|text| text.ends_with(end)),
                "{end}"
            );
        }
        assert!(
            all.iter()
                .any(|credential| credential.last_set_date > credential.created)
        );
        assert!(all.iter().any(|credential| credential.expires_on.is_some()));
    }

    #[test]
    fn user_names_are_unique() {
        let directory = directory(1000, 3, anchor());
        let names: std::collections::HashSet<&str> =
            directory.users().iter().map(User::user_name).collect();
        assert_eq!(names.len(), 1000);
    }
}
