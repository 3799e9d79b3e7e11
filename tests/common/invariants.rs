//! What holds for every run, whatever its faults: each credential is accounted for, and nothing incomplete reads as an
//! all-clear.

use std::collections::{BTreeMap, BTreeSet};

use credential_audit::credential_type::CredentialType;
use credential_audit::model::{CrossCheck, Verdict};
use credential_audit::report::manifest::Manifest;
use credential_audit::run::RunError;
use credential_audit::run::deliver::DeliveryError;
use credential_audit::summary::{Coverage, Summary};
use sha2::{Digest, Sha256};
use tenancy_sim::{Directory, Rejection, ResourceType};

use super::in_process::InProcess;

impl InProcess {
    /// Asserts that each existing credential is a row of the report, or that its type in its domain is not complete. A run
    /// with such a type is not COMPLETE either. Returns how many credentials exist and were not read.
    pub(crate) fn assert_all_accounted_for(&self, summary: &Summary) -> u64 {
        self.assert_all_accounted_for_unless_hidden(summary, &BTreeSet::new())
    }

    /// The same if the lists of some types in the domain `Default` omit rows without counting them.
    ///
    /// Only what users claim reveals such rows. If not all users were read either, nobody can know that a list is short. The
    /// missing users alone keep domain and run from being COMPLETE.
    pub(crate) fn assert_all_accounted_for_unless_hidden(
        &self,
        summary: &Summary,
        hiding: &BTreeSet<ResourceType>,
    ) -> u64 {
        let reported = self.reported();
        let mut unread = 0;
        for domain in &summary.run.domains {
            let directory = self.sim.directory(&domain.name);
            for credential_type in CredentialType::all() {
                let coverage = &domain.coverage[credential_type.name()];
                if coverage.left_out {
                    continue;
                }
                let place = (domain.name.clone(), credential_type.name().to_owned());
                let read = reported.get(&place).cloned().unwrap_or_default();
                let missing = existing(&directory, credential_type)
                    .difference(&read)
                    .count();
                unread += missing as u64;
                if missing > 0 {
                    let nobody_can_know = domain.name == "Default"
                        && hiding.contains(&resource_type(credential_type))
                        && !is_complete(&domain.users_coverage);
                    assert!(
                        nobody_can_know || !is_complete(coverage),
                        "{missing} of {place:?} were not read, and nothing says so: {coverage:?}"
                    );
                    assert_ne!(domain.verdict, Verdict::Complete, "{place:?}");
                    assert_ne!(summary.run.verdict, Verdict::Complete, "{place:?}");
                }
            }
        }
        unread
    }

    /// Ids of the credentials in the newest `credentials.csv`, by domain and type.
    fn reported(&self) -> BTreeMap<(String, String), BTreeSet<String>> {
        let mut ids = BTreeMap::<_, BTreeSet<_>>::new();
        for row in self.credential_rows() {
            let place = (row["domain"].clone(), row["credential_type"].clone());
            ids.entry(place)
                .or_default()
                .insert(row["credential_id"].clone());
        }
        ids
    }

    /// Asserts what holds for every run, whatever its result.
    pub(super) fn assert_honest(&self, result: &Result<Summary, RunError>) {
        self.assert_manifests_are_true();
        self.assert_no_secret_was_served();
        for rejection in self.sim.totals().rejections.keys() {
            assert_eq!(
                *rejection,
                Rejection::TokenRevoked,
                "a signature was refused"
            );
        }
        if !self.is_complete_run(result) {
            self.assert_no_text_is_an_all_clear(result);
        }
    }

    pub(super) fn assert_no_secret_was_served(&self) {
        assert_eq!(
            self.sim.totals().secrets_served,
            0,
            "a secret was requested"
        );
    }

    /// Whether the summary has the verdict COMPLETE, or the manifest if nothing could be published. Without stored reports
    /// there is neither, and the error makes people act.
    fn is_complete_run(&self, result: &Result<Summary, RunError>) -> bool {
        let verdict = match result {
            Ok(summary) => summary.run.verdict,
            Err(RunError::Delivery(DeliveryError::NotPublished(_))) => {
                let (_, manifest) = self.newest("manifest.json");
                let manifest: Manifest = serde_json::from_slice(&manifest).expect("a manifest");
                manifest.run.verdict
            }
            Err(_) => return false,
        };
        verdict == Verdict::Complete
    }

    /// Of a run that was not complete.
    fn assert_no_text_is_an_all_clear(&self, result: &Result<Summary, RunError>) {
        for message in self.sim.messages() {
            assert_no_all_clear(message.title.as_deref().unwrap_or_default());
            assert_no_all_clear(&message.body);
        }
        let not_stored = matches!(
            result,
            Err(RunError::Delivery(DeliveryError::NotStored { .. }))
        );
        for (name, object) in self.sim.bucket(self.sim.bucket_name()).objects() {
            let page = String::from_utf8_lossy(&object.body);
            // A page is stored before the other reports and cannot know that one of them is refused. It says what was read.
            let says_what_was_read = not_stored && page.contains("everything in scope was read");
            if name.ends_with(".html") && !says_what_was_read {
                assert_no_all_clear(&page);
            }
        }
    }

    /// Asserts that all reports of each manifest are stored, with its sizes and digests; the number of manifests.
    pub(crate) fn assert_manifests_are_true(&self) -> usize {
        let bucket = self.sim.bucket(self.sim.bucket_name());
        let objects = bucket.objects();
        let manifests = objects
            .iter()
            .filter(|(name, _)| name.ends_with("/manifest.json"));
        let mut count = 0;
        for (name, manifest) in manifests {
            let manifest: Manifest = serde_json::from_slice(&manifest.body).expect("a manifest");
            assert!(!manifest.objects.is_empty(), "{name} names no report");
            for report in &manifest.objects {
                let Some(stored) = objects.get(&report.name) else {
                    panic!("{name} names {}, which is not stored", report.name);
                };
                assert_eq!(stored.body.len() as u64, report.bytes, "{}", report.name);
                assert_eq!(sha256(&stored.body), report.sha256, "{}", report.name);
            }
            count += 1;
        }
        count
    }
}

/// The SHA-256 digest in hexadecimal digits.
pub(crate) fn sha256(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Ids of the credentials of one type in a domain.
fn existing(directory: &Directory, credential_type: CredentialType) -> BTreeSet<String> {
    directory
        .credentials(resource_type(credential_type))
        .iter()
        .map(|credential| credential.id.clone())
        .collect()
}

/// The simulator's name of a type.
pub(crate) fn resource_type(credential_type: CredentialType) -> ResourceType {
    ResourceType::CREDENTIALS[credential_type.index()]
}

/// Whether coverage says that everything was read.
pub(crate) fn is_complete(coverage: &Coverage) -> bool {
    !coverage.left_out
        && coverage.read.is_some()
        && coverage.error.is_none()
        && coverage.gaps.is_empty()
        && coverage
            .cross_check
            .is_none_or(CrossCheck::finds_nothing_missing)
}

/// Asserts that a text of an incomplete run does not read as an all-clear.
fn assert_no_all_clear(text: &str) {
    let text = text.to_lowercase();
    for words in [
        "all clear",
        "no findings:",
        "nothing to do",
        "no credentials require rotation",
    ] {
        assert!(
            !text.contains(words),
            "`{words}` in a run that did not read everything:\n{text}"
        );
    }
}
