//! The settings of the overview of a fleet.

use crate::env;
use crate::fleet::TenancyId;

use super::reader::Reader;

impl Reader<'_> {
    /// Tenancies that the overview must have.
    pub(super) fn fleet_tenancies(&mut self) -> Vec<TenancyId> {
        let mut tenancies = Vec::new();
        for text in self.list(env::FLEET_TENANCIES) {
            if let Some(id) = TenancyId::parse(&text) {
                tenancies.push(id);
            } else {
                let expected = "a comma-separated list of the OCIDs of tenancies: ocid1.tenancy.<realm>..<unique>";
                self.reject(env::FLEET_TENANCIES, Some(text), expected);
            }
        }
        tenancies
    }
}
