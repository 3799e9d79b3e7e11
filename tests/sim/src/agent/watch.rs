//! The wait for the socket.
//!
//! The agent watches the directory before the process starts. When the file of the listener is created or moved into place,
//! it must be a socket, or a link to one in the same directory. Other links could lead the agent to any socket of the host.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use tokio::time::sleep;

/// Interval of reading the events.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// A watch on a directory.
pub(super) struct Watch {
    events: Inotify,
    listener: PathBuf,
}

impl Watch {
    /// Starts watching for `listener` in its directory.
    pub(super) fn new(listener: &Path) -> io::Result<Self> {
        let events = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        let directory = listener.parent().unwrap_or(Path::new("/"));
        events.add_watch(
            directory,
            AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO,
        )?;
        Ok(Self {
            events,
            listener: listener.to_owned(),
        })
    }

    /// Waits for the file of the listener; whether it is a socket that the agent may use.
    ///
    /// The kernel keeps events until they are read. Registering the descriptor with the runtime would need unsafe code, and
    /// would save at most one [`POLL_INTERVAL`].
    pub(super) async fn appeared(&self) -> io::Result<bool> {
        loop {
            match self.events.read_events() {
                Ok(events) => {
                    let name = self.listener.file_name();
                    if events.iter().any(|event| event.name.as_deref() == name) {
                        return Ok(is_usable(&self.listener));
                    }
                }
                Err(Errno::EAGAIN) => sleep(POLL_INTERVAL).await,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn is_usable(listener: &Path) -> bool {
    if let Ok(target) = fs::read_link(listener) {
        let directory = target.parent().map(Path::as_os_str);
        if ![Some(OsStr::new("")), Some(OsStr::new("."))].contains(&directory) {
            return false;
        }
    }
    fs::metadata(listener).is_ok_and(|found| found.file_type().is_socket())
}
