//! Reads the hub: the folders of tenancies, and the newest runs of each.
//!
//! Tenancies are read concurrently, and each by itself: whatever one of them stored, it costs only its own row.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};

use crate::fleet::{FoundRuns, Part, PartReading, TenancyId, TenancyReading, Trouble, Unusable};
use crate::oci::object_storage::StorageError;

use super::context::{FleetReader, MAX_CONCURRENT_TENANCIES, TenancyReader, not_read};
use super::part::{PartSearch, last_segment};

/// Max shards of a tenancy to read concurrently.
const MAX_CONCURRENT_SHARDS: usize = 4;
/// Max folders of shards: four schemes of 64.
const MAX_SHARD_FOLDERS: usize = 256;

/// What a hub has.
pub(super) struct HubReading {
    pub(super) tenancies: Vec<TenancyReading>,
    /// Folders that no tenancy names.
    pub(super) other_folders: u64,
}

impl FleetReader<'_> {
    /// Reads every tenancy.
    ///
    /// # Errors
    ///
    /// If the hub cannot be listed.
    pub(super) async fn read(&self) -> Result<HubReading, StorageError> {
        let folders = self.bucket.list(self.prefix, self.deadline).await?.folders;
        let ids: Vec<_> = folders
            .iter()
            .filter_map(|folder| TenancyId::parse(last_segment(folder)))
            .collect();
        let other_folders = (folders.len() - ids.len()) as u64;
        let left = (1..=ids.len()).rev();
        let tenancies: Vec<_> = stream::iter(ids.into_iter().zip(left))
            .map(|(id, left)| self.tenancy(id, left))
            .buffer_unordered(MAX_CONCURRENT_TENANCIES)
            .collect()
            .await;
        Ok(HubReading {
            tenancies,
            other_folders,
        })
    }

    async fn tenancy(&self, id: TenancyId, left: usize) -> TenancyReading {
        let parts = TenancyReader::begin(self, &id, left).parts().await;
        TenancyReading { id, parts }
    }
}

impl TenancyReader<'_> {
    async fn parts(&self) -> Result<Vec<PartReading>, Unusable> {
        let whole = self.search(Part::WHOLE);
        let (parts, recent) = tokio::join!(self.folders(), whole.recent());
        let parts = parts?;
        let of_whole = parts
            .contains(&Part::WHOLE)
            .then_some((Part::WHOLE, recent));
        let mut found: Vec<_> = of_whole.into_iter().collect();
        let shards = parts.into_iter().filter(|part| part.is_shard());
        let of_shards = stream::iter(shards)
            .map(|part| async move { (part, self.search(part).recent().await) });
        found.extend(
            of_shards
                .buffered(MAX_CONCURRENT_SHARDS)
                .collect::<Vec<_>>()
                .await,
        );
        let parts = stream::iter(lively(found)).map(|(part, recent)| async move {
            match recent {
                Ok(recent) => self.search(part).read(recent).await,
                Err(why) => PartReading {
                    trouble: Some(Trouble::Unusable(why, None)),
                    ..PartReading::missing(part)
                },
            }
        });
        Ok(parts.buffered(MAX_CONCURRENT_SHARDS).collect().await)
    }

    /// The parts that have a folder. Other folders, such as that of checks, are not read.
    async fn folders(&self) -> Result<Vec<Part>, Unusable> {
        let listed = self
            .fleet
            .bucket
            .list(&self.folder(), self.deadline)
            .await
            .map_err(not_read)?;
        let is_year =
            |name: &str| name.len() == 4 && name.bytes().all(|byte| byte.is_ascii_digit());
        let part = |name: &str| match Part::of_folder(name) {
            None if is_year(name) => Some(Part::WHOLE),
            part => part,
        };
        let names = listed.folders.iter().map(|name| last_segment(name));
        let parts: BTreeSet<_> = names.filter_map(part).collect();
        let shards = parts.iter().filter(|part| part.is_shard()).count();
        if shards > MAX_SHARD_FOLDERS {
            return Err(Unusable::TooMany {
                what: "folders of shards",
                max: MAX_SHARD_FOLDERS,
            });
        }
        Ok(parts.into_iter().collect())
    }

    /// The folder of the tenancy, with a slash at its end.
    fn folder(&self) -> String {
        format!("{}{}/", self.fleet.prefix, self.id)
    }

    fn search(&self, part: Part) -> PartSearch<'_> {
        PartSearch {
            tenancy: self,
            part,
            folder: format!("{}{}", self.folder(), part.folder()),
        }
    }
}

/// The runs of the last days of a part, or why they could not be listed.
type Recent = (Part, Result<FoundRuns, Unusable>);

/// The parts of schemes that reported lately, or of all if none did: a scheme that was given up is not searched backwards every day.
fn lively(found: Vec<Recent>) -> Vec<Recent> {
    let reported = found
        .iter()
        .filter(|(_, recent)| recent.as_ref().map_or(true, |runs| !runs.newest.is_empty()));
    let schemes: BTreeSet<_> = reported.map(|(part, _)| part.of()).collect();
    let is_lively = |(part, _): &Recent| schemes.is_empty() || schemes.contains(&part.of());
    found.into_iter().filter(is_lively).collect()
}
