//! Whether a list has every credential that users claim to hold. Pure.

use serde::{Deserialize, Serialize};

/// Whether a list has every credential that users claim to hold. In JSON it is a text, which a later run parses: see
/// `From<CrossCheck> for String`. For people see [`ListCoverage::contradiction`](super::ListCoverage::contradiction).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum CrossCheck {
    /// Every credential that users claim is listed.
    Ok,
    /// Users do not claim what they hold, or not all users were read.
    NotPossible,
    /// The list lacks this many credentials that users claim.
    Missing(u64),
    /// This many claims have no readable id, so nobody knows whether the list has them.
    Unreadable(u64),
}

impl CrossCheck {
    /// Whether users contradict the list in nothing. That proves the list only if it is [`CrossCheck::Ok`].
    pub const fn finds_nothing_missing(self) -> bool {
        matches!(self, Self::Ok | Self::NotPossible)
    }
}

/// The words of the text in summary and manifest: `ok`, `not_possible`, `missing 37` or `unreadable 2`. Later versions of this
/// program read it, so it never changes, whatever people read.
const OK: &str = "ok";
const NOT_POSSIBLE: &str = "not_possible";
const MISSING: &str = "missing ";
const UNREADABLE: &str = "unreadable ";

impl From<CrossCheck> for String {
    fn from(check: CrossCheck) -> Self {
        match check {
            CrossCheck::Ok => OK.to_owned(),
            CrossCheck::NotPossible => NOT_POSSIBLE.to_owned(),
            CrossCheck::Missing(claimed) => format!("{MISSING}{claimed}"),
            CrossCheck::Unreadable(claims) => format!("{UNREADABLE}{claims}"),
        }
    }
}

/// The counterpart of `From<CrossCheck> for String`.
fn parse(text: &str) -> Option<CrossCheck> {
    match text {
        OK => return Some(CrossCheck::Ok),
        NOT_POSSIBLE => return Some(CrossCheck::NotPossible),
        _ => {}
    }
    if let Some(claimed) = text.strip_prefix(MISSING) {
        return claimed.parse().ok().map(CrossCheck::Missing);
    }
    let claims = text.strip_prefix(UNREADABLE)?;
    claims.parse().ok().map(CrossCheck::Unreadable)
}

/// A text that is not a [`CrossCheck`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown cross-check `{0}`")]
pub struct UnknownCrossCheck(String);

impl TryFrom<String> for CrossCheck {
    type Error = UnknownCrossCheck;

    fn try_from(text: String) -> Result<Self, UnknownCrossCheck> {
        parse(&text).ok_or(UnknownCrossCheck(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_json_never_change() {
        for (check, text) in [
            (CrossCheck::Ok, "ok"),
            (CrossCheck::NotPossible, "not_possible"),
            (CrossCheck::Missing(37), "missing 37"),
            (CrossCheck::Unreadable(3), "unreadable 3"),
        ] {
            let json = serde_json::to_value(check).expect("JSON");
            assert_eq!(json, text);
            assert_eq!(serde_json::from_value::<CrossCheck>(json).ok(), Some(check));
        }
        for unknown in [
            "",
            "OK",
            "not possible",
            "missing",
            "missing x",
            "unreadable -1",
        ] {
            CrossCheck::try_from(unknown.to_owned()).expect_err(unknown);
        }
    }
}
