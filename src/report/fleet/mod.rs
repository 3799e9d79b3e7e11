//! The overview of a fleet, as people and programs read it: a page, a CSV file and JSON. The digest and the terminal share its
//! sentences.

mod csv;
mod headline;

use std::sync::Arc;

use crate::chunks::{ChunkSource, after};
use crate::fleet::{Hub, Overview};
use crate::judge::ReportsLocation;
use crate::summary::FleetSummary;

use super::console_links::ConsoleLinks;
use super::kind::ReportOptions;

pub(crate) use self::headline::{FleetHeadline, age, change_words, trend_words, work_words};

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

/// The page of the console that lists the runs of the hub; `None` if the console is not known.
pub(crate) fn hub_link(overview: &Overview) -> Option<String> {
    let location = hub_location(&overview.hub);
    ConsoleLinks::to(overview.console.as_ref(), Some(&location)).bucket()
}

fn hub_location(hub: &Hub) -> ReportsLocation {
    ReportsLocation {
        namespace: hub.namespace.clone(),
        bucket: hub.bucket.clone(),
        folder: hub.prefix.clone(),
    }
}
