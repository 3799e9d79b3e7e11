//! OCI's services, as far as this program uses them.

pub mod hosts;
pub mod identity;
pub mod ladder;
pub mod listing;
pub mod notifications;
pub mod object_reading;
pub mod object_storage;
pub mod progress;
pub mod regions;
pub mod scim;
pub mod service_error;
pub mod statement;
