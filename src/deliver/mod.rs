//! Where a finished audit goes.

pub mod baseline;
pub mod cloud;
pub mod desk;
pub mod exceptions;
