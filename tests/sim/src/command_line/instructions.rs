//! What the program prints: the addresses, and how to use them.

use super::options::Options;
use crate::TenancySim;
use chrono::SecondsFormat;
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// Writes the files and describes them, for people or for scripts.
pub(super) fn text(sim: &TenancySim, options: &Options, directory: &Path) -> io::Result<String> {
    let directory = directory.canonicalize()?;
    let config = sim
        .write_oci_config(&directory.join("oci"))?
        .display()
        .to_string();
    let principal = directory.join("resource-principal");
    std::fs::create_dir_all(&principal)?;
    let environment = sim.environment(&principal)?;
    let as_of = options.as_of.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let url = sim.domain_url("Default");
    let names = options.domain_names();
    let (mut users, mut credentials) = (0, 0);
    for name in &names {
        let stored = sim.directory(name);
        users += stored.users().len();
        credentials += stored.credential_count();
    }

    if options.print_json {
        let environment: Map<String, Json> = environment
            .into_iter()
            .map(|(name, value)| (name, Json::String(value)))
            .collect();
        let described = json!({
            "pid": std::process::id(),
            "tenancy": sim.tenancy(),
            "region": sim.region(),
            "users": users,
            "credentials": credentials,
            "seed": options.seed,
            "as_of": as_of,
            "domain_url": url,
            "domain_urls": sim.domain_urls(),
            "config": config,
            "namespace": sim.namespace(),
            "bucket": sim.bucket_name(),
            "topic": sim.topic(),
            "approved_sender": crate::APPROVED_SENDER,
            "environment": environment,
            "instance_environment": Map::from_iter(sim.instance_environment().map(|(name, value)| (name.to_owned(), Json::String(value)))),
        });
        return Ok(format!("{described}\n"));
    }

    let mut text = format!(
        "A tenancy with {users} users and {credentials} credentials, dates relative to {as_of}.\n\n\
         Identity domain   {}\n\
         IAM               {}\n\
         Object Storage    {}\n\
         Notifications     {}\n\
         Monitoring        {}\n\
         Email Delivery    {}\n\
         Logging Search    {}\n\n\
         The two scripts that credential-audit replaces, with Oracle's Python SDK (pip install oci):\n\n",
        sim.domain_urls().join("\n                  "),
        sim.identity_endpoint(),
        sim.object_storage_endpoint(),
        sim.notifications_endpoint(),
        sim.monitoring_endpoint(),
        sim.email_endpoint(),
        sim.logging_search_endpoint(),
    );
    for script in ["seed_usage.py", "seed_expiry.py"] {
        let _ = writeln!(
            text,
            "    SEED_OCI_CONFIG={config} SEED_NOW={as_of} python3 {script} --domain-url {url}"
        );
    }
    let _ = write!(
        text,
        "\nOracle's SDK from Python:\n\n    \
         config = oci.config.from_file(\"{config}\")\n    \
         oci.identity_domains.IdentityDomainsClient(config, \"{url}\").list_users(count=5)\n\n\
         The command:\n\n    \
         AUDIT_IDENTITY_ENDPOINT='{}' credential-audit audit --config-file {config} --domain-url {url}\n\n\
         The function's environment:\n\n",
        sim.identity_endpoint()
    );
    for (name, value) in environment {
        let _ = writeln!(text, "    export {name}='{value}'");
    }
    text.push_str(
        "\nSIGHUP renews the token of the resource principal. Serving until SIGINT or SIGTERM.\n",
    );
    Ok(text)
}

/// Printed after the resource principal was renewed.
pub(super) fn renewed(options: &Options) -> &'static str {
    if options.print_json {
        "{\"renewed\":\"resource principal\"}\n"
    } else {
        "Renewed the resource principal; the previous token is refused.\n"
    }
}
