//! The agent that plays Fn.
