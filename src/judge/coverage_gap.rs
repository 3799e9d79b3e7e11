//! Coverage gaps: lists that were not read completely. Pure.
//!
//! [`Audit::coverage_gaps`] is the one list of them. Log, digest, page, summary, check and command line render it.

use std::fmt;

use crate::credential_type::{CredentialType, CredentialTypes, READ_USERS};
use crate::iam_statement::Statement;
use crate::model::{CrossCheck, ListCoverage, ListGap, ReadFailure};
use crate::place::Place;
use crate::remedy::Remedy;
use crate::server_text::FailureText;

use super::audit::{Audit, DomainAudit};
use super::discovery::DiscoveryGap;

/// A reason why a list was not read completely, and its remedy. Only the alternate form (`{:#}`) has the words of a service.
#[derive(Clone, Debug)]
pub struct CoverageGap<'a> {
    /// The list.
    pub list: List<'a>,
    /// The reason.
    pub cause: GapCause<'a>,
    /// What the operator can do.
    pub remedy: Option<Remedy>,
    /// The place of the run.
    pub place: Place,
}

/// Lists that are incomplete for the same reasons: the domains, or users and types of a domain.
#[derive(Clone, Debug)]
pub struct IncompleteLists<'a> {
    /// The first of the lists.
    pub list: List<'a>,
    /// The credential types; empty for domains, and for users alone.
    pub types: CredentialTypes,
    /// The gaps of the first list.
    pub gaps: Vec<CoverageGap<'a>>,
    /// Statements that the other lists need, and the first does not.
    pub further_statements: Vec<Statement>,
}

/// A list that a run reads.
#[derive(Clone, Copy, Debug)]
pub enum List<'a> {
    /// The identity domains of the tenancy.
    Domains,
    /// The users of a domain.
    Users(&'a DomainAudit),
    /// The credentials of a type in a domain.
    Credentials(&'a DomainAudit, CredentialType),
}

/// Why a list is incomplete.
#[derive(Clone, Copy, Debug)]
pub enum GapCause<'a> {
    /// A domain may be missing.
    Discovery(&'a DiscoveryGap),
    /// The tenancy shows no domain at all.
    NoDomain,
    /// Reading failed, before or after the first page.
    Failure(&'a ReadFailure),
    /// The list was read, and rows may be missing.
    Rows(&'a ListGap),
    /// Users claim this many credentials that are not listed.
    NotListed(u64),
    /// Users claim this many credentials without a readable id.
    UnreadableClaims(u64),
    /// No request for the list was made.
    NotRead,
}

impl fmt::Display for GapCause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discovery(gap) => gap.fmt(f),
            Self::NoDomain => f.write_str("the tenancy has no identity domain that can be read"),
            Self::Failure(failure) => failure.message.fmt(f),
            Self::Rows(gap) => gap.fmt(f),
            Self::NotListed(claimed) => write!(f, "users hold {claimed} that the list lacks"),
            Self::UnreadableClaims(claims) => {
                write!(f, "users hold {claims} whose ids cannot be read")
            }
            Self::NotRead => f.write_str("not read"),
        }
    }
}

impl fmt::Display for CoverageGap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.list {
            List::Domains => {}
            List::Users(domain) => write!(f, "domain {}, users: ", name(domain))?,
            List::Credentials(domain, credential_type) => {
                write!(f, "domain {}, {credential_type}: ", name(domain))?;
            }
        }
        self.advice().fmt(f)
    }
}

impl CoverageGap<'_> {
    /// The IAM statement that is probably missing.
    fn statement(&self) -> Option<&Statement> {
        self.remedy.as_ref().and_then(Remedy::statement)
    }

    /// The cause and the remedy, without the name of the list.
    pub fn advice(&self) -> FailureText {
        let mut text = FailureText::of(&self.cause);
        if let Some(remedy) = &self.remedy {
            text.push_str(&format!("; {}", remedy.at(self.place)));
        }
        text
    }
}

fn name(domain: &DomainAudit) -> &str {
    &domain.inventory.reading().domain.name
}

impl<'a> List<'a> {
    /// Coverage of the list. `None` for the list of domains, and for a type that was left out.
    pub fn coverage(self) -> Option<&'a ListCoverage> {
        match self {
            Self::Domains => None,
            Self::Users(domain) => Some(&domain.inventory.reading().users_coverage),
            Self::Credentials(domain, credential_type) => {
                let reading = domain.inventory.reading();
                let list = reading.credential_types[credential_type.index()].read();
                list.map(|(_, coverage)| coverage)
            }
        }
    }

    /// The credential type; none for domains and users.
    fn types(self) -> CredentialTypes {
        match self {
            Self::Domains | Self::Users(_) => CredentialTypes::EMPTY,
            Self::Credentials(_, credential_type) => CredentialTypes::EMPTY.with(credential_type),
        }
    }

    /// The permission in the tenancy that the list needs.
    const fn permission(self) -> &'static str {
        match self {
            Self::Domains | Self::Users(_) => READ_USERS,
            Self::Credentials(_, credential_type) => credential_type.row().permission,
        }
    }

    /// The message of a failure, and its remedy.
    pub fn advice(self, failure: &'a ReadFailure, place: Place) -> FailureText {
        self.failed(failure, place).advice()
    }

    fn failed(self, failure: &'a ReadFailure, place: Place) -> CoverageGap<'a> {
        CoverageGap {
            list: self,
            cause: GapCause::Failure(failure),
            remedy: Remedy::of_list(self.permission(), failure.cause),
            place,
        }
    }

    /// Every reason why the list is not complete; none if it is.
    fn gaps(self, place: Place) -> Vec<CoverageGap<'a>> {
        let permission = self.permission();
        let gap = |cause, remedy| CoverageGap {
            list: self,
            cause,
            remedy,
            place,
        };
        let Some(coverage) = self.coverage().filter(|coverage| !coverage.is_complete()) else {
            return Vec::new();
        };
        let mut gaps = Vec::new();
        gaps.extend(
            coverage
                .failure
                .as_ref()
                .map(|failure| self.failed(failure, place)),
        );
        gaps.extend(coverage.gaps.iter().map(|rows| {
            let remedy = Remedy::of_rows(permission, rows);
            gap(GapCause::Rows(rows), remedy)
        }));
        match coverage.cross_check() {
            CrossCheck::Ok | CrossCheck::NotPossible => {}
            CrossCheck::Missing(claimed) => {
                let remedy = Remedy::of_missing_claims(permission, coverage.read);
                gaps.push(gap(GapCause::NotListed(claimed), remedy));
            }
            CrossCheck::Unreadable(claims) => {
                gaps.push(gap(GapCause::UnreadableClaims(claims), None));
            }
        }
        if gaps.is_empty() {
            gaps.push(gap(GapCause::NotRead, None));
        }
        gaps
    }

    /// Whether both lists failed for the same cause, with the same remedies, and as far as each other. What the service said
    /// may differ.
    fn failed_like(self, other: Self, place: Place) -> bool {
        self.failed_as_far_as(other) && self.remedies(place) == other.remedies(place)
    }

    /// The same, whatever the remedies are.
    fn failed_as_far_as(self, other: Self) -> bool {
        let facts = |list: Self| {
            let coverage = list.coverage()?;
            let failure = coverage.failure.as_ref();
            let extent = (coverage.read, coverage.expected);
            let check = coverage.cross_check();
            let (missing, extent) = if check.finds_nothing_missing() {
                (None, coverage.was_read().then_some(extent))
            } else {
                (Some((check, coverage.read)), None)
            };
            Some((
                failure.map(|failure| failure.cause),
                missing,
                extent,
                &coverage.gaps,
            ))
        };
        facts(self) == facts(other)
    }

    fn remedies(self, place: Place) -> Vec<Option<Remedy>> {
        let gaps = self.gaps(place).into_iter();
        gaps.map(|gap| gap.remedy).collect()
    }
}

impl<'a> IncompleteLists<'a> {
    fn new(list: List<'a>, gaps: Vec<CoverageGap<'a>>) -> Self {
        Self {
            list,
            types: list.types(),
            gaps,
            further_statements: Vec::new(),
        }
    }

    /// Adds a list that failed like the first.
    fn add(&mut self, list: List<'a>, gaps: &[CoverageGap<'a>]) {
        self.types = self.types.union(list.types());
        for statement in gaps.iter().filter_map(CoverageGap::statement) {
            let known = self.gaps.iter().filter_map(CoverageGap::statement);
            let mut known = known.chain(&self.further_statements);
            if !known.any(|known| known == statement) {
                self.further_statements.push(statement.clone());
            }
        }
    }
}

impl DomainAudit {
    /// Every list of this domain: its users, and the credentials of each type.
    fn lists(&self) -> impl Iterator<Item = List<'_>> {
        let types = CredentialType::all();
        let types = types.map(|credential_type| List::Credentials(self, credential_type));
        std::iter::once(List::Users(self)).chain(types)
    }

    /// Whether no list of this domain was read, each for the same cause.
    fn refuses_all(&self) -> bool {
        let was_refused = |list: List<'_>| {
            let coverage = list.coverage();
            coverage.is_none_or(|coverage| coverage.failure.is_some() && !coverage.was_read())
        };
        let users = List::Users(self);
        self.lists().all(|list| {
            was_refused(list) && (list.coverage().is_none() || users.failed_as_far_as(list))
        })
    }

    /// The lists of this domain that are not complete. Those that failed alike are together: one missing policy, or one proxy,
    /// is one thing to mend.
    fn incomplete_lists(&self, place: Place) -> Vec<IncompleteLists<'_>> {
        let mut incomplete: Vec<IncompleteLists<'_>> = Vec::new();
        // A domain that refuses everything has one reason, and may need several statements.
        let refuses_all = self.refuses_all();
        for list in self.lists() {
            let gaps = list.gaps(place);
            if gaps.is_empty() {
                continue;
            }
            let alike = incomplete
                .iter_mut()
                .find(|known| refuses_all || known.list.failed_like(list, place));
            match alike {
                Some(known) => known.add(list, &gaps),
                None => incomplete.push(IncompleteLists::new(list, gaps)),
            }
        }
        incomplete
    }
}

impl Audit {
    /// Everything that was to be read and was not, or not completely: the search for domains first, then domain by domain.
    /// Empty if and only if the run is COMPLETE.
    pub fn coverage_gaps(&self) -> impl Iterator<Item = CoverageGap<'_>> {
        let lists = self.domains.iter().flat_map(DomainAudit::lists);
        self.discovery_coverage_gaps()
            .chain(lists.flat_map(|list| list.gaps(self.run.place)))
    }

    /// The same by list.
    pub fn incomplete_lists(&self) -> impl Iterator<Item = IncompleteLists<'_>> {
        let discovery = self
            .discovery_coverage_gaps()
            .map(|gap| IncompleteLists::new(gap.list, vec![gap]));
        let domains = self.domains.iter();
        let domains = domains.flat_map(|domain| domain.incomplete_lists(self.run.place));
        discovery.chain(domains)
    }

    /// The types of each domain whose list is empty, while the user records do not list credentials: only the service's own
    /// count confirms that there is none. A missing permission has the same effect. No such run is an all-clear.
    pub fn unconfirmed_lists(&self) -> impl Iterator<Item = (&DomainAudit, CredentialTypes)> {
        let types_of = |domain: &DomainAudit| {
            let reading = domain.inventory.reading();
            CredentialType::all()
                .filter(|credential_type| reading.is_unconfirmed_empty(*credential_type))
                .collect()
        };
        self.domains
            .iter()
            .map(move |domain| (domain, types_of(domain)))
            .filter(|(_, types): &(_, CredentialTypes)| !types.is_empty())
    }

    /// Whether a missing IAM statement is a probable cause of any gap.
    pub fn needs_statement(&self) -> bool {
        self.coverage_gaps().any(|gap| gap.statement().is_some())
    }

    fn discovery_coverage_gaps(&self) -> impl Iterator<Item = CoverageGap<'_>> {
        let discovery = self.discovery_gaps.iter().map(|gap| CoverageGap {
            list: List::Domains,
            cause: GapCause::Discovery(gap),
            remedy: gap.remedy().cloned(),
            place: self.run.place,
        });
        let no_domain = self.domains.is_empty()
            && self.discovery_gaps.is_empty()
            && !self.run.is_of_an_empty_shard(0);
        discovery.chain(no_domain.then_some(CoverageGap {
            list: List::Domains,
            cause: GapCause::NoDomain,
            remedy: None,
            place: self.run.place,
        }))
    }
}
