//! Audits the age and use of IAM credentials in OCI identity domains.

pub mod audit;
pub mod auth;
pub mod clock;
pub mod config;
pub mod date;
pub mod deliver;
pub mod env;
pub mod event;
pub mod fdk;
pub mod function;
pub mod http;
pub mod inventory;
pub mod kind;
pub mod logging;
pub mod model;
pub mod oci;
pub mod policy;
pub mod report;
pub mod summary;
pub mod text;
