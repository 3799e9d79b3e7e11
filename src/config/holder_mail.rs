//! The settings of mails to holders.

use chrono::Weekday;

use crate::env;
use crate::judge::action::Urgency;
use crate::judge::holder_mail::{MailRule, address};
use crate::oci::regions::Region;
use crate::report::holder_mail::Contact;

use super::reader::Reader;
use super::settings::{HolderMailSettings, MailEffect};

/// Max characters of the contact: it is in every mail.
const MAX_CONTACT_CHARS: usize = 200;

impl Reader<'_> {
    /// Mails to holders; `None` if they are off. Settings that a preview does not need may still be invalid.
    pub(super) fn holder_mail(
        &mut self,
        region: &Region,
        weekday: Weekday,
    ) -> Option<HolderMailSettings> {
        let word = self.text(env::HOLDER_MAIL).map(|word| word.to_lowercase());
        let (effect, urgency) = match word.as_deref() {
            None | Some("off") => (None, Urgency::Week),
            Some("preview") => (Some(MailEffect::Preview), Urgency::Week),
            Some("now") => (Some(MailEffect::Send), Urgency::Now),
            Some("week") => (Some(MailEffect::Send), Urgency::Week),
            Some(_) => {
                self.reject(env::HOLDER_MAIL, word, "off, preview, now or week");
                (None, Urgency::Week)
            }
        };
        let is_sent = effect == Some(MailEffect::Send);
        let settings = HolderMailSettings {
            effect: effect.unwrap_or(MailEffect::Preview),
            rule: MailRule {
                urgency,
                domains: self.mail_domains(),
                weekday,
            },
            sender: self.mail_sender(is_sent),
            compartment: self.mail_compartment(is_sent),
            contact: self.mail_contact(),
            endpoint: self.endpoint(env::EMAIL_ENDPOINT, &region.email_endpoint()),
        };
        effect.map(|_| settings)
    }

    fn mail_domains(&mut self) -> Vec<String> {
        let mut domains = Vec::new();
        for text in self.list(env::HOLDER_MAIL_DOMAINS) {
            let lower = text.to_ascii_lowercase();
            if address::is_host(&lower) {
                domains.push(lower);
            } else {
                let expected = "a comma-separated list of the domains of e-mail addresses, such as example.com";
                self.reject(env::HOLDER_MAIL_DOMAINS, Some(text), expected);
            }
        }
        domains
    }

    fn mail_sender(&mut self, is_required: bool) -> String {
        let expected =
            "the e-mail address of an approved sender of Email Delivery, such as audit@example.com";
        let Some(text) = self.text(env::HOLDER_MAIL_SENDER) else {
            if is_required {
                self.reject(env::HOLDER_MAIL_SENDER, None, expected);
            }
            return String::new();
        };
        if address::folded(&text).is_none() {
            self.reject(env::HOLDER_MAIL_SENDER, Some(text.clone()), expected);
        }
        text
    }

    fn mail_compartment(&mut self, is_required: bool) -> String {
        let expected = "the OCID of the compartment, or tenancy, of the approved sender";
        let Some(text) = self.text(env::HOLDER_MAIL_COMPARTMENT) else {
            if is_required {
                self.reject(env::HOLDER_MAIL_COMPARTMENT, None, expected);
            }
            return String::new();
        };
        let is_ocid = ["ocid1.compartment.", "ocid1.tenancy."]
            .iter()
            .any(|begin| text.starts_with(begin));
        if !is_ocid || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.reject(env::HOLDER_MAIL_COMPARTMENT, Some(text.clone()), expected);
        }
        text
    }

    fn mail_contact(&mut self) -> Option<Contact> {
        let text = self.text(env::HOLDER_MAIL_CONTACT)?;
        if text.chars().count() > MAX_CONTACT_CHARS || text.contains(char::is_control) {
            let expected = format!(
                "an https URL, an e-mail address or words, of at most {MAX_CONTACT_CHARS} characters on one line"
            );
            self.reject(env::HOLDER_MAIL_CONTACT, Some(text.clone()), expected);
        }
        Some(if address::folded(&text).is_some() {
            Contact::Address(text)
        } else if text.starts_with("https://") && !text.contains(char::is_whitespace) {
            Contact::Page(text)
        } else {
            Contact::Words(text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const REQUIRED: [(&str, &str); 2] = [
        ("AUDIT_BUCKET", "reports"),
        ("AUDIT_TOPIC_ID", "ocid1.onstopic.oc1.phx.x"),
    ];

    fn read(settings: &[(&str, &str)]) -> Result<Option<HolderMailSettings>, String> {
        let lookup = |name: &str| {
            let given = settings.iter().chain(&REQUIRED);
            let mut given = given.filter(|(setting, _)| *setting == name);
            given.next().map(|(_, value)| (*value).to_owned())
        };
        Config::from_lookup("us-phoenix-1", lookup)
            .map(|config| config.holder_mail)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn mail_is_off_and_a_preview_needs_no_sender() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("AUDIT_HOLDER_MAIL", "off")]), Ok(None));
        let preview = read(&[("AUDIT_HOLDER_MAIL", "preview")]).expect("valid");
        assert_eq!(preview.map(|mail| mail.effect), Some(MailEffect::Preview));
    }

    #[test]
    fn sending_needs_a_sender_and_its_compartment() {
        let error = read(&[("AUDIT_HOLDER_MAIL", "week")]).expect_err("a problem");
        assert!(error.contains("AUDIT_HOLDER_MAIL_SENDER"), "{error}");
        assert!(error.contains("AUDIT_HOLDER_MAIL_COMPARTMENT"), "{error}");
        let valid = [
            ("AUDIT_HOLDER_MAIL", "now"),
            ("AUDIT_HOLDER_MAIL_SENDER", "audit@example.com"),
            ("AUDIT_HOLDER_MAIL_COMPARTMENT", "ocid1.tenancy.oc1..x"),
            ("AUDIT_HOLDER_MAIL_DOMAINS", "Example.com, mail.example.com"),
            ("AUDIT_HOLDER_MAIL_CONTACT", "https://wiki.example.com/keys"),
        ];
        let mail = read(&valid).expect("valid").expect("mail");
        assert_eq!(mail.rule.urgency, Urgency::Now);
        assert_eq!(mail.rule.domains, ["example.com", "mail.example.com"]);
        let page = Contact::Page("https://wiki.example.com/keys".to_owned());
        assert_eq!(mail.contact, Some(page));
        assert_eq!(
            mail.endpoint.to_string(),
            "https://cell0.submit.email.us-phoenix-1.oci.oraclecloud.com"
        );
        for (name, value) in [
            ("AUDIT_HOLDER_MAIL", "all"),
            ("AUDIT_HOLDER_MAIL_SENDER", "Audit <audit@example.com>"),
            ("AUDIT_HOLDER_MAIL_COMPARTMENT", "root"),
            ("AUDIT_HOLDER_MAIL_DOMAINS", "@example.com"),
            ("AUDIT_HOLDER_MAIL_CONTACT", "two\nlines"),
        ] {
            let mut settings = vec![(name, value)];
            settings.extend(valid);
            let error = read(&settings).expect_err(name);
            assert!(error.contains(name), "{error}");
        }
    }
}
