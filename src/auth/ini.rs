//! The text of `~/.oci/config`, understood as Python's `configparser` does, which is what Oracle's SDK and command line use.
//!
//! Pure: text in, profiles out. The rules, all of Python's defaults with interpolation off:
//!
//! - `[name]` begins a profile; what stands in `[DEFAULT]` is inherited by every other profile.
//! - `key = value` or `key: value`; whichever of the two characters comes first divides. Keys ignore case.
//! - A line that begins with `#` or `;`, after blanks, is a comment. There are no comments behind a value.
//! - A line indented deeper than the key before it continues that key's value, after a line break.
//! - A profile or a key given twice is an error, and so is a line that is none of the above.
//!
//! A byte order mark at the beginning is passed over, which Python does not do.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

/// The name of the profile that all others inherit from.
pub const DEFAULT_PROFILE: &str = "DEFAULT";

/// Every profile of a file. `Debug` names profiles and keys and shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Profiles {
    defaults: Keys,
    /// In the order of the file.
    profiles: Vec<(String, Keys)>,
}

type Keys = BTreeMap<String, IniValue>;

/// A value and where it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct IniValue {
    /// The value, without blanks around it; wiped when dropped, since it may be a pass phrase.
    pub value: Zeroizing<String>,
    /// The line of the key, from 1.
    pub line: usize,
}

/// One profile with what it inherits.
#[derive(Clone, Copy)]
pub struct Profile<'a> {
    own: &'a Keys,
    defaults: &'a Keys,
}

impl<'a> Profile<'a> {
    /// The entry of `key`, which is in lower case: the profile's own, else the inherited one.
    pub fn get(&self, key: &str) -> Option<&'a IniValue> {
        self.own.get(key).or_else(|| self.defaults.get(key))
    }
}

impl Profiles {
    /// The profile of this name, which does not ignore case. `DEFAULT` is there if it has at least one key.
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

    /// The names of the profiles, `DEFAULT` first.
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

/// A line that cannot be understood. Its text is not kept: it may be a pass phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: SyntaxReason,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxReason {
    /// There is no profile yet that it could belong to.
    #[error("a profile must begin first, with a line as [DEFAULT]")]
    OutsideProfile,
    /// Neither a profile, nor a key with a value, nor a comment.
    #[error("expected 'key = value', '[profile]', or a comment that begins with #")]
    UnexpectedLine,
    /// A profile of that name came before.
    #[error("this profile is in the file twice; merge the two")]
    DuplicateProfile,
    /// The profile has that key already.
    #[error("this key is in the profile twice; remove one")]
    DuplicateKey,
}

/// Understands the text of a configuration file.
///
/// # Errors
///
/// [`SyntaxError`] for the first line that breaks a rule of the module.
pub fn parse(text: &str) -> Result<Profiles, SyntaxError> {
    let mut parser = Parser::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // A lone carriage return ends a line too, and one before a line feed belongs to it, as in Python's text mode.
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
    /// Where keys go.
    profile: Option<Section>,
    /// The key whose value may still be continued.
    open: Option<OpenValue>,
    /// Blanks before the key or profile that came last.
    indent: usize,
}

#[derive(Clone, Copy)]
enum Section {
    Defaults,
    Profile(usize),
}

struct OpenValue {
    key: String,
    entry: IniValue,
}

impl Parser {
    fn line(&mut self, number: usize, line: &str) -> Result<(), SyntaxReason> {
        let text = line.trim();
        if text.starts_with(['#', ';']) {
            return Ok(());
        }
        if text.is_empty() {
            // An empty line may stand in the middle of a value; at its end it is cut off.
            if let Some(open) = &mut self.open {
                open.entry.value.push('\n');
            }
            return Ok(());
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        if let Some(open) = &mut self.open
            && indent > self.indent
        {
            open.entry.value.push('\n');
            open.entry.value.push_str(text);
            return Ok(());
        }
        self.close_value();
        self.indent = indent;
        if let Some(name) = profile_name(text) {
            return self.begin_profile(name);
        }
        let target = self.profile.ok_or(SyntaxReason::OutsideProfile)?;
        let (key, value) = text
            .split_once(['=', ':'])
            .ok_or(SyntaxReason::UnexpectedLine)?;
        let key = key.trim_end().to_lowercase();
        if key.is_empty() {
            return Err(SyntaxReason::UnexpectedLine);
        }
        if self.keys(target).contains_key(&key) {
            return Err(SyntaxReason::DuplicateKey);
        }
        self.open = Some(OpenValue {
            key,
            entry: IniValue {
                value: Zeroizing::new(value.trim().to_owned()),
                line: number,
            },
        });
        Ok(())
    }

    fn begin_profile(&mut self, name: &str) -> Result<(), SyntaxReason> {
        self.profile = Some(if name == DEFAULT_PROFILE {
            // Python lets this one begin again.
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
        if let (Some(OpenValue { key, mut entry }), Some(target)) = (self.open.take(), self.profile)
        {
            let length = entry.value.trim_end().len();
            entry.value.truncate(length);
            self.keys(target).insert(key, entry);
        }
    }

    fn keys(&mut self, target: Section) -> &mut Keys {
        match target {
            Section::Defaults => &mut self.profiles.defaults,
            Section::Profile(index) => &mut self.profiles.profiles[index].1,
        }
    }
}

/// The name between the first bracket, which begins the line, and the last; Python ignores what follows.
fn profile_name(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('[')?.rsplit_once(']')?;
    Some(name).filter(|name| !name.is_empty())
}
