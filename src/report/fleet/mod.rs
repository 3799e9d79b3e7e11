//! The overview of a fleet, as people and programs read it: a page, a CSV file and JSON. The digest and the terminal share its
//! sentences.

mod csv;
mod headline;
mod links;

use std::sync::Arc;

use crate::chunks::{ChunkSource, after};
use crate::fleet::Overview;
use crate::summary::fleet::FleetSummary;

use super::kind::ReportOptions;

pub(crate) use self::headline::{FleetHeadline, age, change_words, trend_words, work_words};
pub(crate) use self::links::hub_link;

/// What a spreadsheet reads the encoding from.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The page.
pub fn page(overview: &Arc<Overview>) -> ChunkSource {
    super::html::fleet(Arc::clone(overview))
}

/// The CSV file: one row per tenancy.
pub fn csv(overview: &Arc<Overview>, options: ReportOptions) -> ChunkSource {
    let rows = csv::csv(Arc::clone(overview));
    if options.csv_bom {
        after(BYTE_ORDER_MARK, rows)
    } else {
        rows
    }
}

/// The same as JSON, with every tenancy.
pub fn json(overview: &Overview) -> String {
    // Strings, numbers, and maps with strings as keys always become JSON.
    let mut json = serde_json::to_string_pretty(&FleetSummary::new(overview)).unwrap_or_default();
    json.push('\n');
    json
}
