//! What collects the rows of SCIM lists: [`RowSink`], and the ids of users that all sinks of a domain share.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{HolderIndex, Holders};

use super::page::{InvalidPage, PageSummary};
use super::row_budget::RowsSize;

/// Collects the rows of a list, page by page.
pub trait RowSink: Send {
    /// Adds all rows of a page that are not known yet.
    ///
    /// # Errors
    ///
    /// If the body is not a list, or has too many rows. Then no row was added.
    fn add_page(&mut self, body: &[u8]) -> Result<PageSummary, InvalidPage>;

    /// Starts another pass over the list. Rows of earlier passes are kept, and count as new once more.
    fn start_pass(&mut self);

    /// Distinct rows of all passes.
    fn row_count(&self) -> u64;

    /// What the rows take in memory.
    fn size(&self) -> RowsSize;
}

/// Ids of users, shared by all lists of a domain.
pub type SharedHolders = Arc<Mutex<Holders>>;

/// Max bytes of a text or an id of a row.
pub(super) const MAX_TEXT_BYTES: usize = 4096;
/// What a user in [`Holders`] takes besides its texts, with the growth of its maps.
const HOLDER_BYTES: usize = 220;

/// A text as it is stored: a longer one is cut, and ends with an ellipsis.
pub(super) fn stored(text: &str) -> Cow<'_, str> {
    const ELLIPSIS: char = '\u{2026}';
    if text.len() <= MAX_TEXT_BYTES {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(MAX_TEXT_BYTES - ELLIPSIS.len_utf8());
    let mut cut = text[..end].to_owned();
    cut.push(ELLIPSIS);
    Cow::Owned(cut)
}

/// A user that a row names.
pub(super) struct NamedUser {
    pub(super) holder: HolderIndex,
    /// Whether other rows give its id another OCID.
    pub(super) contradicts: bool,
    /// What it takes in memory, if it is new.
    pub(super) bytes: usize,
}

impl NamedUser {
    pub(super) const NONE: Self = Self {
        holder: HolderIndex::NONE,
        contradicts: false,
        bytes: 0,
    };
}

/// The user with this id or OCID. A text that is too long for one is none.
pub(super) fn index(holders: &SharedHolders, id: &str, ocid: &str) -> NamedUser {
    let [id, ocid] = [id, ocid].map(|text| {
        if text.len() > MAX_TEXT_BYTES {
            ""
        } else {
            text
        }
    });
    let mut holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
    let before = holders.len();
    let holder = holders.index(id, ocid);
    let is_new = holders.len() > before;
    NamedUser {
        holder,
        contradicts: !ocid.is_empty() && holders.ocid(holder) != ocid,
        bytes: usize::from(is_new) * (HOLDER_BYTES + id.len() + ocid.len()),
    }
}
