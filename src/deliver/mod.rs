//! Where a finished audit goes.

pub mod cloud;
pub mod desk;
