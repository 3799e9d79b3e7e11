//! The output of the containers, and the call that each line is filed under.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::net::unix::pipe::Receiver;
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
    /// Those that have not ended.
    streams: Mutex<Vec<Weak<Stream>>>,
    echo: bool,
}

impl Output {
    pub(super) fn new(echo: bool) -> Self {
        Self {
            stdout: Arc::default(),
            stderr: Arc::default(),
            lines: Arc::default(),
            streams: Mutex::default(),
            echo,
        }
    }

    pub(super) fn stdout(&self) -> String {
        self.read_what_is_there();
        String::from_utf8_lossy(&locked(&self.stdout)).into_owned()
    }

    pub(super) fn stderr(&self) -> String {
        self.read_what_is_there();
        String::from_utf8_lossy(&locked(&self.stderr)).into_owned()
    }

    pub(super) fn lines(&self) -> Vec<LogLine> {
        self.read_what_is_there();
        locked(&self.lines).clone()
    }

    pub(super) fn note(&self, line: &str) {
        keep(&self.stderr, line.as_bytes(), self.echo);
    }

    pub(super) fn collect(&self, child: &mut Child, call: &CurrentCall) -> io::Result<()> {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        if let Some(stream) = stdout {
            self.start(stream.into_owned_fd()?, &self.stdout, call)?;
        }
        if let Some(stream) = stderr {
            self.start(stream.into_owned_fd()?, &self.stderr, call)?;
        }
        Ok(())
    }

    fn start(
        &self,
        pipe: OwnedFd,
        into: &Arc<Mutex<Vec<u8>>>,
        call: &CurrentCall,
    ) -> io::Result<()> {
        let stream = Arc::new(Stream {
            pipe: Receiver::from_owned_fd(pipe)?,
            reader: Mutex::new(Reader {
                into: Arc::clone(into),
                lines: Arc::clone(&self.lines),
                call: call.clone(),
                echo: self.echo,
                unfinished: Vec::new(),
            }),
        });
        let mut streams = locked(&self.streams);
        streams.retain(|stream| stream.strong_count() > 0);
        streams.push(Arc::downgrade(&stream));
        tokio::spawn(async move { stream.read_to_end().await });
        Ok(())
    }

    /// Reads what containers have written. A container writes a line before it answers, and the line may not have been read when the
    /// answer is.
    fn read_what_is_there(&self) {
        let streams: Vec<_> = locked(&self.streams)
            .iter()
            .filter_map(Weak::upgrade)
            .collect();
        for stream in streams {
            stream.read_what_is_there();
        }
    }
}

/// One stream of one container.
#[derive(Debug)]
struct Stream {
    pipe: Receiver,
    reader: Mutex<Reader>,
}

impl Stream {
    async fn read_to_end(&self) {
        let mut buffer = [0; 8192];
        while self.pipe.readable().await.is_ok() {
            let mut reader = locked(&self.reader);
            loop {
                match self.pipe.try_read(&mut buffer) {
                    Ok(length @ 1..) => reader.take(&buffer[..length]),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Ok(_) | Err(_) => return,
                }
            }
        }
    }

    fn read_what_is_there(&self) {
        let mut buffer = [0; 8192];
        let mut reader = locked(&self.reader);
        // Not by the runtime, which may not know yet that there is something. The pipe does not block.
        while let Ok(length @ 1..) = nix::unistd::read(&self.pipe, &mut buffer) {
            reader.take(&buffer[..length]);
        }
    }
}

/// What is read of one stream.
#[derive(Debug)]
struct Reader {
    into: Arc<Mutex<Vec<u8>>>,
    lines: Arc<Mutex<Vec<LogLine>>>,
    call: CurrentCall,
    echo: bool,
    unfinished: Vec<u8>,
}

impl Reader {
    fn take(&mut self, bytes: &[u8]) {
        self.file(bytes);
        keep(&self.into, bytes, self.echo);
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
