//! The section OWNERS: what is to be done now, by owner.

use crate::display;
use crate::judge::Audit;
use crate::model::{NO_OWNER, Owner};
use crate::report::groups::Groups;
use crate::report::names::{Names, masked};
use crate::report::person::WorkCounts;

use super::section::Section;

const NAME_CHARS: usize = 60;

/// `payments: rotate 2, remove 1, of 3 people`. Owners may be names of persons, so names that are not shown in full are masked.
pub(super) fn owners(audit: &Audit, names: Names, rows: usize) -> Section {
    let unknown = audit.domains_without_owners().map(|domain| {
        let name = display::line(&domain.inventory.reading().domain.name, NAME_CHARS);
        format!("unknown in domain {name}: the service does not return the attribute that AUDIT_OWNER_FROM names")
    });
    let groups = if audit.has_owners() {
        Groups::among((0..).zip(audit.now()), |finding| {
            match audit.owner(finding) {
                Owner::Unknown | Owner::NotAsked => None,
                owner => Some(owner),
            }
        })
    } else {
        Groups::among(std::iter::empty(), |_| None::<()>)
    };
    let items = (0..groups.len()).filter_map(|group| {
        let findings = groups.get(audit, group);
        let work = WorkCounts::of(findings.clone()).words();
        let owner = match audit.owner(findings.clone().next()?) {
            Owner::Named(name) if names == Names::Full => display::line(name, NAME_CHARS),
            Owner::Named(name) => display::line(&masked(name), NAME_CHARS),
            Owner::None | Owner::Unknown | Owner::NotAsked => NO_OWNER.to_owned(),
        };
        let mut people: Vec<_> = findings
            .map(|finding| (finding.domain, finding.holder_rank))
            .collect();
        people.sort_unstable();
        people.dedup();
        let people = display::counted(people.len() as u64, "person", "people");
        Some(format!("{owner}: {work}, of {people}"))
    });
    Section::new("OWNERS", unknown.chain(items), rows, "in by-owner.csv")
}
