//! Reads the newest runs of one part of a tenancy: the whole, or a shard.
//!
//! One list has the objects of the last days. Only a part that was silent since is searched backwards, by years, months and days. So
//! the number of requests does not grow with the number of days.

use chrono::{Days, NaiveDate};

use crate::blocking::run_blocking;
use crate::fleet::{
    FailedRun, FoundRuns, NewestRuns, Part, PartReading, RunFacts, StoredRun, StoredRunState,
    Trouble, Unusable,
};
use crate::oci::object_storage::StorageError;

use super::context::{TenancyReader, not_read};

/// Days before today whose runs are listed: 36 hours reach back to the day before yesterday.
const RECENT_DAYS: u64 = 2;
/// Max lists of a search backwards.
const MAX_STEPS: usize = 16;
const FAILED_BYTES: u64 = 64 * 1024;

/// A part of a tenancy.
pub(super) struct PartSearch<'a> {
    pub(super) tenancy: &'a TenancyReader<'a>,
    pub(super) part: Part,
    /// Its folder, with a slash at its end.
    pub(super) folder: String,
}

/// How far a search may go, and whether it reached that.
struct SearchBound {
    steps_left: usize,
    is_reached: bool,
}

impl SearchBound {
    /// Takes a step, if there is one left.
    fn step(&mut self) -> bool {
        match self.steps_left.checked_sub(1) {
            Some(left) => self.steps_left = left,
            None => self.is_reached = true,
        }
        !self.is_reached
    }
}

impl PartSearch<'_> {
    /// The runs of the last days.
    pub(super) async fn recent(&self) -> Result<FoundRuns, Unusable> {
        let today = self.today();
        let first = today
            .checked_sub_days(Days::new(RECENT_DAYS))
            .unwrap_or(today);
        let next = today.checked_add_days(Days::new(1)).unwrap_or(today);
        self.between(first, next).await.map_err(not_read)
    }

    /// What the part reported, by its runs of the last days and, if none of them was delivered, by earlier ones.
    pub(super) async fn read(&self, recent: FoundRuns) -> PartReading {
        let mut reading = PartReading::missing(self.part);
        let mut bound = SearchBound {
            steps_left: MAX_STEPS,
            is_reached: false,
        };
        self.take(recent, &mut reading, &mut bound).await;
        if reading.delivered.is_none() && !matches!(reading.trouble, Some(Trouble::Unusable(..))) {
            let searched = self.search_backwards(&mut reading, &mut bound).await;
            if let Err(error) = searched {
                let not_read = || Trouble::Unusable(not_read(error), None);
                reading.trouble.get_or_insert_with(not_read);
            }
        }
        if reading.delivered.is_none() && bound.is_reached {
            reading.trouble.get_or_insert(Trouble::NotFound);
        }
        reading
    }

    fn today(&self) -> NaiveDate {
        self.tenancy.fleet.now.to_chrono().date_naive()
    }

    /// The runs from `first` until before `end`.
    async fn between(&self, first: NaiveDate, end: NaiveDate) -> Result<FoundRuns, StorageError> {
        let at = |date: NaiveDate| format!("{}{}/", self.folder, date.format("%Y/%m/%d"));
        let fleet = self.tenancy.fleet;
        let mut runs = NewestRuns::new(&self.folder, fleet.now);
        let range = (at(first), at(end));
        fleet
            .bucket
            .visit_between(
                &self.folder,
                (&range.0, &range.1),
                self.tenancy.deadline,
                |name| runs.add(name),
            )
            .await?;
        Ok(runs.found())
    }

    /// Takes the newest run that speaks for the part, and a newer one that FAILED.
    async fn take(&self, runs: FoundRuns, reading: &mut PartReading, bound: &mut SearchBound) {
        let mut failed = None;
        // When the newest delivered run started.
        let mut delivered = None;
        for run in &runs.newest {
            match run.state {
                StoredRunState::Unfinished => {}
                StoredRunState::Failed => {
                    failed.get_or_insert(run);
                }
                StoredRunState::Delivered => match self.manifest(run).await {
                    // It does not speak for the tenancy.
                    Ok(None) => continue,
                    Ok(Some(facts)) => reading.delivered = Some(facts),
                    Err(why) => {
                        reading.trouble = Some(Trouble::Unusable(why, Some(run.id.started())));
                    }
                },
            }
            if run.state == StoredRunState::Delivered {
                delivered = Some(run.id.started());
                break;
            }
        }
        bound.is_reached |= delivered.is_none() && runs.has_more;
        // A newer failure says more than an older manifest that cannot be used.
        if let Some(run) = failed {
            let name = run.object("failed.json");
            let bucket = self.tenancy.fleet.bucket;
            let content = bucket.get(&name, FAILED_BYTES, self.tenancy.deadline).await;
            let failed = FailedRun::read(&content.unwrap_or_default(), run, delivered);
            reading.trouble = Some(Trouble::Failed(failed));
        }
    }

    /// The facts of a run; `None` if it does not speak for the tenancy.
    async fn manifest(&self, run: &StoredRun) -> Result<Option<RunFacts>, Unusable> {
        let mut manifest = self.tenancy.manifest(&run.object("manifest.json")).await?;
        let content = std::mem::take(&mut manifest.content);
        let (run, tenancy) = (run.clone(), self.tenancy.id.clone());
        let (part, now) = (self.part, self.tenancy.fleet.now);
        run_blocking(move || RunFacts::read(&content, &run, &tenancy, part, now)).await
    }

    /// Searches the days before the last ones, newest first.
    async fn search_backwards(
        &self,
        reading: &mut PartReading,
        bound: &mut SearchBound,
    ) -> Result<(), StorageError> {
        let today = self.today();
        let recent = today
            .checked_sub_days(Days::new(RECENT_DAYS))
            .unwrap_or(today);
        for year in self.numbers(&self.folder, 4, bound).await? {
            let folder = format!("{}{year}/", self.folder);
            for month in self.numbers(&folder, 2, bound).await? {
                let folder = format!("{folder}{month}/");
                for day in self.numbers(&folder, 2, bound).await? {
                    let date = format!("{year}-{month}-{day}").parse::<NaiveDate>();
                    let Some(date) = date.ok().filter(|date| *date < recent) else {
                        continue;
                    };
                    if !bound.step() {
                        return Ok(());
                    }
                    let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
                    let runs = self.between(date, next).await?;
                    let mut earlier = PartReading::missing(self.part);
                    self.take(runs, &mut earlier, bound).await;
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
        bound: &mut SearchBound,
    ) -> Result<Vec<String>, StorageError> {
        if !bound.step() {
            return Ok(Vec::new());
        }
        let fleet = self.tenancy.fleet;
        let _permit = fleet.searches.acquire().await;
        let listed = fleet.bucket.list(folder, self.tenancy.deadline).await?;
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
