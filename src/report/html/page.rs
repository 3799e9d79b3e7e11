//! What the sections of the page are written from.

use std::sync::Arc;

use crate::judge::Audit;

use super::tally::Tally;

/// Input of the sections.
pub(super) struct Page {
    pub(super) audit: Arc<Audit>,
    pub(super) tally: Tally,
    /// The credentials that the page shows, by index into the findings.
    pub(super) rows: Vec<u32>,
}
