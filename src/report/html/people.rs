//! The holders of the credentials on the page. Each is written once, since most hold several.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use serde::ser::{Serialize, SerializeSeq as _, Serializer};

use crate::judge::Audit;
use crate::model::HolderIndex;
use crate::report::view::CredentialView;
use crate::timestamp::Timestamp;

use super::dates::days_after;
use super::escape::{script_json, shown};

/// The text for the user is not a name.
const NAMELESS: u8 = 1;
const SERVICE_USER: u8 = 1 << 1;
/// Its e-mail address is its name.
const NAMED_BY_EMAIL: u8 = 1 << 2;
const LISTED: u8 = 1 << 3;

/// The holders, in the order of the first row of each.
pub(super) struct People {
    /// The first finding of each.
    first: Vec<u32>,
    /// The holder of each row, by index into [`Self::first`].
    of_rows: Vec<u32>,
}

impl People {
    /// The holders of these findings.
    pub(super) fn of(audit: &Audit, rows: &[u32]) -> Self {
        let mut people = Self {
            first: Vec::new(),
            of_rows: Vec::with_capacity(rows.len()),
        };
        let mut known: HashMap<(u16, HolderIndex), u32> = HashMap::new();
        for row in rows {
            let finding = audit.findings.get(*row as usize);
            let holder = finding.and_then(|finding| {
                let (inventory, credential) = audit.credential(finding)?;
                let user = inventory.user(credential.holder);
                let holder = user.map_or(credential.holder, |user| user.holder);
                Some((finding.domain, holder))
            });
            let key = holder.unwrap_or((u16::MAX, HolderIndex::NONE));
            let next = u32::try_from(people.first.len()).unwrap_or(u32::MAX);
            let index = *known.entry(key).or_insert_with(|| {
                people.first.push(*row);
                next
            });
            people.of_rows.push(index);
        }
        people
    }

    pub(super) const fn len(&self) -> usize {
        self.first.len()
    }

    pub(super) fn of_row(&self, row: usize) -> u32 {
        self.of_rows.get(row).copied().unwrap_or(0)
    }

    /// Whether a row names who created it, as the first row of its holder does.
    pub(super) fn is_created_as_first(
        &self,
        audit: &Audit,
        row: usize,
        view: &CredentialView<'_>,
    ) -> bool {
        let first = self.first.get(self.of_row(row) as usize);
        let first = first.and_then(|finding| audit.findings.get(*finding as usize));
        let first = first.and_then(|finding| CredentialView::of(audit, finding));
        !view.created_by().is_empty()
            && first.is_some_and(|first| first.created_by() == view.created_by())
    }

    /// The owners of their credentials, sorted.
    pub(super) fn owners<'a>(&self, audit: &'a Audit) -> BTreeSet<&'a str> {
        let first = self.first.iter();
        let first = first.filter_map(|finding| audit.findings.get(*finding as usize));
        first
            .map(|finding| audit.owner(finding).cell())
            .filter(|owner| !owner.is_empty())
            .collect()
    }

    /// One holder as JSON, with a comma before it unless it is the first.
    pub(super) fn json(&self, audit: &Audit, index: usize, out: &mut Vec<u8>) {
        let finding = self.first.get(index);
        let finding = finding.and_then(|finding| audit.findings.get(*finding as usize));
        if let Some(view) = finding.and_then(|finding| CredentialView::of(audit, finding)) {
            if index > 0 {
                out.extend_from_slice(b",\n");
            }
            script_json(out, &Person::of(&view));
        }
    }
}

/// A holder as the page shows it; its text is safe to show. In JSON it is an array without its last empty items, in the order of
/// `page.js`.
pub(super) struct Person<'a> {
    pub(super) name: Cow<'a, str>,
    marks: u8,
    pub(super) ocid: Cow<'a, str>,
    /// Its e-mail address, if it differs from the name.
    pub(super) email: Cow<'a, str>,
    /// Its last sign-in to the console.
    pub(super) last_login: Option<Timestamp>,
    /// Who created its first credential on the page.
    creator: Cow<'a, str>,
    /// Who answers for its credentials; empty if unknown.
    pub(super) owner: Cow<'a, str>,
    as_of: Timestamp,
}

impl<'a> Person<'a> {
    /// The holder of a credential.
    pub(super) fn of(view: &CredentialView<'a>) -> Self {
        let (name, is_name) = name(view);
        let email = view.user.map_or("", |user| {
            view.inventory.reading().users.text.get(user.email)
        });
        let is_service = view.user.and_then(|user| user.service_user) == Some(true);
        let is_email = is_name && email == view.user_name();
        let marks = [
            (!is_name, NAMELESS),
            (is_service, SERVICE_USER),
            (is_email, NAMED_BY_EMAIL),
            (view.user.is_some(), LISTED),
        ];
        let marks = marks.into_iter().filter(|(is_so, _)| *is_so);
        Self {
            name,
            marks: marks.map(|(_, bit)| bit).sum(),
            ocid: shown(view.user_ocid()),
            email: if is_email {
                Cow::Borrowed("")
            } else {
                shown(email)
            },
            last_login: view.user.and_then(|user| user.last_login.instant()),
            creator: shown(view.created_by()),
            owner: shown(view.owner().cell()),
            as_of: view.as_of,
        }
    }

    pub(super) const fn is_nameless(&self) -> bool {
        self.marks & NAMELESS != 0
    }

    pub(super) const fn is_listed(&self) -> bool {
        self.marks & LISTED != 0
    }

    pub(super) const fn is_service_user(&self) -> bool {
        self.marks & SERVICE_USER != 0
    }
}

impl Serialize for Person<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_written = [
            !self.ocid.is_empty(),
            !self.email.is_empty(),
            self.last_login.is_some(),
            !self.creator.is_empty(),
            !self.owner.is_empty(),
        ];
        let written = is_written.iter().rposition(|is| *is).map_or(0, |at| at + 1);
        let mut person = serializer.serialize_seq(Some(2 + written))?;
        person.serialize_element(&self.name)?;
        person.serialize_element(&self.marks)?;
        if written > 0 {
            person.serialize_element(&self.ocid)?;
        }
        if written > 1 {
            person.serialize_element(&self.email)?;
        }
        if written > 2 {
            let days = self.last_login.map(|login| days_after(login, self.as_of));
            person.serialize_element(&days)?;
        }
        if written > 3 {
            person.serialize_element(&self.creator)?;
        }
        if written > 4 {
            person.serialize_element(&self.owner)?;
        }
        person.end()
    }
}

/// The holder of a credential, and whether the text is a name.
fn name<'a>(view: &CredentialView<'a>) -> (Cow<'a, str>, bool) {
    let name = view.user_name();
    if !name.is_empty() {
        return (shown(name), true);
    }
    let text = match (view.user, view.user_ocid(), view.user_id()) {
        (_, "", "") => "no user".into(),
        (Some(_), ..) => format!("no name, id {}", shown(view.user_id())).into(),
        (None, "", id) => format!("user id {}", shown(id)).into(),
        (None, ocid, _) => shown(ocid),
    };
    (text, false)
}
