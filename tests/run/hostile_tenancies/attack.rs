//! What hostile services do, one value each. A case has a few of them at once.

use fastrand::Rng;
use tenancy_sim::{Misbehavior, ResourceType};

/// One way in which the services deceive, refuse or delay.
#[derive(Clone, Debug)]
pub(super) enum Attack {
    /// Some forms of the request for a list are refused.
    Refuse {
        at: List,
        forms: Vec<Form>,
        status: u16,
        times: Times,
    },
    /// A misbehavior of the simulator.
    Misbehave { at: List, how: Misbehavior },
    /// Pages have at most `rows` rows, and the total is the end of the page.
    TotalOfPage {
        at: List,
        rows: usize,
        items_per_page: ItemsPerPage,
    },
    /// The total is false.
    Total { at: List, how: FalseTotal },
    /// Chosen rows are in no answer. `counted`: the total has them. `claimed`: users claim them.
    Drop {
        at: List,
        rows: Chosen,
        counted: bool,
        claimed: bool,
    },
    /// Chosen rows come twice, the second time with another date.
    Twice {
        at: List,
        rows: Chosen,
        created: &'static str,
    },
    /// The id of chosen rows is malformed.
    MalformedId {
        at: List,
        rows: Chosen,
        id: &'static str,
    },
    /// Rows of a page are in no order.
    Shuffle { at: List, salt: u64 },
    /// Claims of chosen users are absent or malformed.
    Claims {
        domain: usize,
        users: Chosen,
        how: Claims,
    },
    /// The list of a type is empty, and counts nothing. `claimed`: users still claim its rows.
    Silence { at: List, claimed: bool },
    /// Between two pages of a list, a row before the cursor is deleted and one behind it is added.
    Move { at: List, rows: usize, request: u64 },
    /// An attribute of chosen users that has to be a boolean is another JSON value.
    NotBoolean {
        domain: usize,
        users: Chosen,
        attribute: &'static str,
        value: &'static str,
    },
    /// The body of a list is another one.
    Body {
        at: List,
        body: FalseBody,
        times: Times,
    },
    /// The services send the header of the request back.
    Echo {
        place: EchoPlace,
        part: EchoPart,
        times: Times,
        padded: bool,
    },
    /// The first requests for the namespace fail.
    Namespace { status: u16, first: u64 },
    /// Objects whose name contains the text are not stored as they should be.
    Put { object: &'static str, how: FalsePut },
    /// Publishing fails for a time from the first attempt on.
    Publish {
        how: FalsePublish,
        milliseconds: u64,
    },
    /// The row of a domain in the list of domains is malformed.
    DomainRow { domain: usize, how: FalseDomainRow },
    /// A list of IAM is refused.
    Iam { path: &'static str, status: u16 },
}

/// A list of a domain, given by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct List {
    pub(super) domain: usize,
    pub(super) of: ResourceType,
}

/// The form of a request for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Sorted,
    Unsorted,
    SortedByDate,
    UnsortedByDate,
    /// A POST to `.search`.
    Search,
    /// A filter for users in the URL.
    Users,
}

impl Form {
    pub(super) const ALL: [Self; 6] = [
        Self::Sorted,
        Self::Unsorted,
        Self::SortedByDate,
        Self::UnsortedByDate,
        Self::Search,
        Self::Users,
    ];

    pub(super) const fn is_by_date(self) -> bool {
        matches!(self, Self::SortedByDate | Self::UnsortedByDate)
    }

    pub(super) const fn is_by_user(self) -> bool {
        matches!(self, Self::Search | Self::Users)
    }
}

/// Which of the matching requests are hit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Times {
    Always,
    First(u64),
    /// Every n-th, from the first on.
    Every(u64),
}

impl Times {
    /// Whether the request with this number, from 0, is hit.
    pub(super) const fn hit(self, number: u64) -> bool {
        match self {
            Self::Always => true,
            Self::First(first) => number < first,
            Self::Every(every) => number.is_multiple_of(every),
        }
    }
}

/// A choice of rows or users by their ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen {
    /// One in so many.
    pub(super) one_in: u64,
    pub(super) salt: u64,
    /// All others instead.
    pub(super) others: bool,
}

impl Chosen {
    pub(super) fn has(self, id: &str) -> bool {
        // FNV-1a, so that a case is the same in every build.
        let hash = id
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325 ^ self.salt, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        (hash >> 20).is_multiple_of(self.one_in) != self.others
    }
}

/// `itemsPerPage` of a page with few rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemsPerPage {
    /// The number of rows.
    Rows,
    /// The number that was requested.
    Requested,
    Absent,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum FalseTotal {
    Off(i64),
    /// Another one in every answer.
    Moving,
    Absent,
    Text,
    Negative,
}

/// How claims of a user come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Claims {
    Absent,
    /// The extension is this JSON value.
    Extension(&'static str),
    /// Each list of claims is this JSON value.
    List(&'static str),
    /// Each claim has only OCID and `$ref`.
    WithoutValue,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum FalseBody {
    /// An error of SCIM under status 200 that counts no rows.
    Error,
    /// This text.
    Is(&'static str),
    /// `Resources` is this JSON value.
    Resources(&'static str),
}

/// Place at which the header comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EchoPlace {
    /// The body of a list is a JSON string.
    ListString(List),
    /// `Resources` is the string.
    Resources(List),
    /// `Resources` is an object with the string as a key.
    ResourcesKey(List),
    /// `totalResults` is the string.
    Total(List),
    /// The detail of an error of SCIM with this status.
    ScimError(List, u16),
    /// Code and message of a gateway's error with this status.
    GatewayError(List, u16),
    /// A page of HTML with this status.
    Html(List, u16),
    /// A header of an answer.
    Header(List, &'static str),
    /// A text attribute of each row.
    Row(List, &'static str),
    /// The namespace.
    Namespace,
    /// An error of Object Storage with this status.
    Storage(u16),
    /// Names in the list of objects.
    ObjectNames,
    /// The content of an earlier object whose name contains this text.
    Object(&'static str),
    /// An error of Notifications with this status.
    Publish(u16),
    /// The id of the message.
    MessageId,
    /// An error of IAM with this status.
    Iam(u16),
    /// An attribute of each row of a list of IAM.
    IamRow(&'static str),
}

/// What comes back of the header.
#[derive(Clone, Copy, Debug)]
pub(super) enum EchoPart {
    Header,
    Token,
    Signature,
    /// A piece from the middle of the token.
    Piece(usize),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum FalsePut {
    /// No answer.
    Hang,
    /// An answer that never ends.
    Drip,
    Status(u16),
    /// Bytes of the object change on their way.
    Corrupt,
    /// The connection breaks once, after the object was stored.
    LostAnswer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FalsePublish {
    Status(u16),
    /// With `Retry-After: 1`.
    RetryAfter(u16),
    Reset,
    /// The message is published, and the answer is lost.
    LostAnswer,
    /// The token was replaced, and its file follows after the time.
    TokenReplaced,
}

impl FalsePublish {
    /// Whether nobody can know if the message was published.
    pub(super) const fn is_ambiguous(self) -> bool {
        !matches!(self, Self::TokenReplaced | Self::Status(429))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FalseDomainRow {
    /// The OCID of the first domain.
    SameId,
    NoId,
    NumericId,
    NoUrl,
    NumericUrl,
    /// Not an object.
    Text,
    /// In no answer.
    Dropped,
}

pub(super) fn one_of<T: Copy>(random: &mut Rng, choices: &[T]) -> T {
    choices[random.usize(..choices.len())]
}
