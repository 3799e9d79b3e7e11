//! A tenancy in which everything is overdue: one message, as long as a topic takes, with every count exact.

use std::time::Duration;

use crate::in_process::{InProcess, LONG_AGO};
use tenancy_sim::{Credential, Domain, Effect, ResourceType, Service, Tenancy, User};

const USERS: usize = 10_000;

/// Three API keys and two auth tokens a user.
fn everything_is_overdue() -> Tenancy {
    let mut domain = Domain::named("Default");
    for number in 0..USERS {
        let user = User::named(&format!("user-{number:05}@example.com"));
        for (credential_type, each) in [(ResourceType::ApiKeys, 3), (ResourceType::AuthTokens, 2)] {
            for credential in 0..each {
                domain =
                    domain.credential(Credential::of(&user, credential_type, credential, LONG_AGO));
            }
        }
        domain = domain.user(user);
    }
    Tenancy::empty().domain(domain)
}

#[tokio::test]
async fn fifty_thousand_overdue_credentials_make_one_message_with_exact_counts() {
    let tenancy = InProcess::serve(everything_is_overdue()).within(Duration::from_secs(300));
    let summary = tenancy.audit().await;
    assert_eq!(summary.run.verdict, "COMPLETE");
    assert_eq!(
        (summary.run.credentials, summary.run.overdue),
        (50_000, 50_000)
    );

    let requests = tenancy.sim.requests();
    let published = requests
        .iter()
        .filter(|request| request.service == Service::Notifications)
        .count();
    let effects = tenancy.sim.effects();
    let effects = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Published { .. }))
        .count();
    assert_eq!((published, effects), (1, 1));

    let messages = tenancy.sim.messages();
    let [message] = &messages[..] else {
        panic!("{} messages", messages.len())
    };
    // It is filled, and not beyond what is taken.
    assert!(
        (55_000..=60_000).contains(&message.request_bytes),
        "{}",
        message.request_bytes
    );
    let title = message.title.as_deref().expect("a title");
    assert!(title.contains("50000 OVERDUE"), "{title}");
    let body = &message.body;
    assert!(
        body.starts_with("ACTION NEEDED NOW: 50000 credentials are overdue.\n"),
        "{body}"
    );
    assert!(body.contains("10000 users, 50000 credentials"), "{body}");
    assert!(body.contains("OVERDUE: 50000 - rotate now\n"), "{body}");
    let shown = body.matches("  2020-03-31  ").count();
    assert!(shown > 100, "{shown} lines");
    assert!(
        body.contains(&format!(
            "\u{2026} and {} more in credentials.csv",
            50_000 - shown
        )),
        "{shown}: {body}"
    );
    let rows = tenancy.credential_rows();
    assert_eq!(rows.len(), 50_000);
    assert!(rows.iter().all(|row| row["state"] == "OVERDUE"));
}
