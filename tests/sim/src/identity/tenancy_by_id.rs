//! GetTenancy: the tenancy with its name.

use super::{Identity, not_found};
use crate::reply::Reply;
use crate::target::segment;
use serde_json::json;

impl Identity {
    /// The tenancy, if it is this one. As in Oracle's service, another tenancy is not found.
    pub(super) fn tenancy_by_id(&self, tenancy: &str) -> Reply {
        if segment(tenancy).as_deref() != Some(self.tenancy.as_str()) {
            return not_found();
        }
        let home_region = &self.home_region;
        Reply::json(
            200,
            &json!({
                "id": self.tenancy,
                "name": self.name,
                "description": self.name,
                "homeRegionKey": home_region.get(3..6).unwrap_or(home_region).to_uppercase(),
                "upiIdcsCompatibilityLayerEndpoint": null,
                "freeformTags": {},
                "definedTags": {},
            }),
        )
    }
}
