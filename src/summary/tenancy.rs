//! The tenancy in the summary.

use serde::{Deserialize, Serialize};

use crate::judge::Tenancy;

/// The tenancy of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TenancySummary {
    /// Its name; if that is unknown, `tenancy …` with the end of its OCID, or else `unknown tenancy`.
    pub name: String,
    /// Its OCID; null if the credentials do not name it.
    pub id: Option<String>,
    /// The profile of the configuration file that names it; left out by the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

impl TenancySummary {
    /// Describes a tenancy.
    pub fn new(tenancy: &Tenancy) -> Self {
        Self {
            name: tenancy.display_name(),
            id: tenancy.id.clone(),
            profile: tenancy.profile.clone(),
        }
    }
}
