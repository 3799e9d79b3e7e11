//! Callers: the resource principal of the function, a user with an API key, and the session of a user.

use crate::signature::{TestKey, issue_token};
use crate::state::State;
use serde_json::json;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The issued resource principal.
#[derive(Debug, Default)]
pub(crate) struct Issued {
    directory: Mutex<Option<PathBuf>>,
    /// Number of issued resource principals, which selects the session key.
    turn: Mutex<usize>,
    token: Mutex<String>,
}

/// What happens to the replaced token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// It is accepted until it expires.
    StaysValid,
    /// It is refused from now on.
    Revoked,
}

/// Issues tokens and configuration files of a tenancy.
pub(crate) struct Issuer<'a> {
    pub(crate) tenancy: &'a str,
    pub(crate) region: &'a str,
    pub(crate) state: &'a State,
}

impl Issuer<'_> {
    /// The user whose API key is registered.
    pub(crate) fn user(&self) -> String {
        crate::tenancy::ocid("user", &crate::tenancy::id_from_text("auditor"))
    }

    /// The key id of that user's API key.
    pub(crate) fn api_key_id(&self) -> String {
        format!(
            "{}/{}/{}",
            self.tenancy,
            self.user(),
            TestKey::ApiKey.fingerprint()
        )
    }

    /// Writes `rpst` and `private.pem` as Functions does.
    pub(crate) fn write_resource_principal(
        &self,
        issued: &Issued,
        directory: &Path,
        lifetime: Duration,
        previous: Previous,
    ) -> io::Result<()> {
        let mut turn = issued.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let session = TestKey::Session(*turn);
        let token = self.token("fnfunc", lifetime, *turn, session);
        *turn += 1;
        let mut known = issued.token.lock().unwrap_or_else(PoisonError::into_inner);
        if previous == Previous::Revoked && !known.is_empty() {
            self.state.keys.revoke(&known);
        }
        // Each file is replaced by a rename, so that readers never see a part of it.
        replace(&directory.join("private.pem"), session.pem())?;
        replace(&directory.join("rpst"), &token)?;
        *known = token;
        *issued
            .directory
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(directory.to_owned());
        Ok(())
    }

    /// Writes an OCI configuration file: profile `DEFAULT` with an API key, profile `SESSION` with a security token, profile
    /// `CLOUDSHELL` with a delegation token.
    pub(crate) fn write_config(&self, directory: &Path, lifetime: Duration) -> io::Result<PathBuf> {
        fs::create_dir_all(directory)?;
        let path = |name: &str| directory.join(name).display().to_string();
        // Oracle's console appends a label to the keys that it generates.
        write_private(
            &directory.join("api-key.pem"),
            &format!("{}OCI_API_KEY\n", TestKey::ApiKey.pem()),
        )?;
        let session = TestKey::Session(2);
        write_private(&directory.join("session-key.pem"), session.pem())?;
        write_private(
            &directory.join("session-token"),
            &self.token("user", lifetime, usize::MAX, session),
        )?;
        write_private(
            &directory.join("delegation-token"),
            &self.token("delegation", lifetime, usize::MAX, session),
        )?;
        let common = format!(
            "user={}\nfingerprint={}\ntenancy={}\nregion={}\n",
            self.user(),
            TestKey::ApiKey.fingerprint(),
            self.tenancy,
            self.region
        );
        let text = format!(
            "[DEFAULT]\n{common}key_file={}\n\n[SESSION]\n{common}key_file={}\nsecurity_token_file={}\n\n[CLOUDSHELL]\ndelegation_token_file={}\n",
            path("api-key.pem"),
            path("session-key.pem"),
            path("session-token"),
            path("delegation-token"),
        );
        let config = directory.join("config");
        write_private(&config, &text)?;
        Ok(config)
    }

    fn token(
        &self,
        resource_type: &str,
        lifetime: Duration,
        turn: usize,
        session: TestKey,
    ) -> String {
        let now = self.state.clock.now().timestamp();
        let expires = now.saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX));
        let claims = json!({
            "sub": "ocid1.fnfunc.oc1.phx.aaaaaaaacredentialaudit",
            "iss": "authService.oracle.com",
            "ptype": "resource",
            "res_type": resource_type,
            "res_tenant": self.tenancy,
            "res_compartment": self.tenancy,
            "iat": now,
            "exp": expires,
            "jti": turn.to_string(),
        });
        issue_token(&claims, session)
    }
}

impl Issued {
    /// The directory of the files written last.
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        self.directory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The token written last.
    pub(crate) fn token(&self) -> String {
        self.token
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Writes a file that only its owner can read, as Oracle's tools require.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(new, path)
}
