//! Limits of the exceptions file. Parsing enforces them, and messages about invalid parts name them.

/// Max number of entries per list. People write the file by hand.
pub(super) const MAX_ENTRIES: usize = 5_000;
/// Max number of days from today to `until`, so that each accepted risk is reviewed once per year.
pub(super) const MAX_DAYS_AHEAD: i64 = 366;
/// Max number of characters per string, because reports show each string in a cell.
pub(super) const MAX_TEXT_CHARS: usize = 1_000;
