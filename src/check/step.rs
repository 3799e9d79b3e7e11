//! How a step of a check is composed. Pure.

use crate::iam_statement::Statement;
use crate::model::{Domain, FailureCause};
use crate::place::Place;
use crate::remedy::Remedy;
use crate::server_text::FailureText;

use super::result::{CheckResult, CheckedDomain, Step, Subject};

impl Step {
    /// A step with a result only.
    pub fn new(what: Subject, result: CheckResult) -> Self {
        Self {
            service: what.service(),
            domain: None,
            what,
            result,
            rows: None,
            detail: None,
            logged_detail: None,
            statement: None,
            cause: None,
        }
    }

    /// Adds why a list could not be read.
    #[must_use]
    pub const fn because_of(mut self, cause: FailureCause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// A step that was not checked, and why.
    pub fn not_checked(what: Subject, why: impl Into<FailureText>) -> Self {
        Self::new(what, CheckResult::NotChecked).with_detail(why)
    }

    /// Adds the response, and what to do about it.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<FailureText>) -> Self {
        let detail: FailureText = detail.into();
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            detail: text(detail.with_words()),
            logged_detail: text(detail.plain()),
            ..self
        }
    }

    /// Adds a clause to the detail.
    #[must_use]
    pub fn and(mut self, clause: &str) -> Self {
        for detail in [&mut self.detail, &mut self.logged_detail] {
            match detail {
                Some(detail) => detail.push_str(&format!("; {clause}")),
                None => *detail = Some(clause.to_owned()),
            }
        }
        self
    }

    /// Adds the statement that is probably missing.
    #[must_use]
    pub fn with_statement(self, statement: &Statement, place: Place) -> Self {
        Self {
            statement: Some(statement.at(place)),
            ..self
        }
    }

    /// Adds what the operator can do: its statement as a field of its own, the rest to the detail.
    #[must_use]
    pub fn with_remedy(self, remedy: Option<&Remedy>, place: Place) -> Self {
        let beside = remedy.and_then(|remedy| remedy.beside_statement(place));
        let step = match beside {
            Some(beside) => self.and(beside),
            None => self,
        };
        match remedy.and_then(Remedy::statement) {
            Some(statement) => step.with_statement(statement, place),
            None => step,
        }
    }

    /// Adds the number of rows.
    #[must_use]
    pub const fn with_rows(mut self, rows: Option<u64>) -> Self {
        self.rows = rows;
        self
    }

    /// Adds the domain.
    #[must_use]
    pub fn in_domain(self, domain: &Domain) -> Self {
        let domain = CheckedDomain {
            name: domain.name.clone(),
            url: domain.url.clone(),
        };
        Self {
            domain: Some(domain),
            ..self
        }
    }
}
