//! Whether a list has every credential that users claim to hold. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether a list has every credential that users claim to hold. Displayed for people. In JSON it has a text of its own,
/// which a later run parses: see `From<CrossCheck> for String`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum CrossCheck {
    /// Every credential that users claim is listed.
    Ok,
    /// Users claim nothing, or not all users were read.
    NotPossible,
    /// The list lacks credentials that users claim.
    Missing {
        /// Rows of the list.
        listed: u64,
        /// Credentials that users claim and the list lacks.
        claimed: u64,
    },
}

impl CrossCheck {
    /// Whether users contradict the list in nothing. That proves the list only if it is [`CrossCheck::Ok`].
    pub const fn finds_nothing_missing(self) -> bool {
        matches!(self, Self::Ok | Self::NotPossible)
    }
}

impl fmt::Display for CrossCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::NotPossible => f.write_str("not possible"),
            Self::Missing { listed, claimed } => {
                let more = if *listed == 0 { "" } else { " more" };
                write!(f, "listed {listed}, users hold {claimed}{more}")
            }
        }
    }
}

/// The words of the text in summary and manifest: `ok`, `not possible`, `listed 0, users hold 37`, or `listed 5, users hold 3
/// more`. Later versions of this program read it, so it never changes, whatever people read.
const OK: &str = "ok";
const NOT_POSSIBLE: &str = "not possible";
const LISTED: &str = "listed ";
const HELD: &str = ", users hold ";
const MORE: &str = " more";

impl From<CrossCheck> for String {
    fn from(check: CrossCheck) -> Self {
        match check {
            CrossCheck::Ok => OK.to_owned(),
            CrossCheck::NotPossible => NOT_POSSIBLE.to_owned(),
            CrossCheck::Missing { listed, claimed } => {
                let more = if listed == 0 { "" } else { MORE };
                format!("{LISTED}{listed}{HELD}{claimed}{more}")
            }
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
    let (listed, claimed) = text.strip_prefix(LISTED)?.split_once(HELD)?;
    Some(CrossCheck::Missing {
        listed: listed.parse().ok()?,
        claimed: claimed.trim_end_matches(MORE).parse().ok()?,
    })
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
        let missing = |listed, claimed| CrossCheck::Missing { listed, claimed };
        for (check, text) in [
            (CrossCheck::Ok, "ok"),
            (CrossCheck::NotPossible, "not possible"),
            (missing(0, 37), "listed 0, users hold 37"),
            (missing(5, 3), "listed 5, users hold 3 more"),
        ] {
            let json = serde_json::to_value(check).expect("JSON");
            assert_eq!(json, text);
            assert_eq!(serde_json::from_value::<CrossCheck>(json).ok(), Some(check));
        }
        for unknown in ["", "OK", "listed 5", "listed x, users hold 3"] {
            CrossCheck::try_from(unknown.to_owned()).expect_err(unknown);
        }
    }
}
