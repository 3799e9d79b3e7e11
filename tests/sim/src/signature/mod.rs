//! OCI's request signatures ("Signature version 1", draft-cavage-http-signatures-08), verified.
//!
//! Source: Oracle's page "Request signatures", and what `oci/signer.py` sends. It shares no code with a signer: the signing
//! string is rebuilt from the received request.

mod authorization;
mod keys;
mod verify;

pub(crate) use keys::{KeyRing, TestKey, issue_token, issue_token_for};
pub use verify::Rejection;
pub(crate) use verify::{Expectation, Rule, verify};
