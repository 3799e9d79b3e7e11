//! A command at a terminal of a given width.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use nix::pty::{Winsize, openpty};

/// What a terminal receives from a command, to which `attach` attaches it.
pub(crate) fn received(
    mut command: Command,
    columns: u16,
    attach: impl FnOnce(&mut Command, Stdio),
) -> String {
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let terminal = openpty(&size, None).expect("a pseudo-terminal");
    let slave = || Stdio::from(terminal.slave.try_clone().expect("a descriptor"));
    command.stdin(slave());
    attach(&mut command, slave());
    let mut child = command.spawn().expect("the program starts");
    // Only the program has the terminal open now, so reading ends when the program does.
    drop((command, terminal.slave));
    let mut written = Vec::new();
    let mut buffer = [0; 4096];
    let mut master = File::from(terminal.master);
    // The end of a terminal is an error.
    while let Ok(read @ 1..) = master.read(&mut buffer) {
        written.extend_from_slice(&buffer[..read]);
    }
    assert!(child.wait().expect("it ends").success());
    String::from_utf8(written).expect("text")
}
