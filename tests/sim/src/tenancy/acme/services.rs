//! Service users, and what they hold.

use super::{DEFAULT, Held, WORKLOADS};
use crate::resource_type::ResourceType::{
    ApiKeys, AuthTokens, CustomerSecretKeys, OAuth2ClientCredentials, SmtpCredentials,
    UserDbCredentials,
};

/// A program with a user of its own.
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) domain: &'static str,
    pub(super) holds: &'static [Held],
}

const fn service(name: &'static str, domain: &'static str, holds: &'static [Held]) -> Service {
    Service {
        name,
        domain,
        holds,
    }
}

const KEY: Held = (ApiKeys, "");

/// The service users of both domains.
pub(super) const SERVICES: [Service; 34] = [
    service(
        "svc-backup",
        DEFAULT,
        &[KEY, (CustomerSecretKeys, "s3-sync")],
    ),
    service("svc-cost-report", DEFAULT, &[KEY]),
    service(
        "svc-hr-sync",
        DEFAULT,
        &[(OAuth2ClientCredentials, "hr-sync")],
    ),
    service(
        "svc-mail",
        DEFAULT,
        &[(SmtpCredentials, "mail relay"), (SmtpCredentials, "alerts")],
    ),
    service(
        "svc-monitoring",
        DEFAULT,
        &[KEY, (SmtpCredentials, "monitoring alerts")],
    ),
    service(
        "svc-siem",
        DEFAULT,
        &[KEY, (CustomerSecretKeys, "log-export")],
    ),
    service("svc-terraform", DEFAULT, &[KEY]),
    service(
        "svc-vulnerability-scan",
        DEFAULT,
        &[KEY, (AuthTokens, "ocir-scan")],
    ),
    service(
        "svc-archive",
        WORKLOADS,
        &[KEY, (CustomerSecretKeys, "archive")],
    ),
    service(
        "svc-billing",
        WORKLOADS,
        &[KEY, (UserDbCredentials, "billing")],
    ),
    service("svc-catalog", WORKLOADS, &[KEY]),
    service(
        "svc-ci-build",
        WORKLOADS,
        &[KEY, (AuthTokens, "ocir-ci"), (AuthTokens, "git-ci")],
    ),
    service(
        "svc-ci-deploy",
        WORKLOADS,
        &[KEY, (AuthTokens, "ocir-deploy")],
    ),
    service(
        "svc-crm-bridge",
        WORKLOADS,
        &[KEY, (OAuth2ClientCredentials, "crm")],
    ),
    service(
        "svc-data-lake",
        WORKLOADS,
        &[
            KEY,
            (CustomerSecretKeys, "spark"),
            (CustomerSecretKeys, "s3-sync"),
        ],
    ),
    service(
        "svc-erp-bridge",
        WORKLOADS,
        &[KEY, (OAuth2ClientCredentials, "erp")],
    ),
    service(
        "svc-etl-finance",
        WORKLOADS,
        &[KEY, (UserDbCredentials, "etl_finance")],
    ),
    service(
        "svc-etl-sales",
        WORKLOADS,
        &[KEY, (UserDbCredentials, "etl_sales")],
    ),
    service("svc-image-push", WORKLOADS, &[(AuthTokens, "ocir-push")]),
    service("svc-inventory", WORKLOADS, &[KEY]),
    service(
        "svc-invoicing",
        WORKLOADS,
        &[KEY, (SmtpCredentials, "invoices")],
    ),
    service(
        "svc-log-shipper",
        WORKLOADS,
        &[KEY, (CustomerSecretKeys, "logs")],
    ),
    service(
        "svc-newsletter",
        WORKLOADS,
        &[(SmtpCredentials, "newsletter")],
    ),
    service(
        "svc-notifications",
        WORKLOADS,
        &[KEY, (SmtpCredentials, "notifications")],
    ),
    service(
        "svc-orders-api",
        WORKLOADS,
        &[KEY, (UserDbCredentials, "orders")],
    ),
    service("svc-orders-worker", WORKLOADS, &[KEY]),
    service(
        "svc-payments-api",
        WORKLOADS,
        &[KEY, (OAuth2ClientCredentials, "payments")],
    ),
    service(
        "svc-payments-settlement",
        WORKLOADS,
        &[KEY, (OAuth2ClientCredentials, "settlement")],
    ),
    service("svc-pricing", WORKLOADS, &[KEY]),
    service(
        "svc-recommendations",
        WORKLOADS,
        &[KEY, (CustomerSecretKeys, "model-store")],
    ),
    service(
        "svc-reporting",
        WORKLOADS,
        &[KEY, (UserDbCredentials, "reporting")],
    ),
    service("svc-search-index", WORKLOADS, &[KEY]),
    service("svc-shipping", WORKLOADS, &[KEY]),
    service(
        "svc-web-frontend",
        WORKLOADS,
        &[(OAuth2ClientCredentials, "web-frontend")],
    ),
];
