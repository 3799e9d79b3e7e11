//! Names of domains: for people, and in the names of objects and files. Pure.

use std::collections::HashSet;

use crate::http::endpoint::Endpoint;
use crate::judge::changes::PastDomain;
use crate::model::Domain;

/// Max bytes of a domain's part of an object name. Prefix, date and run id come before it.
const MAX_OBJECT_NAME_BYTES: usize = 80;

/// The first label of the host, or the whole host if it is an IP address.
pub fn first_label(endpoint: &Endpoint) -> String {
    let host = endpoint.host();
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    if is_address {
        host.to_owned()
    } else {
        host.split('.').next().unwrap_or(host).to_owned()
    }
}

/// Gives domains that no list had the names of an earlier run. Otherwise exceptions and gaps, which name domains, would
/// accept nothing while the list cannot be read.
pub fn name_as_before<'a>(domains: impl Iterator<Item = &'a mut Domain>, before: &[PastDomain]) {
    let mut domains: Vec<_> = domains.collect();
    for domain in &mut domains {
        if domain.ocid.is_none()
            && let Some(known) = before.iter().find(|known| known.url == domain.url)
        {
            domain.name.clone_from(&known.name);
        }
    }
    name_objects(domains.into_iter());
}

/// Gives every domain a unique name that is safe in an object name, a file name and a URL. Names differ by more than case,
/// because reports are downloaded to file systems that ignore case.
pub fn name_objects<'a>(domains: impl Iterator<Item = &'a mut Domain>) {
    let mut domains: Vec<_> = domains.collect();
    domains.sort_by(|left, right| (&left.name, &left.url).cmp(&(&right.name, &right.url)));
    let mut taken = HashSet::new();
    for domain in domains {
        let mut stem = safe(&domain.name);
        if stem.is_empty() {
            let label = Endpoint::parse(&domain.url).map(|endpoint| first_label(&endpoint));
            stem = safe(&label.unwrap_or_default());
        }
        let name = (1_u32..)
            .map(|number| {
                if number == 1 {
                    stem.clone()
                } else {
                    format!("{stem}-{number}")
                }
            })
            .find(|name| taken.insert(name.to_lowercase()));
        domain.object_name = name.unwrap_or(stem);
    }
}

fn safe(name: &str) -> String {
    let mut safe = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric()
            || character == '_'
            || (character == '.' && !safe.is_empty())
        {
            safe.push(character);
        } else if !safe.is_empty() && !safe.ends_with('-') {
            safe.push('-');
        }
    }
    safe.truncate(MAX_OBJECT_NAME_BYTES);
    safe.trim_end_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential_type::CredentialTypes;

    fn named(names: &[&str]) -> Vec<String> {
        let mut domains: Vec<_> = (0..).zip(names).map(at).collect();
        name_objects(domains.iter_mut());
        domains.sort_by(|left, right| (&left.name, &left.url).cmp(&(&right.name, &right.url)));
        domains
            .into_iter()
            .map(|domain| domain.object_name)
            .collect()
    }

    /// A domain that no list has.
    fn at((index, name): (usize, &&str)) -> Domain {
        let url = format!("https://idcs-{index}.identity.oraclecloud.com");
        Domain {
            name: (*name).to_owned(),
            url: Endpoint::parse(&url).expect("a URL").to_string(),
            ocid: None,
            license: None,
            is_default: None,
            object_name: String::new(),
        }
    }

    #[test]
    fn only_domains_without_ocid_get_their_earlier_names() {
        let mut domains: Vec<_> = (0..).zip(&["idcs-0", "Dev", "idcs-2"]).map(at).collect();
        domains[1].ocid = Some("ocid1.domain.oc1..dev".to_owned());
        let before: Vec<_> = (0..).zip(&["Dev", "Old name"]).map(at).collect();
        let before: Vec<_> = before
            .into_iter()
            .map(|domain| PastDomain {
                name: domain.name,
                url: domain.url,
                users_complete: true,
                complete: CredentialTypes::ALL,
            })
            .collect();
        name_as_before(domains.iter_mut(), &before);
        let named: Vec<_> = domains
            .iter()
            .map(|domain| (domain.name.as_str(), domain.object_name.as_str()))
            .collect();
        assert_eq!(
            named,
            [("Dev", "Dev"), ("Dev", "Dev-2"), ("idcs-2", "idcs-2")]
        );
    }

    #[test]
    fn object_names_are_safe_and_unique() {
        assert_eq!(named(&["Default"]), ["Default"]);
        assert_eq!(
            named(&["Dev/Test", "dev test", "dev-test"]),
            ["Dev-Test", "dev-test-2", "dev-test-3"]
        );
        assert_eq!(named(&["研发"]), ["idcs-0"]);
        assert_eq!(named(&["../../etc", "."]), ["idcs-1", "etc"]);
        assert!(named(&[&"x".repeat(500)])[0].len() <= MAX_OBJECT_NAME_BYTES);
    }
}
