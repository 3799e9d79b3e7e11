//! Ways in which a listing may be wrong or unwilling although the service is up.

/// One way of misbehaving; several may hold for the same listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// `totalResults` is off by so much.
    TotalResults(i64),
    /// Every n-th row is left out although it is counted: pages are short and the total does not fit.
    HideRows(usize),
    /// Every n-th row is left out and not counted: nothing in the listing tells. 1 hides all.
    OmitRows(usize),
    /// Every n-th row comes twice, and the total counts it once.
    DuplicateRows(usize),
    /// Every page after the first begins so many rows early.
    OverlapPages(usize),
    /// No page is longer than this, whatever is asked for.
    ClampPages(usize),
    /// Every page holds so many rows less than asked for, while more remain.
    ShortPages(usize),
    /// `startIndex` and `page` are ignored: the first page comes again and again.
    RepeatPages,
    /// `opc-next-page` comes with every answer, complete or not (oracle/oci-python-sdk#708).
    AlwaysNextPage,
    /// `opc-next-page` never comes.
    NeverNextPage,
    /// Without a filter the answer is this status (400 or 405).
    RefuseUnfiltered(u16),
    /// A filter that holds this text is answered 400.
    RefuseFilter(String),
    /// `sortBy` is answered 400.
    RefuseSort,
    /// `Resources` is left out when there is nothing.
    NoResourcesWhenEmpty,
    /// Permission is denied with this status (401, 403, 404) in the shape of SCIM.
    Deny(u16),
    /// Permission is denied with this status by the gateway, in OCI's `{code, message}`.
    DenyByGateway(u16),
}
