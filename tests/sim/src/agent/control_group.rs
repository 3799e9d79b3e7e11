//! A control group that limits the memory of a container, as the platform's does: its own pages, its page cache, and the
//! kernel's memory for its sockets. Needs root, and control groups of either version.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Of each version: the folder of the groups, and the files of the limit, the swap and the peak.
const VERSIONS: [(&str, &str, &str, &str); 2] = [
    (
        "/sys/fs/cgroup",
        "memory.max",
        "memory.swap.max",
        "memory.peak",
    ),
    (
        "/sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.memsw.limit_in_bytes",
        "memory.max_usage_in_bytes",
    ),
];

/// A group with a limit. Dropping it removes it.
#[derive(Debug)]
pub(super) struct ControlGroup {
    path: PathBuf,
    peak: &'static str,
}

impl ControlGroup {
    /// A new group.
    ///
    /// # Errors
    ///
    /// If this machine has no such groups, or this process may not create one.
    pub(super) fn new(bytes: u64) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "tenancy-sim-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let mut failure = io::Error::other("no control groups for memory");
        for (root, limit, swap, peak) in VERSIONS {
            let path = Path::new(root).join(&name);
            if let Err(error) = fs::create_dir(&path) {
                failure = error;
                continue;
            }
            let group = Self { path, peak };
            // Groups of version 1 have a folder of other things in that place.
            if !group.path.join(limit).exists() {
                continue;
            }
            if let Err(error) = fs::write(group.path.join(limit), bytes.to_string()) {
                failure = error;
                continue;
            }
            // Of version 2 it counts the swap alone, of version 1 memory and swap. A machine without swap may have neither.
            let swapped = if swap == "memory.swap.max" { 0 } else { bytes };
            let _ = fs::write(group.path.join(swap), swapped.to_string());
            return Ok(group);
        }
        Err(failure)
    }

    /// Moves a process into the group.
    pub(super) fn add(&self, process: u32) -> io::Result<()> {
        fs::write(self.path.join("cgroup.procs"), process.to_string())
    }

    /// The most bytes that the group had at once.
    pub(super) fn peak(&self) -> Option<u64> {
        let text = fs::read_to_string(self.path.join(self.peak)).ok()?;
        text.trim().parse().ok()
    }
}

/// Whether [`Options::enforce_memory`](super::Options::enforce_memory) works on this machine.
///
/// # Errors
///
/// If it has no control groups for memory, or this process may not create one.
pub fn can_enforce_memory() -> io::Result<()> {
    ControlGroup::new(1 << 30).map(drop)
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.path);
        // A group can be removed when its last process is gone.
        std::thread::spawn(move || {
            for _ in 0..200 {
                if fs::remove_dir(&path).is_ok() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
    }
}
