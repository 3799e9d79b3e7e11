//! The owner of a user, from the attribute that the settings name.

use std::borrow::Cow;

use crate::model::OwnerSource;

use super::owner_attributes::{Tags, WireTag};
use super::rows::{Groups, WireUser};
use super::wire::Attribute;

/// The owner that a row names, without blanks around it.
pub(super) fn owner<'r>(row: &'r WireUser<'_>, source: &OwnerSource) -> Option<&'r str> {
    let enterprise = row.enterprise.get();
    let owner = match source {
        OwnerSource::FreeformTag(key) => {
            first(row.tags.get()?.freeform.get()?, |tag| is(&tag.key, key))
        }
        OwnerSource::DefinedTag { namespace, key } => {
            first(row.tags.get()?.defined.get()?, |tag| {
                is(&tag.namespace, namespace) && is(&tag.key, key)
            })
        }
        OwnerSource::Department => Some(enterprise?.department.text()),
        OwnerSource::Manager => {
            let manager = enterprise?.manager.get()?;
            let name = manager.display_name.text();
            Some(if name.trim().is_empty() {
                manager.value.text()
            } else {
                name
            })
        }
        OwnerSource::Group(prefix) => {
            let Groups(names) = row.groups.get()?;
            let names = names.iter().map(|name| &**name);
            names.filter(|name| name.starts_with(prefix)).min()
        }
    };
    owner.map(str::trim).filter(|owner| !owner.is_empty())
}

/// The value of the tag; of several, which no service has, the first by bytes.
fn first<'t>(Tags(tags): &'t Tags<'_>, fits: impl Fn(&WireTag<'_>) -> bool) -> Option<&'t str> {
    let tags = tags.iter().filter(|tag| fits(tag));
    tags.map(|tag| tag.value.text()).min()
}

/// Namespaces and keys of tags ignore case.
fn is(text: &Attribute<Cow<'_, str>>, name: &str) -> bool {
    text.text().eq_ignore_ascii_case(name)
}
