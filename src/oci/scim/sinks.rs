//! What collects the rows of SCIM lists: [`RowSink`], and the ids of users that all sinks of a domain share.

use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{HolderIndex, Holders};

use super::page::{InvalidResponse, PageSummary};

/// Collects the rows of a list, page by page.
pub trait RowSink: Send {
    /// Adds all rows of a page that are not known yet.
    ///
    /// # Errors
    ///
    /// If the body is not a list. Then no row was added.
    fn add_page(&mut self, body: &[u8]) -> Result<PageSummary, InvalidResponse>;

    /// Starts another pass over the list. Rows of earlier passes are kept, and count as new once more.
    fn start_pass(&mut self);

    /// Distinct rows of all passes.
    fn row_count(&self) -> u64;
}

/// Ids of users, shared by all lists of a domain.
pub type SharedHolders = Arc<Mutex<Holders>>;

/// The user with this id or OCID, and whether other rows give the id another OCID.
pub(super) fn index(holders: &SharedHolders, id: &str, ocid: &str) -> (HolderIndex, bool) {
    let mut holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
    let holder = holders.index(id, ocid);
    let contradicts = !ocid.is_empty() && holders.ocid(holder) != ocid;
    (holder, contradicts)
}
