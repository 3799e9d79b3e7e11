//! A query as a tree.

/// A part of the query language that a service may not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryFeature {
    /// `*` in a string.
    Wildcard,
    /// `!=`
    NotEqual,
    /// `summarize`
    Summarize,
    /// `max(...)`
    Max,
    /// `rounddown(...)`
    Rounddown,
    /// `sort by`
    Sort,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    /// The logs to search.
    pub(super) scopes: Vec<String>,
    /// The conditions. All of them hold.
    pub(super) conditions: Vec<Condition>,
    pub(super) summary: Option<Summary>,
    /// A column, and whether the largest comes first.
    pub(super) sort: Option<(String, bool)>,
    pub(super) features: Vec<QueryFeature>,
}

impl Query {
    pub(super) fn uses(&self, feature: QueryFeature) -> bool {
        self.features.contains(&feature)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Compare {
        field: String,
        operator: Operator,
        value: Literal,
    },
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Above,
    AtLeast,
    Below,
    AtMost,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(f64),
}

/// `summarize <aggregates> by <columns>`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) aggregates: Vec<(Aggregate, String)>,
    pub(super) by: Vec<(Column, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Aggregate {
    Count,
    Max(String),
    Min(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Column {
    Field(String),
    /// A number of milliseconds, rounded down to a multiple of these.
    Rounddown(String, i64),
}
