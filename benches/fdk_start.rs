//! The cost of the function shim: start, memory, and calls on many connections.
//!
//! The platform grants a function 5 seconds until its socket, on a slice of a core, and 128 MB. The bounds are relative to a
//! minimal program, measured in the same run: start to socket at most three times that of a program that only binds one;
//! resident memory after two calls at most 8 MB; no failure in 100 calls on one connection and on 100 connections. Prints
//! the figures, and fails if a bound is exceeded.
//!
//! The measured processes are this binary: with `FN_LISTENER` in its environment a function that echoes, with `BARE_SOCKET`
//! the minimal program.

#![expect(
    clippy::disallowed_methods,
    reason = "a bench starts processes and reads their status"
)]
#![expect(clippy::expect_used, reason = "a bench that cannot measure fails")]

use std::convert::Infallible;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use credential_audit::fdk::{self, Options};
use http::{Request, Response};
use tempfile::TempDir;

const STARTS: usize = 31;
const MAX_START_RATIO: f64 = 3.0;
const MAX_RESIDENT_KB: u64 = 8 * 1024;
const CALLS: usize = 100;

fn main() -> ExitCode {
    if let Ok(path) = std::env::var("BARE_SOCKET") {
        let listener = UnixListener::bind(path).expect("a socket");
        let _ = listener.accept();
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("FN_LISTENER").is_some() {
        return fdk::run(
            |name| std::env::var(name).ok(),
            Options::new("bench", "1", chrono::Utc::now),
            echo,
        );
    }
    measure()
}

async fn echo(request: Request<Bytes>) -> Result<Response<Bytes>, Infallible> {
    Ok(Response::new(request.into_body()))
}

fn measure() -> ExitCode {
    let (mut bare, mut shim) = (Vec::new(), Vec::new());
    // Alternately, so that other load affects both.
    for _ in 0..STARTS {
        bare.push(Process::start("BARE_SOCKET", "").took);
        shim.push(Process::start("FN_LISTENER", "unix:").took);
    }
    let (bare, shim) = (median(bare), median(shim));
    let ratio = shim.as_secs_f64() / bare.as_secs_f64();

    let function = Process::start("FN_LISTENER", "unix:");
    let mut one = function.connect();
    for _ in 0..2 {
        assert!(call(&mut one));
    }
    let resident = function.resident_kb();

    let start = Instant::now();
    let failed_on_one = (0..CALLS).filter(|_| !call(&mut one)).count();
    let on_one = start.elapsed();
    let start = Instant::now();
    let mut many: Vec<_> = (0..CALLS).map(|_| function.connect()).collect();
    let failed_on_many = many
        .iter_mut()
        .map(call)
        .filter(|answered| !answered)
        .count();
    let on_many = start.elapsed();
    let resident_after = function.resident_kb();

    println!(
        "start to socket       shim {shim:.2?}, bare {bare:.2?}, ratio {ratio:.2} (at most {MAX_START_RATIO}), medians of {STARTS}"
    );
    println!(
        "resident, two calls   {resident} kB (at most {MAX_RESIDENT_KB}); after {} calls {resident_after} kB",
        2 + 2 * CALLS
    );
    println!(
        "{CALLS} calls             one connection {on_one:.2?}, {failed_on_one} failed; {CALLS} connections {on_many:.2?}, {failed_on_many} failed"
    );
    let kept = ratio <= MAX_START_RATIO
        && resident <= MAX_RESIDENT_KB
        && failed_on_one + failed_on_many == 0;
    if kept {
        ExitCode::SUCCESS
    } else {
        println!("a bound is broken");
        ExitCode::FAILURE
    }
}

/// This binary in another role; killed when dropped.
struct Process {
    child: Child,
    socket: PathBuf,
    took: Duration,
    _directory: TempDir,
}

impl Process {
    /// Starts the process and waits for its socket.
    fn start(variable: &str, prefix: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("lsnr.sock");
        let program = std::env::current_exe().expect("a path");
        let mut command = Command::new(program);
        command
            .env_clear()
            .env(variable, format!("{prefix}{}", socket.display()))
            .stdin(Stdio::null());
        let start = Instant::now();
        let child = command.spawn().expect("a process");
        while fs::symlink_metadata(&socket).is_err() {
            assert!(start.elapsed() < Duration::from_secs(5), "no socket");
            std::thread::yield_now();
        }
        Self {
            child,
            socket,
            took: start.elapsed(),
            _directory: directory,
        }
    }

    fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.socket).expect("a connection")
    }

    fn resident_kb(&self) -> u64 {
        let status = fs::read_to_string(
            Path::new("/proc")
                .join(self.child.id().to_string())
                .join("status"),
        )
        .expect("a status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("a line");
        line.trim()
            .trim_end_matches("kB")
            .trim()
            .parse()
            .expect("a number")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends one call; whether the response was 200 with the same body.
fn call(stream: &mut UnixStream) -> bool {
    let sent = stream.write_all(b"POST /call HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
    while sent.is_ok() && !answer.ends_with(b"\r\n\r\nbody") {
        match stream.read(&mut buffer) {
            Ok(length @ 1..) => answer.extend_from_slice(&buffer[..length]),
            _ => return false,
        }
    }
    answer.starts_with(b"HTTP/1.1 200")
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort();
    values[values.len() / 2]
}
