//! `fleet.csv`: one row per tenancy, in the order of urgency.

use std::sync::Arc;

use crate::chunks::{ChunkSource, gather_into};
use crate::fleet::{Figures, Oldest, Overview, TenancyRow};
use crate::judge::action::Work;
use crate::report::cells::Cells;

const COLUMNS: [&str; 24] = [
    "tenancy",
    "tenancy_id",
    "standing",
    "remarks",
    "last_run",
    "age_hours",
    "shards",
    "domains",
    "users",
    "credentials",
    "to_rotate",
    "to_remove",
    "to_review",
    "within_7_days",
    "overdue",
    "due",
    "unknown",
    "expiring",
    "people",
    "oldest_days",
    "change",
    "change_since",
    "version",
    "folder",
];

/// Every tenancy. A number that is not known is an empty cell.
pub(super) fn csv(overview: Arc<Overview>) -> ChunkSource {
    gather_into(
        |cells: &mut Cells| {
            COLUMNS.iter().for_each(|column| cells.word(column));
            cells.end_row();
        },
        overview.rows.len(),
        move |index, cells| {
            row(&overview, &overview.rows[index], cells);
            cells.end_row();
        },
    )
}

fn row(overview: &Overview, row: &TenancyRow, cells: &mut Cells) {
    let figures = row.figures.as_ref();
    let number = |cells: &mut Cells, of: &dyn Fn(&Figures) -> u64| {
        cells.number(figures.and_then(|figures| i64::try_from(of(figures)).ok()));
    };
    cells.untrusted(&row.display_name());
    cells.word(row.id.as_str());
    cells.word(row.standing.name());
    cells.untrusted(&row.remarks().join("; "));
    cells.timestamp(row.last_run);
    cells.number(row.age_hours(overview.now));
    cells.number(row.shards.map(i64::from));
    number(cells, &|figures| figures.domains);
    number(cells, &|figures| figures.users);
    number(cells, &|figures| figures.credentials);
    for work in Work::ALL {
        number(cells, &|figures| figures.of_work(work));
    }
    number(cells, &|figures| figures.week);
    number(cells, &|figures| figures.overdue);
    number(cells, &|figures| figures.due);
    number(cells, &|figures| figures.unknown);
    number(cells, &|figures| figures.expiring);
    number(cells, &|figures| figures.people);
    cells.number(figures.and_then(|figures| match figures.oldest {
        Oldest::Days(days) => i64::try_from(days).ok(),
        Oldest::None | Oldest::Unknown => None,
    }));
    let trend = figures.and_then(|figures| figures.trend);
    cells.number(trend.map(|trend| trend.change));
    cells.date(trend.map(|trend| trend.since));
    let run = row.runs.first();
    cells.untrusted(
        run.and_then(|run| run.version.as_deref())
            .unwrap_or_default(),
    );
    cells.untrusted(run.map_or("", |run| &run.folder));
}
