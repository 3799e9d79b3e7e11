//! Several runs one after another: what each reports about the one before, and when it mails nothing.

mod baseline;
mod digests;
mod exceptions;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::common::served_tenancy::ServedTenancy;
use chrono::{DateTime, Utc};
use credential_audit::check;
use credential_audit::check::result::CheckReport;
use credential_audit::clock::{Clock, FixedClock, SystemClock};
use credential_audit::event::{self, AuditRequest, CheckMode};
use credential_audit::http::deadline::Deadline;
use credential_audit::run::{Dependencies, RunError, run};
use credential_audit::summary::Summary;
use serde_json::Value;
use tenancy_sim::{Capabilities, Credential, Domain, Previous, ResourceType, Tenancy, User};

use ResourceType::{ApiKeys, AuthTokens, SmtpCredentials};

/// A tenancy that is audited day after day, by runs that begin at a given instant.
pub(crate) struct DailyRuns {
    tenancy: ServedTenancy,
}

impl Deref for DailyRuns {
    type Target = ServedTenancy;

    fn deref(&self) -> &ServedTenancy {
        &self.tenancy
    }
}

impl DailyRuns {
    /// Serves the tenancy. A digest is published if something has changed, and on Thursdays: 2026-11-19 and 12-24 are.
    pub(crate) fn new(tenancy: Tenancy, settings: &[(&str, &str)]) -> Self {
        let tenancy = ServedTenancy::start(tenancy)
            .set("AUDIT_NOTIFY", "changes")
            .set("AUDIT_DIGEST_WEEKDAY", "thursday");
        Self {
            tenancy: tenancy.set_all(settings),
        }
    }

    /// Changes a setting; an empty value unsets it.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.tenancy.change_setting(name, value);
    }

    /// Moves the simulator's clock, renews the token, and returns what a run at that instant needs.
    pub(crate) fn dependencies_at(&self, now: &str) -> Dependencies {
        let now: DateTime<Utc> = now.parse().expect("an instant");
        self.sim.set_clock_offset(now - SystemClock.now());
        self.sim
            .renew_resource_principal(Duration::from_secs(3600), Previous::StaysValid)
            .expect("files");
        let principal = Arc::new(self.principal());
        self.dependencies(principal, FixedClock(now))
    }

    /// Runs with the body of an invocation.
    pub(crate) async fn invoke(&self, now: &str, body: &Value) -> Result<Summary, RunError> {
        let dependencies = self.dependencies_at(now);
        let request = event::parse(body.to_string().as_bytes()).expect("a request");
        let deadline = Deadline::after(Duration::from_secs(60));
        run(request, &self.config(), dependencies, deadline).await
    }

    /// Checks, with an object stored and a message published.
    pub(crate) async fn check(&self, now: &str) -> CheckReport {
        let dependencies = self.dependencies_at(now);
        let deadline = Deadline::after(Duration::from_secs(60));
        let (request, settings) = (AuditRequest::default(), self.config().into());
        let report = check::run(&request, CheckMode::Send, &settings, dependencies, deadline).await;
        report.expect("a check")
    }

    /// Runs as the schedule does, at six o'clock on a day.
    pub(crate) async fn on(&self, day: &str) -> Day {
        let before = self.sim.messages().len();
        let summary = self
            .invoke(&format!("{day}T06:00:00Z"), &Value::Null)
            .await
            .expect("a run");
        Day {
            mail: self
                .sim
                .messages()
                .into_iter()
                .nth(before)
                .map(|message| message.body),
            manifest: self.manifest(&summary.run.run_id),
            verdict: summary.run.verdict.to_string(),
            summary: serde_json::to_value(&summary).expect("JSON"),
        }
    }

    pub(crate) fn object(&self, run_id: &str, name: &str) -> Option<String> {
        let objects = self.sim.bucket(self.sim.bucket_name()).objects();
        let end = format!("/{run_id}/{name}");
        let (_, object) = objects.iter().find(|(object, _)| object.ends_with(&end))?;
        Some(String::from_utf8(object.body.to_vec()).expect("text"))
    }

    /// Replaces an object of a run, as somebody with write access to the bucket could.
    pub(crate) fn replace(&self, run_id: &str, name: &str, content: &Value) {
        let bucket = self.sim.bucket(self.sim.bucket_name());
        let end = format!("/{run_id}/{name}");
        let names = bucket.names();
        let name = names.iter().find(|name| name.ends_with(&end));
        bucket.place(
            name.expect("an object"),
            "application/json",
            content.to_string(),
            DateTime::UNIX_EPOCH,
        );
    }

    fn manifest(&self, run_id: &str) -> Value {
        let manifest = self.object(run_id, "manifest.json").expect("a manifest");
        serde_json::from_str(&manifest).expect("JSON")
    }

    pub(crate) fn accept(&self, file: &Value) {
        self.sim.bucket("exceptions").place(
            "accepted.json",
            "application/json",
            file.to_string(),
            DateTime::UNIX_EPOCH,
        );
    }
}

/// The results of a scheduled run.
pub(crate) struct Day {
    pub(crate) mail: Option<String>,
    pub(crate) manifest: Value,
    pub(crate) verdict: String,
    pub(crate) summary: Value,
}

impl Day {
    fn counts(&self) -> [u64; 4] {
        let made = &self.manifest["comparison"]["made"];
        ["new", "escalated", "still", "resolved"].map(|count| made[count].as_u64().expect(count))
    }

    /// The mail with its wrapped lines joined.
    pub(crate) fn mail(&self) -> String {
        let mail = self.mail.as_deref().expect("a mail");
        mail.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn jane() -> User {
    User::named("jane.roe@example.com").capabilities(Capabilities::ALL)
}

/// One domain: an overdue credential, one without findings, and one that becomes overdue on 2026-11-23.
fn tenancy() -> Tenancy {
    Tenancy::empty().domain(domain("Default"))
}

fn domain(name: &str) -> Domain {
    Domain::named(name)
        .user(jane())
        .credential(Credential::of(&jane(), ApiKeys, 1, "2026-06-01T00:00:00Z"))
        .credential(Credential::of(
            &jane(),
            AuthTokens,
            1,
            "2026-11-01T00:00:00Z",
        ))
        .credential(Credential::of(
            &jane(),
            SmtpCredentials,
            1,
            "2026-08-25T00:00:00Z",
        ))
}

const WITH_EXCEPTIONS: [(&str, &str); 2] = [
    ("AUDIT_EXCEPTIONS_OBJECT", "accepted.json"),
    ("AUDIT_EXCEPTIONS_BUCKET", "exceptions"),
];
