//! Reads what rows are about before they are written.
//!
//! Rows are in the order of what is to be done, and credentials are stored in the order of reading. So a row reads from a dozen places
//! of memory that no processor has in its caches, and waits for one after the other: for half of its time, if a tenancy has 100,000
//! users. Reads that do not need each other's result wait together. So the places of many rows are read in one loop, and their rows
//! are written from the caches.

use std::hint::black_box;

use crate::judge::{Audit, Finding};

/// Rows whose places are read at once. Together they fit into the cache of a core.
const ROWS: usize = 64;

/// Reads the places of the rows from `index` on, if `index` begins a new group. `finding` is the finding of a row below `rows`.
pub(super) fn read_ahead<'a>(
    audit: &'a Audit,
    index: usize,
    rows: usize,
    finding: impl Fn(usize) -> &'a Finding,
) {
    if !index.is_multiple_of(ROWS) {
        return;
    }
    let group = index..rows.min(index + ROWS);
    // Each loop needs what the one before it has read.
    let found = || {
        let findings = group.clone().map(&finding);
        findings.filter_map(|finding| Some((finding, audit.credential(finding)?)))
    };
    for (_, (_, credential)) in found() {
        black_box((credential.id, credential.label));
    }
    for (_, (inventory, credential)) in found() {
        let user = inventory.user(credential.holder);
        black_box(user.map(|user| (user.holder, user.claims)));
    }
    for (finding, (inventory, credential)) in found() {
        let user = inventory.user(credential.holder);
        let texts = [
            inventory.label(finding.credential_type, credential),
            user.map_or("", |user| inventory.user_name(user)),
            inventory.reading().holders.ocid(credential.holder),
        ];
        black_box(texts.map(|text| text.as_bytes().first().copied()));
    }
}
