//! Whether the parts of owners were published.

use serde::{Deserialize, Serialize};

/// `{"published":2,"not_due":1,"failed":[{"entry":"owners[3]","message":"..."}]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerTopicsSummary {
    /// Parts that were published.
    pub published: u64,
    /// Owners with nothing to do within seven days, or with nothing new.
    pub not_due: u64,
    /// Parts that are not known to be published.
    pub failed: Vec<OwnerTopicFailure>,
}

/// A part that is not known to be published. Without the name of the owner, which may be a person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerTopicFailure {
    /// The entry of the exceptions file: `owners[3]`.
    pub entry: String,
    /// The response, and what to do about it. Without the words of a service.
    pub message: String,
}
