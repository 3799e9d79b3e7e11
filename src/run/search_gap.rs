//! Why the search for domains may have missed some. Pure.

use std::fmt;

use crate::judge::discovery::DiscoveryGap;
use crate::model::SearchPart;
use crate::oci::identity::DiscoveryError;
use crate::remedy::Remedy;
use crate::server_text::FailureText;

/// Why domains may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchGap {
    /// What the gap is about. Runs are compared by it.
    pub parts: Vec<SearchPart>,
    /// The error, if a list could not be read.
    pub error: Option<DiscoveryError>,
    /// The rest of the sentence that starts with the error, or the whole sentence.
    pub text: FailureText,
}

impl SearchGap {
    /// A gap about one thing, without a list that could not be read.
    pub fn about(part: SearchPart, text: impl Into<FailureText>) -> Self {
        Self {
            parts: vec![part],
            error: None,
            text: text.into(),
        }
    }
}

impl SearchGap {
    /// What the operator can do.
    pub fn remedy(&self) -> Option<Remedy> {
        let error = self.error.as_ref()?;
        Remedy::of_search(error.cause, error.statement.as_ref())
    }
}

impl fmt::Display for SearchGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            error.fmt(f)?;
        }
        self.text.fmt(f)
    }
}

impl From<SearchGap> for DiscoveryGap {
    fn from(gap: SearchGap) -> Self {
        let message = FailureText::of(&gap);
        let remedy = gap.remedy();
        Self::SearchFailed {
            message,
            parts: gap.parts,
            remedy,
        }
    }
}
