//! The metrics of a run, for alarms and charts. Pure.
//!
//! Monitoring limits a request: at most 50 streams, each with at least one dimension, and no dimension empty (Oracle
//! documentation, publishingcustommetrics.htm). The types of this module have no value that breaks a limit, so the client of
//! the service checks none. A metric never names a user.

mod name;
mod namespace;
mod stream;

pub use self::name::MetricName;
pub use self::namespace::{InvalidNamespace, MetricNamespace};
pub use self::stream::{Dimensions, Stream, Streams, TypeDimension};
