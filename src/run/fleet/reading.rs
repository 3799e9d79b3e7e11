//! Reads the hub: the folders of tenancies, and the newest runs of each.
//!
//! Tenancies are read concurrently, and each by itself: whatever one of them stored, it costs only its own row.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};

use crate::fleet::{Part, PartReading, StoredRun, TenancyId, TenancyReading, Trouble, Unusable};
use crate::oci::object_storage::StorageError;

use super::context::FleetReader;
use super::part::{PartSearch, last_segment, not_read};

/// Max tenancies to read concurrently.
const MAX_CONCURRENT_TENANCIES: usize = 8;
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
        let tenancies: Vec<_> = stream::iter(ids)
            .map(|id| self.tenancy(id))
            .buffer_unordered(MAX_CONCURRENT_TENANCIES)
            .collect()
            .await;
        Ok(HubReading {
            tenancies,
            other_folders,
        })
    }

    async fn tenancy(&self, id: TenancyId) -> TenancyReading {
        let parts = self.parts(&id).await;
        TenancyReading { id, parts }
    }

    async fn parts(&self, id: &TenancyId) -> Result<Vec<PartReading>, Unusable> {
        let folder = format!("{}{id}/", self.prefix);
        let whole = self.search(id, &folder, Part::WHOLE);
        let (top, recent) = tokio::join!(self.bucket.list(&folder, self.deadline), whole.recent());
        let names = top.map_err(not_read)?.folders;
        let names: Vec<_> = names.iter().map(|name| last_segment(name)).collect();
        let mut shards: Vec<_> = names
            .iter()
            .filter_map(|name| Part::of_folder(name))
            .collect();
        shards.sort_unstable();
        shards.dedup();
        if shards.len() > MAX_SHARD_FOLDERS {
            return Err(Unusable::TooMany {
                what: "folders of shards",
                max: MAX_SHARD_FOLDERS,
            });
        }
        let is_year =
            |name: &&str| name.len() == 4 && name.bytes().all(|byte| byte.is_ascii_digit());
        let has_runs = names.iter().any(is_year);
        let mut found = Vec::new();
        if has_runs {
            found.push((Part::WHOLE, recent));
        }
        let of_shards = stream::iter(shards).map(|part| async move {
            let search = self.search(id, &format!("{}{id}/", self.prefix), part);
            (part, search.recent().await)
        });
        found.extend(
            of_shards
                .buffered(MAX_CONCURRENT_SHARDS)
                .collect::<Vec<_>>()
                .await,
        );
        let found = lively(found);
        let parts = stream::iter(found).map(|(part, recent)| async move {
            match recent {
                Ok(recent) => {
                    self.search(id, &format!("{}{id}/", self.prefix), part)
                        .read(recent)
                        .await
                }
                Err(why) => PartReading {
                    trouble: Some(Trouble::Unusable(why, None)),
                    ..PartReading::missing(part)
                },
            }
        });
        Ok(parts.buffered(MAX_CONCURRENT_SHARDS).collect().await)
    }

    fn search<'s>(&'s self, tenancy: &'s TenancyId, folder: &str, part: Part) -> PartSearch<'s> {
        PartSearch {
            reader: self,
            tenancy,
            part,
            folder: format!("{folder}{}", part.folder()),
        }
    }
}

/// The runs of the last days of a part, or why they could not be listed.
type Recent = (Part, Result<Vec<StoredRun>, Unusable>);

/// The parts of schemes that reported lately, or of all if none did: a scheme that was given up is not searched backwards every day.
fn lively(found: Vec<Recent>) -> Vec<Recent> {
    let reported = found
        .iter()
        .filter(|(_, recent)| recent.as_ref().map_or(true, |runs| !runs.is_empty()));
    let schemes: BTreeSet<_> = reported.map(|(part, _)| part.of()).collect();
    let is_lively = |(part, _): &Recent| schemes.is_empty() || schemes.contains(&part.of());
    found.into_iter().filter(is_lively).collect()
}
