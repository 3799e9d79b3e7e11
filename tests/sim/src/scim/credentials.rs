//! The schemas of the credential types.
//!
//! None has `status`, which is never returned and not searchable. Secret material is `returned: default`, as in Oracle's
//! schemas: a request without `attributes` receives it.

use super::schema::{Attribute, Complex, Scalar, Syntax, Value, optional, text};
use crate::resource_type::ResourceType;
use crate::tenancy::{Credential, Holder};
use std::sync::LazyLock;

type Row = Attribute<Credential>;

/// The attributes of one credential type.
pub(crate) fn attributes(resource_type: ResourceType) -> &'static [Row] {
    static SCHEMAS: LazyLock<Vec<Vec<Row>>> = LazyLock::new(|| {
        ResourceType::CREDENTIALS
            .into_iter()
            .map(schema_of)
            .collect()
    });
    resource_type
        .credential_index()
        .map_or(&[], |index| &SCHEMAS[index])
}

fn schema_of(resource_type: ResourceType) -> Vec<Row> {
    let own: &[Row] = match resource_type {
        ResourceType::ApiKeys => &[
            Row::new("", "fingerprint", |row, _| text(row.fingerprint()))
                .searchable()
                .case_exact(),
            Row::new("", "key", |row, _| text(row.secret("key")))
                .case_exact()
                .secret(),
        ],
        ResourceType::AuthTokens => &[
            EXPIRES_ON,
            Row::new("", "token", |row, _| text(row.secret("token")))
                .case_exact()
                .secret(),
        ],
        ResourceType::CustomerSecretKeys => &[
            EXPIRES_ON,
            Row::new("", "displayName", |row, _| optional(row.label.as_deref())),
            Row::new("", "accessKey", |row, _| text(format!("{:.20}", row.id))).case_exact(),
            Row::new("", "secretKey", |row, _| text(row.secret("secretKey")))
                .case_exact()
                .secret(),
        ],
        ResourceType::UserDbCredentials => &[
            EXPIRES_ON,
            Row::new("", "name", |row, _| optional(row.label.as_deref())),
            Row::new("", "lastSetDate", |row, _| {
                optional(row.last_set_date.as_deref())
            })
            .syntax(Syntax::DateTime),
            Row::new("", "expired", |_, _| super::schema::flag(false)).syntax(Syntax::Boolean),
            Row::new("", "dbPassword", |row, _| text(row.secret("dbPassword"))).secret(),
            Row::new("", "mixedDbPassword", |row, _| {
                text(row.secret("mixedDbPassword"))
            })
            .secret(),
            Row::new("", "salt", |row, _| text(row.secret("salt"))).secret(),
            Row::new("", "mixedSalt", |row, _| text(row.secret("mixedSalt"))).secret(),
        ],
        ResourceType::OAuth2ClientCredentials => &[
            EXPIRES_ON,
            Row::new("", "name", |row, _| optional(row.label.as_deref())),
            Row::new("", "scopes", |row, _| match &row.scopes {
                None => Value::Many(vec![scope("urn:example:audience", "read")]),
                Some(scopes) => Value::Many(
                    scopes
                        .iter()
                        .map(|(audience, name)| scope(audience, name))
                        .collect(),
                ),
            }),
            Row::new("", "secret", |row, _| text(row.secret("secret"))).secret(),
        ],
        ResourceType::SmtpCredentials => &[
            EXPIRES_ON,
            Row::new("", "userName", |row, _| {
                text(
                    row.label
                        .clone()
                        .unwrap_or_else(|| format!("{}@smtp", row.ocid())),
                )
            }),
            Row::new("", "password", |row, _| text(row.secret("password")))
                .case_exact()
                .secret(),
        ],
        ResourceType::Users => &[],
    };
    COMMON.iter().chain(own).copied().collect()
}

fn scope<'a>(audience: &'a str, name: &'a str) -> Complex<'a> {
    vec![
        ("audience", Scalar::Text(audience.into())),
        ("scope", Scalar::Text(name.into())),
    ]
}

fn creator<'a>(row: &'a Credential, read: impl Fn(&'a Holder) -> Value<'a>) -> Value<'a> {
    row.creator.as_deref().map_or(Value::Absent, read)
}

const EXPIRES_ON: Row = Row::new("", "expiresOn", |row, _| {
    optional(row.expires_on.as_deref())
})
.syntax(Syntax::DateTime);

/// Attributes of every type. `user.value` and `user.ocid` are returned with any part of `user`.
const COMMON: [Row; 22] = [
    Row::new("", "id", |row, _| text(&*row.id))
        .always()
        .searchable(),
    Row::new("", "ocid", |row, _| text(row.ocid()))
        .searchable()
        .case_exact(),
    Row::new("", "schemas", |row, _| {
        Value::Texts(vec![row.resource_type.schema()])
    }),
    Row::new("", "description", |row, _| {
        optional(row.description.as_deref())
    }),
    Row::new("", "deleteInProgress", |_, _| super::schema::flag(false))
        .searchable()
        .syntax(Syntax::Boolean),
    Row::new("", "domainOcid", |_, directory| {
        text(&*directory.identity.ocid)
    }),
    Row::new("", "tenancyOcid", |_, directory| {
        text(&*directory.identity.tenancy)
    }),
    Row::new("", "compartmentOcid", |_, directory| {
        text(&*directory.identity.compartment)
    }),
    Row::new("meta", "resourceType", |row, _| {
        text(row.resource_type.name())
    }),
    Row::new("meta", "created", |row, _| optional(row.created.as_deref()))
        .searchable()
        .syntax(Syntax::DateTime),
    Row::new("meta", "lastModified", |row, _| {
        optional(row.last_modified.as_deref().or(row.created.as_deref()))
    })
    .searchable()
    .syntax(Syntax::DateTime),
    Row::new("meta", "location", |row, directory| {
        text(format!(
            "{}/admin/v1/{}/{}",
            directory.identity.url,
            row.resource_type.segment(),
            row.id
        ))
    }),
    Row::new("user", "value", |row, _| text(&*row.holder.id))
        .always()
        .searchable()
        .case_exact(),
    Row::new("user", "ocid", |row, _| text(row.holder.ocid()))
        .always()
        .searchable()
        .case_exact(),
    Row::new("user", "$ref", |row, directory| {
        text(format!(
            "{}/admin/v1/Users/{}",
            directory.identity.url, row.holder.id
        ))
    }),
    Row::new("user", "display", |row, _| text(&*row.holder.display_name)).searchable(),
    Row::new("user", "name", |row, _| text(&*row.holder.user_name)),
    Row::new("idcsCreatedBy", "value", |row, _| {
        creator(row, |holder| text(&*holder.id))
    })
    .searchable()
    .case_exact(),
    Row::new("idcsCreatedBy", "$ref", |row, directory| {
        creator(row, |holder| {
            text(format!(
                "{}/admin/v1/Users/{}",
                directory.identity.url, holder.id
            ))
        })
    }),
    Row::new("idcsCreatedBy", "type", |row, _| {
        creator(row, |_| text("User"))
    }),
    Row::new("idcsCreatedBy", "display", |row, _| {
        creator(row, |holder| text(&*holder.display_name))
    })
    .case_exact(),
    Row::new("idcsCreatedBy", "ocid", |row, _| {
        creator(row, |holder| text(holder.ocid()))
    })
    .searchable()
    .case_exact(),
];
