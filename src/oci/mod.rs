//! Clients for the OCI services that this program uses.

pub mod email;
pub mod hosts;
pub mod identity;
mod identity_rows;
pub mod instance_principal;
pub mod logging_search;
pub mod monitoring;
pub mod notifications;
pub mod object_storage;
pub mod region_sources;
pub mod regions;
pub mod scim;
pub mod service_error;
