//! Parses the `FN_*` environment variables of a container.
//!
//! The caller passes a lookup function, so that tests can pass a closure. Read once, because a change of configuration
//! starts new containers.

use std::path::{Path, PathBuf};

use super::frame::LogFrame;

/// Max bytes of a socket path: `sun_path` has 108 bytes and ends in NUL.
const MAX_PATH_BYTES: usize = 107;

/// The environment of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Path of the socket that the platform waits for (`FN_LISTENER`).
    pub listener: ListenerPath,
    /// The line that starts the log of each call (`FN_LOGFRAME_NAME`, `FN_LOGFRAME_HDR`); `None` if logging is off.
    pub log_frame: Option<LogFrame>,
    /// Ids and names of this function.
    pub identity: FunctionIdentity,
}

/// Ids and names of the application and the function. All are optional: the open-source server sets no names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionIdentity {
    /// `FN_APP_ID`, an OCID.
    pub app_id: Option<String>,
    /// `FN_APP_NAME`.
    pub app_name: Option<String>,
    /// `FN_FN_ID`, an OCID.
    pub fn_id: Option<String>,
    /// `FN_FN_NAME`; `FN_NAME` in the documentation of the contract.
    pub fn_name: Option<String>,
}

/// A valid socket path: absolute, with a file name, at most 107 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerPath {
    path: PathBuf,
    name: String,
}

/// Why a function cannot start with this environment. Each message is one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// An unsupported container format.
    #[error("FN_FORMAT is {0:?}: only \"http-stream\" is supported")]
    Format(String),
    /// No socket path: the binary was started outside of the platform.
    #[error(
        "FN_LISTENER is not set: expected the socket to open, such as unix:/tmp/iofs/lsnr.sock"
    )]
    NoListener,
    /// An invalid socket path.
    #[error("FN_LISTENER is {value:?}: {reason}")]
    Listener {
        /// Value of the variable.
        value: String,
        /// Why it is invalid.
        reason: &'static str,
    },
}

impl Environment {
    /// Parses the environment. An empty value counts as unset.
    ///
    /// # Errors
    ///
    /// If `FN_FORMAT` is set to anything but `http-stream`, or `FN_LISTENER` is unset or invalid.
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
    /// If the scheme differs, or the path is relative, has no file name, or has more than 107 bytes.
    pub fn parse(value: &str) -> Result<Self, EnvironmentError> {
        let invalid = |reason| EnvironmentError::Listener {
            value: value.to_owned(),
            reason,
        };
        let rest = value
            .strip_prefix("unix:")
            .ok_or_else(|| invalid("must start with \"unix:\""))?;
        if !rest.starts_with('/') {
            return Err(invalid("the path must be absolute"));
        }
        let path = format!("/{}", rest.trim_start_matches('/'));
        if path.contains('\0') {
            return Err(invalid("the path contains a NUL byte"));
        }
        if path.len() > MAX_PATH_BYTES {
            return Err(invalid(
                "the path is longer than 107 bytes, the max of a socket path",
            ));
        }
        match path.rsplit('/').next() {
            None | Some("" | "." | "..") => Err(invalid("the path has no file name")),
            Some(name) => Ok(Self {
                name: name.to_owned(),
                path: path.into(),
            }),
        }
    }

    /// The full path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file name.
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
    fn listener_forms_give_the_same_path() {
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
    fn invalid_listener_is_refused_with_its_value() {
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
    fn format_must_be_unset_or_http_stream() {
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
    fn ids_and_names_are_optional() {
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
