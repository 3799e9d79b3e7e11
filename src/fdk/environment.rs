//! The `FN_*` variables a container is started with.
//!
//! Parsed from a lookup function, never from the process's environment: tests pass a closure, and the reader of a
//! `main` sees where values come from. Read once: any change of configuration starts new containers.

use std::path::{Path, PathBuf};

use super::frame::LogFrame;

/// Longest path a socket can have: `sun_path` has 108 bytes, the last of which is NUL.
const MAX_PATH_BYTES: usize = 107;

/// What the platform says about this container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Where the platform waits for the socket (`FN_LISTENER`).
    pub listener: ListenerPath,
    /// How log lines are told apart by call (`FN_LOGFRAME_NAME`, `FN_LOGFRAME_HDR`); absent when logging is off.
    pub log_frame: Option<LogFrame>,
    /// Which function this is.
    pub identity: FunctionIdentity,
}

/// Application and function as the platform names them. Every part may be missing: the open-source server sets no
/// names, a desk sets nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionIdentity {
    /// `FN_APP_ID`, an OCID.
    pub app_id: Option<String>,
    /// `FN_APP_NAME`.
    pub app_name: Option<String>,
    /// `FN_FN_ID`, an OCID.
    pub fn_id: Option<String>,
    /// `FN_FN_NAME`; the written contract calls it `FN_NAME`.
    pub fn_name: Option<String>,
}

/// A socket path that can be bound: absolute, with a file name, at most 107 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerPath {
    path: PathBuf,
    name: String,
}

/// Why a container cannot serve with this environment. Each is one line, fit for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// Another container format than the one this module speaks.
    #[error("FN_FORMAT is {0:?}: only \"http-stream\" is supported")]
    Format(String),
    /// No socket was named: the binary was started outside the platform.
    #[error(
        "FN_LISTENER is not set: it names the socket to open, such as unix:/tmp/iofs/lsnr.sock"
    )]
    NoListener,
    /// The socket's name cannot be used.
    #[error("FN_LISTENER is {value:?}: {reason}")]
    Listener {
        /// The variable as it was set.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Environment {
    /// Reads the environment through `lookup`; an empty value counts as unset.
    ///
    /// # Errors
    ///
    /// `FN_FORMAT` set to anything but `http-stream`, or `FN_LISTENER` unset or unusable.
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvironmentError> {
        let lookup = |name: &str| lookup(name).filter(|value| !value.is_empty());
        match lookup("FN_FORMAT") {
            Some(format) if format != "http-stream" => {
                return Err(EnvironmentError::Format(format));
            }
            _ => {}
        }
        let listener = lookup("FN_LISTENER").ok_or(EnvironmentError::NoListener)?;
        Ok(Self {
            listener: ListenerPath::parse(&listener)?,
            log_frame: LogFrame::new(lookup("FN_LOGFRAME_NAME"), lookup("FN_LOGFRAME_HDR")),
            identity: FunctionIdentity {
                app_id: lookup("FN_APP_ID"),
                app_name: lookup("FN_APP_NAME"),
                fn_id: lookup("FN_FN_ID"),
                fn_name: lookup("FN_FN_NAME").or_else(|| lookup("FN_NAME")),
            },
        })
    }
}

impl ListenerPath {
    /// Parses `unix:/path` or `unix:///path`.
    ///
    /// # Errors
    ///
    /// Another scheme, a relative path, no file name, or more than 107 bytes.
    pub fn parse(value: &str) -> Result<Self, EnvironmentError> {
        let refuse = |reason| EnvironmentError::Listener {
            value: value.to_owned(),
            reason,
        };
        let rest = value
            .strip_prefix("unix:")
            .ok_or_else(|| refuse("must start with \"unix:\""))?;
        if !rest.starts_with('/') {
            return Err(refuse("the path must be absolute"));
        }
        let path = format!("/{}", rest.trim_start_matches('/'));
        if path.contains('\0') {
            return Err(refuse("the path holds a NUL byte"));
        }
        if path.len() > MAX_PATH_BYTES {
            return Err(refuse(
                "the path is longer than the 107 bytes a socket's address can hold",
            ));
        }
        match path.rsplit('/').next() {
            None | Some("" | "." | "..") => Err(refuse("the path has no file name")),
            Some(name) => Ok(Self {
                name: name.to_owned(),
                path: path.into(),
            }),
        }
    }

    /// The whole path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        Environment::parse(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn both_spellings_of_a_listener_name_the_same_path() {
        for spelling in [
            "unix:/tmp/iofs/lsnr.sock",
            "unix:///tmp/iofs/lsnr.sock",
            "unix://tmp/iofs/lsnr.sock",
        ] {
            let listener = ListenerPath::parse(spelling).unwrap();
            assert_eq!(
                (listener.path(), listener.name()),
                (Path::new("/tmp/iofs/lsnr.sock"), "lsnr.sock"),
                "{spelling}"
            );
        }
    }

    #[test]
    fn a_listener_that_cannot_be_bound_is_refused_with_its_value() {
        let long = format!("unix:/{}", "x".repeat(107));
        for value in [
            "tcp:/a",
            "/a",
            "UNIX:/a",
            "unix:",
            "unix:a",
            "unix:./a",
            "unix:/",
            "unix:/a/",
            "unix:/a/.",
            "unix:/a/..",
            &long,
        ] {
            let error = parse(&[("FN_LISTENER", value)]).unwrap_err().to_string();
            assert!(
                error.contains(&format!("{value:?}")) && !error.contains('\n'),
                "{error}"
            );
        }
        assert!(ListenerPath::parse(&long[..long.len() - 1]).is_ok());
    }

    #[test]
    fn the_format_may_be_unset_or_http_stream_and_nothing_else() {
        let listener = ("FN_LISTENER", "unix:/a/b");
        assert!(parse(&[listener]).is_ok());
        assert!(parse(&[listener, ("FN_FORMAT", "http-stream")]).is_ok());
        assert_eq!(
            parse(&[listener, ("FN_FORMAT", "json")]),
            Err(EnvironmentError::Format("json".to_owned()))
        );
        assert_eq!(
            parse(&[("FN_LISTENER", "")]),
            Err(EnvironmentError::NoListener)
        );
    }

    #[test]
    fn names_of_the_function_are_optional() {
        let environment = parse(&[
            ("FN_LISTENER", "unix:/a/b"),
            ("FN_APP_ID", "ocid1.app"),
            ("FN_NAME", "audit"),
        ])
        .unwrap();
        assert_eq!(environment.identity.app_id.as_deref(), Some("ocid1.app"));
        assert_eq!(environment.identity.fn_name.as_deref(), Some("audit"));
        assert_eq!(
            (environment.identity.fn_id, environment.log_frame),
            (None, None)
        );
    }
}
