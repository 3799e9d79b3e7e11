//! People: the owners of credentials.

mod owners;
