//! A simulated OCI tenancy and the agent that plays Fn.

pub mod agent;
