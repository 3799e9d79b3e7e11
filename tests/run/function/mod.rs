//! The function as a process: started by the agent as the platform starts it, and invoked through its socket.

mod answers;
mod builds;
mod checks;
mod echo;
mod failures;
mod log_lines;
mod runs;
mod secrecy;
mod users;

use serde_json::json;

fn judged_at(as_of: &str) -> String {
    json!({"audit": {"as_of": as_of}}).to_string()
}
