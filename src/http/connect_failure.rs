//! The reason of a failed connection, by the types of the errors below the HTTP client.

use std::error::Error;
use std::fmt;
use std::io;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use tower_service::Service;

use super::transport::TransportErrorKind;

/// The reason of a failed connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConnectFailure {
    /// Whether it is the connection to the proxy.
    pub(super) at_proxy: bool,
    pub(super) reason: Reason,
}

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The name of the host has no address, or no DNS server answered.
    NotResolved,
    Refused,
    TimedOut,
    /// The other side closed the connection before it was usable.
    Closed,
    NoRoute,
    /// With what is invalid about the certificate.
    Certificate(String),
    Tls(String),
    /// The proxy answered 407.
    ProxyAuthentication,
    /// The proxy answered another status.
    NoTunnel,
    Other(String),
}

impl Reason {
    pub(super) const fn kind(&self) -> TransportErrorKind {
        match self {
            Self::NotResolved => TransportErrorKind::NotResolved,
            Self::Refused => TransportErrorKind::Refused,
            Self::TimedOut => TransportErrorKind::ConnectTimeout,
            Self::Certificate(_) => TransportErrorKind::Certificate,
            Self::Tls(_) => TransportErrorKind::Tls,
            Self::ProxyAuthentication => TransportErrorKind::ProxyAuthentication,
            Self::Closed | Self::NoRoute | Self::NoTunnel | Self::Other(_) => {
                TransportErrorKind::Connect
            }
        }
    }
}

/// A host name that was not resolved. The resolver of this program returns it, because the client's own has no type for it.
#[derive(Debug)]
pub(super) struct NotResolved(pub(super) io::Error);

impl fmt::Display for NotResolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Error for NotResolved {}

/// The error of a tunnel. Its crate exports it by this path only.
type TunnelError = <Tunnel<HttpConnector> as Service<http::Uri>>::Error;

impl ConnectFailure {
    /// The client ended it.
    pub(super) const fn timed_out() -> Self {
        Self {
            at_proxy: false,
            reason: Reason::TimedOut,
        }
    }

    /// Reads the chain of an error.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut at_proxy = false;
        let mut innermost = error;
        let mut next = Some(error);
        while let Some(cause) = next {
            innermost = cause;
            if let Some(tunnel) = cause.downcast_ref::<TunnelError>() {
                at_proxy = true;
                if let Some(reason) = of_tunnel(tunnel) {
                    return Self { at_proxy, reason };
                }
            }
            if let Some(reason) = of_cause(cause) {
                return Self { at_proxy, reason };
            }
            next = match cause
                .downcast_ref::<io::Error>()
                .and_then(io::Error::get_ref)
            {
                // The source of such an error is the source of what it wraps.
                Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
                None => cause.source(),
            };
        }
        Self {
            at_proxy,
            reason: Reason::Other(innermost.to_string()),
        }
    }
}

/// `None` if the reason is further below.
fn of_tunnel(error: &TunnelError) -> Option<Reason> {
    match error {
        TunnelError::ProxyAuthRequired => Some(Reason::ProxyAuthentication),
        TunnelError::TunnelUnsuccessful | TunnelError::ProxyHeadersTooLong => {
            Some(Reason::NoTunnel)
        }
        TunnelError::TunnelUnexpectedEof => Some(Reason::Closed),
        TunnelError::MissingHost | TunnelError::ConnectFailed(_) | TunnelError::Io(_) => None,
    }
}

fn of_cause(cause: &(dyn Error + 'static)) -> Option<Reason> {
    if cause.is::<NotResolved>() {
        return Some(Reason::NotResolved);
    }
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        return Some(match error {
            rustls::Error::InvalidCertificate(error) => Reason::Certificate(of_certificate(error)),
            error => Reason::Tls(error.to_string()),
        });
    }
    let error = cause.downcast_ref::<io::Error>()?;
    if error
        .get_ref()
        .is_some_and(|wrapped| wrapped.source().is_some() || is_known(wrapped))
    {
        return None;
    }
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => Reason::Refused,
        io::ErrorKind::TimedOut => Reason::TimedOut,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => Reason::NoRoute,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Reason::Closed,
        _ => return None,
    })
}

fn is_known(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    error.is::<rustls::Error>() || error.is::<NotResolved>() || error.is::<TunnelError>()
}

fn of_certificate(error: &rustls::CertificateError) -> String {
    use rustls::CertificateError;
    match error {
        CertificateError::UnknownIssuer => "its issuer is not known".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired by this machine's clock".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet by this machine's clock".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host".to_owned()
        }
        CertificateError::Revoked => "it is revoked".to_owned(),
        // Such as that of an authority, which test servers and appliances present as their own.
        CertificateError::Other(other) => format!("it is not valid for a server ({other})"),
        error => error.to_string(),
    }
}
