//! Links to the hub in the console.

use crate::fleet::{Hub, Overview};
use crate::judge::ReportsLocation;
use crate::report::console_links::ConsoleLinks;

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
