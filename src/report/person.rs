//! The holder of a credential, in words.

use crate::display;
use crate::judge::Finding;
use crate::judge::action::Work;

use super::instruction::holder_id;
use super::names::{Names, masked};
use super::view::CredentialView;

const NAME_CHARS: usize = 60;
const DOMAIN_CHARS: usize = 40;

/// `svc-deploy, Default, service user`.
pub(super) fn person(view: &CredentialView<'_>, names: Names) -> String {
    let name = match (view.user, view.user_name(), names) {
        (Some(_), "", _) => holder_id(view).map_or_else(
            || "user without a name".to_owned(),
            |id| format!("user without a name, {id}"),
        ),
        (Some(_), name, Names::Full) => display::line(name, NAME_CHARS),
        (Some(_), name, Names::Masked | Names::None) => display::line(&masked(name), NAME_CHARS),
        (None, ..) => match holder_id(view) {
            Some(id) => format!("user {id}"),
            None => "no user".to_owned(),
        },
    };
    let domain = display::line(&view.domain().name, DOMAIN_CHARS);
    let service = match view.user.and_then(|user| user.service_user) {
        Some(true) => ", service user",
        _ => "",
    };
    format!("{name}, {domain}{service}")
}

/// Numbers of credentials to rotate, to remove and to review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WorkCounts([u64; Work::ALL.len()]);

impl WorkCounts {
    /// Counts the work of findings.
    pub(super) fn of<'a>(findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut counts = Self::default();
        for work in findings.filter_map(|finding| finding.action.work()) {
            counts.0[work as usize] += 1;
        }
        counts
    }

    /// The number of one kind of work.
    pub(super) const fn get(self, work: Work) -> u64 {
        self.0[work as usize]
    }

    /// `rotate 2, remove 1`.
    pub(super) fn words(self) -> String {
        let words: Vec<_> = Work::ALL
            .into_iter()
            .filter(|work| self.get(*work) > 0)
            .map(|work| format!("{} {}", work.verb(), self.get(work)))
            .collect();
        words.join(", ")
    }
}
