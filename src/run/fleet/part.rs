//! Reads the newest runs of one part of a tenancy: the whole, or a shard.
//!
//! One list has the objects of the last days. Only a part that was silent since is searched backwards, by years, months and days. So
//! the number of requests does not grow with the number of days.

use chrono::{Days, NaiveDate};

use crate::blocking::run_blocking;
use crate::fleet::{
    FailedRun, Part, PartReading, RunFacts, StoredRun, StoredRunState, TenancyId, Trouble,
    Unusable, runs,
};
use crate::oci::object_storage::StorageError;

use super::context::FleetReader;

/// Days before today whose runs are listed: 36 hours reach back to the day before yesterday.
const RECENT_DAYS: u64 = 2;
/// Max runs to look at: what-ifs and narrower runs are passed over.
const MAX_CANDIDATES: usize = 20;
/// Max lists of a search backwards.
const MAX_STEPS: usize = 16;
/// As large as that of a run of a thousand domains.
const MANIFEST_BYTES: u64 = 8 * 1024 * 1024;
const FAILED_BYTES: u64 = 64 * 1024;

/// A part of a tenancy.
pub(super) struct PartSearch<'a> {
    pub(super) reader: &'a FleetReader<'a>,
    pub(super) tenancy: &'a TenancyId,
    pub(super) part: Part,
    /// Its folder, with a slash at its end.
    pub(super) folder: String,
}

/// What a run is, once it is read.
enum Read {
    Facts(Box<RunFacts>),
    /// It does not speak for the tenancy.
    PassedOver,
    Unusable(Unusable),
}

impl PartSearch<'_> {
    /// The runs of the last days, newest first.
    pub(super) async fn recent(&self) -> Result<Vec<StoredRun>, Unusable> {
        let today = self.today();
        let first = today
            .checked_sub_days(Days::new(RECENT_DAYS))
            .unwrap_or(today);
        let next = today.checked_add_days(Days::new(1)).unwrap_or(today);
        self.between(first, next).await.map_err(not_read)
    }

    /// What the part reported, by its runs of the last days and, if none of them was delivered, by earlier ones.
    pub(super) async fn read(&self, recent: Vec<StoredRun>) -> PartReading {
        let mut reading = PartReading::missing(self.part);
        self.take(recent, &mut reading).await;
        if reading.delivered.is_none() && !matches!(reading.trouble, Some(Trouble::Unusable(..))) {
            self.search_backwards(&mut reading).await;
        }
        reading
    }

    fn today(&self) -> NaiveDate {
        self.reader.now.to_chrono().date_naive()
    }

    /// The runs from `first` until before `end`.
    async fn between(
        &self,
        first: NaiveDate,
        end: NaiveDate,
    ) -> Result<Vec<StoredRun>, StorageError> {
        let at = |date: NaiveDate| format!("{}{}/", self.folder, date.format("%Y/%m/%d"));
        let names = self
            .reader
            .bucket
            .list_between(&self.folder, &at(first), &at(end), self.reader.deadline)
            .await?;
        Ok(runs(
            &self.folder,
            names.iter().map(String::as_str),
            self.reader.now,
        ))
    }

    /// Takes the newest run that speaks for the part, and a newer one that FAILED.
    async fn take(&self, runs: Vec<StoredRun>, reading: &mut PartReading) {
        let mut failed = None;
        for run in runs.iter().take(MAX_CANDIDATES) {
            match run.state {
                StoredRunState::Unfinished => {}
                StoredRunState::Failed => {
                    failed.get_or_insert(run);
                }
                StoredRunState::Delivered => match self.manifest(run).await {
                    Read::PassedOver => {}
                    Read::Facts(facts) => {
                        reading.delivered = Some(*facts);
                        break;
                    }
                    Read::Unusable(why) => {
                        reading.trouble = Some(Trouble::Unusable(why, Some(run.id.started())));
                        break;
                    }
                },
            }
        }
        // A newer failure says more than an older manifest that cannot be used.
        if let Some(run) = failed {
            let content = self
                .reader
                .bucket
                .get(
                    &run.object("failed.json"),
                    FAILED_BYTES,
                    self.reader.deadline,
                )
                .await;
            let delivered = reading.delivered.as_ref().map(|run| run.id.started());
            let failed = FailedRun::read(&content.unwrap_or_default(), run, delivered);
            reading.trouble = Some(Trouble::Failed(failed));
        }
    }

    async fn manifest(&self, run: &StoredRun) -> Read {
        let reader = self.reader;
        // Manifests are read a few at a time, which bounds their memory.
        let Ok(_permit) = reader.manifests.acquire().await else {
            return Read::PassedOver;
        };
        let manifest = match reader
            .bucket
            .get(
                &run.object("manifest.json"),
                MANIFEST_BYTES,
                reader.deadline,
            )
            .await
        {
            Ok(manifest) => manifest,
            Err(error) => return Read::Unusable(not_read(error)),
        };
        let (run, tenancy, part, now) = (run.clone(), self.tenancy.clone(), self.part, reader.now);
        let read = run_blocking(move || RunFacts::read(&manifest, &run, &tenancy, part, now)).await;
        match read {
            Ok(Some(facts)) => Read::Facts(Box::new(facts)),
            Ok(None) => Read::PassedOver,
            Err(why) => Read::Unusable(why),
        }
    }

    /// Searches the days before the last ones, newest first.
    async fn search_backwards(&self, reading: &mut PartReading) {
        if let Err(error) = self.try_search_backwards(reading).await
            && reading.trouble.is_none()
        {
            reading.trouble = Some(Trouble::Unusable(not_read(error), None));
        }
    }

    async fn try_search_backwards(&self, reading: &mut PartReading) -> Result<(), StorageError> {
        let today = self.today();
        let recent = today
            .checked_sub_days(Days::new(RECENT_DAYS))
            .unwrap_or(today);
        let mut steps = 0;
        for year in self.numbers(&self.folder, 4, &mut steps).await? {
            let folder = format!("{}{year}/", self.folder);
            for month in self.numbers(&folder, 2, &mut steps).await? {
                let folder = format!("{folder}{month}/");
                for day in self.numbers(&folder, 2, &mut steps).await? {
                    let date = format!("{year}-{month}-{day}").parse::<NaiveDate>();
                    let Some(date) = date.ok().filter(|date| *date < recent) else {
                        continue;
                    };
                    if steps >= MAX_STEPS {
                        return Ok(());
                    }
                    steps += 1;
                    let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
                    let runs = self.between(date, next).await?;
                    let mut earlier = PartReading::missing(self.part);
                    self.take(runs, &mut earlier).await;
                    if reading.trouble.is_none() {
                        reading.trouble = earlier.trouble;
                    }
                    if let Some(run) = earlier.delivered {
                        if let Some(Trouble::Failed(failed)) = &mut reading.trouble {
                            failed.delivered.get_or_insert(run.id.started());
                        }
                        reading.delivered = Some(run);
                    }
                    if reading.delivered.is_some()
                        || matches!(reading.trouble, Some(Trouble::Unusable(..)))
                    {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// The folders directly below one that are named by this many digits, greatest first.
    async fn numbers(
        &self,
        folder: &str,
        digits: usize,
        steps: &mut usize,
    ) -> Result<Vec<String>, StorageError> {
        if *steps >= MAX_STEPS {
            return Ok(Vec::new());
        }
        *steps += 1;
        let listed = self
            .reader
            .bucket
            .list(folder, self.reader.deadline)
            .await?;
        let names = listed.folders.iter().rev().map(|name| last_segment(name));
        let is_number =
            |name: &&str| name.len() == digits && name.bytes().all(|byte| byte.is_ascii_digit());
        Ok(names.filter(is_number).map(str::to_owned).collect())
    }
}

/// The last segment of the name of a folder, which has a slash at its end.
pub(super) fn last_segment(folder: &str) -> &str {
    let name = folder.trim_end_matches('/');
    name.rsplit('/').next().unwrap_or(name)
}

#[expect(clippy::needless_pass_by_value, reason = "the end of the error")]
pub(super) fn not_read(error: StorageError) -> Unusable {
    Unusable::NotRead(error.to_string())
}
