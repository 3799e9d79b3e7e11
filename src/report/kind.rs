//! The reports that the setting `AUDIT_REPORTS` can ask for, and sets of them.

use std::str::FromStr;

/// A report that `AUDIT_REPORTS` can ask for. The discriminant is its bit in a [`ReportSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ReportKind {
    /// What the expiry script writes, one file per domain.
    Expiry,
    /// What the usage script writes, one file per domain.
    Usage,
    /// One row per credential, all domains; and one row per person with anything to do.
    Credentials,
    /// One self-contained page.
    Html,
    /// One OCSF Compliance Finding per credential with a finding.
    Ocsf,
    /// What to do by day and person, as iCalendar.
    Calendar,
}

impl ReportKind {
    /// Every report that can be asked for, in the order of the variants.
    pub fn all() -> impl Iterator<Item = Self> {
        [
            Self::Expiry,
            Self::Usage,
            Self::Credentials,
            Self::Html,
            Self::Ocsf,
            Self::Calendar,
        ]
        .into_iter()
    }

    /// The word of `AUDIT_REPORTS`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expiry => "expiry",
            Self::Usage => "usage",
            Self::Credentials => "credentials",
            Self::Html => "html",
            Self::Ocsf => "ocsf",
            Self::Calendar => "calendar",
        }
    }

    /// Whether it is stored if `AUDIT_REPORTS` is not set.
    const fn is_default(self) -> bool {
        !matches!(self, Self::Ocsf | Self::Calendar)
    }
}

/// A word that is not the name of a report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown report `{word}`; expected one of {}", words())]
pub struct UnknownReport {
    /// The word.
    pub word: String,
}

impl FromStr for ReportKind {
    type Err = UnknownReport;

    fn from_str(word: &str) -> Result<Self, UnknownReport> {
        Self::all()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| UnknownReport {
                word: word.to_owned(),
            })
    }
}

/// The words of all reports, as a message lists them.
pub fn words() -> String {
    let words: Vec<_> = ReportKind::all().map(ReportKind::word).collect();
    words.join(", ")
}

/// The reports that a run writes, one bit each; by default all but OCSF and calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportSet(u8);

impl ReportSet {
    /// No report but those that are always stored.
    pub const EMPTY: Self = Self(0);

    /// Whether the set holds `kind`.
    pub const fn contains(self, kind: ReportKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// The set with `kind` in it.
    #[must_use]
    pub const fn with(self, kind: ReportKind) -> Self {
        Self(self.0 | (1 << kind as u8))
    }
}

/// How reports are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportOptions {
    /// Whether CSV files begin with a byte order mark, but for those of the two scripts.
    pub csv_bom: bool,
}

impl Default for ReportSet {
    fn default() -> Self {
        ReportKind::all().filter(|kind| kind.is_default()).collect()
    }
}

impl FromIterator<ReportKind> for ReportSet {
    fn from_iter<I: IntoIterator<Item = ReportKind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_report_has_a_word() {
        for kind in [
            ReportKind::Expiry,
            ReportKind::Usage,
            ReportKind::Credentials,
            ReportKind::Html,
            ReportKind::Ocsf,
            ReportKind::Calendar,
        ] {
            assert_eq!(kind.word().parse(), Ok(kind));
            let asked_for = matches!(kind, ReportKind::Ocsf | ReportKind::Calendar);
            assert_eq!(ReportSet::default().contains(kind), !asked_for, "{kind:?}");
            assert!(!ReportSet::EMPTY.contains(kind));
        }
    }

    #[test]
    fn unknown_report_is_refused_with_the_known_ones() {
        let error = "findings".parse::<ReportKind>().expect_err("not a setting");
        assert_eq!(
            error.to_string(),
            "unknown report `findings`; expected one of expiry, usage, credentials, html, ocsf, calendar"
        );
    }
}
