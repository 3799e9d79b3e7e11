//! Validates a profile as Oracle's SDK does. Reads no file but to see whether a path exists.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::auth::error::InvalidSetting;
use crate::auth::ini;

use super::cli_settings::{CLI_REGION, Overrides};
use super::location::Homes;
use super::method::{self, Method, MethodPreference};

/// Region of a profile that sets none.
pub const REGION: &str = "OCI_REGION";

/// Key of the profile with the pass phrase of its private key.
pub(super) const PASS_PHRASE: &str = "pass_phrase";

/// A profile with all required values. The files that it names have not been read.
pub(super) struct ValidProfile {
    /// `None` if the credentials of the machine bring one.
    pub(super) region: Option<NamedText>,
    pub(super) tenancy: Option<String>,
    pub(super) signing: Signing,
}

/// A value, and the setting that has it.
#[derive(Clone, Debug)]
pub(super) struct NamedText {
    pub(super) text: String,
    pub(super) setting: String,
}

/// What signs.
pub(super) enum Signing {
    ApiKey {
        tenancy: String,
        user: String,
        fingerprint: NamedText,
        key: KeySource,
    },
    SecurityToken {
        token_file: PathBuf,
        key: KeySource,
    },
    DelegationToken {
        token_file: PathBuf,
    },
    InstancePrincipal,
    ResourcePrincipal,
}

/// A private key, and its pass phrase.
pub(super) struct KeySource {
    pub(super) setting: String,
    pub(super) place: KeyPlace,
    pub(super) pass_phrase: Option<PassPhrase>,
}

/// A pass phrase, and the setting that has it.
pub(super) struct PassPhrase {
    pub(super) setting: String,
    pub(super) text: Zeroizing<String>,
}

pub(super) enum KeyPlace {
    File(PathBuf),
    Text(Zeroizing<String>),
}

/// What values are read from: the environment first, then the profile.
pub(super) struct Sources<'a> {
    pub(super) profile: ini::Profile<'a>,
    pub(super) overrides: &'a Overrides,
    pub(super) homes: &'a Homes<'a>,
    /// `OCI_REGION`.
    pub(super) region: Option<String>,
    pub(super) is_file: &'a dyn Fn(&Path) -> bool,
}

/// Validates a profile as the SDK's `from_file` and `validate_config` do.
///
/// # Errors
///
/// All invalid values at once.
pub(super) fn validate(
    sources: &Sources<'_>,
    preference: MethodPreference,
) -> Result<ValidProfile, Vec<InvalidSetting>> {
    let mut values = ProfileReader {
        sources,
        problems: Vec::new(),
    };
    let method = match preference {
        MethodPreference::Any => values.method(),
        MethodPreference::Only(method) => Some(method),
    };
    let signing = match method {
        Some(Method::ApiKey) => values.api_key(),
        Some(Method::SecurityToken) => values.security_token(),
        Some(Method::DelegationToken) => values.delegation_token(),
        Some(Method::InstancePrincipal) => Some(Signing::InstancePrincipal),
        Some(Method::ResourcePrincipal) => Some(Signing::ResourcePrincipal),
        None => None,
    };
    let is_of_machine = matches!(
        signing,
        Some(
            Signing::InstancePrincipal
                | Signing::ResourcePrincipal
                | Signing::DelegationToken { .. }
        )
    );
    let region = values.region(is_of_machine);
    if let Some(entry) = sources.profile.get("key_content") {
        let expected = "a private key is not accepted inside the configuration file; put it into a separate file and set key_file to its path";
        values.problems.push(InvalidSetting::redacted(
            format!("key_content (line {})", entry.line),
            expected,
        ));
    }
    let tenancy = values.plain("tenancy").map(|tenancy| tenancy.text);
    match signing {
        Some(signing) if values.problems.is_empty() => Ok(ValidProfile {
            region,
            tenancy,
            signing,
        }),
        _ => Err(values.problems),
    }
}

/// Reads the values of a profile and collects the invalid ones.
struct ProfileReader<'a> {
    sources: &'a Sources<'a>,
    problems: Vec<InvalidSetting>,
}

impl ProfileReader<'_> {
    /// The value of a key as it is written; `None` if it is missing or empty.
    fn written(&self, key: &str) -> Option<NamedText> {
        let (text, setting) = match self.sources.overrides.get(key) {
            Some((value, variable)) => (value.to_string(), variable.to_owned()),
            None => {
                let entry = self.sources.profile.get(key)?;
                (
                    entry.value.to_string(),
                    format!("{key} (line {})", entry.line),
                )
            }
        };
        (!text.is_empty()).then_some(NamedText { text, setting })
    }

    /// The value without quotes around it, and without a comment behind it. OCIDs, fingerprints and regions have neither.
    fn plain(&self, key: &str) -> Option<NamedText> {
        let mut value = self.written(key)?;
        value.text = unquoted(without_comment(&value.text)).to_owned();
        (!value.text.is_empty()).then_some(value)
    }

    /// A path, and the setting that has it.
    fn path(&self, key: &str) -> Option<(PathBuf, String)> {
        let NamedText { text, setting } = self.written(key)?;
        let path = path_of(&text, self.sources.homes, self.sources.is_file)?;
        Some((path, setting))
    }

    fn missing(&mut self, key: &str, expected: &str) {
        self.problems.push(InvalidSetting::missing(key, expected));
    }

    fn matching(
        &mut self,
        key: &str,
        matches: fn(&str) -> bool,
        expected: &str,
    ) -> Option<NamedText> {
        let Some(value) = self.plain(key) else {
            self.missing(key, expected);
            return None;
        };
        if !matches(&value.text) {
            self.problems.push(InvalidSetting::invalid(
                &value.setting,
                &value.text,
                expected,
            ));
        }
        Some(value)
    }

    fn method(&mut self) -> Option<Method> {
        match method::of_profile(&self.sources.profile, self.sources.overrides) {
            Ok(method) => Some(method),
            Err(problem) => {
                self.problems.push(problem);
                // So that all other problems are found too.
                Some(Method::ApiKey)
            }
        }
    }

    fn region(&mut self, is_of_machine: bool) -> Option<NamedText> {
        let of_variable = self.sources.region.as_deref().map(str::trim);
        let of_variable = of_variable.filter(|region| !region.is_empty());
        let region = self.plain("region").or_else(|| {
            of_variable.map(|text| NamedText {
                text: text.to_owned(),
                setting: REGION.to_owned(),
            })
        });
        if region.is_none() && !is_of_machine {
            let expected = format!(
                "expected a region such as us-phoenix-1, here or in {CLI_REGION} or {REGION}"
            );
            self.missing("region", &expected);
        }
        region
    }

    fn key(&mut self) -> Option<KeySource> {
        let pass_phrase = self.written(PASS_PHRASE).map(|value| PassPhrase {
            setting: value.setting,
            text: Zeroizing::new(value.text),
        });
        // As in the SDK, the text wins. Only the environment can have it.
        if let Some((text, variable)) = self.sources.overrides.get("key_content") {
            return Some(KeySource {
                setting: variable.to_owned(),
                place: KeyPlace::Text(text.clone()),
                pass_phrase,
            });
        }
        let Some((file, setting)) = self.path("key_file") else {
            self.missing(
                "key_file",
                "expected the path of a PEM file with the private key",
            );
            return None;
        };
        Some(KeySource {
            setting,
            place: KeyPlace::File(file),
            pass_phrase,
        })
    }

    fn api_key(&mut self) -> Option<Signing> {
        let tenancy = self.matching(
            "tenancy",
            is_ocid,
            "expected the OCID of the tenancy, such as ocid1.tenancy.oc1..aaaa",
        );
        let user = self.matching(
            "user",
            is_ocid,
            "expected the OCID of the user, such as ocid1.user.oc1..aaaa",
        );
        let expected = "expected the fingerprint of the API key: 16 pairs of lower-case hex digits joined by colons";
        let fingerprint = self.matching("fingerprint", is_fingerprint, expected);
        let key = self.key();
        Some(Signing::ApiKey {
            tenancy: tenancy?.text,
            user: user?.text,
            fingerprint: fingerprint?,
            key: key?,
        })
    }

    fn security_token(&mut self) -> Option<Signing> {
        let file = self.path("security_token_file");
        if file.is_none() {
            self.missing(
                "security_token_file",
                "create a session with 'oci session authenticate', or use an API key",
            );
        }
        let key = self.key();
        Some(Signing::SecurityToken {
            token_file: file?.0,
            key: key?,
        })
    }

    fn delegation_token(&mut self) -> Option<Signing> {
        let file = self.path("delegation_token_file");
        if file.is_none() {
            self.missing(
                "delegation_token_file",
                "expected the path of the token that Cloud Shell provides, such as /etc/oci/delegation_token",
            );
        }
        Some(Signing::DelegationToken {
            token_file: file?.0,
        })
    }
}

/// The path in a value. It may have quotes around it or a comment behind it, unless there is a file of the whole name. `None` if
/// nothing is between the quotes.
pub(super) fn path_of(
    text: &str,
    homes: &Homes<'_>,
    is_file: &dyn Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let whole = homes.expand(text);
    if is_file(&whole) {
        return Some(whole);
    }
    let text = unquoted(without_comment(text));
    (!text.is_empty()).then(|| homes.expand(text))
}

/// The text before white space and a comment sign.
fn without_comment(text: &str) -> &str {
    let starts = text
        .char_indices()
        .zip(text.chars().skip(1))
        .filter(|((_, before), sign)| before.is_whitespace() && ['#', ';'].contains(sign));
    match starts.map(|((position, _), _)| position).next() {
        Some(position) => text[..position].trim_end(),
        None => text,
    }
}

/// The text between two quotes of the same kind.
fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).map_or(text, str::trim)
}

/// The SDK's pattern for `tenancy` and `user`: `^([0-9a-zA-Z-_]+[.:])([0-9a-zA-Z-_]*[.:]){3,}([0-9a-zA-Z-_]+)$`.
fn is_ocid(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['.', ':']).collect();
    let word = |part: &&str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    parts.len() >= 5
        && parts.iter().all(word)
        && !parts[0].is_empty()
        && !parts[parts.len() - 1].is_empty()
}

/// The SDK's pattern for `fingerprint`: `^([0-9a-f]{2}:){15}[0-9a-f]{2}$`.
fn is_fingerprint(text: &str) -> bool {
    let pair = |pair: &str| {
        pair.len() == 2
            && pair
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    text.split(':').count() == 16 && text.split(':').all(pair)
}
