//! The function: an invocation in, an audit, an answer out.
//!
//! A wrong setting never keeps the socket from opening: settings are read in the call, which then fails with every problem
//! in the log. The resource principal is kept between calls, since its files are renewed by the platform; connections are
//! not, since a frozen container's die.

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
use crate::http::reqwest_transport::{ClientError, ReqwestTransport};
use crate::logging;
use crate::report::digest::is_own_digest;
use crate::run::{Dependencies, RunError, run};

/// Looks a setting up.
pub type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The function, with what it keeps between calls.
pub struct Function {
    lookup: Lookup,
    clock: Arc<dyn Clock>,
    principal: Mutex<Option<Arc<ResourcePrincipal>>>,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").finish_non_exhaustive()
    }
}

/// The whole life of the function's process: logs, socket, calls, until it is told to end.
pub fn serve() -> ExitCode {
    let level = env::lookup(env::LOG_LEVEL).and_then(|text| parse_log_level(&text));
    logging::start(level.unwrap_or(tracing::Level::INFO));
    let function = Arc::new(Function::new(Arc::new(env::lookup), Arc::new(SystemClock)));
    let options = fdk::Options::new("credential-audit", env!("CARGO_PKG_VERSION"));
    fdk::run(env::lookup, options, move |request| {
        let function = Arc::clone(&function);
        async move { function.invoke(request).await }
    })
}

/// Why a call failed: the answer is 502, and this is logged.
#[derive(Debug, thiserror::Error)]
pub enum CallFailure {
    /// Correct the invocation.
    #[error(transparent)]
    Event(#[from] EventError),
    /// Correct the settings.
    #[error("settings: {} cannot be used; each is told in a line of its own", .0.0.len())]
    Settings(#[from] ConfigError),
    /// Run it where a resource principal is, or correct its settings.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// Correct the file with further roots, or TLS could not be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The run failed.
    #[error(transparent)]
    Run(Box<RunError>),
    /// Nothing could be checked.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The answer could not be written: a fault of this program.
    #[error("the summary could not be written: {0}")]
    Answer(serde_json::Error),
}

impl Function {
    /// A function that looks its settings up by `lookup`.
    pub fn new(lookup: Lookup, clock: Arc<dyn Clock>) -> Self {
        Self {
            lookup,
            clock,
            principal: Mutex::new(None),
        }
    }

    /// Carries out one invocation.
    ///
    /// # Errors
    ///
    /// Where the run FAILED, or there was none: the shim answers 502.
    pub async fn invoke(&self, request: Request<Bytes>) -> Result<Response<Bytes>, CallFailure> {
        let body = request.body();
        if is_own_digest(&String::from_utf8_lossy(body)) {
            tracing::info!("the invocation is a digest of this program: nothing is done");
            return Ok(json(r#"{"skipped":"own digest"}"#.into()));
        }
        let audit_request = event::parse(body)?;
        let (config, principal) = self.settings()?;
        let extra_ca_file = config.reading.extra_ca_file.as_deref();
        let transport = Arc::new(ReqwestTransport::new(extra_ca_file)?);
        let dependencies = Dependencies {
            transport,
            credentials: principal,
            clock: Arc::clone(&self.clock),
        };
        let deadline = self.deadline(&request);
        if let Some(mode) = audit_request.check {
            // Whatever does not work is in the answer; of a failure the platform would drop it.
            let settings = CheckSettings::from(config);
            let report =
                check::run(&audit_request, mode, &settings, dependencies, deadline).await?;
            let report = serde_json::to_vec(&report).map_err(CallFailure::Answer)?;
            return Ok(json(report.into()));
        }
        match run(audit_request, &config, dependencies, deadline).await {
            Ok(summary) => {
                let summary = serde_json::to_vec(&summary).map_err(CallFailure::Answer)?;
                Ok(json(summary.into()))
            }
            Err(error) if error.is_out_of_time() && deadline.has_passed() => {
                tracing::error!(%error, "the time ran out");
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
                Ok(response)
            }
            Err(error) => Err(CallFailure::Run(Box::new(error))),
        }
    }

    /// Settings and credentials; every problem of either is logged, a line each.
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
        let mut kept = self
            .principal
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(principal) = &*kept {
            return Ok(Arc::clone(principal));
        }
        let principal = Arc::new(ResourcePrincipal::from_settings(|name| {
            (self.lookup)(name)
        })?);
        *kept = Some(Arc::clone(&principal));
        Ok(principal)
    }

    /// By when the run has to be delivered: a little before the shim would stop it.
    fn deadline(&self, request: &Request<Bytes>) -> Deadline {
        let finish_by = request.call_context().deadline.finish_by;
        let left = (finish_by - self.clock.now())
            .to_std()
            .unwrap_or(Duration::ZERO);
        Deadline::after(left)
    }
}

fn json(body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    response
}
