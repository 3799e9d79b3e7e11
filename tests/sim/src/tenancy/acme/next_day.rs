//! What changes within a day.

use super::situations::{LEAVES, NEW_KEY, NEW_TOKEN, ROTATED_TOKEN, ROTATES};
use super::{Acme, DEFAULT, Held, dates::instant};
use crate::TenancySim;
use crate::resource_type::ResourceType::{ApiKeys, AuthTokens};
use crate::tenancy::Directory;
use chrono::{DateTime, TimeDelta, Utc};

/// Makes the changes of the day after the tenancy's instant. What becomes overdue meanwhile needs no change.
pub(super) fn apply(acme: Acme, sim: &TenancySim) {
    sim.change(DEFAULT, |directory| {
        add(acme, directory, ROTATES, (AuthTokens, ROTATED_TOKEN));
        remove_older(directory, ROTATES);
        add(acme, directory, NEW_KEY, (ApiKeys, ""));
        add(acme, directory, NEW_TOKEN, (AuthTokens, "laptop"));
        deactivate(acme, directory, LEAVES);
    });
}

/// A user creates a credential.
fn add(acme: Acme, directory: &mut Directory, user_name: &str, held: Held) {
    let created = within_the_day(acme, user_name);
    if let Some(user) = directory.user(user_name).cloned() {
        // Other numbers than those of the credentials that exist.
        directory.add_credential(acme.credential(&user, held, 100, created));
    }
}

/// The user deletes all auth tokens but the newest.
fn remove_older(directory: &mut Directory, user_name: &str) {
    let mut tokens: Vec<_> = directory
        .credentials(AuthTokens)
        .iter()
        .filter(|token| token.holder.user_name == user_name)
        .map(|token| (token.created.clone(), token.id.clone()))
        .collect();
    tokens.sort();
    tokens.pop();
    for (_, id) in tokens {
        directory.remove_credential(&id);
    }
}

fn deactivate(acme: Acme, directory: &mut Directory, user_name: &str) {
    let deactivated = instant(within_the_day(acme, user_name));
    if let Some(user) = directory.user_mut(user_name) {
        user.active = false;
        user.last_modified = Some(deactivated);
    }
}

/// An instant of that day at which the user works.
fn within_the_day(acme: Acme, user_name: &str) -> DateTime<Utc> {
    let end = Acme {
        as_of: acme.as_of + TimeDelta::days(1),
        ..acme
    };
    end.dates(user_name).days_ago(0)
}
