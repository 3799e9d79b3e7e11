//! `tenancy-sim`: serves a simulated tenancy, or plays the Fn agent for a function's command.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("agent") => tenancy_sim::agent::command_line(arguments),
        _ => {
            eprintln!("usage: tenancy-sim agent ...");
            ExitCode::from(2)
        }
    }
}
