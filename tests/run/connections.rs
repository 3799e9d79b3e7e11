//! Connections end with the transport of their run.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use credential_audit::http::transport::{Body, OutgoingRequest, Transport as _};
use http::{HeaderMap, Method};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener as TokioListener, TcpSocket, TcpStream as TokioStream};

use crate::common::served_tenancy::transport;

/// States of `/proc/net/tcp`.
const ESTABLISHED: &str = "01";
const SYN_SENT: &str = "02";

/// Fills the queue of a listener that accepts nothing, so that each further attempt to connect hangs.
fn fill_queue(port: u16) -> Vec<TcpStream> {
    let address = ([127, 0, 0, 1], port).into();
    let wait = Duration::from_millis(200);
    let queued = (0..100).map_while(|_| TcpStream::connect_timeout(&address, wait).ok());
    queued.collect()
}

/// Answers one request.
async fn answer(stream: &mut TokioStream) {
    let mut head = [0; 1_000];
    assert!(stream.read(&mut head).await.is_ok_and(|length| length > 0));
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(answer).await.expect("a connection");
}

fn get(port: u16) -> OutgoingRequest {
    OutgoingRequest {
        method: Method::GET,
        url: format!("http://127.0.0.1:{port}/"),
        headers: HeaderMap::new(),
        body: Body::Whole(Bytes::new()),
        timeout: Duration::from_secs(10),
        max_response_bytes: 1_000,
    }
}

/// The connections to a port in a state.
fn connections_to(port: u16, state: &str) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the table of connections");
    let remote = format!(":{port:04X}");
    let rows = table.lines().map(|line| line.split_whitespace());
    rows.filter(|row| {
        let row: Vec<_> = row.clone().collect();
        row.len() > 3 && row[2].ends_with(&remote) && row[3] == state
    })
    .count()
}

/// Waits for at most a second, a third of what an attempt may take.
async fn are_gone(port: u16, state: &str) -> bool {
    let gone = async {
        while connections_to(port, state) > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), gone)
        .await
        .is_ok()
}

/// A listener with a short queue.
fn listen() -> (TokioListener, u16) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let loopback = ([127, 0, 0, 1], 0).into();
    socket.bind(loopback).expect("a free port");
    let listener = socket.listen(1).expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempt_to_connect_ends_with_its_transport() {
    let (listener, port) = listen();
    let transport = transport();
    let request = || {
        let transport = Arc::clone(&transport);
        tokio::spawn(async move { transport.send(get(port)).await })
    };
    let first = request();
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let queued = fill_queue(port);
    let second = request();
    while connections_to(port, SYN_SENT) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // The second request takes the connection of the first one, and its own attempt goes on.
    answer(&mut stream).await;
    answer(&mut stream).await;
    for request in [first, second] {
        assert!(request.await.is_ok_and(|response| response.is_ok()));
    }
    assert_eq!(connections_to(port, SYN_SENT), 1);
    drop(transport);
    assert!(are_gone(port, SYN_SENT).await);
    drop(queued);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connection_ends_with_its_transport() {
    let (listener, port) = listen();
    let transport = transport();
    let request = tokio::spawn({
        let transport = Arc::clone(&transport);
        async move { transport.send(get(port)).await }
    });
    let (mut stream, _) = listener.accept().await.expect("a connection");
    answer(&mut stream).await;
    assert!(request.await.is_ok_and(|response| response.is_ok()));
    assert_eq!(connections_to(port, ESTABLISHED), 1);
    drop(transport);
    assert!(are_gone(port, ESTABLISHED).await);
}
