//! OCI's services, as far as this program uses them.

pub mod hosts;
pub mod ladder;
pub mod listing;
pub mod regions;
pub mod scim;
pub mod service_error;
