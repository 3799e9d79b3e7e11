//! Files of the command line: written to a temporary file in the same folder, then renamed.
//!
//! A reader sees the old file or the new one, never a part, also if the program is interrupted or the disk fills up. Devices
//! and named pipes are written to directly: a rename would replace `/dev/null` by a file for every user. A link stays a
//! link, and a file keeps its permissions.

#![expect(
    clippy::disallowed_methods,
    reason = "the one place that writes the files of the command line"
)]

use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::{Builder, NamedTempFile};

use crate::chunks::Chunks;

use super::terminal::chunks_for;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {reason}; name a file in an existing folder that you can write to", path.display())]
pub struct FileError {
    /// Path of the file.
    pub path: PathBuf,
    /// Why, as the system reports it.
    pub reason: io::Error,
}

/// Stops writers. Clones share the flag.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Makes every write end early.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Writes `chunks` to `path`.
///
/// # Errors
///
/// If the file cannot be written or the flag is set. The old file is kept.
pub fn write(path: &Path, chunks: Chunks, cancel: &CancelFlag) -> Result<(), FileError> {
    write_atomically(path, chunks, cancel).map_err(|reason| FileError {
        path: path.to_owned(),
        reason,
    })
}

fn write_atomically(path: &Path, chunks: Chunks, cancel: &CancelFlag) -> io::Result<()> {
    let found = std::fs::metadata(path).ok();
    if found
        .as_ref()
        .is_some_and(|found| !found.is_file() && !found.is_dir())
    {
        let device = File::options().write(true).open(path)?;
        return write_all(&device, chunks_for(&device, chunks), cancel);
    }
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let file = temporary_file(&target)?;
    if let Some(found) = found.filter(Metadata::is_file) {
        file.as_file().set_permissions(found.permissions())?;
    }
    write_all(file.as_file(), chunks, cancel)?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}

/// A file in the folder of `target`, removed when it is dropped. Its permissions are those of any new file, while
/// `tempfile` would let only the owner read it.
fn temporary_file(target: &Path) -> io::Result<NamedTempFile> {
    let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else {
        return Err(io::Error::other("it names no file"));
    };
    Builder::new()
        .prefix(&format!(".{}.", name.to_string_lossy()))
        .suffix(".part")
        .make_in(folder, |path| {
            File::options().write(true).create_new(true).open(path)
        })
}

fn write_all(file: &File, chunks: Chunks, cancel: &CancelFlag) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    for chunk in chunks {
        if cancel.0.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        out.write_all(&chunk)?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn file_is_replaced_and_no_temporary_file_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.csv");
        std::fs::write(&path, "old").expect("written");
        let chunks = [&b"new "[..], b"content"]
            .map(Bytes::from_static)
            .into_iter();
        write(&path, Box::new(chunks), &CancelFlag::default()).expect("written");
        assert_eq!(
            std::fs::read_to_string(&path).expect("a file"),
            "new content"
        );
        assert_eq!(names(folder.path()), ["report.csv"]);
    }

    fn content(text: &'static str) -> Chunks {
        Box::new(std::iter::once(Bytes::from_static(text.as_bytes())))
    }

    #[test]
    fn pipe_is_written_to_and_stays_a_pipe() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo").success());
        let reader = std::thread::spawn({
            let path = path.clone();
            move || std::fs::read_to_string(path).expect("a pipe")
        });
        write(&path, content("a report"), &CancelFlag::default()).expect("written");
        // If it was replaced, the reader waits for ever.
        let found = std::fs::symlink_metadata(&path).expect("still there");
        assert!(found.file_type().is_fifo());
        assert_eq!(reader.join().expect("it ends"), "a report");
        assert_eq!(names(folder.path()), ["pipe"]);
    }

    #[test]
    fn link_stays_a_link_and_its_target_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let elsewhere = tempfile::tempdir().expect("a folder");
        let file = elsewhere.path().join("report.csv");
        std::fs::write(&file, "old").expect("written");
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&file, private).expect("own file");
        let link = folder.path().join("latest.csv");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        write(&link, content("new"), &CancelFlag::default()).expect("written");
        assert_eq!(std::fs::read_to_string(&file).expect("a file"), "new");
        assert_eq!(std::fs::read_link(&link).expect("a link"), file);
        let mode = std::fs::metadata(&file).expect("a file").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        assert_eq!(names(elsewhere.path()), ["report.csv"]);
    }

    #[test]
    fn terminal_that_is_named_as_a_file_is_not_controlled() {
        use std::io::Read;
        let terminal = nix::pty::openpty(None, None).expect("a pseudo-terminal");
        let path = nix::unistd::ttyname(&terminal.slave).expect("a name");
        write(&path, content("a\u{1b}b\n"), &CancelFlag::default()).expect("written");
        let mut shown = [0; 11];
        let mut master = File::from(terminal.master);
        master.read_exact(&mut shown).expect("a line");
        assert_eq!(String::from_utf8_lossy(&shown), "a[U+001B]b\r");
    }

    #[test]
    fn new_file_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("new"), folder.path().join("other"));
        std::fs::write(&other, "").expect("written");
        write(&path, content("new"), &CancelFlag::default()).expect("written");
        let mode = |path: &Path| {
            let metadata = std::fs::metadata(path).expect("a file");
            metadata.permissions().mode()
        };
        assert_eq!(mode(&path), mode(&other));
    }

    #[test]
    fn canceled_write_keeps_the_old_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.csv");
        std::fs::write(&path, "old").expect("written");
        let cancel = CancelFlag::default();
        let flag = cancel.clone();
        let chunks = (0..2).map(move |_| {
            flag.cancel();
            Bytes::from_static(b"half")
        });
        write(&path, Box::new(chunks), &cancel).expect_err("it was to stop");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "old");
        assert_eq!(names(folder.path()), ["report.csv"]);
    }

    #[test]
    fn missing_folder_is_named() {
        let error = write(
            Path::new("/does/not/exist/report.csv"),
            Box::new(std::iter::empty()),
            &CancelFlag::default(),
        )
        .expect_err("no folder");
        assert!(
            error.to_string().contains("/does/not/exist/report.csv"),
            "{error}"
        );
    }
}
