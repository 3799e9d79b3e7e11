//! `tenancy-sim`: serves a simulated tenancy, or plays the Fn agent for a function's command.
fn main() {}
