//! What the sections of the page are written from.

use std::sync::Arc;

use crate::judge::Audit;
use crate::judge::controls::BrokenControls;

use super::people::People;
use super::tally::Tally;

/// Input of the sections.
pub(super) struct Page {
    pub(super) audit: Arc<Audit>,
    pub(super) tally: Tally,
    pub(super) broken: BrokenControls,
    /// The credentials that the page shows, by index into the findings.
    pub(super) rows: Vec<u32>,
    /// Their holders.
    pub(super) people: People,
}
