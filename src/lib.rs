//! Audits the age and use of IAM credentials in OCI identity domains.

pub mod fdk;
