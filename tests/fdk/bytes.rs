//! The function shim at the level of bytes: malformed requests, and unusual forms that the platform sends. After each, the
//! next call must work.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "helpers of tests; a failure fails the test"
)]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tenancy_sim::agent::{Agent, Options};

/// A running probe. The agent only starts it.
struct Probe {
    agent: Agent,
    runtime: tokio::runtime::Runtime,
    socket: PathBuf,
}

impl Probe {
    fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let program = crate::probe();
        let (agent, socket) = runtime.block_on(async {
            let agent = Agent::start([program], [("FN_OWN", "1")], Options::default())
                .await
                .unwrap();
            let socket = agent.socket().await.unwrap();
            (agent, socket)
        });
        Self {
            agent,
            runtime,
            socket,
        }
    }

    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        stream
    }

    /// Sends bytes on a new connection. Returns all responses until the function disconnects, or sends nothing for 200 ms.
    fn send(&self, bytes: &[u8]) -> Vec<Reply> {
        let mut stream = self.connect();
        // The function may disconnect before it has read everything.
        let _ = stream.write_all(bytes);
        stream
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        std::iter::from_fn(|| reply(&mut stream)).collect()
    }

    fn printed(&self, text: &str) -> bool {
        self.runtime.block_on(self.agent.printed(text))
    }

    /// Asserts that the next call works, in the same process.
    fn assert_serves(&self) {
        let mut stream = self.connect();
        let reply = call(&mut stream, "", b"still here");
        assert_eq!(
            (reply.status, reply.body.as_slice()),
            (200, &b"still here"[..])
        );
        let (starts, process) = self
            .runtime
            .block_on(async { (self.agent.starts().await, self.agent.process().await) });
        assert_eq!(starts, 1);
        assert!(fs::exists(format!("/proc/{}", process.unwrap())).unwrap());
    }
}

#[derive(Clone, Debug, Default)]
struct Reply {
    status: u16,
    body: Vec<u8>,
}

impl Reply {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Makes one call on an open connection.
fn call(stream: &mut UnixStream, headers: &str, body: &[u8]) -> Reply {
    stream.write_all(&request(headers, body)).unwrap();
    reply(stream).expect("a response")
}

fn request(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /call HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Reads one response; `None` if the function disconnects, or sends none in time.
fn reply(stream: &mut UnixStream) -> Option<Reply> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match read(stream, &mut byte) {
            Ok(1) => head.push(byte[0]),
            Ok(_) => return None,
            Err(error)
                if [ErrorKind::ConnectionReset, ErrorKind::WouldBlock].contains(&error.kind()) =>
            {
                return None;
            }
            Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&head)),
        }
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    Some(Reply { status, body })
}

/// Reads, and retries after a signal such as SIGCHLD: a read with a timeout is not restarted by itself.
fn read(stream: &mut UnixStream, buffer: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match stream.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

fn statuses(replies: &[Reply]) -> Vec<u16> {
    replies.iter().map(|reply| reply.status).collect()
}

// Forms that the platform sends.

#[test]
fn chunked_body_with_extensions_and_trailers_is_read() {
    let probe = Probe::start();
    let chunked = "POST /call HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";
    for pieces in [
        "5\r\nhello\r\n0\r\n\r\n",
        "1\r\nh\r\n4\r\nello\r\n0\r\n\r\n",
        "5;name=value\r\nhello\r\n0\r\n\r\n",
        "00005\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
    ] {
        let mut stream = probe.connect();
        stream
            .write_all(format!("{chunked}{pieces}").as_bytes())
            .unwrap();
        let reply = reply(&mut stream).unwrap();
        assert_eq!(
            (reply.status, reply.text().as_str()),
            (200, "hello"),
            "{pieces:?}"
        );
    }
    probe.assert_serves();
}

#[test]
fn request_sent_byte_by_byte_is_a_call() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    for byte in request("X-A: b\r\n", b"slow") {
        stream.write_all(&[byte]).unwrap();
        sleep(Duration::from_millis(1));
    }
    assert_eq!(reply(&mut stream).unwrap().text(), "slow");
}

#[test]
fn response_is_sent_after_the_complete_body() {
    let probe = Probe::start();
    for body in ["{\"op\":\"fail\"}", "{\"op\":\"panic\"}", "x"] {
        let mut stream = probe.connect();
        let whole = request("", body.as_bytes());
        let (first, last) = whole.split_at(whole.len() - 1);
        stream.write_all(first).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(150)))
            .unwrap();
        assert_eq!(
            read(&mut stream, &mut [0]).unwrap_err().kind(),
            ErrorKind::WouldBlock,
            "{body}"
        );
        stream.write_all(last).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        assert!(reply(&mut stream).is_some());
    }
}

#[test]
fn sequential_and_pipelined_calls_share_one_connection() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    for round in 0..50 {
        assert_eq!(
            call(&mut stream, "", format!("call {round}").as_bytes()).text(),
            format!("call {round}")
        );
    }
    let many: Vec<u8> = (0..20)
        .flat_map(|round| request("", format!("pipelined {round}").as_bytes()))
        .collect();
    stream.write_all(&many).unwrap();
    for round in 0..20 {
        assert_eq!(
            reply(&mut stream).unwrap().text(),
            format!("pipelined {round}")
        );
    }
}

#[test]
fn expect_100_continue_is_supported() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    stream
        .write_all(
            b"POST /call HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        )
        .unwrap();
    assert_eq!(reply(&mut stream).unwrap().status, 100);
    stream.write_all(b"ok").unwrap();
    assert_eq!(reply(&mut stream).unwrap().text(), "ok");
}

#[test]
fn http_1_0_is_supported() {
    let probe = Probe::start();
    let replies = probe.send(b"POST /call HTTP/1.0\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(statuses(&replies), [200]);
    probe.assert_serves();
}

// Headers.

#[test]
fn header_names_of_any_case_and_values_of_any_bytes_are_read() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    let command = b"{\"op\":\"ctx\"}";
    let mut bytes = b"POST /call HTTP/1.1\r\nhOST: x\r\nFN-CALL-ID: id\xff\xfe\r\nfn-dEADLINE:   2999-01-01T00:00:00+01:00  \r\nX-Raw: caf\xe9\r\nX-Empty:\r\n".to_vec();
    bytes.extend_from_slice(format!("CONTENT-LENGTH: {}\r\n\r\n", command.len()).as_bytes());
    bytes.extend_from_slice(command);
    stream.write_all(&bytes).unwrap();
    let context: serde_json::Value =
        serde_json::from_slice(&reply(&mut stream).unwrap().body).unwrap();
    assert_eq!(context["call_id"], "id\u{fffd}\u{fffd}");
    assert_eq!(context["deadline"], "2998-12-31T23:00:00+00:00");
    assert_eq!(
        (
            &context["headers"]["x-raw"][0],
            &context["headers"]["x-empty"][0]
        ),
        (&"caf\u{fffd}".into(), &"".into())
    );
}

#[test]
fn many_headers_and_a_mebibyte_in_one_are_accepted() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    let many: String = (0..512)
        .map(|number| format!("X-{number}: {number}\r\n"))
        .collect();
    assert_eq!(call(&mut stream, &many, b"x").status, 200);
    let large = format!("X-Large: {}\r\n", "v".repeat(1024 * 1024));
    assert_eq!(call(&mut stream, &large, b"x").status, 200);
    probe.assert_serves();
}

#[test]
fn head_over_the_limits_is_a_502_and_not_a_431() {
    let probe = Probe::start();
    let many: String = (0..3_000)
        .map(|number| format!("X-{number}: {number}\r\n"))
        .collect();
    let large = format!("X-Large: {}\r\n", "v".repeat(8 * 1024 * 1024));
    for headers in [many, large] {
        let mut stream = probe.connect();
        let _ = stream.write_all(&request(&headers, b"x"));
        // Disconnecting with unread bytes may reset the connection before the response is read.
        assert!(reply(&mut stream).is_none_or(|reply| reply.status == 502));
        probe.assert_serves();
    }
}

#[test]
fn frame_value_may_be_any_text_without_control_characters() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    call(&mut stream, "OPC-REQUEST-ID: plain\r\n", b"x");
    assert!(probe.printed("=plain\n"));
    call(&mut stream, "Opc-Request-Id: tab\there\r\n", b"x");
    call(&mut stream, "Opc-Request-Id:\r\n", b"x");
    call(&mut stream, "Opc-Request-Id: last\r\n", b"x");
    assert!(probe.printed("=last\n"));
    sleep(Duration::from_millis(50));
    for stream in [probe.agent.stdout(), probe.agent.stderr()] {
        assert_eq!(stream.matches('=').count(), 2, "{stream}");
    }
}

// Deadlines.

#[test]
fn missing_malformed_or_distant_deadline_does_not_fail_the_call() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    for deadline in [
        "",
        "Fn-Deadline:\r\n",
        "Fn-Deadline: soon\r\n",
        "Fn-Deadline: 1795327230\r\n",
        "Fn-Deadline: 2999-02-30T00:00:00Z\r\n",
        "Fn-Deadline: 9999-12-31T23:59:59Z\r\n",
        "Fn-Deadline: 2999-12-31T23:59:59.999999999+05:30\r\n",
    ] {
        assert_eq!(call(&mut stream, deadline, b"x").status, 200, "{deadline}");
    }
}

#[test]
fn past_deadline_is_a_504_and_nothing_is_started() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    for deadline in [
        "2020-01-01T00:00:00Z",
        "2020-01-01T05:30:00+05:30",
        "0001-01-01T00:00:00Z",
    ] {
        let reply = call(
            &mut stream,
            &format!("Fn-Deadline: {deadline}\r\n"),
            b"{\"op\":\"log\",\"text\":\"started\"}",
        );
        assert_eq!(reply.status, 504, "{deadline}");
    }
    assert!(probe.printed("not started"));
    assert!(!probe.agent.stdout().contains("started"));
}

// Other requests.

#[test]
fn other_path_or_method_is_a_502_and_container_survives() {
    let probe = Probe::start();
    for line in [
        "GET /call",
        "POST /",
        "POST /call/",
        "DELETE /x",
        "OPTIONS *",
        "POST /CALL",
        "PURGE /call",
        "CONNECT host:1",
    ] {
        let mut stream = probe.connect();
        stream
            .write_all(
                format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes(),
            )
            .unwrap();
        assert_eq!(
            reply(&mut stream).map(|reply| reply.status),
            Some(502),
            "{line}"
        );
        probe.assert_serves();
    }
    let mut stream = probe.connect();
    stream
        .write_all(
            b"POST http://localhost/call?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok",
        )
        .unwrap();
    assert_eq!(reply(&mut stream).unwrap().text(), "ok");
}

#[test]
fn malformed_http_gets_no_status_that_kills_the_container() {
    let probe = Probe::start();
    for bytes in [
        &b"\r\n\r\n\r\n"[..],
        b"GARBAGE\r\n\r\n",
        b"POST /call\r\n\r\n",
        b"POST /call HTTP/9.9\r\n\r\n",
        b"POST /call HTTP/1.1\r\nNo Colon\r\n\r\n",
        b"POST /call HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"POST /call HTTP/1.1\r\nX: a\r\n folded\r\n\r\n",
        b"POST /call HTTP/1.1\r\n: no name\r\n\r\n",
        b"POST /call HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST /call HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /call HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"POST /call HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /call HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n",
        b"POST /call HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"POST /call HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00\xff\x00\xff",
    ] {
        let sent = statuses(&probe.send(bytes));
        assert!(
            sent.iter().all(|status| *status == 502),
            "{:?}: {sent:?}",
            String::from_utf8_lossy(bytes)
        );
        probe.assert_serves();
    }
}

#[test]
fn garbage_after_a_call_affects_only_its_connection() {
    let probe = Probe::start();
    let bytes = [request("", b"good"), b"GARBAGE\r\n\r\n".to_vec()].concat();
    let replies = probe.send(&bytes);
    assert_eq!(
        (statuses(&replies), replies[0].text().as_str()),
        (vec![200, 502], "good")
    );
    probe.assert_serves();
}

#[test]
fn body_that_looks_like_a_4xx_response_is_unchanged() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    let body = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    assert_eq!(call(&mut stream, "", body).body, body);
    let large = body.repeat(100_000);
    assert!(call(&mut stream, "", &large).body == large);
}

#[test]
fn request_over_the_limit_is_read_to_its_end_and_fails() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    assert_eq!(
        call(&mut stream, "", &vec![b'x'; 6 * 1024 * 1024 + 64 * 1024]).status,
        502
    );
    assert!(probe.printed("the platform accepts at most 6291456"));
    // The connection is still usable.
    assert_eq!(
        call(&mut stream, "", &vec![b'x'; 20 * 1024 * 1024]).status,
        502
    );
    assert!(probe.printed("the request has 20971520 bytes"));
    assert_eq!(call(&mut stream, "", b"in step").text(), "in step");
}

// Connections.

#[test]
fn idle_connection_blocks_no_other_and_stays_open() {
    let probe = Probe::start();
    let mut silent = probe.connect();
    let mut half = probe.connect();
    half.write_all(b"POST /call HTTP/1.1\r\nHost:").unwrap();
    let mut used = probe.connect();
    call(&mut used, "", b"x");
    probe.assert_serves();
    // Longer than the five seconds after which other FDKs disconnect.
    sleep(Duration::from_secs(6));
    assert_eq!(call(&mut used, "", b"used").text(), "used");
    assert_eq!(call(&mut silent, "", b"silent").text(), "silent");
    half.write_all(b" x\r\nContent-Length: 4\r\n\r\nhalf")
        .unwrap();
    assert_eq!(reply(&mut half).unwrap().text(), "half");
}

#[test]
fn disconnected_client_does_not_stop_its_call() {
    let probe = Probe::start();
    let mut stream = probe.connect();
    stream
        .write_all(&request(
            "",
            b"{\"op\":\"sleep\",\"ms\":300,\"text\":\"ran to its end\"}",
        ))
        .unwrap();
    sleep(Duration::from_millis(50));
    drop(stream);
    // The next call does not wait for the first.
    let start = Instant::now();
    probe.assert_serves();
    assert!(
        start.elapsed() < Duration::from_millis(200),
        "{:?}",
        start.elapsed()
    );
    assert!(probe.printed("ran to its end"));
}

#[test]
fn client_that_disconnects_during_its_request_starts_nothing() {
    let probe = Probe::start();
    let whole = request("", b"{\"op\":\"log\",\"text\":\"started\"}");
    for length in [0, 1, 10, whole.len() - 20, whole.len() - 1] {
        let mut stream = probe.connect();
        stream.write_all(&whole[..length]).unwrap();
        drop(stream);
        probe.assert_serves();
    }
    sleep(Duration::from_millis(50));
    assert!(!probe.agent.stdout().contains("started"));
}

#[test]
fn client_that_disconnects_before_a_large_response_does_no_harm() {
    let probe = Probe::start();
    for _ in 0..5 {
        let mut stream = probe.connect();
        stream
            .write_all(&request("", b"{\"op\":\"big\",\"n\":6000000}"))
            .unwrap();
        let _ = stream.read(&mut [0; 100]);
        drop(stream);
        probe.assert_serves();
    }
}

#[test]
fn three_hundred_concurrent_connections_are_served() {
    let probe = Probe::start();
    let mut streams: Vec<_> = (0..300).map(|_| probe.connect()).collect();
    for (number, stream) in streams.iter_mut().enumerate() {
        stream
            .write_all(&request("", format!("call {number}").as_bytes()))
            .unwrap();
    }
    for (number, stream) in streams.iter_mut().enumerate().rev() {
        assert_eq!(reply(stream).unwrap().text(), format!("call {number}"));
    }
}
