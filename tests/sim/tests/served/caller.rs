//! A minimal client that signs requests and reads every byte: one connection per request over a plain socket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use sha2::{Digest as _, Sha256};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;
use tenancy_sim::TenancySim;

/// A response as received.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body had its content length.
    pub(crate) complete: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The ids of the rows of a listing.
    pub(crate) fn ids(&self) -> Vec<String> {
        let rows = self.json()["Resources"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The signer.
pub(crate) struct Caller {
    key_id: String,
    pub(crate) key: RsaPrivateKey,
}

impl Caller {
    /// The resource principal with its files in the directory.
    pub(crate) fn resource_principal(directory: &Path) -> Self {
        let token = std::fs::read_to_string(directory.join("rpst")).unwrap();
        let pem = std::fs::read_to_string(directory.join("private.pem")).unwrap();
        let key = RsaPrivateKey::from_pkcs8_pem(&pem)
            .or_else(|_| RsaPrivateKey::from_pkcs1_pem(&pem))
            .unwrap();
        Self {
            key_id: format!("ST${token}"),
            key,
        }
    }

    /// A caller that signs with a key of the simulator under another key id.
    pub(crate) fn with_key_id(key_id: &str) -> Self {
        let pem = include_str!("../../keys/session-3.pem");
        Self {
            key_id: key_id.to_owned(),
            key: RsaPrivateKey::from_pkcs8_pem(pem).unwrap(),
        }
    }

    /// A caller of this tenancy. The files of its principal are its own, and are read at once.
    pub(crate) fn of(sim: &TenancySim) -> Self {
        let files = tempfile::tempdir().unwrap();
        sim.write_resource_principal(files.path()).unwrap();
        Self::resource_principal(files.path())
    }

    pub(crate) fn get(&self, url: &str) -> Answer {
        self.send("GET", url, &[], b"").unwrap()
    }

    pub(crate) fn post(&self, url: &str, body: &str) -> Answer {
        self.send("POST", url, &[], body.as_bytes()).unwrap()
    }

    /// Sends a request. A PUT is signed without the headers of the body, as Object Storage requires.
    pub(crate) fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let (host, target) = split(url);
        let date = chrono::Utc::now()
            .format("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        let mut signed = vec![
            ("date", date),
            (
                "(request-target)",
                format!("{} {target}", method.to_lowercase()),
            ),
            ("host", host.clone()),
        ];
        if method == "POST" {
            signed.push(("content-length", body.len().to_string()));
            signed.push(("content-type", "application/json".to_owned()));
            signed.push(("x-content-sha256", STANDARD.encode(Sha256::digest(body))));
        }
        let text: Vec<String> = signed
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let signature =
            SigningKey::<Sha256>::new(self.key.clone()).sign(text.join("\n").as_bytes());
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let mut request = format!("{method} {target} HTTP/1.1\r\nconnection: close\r\n");
        for (name, value) in signed
            .iter()
            .filter(|(name, _)| *name != "(request-target)")
        {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        // A chunked request must not have a length.
        if method == "PUT" && !headers.iter().any(|(name, _)| *name == "transfer-encoding") {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!(
            "authorization: Signature algorithm=\"rsa-sha256\",headers=\"{}\",keyId=\"{}\",signature=\"{}\",version=\"1\"\r\n\r\n",
            names.join(" "),
            self.key_id,
            STANDARD.encode(signature.to_bytes()),
        ));
        exchange(&host, request.as_bytes(), body)
    }
}

/// Sends an unsigned request.
pub(crate) fn unsigned(url: &str) -> Answer {
    let (host, target) = split(url);
    let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    exchange(&host, request.as_bytes(), b"").unwrap()
}

/// Maximum size of an endless body.
const LONGEST_ANSWER: u64 = 4_000_000;

fn split(url: &str) -> (String, String) {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, target) = rest.split_once('/').unwrap();
    (host.to_owned(), format!("/{target}"))
}

fn exchange(host: &str, head: &[u8], body: &[u8]) -> io::Result<Answer> {
    let mut socket = TcpStream::connect(host)?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    socket.write_all(head)?;
    socket.write_all(body)?;
    let mut bytes = Vec::new();
    let end = socket.take(LONGEST_ANSWER).read_to_end(&mut bytes);
    let Some(split) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Err(end
            .err()
            .unwrap_or_else(|| io::Error::other("the connection ended without an answer")));
    };
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let body = bytes[split + 4..].to_vec();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok());
    let complete = end.is_ok() && length.is_none_or(|length: usize| length == body.len());
    Ok(Answer {
        status,
        headers,
        body,
        complete,
    })
}
