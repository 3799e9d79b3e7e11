//! The resolver of the system, with an error that has a type of its own.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::connect_failure::NotResolved;

/// Asks the system.
#[derive(Debug)]
pub(super) struct SystemResolver;

#[expect(
    clippy::disallowed_methods,
    reason = "the resolver of this client, which only it uses"
)]
impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The client replaces the port.
            let resolved = tokio::net::lookup_host((name.as_str(), 0)).await;
            let addresses: Vec<_> = resolved.map_err(NotResolved)?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
