//! What the domains of a run share.

use std::sync::Arc;

use crate::config::MemoryLimits;
use crate::oci::scim::RowBudget;
use crate::shares::Pool;

/// Max concurrent requests of a run. A container has 350 file descriptors, and far fewer requests saturate any domain.
const MAX_REQUESTS: u64 = 20;
/// What a domain may have of requests and memory for responses, as a multiple of what remains free.
const MULTIPLE: u64 = 4;

/// What the domains of a run share.
#[derive(Clone, Debug)]
pub struct RunShares {
    /// Concurrent requests.
    pub slots: Arc<Pool>,
    /// Bytes of responses until their rows are kept.
    pub responses: Arc<Pool>,
    /// Rows.
    pub rows: RowBudget,
}

impl RunShares {
    /// The shares of a run with these limits.
    pub fn new(limits: MemoryLimits) -> Self {
        Self {
            slots: Pool::new(MAX_REQUESTS, MULTIPLE),
            responses: Pool::new(limits.responses, MULTIPLE),
            rows: RowBudget::new(limits.rows),
        }
    }
}
