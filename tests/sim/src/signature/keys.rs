//! The accepted keys: API keys by key id, session keys by their token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _, Verifier as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// The keys of the simulator. They protect nothing: they are published with the source, so that tests need not generate
/// keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestKey {
    /// Signs tokens, as OCI's authorization service does.
    Authority,
    /// The API key of the tenancy's user.
    ApiKey,
    /// The key of a compute instance's certificate.
    Instance,
    /// Session keys in rotation; the second is in PKCS#1, the others in PKCS#8.
    Session(usize),
}

impl TestKey {
    pub(crate) fn pem(self) -> &'static str {
        match self {
            Self::Authority => include_str!("../../keys/authority.pem"),
            Self::ApiKey => include_str!("../../keys/api-key.pem"),
            Self::Instance => include_str!("../../keys/instance.pem"),
            Self::Session(turn) => match turn % 3 {
                0 => include_str!("../../keys/session-1.pem"),
                1 => include_str!("../../keys/session-2.pem"),
                _ => include_str!("../../keys/session-3.pem"),
            },
        }
    }

    fn private(self) -> RsaPrivateKey {
        #[expect(clippy::expect_used, reason = "the keys are part of the source")]
        RsaPrivateKey::from_pkcs8_pem(self.pem())
            .or_else(|_| RsaPrivateKey::from_pkcs1_pem(self.pem()))
            .expect("a valid key of the simulator")
    }

    pub(crate) fn public(self) -> RsaPublicKey {
        self.private().to_public_key()
    }

    /// The fingerprint that OCI shows: MD5 of the public key in DER.
    pub(crate) fn fingerprint(self) -> String {
        use md5::Digest as _;
        use rsa::pkcs8::EncodePublicKey as _;
        let der = self
            .public()
            .to_public_key_der()
            .map(|der| der.as_bytes().to_vec())
            .unwrap_or_default();
        let digits: Vec<_> = crate::hex::digits(&md5::Md5::digest(der)).collect();
        digits.join(":")
    }
}

/// The signer of a request.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) key: RsaPublicKey,
}

/// Why no key was found for a key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownKey {
    NotRegistered,
    TokenExpired,
    TokenRevoked,
    TokenUnreadable,
}

/// The accepted keys.
#[derive(Debug)]
pub(crate) struct KeyRing {
    authority: RsaPublicKey,
    registered: Mutex<HashMap<String, RsaPublicKey>>,
    revoked: Mutex<HashSet<String>>,
    /// Session keys by token, since parsing a token costs more than a lookup.
    sessions: Mutex<HashMap<String, (RsaPublicKey, i64)>>,
}

impl KeyRing {
    pub(crate) fn new() -> Self {
        Self {
            authority: TestKey::Authority.public(),
            registered: Mutex::default(),
            revoked: Mutex::default(),
            sessions: Mutex::default(),
        }
    }

    /// Accepts a key under a key id.
    pub(crate) fn register(&self, key_id: &str, key: RsaPublicKey) {
        self.registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key_id.to_owned(), key);
    }

    /// Accepts a key in PEM; false if it cannot be parsed.
    pub(crate) fn register_pem(&self, key_id: &str, pem: &str) -> bool {
        use rsa::pkcs8::DecodePublicKey as _;
        RsaPublicKey::from_public_key_pem(pem).is_ok_and(|key| {
            self.register(key_id, key);
            true
        })
    }

    /// Revokes a token.
    pub(crate) fn revoke(&self, token: &str) {
        self.revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(token.to_owned());
    }

    /// Accepts all revoked tokens again.
    pub(crate) fn unrevoke_all(&self) {
        self.revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// The key of a key id: `<tenancy>/<user>/<fingerprint>` as registered, or `ST$<token>`, whose claim `jwk` has the public
    /// key of the session.
    pub(crate) fn find(&self, key_id: &str, now: DateTime<Utc>) -> Result<Principal, UnknownKey> {
        let registered = self
            .registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key_id)
            .cloned();
        if let Some(key) = registered {
            return Ok(Principal { key });
        }
        let token = key_id
            .strip_prefix("ST$")
            .ok_or(UnknownKey::NotRegistered)?;
        if self
            .revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(token)
        {
            return Err(UnknownKey::TokenRevoked);
        }
        let known = self
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(token)
            .cloned();
        let (key, expires) = match known {
            Some(known) => known,
            None => {
                let read = self.read_token(token).ok_or(UnknownKey::TokenUnreadable)?;
                self.sessions
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(token.to_owned(), read.clone());
                read
            }
        };
        if expires <= now.timestamp() {
            Err(UnknownKey::TokenExpired)
        } else {
            Ok(Principal { key })
        }
    }

    /// Whether the authority signed this token, and it has not expired.
    pub(crate) fn is_valid_token(&self, token: &str, now: DateTime<Utc>) -> bool {
        let read = self.read_token(token);
        read.is_some_and(|(_, expires)| expires > now.timestamp())
    }

    /// The session key and the expiry of a token that the authority signed.
    fn read_token(&self, token: &str) -> Option<(RsaPublicKey, i64)> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature =
            Signature::try_from(URL_SAFE_NO_PAD.decode(signature).ok()?.as_slice()).ok()?;
        VerifyingKey::<Sha256>::new(self.authority.clone())
            .verify(signed.as_bytes(), &signature)
            .ok()?;
        let (_, claims) = signed.split_once('.')?;
        let claims: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        // Real tokens have the key as JSON inside a string.
        let jwk: Json = serde_json::from_str(claims.get("jwk")?.as_str()?).ok()?;
        let number = |name: &str| {
            Some(BigUint::from_bytes_be(
                &URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok()?,
            ))
        };
        let key = RsaPublicKey::new(number("n")?, number("e")?).ok()?;
        Some((key, claims.get("exp")?.as_i64()?))
    }
}

/// A token for a session key: a JWT with the claims that Oracle's SDKs read, signed by the authority.
pub(crate) fn issue_token(claims: &Json, session: TestKey) -> String {
    issue_token_for(claims, &session.public())
}

/// The same for a key that a caller generated.
pub(crate) fn issue_token_for(claims: &Json, key: &RsaPublicKey) -> String {
    let jwk = json!({
        "kty": "RSA",
        "alg": "RS256",
        "n": URL_SAFE_NO_PAD.encode(key.n().to_bytes_be()),
        "e": URL_SAFE_NO_PAD.encode(key.e().to_bytes_be()),
    });
    let mut claims = claims.clone();
    claims["jwk"] = Json::String(jwk.to_string());
    let head = URL_SAFE_NO_PAD.encode(json!({ "kid": "tenancy-sim", "alg": "RS256" }).to_string());
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = SigningKey::<Sha256>::new(TestKey::Authority.private()).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// A signature over a signing string, for tests of the verifier.
#[cfg(test)]
pub(crate) fn sign(key: TestKey, text: &str) -> Vec<u8> {
    SigningKey::<Sha256>::new(key.private())
        .sign(text.as_bytes())
        .to_vec()
}
