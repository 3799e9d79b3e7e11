//! Ways in which a list may be incomplete, inconsistent or refused although the service is up.

/// One way of misbehaving; several may apply to the same list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misbehavior {
    /// `totalResults` is off by this number.
    TotalResults(i64),
    /// Omits every n-th row but counts it: pages are short, and the total does not match.
    HideRows(usize),
    /// Omits every n-th row and does not count it, so that nothing in the list reveals it. 1 omits all.
    OmitRows(usize),
    /// Returns every n-th row twice, and counts it once.
    DuplicateRows(usize),
    /// Every page after the first starts this many rows early.
    OverlapPages(usize),
    /// No page is longer than this, whatever is requested.
    ClampPages(usize),
    /// Every page but the last has this many rows fewer than requested.
    ShortPages(usize),
    /// Ignores `startIndex` and `page`: every page is the first.
    RepeatPages,
    /// Every response has `opc-next-page`, complete or not (oracle/oci-python-sdk#708).
    AlwaysNextPage,
    /// No response has `opc-next-page`.
    NeverNextPage,
    /// Answers requests without a filter with this status (400 or 405).
    RefuseUnfiltered(u16),
    /// Answers a filter that contains this text with 400.
    RefuseFilter(String),
    /// Answers a `count` over this number with this status (400 or 413).
    RefuseCount(usize, u16),
    /// Answers a request for an attribute whose name contains this text with 400.
    RefuseAttribute(String),
    /// Answers `sortBy` with 400.
    RefuseSort,
    /// Omits `Resources` if there are none.
    NoResourcesWhenEmpty,
    /// Denies permission with this status (401, 403, 404) and a SCIM error.
    Deny(u16),
    /// Denies permission with this status and the `{code, message}` of OCI's gateway.
    DenyByGateway(u16),
}
