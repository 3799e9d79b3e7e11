//! The function shim as seen by the platform: the agent starts the probe, calls it, and checks its responses.
//!
//! One test per rule of the contract. Tests at the level of bytes are in `bytes.rs`. `main.rs` has this module once for each
//! manner of a platform, which `options` is.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; a failure fails the test"
)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use http::{HeaderValue, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tenancy_sim::agent::{Agent, Answer, Call, DetachedAnswer, End, Options, Refusal};

use super::options;
use crate::probe;

const NO_ENVIRONMENT: [(&str, &str); 0] = [];

async fn start(options: Options) -> Agent {
    Agent::start([probe()], NO_ENVIRONMENT, options)
        .await
        .unwrap()
}

async fn agent() -> Agent {
    start(options()).await
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "reads as command(json!(..)) in every test"
)]
fn command(command: Value) -> Call {
    Call::new(command.to_string())
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body)
        .unwrap_or_else(|_| panic!("{}: {}", answer.status, answer.text()))
}

async fn assert_serves(agent: &Agent) {
    let answer = agent.invoke(Call::new("still here")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (200, "still here")
    );
}

/// A directory in which the function, as another user, may create a socket.
fn open_directory() -> TempDir {
    let directory = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o777))
        .tempdir_in("/tmp")
        .unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    directory
}

/// Starts the probe without the agent. Returns its exit code and its stderr.
fn started_with(environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = Command::new(probe())
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

// Start.

#[test]
fn other_format_ends_the_process_with_one_line() {
    let (code, said) = started_with(&[
        ("FN_FORMAT", "json"),
        ("FN_LISTENER", "unix:/tmp/never.sock"),
    ]);
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    assert!(
        said.contains("FN_FORMAT") && said.contains("\"json\"") && said.contains("http-stream"),
        "{said}"
    );
}

#[test]
fn invalid_listener_ends_the_process_with_one_line() {
    let long = format!("unix:/tmp/{}", "x".repeat(103));
    for listener in [
        "",
        "tcp://localhost:80",
        "/tmp/lsnr.sock",
        "unix:lsnr.sock",
        "unix:/",
        "unix:/no/such/directory/lsnr.sock",
        &long,
    ] {
        let (code, said) = started_with(&[("FN_LISTENER", listener)]);
        assert_eq!(
            (code, said.lines().count()),
            (Some(1), 1),
            "{listener}: {said}"
        );
        assert!(said.starts_with("function not started: "), "{said}");
        let path = listener
            .trim_start_matches("unix:")
            .trim_end_matches("lsnr.sock");
        assert!(said.contains(path), "{listener}: {said}");
    }
    let (code, said) = started_with(&[]);
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
}

#[tokio::test]
async fn listener_is_a_relative_link_to_a_socket_of_mode_666_under_any_umask() {
    let script = format!("umask 077; exec {}", probe().display());
    let agent = Agent::start(["/bin/sh", "-c", &script], NO_ENVIRONMENT, options())
        .await
        .unwrap();
    let socket = agent.socket().await.unwrap();
    let target = fs::read_link(&socket).unwrap();
    assert_eq!(target.components().count(), 1);
    assert!(target.as_os_str().len() <= "lsnr.sock".len());
    assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o666);
    assert_serves(&agent).await;
}

#[tokio::test]
async fn path_of_107_bytes_is_accepted() {
    let directory = open_directory();
    let missing = 107 - "/lsnr.sock".len() - directory.path().as_os_str().len() - 1;
    let deep = directory.path().join("d".repeat(missing));
    fs::create_dir(&deep).unwrap();
    fs::set_permissions(&deep, fs::Permissions::from_mode(0o777)).unwrap();
    let agent = start(Options {
        directory: Some(deep),
        ..options()
    })
    .await;
    assert_eq!(agent.socket().await.unwrap().as_os_str().len(), 107);
    assert_serves(&agent).await;
}

#[tokio::test]
async fn leftovers_with_either_name_are_replaced() {
    let directory = open_directory();
    let public = directory.path().join("lsnr.sock");
    let options = || Options {
        directory: Some(directory.path().to_owned()),
        ..options()
    };
    // A killed process leaves both names. The private one is read from the link.
    let agent = start(options()).await;
    let private = directory.path().join(fs::read_link(&public).unwrap());
    drop(agent);
    let left = |path: &Path| fs::symlink_metadata(path).is_ok();
    assert!(left(&public) && left(&private));
    assert_serves(&start(options()).await).await;
    for path in [&public, &private] {
        let leftovers: [&dyn Fn(); 4] = [
            &|| symlink("nowhere", path).unwrap(),
            &|| symlink("/", path).unwrap(),
            &|| fs::create_dir(path).unwrap(),
            &|| fs::write(path, "file").unwrap(),
        ];
        for leave in leftovers {
            let _ = fs::remove_file(path);
            leave();
            // The agent waits for the name to be created, so a leftover does not count as ready.
            assert_serves(&start(options()).await).await;
        }
    }
}

#[tokio::test]
async fn directory_with_files_is_an_error_that_names_it() {
    let directory = open_directory();
    fs::create_dir_all(directory.path().join("lsnr.sock/kept")).unwrap();
    let (code, said) = started_with(&[(
        "FN_LISTENER",
        &format!("unix:{}/lsnr.sock", directory.path().display()),
    )]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("cannot replace") && said.contains("lsnr.sock") && said.contains("os error"),
        "{said}"
    );
}

// End.

#[tokio::test]
async fn sigterm_and_sigint_end_an_idle_function_with_zero_and_remove_its_files() {
    for how in [End::Terminate, End::Interrupt] {
        let agent = agent().await;
        assert_serves(&agent).await;
        let (code, left) = agent.end(how, Duration::from_secs(2)).await;
        assert_eq!((code, left), (Some(0), Vec::new()));
    }
}

#[tokio::test]
async fn running_call_finishes_after_sigterm() {
    let agent = agent().await;
    let process = agent.process().await.unwrap().to_string();
    let call = agent.invoke(command(json!({"op": "sleep", "ms": 500})));
    let terminate = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert!(
            Command::new("kill")
                .args(["-TERM", &process])
                .status()
                .unwrap()
                .success()
        );
    };
    let (answer, ()) = tokio::join!(call, terminate);
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (200, "{\"slept\":500}")
    );
    let (code, left) = agent.end(End::Terminate, Duration::from_secs(2)).await;
    assert_eq!((code, left), (Some(0), Vec::new()));
}

#[tokio::test]
async fn sigterm_ends_a_function_with_blocked_handler_after_drain_time() {
    let agent = Agent::start([probe()], [("PROBE_DRAIN_MS", "300")], options())
        .await
        .unwrap();
    let process = agent.process().await.unwrap().to_string();
    let call = agent.invoke(command(json!({"op": "block", "ms": 25_000})));
    let terminate = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert!(
            Command::new("kill")
                .args(["-TERM", &process])
                .status()
                .unwrap()
                .success()
        );
        Instant::now()
    };
    let (answer, terminated) = tokio::join!(call, terminate);
    assert_eq!(answer.refusal, Some(Refusal::NoResponse));
    assert!(
        terminated.elapsed() < Duration::from_secs(3),
        "{:?}",
        terminated.elapsed()
    );
}

// Calls.

#[tokio::test]
async fn response_has_body_fdk_headers_and_content_type() {
    let agent = agent().await;
    let answer = agent
        .invoke(Call::new("hello").header("Content-Type", "text/csv"))
        .await;
    assert_eq!(answer.text(), "hello");
    assert_eq!(answer.headers["content-type"], "text/csv");
    assert_eq!(answer.headers["fn-fdk-version"], "fdk-probe/1.0.0");
    assert!(
        answer.headers["fn-fdk-runtime"]
            .to_str()
            .unwrap()
            .starts_with("rust/")
    );
    assert_eq!(
        agent.invoke(Call::new("")).await.headers["content-type"],
        "application/octet-stream"
    );
}

#[tokio::test]
async fn bodies_of_six_mebibytes_are_accepted_in_both_directions() {
    let agent = agent().await;
    let body = vec![b'y'; 6 * 1024 * 1024];
    let answer = agent.invoke(Call::new(body.clone())).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.body == body);
}

#[tokio::test]
async fn response_over_six_mebibytes_is_a_logged_failure() {
    let agent = agent().await;
    assert_eq!(
        agent
            .invoke(command(json!({"op": "big", "n": 6 * 1024 * 1024})))
            .await
            .body
            .len(),
        6 * 1024 * 1024
    );
    let answer = agent
        .invoke(command(json!({"op": "big", "n": 6 * 1024 * 1024 + 1})))
        .await;
    assert_eq!(answer.refusal, Some(Refusal::FunctionFailed));
    assert!(agent.printed("6291457").await);
    assert_serves(&agent).await;
}

#[tokio::test]
async fn request_is_read_to_its_end_even_if_the_handler_fails() {
    let agent = agent().await;
    for op in ["fail", "panic"] {
        let answer = agent
            .invoke(command(json!({"op": op, "pad": "x".repeat(5_000_000)})))
            .await;
        assert_eq!(
            (answer.refusal, answer.function_status.unwrap().as_u16()),
            (Some(Refusal::FunctionFailed), 502)
        );
    }
    assert_eq!(agent.ended().await, 0);
}

#[tokio::test]
async fn failure_is_a_502_with_a_logged_reason_and_the_next_call_works() {
    let agent = agent().await;
    for (op, reason) in [
        ("fail", "the caller asked for a failure"),
        (
            "panic",
            "the handler panicked: the caller asked for a panic",
        ),
    ] {
        let answer = agent.invoke(command(json!({ "op": op }))).await;
        assert_eq!(
            (answer.refusal, answer.function_status.unwrap().as_u16()),
            (Some(Refusal::FunctionFailed), 502)
        );
        let call_id = answer.headers["fn-call-id"].to_str().unwrap();
        assert!(agent.printed(reason).await, "{}", agent.stderr());
        assert!(
            agent
                .stderr()
                .lines()
                .any(|line| line.contains(reason) && line.contains(call_id)),
            "{}",
            agent.stderr()
        );
        assert_serves(&agent).await;
    }
    assert_eq!(agent.ended().await, 0);
}

#[tokio::test]
async fn ended_process_is_replaced_at_the_next_call() {
    let agent = agent().await;
    assert_eq!(
        agent
            .invoke(command(json!({"op": "exit", "code": 3})))
            .await
            .refusal,
        Some(Refusal::NoResponse)
    );
    assert_serves(&agent).await;
    assert_eq!(agent.ended().await, 1);
}

#[tokio::test]
async fn application_status_is_sent_as_200_502_or_504() {
    let agent = agent().await;
    for code in [100, 201, 204, 304, 400, 404, 413, 431, 500, 503, 599, 999] {
        let answer = agent
            .invoke(command(json!({"op": "status", "code": code})))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (200, format!("status {code}"))
        );
        assert_eq!(
            (
                &answer.headers["fn-http-status"],
                &answer.headers["x-custom"]
            ),
            (&HeaderValue::from(code), &HeaderValue::from_static("yes"))
        );
    }
    for (code, refusal) in [(502, Refusal::FunctionFailed), (504, Refusal::TimedOut)] {
        assert_eq!(
            agent
                .invoke(command(json!({"op": "status", "code": code})))
                .await
                .refusal,
            Some(refusal)
        );
    }
    assert_eq!(agent.ended().await, 0);
}

// Deadlines.

#[tokio::test]
async fn function_sends_504_before_the_platform_kills_it() {
    let agent = agent().await;
    let late = json!({"op": "sleep", "ms": 3_500, "text": "ran on into the freeze"});
    let answer = agent
        .invoke(command(late).timeout(Duration::from_secs(3)))
        .await;
    assert_eq!(
        (
            answer.refusal,
            answer.function_status.map(|status| status.as_u16())
        ),
        (Some(Refusal::TimedOut), Some(504))
    );
    assert!(
        answer.elapsed < Duration::from_millis(2_600),
        "{:?}",
        answer.elapsed
    );
    assert_serves(&agent).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_serves(&agent).await;
    assert!(!agent.stdout().contains("ran on"), "{}", agent.stdout());
    assert_eq!(agent.ended().await, 0);
}

#[tokio::test]
async fn blocked_handler_gets_a_504_in_time() {
    let agent = agent().await;
    let answer = agent
        .invoke(command(json!({"op": "block", "ms": 4_000})).timeout(Duration::from_secs(3)))
        .await;
    assert_eq!(
        (
            answer.refusal,
            answer.function_status.map(|status| status.as_u16())
        ),
        (Some(Refusal::TimedOut), Some(504))
    );
    assert!(agent.printed("blocks its thread").await);
    assert_serves(&agent).await;
}

#[tokio::test]
async fn handler_gets_the_deadline_and_its_earlier_times() {
    let agent = agent().await;
    let context = json_of(
        &agent
            .invoke(command(json!({"op": "ctx"})).timeout(Duration::from_secs(60)))
            .await,
    );
    let instant =
        |name: &str| chrono::DateTime::parse_from_rfc3339(context[name].as_str().unwrap()).unwrap();
    assert_eq!(
        (instant("deadline") - instant("finish_by")).num_milliseconds(),
        2_000
    );
    assert_eq!(
        (instant("deadline") - instant("stop_at")).num_milliseconds(),
        500
    );
    assert_eq!(
        instant("deadline"),
        chrono::DateTime::parse_from_rfc3339(
            context["headers"]["fn-deadline"][0].as_str().unwrap()
        )
        .unwrap()
    );
}

// Context.

#[tokio::test]
async fn handler_gets_call_and_function_ids() {
    let agent = agent().await;
    let name = |name| {
        if options().names {
            json!(name)
        } else {
            Value::Null
        }
    };
    let answer = agent
        .invoke(
            command(json!({"op": "ctx"}))
                .header("X-Many", "one")
                .header("X-Many", "two")
                .header("X-Bytes", b"\xff"),
        )
        .await;
    let context = json_of(&answer);
    assert_eq!(
        context["call_id"],
        answer.headers["fn-call-id"].to_str().unwrap()
    );
    assert_eq!(
        [
            &context["app_id"],
            &context["app_name"],
            &context["fn_id"],
            &context["fn_name"]
        ],
        [
            &json!("ocid1.fnapp.oc1..app"),
            &name("app"),
            &json!("ocid1.fnfunc.oc1..function"),
            &name("function")
        ]
    );
    assert_eq!(
        (&context["gateway"], &context["method"], &context["url"]),
        (&json!(false), &json!("POST"), &json!("/call"))
    );
    assert_eq!(
        (
            &context["headers"]["x-many"],
            &context["headers"]["x-bytes"]
        ),
        (&json!(["one", "two"]), &json!(["\u{fffd}"]))
    );
}

#[tokio::test]
async fn gateway_call_has_the_request_and_returns_status_and_headers() {
    let agent = agent().await;
    let call = command(json!({"op": "ctx"}))
        .gateway(Method::PUT, "/v1/x?a=1")
        .header("X-Many", "one")
        .header("X-Many", "two");
    let context = json_of(&agent.invoke(call).await);
    assert_eq!(
        (&context["gateway"], &context["method"], &context["url"]),
        (&json!(true), &json!("PUT"), &json!("/v1/x?a=1"))
    );
    assert_eq!(context["headers"], json!({"x-many": ["one", "two"]}));
    for code in [200, 201, 404, 502, 504] {
        let answer = agent
            .invoke(command(json!({"op": "status", "code": code})).gateway(Method::GET, "/"))
            .await;
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.function_status.unwrap().as_u16()
            ),
            (code, 200)
        );
        assert_eq!(
            (&answer.headers["x-custom"], &answer.headers["content-type"]),
            (
                &HeaderValue::from_static("yes"),
                &HeaderValue::from_static("text/plain")
            )
        );
    }
    let answer = agent
        .invoke(command(json!({"op": "fail"})).gateway(Method::GET, "/"))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.refusal),
        (502, Some(Refusal::FunctionFailed))
    );
}

#[tokio::test]
async fn hundreds_of_headers_with_a_mebibyte_are_accepted() {
    let agent = agent().await;
    let mut call = command(json!({"op": "ctx"}));
    for number in 0..512 {
        call = call.header(&format!("x-{number}"), "v".repeat(2_100));
    }
    let context = json_of(&agent.invoke(call).await);
    assert_eq!(
        context["headers"]["x-511"][0].as_str().unwrap().len(),
        2_100
    );
}

// Logs.

/// A platform that enables no frame leaves it to the configuration of the function. One that does overrides these.
const FRAME_NAME: (&str, &str) = ("FN_LOGFRAME_NAME", "frame");
const FRAME_HEADER: (&str, &str) = ("FN_LOGFRAME_HDR", "Opc-Request-Id");

async fn with_frames() -> Agent {
    Agent::start([probe()], [FRAME_NAME, FRAME_HEADER], options())
        .await
        .unwrap()
}

#[tokio::test]
async fn frame_precedes_all_output_of_a_call_on_both_streams() {
    let agent = with_frames().await;
    for round in ["first", "second"] {
        agent
            .invoke(
                command(json!({"op": "log", "text": format!("{round} call")}))
                    .header("Opc-Request-Id", round),
            )
            .await;
        assert!(agent.printed(&format!("{round} call\n")).await);
    }
    // Both pipes were written before the response, but different tasks read them.
    tokio::time::sleep(Duration::from_millis(50)).await;
    for stream in [agent.stdout(), agent.stderr()] {
        let lines: Vec<_> = stream.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 4, "{stream}");
        assert!(
            lines[0].ends_with("=first") && lines[2].ends_with("=second"),
            "{stream}"
        );
        assert_eq!((lines[1], lines[3]), ("first call", "second call"));
        assert!(stream.starts_with('\n'));
    }
}

#[tokio::test]
async fn frame_is_omitted_if_logging_is_off_or_value_has_control_characters() {
    let without = start(Options {
        log_frame: false,
        ..options()
    })
    .await;
    assert_serves(&without).await;
    let agent = with_frames().await;
    agent
        .invoke(Call::new("x").header("Opc-Request-Id", "a\tb"))
        .await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    for stream in [
        without.stdout(),
        without.stderr(),
        agent.stdout(),
        agent.stderr(),
    ] {
        assert_eq!(stream, "");
    }
}

#[tokio::test]
async fn unfinished_line_is_flushed_before_the_freeze() {
    let agent = agent().await;
    agent
        .invoke(command(json!({"op": "print", "text": "unfinished"})))
        .await;
    assert!(agent.printed("unfinished").await);
}

#[tokio::test]
async fn panic_is_one_line_with_its_location() {
    let environment = [FRAME_NAME, FRAME_HEADER, ("RUST_BACKTRACE", "full")];
    let agent = Agent::start([probe()], environment, options())
        .await
        .unwrap();
    agent
        .invoke(command(json!({"op": "panic"})).header("Opc-Request-Id", "frame"))
        .await;
    assert!(agent.printed("call failed").await);
    let said = agent.stderr();
    let lines: Vec<_> = said
        .lines()
        .filter(|line| !line.is_empty() && !line.ends_with("=frame"))
        .collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(
        lines[0].contains("panic: the caller asked for a panic")
            && lines[0].contains("fdk_probe.rs:"),
        "{said}"
    );
}

// Life between calls.

#[tokio::test]
async fn thawed_function_responds_on_old_and_new_connections() {
    let agent = agent().await;
    assert_serves(&agent).await;
    for pause in [200, 1_300] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        assert!(agent.is_frozen().await);
        assert_serves(&agent).await;
    }
    assert_eq!(agent.ended().await, 0);
}

#[tokio::test]
async fn detached_call_runs_to_its_end_and_reports_failure() {
    let agent = agent().await;
    for (op, status) in [("sleep", 200), ("fail", 502)] {
        let answer = agent
            .invoke(command(json!({"op": op, "ms": 200})).detached())
            .await;
        if options().detached == DetachedAnswer::Finished {
            let empty = answer.body.is_empty();
            assert_eq!((answer.status.as_u16(), empty), (status, status == 200));
            continue;
        }
        assert_eq!((answer.status.as_u16(), answer.body.len()), (202, 0));
        let results = agent.detached_answers().await;
        assert_eq!(
            results
                .iter()
                .map(|answer| answer.status.as_u16())
                .collect::<Vec<_>>(),
            [status]
        );
    }
}

#[tokio::test]
async fn function_has_at_most_four_threads() {
    let agent = agent().await;
    for _ in 0..20 {
        assert_serves(&agent).await;
    }
    let process = agent.process().await.unwrap();
    let threads = fs::read_dir(format!("/proc/{process}/task"))
        .unwrap()
        .count();
    assert!(threads <= 4, "{threads}");
}

#[tokio::test]
async fn hundred_calls_end_no_container() {
    let agent = start(Options {
        freeze_after: Some(Duration::ZERO),
        ..options()
    })
    .await;
    for number in 0..100 {
        let answer = agent.invoke(Call::new(format!("call {number}"))).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (200, format!("call {number}"))
        );
    }
    assert_eq!(
        (
            agent.ended().await,
            agent.socket().await.unwrap().file_name()
        ),
        (0, Some(OsStr::new("lsnr.sock")))
    );
}
