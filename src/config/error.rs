//! Errors of settings.

use std::fmt;

/// An invalid setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// Name of the setting.
    pub setting: String,
    /// Its value; `None` if it is not set.
    pub value: Option<String>,
    /// The expected value.
    pub expected: String,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(
                f,
                "{} is `{value}`; expected {}",
                self.setting, self.expected
            ),
            None => write!(f, "{} is not set; expected {}", self.setting, self.expected),
        }
    }
}

/// All invalid settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct ConfigError(pub Vec<SettingError>);

impl ConfigError {
    /// Names settings as a person wrote them: `written` returns the flag or the key of a file that has a setting's value.
    #[must_use]
    pub fn as_written(mut self, written: impl Fn(&str) -> Option<String>) -> Self {
        for problem in &mut self.0 {
            if let Some(name) = written(&problem.setting) {
                problem.setting = name;
            }
        }
        self
    }
}
