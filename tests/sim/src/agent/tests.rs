//! The agent with functions that follow the contract, and with functions that violate it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use super::*;

/// A function that answers every request with these bytes after it has read it, and then may hang up.
struct Fake {
    agent: Agent,
    requests: Arc<SyncMutex<Vec<String>>>,
    _server: tokio::task::JoinHandle<()>,
}

fn fresh_directory() -> PathBuf {
    let path = PathBuf::from("/tmp").join(format!("agent-{}", call::new_call_id()));
    std::fs::create_dir(&path).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    path
}

impl Fake {
    /// The server runs in the test; the process only links to its socket.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "options are made where they are used"
    )]
    fn with_process(answer: &'static [u8], options: Options, process: &str) -> Self {
        let directory = fresh_directory();
        let listener = UnixListener::bind(directory.join("srv")).unwrap();
        std::fs::set_permissions(directory.join("srv"), Permissions::from_mode(0o666)).unwrap();
        let requests = Arc::new(SyncMutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    let (mut text, mut buffer) = (String::new(), vec![0; 65536]);
                    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
                        let whole = text.ends_with("0\r\n\r\n")
                            || text.contains("content-length: 0\r\n") && text.ends_with("\r\n\r\n");
                        if whole || answer.starts_with(b"HTTP/1.1 200 Early") {
                            kept.lock().unwrap().push(std::mem::take(&mut text));
                            stream.write_all(answer).await.unwrap();
                        }
                        if whole && answer.is_empty() {
                            return;
                        }
                    }
                });
            }
        });
        let script = format!(
            "rm -f \"${{FN_LISTENER#unix:}}\"; ln -s srv \"${{FN_LISTENER#unix:}}\"; {process}"
        );
        let options = Options {
            directory: Some(directory),
            ..options
        };
        let agent = Agent::new(["/bin/sh", "-c", &script], [("KEY", "value")], options);
        Self {
            agent,
            requests,
            _server: server,
        }
    }

    fn new(answer: &'static [u8], options: Options) -> Self {
        Self::with_process(answer, options, "exec sleep 60")
    }

    fn request(&self) -> String {
        self.requests.lock().unwrap().last().cloned().unwrap()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(directory) = &self.agent.shared.spec.options.directory {
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

fn script(text: &str, options: Options) -> Agent {
    Agent::new(
        ["/bin/sh", "-c", text],
        [("FN_TYPE", "mine"), ("KEY", "value")],
        options,
    )
}

fn hasty() -> Options {
    Options {
        init_timeout: Duration::from_millis(300),
        ..Options::default()
    }
}

#[tokio::test]
async fn process_that_ends_before_its_socket_fails_to_initialize() {
    let agent = script("echo lost >&2; exit 3", Options::default());
    let answer = agent.invoke(Call::new("")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.refusal),
        (502, Some(Refusal::InitFailed))
    );
    assert!(
        answer.text().contains("FunctionInvokeContainerInitFail"),
        "{}",
        answer.text()
    );
    assert!(agent.printed("lost").await);
    assert_eq!(agent.process().await, None);
}

#[tokio::test]
async fn missing_program_fails_to_initialize() {
    let agent = Agent::new(["/no/such/program"], [("A", "b")], Options::default());
    assert_eq!(
        agent.invoke(Call::new("")).await.refusal,
        Some(Refusal::InitFailed)
    );
    assert!(agent.stderr().contains("/no/such/program"));
}

#[tokio::test]
async fn late_socket_is_a_504_for_any_call() {
    let agent = script("exec sleep 60", hasty());
    let answer = agent.invoke(Call::new("")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.refusal),
        (504, Some(Refusal::InitTimeout))
    );
    assert_eq!(
        agent.invoke(Call::new("").detached()).await.status.as_u16(),
        504
    );
    assert_eq!(agent.starts().await, 2);
}

#[tokio::test]
async fn file_other_than_a_socket_of_the_directory_fails_to_initialize() {
    for make in [
        "ln -s /tmp/other $L",
        "ln -s ../x/srv $L",
        "ln -s nowhere $L",
        "touch $L",
        "mkdir $L",
    ] {
        let agent = script(
            &format!("L=${{FN_LISTENER#unix:}}; {make}; exec sleep 60"),
            Options::default(),
        );
        assert_eq!(
            agent.invoke(Call::new("")).await.refusal,
            Some(Refusal::InitFailed),
            "{make}"
        );
    }
}

#[tokio::test]
async fn platform_variables_override_and_the_agents_are_not_passed() {
    let agent = script("env; exit 1", Options::default());
    agent.invoke(Call::new("")).await;
    assert!(agent.printed("FN_FORMAT=http-stream").await);
    let names: Vec<_> = agent
        .stdout()
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0.to_owned()))
        .collect();
    assert!(agent.stdout().contains("FN_TYPE=sync\n") && agent.stdout().contains("KEY=value\n"));
    assert!(
        !names.iter().any(|name| name.starts_with("CARGO")),
        "{names:?}"
    );
}

#[tokio::test]
async fn function_runs_as_user_1000_if_the_agent_is_root() {
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    let agent = script("id -u; id -g; id -G; exit 1", Options::default());
    agent.invoke(Call::new("")).await;
    assert!(
        agent.printed("1000\n1000\n1000\n").await,
        "{}",
        agent.stdout()
    );
}

#[tokio::test]
async fn process_beyond_an_enforced_memory_is_killed() {
    if let Err(error) = control_group::ControlGroup::new(1 << 25) {
        println!("SKIPPED: no control group with a limit of memory: {error}");
        return;
    }
    for (enforce_memory, status) in [(true, "status 137"), (false, "status 0")] {
        let options = Options {
            memory_megabytes: 32,
            enforce_memory,
            ..Options::default()
        };
        // Starts `tail`, which keeps 90 MB of a pipe, when the shell is in its group.
        let agent = script(
            "sleep 0.2; head -c 100000000 /dev/zero | tail -c 90000000 >/dev/null & wait $!; echo status $?; exit 1",
            options,
        );
        agent.invoke(Call::new("")).await;
        assert!(agent.printed(status).await, "{}", agent.stdout());
    }
}

#[tokio::test]
async fn request_is_chunked_with_call_id_and_deadline() {
    let fake = Fake::new(
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\nx-a: b\r\n\r\nok",
        Options::default(),
    );
    let answer = fake
        .agent
        .invoke(
            Call::new("hello")
                .header("Fn-Call-Id", "mine")
                .header("X-Own", b"\xff"),
        )
        .await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.text().as_str(),
            &answer.headers["x-a"]
        ),
        (200, "ok", &http::HeaderValue::from_static("b"))
    );
    assert!(!answer.headers.contains_key("connection"));
    let request = fake.request();
    assert!(
        request.starts_with("POST /call HTTP/1.1\r\n")
            && request.ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        "{request}"
    );
    let call_id = answer.headers["fn-call-id"].to_str().unwrap();
    assert_eq!(
        request
            .matches(&format!("fn-call-id: {call_id}\r\n"))
            .count(),
        1,
        "{request}"
    );
    assert!(
        request.contains("fn-deadline: 20")
            && request.contains("host: localhost\r\n")
            && request.contains("opc-request-id: /")
    );
}

#[tokio::test]
async fn empty_body_has_length_zero() {
    let fake = Fake::new(
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        Options::default(),
    );
    assert_eq!(
        fake.agent.invoke(Call::new("")).await.status,
        StatusCode::OK
    );
    assert!(
        fake.request().contains("content-length: 0\r\n") && !fake.request().contains("chunked"),
        "{}",
        fake.request()
    );
}

#[tokio::test]
async fn failure_keeps_the_container_and_discards_its_body() {
    for (answer, refusal, status) in [
        (
            &b"HTTP/1.1 502 Bad\r\nx-a: b\r\ncontent-length: 4\r\n\r\nlost"[..],
            Refusal::FunctionFailed,
            502,
        ),
        (
            b"HTTP/1.1 504 Late\r\nx-a: b\r\ncontent-length: 4\r\n\r\nlost",
            Refusal::TimedOut,
            504,
        ),
    ] {
        let fake = Fake::new(answer, Options::default());
        for _ in 0..2 {
            let answer = fake.agent.invoke(Call::new("x")).await;
            assert_eq!(
                (answer.status.as_u16(), answer.refusal),
                (status, Some(refusal))
            );
            assert!(!answer.headers.contains_key("x-a") && !answer.text().contains("lost"));
            assert!(answer.text().contains(&refusal.to_string()));
        }
        assert_eq!(fake.agent.starts().await, 1);
    }
}

#[tokio::test]
async fn other_status_or_broken_response_kills_the_container() {
    for (answer, refusal) in [
        (
            &b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"[..],
            Refusal::InvalidResponse,
        ),
        (
            b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n",
            Refusal::InvalidResponse,
        ),
        (
            b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
            Refusal::InvalidResponse,
        ),
        (b"this is not HTTP\r\n\r\n", Refusal::NoResponse),
        (b"", Refusal::NoResponse),
    ] {
        let fake = Fake::new(answer, Options::default());
        for _ in 0..2 {
            let answer = fake.agent.invoke(Call::new("x")).await;
            assert_eq!(
                (answer.status.as_u16(), answer.refusal),
                (502, Some(refusal))
            );
            assert_eq!(fake.agent.process().await, None);
        }
        assert_eq!(fake.agent.starts().await, 2);
    }
}

#[tokio::test]
async fn late_response_kills_the_container() {
    let fake = Fake::new(
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        Options::default(),
    );
    let answer = fake
        .agent
        .invoke(Call::new("x").timeout(Duration::from_millis(200)))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.refusal),
        (504, Some(Refusal::TimedOut))
    );
    assert!(answer.elapsed >= Duration::from_millis(200));
    assert_eq!(fake.agent.process().await, None);
}

#[tokio::test]
async fn response_before_the_request_was_read_is_refused() {
    let fake = Fake::new(
        b"HTTP/1.1 200 Early\r\ncontent-length: 2\r\n\r\nok",
        Options::default(),
    );
    let answer = fake.agent.invoke(Call::new(vec![b'x'; 6_000_000])).await;
    assert_eq!(answer.refusal, Some(Refusal::AnsweredEarly));
    assert!(fake.agent.process().await.is_some());
}

#[tokio::test]
async fn body_over_the_limit_is_refused() {
    let options = Options {
        max_response: Some(1),
        max_request: Some(5),
        ..Options::default()
    };
    let fake = Fake::new(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", options);
    let answer = fake.agent.invoke(Call::new("12345")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.refusal),
        (502, Some(Refusal::ResponseTooLarge))
    );
    assert!(fake.agent.process().await.is_some());
    let answer = fake.agent.invoke(Call::new("123456")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.refusal),
        (413, Some(Refusal::RequestTooLarge))
    );
}

#[tokio::test]
async fn gateway_returns_status_and_unprefixed_headers_of_the_function() {
    let fake = Fake::new(
        b"HTTP/1.1 200 OK\r\nfn-http-status: 404\r\nfn-http-h-x-a: 1\r\nx-b: 2\r\ncontent-type: text/css\r\ncontent-length: 2\r\n\r\nno",
        Options::default(),
    );
    let answer = fake
        .agent
        .invoke(
            Call::new("")
                .gateway(Method::GET, "/v1/x?a=1")
                .header("X-Own", "1"),
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (404, "no")
    );
    assert!(
        answer.headers.contains_key("x-a")
            && answer.headers.contains_key("content-type")
            && !answer.headers.contains_key("x-b")
    );
    for line in [
        "fn-intent: httprequest",
        "fn-http-method: GET",
        "fn-http-request-url: /v1/x?a=1",
        "fn-http-h-x-own: 1",
    ] {
        assert!(fake.request().contains(&format!("{line}\r\n")), "{line}");
    }
}

#[tokio::test]
async fn idle_function_is_frozen_thawed_by_a_call_and_finally_killed() {
    let options = Options {
        idle_timeout: Duration::from_millis(400),
        ..Options::default()
    };
    let fake = Fake::new(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", options);
    fake.agent.invoke(Call::new("x")).await;
    assert!(!fake.agent.is_frozen().await);
    sleep(Duration::from_millis(150)).await;
    assert!(fake.agent.is_frozen().await);
    assert_eq!(
        fake.agent.invoke(Call::new("x")).await.status,
        StatusCode::OK
    );
    assert!(!fake.agent.is_frozen().await);
    sleep(Duration::from_millis(700)).await;
    assert_eq!(
        (fake.agent.process().await, fake.agent.starts().await),
        (None, 1)
    );
    assert_eq!(
        fake.agent.invoke(Call::new("x")).await.status,
        StatusCode::OK
    );
    assert_eq!(fake.agent.starts().await, 2);
}

#[tokio::test]
async fn without_detached_calls_nothing_is_awaited() {
    let agent = script("exit 1", Options::default());
    assert!(agent.detached_answers().await.is_empty());
}

#[tokio::test]
async fn detached_call_is_accepted_at_once_and_its_answer_kept() {
    let fake = Fake::new(
        b"HTTP/1.1 502 Bad\r\ncontent-length: 0\r\n\r\n",
        Options::default(),
    );
    let answer = fake.agent.invoke(Call::new("x").detached()).await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.body.len(),
            answer.headers.contains_key("fn-call-id")
        ),
        (202, 0, true)
    );
    let results = fake.agent.detached_answers().await;
    assert_eq!(
        results
            .iter()
            .map(|answer| answer.refusal)
            .collect::<Vec<_>>(),
        [Some(Refusal::FunctionFailed)]
    );
}

#[tokio::test]
async fn caller_that_leaves_kills_the_container() {
    let fake = Fake::new(
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        Options::default(),
    );
    let left = tokio::time::timeout(
        Duration::from_millis(300),
        fake.agent.invoke(Call::new("x")),
    )
    .await;
    assert!(left.is_err());
    assert_eq!(fake.agent.process().await, None);
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn stock_server_adds_no_request_id_names_or_code() {
    let fake = Fake::new(OK, Options::stock_server());
    fake.agent.invoke(Call::new("x")).await;
    assert!(
        !fake.request().contains("opc-request-id"),
        "{}",
        fake.request()
    );
    let agent = script("env; exit 1", Options::stock_server());
    let answer = agent.invoke(Call::new("")).await;
    let message = Refusal::InitFailed.to_string();
    assert_eq!(
        answer.text(),
        serde_json::json!({ "message": message }).to_string()
    );
    assert!(agent.printed("FN_MEMORY=512").await);
    for name in [
        "FN_APP_NAME",
        "FN_FN_NAME",
        "FN_CPUS",
        "FN_LOGFRAME_NAME",
        "FN_LOGFRAME_HDR",
    ] {
        assert!(!agent.stdout().contains(name), "{}", agent.stdout());
    }
}

#[tokio::test]
async fn stock_server_answers_a_detached_call_when_it_has_finished() {
    let fake = Fake::new(OK, Options::stock_server());
    let answer = fake.agent.invoke(Call::new("x").detached()).await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.body.len(),
            answer.function_status
        ),
        (200, 0, Some(StatusCode::OK))
    );
    let failing = Fake::new(
        b"HTTP/1.1 502 Bad\r\ncontent-length: 0\r\n\r\n",
        Options::stock_server(),
    );
    let answer = failing.agent.invoke(Call::new("x").detached()).await;
    assert_eq!(answer.refusal, Some(Refusal::FunctionFailed));
}

#[tokio::test]
async fn detached_call_goes_on_when_a_caller_that_waits_leaves() {
    let fake = Fake::new(
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        Options::stock_server(),
    );
    let start = Instant::now();
    let call = Call::new("x").detached().timeout(Duration::from_secs(1));
    let left = tokio::time::timeout(Duration::from_millis(200), fake.agent.invoke(call)).await;
    assert!(left.is_err());
    // This waits for the end of the call.
    assert_eq!(
        (fake.agent.process().await, fake.agent.starts().await),
        (None, 1)
    );
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn line_after_the_answer_belongs_to_the_call_or_to_the_container() {
    for (late_lines, kept) in [(LateLines::Call, true), (LateLines::Container, false)] {
        let options = Options {
            late_lines,
            freeze_after: None,
            ..Options::default()
        };
        let fake = Fake::with_process(OK, options, "while :; do echo tick; sleep 0.02; done");
        let answer = fake.agent.invoke(Call::new("x")).await;
        let call_id = answer.headers["fn-call-id"].to_str().unwrap();
        let before = fake.agent.log().len();
        sleep(Duration::from_millis(200)).await;
        let log = fake.agent.log();
        // The first of them may have been read during the call.
        let late = &log[before + 1..];
        assert!(!late.is_empty());
        let expected = LogLine {
            call_id: kept.then(|| call_id.to_owned()),
            text: "tick".to_owned(),
        };
        assert!(late.iter().all(|line| *line == expected), "{late:?}");
    }
}
