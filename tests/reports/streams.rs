//! Reports that are too large for one buffer.

use credential_audit::report::{self, ReportKind, ReportOptions, ReportSet};

use crate::tenancy::*;

#[test]
fn report_comes_in_chunks_and_is_the_same_at_every_run() {
    let mut domain = DomainBuilder::new("Default");
    for index in 0..4_000 {
        let id = format!("u{index}");
        domain.user(&id, &format!("user{index}@example.com"), &Person::default());
        for credential_type in [ApiKeys, SmtpCredentials] {
            let created = days_ago(index % 100);
            let secret = Secret {
                label: "a label",
                created: &created,
                ..Secret::default()
            };
            domain.credential(
                credential_type,
                &id,
                &format!("{credential_type}-{index}"),
                &secret,
            );
        }
    }
    let audit = audit(run(), [domain]);
    let every: ReportSet = ReportKind::all().collect();
    for report in report::reports(&audit, every, ReportOptions::default()) {
        let name = &report.object_name;
        let chunks: Vec<_> = (report.chunks)().collect();
        assert!(chunks.len() > 3, "{name}: {} chunks", chunks.len());
        for chunk in &chunks {
            // The first one of the page has its style and script.
            assert!(
                chunk.len() < 80 * 1024,
                "{name}: a chunk of {}",
                chunk.len()
            );
        }
        assert_eq!(chunks.concat(), bytes(&report), "{name}");
        // It outlives the audit, and is `Send`.
        let elsewhere = std::thread::spawn(move || bytes(&report));
        assert_eq!(elsewhere.join().expect("no panic"), chunks.concat());
    }
    assert_eq!(rows(&stored(&audit, "credentials.csv")).len(), 8_000);
}
