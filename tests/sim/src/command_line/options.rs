//! The options of the program.

use crate::ResourceType;
use chrono::{DateTime, SubsecRound as _, Utc};
use std::path::PathBuf;
use std::time::Duration;

pub(super) const HELP: &str = "\
tenancy-sim: serves a simulated OCI tenancy on loopback ports until SIGINT or SIGTERM

SIGHUP renews the token and key of the resource principal, and refuses the previous token from then on. A line on stdout
confirms it.

Usage: tenancy-sim [OPTION]...
       tenancy-sim agent ...       acts as the Fn agent for the command of a function

Options:
  --domains N          identity domains: Default, Domain2, Domain3 and so on (default 1)
  --users N            users in each identity domain (default 100)
  --seed N             the seed of users and credentials (default 1)
  --as-of TIME         the instant that all dates are relative to, RFC 3339 (default now)
  --host HOST          a value of the host header that every service accepts too, for a server in front of it (repeatable)
  --latency-ms N       delay of every response (default 0)
  --license NAME       free, oracle-apps, oracle-apps-premium, premium or external-user (default free)
  --audit-events       generate events of OCI Audit, which Logging Search finds
  --rate-limits        answer 429 beyond the limits of the license
  --refuse LIST=STATUS answer every request for a list with a status, such as SmtpCredentials=403 (repeatable)
  --token-seconds N    lifetime of the tokens of resource principal and session (default 86400)
  --directory DIR      the directory for configuration and keys (default: a temporary one, removed at the end)
  --print-json         print one JSON object instead of text
  --help               this text
";

const LICENSES: [&str; 5] = [
    "free",
    "oracle-apps",
    "oracle-apps-premium",
    "premium",
    "external-user",
];

/// Each domain takes a port, and memory for the listings it renders.
const MAX_DOMAINS: usize = 100;

/// The parsed arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Options {
    pub(super) domains: usize,
    pub(super) users: usize,
    pub(super) seed: u64,
    pub(super) as_of: DateTime<Utc>,
    pub(super) hosts: Vec<String>,
    pub(super) latency: Duration,
    pub(super) license: String,
    pub(super) rate_limits: bool,
    pub(super) audit_events: bool,
    pub(super) refused: Vec<(ResourceType, u16)>,
    pub(super) token_lifetime: Duration,
    pub(super) directory: Option<PathBuf>,
    pub(super) print_json: bool,
}

impl Options {
    /// The names of the identity domains.
    pub(super) fn domain_names(&self) -> Vec<String> {
        let further = (2..=self.domains).map(|number| format!("Domain{number}"));
        std::iter::once("Default".to_owned())
            .chain(further)
            .collect()
    }

    /// Parses the arguments; `None` if they ask for help.
    pub(super) fn parse(arguments: &[String]) -> Result<Option<Self>, String> {
        let mut options = Self {
            domains: 1,
            users: 100,
            seed: 1,
            // Whole seconds, which every reader accepts.
            as_of: Utc::now().trunc_subsecs(0),
            hosts: Vec::new(),
            latency: Duration::ZERO,
            license: "free".to_owned(),
            rate_limits: false,
            audit_events: false,
            refused: Vec::new(),
            token_lifetime: Duration::from_secs(86_400),
            directory: None,
            print_json: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let (name, inline) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            match name {
                "--help" | "-h" => return Ok(None),
                "--rate-limits" if inline.is_none() => options.rate_limits = true,
                "--audit-events" if inline.is_none() => options.audit_events = true,
                "--print-json" if inline.is_none() => options.print_json = true,
                "--domains" | "--users" | "--seed" | "--as-of" | "--latency-ms" | "--license"
                | "--host" | "--refuse" | "--token-seconds" | "--directory" => {
                    let value = inline.or_else(|| arguments.next().cloned());
                    let value = value.ok_or_else(|| format!("the option {name} needs a value"))?;
                    options.set(name, &value)?;
                }
                _ => return Err(format!("unknown argument {argument}")),
            }
        }
        Ok(Some(options))
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("{name} takes a number, not {value}"))
        };
        match name {
            "--domains" => {
                self.domains = usize::try_from(number()?)
                    .ok()
                    .filter(|domains| (1..=MAX_DOMAINS).contains(domains))
                    .ok_or_else(|| format!("{name} takes 1 to {MAX_DOMAINS}, not {value}"))?;
            }
            "--users" => {
                self.users = usize::try_from(number()?).map_err(|error| error.to_string())?;
            }
            "--seed" => self.seed = number()?,
            "--as-of" => {
                self.as_of = value
                    .parse()
                    .map_err(|_| format!("{name} takes an RFC 3339 instant, not {value}"))?;
            }
            "--host" => self.hosts.push(value.to_owned()),
            "--latency-ms" => self.latency = Duration::from_millis(number()?),
            "--token-seconds" => self.token_lifetime = Duration::from_secs(number()?),
            "--refuse" => self.refused.push(refusal(value).ok_or_else(|| {
                format!(
                    "{name} takes a list and a status, such as SmtpCredentials=403, not {value}"
                )
            })?),
            "--license" if LICENSES.contains(&value) => value.clone_into(&mut self.license),
            "--license" => {
                return Err(format!(
                    "{name} takes one of {}, not {value}",
                    LICENSES.join(", ")
                ));
            }
            _ => self.directory = Some(value.into()),
        }
        Ok(())
    }
}

/// Parses `SmtpCredentials=403`.
fn refusal(text: &str) -> Option<(ResourceType, u16)> {
    let (segment, status) = text.split_once('=')?;
    let status = status.parse().ok();
    let status = status.filter(|status| (400..600).contains(status))?;
    Some((ResourceType::from_segment(segment)?, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<Options>, String> {
        Options::parse(
            &text
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn values_follow_or_are_joined_by_an_equals_sign() {
        let options =
            parse("--users 5 --seed=7 --as-of 2026-01-15T06:00:00Z --license premium --print-json")
                .unwrap()
                .unwrap();
        assert_eq!((options.users, options.seed), (5, 7));
        assert_eq!(options.as_of.timestamp(), 1_768_456_800);
        assert_eq!(options.license, "premium");
        assert!(options.print_json && !options.rate_limits);
        assert_eq!(options.domain_names(), ["Default"]);
        assert_eq!(parse("--users 5 --help").unwrap(), None);
    }

    #[test]
    fn each_refused_list_has_its_own_status() {
        let options = parse("--refuse SmtpCredentials=403 --refuse=Users=404")
            .unwrap()
            .unwrap();
        let expected = [
            (ResourceType::SmtpCredentials, 403),
            (ResourceType::Users, 404),
        ];
        assert_eq!(options.refused, expected);
    }

    #[test]
    fn further_domains_are_numbered() {
        let options = parse("--domains 3").unwrap().unwrap();
        assert_eq!(options.domain_names(), ["Default", "Domain2", "Domain3"]);
    }

    #[test]
    fn usage_error_names_the_argument() {
        for (text, expected) in [
            ("--user 5", "--user"),
            ("5", "unknown argument 5"),
            ("--users", "needs a value"),
            ("--users many", "takes a number"),
            ("--domains 0", "takes 1 to 100"),
            ("--domains 101", "takes 1 to 100"),
            ("--as-of yesterday", "RFC 3339"),
            ("--license gold", "one of free"),
            ("--print-json=yes", "unknown argument"),
            ("--refuse smtp=403", "a list and a status"),
            ("--refuse SmtpCredentials=200", "a list and a status"),
            ("--refuse SmtpCredentials", "a list and a status"),
        ] {
            assert!(parse(text).unwrap_err().contains(expected), "{text}");
        }
    }
}
