//! The settings of the hub, as the overview of a fleet reads it.

use crate::env;
use crate::fleet::TenancyId;
use crate::oci::regions::Region;

use super::delivery::{BUCKET_NAME, is_bucket_name, is_object_name};
use super::reader::Reader;
use super::settings::FleetSettings;

const DEFAULT_PREFIX: &str = "fleet/";
/// Max bytes of the prefix of the hub: the OCID of a tenancy and the folder of a shard follow it.
const MAX_PREFIX_BYTES: usize = 400;

impl Reader<'_> {
    /// The hub; `None` without a bucket.
    pub(super) fn fleet(&mut self, region: &Region) -> Option<FleetSettings> {
        let has_hub = self.text(env::HUB_BUCKET).is_some();
        if has_hub {
            return Some(self.required_fleet(region));
        }
        self.fleet_tenancies();
        None
    }

    /// The hub, which must have a bucket.
    pub(super) fn required_fleet(&mut self, region: &Region) -> FleetSettings {
        let expected = format!("the name of the bucket of the hub: {BUCKET_NAME}");
        let bucket = self.required(env::HUB_BUCKET, &expected);
        if !bucket.is_empty() && !is_bucket_name(&bucket) {
            self.reject(env::HUB_BUCKET, Some(bucket.clone()), expected);
        }
        let namespace = self.text(env::HUB_NAMESPACE);
        if let Some(namespace) = namespace
            .as_ref()
            .filter(|namespace| !is_bucket_name(namespace))
        {
            let expected = "the name of an Object Storage namespace, such as axaxnpcrorw5";
            self.reject(env::HUB_NAMESPACE, Some(namespace.clone()), expected);
        }
        FleetSettings {
            endpoint: self.endpoint(
                env::OBJECT_STORAGE_ENDPOINT,
                &region.object_storage_endpoint(),
            ),
            namespace,
            bucket,
            prefix: self.hub_prefix(),
            tenancies: self.fleet_tenancies(),
        }
    }

    fn hub_prefix(&mut self) -> String {
        let Some(prefix) = self.text(env::HUB_PREFIX) else {
            return DEFAULT_PREFIX.to_owned();
        };
        let is_valid = prefix.ends_with('/')
            && !prefix.starts_with('/')
            && prefix.len() <= MAX_PREFIX_BYTES
            && is_object_name(&prefix);
        if !is_valid {
            let expected = format!(
                "at most {MAX_PREFIX_BYTES} bytes with a slash at the end, and none at the start, without control characters and without `.` or `..` as a segment"
            );
            self.reject(env::HUB_PREFIX, Some(prefix.clone()), expected);
        }
        prefix
    }

    fn fleet_tenancies(&mut self) -> Vec<TenancyId> {
        let mut tenancies = Vec::new();
        for text in self.list(env::FLEET_TENANCIES) {
            match TenancyId::parse(&text) {
                Some(id) => tenancies.push(id),
                None => self.reject(
                    env::FLEET_TENANCIES,
                    Some(text),
                    "a comma-separated list of the OCIDs of tenancies: ocid1.tenancy.<realm>..<unique>",
                ),
            }
        }
        tenancies
    }
}
