//! The filter for responses that send this program's own credentials back.
//!
//! A proxy quotes the request that it refuses, and a hostile service quotes it, or an earlier one, where a name is expected. So
//! each response is searched before anything else reads it, for the session tokens and the signatures of recent requests. A
//! process that serves several runs keeps both. The key id of an API key is not secret: its OCIDs and its fingerprint are in
//! ordinary lists.
//!
//! A part of a secret betrays it too, so any 16 successive characters of one are found, in either case, also if they
//! are percent-encoded, or escaped as in JSON or HTML. Tokens and the signature of the request itself are also found in
//! base64. Hex, and encodings around each other such as base64 twice, are found in runs of at least 24 characters, and in the
//! body of a success in runs of at least 128: see `decoding`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use crate::auth::Identity;
use crate::server_text::ServerText;

use super::decoding::{TextSize, any_decoded};
use super::sent_signatures::SentSignatures;
use super::shared_runs::{GRAM, MIN_RUN, extended, folded, gram_of, place};
use super::transport::{Response, TransportError};

/// What replaces a secret.
const REDACTED: &[u8] = b"[redacted]";
/// Max tokens to know. Each is searched for, and a token that three others replaced has expired.
const MAX_TOKENS: usize = 4;
/// The header that is sent back to its service, and shown nowhere.
const CURSOR: &str = "opc-next-page";

/// Whether a response quoted this program's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    /// Not in its body.
    None,
    /// In its body, which has them no more.
    InBody,
}

/// The secrets that requests had: session tokens, and the signatures of recent requests. A process keeps them across runs.
#[derive(Debug, Default)]
pub struct KnownSecrets {
    tokens: Mutex<VecDeque<KnownToken>>,
    signatures: Arc<SentSignatures>,
}

#[derive(Debug)]
struct KnownToken {
    identity: Arc<Identity>,
    /// The session token, and the token of the user on whose behalf it signs.
    secrets: Vec<Arc<Secrets>>,
}

impl KnownSecrets {
    /// The filter for the response to a request that `identity` signed.
    pub(super) fn filter(&self, identity: &Arc<Identity>, signature: &str) -> EchoFilter {
        self.signatures.add(signature);
        let mut known = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |token: &KnownToken| {
            token.identity.key_id == identity.key_id
                && token.identity.delegation_token == identity.delegation_token
        };
        if !known.iter().any(is_known) {
            known.truncate(MAX_TOKENS - 1);
            let obo_token = identity.delegation_token.iter();
            let tokens = [secret_part(&identity.key_id)]
                .into_iter()
                .chain(obo_token.map(|token| token.as_str()));
            known.push_front(KnownToken {
                identity: Arc::clone(identity),
                secrets: tokens.map(|token| Arc::new(Secrets::of(token))).collect(),
            });
        }
        let tokens = known
            .iter()
            .flat_map(|token| token.secrets.iter().map(Arc::clone));
        let signature = Arc::new(Secrets::of(signature));
        EchoFilter {
            secrets: tokens.chain([signature]).collect(),
            signatures: Arc::clone(&self.signatures),
        }
    }
}

/// The session token in a key id; empty for an API key.
fn secret_part(key_id: &str) -> &str {
    if key_id.starts_with("ST$") {
        key_id
    } else {
        ""
    }
}

/// Removes secrets from the response to one request.
#[derive(Debug)]
pub(super) struct EchoFilter {
    /// The tokens, and the signature of the request.
    secrets: Vec<Arc<Secrets>>,
    /// Those of other requests.
    signatures: Arc<SentSignatures>,
}

impl EchoFilter {
    /// Removes secrets from headers and body.
    pub(super) fn screen(
        &self,
        result: Result<Response, TransportError>,
    ) -> (Result<Response, TransportError>, Echo) {
        match result {
            Ok(mut response) => {
                self.screen_headers(&mut response.headers);
                let size = match response.status.is_success() {
                    true => TextSize::Page,
                    false => TextSize::Short,
                };
                let echo = match self.screened(&response.body, size) {
                    Some(body) => {
                        response.body = Bytes::from(body);
                        Echo::InBody
                    }
                    None => Echo::None,
                };
                (Ok(response), echo)
            }
            // It may quote the names in a certificate.
            Err(mut error) => {
                let screened = self.screened(error.detail.as_bytes(), TextSize::Short);
                let detail = screened.as_deref().map(String::from_utf8_lossy);
                error.detail = ServerText::new(detail.as_deref().unwrap_or(&error.detail)).into();
                (Err(error), Echo::None)
            }
        }
    }

    fn screen_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in headers {
            if *name != CURSOR
                && let Some(screened) = self.screened(value.as_bytes(), TextSize::Short)
            {
                *value = HeaderValue::from_bytes(&screened)
                    .unwrap_or_else(|_| HeaderValue::from_static("[redacted]"));
            }
        }
    }

    /// The text without secrets; `None` if it has none.
    fn screened(&self, text: &[u8], size: TextSize) -> Option<Vec<u8>> {
        let plain = self.mask(text);
        let rest = plain.as_deref().unwrap_or(text);
        // A secret that is encoded is not cut out: what is around it may belong to it.
        let occur_in = |text: &[u8]| {
            self.secrets.iter().any(|secrets| secrets.occur_in(text))
                || self.signatures.next_run(text, 0).is_some()
        };
        if any_decoded(rest, size, &occur_in) {
            return Some(REDACTED.to_vec());
        }
        plain
    }

    fn mask(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut masked: Option<Vec<u8>> = None;
        for secrets in &self.secrets {
            let text = masked.as_deref().unwrap_or(text);
            let next = without_runs(text, |from| secrets.next_run(text, from));
            masked = next.or(masked);
        }
        let text = masked.as_deref().unwrap_or(text);
        let next = without_runs(text, |from| self.signatures.next_run(text, from));
        next.or(masked)
    }
}

/// The text with every run of a secret replaced; `None` if it has none. `next_run` returns start and end of the first one at
/// or after a position.
fn without_runs(
    text: &[u8],
    next_run: impl Fn(usize) -> Option<(usize, usize)>,
) -> Option<Vec<u8>> {
    let mut run = next_run(0)?;
    let mut masked = Vec::with_capacity(text.len());
    let mut end = 0;
    loop {
        masked.extend_from_slice(&text[end..run.0]);
        masked.extend_from_slice(REDACTED);
        end = run.1;
        match next_run(end) {
            Some(next) => run = next,
            None => break,
        }
    }
    masked.extend_from_slice(&text[end..]);
    Some(masked)
}

/// An index of one secret, as it is and in base64, without case.
struct Secrets {
    /// The forms of the secret, each followed by a byte that no folded text has.
    forms: Vec<u8>,
    /// Every gram of the forms with its position, in ascending order.
    grams: Vec<(u64, u32)>,
    /// Two bits per hash of a gram.
    bits: Vec<u64>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Room per gram, in bits: one position in seventy of an ordinary text is compared further.
const BITS_PER_GRAM: usize = 16;

impl Secrets {
    fn of(secret: &str) -> Self {
        let mut forms = Vec::new();
        for form in forms_of(secret.as_bytes()) {
            if form.len() >= MIN_RUN {
                forms.extend(form.iter().copied().map(folded));
                forms.push(0);
            }
        }
        let mut grams: Vec<_> = (0..)
            .zip(forms.windows(GRAM))
            .filter(|(_, gram)| !gram.contains(&0))
            .map(|(position, gram)| (gram_of(gram), position))
            .collect();
        grams.sort_unstable();
        let bits = (grams.len() * BITS_PER_GRAM).next_power_of_two().max(64) / 64;
        let mut index = Self {
            forms,
            grams,
            bits: vec![0; bits],
        };
        for (gram, _) in &index.grams {
            let (word, own) = place(*gram, bits);
            index.bits[word] |= own;
        }
        index
    }

    fn occur_in(&self, text: &[u8]) -> bool {
        self.next_run(text, 0).is_some()
    }

    /// Start and end of the first run of a secret at or after `from`.
    fn next_run(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        if self.grams.is_empty() {
            return None;
        }
        let grams = text.get(from..)?.chunks_exact(GRAM);
        for (index, chunk) in grams.enumerate() {
            let gram = gram_of(chunk);
            let (word, own) = place(gram, self.bits.len());
            if self.bits[word] & own != own {
                continue;
            }
            let position = from + index * GRAM;
            let first = self.grams.partition_point(|(known, _)| *known < gram);
            let runs = self.grams[first..]
                .iter()
                .take_while(|(known, _)| *known == gram)
                .map(|(_, in_forms)| {
                    extended(text, from, position, &self.forms, *in_forms as usize)
                });
            if let Some((start, end)) = runs.max_by_key(|(start, end)| end - start)
                && end - start >= MIN_RUN
            {
                return Some((start, end));
            }
        }
        None
    }
}

/// A secret as it is, and in base64 from each of the three offsets that it can have in another text.
fn forms_of(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec()];
    for offset in 0..3_usize {
        let shifted: Vec<u8> = std::iter::repeat_n(0, offset)
            .chain(secret.iter().copied())
            .collect();
        // The first characters depend on what precedes the secret, the last on what follows it.
        let own = |text: String| {
            let text = text.into_bytes();
            let start = (offset * 4).div_ceil(3);
            let end = text.len().saturating_sub(1).max(start);
            text.get(start..end).unwrap_or_default().to_vec()
        };
        let standard = own(STANDARD_NO_PAD.encode(&shifted));
        let url_safe = own(URL_SAFE_NO_PAD.encode(&shifted));
        if url_safe != standard {
            forms.push(url_safe);
        }
        forms.push(standard);
    }
    forms
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use proptest::prelude::*;

    /// A random secret of this many characters.
    fn secret(length: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut random = fastrand::Rng::with_seed(length as u64);
        let character = |_| char::from(alphabet[random.usize(..alphabet.len())]);
        (0..length).map(character).collect()
    }

    fn filter(token: &str, signature: &str) -> EchoFilter {
        let secrets = [format!("ST${token}"), signature.to_owned()];
        EchoFilter {
            secrets: secrets
                .iter()
                .map(|text| Arc::new(Secrets::of(text)))
                .collect(),
            signatures: Arc::default(),
        }
    }

    fn screened(text: &str) -> Option<String> {
        screened_as(TextSize::Page, text)
    }

    fn screened_as(size: TextSize, text: &str) -> Option<String> {
        static FILTER: LazyLock<EchoFilter> = LazyLock::new(|| filter(&secret(900), &secret(344)));
        let text = FILTER.screened(text.as_bytes(), size)?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    /// A text in an encoding that has no mark.
    fn encoded(text: &str, encoding: usize) -> String {
        match encoding {
            0 => crate::hex::hex(text.as_bytes()),
            1 => crate::hex::hex(text.as_bytes()).to_uppercase(),
            2 => STANDARD_NO_PAD.encode(text),
            _ => URL_SAFE_NO_PAD.encode(text),
        }
    }

    fn percent_encoded(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02x}")).collect()
    }

    proptest! {
        #[test]
        fn any_sixteen_characters_are_found_in_any_encoding(
            start in 0_usize..880,
            length in MIN_RUN..64,
            before in "[ -~]{0,40}",
            after in "[ -~]{0,40}",
            of_signature in any::<bool>(),
        ) {
            let secret = secret(if of_signature { 344 } else { 900 });
            let start = start % (secret.len() - MIN_RUN);
            let part = &secret[start..(start + length).min(secret.len())];
            let escaped: String = part.chars().map(|c| format!("\\u{:04X}", u32::from(c))).collect();
            for quoted in [part.to_owned(), part.to_lowercase(), part.to_uppercase()] {
                let text = format!("{before}{quoted}{after}");
                let screened = screened(&text).expect("an echo");
                prop_assert!(!screened.contains(&quoted), "{screened}");
            }
            let braces: String = part.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect();
            for quoted in [percent_encoded(part), percent_encoded(&percent_encoded(part)), escaped, braces] {
                let text = format!("{before} {quoted} {after}");
                prop_assert_eq!(screened(&text), Some("[redacted]".to_owned()), "{}", text);
            }
        }

        #[test]
        fn base64_of_a_secret_is_found(before in "[ -~]{0,40}", length in 24_usize..300) {
            let text = format!("{before}{}", &secret(900)[..length]);
            for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                let screened = screened(&encoded).expect("an echo");
                prop_assert!(screened.contains("[redacted]"), "{screened}");
            }
        }

        #[test]
        fn secret_in_two_encodings_without_marks_is_found(
            start in 0_usize..240,
            before in "[ -~]{0,9}",
            of_signature in any::<bool>(),
            encodings in (0_usize..4, 0_usize..4),
        ) {
            let secret = secret(if of_signature { 344 } else { 900 });
            for (size, length) in [(TextSize::Short, 24), (TextSize::Page, 100)] {
                let part = &secret[start..start + length];
                let once = encoded(&format!("{before}{part}"), encodings.0);
                let twice = encoded(&once, encodings.1);
                for quoted in [once, twice] {
                    let text = format!("{{\"description\":\"{before}{quoted}\"}}");
                    let screened = screened_as(size, &text).expect("an echo");
                    prop_assert!(!screened.contains(&quoted[12..]), "{}", screened);
                }
            }
        }

        #[test]
        fn other_texts_stay(text in "(?s).{0,200}", page in any::<bool>()) {
            let size = if page { TextSize::Page } else { TextSize::Short };
            prop_assert_eq!(screened_as(size, &text), None);
            let text = encoded(&encoded(&text, 2), 0);
            prop_assert_eq!(screened_as(size, &text), None);
        }
    }

    #[test]
    fn fifteen_characters_stay() {
        let part = &secret(900)[100..115];
        assert_eq!(screened(part), None);
    }

    #[test]
    fn text_around_a_secret_stays() {
        let (token, signature) = (secret(900), secret(344));
        let text = format!("keyId=\"ST${token}\",signature=\"{signature}\",version=\"1\"");
        assert_eq!(
            screened(&text).as_deref(),
            Some(r#"keyId="[redacted]",signature="[redacted]",version="1""#)
        );
    }

    #[test]
    fn key_id_of_an_api_key_is_not_secret() {
        let api_key = "ocid1.tenancy.oc1..aaaaaaaa/ocid1.user.oc1..bbbbbbbb/20:3b:97:13:55:1c";
        assert_eq!(secret_part(api_key), "");
        assert_eq!(secret_part("ST$a.b.c"), "ST$a.b.c");
    }

    #[test]
    fn cursor_is_sent_back_as_it_came() {
        let token = secret(900);
        let mut headers = HeaderMap::new();
        for name in [CURSOR, "etag", "opc-request-id"] {
            headers.insert(name, HeaderValue::from_str(&token).expect("a value"));
        }
        filter(&token, "").screen_headers(&mut headers);
        assert_eq!(headers[CURSOR], token);
        assert_eq!(headers["etag"], "[redacted]");
        assert_eq!(headers["opc-request-id"], "[redacted]");
    }
}
