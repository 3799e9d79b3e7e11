//! Compares an audit with the previous run. Pure.

use std::collections::{BTreeMap, HashSet};

use crate::credential_type::CredentialTypes;
use crate::judge::action::{Action, Work};
use crate::judge::audit::{Audit, DomainAudit, run_verdict};
use crate::judge::comparison::{
    Change, Changes, Comparison, FindingsNotRead, HISTORY_RUNS, NoComparison, ResolvedFindings,
    RunCounts,
};
use crate::judge::discovery::{DiscoveryGap, GoneDomain};
use crate::judge::exceptions::PossibleExceptions;
use crate::judge::finding::Finding;
use crate::judge::run_description::DomainSetting;
use crate::model::Verdict;
use crate::timestamp::Timestamp;

use super::domains::{
    DomainPairs, coverage_changes, day, discovery_changes, gone_domains, indices, url,
};
use super::not_read::{NotReadByList, ReturnedFindings};
use super::past::{Baseline, DUE, OVERDUE, Severity, key};

impl Audit {
    /// Compares with the previous run. If domains were discovered, a domain that is gone makes this run and those of a week
    /// PARTIAL. `found_not_read` are base URLs of domains that were found and are not read. Call [`Audit::accepting`] before.
    #[must_use]
    pub fn compared_with(mut self, baseline: &Baseline, found_not_read: &[String]) -> Self {
        let pairs = DomainPairs::of(&self, baseline);
        let gone = match self.run.domain_setting {
            DomainSetting::Discovered => gone_domains(&self, baseline, &pairs, found_not_read),
            // Listed domains are read, or are coverage gaps.
            DomainSetting::Settings(_) | DomainSetting::Invocation(_) => Vec::new(),
        };
        let mut changes = changes(&self, baseline, &pairs);
        compare_findings(&mut self, baseline, &pairs, &gone, &mut changes);
        let gone = gone.into_iter().map(DiscoveryGap::Gone);
        self.discovery_gaps.extend(gone);
        self.verdict = run_verdict(&self.run, &self.domains, &self.discovery_gaps);
        self.comparison = Comparison::Made(Box::new(changes));
        self
    }

    /// Sets the reason why no comparison was possible.
    #[must_use]
    pub fn not_compared(mut self, reason: NoComparison) -> Self {
        self.comparison = Comparison::Impossible(reason);
        self
    }

    /// Counts of the newest comparable runs, this one last.
    pub fn history(&self) -> Vec<RunCounts> {
        let before = self
            .comparison
            .changes()
            .map_or(&[][..], |changes| &changes.history);
        let skipped = before.len().saturating_sub(HISTORY_RUNS - 1);
        let mut history = before[skipped..].to_vec();
        history.push(RunCounts {
            run_id: self.run.id.clone(),
            as_of: self.run.as_of(),
            complete: self.verdict == Verdict::Complete,
            overdue: self.counts.overdue,
            due: self.counts.due,
            to_rotate: self.counts.actions.of_work(Some(Work::Rotate), None),
            to_remove: self.counts.actions.of_work(Some(Work::Remove), None),
            to_review: self.counts.actions.of_work(Some(Work::Review), None),
        });
        history
    }
}

/// All changes except those of findings.
fn changes(audit: &Audit, baseline: &Baseline, pairs: &DomainPairs) -> Changes {
    let name = |domain: &DomainAudit| domain.inventory.reading().domain.name.clone();
    let mut coverage = discovery_changes(audit, baseline);
    for (domain, then) in audit.domains.iter().zip(&pairs.then) {
        if let Some(then) = then.and_then(|then| baseline.domains.get(then)) {
            coverage.extend(coverage_changes(audit, domain, then));
        }
    }
    let (then, now) = (day(baseline.as_of), day(audit.run.as_of()));
    let has_ended = |until| (then..now).contains(&until);
    let exceptions = &audit.exceptions;
    let ended = exceptions
        .entries
        .iter()
        .filter(|entry| has_ended(entry.until))
        .map(|entry| format!("exceptions[{}]", entry.index));
    let gaps = exceptions.gaps.iter();
    let ended = ended.chain(
        gaps.filter(|gap| has_ended(gap.until))
            .map(|gap| format!("gaps[{}]", gap.index)),
    );
    Changes {
        baseline: baseline.run_id.clone(),
        since: baseline.as_of,
        new: 0,
        escalated: 0,
        still: 0,
        resolved: 0,
        resolved_by_list: Vec::new(),
        accepted: 0,
        became_urgent: 0,
        new_of_administrators: 0,
        newly_overdue: 0,
        newly_due: 0,
        not_read: Vec::new(),
        added_domains: audit
            .domains
            .iter()
            .zip(&pairs.then)
            .filter(|(_, then)| then.is_none())
            .map(|(domain, _)| name(domain))
            .collect(),
        missing_domains: baseline
            .domains
            .iter()
            .zip(&pairs.now)
            .filter(|(_, now)| now.is_none())
            .map(|(domain, _)| domain.name.clone())
            .collect(),
        coverage,
        exceptions_changed: exceptions.file() != baseline.exceptions,
        ended: ended.collect(),
        last_digest: baseline.last_digest,
        history: baseline.history.clone(),
    }
}

fn compare_findings(
    audit: &mut Audit,
    baseline: &Baseline,
    pairs: &DomainPairs,
    gone: &[GoneDomain],
    changes: &mut Changes,
) {
    let mut findings = std::mem::take(&mut audit.findings);
    let domains: Vec<_> = (0..audit.domains.len())
        .map(|domain| ComparedDomain::new(audit, baseline, pairs, domain))
        .collect();
    let mut returned = ReturnedFindings::default();
    let seen = compare_with_past(
        audit,
        baseline,
        &domains,
        &mut findings,
        changes,
        &mut returned,
    );
    let mut resolved: BTreeMap<_, u64> = BTreeMap::new();
    let mut not_read = still_not_read(audit, baseline, &domains, gone, &returned);
    for (row, _) in baseline
        .findings
        .rows
        .iter()
        .zip(seen)
        .filter(|(_, seen)| !seen)
    {
        let domain = pairs.now.get(usize::from(row.domain)).copied().flatten();
        match domain.map(|domain| &domains[domain]) {
            Some(domain) if domain.comparable.contains(row.credential_type) => {
                let then = row.severity.without_marks_unless(domain.with_marks);
                if !then.is_none() {
                    *resolved
                        .entry((row.domain, row.credential_type))
                        .or_default() += 1;
                }
            }
            // Read completely today but not before: it may be resolved, but is not counted.
            Some(domain) if domain.complete.contains(row.credential_type) => {}
            _ => {
                let Some(then) = baseline.domains.get(usize::from(row.domain)) else {
                    continue;
                };
                not_read.add(FindingsNotRead {
                    domain: then.name.clone(),
                    domain_url: then.url.clone(),
                    credential_type: row.credential_type,
                    findings: 1,
                    overdue: u64::from(row.severity.age == OVERDUE),
                    last_seen: baseline.as_of,
                });
            }
        }
    }
    changes.resolved = resolved.values().sum();
    changes.resolved_by_list = resolved
        .into_iter()
        .filter_map(|((domain, credential_type), findings)| {
            Some(ResolvedFindings {
                domain: baseline.domains.get(usize::from(domain))?.name.clone(),
                credential_type,
                findings,
            })
        })
        .collect();
    changes.not_read = not_read.0.into_values().collect();
    audit.findings = findings;
}

/// What can be compared of a domain of this run.
struct ComparedDomain<'a> {
    /// Types that were read completely in both runs.
    comparable: CredentialTypes,
    /// Types that were read completely in this run.
    complete: CredentialTypes,
    /// Whether all users were listed in the previous run.
    users_then: bool,
    /// Whether all users were listed in both runs. If not, marks are not compared.
    with_marks: bool,
    possible_exceptions: PossibleExceptions<'a>,
}

impl<'a> ComparedDomain<'a> {
    fn new(audit: &'a Audit, baseline: &Baseline, pairs: &DomainPairs, domain: usize) -> Self {
        let inventory = &audit.domains[domain].inventory;
        let reading = inventory.reading();
        let then = pairs.then[domain].and_then(|then| baseline.domains.get(then));
        let users_then = then.is_some_and(|then| then.users_complete);
        let today = day(audit.run.as_of());
        Self {
            comparable: pairs.comparable(audit, baseline, domain),
            complete: reading.complete_types(),
            users_then,
            with_marks: reading.users_are_complete() && users_then,
            possible_exceptions: PossibleExceptions::new(&audit.exceptions, inventory, today),
        }
    }

    /// Whether it is known that the age of a finding was accepted, or was not, in both runs.
    fn exception_is_known(&self, finding: &Finding) -> bool {
        match finding.exception {
            // An age that is accepted today may have been accepted before, when the user could not be listed.
            Some(_) => self.users_then,
            None => !self
                .possible_exceptions
                .may_accept(finding.credential_type, finding.index),
        }
    }
}

/// Compares each finding with the previous run. Returns which rows of the previous run were seen.
fn compare_with_past(
    audit: &Audit,
    baseline: &Baseline,
    domains: &[ComparedDomain<'_>],
    findings: &mut [Finding],
    changes: &mut Changes,
    returned: &mut ReturnedFindings,
) -> Vec<bool> {
    let mut seen = vec![false; baseline.findings.rows.len()];
    for finding in findings {
        let domain_index = usize::from(finding.domain);
        let domain = &domains[domain_index];
        let is_complete = domain.complete.contains(finding.credential_type);
        let now = Severity::of(finding).without_marks_unless(domain.with_marks);
        if finding.hints.administrator() && is_new_since(audit, finding, baseline.as_of) {
            changes.new_of_administrators += 1;
        }
        // A credential without findings is looked up only if the list is incomplete, to mark it as seen.
        if now.is_none() && finding.exception.is_none() && is_complete {
            continue;
        }
        let Some((inventory, credential)) = audit.credential(finding) else {
            continue;
        };
        let id = inventory.credential_id(finding.credential_type, credential);
        let row = baseline.findings.find(key(
            url(&audit.domains[domain_index]),
            finding.credential_type,
            &id,
        ));
        let then = row.map_or_else(Severity::default, |row| {
            baseline.findings.rows[row]
                .severity
                .without_marks_unless(domain.with_marks)
        });
        match row {
            Some(row) => seen[row] = true,
            None if !is_complete && !now.is_none() => returned.add(finding),
            None => {}
        }
        if !domain.comparable.contains(finding.credential_type) {
            continue;
        }
        let exception_known = domain.exception_is_known(finding);
        let now = now.without_age_unless(exception_known);
        let then = then.without_age_unless(exception_known);
        if now.is_none() {
            changes.accepted += u64::from(finding.exception.is_some() && !then.is_none());
            continue;
        }
        finding.change = count_change(now, then, changes);
        let is_new = finding.change == Change::New;
        if is_new
            && finding.action == Action::RemoveAdminKey
            && !is_new_since(audit, finding, baseline.as_of)
        {
            changes.new_of_administrators += 1;
        }
    }
    seen
}

/// Whether a credential was created after an instant.
fn is_new_since(audit: &Audit, finding: &Finding, instant: Timestamp) -> bool {
    audit
        .created(finding)
        .is_some_and(|created| created > instant)
}

/// Counts the change of a finding.
fn count_change(now: Severity, then: Severity, changes: &mut Changes) -> Change {
    let change = if then.is_none() {
        changes.new += 1;
        Change::New
    } else if now.is_worse_than(then) {
        changes.escalated += 1;
        Change::Escalated
    } else {
        changes.still += 1;
        Change::Still
    };
    changes.became_urgent += u64::from(now.became_urgent(then));
    if change != Change::Still && now.age > then.age {
        changes.newly_overdue += u64::from(now.age == OVERDUE);
        changes.newly_due += u64::from(now.age == DUE);
    }
    change
}

/// Findings in lists that the previous run did not read, and this run does not either.
fn still_not_read(
    audit: &Audit,
    baseline: &Baseline,
    domains: &[ComparedDomain<'_>],
    gone: &[GoneDomain],
    returned: &ReturnedFindings,
) -> NotReadByList {
    let mut not_read = NotReadByList::default();
    let urls: Vec<_> = audit.domains.iter().map(url).collect();
    let indices = indices(&urls);
    let gone: HashSet<_> = gone.iter().map(|gone| gone.url.as_str()).collect();
    for past in &baseline.not_read {
        let here = indices.get(past.domain_url.as_str()).copied();
        let is_gone = || gone.contains(past.domain_url.as_str());
        // Findings of a gone domain are reported as long as the domain is.
        let is_kept = here.map_or_else(is_gone, |domain| {
            !domains[domain].complete.contains(past.credential_type)
        });
        if let Some(left) = returned.remove_from(past, here).filter(|_| is_kept) {
            not_read.add(left);
        }
    }
    not_read
}
