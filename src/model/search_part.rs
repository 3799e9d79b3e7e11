//! The parts of the search for domains. Pure.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A part of the search for domains that may fail. Runs are compared by these values. Displayed, and in the manifest, as the
/// texts below: a later run parses them, so they never change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum SearchPart {
    /// All of it: the tenancy is not known.
    Everything,
    /// The list of regions.
    RegionSubscriptions,
    /// The list of compartments.
    Compartments,
    /// Lists of domains of this region.
    Region(String),
    /// A listed domain, by display name or OCID, that must not be read.
    Domain(String),
    /// Domains that do not fit into a run; the max.
    BeyondFirst(usize),
    /// A part of another version of this program.
    Other(String),
}

const EVERYTHING: &str = "the domains of the tenancy";
const REGION_SUBSCRIPTIONS: &str = "the region subscriptions of the tenancy";
const COMPARTMENTS: &str = "the compartments of the tenancy";
const REGION: &str = "the list of domains of region ";
const DOMAIN: &str = "domain ";
const BEYOND_FIRST: &str = "domains beyond the first ";

impl fmt::Display for SearchPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str(EVERYTHING),
            Self::RegionSubscriptions => f.write_str(REGION_SUBSCRIPTIONS),
            Self::Compartments => f.write_str(COMPARTMENTS),
            Self::Region(name) => write!(f, "{REGION}{name}"),
            Self::Domain(name) => write!(f, "{DOMAIN}{name}"),
            Self::BeyondFirst(max) => write!(f, "{BEYOND_FIRST}{max}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl FromStr for SearchPart {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text.to_owned()))
    }
}

impl From<String> for SearchPart {
    fn from(text: String) -> Self {
        match text.as_str() {
            EVERYTHING => return Self::Everything,
            REGION_SUBSCRIPTIONS => return Self::RegionSubscriptions,
            COMPARTMENTS => return Self::Compartments,
            _ => {}
        }
        if let Some(name) = text.strip_prefix(REGION) {
            return Self::Region(name.to_owned());
        }
        if let Some(name) = text.strip_prefix(DOMAIN) {
            return Self::Domain(name.to_owned());
        }
        let max = text.strip_prefix(BEYOND_FIRST);
        match max.and_then(|max| max.parse::<usize>().ok()) {
            // Not `+1` or `01`: every text is written again as it was.
            Some(max) if text == Self::BeyondFirst(max).to_string() => Self::BeyondFirst(max),
            _ => Self::Other(text),
        }
    }
}

impl From<SearchPart> for String {
    fn from(part: SearchPart) -> Self {
        part.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_of_the_manifest_never_change() {
        for (part, text) in [
            (SearchPart::Everything, "the domains of the tenancy"),
            (
                SearchPart::RegionSubscriptions,
                "the region subscriptions of the tenancy",
            ),
            (SearchPart::Compartments, "the compartments of the tenancy"),
            (
                SearchPart::Region("eu-frankfurt-1".to_owned()),
                "the list of domains of region eu-frankfurt-1",
            ),
            (SearchPart::Domain("Dev".to_owned()), "domain Dev"),
            (
                SearchPart::BeyondFirst(65_535),
                "domains beyond the first 65535",
            ),
            (
                SearchPart::Other("the moons of the tenancy".to_owned()),
                "the moons of the tenancy",
            ),
        ] {
            let json = serde_json::to_value(&part).expect("JSON");
            assert_eq!(json, text);
            assert_eq!(text.parse(), Ok(part.clone()));
            assert_eq!(serde_json::from_value::<SearchPart>(json).ok(), Some(part));
        }
    }

    proptest! {
        #[test]
        fn every_text_is_written_as_it_was_read(
            start in prop::sample::select(vec!["", REGION, DOMAIN, BEYOND_FIRST]),
            rest in "\\PC{0,20}|\\+?[0-9]{1,25}",
        ) {
            let text = format!("{start}{rest}");
            prop_assert_eq!(SearchPart::from(text.clone()).to_string(), text);
        }
    }
}
