//! Reads the files of credentials.

#![expect(
    clippy::disallowed_methods,
    reason = "the one place where credential sources touch the file system"
)]

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use zeroize::Zeroizing;

/// Reads a file into memory that is wiped when dropped.
pub(super) fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    std::fs::read(path).map(Zeroizing::new)
}

/// Whether `path` is an existing file.
pub(super) fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Metadata that changes when a file is replaced, compared without reading the file.
///
/// The length detects a change on file systems with coarse timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileVersion {
    pub(super) modified: Option<SystemTime>,
    length: u64,
}

/// Returns the version of a file; `None` if it does not exist.
pub(super) fn version_of(path: &Path) -> Option<FileVersion> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(FileVersion {
        modified: metadata.modified().ok(),
        length: metadata.len(),
    })
}

/// Returns a warning if others than the owner can access a file with secrets; `None` if it does not exist.
///
/// Like Oracle's command line, warns about any permission of the group or of others.
#[cfg(unix)]
pub(super) fn permissions_warning(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let open = mode & 0o077 != 0;
    open.then(|| {
        format!(
            "{} has permissions {mode:03o}, so other users can access it; run: chmod 600 {}",
            path.display(),
            path.display()
        )
    })
}

#[cfg(not(unix))]
pub(super) fn permissions_warning(_path: &Path) -> Option<String> {
    None
}

/// The home directory of the user who runs this program, by the system's database of users. For an environment without
/// `HOME`, such as that of cron or systemd.
#[cfg(unix)]
pub(super) fn own_home() -> Option<PathBuf> {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid());
    Some(user.ok()??.dir)
}

/// The home directory of another user.
#[cfg(unix)]
pub(super) fn home_of(name: &str) -> Option<PathBuf> {
    Some(nix::unistd::User::from_name(name).ok()??.dir)
}

#[cfg(not(unix))]
pub(super) fn own_home() -> Option<PathBuf> {
    None
}

#[cfg(not(unix))]
pub(super) fn home_of(_name: &str) -> Option<PathBuf> {
    None
}
