//! The streams of a request: what a run counted, by tenancy and credential type.

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::judge::action::{Urgency, Work};
use crate::judge::age::{ExpiryState, State};
use crate::judge::{Audit, Finding};
use crate::model::Verdict;

use super::name::MetricName;

/// Max streams of a request (Oracle documentation, publishingcustommetrics.htm).
const MAX_STREAMS: usize = 50;
/// Max characters of the value of a dimension.
const MAX_VALUE_CHARS: usize = 512;
/// The value of the dimension `tenancy` if the credentials do not name it: a dimension is never empty.
const UNKNOWN_TENANCY: &str = "unknown";

/// Metrics of a run as a whole.
const OF_RUN: usize = 7;
/// Metrics by credential type.
const BY_TYPE: usize = 5;
// Each of the latter has one stream per type, and one for all types.
const _: () = assert!(OF_RUN + BY_TYPE * (CREDENTIAL_TYPES.len() + 1) <= MAX_STREAMS);

/// One value of one metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The metric.
    pub name: MetricName,
    /// What the value is about.
    pub dimensions: Dimensions,
    /// The value.
    pub value: u64,
}

/// The dimensions of a stream: the tenancy, and for some the credential type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimensions {
    tenancy: String,
    credential_type: Option<TypeDimension>,
}

/// The value of the dimension `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeDimension {
    /// The sum of all types.
    All,
    /// One type.
    One(CredentialType),
}

impl TypeDimension {
    /// The value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::One(credential_type) => credential_type.name(),
        }
    }
}

impl Dimensions {
    /// The dimension `tenancy` alone. An OCID that would not fit, or that the credentials do not name, is `unknown`.
    fn of(tenancy: Option<&str>) -> Self {
        let fits = |id: &&str| {
            !id.is_empty()
                && id.len() <= MAX_VALUE_CHARS
                && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        Self {
            tenancy: tenancy.filter(fits).unwrap_or(UNKNOWN_TENANCY).to_owned(),
            credential_type: None,
        }
    }

    fn with(&self, credential_type: TypeDimension) -> Self {
        Self {
            tenancy: self.tenancy.clone(),
            credential_type: Some(credential_type),
        }
    }

    /// Keys and values.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let credential_type = self.credential_type.map(|value| ("type", value.name()));
        std::iter::once(("tenancy", self.tenancy.as_str())).chain(credential_type)
    }
}

/// The streams of one request: 1 to 50.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streams(Vec<Stream>);

impl Streams {
    /// The metrics of a run. `is_delivered`: whether its reports are stored and its digest is published.
    ///
    /// A run that read nothing has only `run` and `complete`: a zero would claim that nothing is overdue. A type that was not
    /// read completely has no stream of its own but `not_read`, for the same reason. `all` is the sum of what was read.
    pub fn of_run(audit: &Audit, is_delivered: bool) -> Self {
        let dimensions = Dimensions::of(audit.run.tenancy.id.as_deref());
        let is_complete = is_delivered && audit.verdict == Verdict::Complete;
        let mut streams = Vec::with_capacity(MAX_STREAMS);
        let mut add = |name, value| {
            streams.push(Stream {
                name,
                dimensions: dimensions.clone(),
                value,
            });
        };
        add(MetricName::Run, 1);
        add(MetricName::Complete, u64::from(is_complete));
        if audit.verdict == Verdict::Failed {
            return Self(streams);
        }
        let now = |work| audit.counts.actions.of_work(Some(work), Some(Urgency::Now));
        let by_administrators = audit.now().filter(|finding| finding.hints.administrator());
        add(MetricName::ToRotateNow, now(Work::Rotate));
        add(MetricName::ToRemoveNow, now(Work::Remove));
        add(MetricName::ToReviewNow, now(Work::Review));
        add(MetricName::AdminNow, by_administrators.count() as u64);
        add(MetricName::People, audit.counts.people);
        add_by_type(audit, &dimensions, &mut streams);
        Self(streams)
    }

    /// The one metric of a check.
    pub fn of_check(tenancy: Option<&str>) -> Self {
        Self(vec![Stream {
            name: MetricName::Check,
            dimensions: Dimensions::of(tenancy),
            value: 1,
        }])
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.0.iter()
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.0.len()
    }
}

/// Numbers of credentials of one type.
#[derive(Clone, Copy, Default)]
struct TypeCounts {
    overdue: u64,
    due: u64,
    unknown: u64,
    expired: u64,
}

impl TypeCounts {
    fn add(&mut self, finding: &Finding) {
        match finding.alerting_state() {
            State::Overdue => self.overdue += 1,
            State::Due => self.due += 1,
            State::Unknown => self.unknown += 1,
            State::Ok => {}
        }
        self.expired += u64::from(finding.expiry == ExpiryState::Expired);
    }

    const fn values(self) -> [(MetricName, u64); BY_TYPE - 1] {
        [
            (MetricName::Overdue, self.overdue),
            (MetricName::Due, self.due),
            (MetricName::Unknown, self.unknown),
            (MetricName::Expired, self.expired),
        ]
    }
}

fn add_by_type(audit: &Audit, dimensions: &Dimensions, streams: &mut Vec<Stream>) {
    let mut all = TypeCounts::default();
    let mut by_type = [TypeCounts::default(); CREDENTIAL_TYPES.len()];
    for finding in &audit.findings {
        all.add(finding);
        by_type[finding.credential_type.index()].add(finding);
    }
    let mut add = |credential_type, name, value| {
        streams.push(Stream {
            name,
            dimensions: dimensions.with(credential_type),
            value,
        });
    };
    let mut all_not_read = 0;
    for credential_type in audit.run.credential_types.iter() {
        let of_type = TypeDimension::One(credential_type);
        let not_read = incomplete_lists(audit, credential_type);
        all_not_read += not_read;
        add(of_type, MetricName::NotRead, not_read);
        if not_read == 0 {
            for (name, value) in by_type[credential_type.index()].values() {
                add(of_type, name, value);
            }
        }
    }
    add(TypeDimension::All, MetricName::NotRead, all_not_read);
    for (name, value) in all.values() {
        add(TypeDimension::All, name, value);
    }
}

/// The number of domains whose list of this type was not read completely.
fn incomplete_lists(audit: &Audit, credential_type: CredentialType) -> u64 {
    let incomplete = audit.domains.iter().filter(|domain| {
        let types: CredentialTypes = domain.inventory.reading().incomplete_types();
        types.contains(credential_type)
    });
    incomplete.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenancy(dimensions: &Dimensions) -> &str {
        let mut pairs = dimensions.pairs();
        pairs
            .find(|(key, _)| *key == "tenancy")
            .map_or("", |(_, value)| value)
    }

    #[test]
    fn dimension_is_never_empty_nor_too_long() {
        let longest = "x".repeat(512);
        for id in ["ocid1.tenancy.oc1..aaaa", longest.as_str()] {
            assert_eq!(tenancy(&Dimensions::of(Some(id))), id);
        }
        let too_long = "x".repeat(513);
        for id in [
            Some(""),
            Some("a b"),
            Some("a\nb"),
            Some("\u{fc}"),
            Some(too_long.as_str()),
            None,
        ] {
            assert_eq!(tenancy(&Dimensions::of(id)), "unknown", "{id:?}");
        }
    }

    #[test]
    fn check_has_one_stream() {
        let streams = Streams::of_check(Some("ocid1.tenancy.oc1..aaaa"));
        assert_eq!(streams.count(), 1);
        let names: Vec<_> = streams.iter().map(|stream| stream.name.name()).collect();
        assert_eq!(names, ["check"]);
    }
}
