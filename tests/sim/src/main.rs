//! `tenancy-sim`: serves a simulated tenancy, or acts as the Fn agent for the command of a function.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == "agent" => tenancy_sim::agent::command_line(rest.to_vec()),
        _ => tenancy_sim::command_line::run(&arguments),
    }
}
