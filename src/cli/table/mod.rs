//! What the command prints: numbers by type, the most urgent credentials, and the verdict with the work.

mod by_type;
mod credentials;
mod fleet;
mod layout;
mod style;
mod verdict;

use crate::judge::Audit;

use super::row_filter::TableArguments;

pub(super) use self::fleet::render as render_fleet;
pub(super) use self::style::{FullList, Outputs, Style};

/// Renders everything that the command prints at its end.
pub(super) fn render(
    audit: &Audit,
    arguments: &TableArguments,
    outputs: &Outputs,
    style: Style,
) -> String {
    let parts = [
        by_type::render(audit, style),
        credentials::render(audit, arguments, outputs, style),
        verdict::render(audit, style),
    ];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n")
}
