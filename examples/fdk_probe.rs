//! A function for tests of the function shim: it executes the command in the body.
//!
//! The body is a JSON object with the key `op`:
//!
//! | `op` | action | response |
//! | --- | --- | --- |
//! | `sleep` | waits `ms` milliseconds, then prints `text` if there is one | `{"slept":<ms>}` |
//! | `fail` | fails | |
//! | `panic` | panics | |
//! | `status` | | application status `code`, header `X-Custom: yes` |
//! | `ctx` | | the context of the call, as JSON |
//! | `big` | | `n` bytes `x` |
//! | `exit` | exits with `code` | |
//! | `log` | prints `text` on stdout and on stderr | `{"logged":true}` |
//! | `print` | prints `text` on stdout without a newline | `{"logged":true}` |
//! | `block` | blocks its thread for `ms` milliseconds | `{"slept":<ms>}` |
//!
//! `PROBE_DRAIN_MS` in the environment sets [`Options::drain`].
//!
//! Any other body is echoed.
//!
//! An application status is sent in `Fn-Http-Status`. The status of the call is 200, 502 or 504, because the platform kills
//! a container for any other.

#![expect(
    clippy::disallowed_methods,
    reason = "an example has no layer of settings, and this one blocks and exits on request"
)]

use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use credential_audit::fdk::{self, Options, RequestExt};
use http::{HeaderMap, Request, Response};
use serde_json::{Map, Value, json};

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .init();
    let mut options = Options::new("fdk-probe", "1.0.0", chrono::Utc::now);
    if let Some(millis) = environment("PROBE_DRAIN_MS").and_then(|millis| millis.parse().ok()) {
        options.drain = Duration::from_millis(millis);
    }
    fdk::run(environment, options, probe)
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn probe(request: Request<Bytes>) -> Result<Response<Bytes>, String> {
    let Ok(Value::Object(command)) = serde_json::from_slice(request.body()) else {
        return Ok(echo(request));
    };
    let number = |name: &str| {
        command
            .get(name)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    let text = command.get("text").and_then(Value::as_str);
    match command.get("op").and_then(Value::as_str) {
        Some("sleep") => {
            tokio::time::sleep(Duration::from_millis(number("ms"))).await;
            if let Some(text) = text {
                println!("{text}");
            }
            Ok(json_response(&json!({ "slept": number("ms") })))
        }
        Some("block") => {
            std::thread::sleep(Duration::from_millis(number("ms")));
            Ok(json_response(&json!({ "slept": number("ms") })))
        }
        Some("fail") => Err("the caller asked for a failure".to_owned()),
        #[expect(clippy::panic, reason = "the caller asked for it")]
        Some("panic") => panic!("the caller asked for a panic"),
        Some("status") => status(number("code")),
        Some("ctx") => Ok(json_response(&context(&request))),
        Some("big") => {
            let length = usize::try_from(number("n")).map_err(|error| error.to_string())?;
            Ok(Response::new(vec![b'x'; length].into()))
        }
        Some("exit") => std::process::exit(i32::try_from(number("code")).unwrap_or(1)),
        Some("log") => {
            let text = text.unwrap_or_default();
            println!("{text}");
            eprintln!("{text}");
            Ok(json_response(&json!({ "logged": true })))
        }
        Some("print") => {
            print!("{}", text.unwrap_or_default());
            Ok(json_response(&json!({ "logged": true })))
        }
        _ => Ok(echo(request)),
    }
}

/// Returns the body with its content type.
fn echo(request: Request<Bytes>) -> Response<Bytes> {
    let (head, body) = request.into_parts();
    let mut response = Response::new(body);
    if let Some(content_type) = head.headers.get("content-type") {
        response
            .headers_mut()
            .insert("content-type", content_type.clone());
    }
    response
}

fn json_response(value: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(value.to_string()));
    response.headers_mut().insert(
        "content-type",
        http::HeaderValue::from_static("application/json"),
    );
    response
}

fn status(code: u64) -> Result<Response<Bytes>, String> {
    let code = u16::try_from(code).map_err(|error| error.to_string())?;
    let builder = Response::builder()
        .status(code)
        .header("X-Custom", "yes")
        .header("Content-Type", "text/plain");
    builder
        .body(format!("status {code}").into())
        .map_err(|error| error.to_string())
}

/// The context of the call. Method, URL and headers are those of the gateway in a gateway call, else of the request.
fn context(request: &Request<Bytes>) -> Value {
    let call = request.call_context();
    let (method, url, headers) = match &call.gateway {
        Some(gateway) => (
            gateway.method.clone(),
            gateway.url.clone(),
            &gateway.headers,
        ),
        None => (
            request.method().to_string(),
            request.uri().to_string(),
            request.headers(),
        ),
    };
    json!({
        "call_id": call.call_id,
        "deadline": call.deadline.at.to_rfc3339(),
        "finish_by": call.deadline.finish_by.to_rfc3339(),
        "stop_at": call.deadline.stop_at.to_rfc3339(),
        "gateway": call.gateway.is_some(),
        "method": method,
        "url": url,
        "headers": lists(headers),
        "app_id": call.identity.app_id,
        "app_name": call.identity.app_name,
        "fn_id": call.identity.fn_id,
        "fn_name": call.identity.fn_name,
    })
}

/// All headers with the list of their values. Bytes that are not UTF-8 become replacement characters.
fn lists(headers: &HeaderMap) -> Value {
    let values = |name| {
        headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect::<Vec<_>>()
    };
    headers
        .keys()
        .map(|name| (name.as_str().to_owned(), json!(values(name))))
        .collect::<Map<_, _>>()
        .into()
}
