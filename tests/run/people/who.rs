//! Who is mailed, and which runs mail nobody.

use serde_json::{Value, json};
use tenancy_sim::{Credential, Domain, Fault, ResourceType, Service, Tenancy, User};

use super::{OLD, domain, mailed, mailing};

#[tokio::test]
async fn only_active_people_with_a_verified_address_are_mailed() {
    let users = [
        User::named("jane.roe@example.com"),
        User::named("unverified@example.com").email("unverified@example.com", false),
        User::named("inactive@example.com").inactive(),
        User::named("svc-deploy@example.com").service_user(),
        User::named("no-address"),
        User::named("several@example.com").email("a@example.com,b@example.com", true),
    ];
    let nobody = User::named("deleted@example.com");
    let orphan = Credential::of(&nobody, ResourceType::ApiKeys, 0, OLD);
    let fresh = User::named("fresh@example.com");
    let new = Credential::of(&fresh, ResourceType::ApiKeys, 0, "2026-11-18T00:00:00.000Z");
    let domain = domain("Default", users).credential(orphan);
    let runs = mailing(Tenancy::empty().domain(domain.credential(new).user(fresh)));
    let day = runs.on("2026-11-19").await;
    assert_eq!(mailed(&runs), ["jane.roe@example.com"]);
    let sent = &day.summary["holder_mail"]["sent"];
    assert_eq!(sent["accepted"], 1, "{sent}");
    // The service user needs no address.
    assert_eq!(sent["without_address"], 3, "{sent}");
}

#[tokio::test]
async fn users_with_the_same_verified_address_are_one_person() {
    let default = [
        User::named("jane.roe@example.com"),
        User::named("jane").email("Jane.Roe@Example.com", true),
        // The address that it claims may be somebody else's.
        User::named("impostor").email("jane.roe@example.com", false),
    ];
    let dev = [User::named("jroe").email("JANE.ROE@EXAMPLE.COM", true)];
    let tenancy = Tenancy::empty()
        .domain(domain("Default", default))
        .domain(domain("Dev", dev));
    let runs = mailing(tenancy);
    runs.on("2026-11-19").await;
    let emails = runs.sim.emails();
    assert_eq!(mailed(&runs), ["jane.roe@example.com"]);
    let text = emails[0].text.as_deref().expect("a text");
    assert_eq!(
        emails[0].subject, "[acme-prod] Rotate 3 credentials now",
        "{text}"
    );
    for user in [
        "user jane.roe@example.com of identity domain Default",
        "user jane of",
        "user jroe of identity domain Dev",
    ] {
        assert!(text.contains(user), "{user}: {text}");
    }
    assert!(!text.contains("impostor"), "{text}");
}

#[tokio::test]
async fn pilot_domains_narrow_whom_to_mail() {
    let users = [
        "a@pilot.example.com",
        "b@example.com",
        "c@notpilot.example.com",
    ];
    let tenancy = Tenancy::empty().domain(domain("Default", users.map(User::named)));
    let mut runs = mailing(tenancy);
    runs.set("AUDIT_HOLDER_MAIL_DOMAINS", "Pilot.example.com");
    runs.on("2026-11-19").await;
    assert_eq!(mailed(&runs), ["a@pilot.example.com"]);
}

#[tokio::test]
async fn no_run_but_a_whole_one_of_now_mails_anybody() {
    let cases: [(&str, Value); 4] = [
        ("dry_run", json!({"audit": {"dry_run": true}})),
        ("as_of", json!({"audit": {"as_of": "2026-11-30T00:00:00Z"}})),
        (
            "scoped",
            json!({"audit": {"credential_types": ["api_keys"]}}),
        ),
        ("users_not_read", Value::Null),
    ];
    for (reason, body) in cases {
        let users = [User::named("jane.roe@example.com")];
        let other = domain("Dev", [User::named("other@example.com")]);
        let tenancy = Tenancy::empty().domain(domain("Default", users));
        let runs = mailing(tenancy.domain(other));
        if reason == "users_not_read" {
            let refused = Fault::scim_error(403, "no").domain("Dev");
            runs.fault(refused.resource_type(ResourceType::Users));
        }
        let summary = runs.invoke("2026-11-19T06:00:00Z", &body).await;
        let summary = serde_json::to_value(summary.expect("a run")).expect("JSON");
        assert_eq!(summary["holder_mail"]["skipped"], reason, "{summary}");
        assert!(mailed(&runs).is_empty(), "{reason}");
        assert_eq!(runs.requests_to(Service::Email), 0, "{reason}");
        let objects = runs.sim.bucket(runs.sim.bucket_name()).names();
        assert!(objects.iter().all(|name| !name.contains("mailed-")));
    }
}

#[tokio::test]
async fn failed_run_mails_nobody() {
    for service in [Service::ObjectStorage, Service::Notifications] {
        let users = [User::named("jane.roe@example.com")];
        let runs = mailing(Tenancy::empty().domain(domain("Default", users)));
        runs.fault(Fault::status(403).service(service).method(match service {
            Service::ObjectStorage => "PUT",
            _ => "POST",
        }));
        let run = runs.invoke("2026-11-19T06:00:00Z", &Value::Null).await;
        assert!(run.is_err(), "{service:?}");
        assert_eq!(runs.requests_to(Service::Email), 0, "{service:?}");
    }
}

#[tokio::test]
async fn unreadable_exceptions_mail_nobody_and_accepted_credentials_are_not_mailed() {
    let users = ["jane.roe@example.com", "accepted@example.com"].map(User::named);
    let mut runs = mailing(Tenancy::empty().domain(domain("Default", users)));
    runs.set("AUDIT_EXCEPTIONS_OBJECT", "accepted.json");
    runs.set("AUDIT_EXCEPTIONS_BUCKET", "exceptions");
    let day = runs.on("2026-11-19").await;
    let skipped = &day.summary["holder_mail"]["skipped"];
    assert_eq!(skipped, "exceptions_not_read");
    runs.accept(&json!({"exceptions": [
        {"user": "accepted@example.com", "reason": "vendor", "until": "2027-01-31"}
    ]}));
    runs.on("2026-11-20").await;
    assert_eq!(mailed(&runs), ["jane.roe@example.com"]);
}

#[tokio::test]
async fn run_with_nobody_to_mail_succeeds() {
    let runs = mailing(Tenancy::empty().domain(Domain::named("Default").user(User::named("a"))));
    let day = runs.on("2026-11-19").await;
    assert_eq!(day.summary["holder_mail"]["sent"]["accepted"], 0);
}
