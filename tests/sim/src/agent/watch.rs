//! The wait for the socket.
//!
//! The directory is watched before the process starts, for one event: the listener's name is made, or moved into place.
//! At that event the agent looks once. A link must point into its own directory, since the agent would otherwise be led
//! to any socket of the host; and what it finds must be a socket.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use tokio::time::sleep;

/// Time between two looks at the events.
const LOOK: Duration = Duration::from_millis(1);

/// A watch on a directory.
pub(super) struct Watch {
    events: Inotify,
    listener: PathBuf,
}

impl Watch {
    /// Starts to watch for `listener` in its directory.
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

    /// Waits for the listener's name, and looks at it once: is it a socket the agent may use?
    ///
    /// Events are kept by the kernel until they are asked for; registering the descriptor with the runtime would need
    /// unsafe code, and saves at most one [`LOOK`].
    pub(super) async fn appeared(&self) -> io::Result<bool> {
        loop {
            match self.events.read_events() {
                Ok(events) => {
                    let name = self.listener.file_name();
                    if events.iter().any(|event| event.name.as_deref() == name) {
                        return Ok(is_usable(&self.listener));
                    }
                }
                Err(Errno::EAGAIN) => sleep(LOOK).await,
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
