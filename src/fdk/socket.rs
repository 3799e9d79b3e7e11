//! Opens, announces and removes the socket.
//!
//! The platform watches the directory until the listener's name appears: a socket, or a link to one in the same directory.
//! It connects within microseconds, as another user, and only once. So the name must appear last:
//!
//! 1. [`Socket::bind`]: remove leftovers, bind and listen on a private name in the same directory, `chmod 0666`.
//! 2. The caller starts to accept.
//! 3. [`Socket::announce`]: create a link from the listener's name to the private one, without a directory.
//!
//! The private name is at most as long as the listener's, so that every valid path can be bound.
//!
//! Leftovers with one of the two names are removed: a socket, a file, a link (not followed) or an empty directory. A
//! directory that is not empty is an error.

#![expect(clippy::disallowed_methods, reason = "the socket and its files")]

use std::fs::{self, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use super::environment::ListenerPath;

/// Mode of the socket: the platform's agent is another user.
const MODE: u32 = 0o666;

/// A listening socket. Removes its files when dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    files: SocketFiles,
}

/// The step of opening the socket that failed, and its path.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step} {}: {source}", path.display())]
pub struct SocketError {
    step: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl Socket {
    /// Binds a private name in the listener's directory, listens, and sets the mode. Needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// If a step fails. A failed `chmod` is ignored if the mode is correct: some hosts refuse it in the mounted directory.
    pub fn bind(path: &ListenerPath) -> Result<Self, SocketError> {
        let (public, name) = (path.path().to_owned(), private_name(path.name()));
        let private = public.with_file_name(&name);
        for leftover in [&public, &private] {
            remove_leftover(leftover).map_err(failed("replace", leftover))?;
        }
        let listener = UnixListener::bind(&private).map_err(failed("bind", &private))?;
        let metadata = fs::symlink_metadata(&private).map_err(failed("inspect", &private))?;
        let files = SocketFiles {
            id: (metadata.dev(), metadata.ino()),
            public,
            private,
            name,
        };
        set_mode(&files.private, metadata.mode())?;
        Ok(Self { listener, files })
    }

    /// Creates the listener's name. The platform may call from now on, so the caller must already accept.
    ///
    /// # Errors
    ///
    /// If the link cannot be created.
    pub(super) fn announce(&self) -> Result<(), SocketError> {
        symlink(&self.files.name, &self.files.public).map_err(failed("link", &self.files.public))
    }

    pub(super) fn listener(&self) -> &UnixListener {
        &self.listener
    }
}

/// The two names, removed on drop unless another process replaced them.
#[derive(Debug)]
struct SocketFiles {
    public: PathBuf,
    private: PathBuf,
    name: String,
    /// Device and inode of the socket.
    id: (u64, u64),
}

impl Drop for SocketFiles {
    fn drop(&mut self) {
        // Another process may have replaced both names; its files stay.
        let own = fs::symlink_metadata(&self.private)
            .is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == self.id);
        if own {
            if fs::read_link(&self.public)
                .is_ok_and(|target| target.as_os_str() == self.name.as_str())
            {
                let _ = fs::remove_file(&self.public);
            }
            let _ = fs::remove_file(&self.private);
        }
    }
}

/// Returns a name that differs from `name` and is not longer.
///
/// Derived from `name`, so that functions can share a directory, and a new process finds the leftover of a killed one.
fn private_name(name: &str) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut hasher = DefaultHasher::new();
    loop {
        name.hash(&mut hasher);
        let (mut rest, mut private) = (hasher.finish(), String::new());
        if name.len() > 1 {
            private.push('.');
        }
        while private.len() < name.len().min(8) {
            private.push(char::from(DIGITS[(rest % 32) as usize]));
            rest /= 32;
        }
        if private != name {
            return private;
        }
    }
}

/// Removes a leftover: not a directory with files. Succeeds if nothing is there.
fn remove_leftover(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    removed.or_else(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            Ok(())
        } else {
            Err(error)
        }
    })
}

/// Sets the mode; `current` is the one it has.
fn set_mode(private: &Path, current: u32) -> Result<(), SocketError> {
    match fs::set_permissions(private, Permissions::from_mode(MODE)) {
        Err(_) if current & 0o777 == MODE => Ok(()),
        changed => changed.map_err(failed("chmod to 0666", private)),
    }
}

fn failed(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SocketError {
    move |source| SocketError {
        step,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(path: &Path) -> ListenerPath {
        ListenerPath::parse(&format!("unix:{}", path.display())).unwrap()
    }

    #[test]
    fn private_name_differs_from_listener_and_is_not_longer() {
        for name in [
            "lsnr.sock",
            "a",
            "s",
            ".a",
            "ab",
            "abc",
            "é",
            "a-name-that-is-rather-long.sock",
        ] {
            let private = private_name(name);
            assert!(
                private.len() <= name.len() && private != name && !private.contains('/'),
                "{name}: {private}"
            );
            assert!(!["", ".", ".."].contains(&private.as_str()));
            assert_eq!(private, private_name(name));
        }
        assert_ne!(private_name("a.sock"), private_name("b.sock"));
        for byte in b'!'..=b'~' {
            let name = char::from(byte).to_string();
            assert_ne!(private_name(&name), name);
        }
    }

    #[tokio::test]
    async fn leftovers_are_replaced_but_not_a_directory_with_files() {
        let directory = tempfile::tempdir().unwrap();
        let public = directory.path().join("lsnr.sock");
        let private = directory.path().join(private_name("lsnr.sock"));
        let elsewhere = directory.path().join("elsewhere");
        for path in [&public, &private] {
            let _ = std::os::unix::net::UnixListener::bind(path).unwrap();
            drop(Socket::bind(&listener(&public)).unwrap());
            fs::create_dir(path).unwrap();
            drop(Socket::bind(&listener(&public)).unwrap());
            for target in ["nowhere", "elsewhere", "/"] {
                fs::create_dir_all(elsewhere.join("kept")).unwrap();
                symlink(target, path).unwrap();
                drop(Socket::bind(&listener(&public)).unwrap());
            }
            fs::create_dir_all(path.join("kept")).unwrap();
            let error = Socket::bind(&listener(&public)).unwrap_err().to_string();
            assert!(
                error.starts_with("cannot replace") && error.contains(path.to_str().unwrap()),
                "{error}"
            );
            fs::remove_dir_all(path).unwrap();
        }
        assert!(elsewhere.join("kept").exists());
    }

    #[test]
    fn failed_chmod_is_an_error_only_if_the_mode_differs() {
        let missing = Path::new("/no/such/socket");
        assert!(set_mode(missing, 0o140_666).is_ok());
        let error = set_mode(missing, 0o140_755).unwrap_err().to_string();
        assert_eq!(
            error,
            "cannot chmod to 0666 /no/such/socket: No such file or directory (os error 2)"
        );
    }

    #[tokio::test]
    async fn files_of_another_process_stay() {
        let directory = tempfile::tempdir().unwrap();
        let public = directory.path().join("lsnr.sock");
        let first = Socket::bind(&listener(&public)).unwrap();
        first.announce().unwrap();
        let second = Socket::bind(&listener(&public)).unwrap();
        second.announce().unwrap();
        drop(first);
        assert!(std::os::unix::net::UnixStream::connect(&public).is_ok());
        drop(second);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
