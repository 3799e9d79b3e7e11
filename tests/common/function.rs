//! The function in front of a simulated tenancy, started and invoked as the platform does.

use std::ops::Deref;
use std::time::Duration;

use serde_json::Value;
use tenancy_sim::agent::{Agent, Answer, Call, Options};
use tenancy_sim::{Effect, Service, Tenancy};

use super::served_tenancy::ServedTenancy;

/// A served tenancy and the function that audits it.
pub(crate) struct Function {
    tenancy: ServedTenancy,
    pub(crate) agent: Agent,
}

impl Deref for Function {
    type Target = ServedTenancy;

    fn deref(&self) -> &ServedTenancy {
        &self.tenancy
    }
}

impl Function {
    /// Serves the tenancy and starts the function with these further settings.
    pub(crate) async fn start(tenancy: Tenancy, settings: &[(&str, &str)]) -> Self {
        Self::start_for(ServedTenancy::start(tenancy).set_all(settings)).await
    }

    /// Starts the function for a tenancy that is served already.
    pub(crate) async fn start_for(tenancy: ServedTenancy) -> Self {
        let options = Options {
            timeout: Duration::from_secs(60),
            ..Options::default()
        };
        let agent = tenancy.start_function(options).await;
        Self { tenancy, agent }
    }

    pub(crate) async fn invoke(&self, body: &str) -> Answer {
        self.agent.invoke(Call::new(body.to_owned())).await
    }

    /// Invokes with a deadline in this many seconds: a run without valid credentials waits for others until then.
    pub(crate) async fn invoke_for(&self, seconds: u64) -> Answer {
        let call = Call::new("").timeout(Duration::from_secs(seconds));
        self.agent.invoke(call).await
    }

    /// Invokes, and expects a summary.
    pub(crate) async fn summary(&self, body: &str) -> Value {
        let answer = self.invoke(body).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", self.agent.stderr());
        serde_json::from_str(&answer.text()).expect("the answer is JSON")
    }

    /// Number of requests to identity domains.
    pub(crate) fn scim_requests(&self) -> usize {
        self.requests_to(Service::IdentityDomain)
    }

    /// The file names of the stored objects, `publish` for each message and `metrics` for posted metrics, in order.
    pub(crate) fn effects(&self) -> Vec<String> {
        let name = |effect: &Effect| match effect {
            Effect::Stored { object, .. } => {
                object.rsplit('/').next().unwrap_or_default().to_owned()
            }
            Effect::Published { .. } => "publish".to_owned(),
            Effect::Measured { .. } => "metrics".to_owned(),
            Effect::Mailed { .. } => "mail".to_owned(),
        };
        self.sim.effects().iter().map(name).collect()
    }
}
