//! OCI's services, as far as this program uses them.

pub mod hosts;
pub mod identity;
pub mod notifications;
pub mod object_storage;
pub mod regions;
pub mod scim;
pub mod service_error;
