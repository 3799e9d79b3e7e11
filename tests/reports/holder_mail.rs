//! Mails to holders: who gets one, about what, and what it looks like.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::Weekday;
use credential_audit::judge::Audit;
use credential_audit::judge::action::{Actor, Urgency};
use credential_audit::judge::holder_mail::{
    MAX_MAILS, MailRule, PastMails, PlannedMail, credentials, no_mail, people, plan,
};
use credential_audit::message::Email;
use credential_audit::report::holder_mail::record::MailedRecord;
use credential_audit::report::holder_mail::{Contact, compose};
use proptest::prelude::*;

use crate::assert_golden;
use crate::tenancy::*;

fn rule(urgency: Urgency) -> MailRule {
    MailRule {
        urgency,
        domains: Vec::new(),
        weekday: Weekday::Mon,
    }
}

fn planned(audit: &Audit, urgency: Urgency) -> Vec<PlannedMail> {
    let now = audit.run.times.started;
    plan(audit, &rule(urgency), &PastMails::default(), now).mails
}

/// A person with a key that a newer one replaces, and a token that is due.
fn jane() -> Arc<Audit> {
    let mut domain = DomainBuilder::new("Default");
    let jane = Person {
        email: "jane.roe@example.com",
        ..Person::default()
    };
    domain.user("u1", "jane.roe@example.com", &jane);
    for (id, label, age) in [
        ("k1", "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34", 200),
        ("k2", "aa:41:b2:13:55:1c:5b:0d:d3:37:d8:50:4e:c1:09:44", 12),
    ] {
        let created = days_ago(age);
        let secret = Secret {
            label,
            created: &created,
            ..Secret::default()
        };
        domain.credential(ApiKeys, "u1", id, &secret);
    }
    let created = days_ago(87);
    let secret = Secret {
        label: "ocir <ci> & \"more\"",
        created: &created,
        ..Secret::default()
    };
    domain.credential(AuthTokens, "u1", "t1", &secret);
    audit(run(), [domain])
}

/// The only mail of an audit.
fn only_mail(audit: &Arc<Audit>) -> Email {
    let mails = planned(audit, Urgency::Week);
    assert_eq!(mails.len(), 1);
    let contact = Contact::Page("https://wiki.example.com/rotate?a=1&b=2".to_owned());
    compose(audit, &mails[0], Some(&contact))
}

#[test]
fn mail_of_one_person_in_text_and_html() {
    let email = only_mail(&jane());
    let text = format!(
        "To: {}\nSubject: {}\n\n{}",
        email.to, email.subject, email.text
    );
    assert_golden!(text, "../golden/reports/holder-mail.txt");
    assert_golden!(email.html, "../golden/reports/holder-mail.html");
}

/// A person whose names are markup, long words and lines, with more credentials than a mail describes.
fn hostile() -> Arc<Audit> {
    let mut domain = DomainBuilder::new("<b>Default</b>\u{202e}");
    let person = Person {
        email: "jane.roe@example.com",
        ..Person::default()
    };
    domain.user("u1", "<img src=x onerror=document.title='owned'>", &person);
    let created = days_ago(200);
    for number in 0..60 {
        let label = match number % 3 {
            0 => "</li></ol><script>document.title='owned'</script>".to_owned(),
            1 => "word".repeat(60),
            _ => "two\r\nlines\u{0} &amp; \u{202e}more".to_owned(),
        };
        let secret = Secret {
            label: &label,
            created: &created,
            ..Secret::default()
        };
        domain.credential(AuthTokens, "u1", &format!("t{number:02}"), &secret);
    }
    audit(run(), [domain])
}

#[test]
#[ignore = "writes files for the tests in a browser"]
#[expect(clippy::disallowed_methods, reason = "the browser opens files")]
fn write_the_mails() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/browser/pages");
    std::fs::create_dir_all(folder).expect("a folder");
    for (name, audit) in [("mail", jane()), ("mail-hostile", hostile())] {
        let email = only_mail(&audit);
        std::fs::write(format!("{folder}/{name}.html"), email.html).expect("a file");
        std::fs::write(format!("{folder}/{name}.txt"), email.text).expect("a file");
    }
}

#[test]
fn five_hundred_are_mailed_and_the_most_urgent_come_first() {
    let mut domain = DomainBuilder::new("Default");
    for number in 0..MAX_MAILS + 7 {
        let email: &'static str = Box::leak(format!("u{number}@example.com").into_boxed_str());
        let id = format!("u{number}");
        let person = Person {
            email,
            ..Person::default()
        };
        domain.user(&id, email, &person);
        // The last seven are overdue, the others due within a week.
        let created = days_ago(if number < MAX_MAILS { 86 } else { 100 });
        let secret = Secret {
            created: &created,
            ..Secret::default()
        };
        domain.credential(ApiKeys, &id, &format!("k{number}"), &secret);
    }
    let audit = audit(run(), [domain]);
    let now = audit.run.times.started;
    let plan = plan(&audit, &rule(Urgency::Week), &PastMails::default(), now);
    assert_eq!((plan.mails.len(), plan.beyond), (MAX_MAILS, 7));
    let first = plan.mails[..7].iter().map(|mail| mail.address.as_str());
    let late: BTreeSet<_> = (MAX_MAILS..MAX_MAILS + 7)
        .map(|number| format!("u{number}@example.com"))
        .collect();
    assert!(
        first
            .collect::<Vec<_>>()
            .iter()
            .all(|address| late.contains(*address))
    );

    // Everybody was mailed in the week before. Those beyond the max on the weekday are mailed on the next day.
    let (mails, _) = people(&audit, &rule(Urgency::Week));
    let mut past = PastMails::default();
    let mut record = |mails: &[PlannedMail], at| {
        for batch in mails.chunks(10) {
            let record = MailedRecord::new(&audit, batch, at).to_json();
            assert!(MailedRecord::read_into(
                record.as_bytes(),
                &mut past,
                &audit.run.id,
                at
            ));
        }
        past.clone()
    };
    // The run is on a Sunday.
    let mut weekly = rule(Urgency::Week);
    weekly.weekday = Weekday::Sun;
    let before = record(&mails, now.plus_days(-6));
    let on_weekday = credential_audit::judge::holder_mail::plan(&audit, &weekly, &before, now);
    assert_eq!((on_weekday.mails.len(), on_weekday.beyond), (MAX_MAILS, 7));
    let after = record(&on_weekday.mails, now);
    let next =
        credential_audit::judge::holder_mail::plan(&audit, &weekly, &after, now.plus_days(1));
    assert_eq!((next.mails.len(), next.beyond), (7, 0));
}

/// What a user may be like.
#[derive(Clone, Debug)]
struct Drawn {
    email: &'static str,
    verified: bool,
    active: Option<bool>,
    service_user: Option<bool>,
    domain: usize,
    ages: Vec<i64>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let email = prop::sample::select(vec![
        "",
        "a@example.com",
        "A@EXAMPLE.com",
        "b@example.com",
        "c@other.example.com",
        "not an address",
    ]);
    let flag = || prop::sample::select(vec![Some(true), Some(true), Some(false), None]);
    let ages = prop::collection::vec(0..130_i64, 0..4);
    (email, any::<bool>(), flag(), flag(), 0..2_usize, ages).prop_map(
        |(email, verified, active, service_user, domain, ages)| Drawn {
            email,
            verified,
            active,
            service_user,
            domain,
            ages,
        },
    )
}

fn built(users: &[Drawn], left_out: usize) -> Arc<Audit> {
    let mut domains = ["Default", "Dev"].map(DomainBuilder::new);
    for (number, user) in users.iter().enumerate() {
        let domain = &mut domains[user.domain];
        let id = format!("u{number}");
        // A credential of a user who is not listed is in the list all the same.
        if number != left_out {
            let person = Person {
                email: user.email,
                email_verified: user.verified,
                active: user.active,
                service_user: user.service_user,
                ..Person::default()
            };
            domain.user(&id, &format!("user-{number}"), &person);
        }
        for (place, age) in user.ages.iter().enumerate() {
            let created = days_ago(*age);
            let secret = Secret {
                created: &created,
                ..Secret::default()
            };
            let credential_type = [ApiKeys, AuthTokens, SmtpCredentials][place % 3];
            domain.credential(credential_type, &id, &format!("c{number}-{place}"), &secret);
        }
    }
    audit(run(), domains)
}

proptest! {
    #[test]
    fn nobody_is_mailed_about_the_credential_of_somebody_else(
        users in prop::collection::vec(drawn(), 1..12),
        left_out in 0..20_usize,
        week in any::<bool>(),
    ) {
        let audit = built(&users, left_out);
        let urgency = if week { Urgency::Week } else { Urgency::Now };
        let mails = planned(&audit, urgency);
        let mut mailed = BTreeSet::new();
        for mail in &mails {
            prop_assert!(!mail.findings.is_empty());
            for (id, _) in credentials(&audit, mail) {
                let number = id[1..].split('-').next().and_then(|text| text.parse::<usize>().ok());
                let number = number.expect("a number");
                let user = &users[number];
                prop_assert_ne!(number, left_out);
                prop_assert_eq!(user.email.to_ascii_lowercase(), &*mail.address);
                prop_assert!(user.verified);
                prop_assert_eq!(user.active, Some(true));
                prop_assert_ne!(user.service_user, Some(true));
                prop_assert!(mailed.insert(id));
            }
            // The text names no other user either.
            let email = compose(&audit, mail, None);
            for (number, user) in users.iter().enumerate() {
                let is_own = user.email.eq_ignore_ascii_case(&mail.address) && user.verified;
                let named = |text: &str| text.contains(&format!("user user-{number} "));
                prop_assert!(is_own || !(named(&email.text) || named(&email.html)));
            }
        }
        // Each person gets one mail, and nothing that they must act on is left out of it.
        let addresses: BTreeSet<_> = mails.iter().map(|mail| &mail.address).collect();
        prop_assert_eq!(addresses.len(), mails.len());
        for finding in &audit.findings {
            let (inventory, credential) = audit.credential(finding).expect("a credential");
            let id = inventory.credential_id(finding.credential_type, credential).to_string();
            let number = id[1..].split('-').next().and_then(|text| text.parse::<usize>().ok());
            let user = &users[number.expect("a number")];
            let is_due = finding.needs_action()
                && finding.actor == Actor::Holder
                && finding.urgency <= urgency
                && user.verified
                && user.email.contains('@')
                && user.service_user != Some(true);
            prop_assert_eq!(is_due, mailed.contains(&id), "{}", id);
        }
    }

    #[test]
    fn who_is_recorded_is_not_mailed_again_on_that_day(users in prop::collection::vec(drawn(), 1..12)) {
        let audit = built(&users, usize::MAX);
        let now = audit.run.times.started;
        let mails = planned(&audit, Urgency::Week);
        let mut past = PastMails::default();
        for batch in mails.chunks(10) {
            let record = MailedRecord::new(&audit, batch, now).to_json();
            prop_assert!(MailedRecord::read_into(record.as_bytes(), &mut past, &audit.run.id, now));
        }
        for urgency in [Urgency::Now, Urgency::Week] {
            let again = plan(&audit, &rule(urgency), &past, now);
            prop_assert!(again.mails.is_empty());
        }
        // On the next days there is nothing new. 2026-11-22 is a Sunday, and who was not mailed on the weekday is due after it.
        let mut weekly = rule(Urgency::Week);
        weekly.weekday = Weekday::Sat;
        for days in 1..6 {
            prop_assert!(plan(&audit, &weekly, &past, now.plus_days(days)).mails.is_empty());
        }
        weekly.weekday = Weekday::Mon;
        for days in 1..10 {
            prop_assert_eq!(&plan(&audit, &weekly, &past, now.plus_days(days)).mails, &mails);
        }
    }
}

#[test]
fn run_that_does_not_know_every_user_mails_nobody() {
    let mut domain = DomainBuilder::new("Default");
    domain.users_coverage().expected = Some(7);
    let mut complete = DomainBuilder::new("Dev");
    complete.user("u1", "jane.roe@example.com", &Person::default());
    domain
        .users_coverage()
        .gaps
        .push(credential_audit::model::ListGap::NoUserVisible);
    let audit = audit(run(), [domain, complete]);
    assert!(no_mail(&audit).is_some());
}
