//! Reading the files that hold credentials.

#![expect(
    clippy::disallowed_methods,
    reason = "the one place where credential sources touch the file system"
)]

use std::io;
use std::path::Path;
use std::time::SystemTime;

use zeroize::Zeroizing;

/// The bytes of a file, wiped when dropped.
pub(super) fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    std::fs::read(path).map(Zeroizing::new)
}

/// Whether `path` is an existing file.
pub(super) fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// What tells one version of a file from the next without reading it; `None` where there is no file.
///
/// The length is there for file systems with a coarse clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileVersion {
    pub(super) modified: Option<SystemTime>,
    length: u64,
}

pub(super) fn version_of(path: &Path) -> Option<FileVersion> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(FileVersion {
        modified: metadata.modified().ok(),
        length: metadata.len(),
    })
}

/// What to say about a file with secrets that others can read; `None` if only its owner can, or if there is no file.
///
/// The rule is that of Oracle's command line, which warns about any permission of the group or of others.
#[cfg(unix)]
pub(super) fn permissions_warning(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let open = mode & 0o077 != 0;
    open.then(|| {
        format!(
            "{} has permissions {mode:03o}, so others than its owner can use it; run: chmod 600 {}",
            path.display(),
            path.display()
        )
    })
}

#[cfg(not(unix))]
pub(super) fn permissions_warning(_path: &Path) -> Option<String> {
    None
}
