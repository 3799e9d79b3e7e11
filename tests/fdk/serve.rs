//! `fdk::serve` with clock, streams, shutdown and drain time of the test.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests; a failure fails the test"
)]

use std::convert::Infallible;
use std::fs;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use credential_audit::fdk::{self, Environment, Options, RequestExt, Socket};
use http::{Request, Response};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Served {
    directory: TempDir,
    shutdown: Option<oneshot::Sender<()>>,
    streams: [Arc<Mutex<Vec<u8>>>; 2],
    task: JoinHandle<()>,
}

fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-22T12:00:00Z")
        .unwrap()
        .to_utc()
}

impl Served {
    fn start<H: fdk::Handler>(handler: impl FnOnce([Arc<Mutex<Vec<u8>>>; 2]) -> H) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = format!("unix:{}/lsnr.sock", directory.path().display());
        let environment = Environment::parse(|name| match name {
            "FN_LISTENER" => Some(listener.clone()),
            "FN_LOGFRAME_NAME" => Some("frame".to_owned()),
            "FN_LOGFRAME_HDR" => Some("X-Frame".to_owned()),
            _ => None,
        })
        .unwrap();
        let streams: [Arc<Mutex<Vec<u8>>>; 2] = Default::default();
        let mut options = Options::new("test", "1", noon);
        options.streams = vec![streams[0].clone(), streams[1].clone()];
        options.drain = Duration::from_millis(300);
        let handler = handler(streams.clone());
        let (shutdown, requested) = oneshot::channel();
        let socket = Socket::bind(&environment.listener).unwrap();
        assert!(
            !directory.path().join("lsnr.sock").exists(),
            "announced before the loop accepts"
        );
        let task = tokio::spawn(async move {
            let shutdown = async { requested.await.unwrap_or_default() };
            fdk::serve(socket, shutdown, environment, options, handler)
                .await
                .unwrap();
        });
        Self {
            directory,
            shutdown: Some(shutdown),
            streams,
            task,
        }
    }

    async fn connect(&self) -> UnixStream {
        loop {
            match UnixStream::connect(self.directory.path().join("lsnr.sock")).await {
                Ok(stream) => return stream,
                Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    }

    async fn call(&self, headers: &str) -> String {
        let mut stream = self.connect().await;
        let request = format!(
            "POST /call HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: 0\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Shuts down. Returns how long that took, and asserts that no file is left.
    async fn end(mut self) -> Duration {
        let start = Instant::now();
        self.shutdown.take().unwrap().send(()).unwrap();
        (&mut self.task).await.unwrap();
        assert_eq!(fs::read_dir(self.directory.path()).unwrap().count(), 0);
        start.elapsed()
    }
}

#[tokio::test]
async fn frame_is_on_both_streams_before_the_handler_starts() {
    let served = Served::start(|streams| {
        move |_: Request<Bytes>| {
            let seen = streams
                .each_ref()
                .map(|stream| String::from_utf8(stream.lock().unwrap().clone()).unwrap());
            async move { Ok::<_, Infallible>(Response::new(Bytes::from(seen.join("|")))) }
        }
    });
    let answer = served.call("x-frame: 7\r\n").await;
    assert!(
        answer.ends_with("\r\n\r\n\nframe=7\n|\nframe=7\n"),
        "{answer}"
    );
    served.call("").await;
    assert_eq!(*served.streams[0].lock().unwrap(), b"\nframe=7\n");
    served.end().await;
}

#[tokio::test]
async fn deadline_uses_the_clock_of_the_options() {
    let served = Served::start(|_| {
        |request: Request<Bytes>| async move {
            Ok::<_, Infallible>(Response::new(Bytes::from(
                request.call_context().deadline.finish_by.to_rfc3339(),
            )))
        }
    });
    let answer = served.call("Fn-Deadline: 2026-11-22T12:00:30Z\r\n").await;
    assert!(answer.ends_with("2026-11-22T12:00:28+00:00"), "{answer}");
    let answer = served.call("Fn-Deadline: 2026-11-22T12:00:00Z\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
    let answer = served.call("").await;
    assert!(answer.ends_with("2026-11-22T12:04:58+00:00"), "{answer}");
    served.end().await;
}

#[tokio::test]
async fn shutdown_waits_for_a_running_call_and_not_for_idle_connections() {
    let served = Served::start(|_| {
        |_: Request<Bytes>| async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            Ok::<_, Infallible>(Response::new(Bytes::from_static(b"done")))
        }
    });
    let _idle = served.connect().await;
    let mut stream = served.connect().await;
    stream
        .write_all(b"POST /call HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let took = served.end().await;
    assert!(
        Duration::from_millis(50) < took && took < Duration::from_millis(250),
        "{took:?}"
    );
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("done"),
        "{answer}"
    );
}

#[tokio::test]
async fn shutdown_waits_for_a_call_whose_client_disconnected() {
    let finished = Arc::new(Mutex::new(false));
    let flag = Arc::clone(&finished);
    let served = Served::start(|_| {
        move |_: Request<Bytes>| {
            let flag = Arc::clone(&flag);
            async move {
                tokio::time::sleep(Duration::from_millis(150)).await;
                *flag.lock().unwrap() = true;
                Ok::<_, Infallible>(Response::default())
            }
        }
    });
    let mut stream = served.connect().await;
    stream
        .write_all(b"POST /call HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(stream);
    served.end().await;
    assert!(*finished.lock().unwrap());
}

#[tokio::test]
async fn shutdown_waits_at_most_for_the_drain_time() {
    let served =
        Served::start(|_| |_: Request<Bytes>| pending::<Result<Response<Bytes>, Infallible>>());
    let mut stream = served.connect().await;
    stream
        .write_all(b"POST /call HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let took = served.end().await;
    assert!(
        Duration::from_millis(300) <= took && took < Duration::from_millis(600),
        "{took:?}"
    );
}
