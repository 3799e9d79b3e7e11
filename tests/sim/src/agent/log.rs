//! The output of the containers, and the call that each line is filed under.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;

/// A line of a container's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The call that the line is filed under; `None` if it is the container's alone.
    pub call_id: Option<String>,
    /// The line, without its end.
    pub text: String,
}

/// The call that lines of a container are filed under at the moment.
#[derive(Clone, Debug, Default)]
pub(super) struct CurrentCall(Arc<Mutex<Option<String>>>);

impl CurrentCall {
    pub(super) fn set(&self, call_id: Option<String>) {
        *locked(&self.0) = call_id;
    }

    fn get(&self) -> Option<String> {
        locked(&self.0).clone()
    }
}

/// The output of all containers.
#[derive(Debug)]
pub(super) struct Output {
    stdout: Arc<Mutex<Vec<u8>>>,
    stderr: Arc<Mutex<Vec<u8>>>,
    lines: Arc<Mutex<Vec<LogLine>>>,
    echo: bool,
}

impl Output {
    pub(super) fn new(echo: bool) -> Self {
        Self {
            stdout: Arc::default(),
            stderr: Arc::default(),
            lines: Arc::default(),
            echo,
        }
    }

    pub(super) fn stdout(&self) -> String {
        String::from_utf8_lossy(&locked(&self.stdout)).into_owned()
    }

    pub(super) fn stderr(&self) -> String {
        String::from_utf8_lossy(&locked(&self.stderr)).into_owned()
    }

    pub(super) fn lines(&self) -> Vec<LogLine> {
        locked(&self.lines).clone()
    }

    pub(super) fn note(&self, line: &str) {
        keep(&self.stderr, line.as_bytes(), self.echo);
    }

    pub(super) fn collect(&self, child: &mut Child, call: &CurrentCall) {
        if let Some(stream) = child.stdout.take() {
            tokio::spawn(self.reader(&self.stdout, call).read(stream));
        }
        if let Some(stream) = child.stderr.take() {
            tokio::spawn(self.reader(&self.stderr, call).read(stream));
        }
    }

    fn reader(&self, into: &Arc<Mutex<Vec<u8>>>, call: &CurrentCall) -> Reader {
        Reader {
            into: Arc::clone(into),
            lines: Arc::clone(&self.lines),
            call: call.clone(),
            echo: self.echo,
            unfinished: Vec::new(),
        }
    }
}

/// What reads one stream of one container.
struct Reader {
    into: Arc<Mutex<Vec<u8>>>,
    lines: Arc<Mutex<Vec<LogLine>>>,
    call: CurrentCall,
    echo: bool,
    unfinished: Vec<u8>,
}

impl Reader {
    async fn read(mut self, mut stream: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; 8192];
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            self.file(&buffer[..length]);
            keep(&self.into, &buffer[..length], self.echo);
        }
    }

    fn file(&mut self, bytes: &[u8]) {
        self.unfinished.extend_from_slice(bytes);
        let Some(end) = self.unfinished.iter().rposition(|byte| *byte == b'\n') else {
            return;
        };
        let rest = self.unfinished.split_off(end + 1);
        let finished = std::mem::replace(&mut self.unfinished, rest);
        let text = String::from_utf8_lossy(&finished);
        let call_id = self.call.get();
        locked(&self.lines).extend(text.lines().map(|line| LogLine {
            call_id: call_id.clone(),
            text: line.to_owned(),
        }));
    }
}

fn keep(into: &Mutex<Vec<u8>>, bytes: &[u8], echo: bool) {
    locked(into).extend_from_slice(bytes);
    if echo {
        let _ = io::stderr().write_all(bytes);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
