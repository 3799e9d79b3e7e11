//! The schema of users.

use super::schema::{Attribute, Complex, Scalar, Syntax, Value, flag, optional, text};
use crate::resource_type::ResourceType;
use crate::tenancy::{Directory, User, ocid};

type Row = Attribute<User>;

/// Its attributes are returned on request only, but naming the URN alone returns them all, which public tools rely on.
pub(crate) const USER_CREDENTIALS: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User";
const CAPABILITIES: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User";
const USER_STATE: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User";
const USER: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OCI_TAGS: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:OCITags";
const MFA: &str = "urn:ietf:params:scim:schemas:oracle:idcs:extension:mfa:User";
const PASSWORD_STATE: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:passwordState:User";
const DB_CREDENTIALS: &str =
    "urn:ietf:params:scim:schemas:oracle:idcs:extension:dbCredentials:User";

/// The attributes of a user, grouped by complex attribute and extension.
pub(crate) static ATTRIBUTES: [Row; 47] = [
    Row::new("", "id", |row, _| text(row.id()))
        .always()
        .searchable(),
    Row::new("", "ocid", |row, _| text(row.holder.ocid()))
        .searchable()
        .case_exact(),
    Row::new("", "schemas", |_, _| {
        Value::Texts(vec![
            ResourceType::Users.schema(),
            CAPABILITIES,
            USER_STATE,
            USER,
        ])
    }),
    Row::new("", "userName", |row, _| text(row.user_name()))
        .always()
        .searchable(),
    Row::new("", "displayName", |row, _| text(&*row.holder.display_name)).searchable(),
    Row::new("", "active", |row, _| flag(row.active))
        .searchable()
        .syntax(Syntax::Boolean),
    Row::new("", "userType", |_, _| text("Employee")).searchable(),
    Row::new("", "description", |_, _| Value::Absent),
    Row::new("", "externalId", |_, _| Value::Absent).searchable(),
    Row::new("", "emails", |row, _| emails(row)).searchable(),
    Row::new("", "groups", |row, _| groups(row))
        .on_request()
        .searchable(),
    Row::new("", "deleteInProgress", |_, _| flag(false))
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
    Row::new("meta", "resourceType", |_, _| text("User")),
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
            "{}/admin/v1/Users/{}",
            directory.identity.url,
            row.id()
        ))
    }),
    capability("canUseApiKeys", |row, _| {
        allowed(row, ResourceType::ApiKeys)
    }),
    capability("canUseAuthTokens", |row, _| {
        allowed(row, ResourceType::AuthTokens)
    }),
    capability("canUseCustomerSecretKeys", |row, _| {
        allowed(row, ResourceType::CustomerSecretKeys)
    }),
    capability("canUseDbCredentials", |row, _| {
        allowed(row, ResourceType::UserDbCredentials)
    }),
    capability("canUseOAuth2ClientCredentials", |row, _| {
        allowed(row, ResourceType::OAuth2ClientCredentials)
    }),
    capability("canUseSmtpCredentials", |row, _| {
        allowed(row, ResourceType::SmtpCredentials)
    }),
    capability("canUseConsolePassword", |row, _| {
        row.capabilities
            .map_or(Value::Absent, |_| flag(!row.federated))
    }),
    capability("canUseConsole", |row, _| {
        row.capabilities.map_or(Value::Absent, |_| flag(true))
    }),
    Row::new(USER_STATE, "lastSuccessfulLoginDate", |row, _| {
        optional(row.last_successful_login.as_deref())
    })
    .on_request()
    .searchable()
    .syntax(Syntax::DateTime),
    Row::new(USER_STATE, "loginAttempts", |_, _| {
        Value::One(Scalar::Number(0))
    })
    .on_request()
    .syntax(Syntax::Number),
    Row::new(USER_STATE, "locked", |_, _| {
        Value::Nested(vec![("on", Scalar::Flag(false))])
    }),
    Row::new(USER, "isFederatedUser", |row, _| flag(row.federated))
        .searchable()
        .syntax(Syntax::Boolean),
    Row::new(USER, "serviceUser", |row, _| {
        row.service_user.map_or(Value::Absent, flag)
    })
    .searchable()
    .syntax(Syntax::Boolean),
    Row::new(USER, "status", |_, _| text("verified"))
        .on_request()
        .searchable(),
    Row::new(USER, "creationMechanism", |_, _| text("api"))
        .on_request()
        .searchable(),
    Row::new(MFA, "mfaStatus", |_, _| text("UN_ENROLLED"))
        .searchable()
        .case_exact(),
    Row::new(PASSWORD_STATE, "lastSuccessfulSetDate", |row, _| {
        optional(row.created.as_deref())
    })
    .on_request()
    .syntax(Syntax::DateTime),
    Row::new(DB_CREDENTIALS, "dbUserName", |_, _| Value::Absent)
        .on_request()
        .searchable(),
    Row::new(ENTERPRISE, "department", |row, _| {
        optional(row.department.as_deref())
    })
    .searchable(),
    Row::new(ENTERPRISE, "manager", |row, _| manager(row)).searchable(),
    Row::new(OCI_TAGS, "freeformTags", |row, _| {
        tags(
            row.freeform_tags
                .iter()
                .map(|(key, value)| (None, key, value)),
        )
    })
    .searchable(),
    Row::new(OCI_TAGS, "definedTags", |row, _| {
        let tags_of = row.defined_tags.iter();
        tags(tags_of.map(|(namespace, key, value)| (Some(namespace), key, value)))
    })
    .searchable(),
    claim("apiKeys", |row, directory| {
        claims(row, directory, ResourceType::ApiKeys)
    }),
    claim("authTokens", |row, directory| {
        claims(row, directory, ResourceType::AuthTokens)
    }),
    claim("customerSecretKeys", |row, directory| {
        claims(row, directory, ResourceType::CustomerSecretKeys)
    }),
    claim("dbCredentials", |row, directory| {
        claims(row, directory, ResourceType::UserDbCredentials)
    }),
    claim("oAuth2ClientCredentials", |row, directory| {
        claims(row, directory, ResourceType::OAuth2ClientCredentials)
    }),
    claim("smtpCredentials", |row, directory| {
        claims(row, directory, ResourceType::SmtpCredentials)
    }),
];

const fn capability(
    name: &'static str,
    read: for<'a> fn(&'a User, &'a Directory) -> Value<'a>,
) -> Row {
    Row::new(CAPABILITIES, name, read).syntax(Syntax::Boolean)
}

const fn claim(name: &'static str, read: for<'a> fn(&'a User, &'a Directory) -> Value<'a>) -> Row {
    Row::new(USER_CREDENTIALS, name, read)
        .on_request()
        .searchable()
        .case_exact()
}

fn allowed(user: &User, resource_type: ResourceType) -> Value<'_> {
    user.capabilities.map_or(Value::Absent, |capabilities| {
        flag(capabilities.allow(resource_type))
    })
}

fn manager(user: &User) -> Value<'_> {
    let Some(name) = user.manager.as_deref() else {
        return Value::Absent;
    };
    let id = crate::tenancy::id_from_text(name);
    Value::Nested(vec![
        ("value", Scalar::Text(id.into())),
        ("displayName", Scalar::Text(name.into())),
    ])
}

fn tags<'a>(tags: impl Iterator<Item = (Option<&'a String>, &'a String, &'a String)>) -> Value<'a> {
    let tags: Vec<Complex<'a>> = tags
        .map(|(namespace, key, value)| {
            let namespace = namespace.map(|text| ("namespace", Scalar::Text(text.as_str().into())));
            let pair = [("key", key), ("value", value)];
            let pair = pair.map(|(name, text)| (name, Scalar::Text(text.as_str().into())));
            namespace.into_iter().chain(pair).collect()
        })
        .collect();
    if tags.is_empty() {
        Value::Absent
    } else {
        Value::Many(tags)
    }
}

fn emails(user: &User) -> Value<'_> {
    let Some(address) = user.email.as_deref() else {
        return Value::Absent;
    };
    Value::Many(vec![
        vec![
            ("value", Scalar::Text(address.into())),
            ("type", Scalar::Text("work".into())),
            ("primary", Scalar::Flag(true)),
            ("secondary", Scalar::Flag(false)),
            ("verified", Scalar::Flag(user.email_verified)),
        ],
        vec![
            ("value", Scalar::Text(address.into())),
            ("type", Scalar::Text("recovery".into())),
            ("primary", Scalar::Flag(false)),
            ("secondary", Scalar::Flag(false)),
            ("verified", Scalar::Flag(true)),
        ],
    ])
}

fn groups(user: &User) -> Value<'_> {
    let mut groups = vec![group("All Domain Users")];
    if user.administrator {
        groups.push(group("Administrators"));
    }
    groups.extend(user.groups.iter().map(|name| group(name)));
    Value::Many(groups)
}

fn group(name: &'static str) -> Complex<'static> {
    let id = crate::tenancy::id_from_text(name);
    vec![
        ("ocid", Scalar::Text(ocid("group", &id).into())),
        ("value", Scalar::Text(id.into())),
        ("display", Scalar::Text(name.into())),
        ("type", Scalar::Text("direct".into())),
    ]
}

/// The credentials of the user: ids without dates. Absent if there are none, as public tools have observed.
fn claims<'a>(user: &'a User, directory: &'a Directory, resource_type: ResourceType) -> Value<'a> {
    let listed = directory
        .held_by(user.id())
        .zip(resource_type.credential_index())
        .into_iter()
        .flat_map(|(held, index)| &held[index])
        .filter_map(|position| directory.credentials(resource_type).get(*position as usize))
        .map(|credential| credential.id.as_str());
    let claimed = user
        .claimed
        .iter()
        .filter(|(of, _)| *of == resource_type)
        .map(|(_, id)| id.as_str());
    let rows: Vec<Complex<'a>> = listed
        .chain(claimed)
        .map(|id| {
            let mut row = vec![
                ("value", Scalar::Text(id.into())),
                ("ocid", Scalar::Text(ocid("credential", id).into())),
                (
                    "$ref",
                    Scalar::Text(
                        format!(
                            "{}/admin/v1/{}/{id}",
                            directory.identity.url,
                            resource_type.segment()
                        )
                        .into(),
                    ),
                ),
            ];
            if resource_type == ResourceType::ApiKeys {
                row.push(("key", Scalar::Text(format!("SECRET-key-{id}").into())));
            }
            row
        })
        .collect();
    if rows.is_empty() {
        Value::Absent
    } else {
        Value::Many(rows)
    }
}
