//! Events of OCI Audit, and how a query names their fields.
//!
//! The shape is that of events in public test data: a caller with an API key, and one with a resource principal.

use crate::tenancy::Credential;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

/// One event.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// The region where it happened.
    pub region: String,
    /// When.
    pub at: DateTime<Utc>,
    /// `data.identity.credentials`: the key id of the request.
    pub credentials: String,
    /// `data.identity.principalId`
    pub principal: String,
    /// `data.identity.principalName`
    pub principal_name: Option<String>,
    /// `data.identity.authType`
    pub auth_type: &'static str,
    /// `data.response.status`
    pub status: u16,
    /// `data.eventName`
    pub name: &'static str,
}

impl AuditEvent {
    /// A successful request that an API key of a tenancy's user signed.
    #[must_use]
    pub fn api_key(region: &str, at: DateTime<Utc>, tenancy: &str, key: &Credential) -> Self {
        let user = key.holder.ocid();
        Self {
            region: region.to_owned(),
            at,
            credentials: format!("{tenancy}/{user}/{}", key.fingerprint()),
            principal: user,
            principal_name: Some(key.holder.user_name.clone()),
            auth_type: "natv",
            status: 200,
            name: "ListInstances",
        }
    }

    /// A request of a resource principal, whose key id is its token.
    #[must_use]
    pub fn resource_principal(region: &str, at: DateTime<Utc>, token: &str) -> Self {
        Self {
            region: region.to_owned(),
            at,
            credentials: format!("ST${token}"),
            principal: "ocid1.fnfunc.oc1..aaaaaaaaworkload".to_owned(),
            principal_name: None,
            auth_type: "resource",
            status: 200,
            name: "GetSecretBundle",
        }
    }

    /// Sets the status of the response.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The instant as the service has it: in milliseconds.
    pub(super) fn milliseconds(&self) -> i64 {
        self.at.timestamp_millis()
    }

    /// The value of a field by its dotted name; null if there is none.
    pub(super) fn field(&self, name: &str) -> Json {
        match name {
            "datetime" | "data.datetime" => json!(self.milliseconds()),
            _ => {
                let content = self.content();
                let found = name
                    .split('.')
                    .try_fold(&content, |value, part| value.get(part));
                found.cloned().unwrap_or(Json::Null)
            }
        }
    }

    /// A row of a query without `summarize`.
    pub(super) fn row(&self) -> Json {
        json!({ "datetime": self.milliseconds(), "logContent": self.content() })
    }

    fn content(&self) -> Json {
        let time = self.at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let tenant = self.credentials.split('/').next().unwrap_or_default();
        json!({
            "id": crate::tenancy::id_from_text(&format!("{time}{}", self.credentials)),
            "source": "",
            "specversion": "1.0",
            "dataschema": "2.0",
            "time": time,
            "type": format!("com.oraclecloud.ComputeApi.{}", self.name),
            "oracle": { "loggroupid": "_Audit", "ingestedtime": time },
            "data": {
                "eventName": self.name,
                "additionalDetails": null,
                "identity": {
                    "authType": self.auth_type,
                    "callerId": null,
                    "callerName": null,
                    "consoleSessionId": null,
                    "credentials": self.credentials,
                    "ipAddress": "192.0.2.1",
                    "principalId": self.principal,
                    "principalName": self.principal_name,
                    "tenantId": tenant,
                    "userAgent": "Oracle-PythonSDK/2.189.0",
                },
                "message": format!("{} succeeded", self.name),
                "request": { "action": "GET", "path": "/20160918/instances" },
                "response": { "status": self.status.to_string(), "message": null },
            },
        })
    }
}
