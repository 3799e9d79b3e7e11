//! Parses `~/.oci/config` like Python's `configparser`, which Oracle's SDK and command line use.
//!
//! Pure. The rules are Python's defaults with interpolation off:
//!
//! - `[name]` starts a profile. Every profile inherits the keys of `[DEFAULT]`.
//! - `key = value` or `key: value`; the first of the two characters separates. Keys are case-insensitive.
//! - A line that starts with `#` or `;`, after white space, is a comment. A value has no trailing comment.
//! - A line indented deeper than the key before it continues the value of that key, after a line break.
//! - A duplicate profile, a duplicate key and any other line are errors.
//!
//! Unlike Python, skips a byte order mark at the start.
//!
//! Written by hand, because INI crates have other rules and do not wipe values from memory.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

/// Name of the profile that all others inherit from.
pub const DEFAULT_PROFILE: &str = "DEFAULT";

/// All profiles of a file. `Debug` prints profiles and keys, but no values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Profiles {
    defaults: Keys,
    /// In the order of the file.
    profiles: Vec<(String, Keys)>,
}

type Keys = BTreeMap<String, IniValue>;

/// A value and its line.
#[derive(Clone, PartialEq, Eq)]
pub struct IniValue {
    /// The trimmed value; wiped when dropped, because it may be a pass phrase.
    pub value: Zeroizing<String>,
    /// Line of the key, from 1.
    pub line: usize,
}

/// A profile and the keys that it inherits.
#[derive(Clone, Copy)]
pub struct Profile<'a> {
    own: &'a Keys,
    defaults: &'a Keys,
}

impl<'a> Profile<'a> {
    /// Returns the value of `key` (in lower case): the profile's own, else the inherited one.
    pub fn get(&self, key: &str) -> Option<&'a IniValue> {
        self.own(key).or_else(|| self.defaults.get(key))
    }

    /// Returns the profile's own value of `key` (in lower case).
    pub fn own(&self, key: &str) -> Option<&'a IniValue> {
        self.own.get(key)
    }

    /// A profile without keys, for values that are all in the environment.
    pub const fn empty() -> Self {
        const NONE: &Keys = &Keys::new();
        Self {
            own: NONE,
            defaults: NONE,
        }
    }
}

impl Profiles {
    /// Returns a profile by its case-sensitive name. `DEFAULT` exists if it has at least one key.
    pub fn get(&self, name: &str) -> Option<Profile<'_>> {
        let own = if name == DEFAULT_PROFILE {
            Some(&self.defaults).filter(|keys| !keys.is_empty())
        } else {
            self.profiles
                .iter()
                .find(|(profile, _)| profile == name)
                .map(|(_, keys)| keys)
        };
        own.map(|own| Profile {
            own,
            defaults: &self.defaults,
        })
    }

    /// Names of the profiles, `DEFAULT` first.
    pub fn names(&self) -> Vec<String> {
        let default = (!self.defaults.is_empty()).then(|| DEFAULT_PROFILE.to_owned());
        default
            .into_iter()
            .chain(self.profiles.iter().map(|(name, _)| name.clone()))
            .collect()
    }
}

impl fmt::Debug for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = std::iter::once((DEFAULT_PROFILE, &self.defaults));
        let all = default.chain(
            self.profiles
                .iter()
                .map(|(name, keys)| (name.as_str(), keys)),
        );
        f.debug_map()
            .entries(all.map(|(name, keys)| (name, keys.keys().collect::<Vec<_>>())))
            .finish()
    }
}

impl fmt::Debug for IniValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Profile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("own", &self.own.keys())
            .field("inherited", &self.defaults.keys())
            .finish()
    }
}

/// A malformed line. Its text is not stored, because it may be a pass phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct SyntaxError {
    /// Line number, from 1.
    pub line: usize,
    /// Why it is malformed.
    pub reason: SyntaxReason,
}

/// Why a line is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxReason {
    /// A key before the first profile.
    #[error("expected a profile first, such as [DEFAULT]")]
    OutsideProfile,
    /// Not a profile, a key with a value, or a comment.
    #[error("expected 'key = value', '[profile]', or a comment that starts with #")]
    UnexpectedLine,
    /// A second profile of this name.
    #[error("duplicate profile; merge the two")]
    DuplicateProfile,
    /// A second value for this key.
    #[error("duplicate key in this profile; remove one")]
    DuplicateKey,
}

/// Parses the text of a configuration file.
///
/// # Errors
///
/// [`SyntaxError`] for the first line that breaks a rule of the module.
pub fn parse(text: &str) -> Result<Profiles, SyntaxError> {
    let mut parser = Parser::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // CR, LF and CRLF each end a line, as in Python's text mode.
    let lines = text
        .split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'));
    for (index, line) in lines.enumerate() {
        let number = index + 1;
        parser.line(number, line).map_err(|reason| SyntaxError {
            line: number,
            reason,
        })?;
    }
    parser.close_value();
    Ok(parser.profiles)
}

#[derive(Default)]
struct Parser {
    profiles: Profiles,
    /// Target of the next keys.
    section: Option<Section>,
    /// Key whose value may continue on the next line.
    open: Option<OpenValue>,
    /// Indentation of the last key or profile.
    indent: usize,
}

#[derive(Clone, Copy)]
enum Section {
    Defaults,
    Profile(usize),
}

struct OpenValue {
    key: String,
    value: IniValue,
}

impl Parser {
    fn line(&mut self, number: usize, line: &str) -> Result<(), SyntaxReason> {
        let text = line.trim();
        if text.starts_with(['#', ';']) {
            return Ok(());
        }
        if text.is_empty() {
            // An empty line may be part of a value; at the end of a value it is trimmed.
            if let Some(open) = &mut self.open {
                open.value.value.push('\n');
            }
            return Ok(());
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        if let Some(open) = &mut self.open
            && indent > self.indent
        {
            open.value.value.push('\n');
            open.value.value.push_str(text);
            return Ok(());
        }
        self.close_value();
        self.indent = indent;
        if let Some(name) = profile_name(text) {
            return self.start_profile(name);
        }
        let section = self.section.ok_or(SyntaxReason::OutsideProfile)?;
        let (key, value) = text
            .split_once(['=', ':'])
            .ok_or(SyntaxReason::UnexpectedLine)?;
        let key = key.trim_end().to_lowercase();
        if key.is_empty() {
            return Err(SyntaxReason::UnexpectedLine);
        }
        if self.keys(section).contains_key(&key) {
            return Err(SyntaxReason::DuplicateKey);
        }
        self.open = Some(OpenValue {
            key,
            value: IniValue {
                value: Zeroizing::new(value.trim().to_owned()),
                line: number,
            },
        });
        Ok(())
    }

    fn start_profile(&mut self, name: &str) -> Result<(), SyntaxReason> {
        self.section = Some(if name == DEFAULT_PROFILE {
            // As in Python, this profile may appear again.
            Section::Defaults
        } else {
            let profiles = &mut self.profiles.profiles;
            if profiles.iter().any(|(other, _)| other == name) {
                return Err(SyntaxReason::DuplicateProfile);
            }
            profiles.push((name.to_owned(), Keys::new()));
            Section::Profile(profiles.len() - 1)
        });
        Ok(())
    }

    fn close_value(&mut self) {
        if let (Some(OpenValue { key, mut value }), Some(section)) =
            (self.open.take(), self.section)
        {
            let length = value.value.trim_end().len();
            value.value.truncate(length);
            self.keys(section).insert(key, value);
        }
    }

    fn keys(&mut self, section: Section) -> &mut Keys {
        match section {
            Section::Defaults => &mut self.profiles.defaults,
            Section::Profile(index) => &mut self.profiles.profiles[index].1,
        }
    }
}

/// Returns the name between the first and the last bracket. Like Python, ignores the text after it.
fn profile_name(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('[')?.rsplit_once(']')?;
    Some(name).filter(|name| !name.is_empty())
}
