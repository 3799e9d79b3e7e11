//! Email Delivery over a socket: what it accepts, and what it refuses.

use crate::caller::{Answer, Caller, unsigned};
use serde_json::{Value, json};
use tenancy_sim::{APPROVED_SENDER, Domain, Effect, Rejection, Tenancy, TenancySim};

fn start() -> TenancySim {
    Tenancy::empty()
        .domain(Domain::named("Default"))
        .start()
        .unwrap()
}

fn mail(sim: &TenancySim, to: &str) -> Value {
    json!({
        "sender": {"senderAddress": {"email": APPROVED_SENDER}, "compartmentId": sim.tenancy()},
        "recipients": {"to": [{"email": to}]},
        "subject": "Größe",
        "bodyText": "text",
        "bodyHtml": "<p>text</p>",
        "replyTo": [{"email": "security@example.com"}],
    })
}

fn submit(sim: &TenancySim, caller: &Caller, mail: &Value) -> Answer {
    let url = format!("{}/20220926/actions/submitEmail", sim.email_endpoint());
    caller.post(&url, &mail.to_string())
}

#[test]
fn accepted_mail_is_kept() {
    let sim = start();
    let caller = Caller::of(&sim);
    let answer = submit(&sim, &caller, &mail(&sim, "jane.roe@example.com"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["suppressedRecipients"], json!([]));
    let kept = sim.emails();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].recipients, ["jane.roe@example.com"]);
    assert_eq!(kept[0].text.as_deref(), Some("text"));
    assert_eq!(kept[0].html.as_deref(), Some("<p>text</p>"));
    assert_eq!(kept[0].reply_to, ["security@example.com"]);
    let mailed = Effect::Mailed {
        recipients: vec!["jane.roe@example.com".to_owned()],
        message_id: kept[0].message_id.clone(),
    };
    assert_eq!(sim.effects(), [mailed]);
}

#[test]
fn suppressed_recipient_is_named_and_gets_nothing() {
    let sim = start();
    let caller = Caller::of(&sim);
    sim.suppress_recipient("Jane.Roe@example.com");
    let answer = submit(&sim, &caller, &mail(&sim, "jane.roe@example.com"));
    assert_eq!(answer.status, 200);
    let suppressed = &answer.json()["suppressedRecipients"];
    assert_eq!(*suppressed, json!([{"email": "jane.roe@example.com"}]));
    assert!(sim.emails().is_empty());
    assert!(sim.effects().is_empty());
}

#[test]
fn unapproved_sender_and_malformed_mail_are_refused() {
    let sim = start();
    let caller = Caller::of(&sim);
    let set = |path: &str, value: Value| {
        let mut mail = mail(&sim, "jane.roe@example.com");
        *mail.pointer_mut(path).unwrap() = value;
        mail
    };
    for (mail, status) in [
        (
            set("/sender/senderAddress/email", json!("x@example.com")),
            404,
        ),
        (
            set("/sender/compartmentId", json!("ocid1.compartment.oc1..x")),
            404,
        ),
        (set("/sender/compartmentId", json!("root")), 400),
        (set("/recipients/to", json!([])), 400),
        (set("/recipients/to/0/email", json!("nobody")), 400),
        (
            set("/recipients/to/0/email", json!("größe@example.com")),
            400,
        ),
        (set("/subject", json!("")), 400),
        (set("/subject", json!("two\r\nlines")), 400),
        (set("/bodyText", json!("x".repeat(2 * 1024 * 1024))), 413),
    ] {
        let answer = submit(&sim, &caller, &mail);
        assert_eq!(answer.status, status, "{}", answer.json());
    }
    assert!(sim.emails().is_empty());
    let url = format!("{}/20220926/actions/submitEmail", sim.email_endpoint());
    assert_eq!(unsigned(&url).status, 401);
    assert_eq!(sim.totals().rejections[&Rejection::Unsigned], 1);
}

#[test]
fn mails_over_the_limit_of_a_minute_are_throttled() {
    let sim = start();
    let caller = Caller::of(&sim);
    sim.limit_emails(Some(2));
    let statuses = [(); 3].map(|()| submit(&sim, &caller, &mail(&sim, "a@example.com")).status);
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!((sim.emails().len(), sim.totals().throttled), (2, 1));
    sim.limit_emails(None);
    assert_eq!(
        submit(&sim, &caller, &mail(&sim, "a@example.com")).status,
        200
    );
}
