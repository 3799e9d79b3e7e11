//! Files at a desk: written beside their place, then renamed into it.
//!
//! Whoever reads the file sees the old one or the new one, never half of one, also where the program is interrupted or the
//! disk fills up. What is no file (`/dev/null`, a named pipe) is written into: to rename over it would put a file in its
//! place, for everybody who uses it. A link stays a link, and a file keeps who may read it.

#![expect(
    clippy::disallowed_methods,
    reason = "the one place that writes the files of the command line"
)]

use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::http::transport::Chunks;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {reason}; name a file in a folder that is there and that you may write to", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub reason: io::Error,
}

/// Asks whoever writes to stop. Clones are handles of the same.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// From now on nothing more is written.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Writes `chunks` to `path`.
///
/// # Errors
///
/// Where the file cannot be written, or somebody asked to stop; what was there before is still there.
pub fn write(path: &Path, chunks: Chunks, stop: &CancelFlag) -> Result<(), FileError> {
    write_beside(path, chunks, stop).map_err(|reason| FileError {
        path: path.to_owned(),
        reason,
    })
}

fn write_beside(path: &Path, chunks: Chunks, stop: &CancelFlag) -> io::Result<()> {
    let found = std::fs::metadata(path).ok();
    if found
        .as_ref()
        .is_some_and(|found| !found.is_file() && !found.is_dir())
    {
        return write_all(&File::options().write(true).open(path)?, chunks, stop);
    }
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let beside = Beside::create(&target)?;
    if let Some(found) = found.filter(Metadata::is_file) {
        beside.file.set_permissions(found.permissions())?;
    }
    write_all(&beside.file, chunks, stop)?;
    beside.file.sync_all()?;
    beside.rename()
}

fn write_all(file: &File, chunks: Chunks, stop: &CancelFlag) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    for chunk in chunks {
        if stop.0.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        out.write_all(&chunk)?;
    }
    out.flush()
}

/// A file beside the one that is to be written; removed unless it was renamed.
struct Beside<'a> {
    target: &'a Path,
    path: PathBuf,
    file: File,
    renamed: bool,
}

impl<'a> Beside<'a> {
    fn create(target: &'a Path) -> io::Result<Self> {
        let name = target
            .file_name()
            .ok_or_else(|| io::Error::other("it names no file"))?;
        let path = target.with_file_name(format!(
            ".{}.{:08x}.part",
            name.to_string_lossy(),
            fastrand::u32(..)
        ));
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok(Self {
            target,
            path,
            file,
            renamed: false,
        })
    }

    fn rename(mut self) -> io::Result<()> {
        std::fs::rename(&self.path, self.target)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            // There is nobody to tell, and the failure that led here is told.
            let _ = std::fs::remove_file(&self.path);
        }
    }
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
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
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
    fn a_pipe_is_written_into_and_stays_one() {
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
        // Where it is none any more, the reader waits for ever.
        let found = std::fs::symlink_metadata(&path).expect("still there");
        assert!(found.file_type().is_fifo());
        assert_eq!(reader.join().expect("it ends"), "a report");
        assert_eq!(names(folder.path()), ["pipe"]);
    }

    #[test]
    fn a_link_stays_one_and_the_file_behind_it_keeps_who_may_read_it() {
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
    fn a_write_that_ends_early_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.csv");
        std::fs::write(&path, "old").expect("written");
        let stop = CancelFlag::default();
        let asking = stop.clone();
        let chunks = (0..2).map(move |_| {
            asking.ask();
            Bytes::from_static(b"half")
        });
        write(&path, Box::new(chunks), &stop).expect_err("it was to stop");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "old");
        assert_eq!(names(folder.path()), ["report.csv"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
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
