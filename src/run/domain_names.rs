//! Names of domains: for people, and in the names of objects and files. Pure.
//!
//! A name comes from a list of domains that this run read, or else from the URL. Earlier runs, which this program may write,
//! name nothing: exceptions and known gaps accept what a name says.

use std::collections::HashSet;

use crate::http::endpoint::Endpoint;
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
            is_listed: false,
            object_name: String::new(),
        }
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
