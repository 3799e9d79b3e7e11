//! OCI's services, as far as this program uses them.

pub mod hosts;
pub mod regions;
pub mod service_error;
