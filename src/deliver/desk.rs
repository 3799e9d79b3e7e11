//! Files at a desk: written beside their place, then renamed into it.
//!
//! Whoever reads the file sees the old one or the new one, never half of one, also where the program is interrupted or the
//! disk fills up.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

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

/// Writes `chunks` to `path`.
///
/// # Errors
///
/// Where the file cannot be written; what was there before is still there.
pub fn write(path: &Path, chunks: Chunks) -> Result<(), FileError> {
    write_beside(path, chunks).map_err(|reason| FileError {
        path: path.to_owned(),
        reason,
    })
}

fn write_beside(path: &Path, chunks: Chunks) -> io::Result<()> {
    let beside = Beside::create(path)?;
    let mut out = BufWriter::new(&beside.file);
    for chunk in chunks {
        out.write_all(&chunk)?;
    }
    out.flush()?;
    drop(out);
    beside.file.sync_all()?;
    beside.rename()
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
    #[expect(clippy::disallowed_methods, reason = "the file is this one's own")]
    fn drop(&mut self) {
        if !self.renamed {
            // There is nobody to tell, and the failure that led here is told.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests look at the files")]
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
        write(&path, Box::new(chunks)).expect("written");
        assert_eq!(
            std::fs::read_to_string(&path).expect("a file"),
            "new content"
        );
        assert_eq!(names(folder.path()), ["report.csv"]);
    }

    #[test]
    fn a_write_that_ends_early_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.csv");
        std::fs::write(&path, "old").expect("written");
        let beside = Beside::create(&path).expect("a file");
        (&beside.file).write_all(b"half").expect("written");
        drop(beside);
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "old");
        assert_eq!(names(folder.path()), ["report.csv"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = write(
            Path::new("/does/not/exist/report.csv"),
            Box::new(std::iter::empty()),
        )
        .expect_err("no folder");
        assert!(
            error.to_string().contains("/does/not/exist/report.csv"),
            "{error}"
        );
    }
}
