//! The queries for uses of API keys, and the body of a search. Pure.
//!
//! Source: Oracle's "Logging Query Language Specification"; the CIS benchmark has the query for one key. No public program
//! groups events by key, so there are three forms, each tried if the service does not know the one before it.

use crate::model::{Interval, KeyId};
use crate::timestamp::Timestamp;

/// Longest window of a search ("Only a 14-day range is available", page "Searching Logs").
pub const MAX_WINDOW_DAYS: i64 = 14;

/// A query for uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// One row per key: its newest and its oldest use.
    Newest,
    /// One row per key and day.
    Days,
    /// The newest event of one key.
    OneKey(KeyId),
}

impl Form {
    /// Max rows of a page. Of one key, one row is enough.
    pub(super) const fn page_size(&self) -> usize {
        match self {
            Self::Newest | Self::Days => 1000,
            Self::OneKey(_) => 1,
        }
    }

    /// The query; `None` if a part of it is not an OCID, and so may not be quoted.
    ///
    /// Other callers than API keys have a token in the place of a key, each another one, so they are left out before grouping.
    /// So are requests that were refused with 401: anybody may send a request that claims to be signed with a key.
    pub(super) fn query(&self, tenancy: &str) -> Option<String> {
        let caller = match self {
            Self::Newest | Self::Days => "*".to_owned(),
            Self::OneKey(key) if is_plain(&key.user) => format!("{}/{}", key.user, key.fingerprint),
            Self::OneKey(_) => return None,
        };
        let rows = match self {
            Self::Newest => {
                "summarize max(datetime) as newest, min(datetime) as oldest by data.identity.credentials"
            }
            Self::Days => {
                "summarize count() as uses by data.identity.credentials, rounddown(datetime,'1d') as day"
            }
            Self::OneKey(_) => "sort by datetime desc",
        };
        is_plain(tenancy).then(|| {
            format!(
                "search \"{tenancy}/_Audit_Include_Subcompartment\" | where data.identity.credentials='{tenancy}/{caller}' and data.response.status!='401' | {rows}"
            )
        })
    }

    /// The body of a search; `None` as for [`Form::query`].
    pub(super) fn body(&self, tenancy: &str, window: Interval) -> Option<String> {
        let body = serde_json::json!({
            "timeStart": window.since.rfc3339(),
            "timeEnd": window.until.rfc3339(),
            "searchQuery": self.query(tenancy)?,
            "isReturnFieldInfo": false,
        });
        Some(body.to_string())
    }
}

/// Whether a text has only characters of OCIDs. None of them ends a quotation or is a wildcard.
pub fn is_plain(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// The windows of a time without a gap, the newest first. Each touches the next.
pub fn window_before(end: Timestamp, since: Timestamp, seconds: i64) -> Interval {
    Interval {
        since: end.plus_seconds(-seconds).max(since),
        until: end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Fingerprint;

    const TENANCY: &str = "ocid1.tenancy.oc1..aaaa";

    fn one_key(user: &str) -> Form {
        let fingerprint = Fingerprint::parse("20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34");
        Form::OneKey(KeyId {
            fingerprint: fingerprint.expect("a fingerprint"),
            user: user.into(),
        })
    }

    #[test]
    fn queries_leave_out_refused_requests_and_other_callers() {
        for form in [Form::Newest, Form::Days, one_key("ocid1.user.oc1..bbbb")] {
            let query = form.query(TENANCY).expect("a query");
            assert!(query.starts_with(
                "search \"ocid1.tenancy.oc1..aaaa/_Audit_Include_Subcompartment\" | where "
            ));
            assert!(query.contains("data.identity.credentials='ocid1.tenancy.oc1..aaaa/"));
            assert!(query.contains("data.response.status!='401'"));
        }
    }

    #[test]
    fn text_that_ends_a_quotation_is_not_quoted() {
        for text in ["", "x' or 'y", "x\"", "x|y", "x*", "x y", "x\n", "\u{fc}"] {
            assert_eq!(Form::Newest.query(text), None, "{text}");
            assert_eq!(one_key(text).query(TENANCY), None, "{text}");
        }
    }

    #[test]
    fn window_has_at_most_its_length() {
        let day = |day: i64| Timestamp::from_microseconds(0).plus_days(day);
        let window = |end, since| window_before(day(end), day(since), 14 * 86_400);
        assert_eq!(
            (window(100, 0).since, window(100, 0).until),
            (day(86), day(100))
        );
        assert_eq!(window(10, 0).since, day(0));
    }
}
