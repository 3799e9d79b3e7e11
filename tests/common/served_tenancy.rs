//! A simulated tenancy that is served, and what a program needs to audit it.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use credential_audit::auth::CredentialSource;
use credential_audit::auth::resource_principal::ResourcePrincipal;
use credential_audit::clock::Clock;
use credential_audit::config::Config;
use credential_audit::http::network_settings::NetworkSettings;
use credential_audit::http::reqwest_transport::ReqwestTransport;
use credential_audit::run::Dependencies;
use tempfile::TempDir;
use tenancy_sim::agent::{Agent, Options};
use tenancy_sim::{Fault, RequestRecord, ResourceType, Service, Tenancy, TenancySim};

use super::PROGRAM;

/// A running simulator with the resource principal and the settings of a function in its tenancy.
pub(crate) struct ServedTenancy {
    pub(crate) sim: TenancySim,
    settings: BTreeMap<String, String>,
    /// The resource principal's files, and an OCI configuration file if one was written.
    folder: TempDir,
    /// One client per tenancy: creating it reads all root certificates, which is slow in a debug build.
    transport: OnceLock<Arc<ReqwestTransport>>,
}

impl ServedTenancy {
    /// Starts the simulator and writes a resource principal. The settings name every domain and switch the rate limit off.
    pub(crate) fn start(tenancy: Tenancy) -> Self {
        let sim = tenancy.start().expect("free ports");
        // The agent starts functions as another user where it can.
        let folder = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o755))
            .tempdir()
            .expect("a folder");
        let settings = sim.environment(folder.path()).expect("files");
        Self {
            sim,
            settings: settings.into_iter().collect(),
            folder,
            transport: OnceLock::new(),
        }
        .set("AUDIT_RATE_LIMIT", "off")
    }

    pub(crate) fn change_setting(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    /// Changes a setting.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.change_setting(name, value);
        self
    }

    /// Changes several settings.
    pub(crate) fn set_all(self, settings: &[(&str, &str)]) -> Self {
        let set = |tenancy: Self, (name, value): &(&str, &str)| tenancy.set(name, value);
        settings.iter().fold(self, set)
    }

    /// Removes a setting; without `AUDIT_DOMAIN_URLS` a run discovers the domains.
    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.settings.remove(name);
        self
    }

    /// Sends through a client that several tenancies share.
    pub(crate) fn through(self, transport: &Arc<ReqwestTransport>) -> Self {
        Self {
            transport: Arc::clone(transport).into(),
            ..self
        }
    }

    pub(crate) fn setting(&self, name: &str) -> Option<String> {
        self.settings.get(name).cloned()
    }

    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        let settings = self.settings.iter();
        settings.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The settings as the program understands them.
    pub(crate) fn config(&self) -> Config {
        Config::from_lookup(self.sim.region(), |name| self.setting(name)).expect("valid settings")
    }

    pub(crate) fn principal(&self) -> ResourcePrincipal {
        ResourcePrincipal::from_settings(|name| self.setting(name)).expect("a resource principal")
    }

    /// The path of a file of the resource principal: `rpst` or `private.pem`.
    pub(crate) fn principal_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes an OCI configuration file with the profiles `DEFAULT` and `SESSION`; its path.
    pub(crate) fn write_oci_config(&self) -> PathBuf {
        self.sim
            .write_oci_config(self.folder.path())
            .expect("files")
    }

    /// What a run needs of the world, with these credentials and this clock.
    pub(crate) fn dependencies(
        &self,
        credentials: Arc<dyn CredentialSource>,
        clock: impl Clock + 'static,
    ) -> Dependencies {
        Dependencies {
            transport: Arc::clone(self.transport.get_or_init(transport)) as _,
            credentials,
            clock: Arc::new(clock),
            known_secrets: Arc::default(),
        }
    }

    /// The function in the agent. It starts at its first call.
    pub(crate) fn function(&self, options: Options) -> Agent {
        Agent::new([PROGRAM], self.settings(), options)
    }

    /// The function in the agent, started and ready.
    pub(crate) async fn start_function(&self, options: Options) -> Agent {
        Agent::start([PROGRAM], self.settings(), options)
            .await
            .expect("the socket opens whatever the settings are")
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.sim.faults().add(fault);
    }

    /// Number of requests to a service.
    pub(crate) fn requests_to(&self, service: Service) -> usize {
        let requests = self.sim.requests();
        let to_service = requests.iter().filter(|request| request.service == service);
        to_service.count()
    }

    /// The requests for one list, in all domains.
    pub(crate) fn requests_for(&self, resource_type: ResourceType) -> Vec<RequestRecord> {
        let path = format!("/admin/v1/{}", resource_type.segment());
        let search = format!("{path}/.search");
        let mut requests = self.sim.requests();
        requests.retain(|request| request.path() == path || request.path() == search);
        requests
    }

    /// The titles of the published messages.
    pub(crate) fn titles(&self) -> Vec<String> {
        let messages = self.sim.messages().into_iter();
        messages.filter_map(|message| message.title).collect()
    }

    /// Full name and content of the newest object with this file name.
    pub(crate) fn newest(&self, file_name: &str) -> (String, Vec<u8>) {
        let objects = self.sim.bucket(self.sim.bucket_name()).objects();
        let newest = objects
            .into_iter()
            .filter(|(name, _)| name.ends_with(&format!("/{file_name}")))
            .max_by_key(|(_, object)| object.created);
        match newest {
            Some((name, object)) => (name, object.body.to_vec()),
            None => panic!("the bucket has no {file_name}"),
        }
    }

    /// The text of that object.
    pub(crate) fn stored(&self, file_name: &str) -> String {
        String::from_utf8(self.newest(file_name).1).expect("reports are UTF-8")
    }
}

/// A client over real connections.
pub(crate) fn transport() -> Arc<ReqwestTransport> {
    Arc::new(ReqwestTransport::new(&NetworkSettings::default()).expect("a client"))
}
