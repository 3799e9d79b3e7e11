//! Parses values of settings. An invalid setting is recorded and replaced by a placeholder, so that one pass finds all.

use std::str::FromStr;

use crate::credential_type::CREDENTIAL_TYPES;
use crate::env;
use crate::http::endpoint::{Endpoint, redact_user_info};

use super::error::{ConfigError, SettingError};
use super::settings::parse_log_level;

/// Parses settings and collects the invalid ones.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<SettingError>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            lookup,
            problems: Vec::new(),
        }
    }

    /// Returns `settings`.
    ///
    /// # Errors
    ///
    /// All invalid settings.
    pub(super) fn finish<T>(mut self, settings: T) -> Result<T, ConfigError> {
        self.check_utf8();
        if self.problems.is_empty() {
            Ok(settings)
        } else {
            Err(ConfigError(self.problems))
        }
    }

    /// The trimmed value; `None` if it is unset or empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    /// Records an invalid setting.
    pub(super) fn reject(
        &mut self,
        setting: &str,
        value: Option<String>,
        expected: impl Into<String>,
    ) {
        self.problems.push(SettingError {
            setting: setting.to_owned(),
            value,
            expected: expected.into(),
        });
    }

    pub(super) fn required(&mut self, name: &str, expected: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.reject(name, None, expected);
            String::new()
        })
    }

    pub(super) fn parse_word<T: FromStr + Default>(&mut self, name: &str, expected: &str) -> T {
        let Some(text) = self.text(name) else {
            return T::default();
        };
        text.to_lowercase().parse().unwrap_or_else(|_| {
            self.reject(name, Some(text), expected);
            T::default()
        })
    }

    pub(super) fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        let items: Vec<_> = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect();
        // A list such as `,` is a mistake, and not the same as an unset list.
        if items.is_empty() && !text.is_empty() {
            self.reject(
                name,
                Some(text),
                "a comma-separated list with at least one item",
            );
        }
        items
    }

    pub(super) fn endpoint(&mut self, name: &str, default: &str) -> Endpoint {
        let given = self.text(name);
        match Endpoint::parse(given.as_deref().unwrap_or(default)) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                let given = given.map(|text| redact_user_info(&text).into_owned());
                self.reject(name, given, format!("the URL of an endpoint; it {error}"));
                Endpoint::placeholder()
            }
        }
    }

    /// Rejects values that are not UTF-8, in which [`env::lookup`] puts U+FFFD.
    fn check_utf8(&mut self) {
        let names = env::SETTINGS.iter().flat_map(|setting| {
            let general = setting.name.strip_suffix("<TYPE>");
            let credential_types = CREDENTIAL_TYPES.iter().filter_map(move |row| {
                general.map(|general| format!("{general}{}", row.setting_suffix))
            });
            let own = general.is_none().then(|| setting.name.to_owned());
            own.into_iter().chain(credential_types)
        });
        for name in names {
            let reported = self.problems.iter().any(|problem| problem.setting == name);
            if let Some(value) = self.text(&name).filter(|value| value.contains('\u{fffd}'))
                && !reported
            {
                self.reject(&name, Some(value), "text in UTF-8");
            }
        }
    }

    pub(super) fn log_level(&mut self) {
        if let Some(text) = self.text(env::LOG_LEVEL)
            && parse_log_level(&text).is_none()
        {
            self.reject(
                env::LOG_LEVEL,
                Some(text),
                "error, warn, info, debug or trace",
            );
        }
    }
}
