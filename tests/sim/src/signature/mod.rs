//! OCI's request signatures ("Signature version 1", draft-cavage-http-signatures-08), verified.
//!
//! Written from Oracle's page "Request signatures" and from what `oci/signer.py` sends. Nothing of it is shared with a
//! signer: the signing string is rebuilt from what came over the wire.

mod authorization;
mod keys;
mod verify;

pub(crate) use keys::{KeyRing, TestKey, issue_token};
pub use verify::Rejection;
pub(crate) use verify::{Expectation, verify};
