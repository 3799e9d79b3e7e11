//! Looks for parts of the credentials that requests had.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tenancy_sim::TenancySim;

/// Successive characters that betray a secret.
const WINDOW: usize = 20;

/// Every part of the tokens and signatures that the simulator received, as they are, percent-encoded and in base64.
pub(crate) struct SentSecrets(HashSet<Vec<u8>>);

impl SentSecrets {
    pub(crate) fn of(sim: &TenancySim) -> Self {
        let (mut windows, mut seen) = (HashSet::new(), HashSet::new());
        let mut add = |text: &[u8]| {
            windows.extend(text.windows(WINDOW).map(<[u8]>::to_vec));
        };
        let requests = sim.requests();
        let headers = requests
            .iter()
            .filter_map(|request| request.authorization.as_ref());
        for header in headers {
            let signature = parameter(header, "signature");
            let key_id = parameter(header, "keyId");
            let token = key_id.strip_prefix("ST$").unwrap_or_default();
            for secret in [signature, token] {
                if !seen.insert(secret.to_owned()) {
                    continue;
                }
                add(secret.as_bytes());
                let percent_encoded = secret.replace('+', "%2B").replace('/', "%2F");
                add(percent_encoded
                    .replace('-', "%2D")
                    .replace('_', "%5F")
                    .as_bytes());
                // The header in base64, from where the secret begins.
                let start = header.find(secret).unwrap_or_default();
                let end = start + secret.len();
                let encoded = STANDARD.encode(header);
                let (start, end) = (start.div_ceil(3) * 4, end / 3 * 4);
                add(encoded.as_bytes().get(start..end).unwrap_or_default());
            }
        }
        Self(windows)
    }

    /// How many windows there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Asserts that a text has none of them.
    pub(crate) fn assert_none_in(&self, place: &str, text: &[u8]) {
        let found = text.windows(WINDOW).find(|window| self.0.contains(*window));
        if let Some(window) = found {
            panic!(
                "{place} has a part of a secret: {}",
                String::from_utf8_lossy(window)
            );
        }
    }
}

fn parameter<'a>(header: &'a str, name: &str) -> &'a str {
    let start = header.find(&format!("{name}=\"")).expect(name) + name.len() + 2;
    header[start..].split('"').next().unwrap_or_default()
}
