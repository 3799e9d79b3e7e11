//! Where a finished audit goes.

pub mod cloud;
