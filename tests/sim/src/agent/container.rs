//! A process in place of a container, with its own directory, user, environment and process group.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http1::SendRequest;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, Uid};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::call::{Refusal, new_call_id};
use super::control_group::ControlGroup;
use super::exchange::Chunks;
use super::log::{CurrentCall, Output};
use super::watch::Watch;
use super::{End, Options};

/// Name of the socket in its directory, as the platform has it.
const LISTENER: &str = "lsnr.sock";

/// What a container is started from.
#[derive(Debug)]
pub(super) struct ContainerSpec {
    pub(super) command: Vec<OsString>,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) options: Options,
}

/// A running function. Dropping it kills its process group.
#[derive(Debug)]
pub(super) struct Container {
    child: Child,
    directory: Directory,
    socket: PathBuf,
    frozen: bool,
    lines_of: CurrentCall,
    memory: Option<ControlGroup>,
    /// The connection of the last call, if still open.
    pub(super) connection: Option<SendRequest<Chunks>>,
}

impl Container {
    /// Starts the process and waits until it is ready.
    pub(super) async fn start(spec: &ContainerSpec, output: &Arc<Output>) -> Result<Self, Refusal> {
        let failed = |error: io::Error| {
            output.note(&format!(
                "agent: cannot start {:?}: {error}\n",
                spec.command
            ));
            Refusal::InitFailed
        };
        let directory = Directory::new(spec.options.directory.as_deref()).map_err(failed)?;
        let socket = directory.path.join(LISTENER);
        let watch = Watch::new(&socket).map_err(failed)?;
        let memory = match spec.options.enforce_memory {
            true => Some(ControlGroup::new(
                spec.options.memory_megabytes * 1024 * 1024,
            )),
            false => None,
        };
        let memory = memory.transpose().map_err(failed)?;
        let mut child = spawn(spec, &socket).map_err(failed)?;
        if let (Some(memory), Some(process)) = (&memory, child.id()) {
            memory.add(process).map_err(failed)?;
        }
        let lines_of = CurrentCall::default();
        output.collect(&mut child, &lines_of).map_err(failed)?;
        let mut container = Self {
            child,
            directory,
            socket,
            frozen: false,
            lines_of,
            memory,
            connection: None,
        };
        tokio::select! {
            biased;
            appeared = watch.appeared() => match appeared.map_err(failed)? {
                true => Ok(container),
                false => Err(Refusal::InitFailed),
            },
            _ = container.child.wait() => Err(Refusal::InitFailed),
            () = tokio::time::sleep(spec.options.init_timeout) => Err(Refusal::InitTimeout),
        }
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The most bytes that the container had at once, if its memory is enforced.
    pub(super) fn peak(&self) -> Option<u64> {
        self.memory.as_ref().and_then(ControlGroup::peak)
    }

    /// Files the lines of the container under this call from now on.
    pub(super) fn begin_call(&self, call_id: &str) {
        self.lines_of.set(Some(call_id.to_owned()));
    }

    /// Files the lines of the container under no call from now on.
    pub(super) fn end_call(&self) {
        self.lines_of.set(None);
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.frozen
    }

    pub(super) fn freeze(&mut self) {
        self.signal(Signal::SIGSTOP);
        self.frozen = true;
    }

    pub(super) fn thaw(&mut self) {
        if self.frozen {
            self.signal(Signal::SIGCONT);
            self.frozen = false;
        }
    }

    pub(super) async fn end(&mut self, how: End, patience: Duration) -> Option<i32> {
        self.signal(match how {
            End::Terminate => Signal::SIGTERM,
            End::Interrupt => Signal::SIGINT,
        });
        self.thaw();
        timeout(patience, self.child.wait())
            .await
            .ok()?
            .ok()?
            .code()
    }

    /// The names in the directory of the socket.
    pub(super) fn leftovers(&self) -> Vec<OsString> {
        let entries = fs::read_dir(&self.directory.path).into_iter().flatten();
        entries
            .filter_map(|entry| Some(entry.ok()?.file_name()))
            .collect()
    }

    /// Signals the process group. The id is valid until the process was waited for.
    fn signal(&self, signal: Signal) {
        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = killpg(Pid::from_raw(id), signal);
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

fn spawn(spec: &ContainerSpec, socket: &Path) -> io::Result<Child> {
    let (program, arguments) = spec
        .command
        .split_first()
        .ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("HOME", "/home/fn")
        .env("PATH", path());
    command.envs(spec.environment.iter().map(|(name, value)| (name, value)));
    command.envs([
        ("FN_FORMAT", "http-stream"),
        ("FN_APP_ID", "ocid1.fnapp.oc1..app"),
        ("FN_FN_ID", "ocid1.fnfunc.oc1..function"),
        ("FN_TYPE", "sync"),
    ]);
    if spec.options.names {
        command.envs([
            ("FN_APP_NAME", "app"),
            ("FN_FN_NAME", "function"),
            ("FN_CPUS", "100m"),
        ]);
    }
    command.env("FN_MEMORY", spec.options.memory_megabytes.to_string());
    let mut listener = OsString::from("unix:");
    listener.push(socket);
    command.env("FN_LISTENER", listener);
    if spec.options.log_frame {
        command
            .env("FN_LOGFRAME_NAME", new_call_id())
            .env("FN_LOGFRAME_HDR", "Opc-Request-Id");
    }
    if Uid::effective().is_root() && is_reachable(Path::new(program)) {
        command.uid(spec.options.user.0).gid(spec.options.user.1);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Its own group: Ctrl-C in the terminal is for the agent, and a freeze includes children.
    command.process_group(0).kill_on_drop(true).spawn()
}

/// Whether other users can reach a program. User 1000 could not start one below a private home directory.
fn is_reachable(program: &Path) -> bool {
    let open =
        |path: &Path| fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o001 != 0);
    match program.canonicalize() {
        Ok(program) => program.ancestors().all(open),
        // Looked up in PATH.
        Err(_) => true,
    }
}

/// The caller's PATH, so that the interpreter of a function is found.
fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())
}

/// The directory of the socket, open to every user as on the platform.
#[derive(Debug)]
struct Directory {
    path: PathBuf,
    owned: bool,
}

impl Directory {
    fn new(given: Option<&Path>) -> io::Result<Self> {
        let path = match given {
            Some(path) => path.to_owned(),
            // Not TMPDIR, which may be private or too long for the path of a socket.
            None => Path::new("/tmp").join(format!("fn-{}", new_call_id())),
        };
        if given.is_none() {
            fs::create_dir(&path)?;
            fs::set_permissions(&path, Permissions::from_mode(0o777))?;
        }
        Ok(Self {
            path,
            owned: given.is_none(),
        })
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.owned {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
