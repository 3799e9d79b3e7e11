//! The groups whose members administer the tenancy.
//!
//! Every domain may have a group `Administrators`; only the one of the Default domain administers the tenancy. A setting names
//! further groups, each of one domain. While the users of a domain are read, its name may still be looked up, and so may whether
//! it is the Default domain. So each list keeps which of its users are in a group of these names; [`AdminGroups::counts`] decides
//! once the domain is known. Few users are in any of them.

use std::collections::BTreeSet;

/// The group whose members administer the tenancy, in the Default domain. Every tenancy has it, under this name.
pub const ADMINISTRATORS: &str = "Administrators";

/// A further group of administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminGroup {
    /// Display name of its domain. Case is ignored, as in exceptions.
    pub domain: String,
    /// Its display name. Case is ignored: two groups of a domain do not differ in case alone.
    pub name: String,
}

/// [`ADMINISTRATORS`], and the further groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdminGroups(Vec<AdminGroup>);

/// The users of a list that are in a group with the name of an administrators' group, in whichever domain: the position of
/// the user, and that of the group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships(BTreeSet<(usize, usize)>);

/// The position of [`ADMINISTRATORS`]. The further groups follow.
const OF_ADMINISTRATORS: usize = 0;

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}

impl AdminGroups {
    /// [`ADMINISTRATORS`], and `further` groups.
    pub const fn new(further: Vec<AdminGroup>) -> Self {
        Self(further)
    }

    /// The positions of the groups with this display name.
    pub fn named(&self, name: &str) -> impl Iterator<Item = usize> {
        let further = (1..).zip(&self.0);
        let further = further.filter(move |(_, group)| same(&group.name, name));
        (name == ADMINISTRATORS)
            .then_some(OF_ADMINISTRATORS)
            .into_iter()
            .chain(further.map(|(position, _)| position))
    }

    /// Whether members of the group at `position` administer the tenancy if it is a group of this domain.
    pub fn counts(&self, position: usize, domain: &str, is_default: Option<bool>) -> bool {
        match position {
            OF_ADMINISTRATORS => is_default == Some(true),
            further => self
                .0
                .get(further - 1)
                .is_some_and(|group| same(&group.domain, domain)),
        }
    }

    /// Whether any further group is one of this domain.
    pub fn name(&self, domain: &str) -> bool {
        self.0.iter().any(|group| same(&group.domain, domain))
    }

    /// The domains of the further groups that are none of `domains`.
    pub fn domains_not_in<'a>(
        &'a self,
        domains: impl Iterator<Item = &'a str> + Clone,
    ) -> impl Iterator<Item = &'a str> {
        let names = self.0.iter().map(|group| group.domain.as_str());
        names.filter(move |name| !domains.clone().any(|domain| same(domain, name)))
    }
}

impl Memberships {
    /// Each user and group.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        self.0.iter().copied()
    }

    /// Adds the groups of a user. A user who is added twice is in the groups of both. Returns whether those that it was in
    /// before were the same.
    pub fn add(&mut self, user: usize, groups: &[usize]) -> bool {
        let before = self.0.range((user, 0)..=(user, usize::MAX)).count();
        let mut known = 0;
        for group in groups {
            known += usize::from(!self.0.insert((user, *group)));
        }
        known == before && known == groups.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_is_found_by_name_without_regard_to_case() {
        let group = |domain: &str, name: &str| AdminGroup {
            domain: domain.to_owned(),
            name: name.to_owned(),
        };
        let groups = AdminGroups::new(vec![
            group("Dev", "Cloud Admins"),
            group("Prod", "cloud admins"),
            group("Prod", "Ärzte"),
        ]);
        let named = |name: &str| groups.named(name).collect::<Vec<_>>();
        assert_eq!(named("Administrators"), [OF_ADMINISTRATORS]);
        assert_eq!(named("CLOUD ADMINS"), [1, 2]);
        assert_eq!(named("ärzte"), [3]);
        for other in ["administrators", "Cloud", ""] {
            assert!(named(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn groups_of_a_repeated_user_differ_if_any_is_in_one_row_alone() {
        let mut memberships = Memberships::default();
        assert!(memberships.add(1, &[]));
        assert!(!memberships.add(1, &[0, 2]));
        assert!(memberships.add(1, &[0, 2]));
        assert!(!memberships.add(1, &[0]));
        assert!(!memberships.add(1, &[0, 1, 2]));
        assert!(memberships.add(2, &[]));
    }
}
