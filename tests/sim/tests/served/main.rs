//! The served tenancy over sockets.

// With this attribute clippy treats shared functions as tests too.
#[cfg(test)]
mod caller;
#[cfg(test)]
mod email;
#[cfg(test)]
mod identity_domain;
#[cfg(test)]
mod logging_search;
#[cfg(test)]
mod monitoring;
#[cfg(test)]
mod services;
