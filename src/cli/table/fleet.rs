//! The table of a fleet: one line per tenancy, the most urgent first, with what is not known of it below.

use crate::display::{Substitute, safe};
use crate::fleet::{Figures, Oldest, Overview, TenancyRow};
use crate::judge::action::Work;
use crate::report::fleet::{FleetHeadline, age};

use super::layout::{Cell, Color, Column, ColumnWidth, Cut, lines};
use super::style::Style;

const COLUMNS: [Column; 10] = [
    column("TENANCY", ColumnWidth::Flexible { min: 12 }),
    column("OCID", ColumnWidth::Fixed),
    column("VERDICT", ColumnWidth::Fixed),
    column("ROTATE", ColumnWidth::Number),
    column("REMOVE", ColumnWidth::Number),
    column("REVIEW", ColumnWidth::Number),
    column("OVERDUE", ColumnWidth::Number),
    column("PEOPLE", ColumnWidth::Number),
    column("OLDEST", ColumnWidth::Number),
    column("LAST RUN", ColumnWidth::Fixed),
];

const fn column(heading: &'static str, width: ColumnWidth) -> Column {
    Column { heading, width }
}

/// What is not known of tenancies, in lines below the table.
const MAX_REMARKS: usize = 50;

/// The tenancies, what is not known of them, and the headline.
pub(in crate::cli) fn render(overview: &Overview, style: Style) -> String {
    let rows = overview.rows.iter().map(|row| cells(overview, row, style));
    let rows: Vec<_> = rows.collect();
    let mut text = String::new();
    if !rows.is_empty() {
        text.push_str(&lines(&COLUMNS, &rows, style.width));
        text.push('\n');
    }
    let remarks: Vec<_> = overview
        .rows
        .iter()
        .flat_map(|row| {
            let name = format!("{} ({})", row.display_name(), row.id_end());
            row.remarks()
                .into_iter()
                .map(move |remark| format!("{name}: {remark}"))
        })
        .collect();
    for remark in remarks.iter().take(MAX_REMARKS) {
        text.push_str(&style.paragraph(&safe(remark, Substitute::QuestionMark), ""));
    }
    if let Some(more) = remarks
        .len()
        .checked_sub(MAX_REMARKS)
        .filter(|more| *more > 0)
    {
        text.push_str(&style.paragraph(
            &format!("\u{2026} and {more} more with --html, --csv or --json"),
            "",
        ));
    }
    if !remarks.is_empty() {
        text.push('\n');
    }
    let headline = FleetHeadline::new(overview, |count| count.to_string());
    let word = headline
        .word
        .map_or_else(String::new, |word| format!("{word}: "));
    text.push_str(&style.paragraph(&format!("{word}{}", headline.work), ""));
    for doubt in headline.doubts {
        text.push_str(&style.paragraph(&safe(&doubt, Substitute::QuestionMark), ""));
    }
    text.push_str(&style.paragraph(
        &format!("{}: {}.", overview.verdict(), headline.coverage),
        "",
    ));
    text
}

fn cells(overview: &Overview, row: &TenancyRow, style: Style) -> Vec<Cell> {
    let figures = row.figures.as_ref();
    let number = |of: &dyn Fn(&Figures) -> u64| {
        Cell::from(figures.map_or_else(|| "-".to_owned(), |figures| of(figures).to_string()))
    };
    let color = |color| style.color.then_some(color);
    let mut verdict = Cell::from(row.standing.word());
    verdict.color = if row.standing.is_current() {
        None
    } else {
        color(Color::Red)
    };
    let mut cells = vec![
        safe(&row.display_name(), Substitute::QuestionMark)
            .into_owned()
            .into(),
        Cell {
            cut: Cut::Front,
            ..row.id_end().into()
        },
        verdict,
    ];
    cells.extend(Work::ALL.map(|work| number(&|figures| figures.of_work(work))));
    cells.push(number(&|figures| figures.overdue));
    cells.push(number(&|figures| figures.people));
    cells.push(Cell::from(match figures.map(|figures| figures.oldest) {
        Some(Oldest::Days(days)) => days.to_string(),
        Some(Oldest::None | Oldest::Unknown) | None => "-".to_owned(),
    }));
    cells.push(Cell::from(match row.age_hours(overview.now) {
        Some(hours) => age(hours),
        None => "never".to_owned(),
    }));
    cells
}
