//! Sends the header of a request back, at every place where the text of a server may be kept.

use serde_json::{Value as Json, json};
use tenancy_sim::Service;

use super::attack::{EchoPart, EchoPlace, List};
use super::services::{Answer, Received};

/// What comes back, and where.
#[derive(Clone, Copy)]
pub(super) struct Echo {
    pub(super) place: EchoPlace,
    pub(super) part: EchoPart,
    pub(super) padded: bool,
}

/// The answer with the header, if the request is one that the echo is for.
pub(super) fn echo(received: &Received, answer: &Answer, echo: Echo) -> Option<Answer> {
    let text = text_of(received, echo);
    let text = text.as_str();
    let is_list = |at: List| received.list.as_ref().is_some_and(|list| list.at == at);
    let of = |service| received.service == service;
    let with_json = |change: &dyn Fn(&mut Json)| {
        let mut json = serde_json::from_slice(&answer.body).ok()?;
        change(&mut json);
        Some(Answer {
            status: answer.status,
            headers: answer.headers.clone(),
            body: json.to_string().into(),
        })
    };
    let error = |status| {
        let body = json!({ "code": text, "message": format!("The request had {text}") });
        Some(Answer::new(status, "application/json", body.to_string()))
    };
    match echo.place {
        EchoPlace::ListString(at) if is_list(at) => with_json(&|json| *json = json!(text)),
        EchoPlace::Resources(at) if is_list(at) => {
            with_json(&|json| json["Resources"] = json!(text))
        }
        EchoPlace::ResourcesKey(at) if is_list(at) => {
            with_json(&|json| json["Resources"] = json!({ text: 1 }))
        }
        EchoPlace::Total(at) if is_list(at) => {
            with_json(&|json| json["totalResults"] = json!(text))
        }
        EchoPlace::ScimError(at, status) if is_list(at) => {
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "detail": text,
                "status": status.to_string(),
                "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error": { "messageId": text },
            });
            Some(Answer::new(
                status,
                "application/scim+json",
                body.to_string(),
            ))
        }
        EchoPlace::GatewayError(at, status) if is_list(at) => error(status),
        EchoPlace::Html(at, status) if is_list(at) => {
            let page =
                format!("<html><head><title>{text}</title></head><body>{text}</body></html>");
            Some(Answer::new(status, "text/html", page))
        }
        EchoPlace::Header(at, name) if is_list(at) => {
            let mut headers = answer.headers.clone();
            headers.insert(name, text.parse().ok()?);
            Some(Answer {
                status: if name == "retry-after" {
                    429
                } else {
                    answer.status
                },
                headers,
                body: answer.body.clone(),
            })
        }
        EchoPlace::Row(at, name) if is_list(at) => with_json(&|json| {
            for row in json["Resources"].as_array_mut().into_iter().flatten() {
                match name {
                    "created" => row["meta"]["created"] = json!(text),
                    "emails" => row["emails"] = json!([{ "value": text, "primary": true }]),
                    _ => row[name] = json!(text),
                }
            }
        }),
        EchoPlace::Namespace
            if of(Service::ObjectStorage) && received.path.trim_end_matches('/') == "/n" =>
        {
            with_json(&|json| *json = json!(text))
        }
        EchoPlace::Storage(status) if of(Service::ObjectStorage) => error(status),
        EchoPlace::ObjectNames if of(Service::ObjectStorage) && received.path.ends_with("/o") => {
            with_json(&|json| {
                json["objects"] = json!([{ "name": text }]);
                json["prefixes"] = json!([text]);
            })
        }
        EchoPlace::Object(name)
            if of(Service::ObjectStorage)
                && received.method == "GET"
                && received.path.contains(name) =>
        {
            let replaced = with_json(&|json| replace_texts(json, text));
            // Findings are lines.
            replaced.or_else(|| {
                Some(Answer::new(
                    200,
                    "application/json",
                    json!({ "id": text, "credential_id": text }).to_string(),
                ))
            })
        }
        EchoPlace::Publish(status) if of(Service::Notifications) => error(status),
        EchoPlace::MessageId if of(Service::Notifications) => {
            with_json(&|json| json["messageId"] = json!(text))
        }
        EchoPlace::Iam(status) if of(Service::Identity) => error(status),
        EchoPlace::IamRow(name) if of(Service::Identity) => with_json(&|json| {
            for row in json.as_array_mut().into_iter().flatten() {
                if row.get(name).is_some() {
                    row[name] = json!(text);
                }
            }
        }),
        _ => None,
    }
}

/// Puts the text in place of the names that a manifest keeps.
fn replace_texts(json: &mut Json, text: &str) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(|item| replace_texts(item, text)),
        Json::Object(object) => {
            for (name, value) in object {
                if matches!(
                    &**name,
                    "name" | "url" | "message" | "error" | "message_id" | "domain"
                ) && value.is_string()
                {
                    *value = json!(text);
                } else {
                    replace_texts(value, text);
                }
            }
        }
        _ => {}
    }
}

fn text_of(received: &Received, echo: Echo) -> String {
    let header = &received.authorization;
    let value = |name: &str| {
        let (_, value) = header.split_once(name)?;
        Some(value.split('"').next().unwrap_or_default())
    };
    let token = value("keyId=\"ST$").unwrap_or_default();
    let text = match echo.part {
        EchoPart::Header => format!("authorization: {header}"),
        EchoPart::Token => token.to_owned(),
        EchoPart::Signature => value("signature=\"").unwrap_or_default().to_owned(),
        EchoPart::Piece(length) => token.chars().skip(token.len() / 3).take(length).collect(),
    };
    match echo.padded {
        true => format!("{}{text}{}", "x".repeat(250), " y".repeat(100_000)),
        false => text,
    }
}
