//! What the sections of the page are written from.

use std::sync::Arc;

use crate::credential_type::ControlNumber;
use crate::judge::Audit;
use crate::judge::controls::BrokenControls;

use super::people::People;
use super::tally::Tally;

/// Input of the sections.
pub(super) struct Page {
    pub(super) audit: Arc<Audit>,
    pub(super) tally: Tally,
    pub(super) broken: BrokenControls,
    /// Every control that is about a credential. Rows name them by their places.
    pub(super) controls: Vec<ControlNumber>,
    /// The credentials that the page shows, by index into the findings.
    pub(super) rows: Vec<u32>,
    /// Their holders.
    pub(super) people: People,
    /// The sections before the rows of the table, as markup.
    pub(super) before_rows: String,
    /// The sections after them.
    pub(super) after_rows: String,
}
