//! Opens a page with the program that the system has for it.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::blocking::run_blocking;

use super::terminal::say;

/// The program that opens a file as a double click does.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};
/// How long to wait for it to fail. It may run as long as the browser.
const WAIT: Duration = Duration::from_secs(3);

/// Opens a file, or says where it is: a machine may have no browser.
pub(super) async fn open(path: &Path) {
    let opening = run_blocking({
        let path = path.to_owned();
        move || run(&path)
    });
    let reason = match tokio::time::timeout(WAIT, opening).await {
        Ok(Ok(status)) if !status.success() => status.to_string(),
        Ok(Err(error)) => error.to_string(),
        Ok(Ok(_)) | Err(_) => return,
    };
    let path = path.display();
    say(&format_args!(
        "cannot open {path} with {OPENER}: {reason}; open the file in a browser"
    ));
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that starts another program, because a person asks for it"
)]
fn run(path: &Path) -> io::Result<ExitStatus> {
    Command::new(OPENER)
        // A name that begins with a dash would be an option.
        .arg(Path::new(".").join(path))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
}
