//! How a text begins that is read apart from the reports, in a chat, a ticket or a calendar.

use crate::display;
use crate::judge::{Audit, TenancyName};

const NAME_CHARS: usize = 60;

/// `WHAT-IF 2026-12-31: acme-prod: `; empty for a run of now in an unknown tenancy. Every tenancy has a domain Default, so the name
/// of a domain does not identify the tenancy.
pub(super) fn heading(audit: &Audit) -> String {
    let mut heading = String::new();
    if audit.run.is_what_if() {
        heading.push_str(&format!("WHAT-IF {}: ", audit.run.as_of().date()));
    }
    if let Some(shard) = audit.run.shard {
        heading.push_str(&format!("SHARD {}: ", shard.shard));
    }
    let tenancy = &audit.run.tenancy;
    if tenancy.id.is_some() || tenancy.name != TenancyName::Unknown {
        let name = display::line(&tenancy.display_name(), NAME_CHARS);
        heading.push_str(&format!("{name}: "));
    }
    heading
}
