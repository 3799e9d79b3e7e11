//! Responses that quote the `authorization` header of their request.

use crate::reply::Reply;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

/// What is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// The whole header.
    Header,
    /// The key id: `ST$` and the token.
    KeyId,
    /// A part of the token, counted from 0.
    TokenPart(usize),
    /// The signature.
    Signature,
    /// Forty characters from the middle of the header.
    Cut,
    /// The whole header in base64.
    Base64,
    /// The whole header, percent-encoded.
    PercentEncoded,
    /// The whole header, with a JSON escape for each character.
    Escaped,
}

impl Quote {
    /// Every quote.
    pub const ALL: [Self; 10] = [
        Self::Header,
        Self::KeyId,
        Self::TokenPart(0),
        Self::TokenPart(1),
        Self::TokenPart(2),
        Self::Signature,
        Self::Cut,
        Self::Base64,
        Self::PercentEncoded,
        Self::Escaped,
    ];

    fn of(self, header: &str) -> String {
        let parameter = |name: &str| {
            let start = header.find(&format!("{name}=\""))? + name.len() + 2;
            header.get(start..)?.split('"').next()
        };
        let key_id = parameter("keyId").unwrap_or_default();
        match self {
            Self::Header => header.to_owned(),
            Self::KeyId => key_id.to_owned(),
            Self::TokenPart(part) => key_id.split('.').nth(part).unwrap_or_default().to_owned(),
            Self::Signature => parameter("signature").unwrap_or_default().to_owned(),
            Self::Cut => header.chars().skip(header.len() / 2).take(40).collect(),
            Self::Base64 => STANDARD.encode(header),
            Self::PercentEncoded => utf8_percent_encode(header, NON_ALPHANUMERIC).to_string(),
            Self::Escaped => header
                .bytes()
                .map(|byte| format!("\\u{:04x}", u32::from(byte)))
                .collect(),
        }
    }
}

/// The part of a response that quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The body is a JSON string.
    Body,
    /// The body is a page of a proxy.
    Page,
    /// The body is an object with the quote as the only key.
    Key,
    /// `Resources` and `data` are a string, beside a total.
    Resources,
    /// The service's own body, with the quote at the end of each string.
    Values,
    /// The service's own body, with the quote as a further key of each object.
    Keys,
    /// Code and message of an error with this status.
    Error(u16),
    /// The detail of a SCIM error with this status.
    ScimError(u16),
    /// The service's own body, with the quote in headers that clients read.
    Headers,
    /// The location of a redirect.
    Redirect,
}

impl Place {
    /// Every place; errors with a status that is not retried.
    pub const ALL: [Self; 10] = [
        Self::Body,
        Self::Page,
        Self::Key,
        Self::Resources,
        Self::Values,
        Self::Keys,
        Self::Error(403),
        Self::ScimError(400),
        Self::Headers,
        Self::Redirect,
    ];
}

/// Headers that a client may keep or show.
const HEADERS: [&str; 8] = [
    "etag",
    "opc-request-id",
    "opc-content-md5",
    "content-md5",
    "opc-client-request-id",
    "x-oracle-dms-ecid",
    "retry-after",
    "date",
];

/// An echo of the header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Echo {
    pub(crate) quote: Quote,
    pub(crate) place: Place,
}

impl Echo {
    /// Changes a reply so that it quotes the header.
    pub(crate) fn put_into(self, reply: Reply, header: &str) -> Reply {
        let quote = self.quote.of(header);
        // An escape is one only in JSON that is written by hand.
        let escaped = self.quote == Quote::Escaped;
        let mark = if escaped { "\u{1}" } else { quote.as_str() };
        let json = |status: u16, body: &Value| {
            let text = body.to_string();
            let text = if escaped {
                text.replace("\\u0001", &quote)
            } else {
                text
            };
            Reply::new(status)
                .content_type("application/json")
                .body(text)
        };
        match self.place {
            Place::Body => json(200, &json!(mark)),
            Place::Page => Reply::new(200)
                .content_type("text/html")
                .body(format!("<html>You sent: authorization: {quote}</html>")),
            Place::Key => json(200, &json!({ mark: 1 })),
            Place::Resources => json(
                200,
                &json!({ "totalResults": 1, "Resources": mark, "objects": mark, "messageId": [mark] }),
            ),
            Place::Values | Place::Keys => {
                let mut body = serde_json::from_slice(&reply.body).unwrap_or_else(|_| json!({}));
                if self.place == Place::Values {
                    add_to_values(&mut body, mark);
                } else {
                    add_keys(&mut body, mark);
                }
                let mut changed = json(reply.status, &body);
                let own = reply.headers.into_iter();
                // The length is another one.
                changed.headers = own.filter(|(name, _)| name != "content-length").collect();
                changed
            }
            Place::Error(status) => json(
                status,
                &json!({ "code": mark, "message": format!("Refused: {mark}") }),
            ),
            Place::ScimError(status) => json(
                status,
                &json!({ "detail": format!("Refused: {mark}"), "status": status.to_string() }),
            ),
            Place::Headers => {
                let add = |reply: Reply, name: &&str| reply.header(name, &quote);
                HEADERS.iter().fold(reply, add)
            }
            Place::Redirect => {
                Reply::new(307).header("location", &format!("https://login.example.com/?{quote}"))
            }
        }
    }
}

fn add_to_values(value: &mut Value, quote: &str) {
    match value {
        Value::String(text) => text.push_str(quote),
        Value::Array(items) => items.iter_mut().for_each(|item| add_to_values(item, quote)),
        Value::Object(object) => object
            .values_mut()
            .for_each(|value| add_to_values(value, quote)),
        _ => {}
    }
}

fn add_keys(value: &mut Value, quote: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| add_keys(item, quote)),
        Value::Object(object) => {
            object.values_mut().for_each(|value| add_keys(value, quote));
            let added: Map<_, _> = [(quote.to_owned(), json!(quote))].into_iter().collect();
            object.extend(added);
        }
        _ => {}
    }
}
