//! The function: runs an audit or a check per invocation.
//!
//! Reads the settings in each call, so that an invalid setting fails the call, with all errors logged, and not the start.
//! Caches the resource principal between calls, because the platform renews its files. Does not keep connections, because
//! they do not survive while the container is frozen.

use std::fmt;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};

use crate::auth::CredentialError;
use crate::auth::resource_principal::ResourcePrincipal;
use crate::check::{self, CheckError};
use crate::clock::{Clock, SystemClock};
use crate::config::{CheckSettings, Config, ConfigError, parse_log_level};
use crate::env;
use crate::event::{self, EventError};
use crate::fdk::{self, RequestExt};
use crate::http::deadline::Deadline;
use crate::http::echo::KnownSecrets;
use crate::http::reqwest_transport::{ClientError, ReqwestTransport};
use crate::logging;
use crate::report::digest::is_own_digest;
use crate::run::fleet::{FleetError, run_fleet};
use crate::run::{Dependencies, RunError, run};
use crate::summary::answer;

/// Returns the value of a setting.
pub type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The function and its state between calls.
pub struct Function {
    lookup: Lookup,
    clock: Arc<dyn Clock>,
    principal: Mutex<Option<Arc<ResourcePrincipal>>>,
    known_secrets: Arc<KnownSecrets>,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").finish_non_exhaustive()
    }
}

/// Runs the process of the function until a signal ends it. Returns the exit code.
pub fn serve() -> ExitCode {
    let level = env::lookup(env::LOG_LEVEL).and_then(|text| parse_log_level(&text));
    logging::start(level.unwrap_or(tracing::Level::INFO));
    let function = Arc::new(Function::new(Arc::new(env::lookup), Arc::new(SystemClock)));
    let options = fdk::Options::new("credential-audit", env!("CARGO_PKG_VERSION"), || {
        SystemClock.now()
    });
    fdk::run(env::lookup, options, move |request| {
        let function = Arc::clone(&function);
        async move { function.invoke(request).await }
    })
}

/// Why a call failed. The response is 502, and this error is logged.
#[derive(Debug, thiserror::Error)]
pub enum CallFailure {
    /// Correct the invocation.
    #[error(transparent)]
    Event(#[from] EventError),
    /// Correct the settings.
    #[error("settings: {} are invalid; each is logged on its own line", .0.0.len())]
    Settings(#[from] ConfigError),
    /// Run with a resource principal, or correct its settings.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// Correct the file with additional roots; or TLS setup failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The run failed.
    #[error(transparent)]
    Run(Box<RunError>),
    /// The overview of a fleet failed.
    #[error(transparent)]
    Fleet(Box<FleetError>),
    /// The check failed.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The response could not be serialized, which is a bug.
    #[error("the response could not be serialized: {0}")]
    Answer(serde_json::Error),
}

impl Function {
    /// Creates a function with the settings of `lookup`.
    pub fn new(lookup: Lookup, clock: Arc<dyn Clock>) -> Self {
        Self {
            lookup,
            clock,
            principal: Mutex::new(None),
            known_secrets: Arc::default(),
        }
    }

    /// Handles one invocation.
    ///
    /// # Errors
    ///
    /// If the run failed or did not start. The shim returns 502.
    pub async fn invoke(&self, request: Request<Bytes>) -> Result<Response<Bytes>, CallFailure> {
        let body = request.body();
        if is_own_digest(&String::from_utf8_lossy(body)) {
            tracing::info!("skipped: the invocation is a digest of this program");
            return Ok(json(r#"{"skipped":"own digest"}"#.into()));
        }
        let audit_request = event::parse(body)?;
        let (config, principal) = self.settings()?;
        for notice in config.reading.notices.iter().chain(&audit_request.notices) {
            tracing::warn!("{notice}");
        }
        if let Some(unknown) = &config.reading.unknown_region {
            tracing::warn!("{unknown}");
        }
        let transport = Arc::new(ReqwestTransport::new(&config.reading.network)?);
        let dependencies = Dependencies {
            transport,
            credentials: principal,
            clock: Arc::clone(&self.clock),
            known_secrets: Arc::clone(&self.known_secrets),
        };
        let deadline = self.deadline(&request);
        if let Some(mode) = audit_request.check {
            // Failed checks are part of the response, because the platform drops the body of a failed call.
            let settings = CheckSettings::from(config);
            let report =
                check::run(&audit_request, mode, &settings, dependencies, deadline).await?;
            let report = report.to_answer().map_err(CallFailure::Answer)?;
            return Ok(json(report.into()));
        }
        if audit_request.fleet {
            return match run_fleet(&audit_request, &config, &dependencies, deadline).await {
                Ok(answer) => {
                    let answer = serde_json::to_vec(&answer).map_err(CallFailure::Answer)?;
                    Ok(json(answer.into()))
                }
                Err(error) if error.is_out_of_time() && deadline.has_passed() => {
                    Ok(out_of_time(&error))
                }
                Err(error) => Err(CallFailure::Fleet(Box::new(error))),
            };
        }
        match run(audit_request, &config, dependencies, deadline).await {
            Ok(summary) => {
                let answer = answer::to_json(&summary).map_err(CallFailure::Answer)?;
                Ok(json(answer.into()))
            }
            Err(error) if error.is_out_of_time() && deadline.has_passed() => {
                Ok(out_of_time(&error))
            }
            Err(error) => Err(CallFailure::Run(Box::new(error))),
        }
    }

    /// Reads settings and credentials. Logs all invalid settings, one per line.
    fn settings(&self) -> Result<(Config, Arc<ResourcePrincipal>), CallFailure> {
        let region = (self.lookup)(crate::auth::resource_principal::REGION).unwrap_or_default();
        let principal = self.principal();
        let config = Config::from_lookup(&region, |name| (self.lookup)(name));
        if let Err(ConfigError(problems)) = &config {
            for problem in problems {
                tracing::error!(setting = problem.setting, "{problem}");
            }
            if let Err(error) = &principal {
                tracing::error!("{error}");
            }
        }
        Ok((config?, principal?))
    }

    fn principal(&self) -> Result<Arc<ResourcePrincipal>, CredentialError> {
        let mut cached = self
            .principal
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(principal) = &*cached {
            return Ok(Arc::clone(principal));
        }
        let principal = Arc::new(ResourcePrincipal::from_settings(|name| {
            (self.lookup)(name)
        })?);
        *cached = Some(Arc::clone(&principal));
        Ok(principal)
    }

    /// The deadline of the run, shortly before the shim aborts it.
    fn deadline(&self, request: &Request<Bytes>) -> Deadline {
        let finish_by = request.call_context().deadline.finish_by;
        let left = (finish_by - self.clock.now())
            .to_std()
            .unwrap_or(Duration::ZERO);
        Deadline::after(left)
    }
}

fn out_of_time(error: &dyn fmt::Display) -> Response<Bytes> {
    tracing::error!(%error, "out of time");
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
    response
}

fn json(body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    response
}
