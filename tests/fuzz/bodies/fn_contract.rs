//! The environment of a container, and the headers of a call.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use credential_audit::fdk::{CallDeadline, Environment, EnvironmentError, ListenerPath};
use http::HeaderValue;

/// The remaining time of a call is at most what the platform grants, and an invalid header counts as absent.
pub fn fn_deadline(header: &[u8]) {
    let now = DateTime::<Utc>::from_timestamp(1_764_331_200, 0).expect("an instant");
    let budget = Duration::from_secs(30);
    let Ok(value) = HeaderValue::from_bytes(header) else {
        return;
    };
    let deadline = CallDeadline::read(Some(&value), now, budget);
    let read = std::str::from_utf8(header).ok();
    let read = read.and_then(|text| DateTime::parse_from_rfc3339(text.trim()).ok());
    match read {
        Some(read) => assert_eq!(deadline.at, read),
        None => assert_eq!(deadline, CallDeadline::read(None, now, budget)),
    }
    assert!(deadline.finish_by <= deadline.stop_at && deadline.stop_at <= deadline.at);
    assert_eq!(deadline.is_past(now), deadline.at <= now);
    if deadline.is_past(now) {
        assert_eq!(deadline.finish_by, deadline.at);
    } else {
        assert!(deadline.finish_by >= now, "a call is over before it begins");
        assert!(
            deadline.stop_at < deadline.at,
            "no time is left for the response"
        );
        assert!(deadline.at - deadline.finish_by <= TimeDelta::seconds(2));
    }
}

/// An accepted socket can be bound: a file with an absolute path that fits into a socket address.
pub fn fn_listener(value: &[u8]) {
    let Ok(value) = std::str::from_utf8(value) else {
        return;
    };
    let environment = Environment::parse(|name| (name == "FN_LISTENER").then(|| value.to_owned()));
    let listener = ListenerPath::parse(value);
    if value.is_empty() {
        assert_eq!(environment, Err(EnvironmentError::NoListener));
    } else {
        assert_eq!(
            environment.map(|environment| environment.listener),
            listener
        );
    }
    match listener {
        Ok(listener) => {
            let path = listener.path().to_str().expect("a path of UTF-8");
            assert!(path.starts_with('/') && !path.starts_with("//"), "{path}");
            assert!(path.len() <= 107 && !path.contains('\0'), "{path}");
            assert!(value.starts_with("unix:/") && value.ends_with(path.trim_start_matches('/')));
            assert_eq!(Path::new(path).file_name(), Some(listener.name().as_ref()));
            let again = ListenerPath::parse(&format!("unix:{path}"));
            assert_eq!(again, Ok(listener));
        }
        Err(error) => assert!(error.to_string().starts_with("FN_LISTENER is "), "{error}"),
    }
}
