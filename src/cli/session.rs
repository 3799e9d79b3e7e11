//! What every command of the command line needs: settings, credentials, a runtime, an exit status, and output.

use std::io::Write;

use bytes::Bytes;

use crate::auth::error::CredentialError;
use crate::chunks::Chunks;
use crate::cli::files::{self, CancelFlag, FileError};
use crate::config::{ConfigError, ReadSettings};
use crate::env;
use crate::http::domain_url::DomainUrl;
use crate::http::reqwest_transport::ClientError;
use crate::iam_statement::FOR_A_PERSON;
use crate::judge::Audit;
use crate::oci::object_storage::StorageError;
use crate::place::Place;
use crate::report::coverage::incomplete_list_texts;
use crate::report::names::Names;

use super::arguments::TenancyArguments;
use super::exit_status::ExitStatus;
use super::regions_config;
use super::target::Target;
use super::terminal::{chunks_for, one_line, say};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error("{0}")]
    InvalidUse(String),
    #[error(transparent)]
    Settings(#[from] ConfigError),
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    #[error("{file}; or run this program on a compute instance of OCI: {instance}")]
    NoCredentials {
        /// The configuration file, which does not exist.
        file: Box<CredentialError>,
        /// Why this is not a compute instance.
        instance: String,
    },
    #[error(
        "the session expired at {at}; run `{refresh}`, or `{authenticate}` if it can no longer be refreshed"
    )]
    SessionExpired {
        /// When.
        at: String,
        /// The command that refreshes it.
        refresh: String,
        /// The command that signs in again.
        authenticate: String,
    },
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cannot write to standard output: {0}")]
    StandardOutput(std::io::Error),
    #[error("the hub was not read: {}", hub_not_read(.0))]
    HubNotRead(Box<StorageError>),
    #[error("no domain was read: {}", .0.join("\n  "))]
    NothingRead(Vec<String>),
    #[error("the runtime cannot be started: {0}")]
    Runtime(std::io::Error),
    #[error("interrupted; {0}")]
    Interrupted(&'static str),
}

impl CommandError {
    /// One line per reason. Lists that failed alike have one.
    pub(super) fn nothing_read(audit: &Audit) -> Self {
        let mut lines: Vec<_> = incomplete_list_texts(audit, Names::Full)
            .iter()
            .map(|lists| one_line(&lists.line()))
            .collect();
        if audit.needs_statement() {
            lines.push(FOR_A_PERSON.to_owned());
        }
        Self::NothingRead(lines)
    }

    const fn exit_status(&self) -> ExitStatus {
        match self {
            Self::InvalidUse(_) | Self::Settings(_) => ExitStatus::InvalidUse,
            // The name of a profile is part of the command. The content of the file is not.
            Self::Credentials(CredentialError::NoSuchProfile { .. }) => ExitStatus::InvalidUse,
            Self::Interrupted(_) => ExitStatus::Interrupted,
            _ => ExitStatus::Failed,
        }
    }
}

/// The error of the hub, with what a person can do.
fn hub_not_read(error: &StorageError) -> String {
    let StorageError { step, cause } = error;
    match error.advice(Place::CommandLine) {
        Some(advice) => format!("{step} failed: {cause}; {advice}"),
        None => format!("{step} failed: {cause}"),
    }
}

/// Runs a command unless its arguments contradict each other. Errors are printed on standard error.
pub(super) fn run_command(
    contradiction: Option<String>,
    work: impl Future<Output = Result<ExitStatus, CommandError>>,
) -> ExitStatus {
    let result = match contradiction {
        Some(contradiction) => Err(CommandError::InvalidUse(contradiction)),
        None => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(CommandError::Runtime)
            .and_then(|runtime| {
                let result = runtime.block_on(work);
                runtime.shutdown_background();
                result
            }),
    };
    match result {
        Err(error) => {
            say(&error);
            error.exit_status()
        }
        Ok(exit_status) => exit_status,
    }
}

/// Looks up a setting: first in the flags that all commands share, then in the environment.
pub(super) fn lookup_of(arguments: &TenancyArguments) -> impl Fn(&str) -> Option<String> + use<> {
    let join = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(",");
    let urls = join(&mut arguments.domain_url.iter().map(ToString::to_string));
    let credential_types = join(&mut arguments.credential_types.iter().map(ToString::to_string));
    move |name| match name {
        env::DOMAIN_URLS if !urls.is_empty() => Some(urls.clone()),
        env::CREDENTIAL_TYPES if !credential_types.is_empty() => Some(credential_types.clone()),
        _ => regions_config::lookup(name),
    }
}

/// Says what was dropped from the URLs of domains, in flags and in the environment.
pub(super) fn say_dropped(arguments: &TenancyArguments, settings: &ReadSettings) {
    let of_flags = arguments.domain_url.iter().filter_map(DomainUrl::notice);
    for notice in of_flags.chain(settings.notices.iter().cloned()) {
        say(&notice);
    }
}

/// Writes a report to a file or to standard output.
pub(super) fn write(
    target: &Target,
    chunks: Chunks,
    cancel: &CancelFlag,
) -> Result<(), CommandError> {
    match target {
        Target::File(path) => {
            files::write(path, chunks, cancel)?;
            say(&format_args!("wrote {}", path.display()));
            Ok(())
        }
        Target::StandardOutput => {
            let chunks = chunks_for(&std::io::stdout(), chunks);
            print_all(chunks)
        }
    }
}

/// Prints a text to standard output. It is safe for a terminal, which its colors control.
pub(super) fn print(text: &str) -> Result<(), CommandError> {
    let text = Bytes::copy_from_slice(text.as_bytes());
    print_all(Box::new(std::iter::once(text)))
}

fn print_all(mut chunks: Chunks) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    let written = chunks.try_for_each(|chunk| out.write_all(&chunk));
    match written.and_then(|()| out.flush()) {
        // A reader may stop early, as `head` does.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(CommandError::StandardOutput),
    }
}
