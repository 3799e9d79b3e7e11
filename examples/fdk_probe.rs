//! A function that does what its caller asks, to try the function shim from outside.
//!
//! The body is a JSON object with the key `op`:
//!
//! | `op` | does | answers |
//! | --- | --- | --- |
//! | `sleep` | waits `ms` milliseconds, then prints `text` if there is one | `{"slept":<ms>}` |
//! | `fail` | fails | |
//! | `panic` | panics | |
//! | `status` | | application status `code`, header `X-Custom: yes` |
//! | `ctx` | | what the shim knows of the call, as JSON |
//! | `big` | | `n` bytes `x` |
//! | `exit` | ends the process at once with `code` | |
//! | `log` | prints `text` on stdout and on stderr | `{"logged":true}` |
//! | `print` | prints `text` on stdout and does not end the line | `{"logged":true}` |
//! | `block` | blocks its thread for `ms` milliseconds | `{"slept":<ms>}` |
//!
//! `PROBE_DRAIN_MS` in the environment shortens the patience at the end of the process.
//!
//! Everything else, also what is no JSON, is echoed.
//!
//! An application status travels in `Fn-Http-Status`: the call itself is answered with 200, 502 or 504, since the
//! platform kills a container that says anything else.

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
    let mut options = Options::new("fdk-probe", "1.0.0");
    if let Some(millis) = environment("PROBE_DRAIN_MS").and_then(|millis| millis.parse().ok()) {
        options.drain = Duration::from_millis(millis);
    }
    fdk::run(environment, options, probe)
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn probe(request: Request<Bytes>) -> Result<Response<Bytes>, String> {
    let Ok(Value::Object(order)) = serde_json::from_slice(request.body()) else {
        return Ok(echo(request));
    };
    let number = |name: &str| order.get(name).and_then(Value::as_u64).unwrap_or_default();
    let text = order.get("text").and_then(Value::as_str);
    match order.get("op").and_then(Value::as_str) {
        Some("sleep") => {
            tokio::time::sleep(Duration::from_millis(number("ms"))).await;
            if let Some(text) = text {
                println!("{text}");
            }
            Ok(answer(&json!({ "slept": number("ms") })))
        }
        Some("block") => {
            std::thread::sleep(Duration::from_millis(number("ms")));
            Ok(answer(&json!({ "slept": number("ms") })))
        }
        Some("fail") => Err("the caller asked for a failure".to_owned()),
        #[expect(clippy::panic, reason = "the caller asked for it")]
        Some("panic") => panic!("the caller asked for a panic"),
        Some("status") => status(number("code")),
        Some("ctx") => Ok(answer(&context(&request))),
        Some("big") => {
            let length = usize::try_from(number("n")).map_err(|error| error.to_string())?;
            Ok(Response::new(vec![b'x'; length].into()))
        }
        Some("exit") => std::process::exit(i32::try_from(number("code")).unwrap_or(1)),
        Some("log") => {
            let text = text.unwrap_or_default();
            println!("{text}");
            eprintln!("{text}");
            Ok(answer(&json!({ "logged": true })))
        }
        Some("print") => {
            print!("{}", text.unwrap_or_default());
            Ok(answer(&json!({ "logged": true })))
        }
        _ => Ok(echo(request)),
    }
}

/// The body as it came, under the type it came with.
fn echo(request: Request<Bytes>) -> Response<Bytes> {
    let (head, body) = request.into_parts();
    let mut response = Response::new(body);
    if let Some(credential_type) = head.headers.get("content-type") {
        response
            .headers_mut()
            .insert("content-type", credential_type.clone());
    }
    response
}

fn answer(value: &Value) -> Response<Bytes> {
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

/// Method, URL and headers are the gateway's in a gateway call, else the request's own.
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

/// Every header with the list of its values; bytes that are not UTF-8 become replacement characters.
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
