//! Tenancies built by hand, with no network between them and the reports.

use std::collections::HashMap;
use std::sync::Arc;

use credential_audit::credential_type::{CredentialType, CredentialTypes};
use credential_audit::judge::age::Thresholds;
use credential_audit::judge::{
    Audit, Console, DomainSetting, ReportsLocation, RunDescription, Scope, Tenancy, TenancyName,
    evaluate,
};
use credential_audit::model::{
    Capabilities, Credential, CredentialList, Domain, DomainReading, FailureCause, Holders,
    ListCoverage, Owners, OwnersReading, ReadFailure, ReadingMode, RunTimes, ScimId, Scopes,
    TypeFact, TypeReading, User, UserList,
};
use credential_audit::report::{Report, ReportKind, ReportOptions};
use credential_audit::timestamp::{DateReading, Timestamp, parse_iso_8601};

pub(crate) use CredentialType::{
    ApiKeys, AuthTokens, CustomerSecretKeys, DbCredentials, OAuth2ClientCredentials,
    SmtpCredentials,
};

pub(crate) const AS_OF: &str = "2026-11-22T06:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    parse_iso_8601(text).expect("a date")
}

/// The date `days` days and one hour before [`AS_OF`], as SCIM writes it.
pub(crate) fn days_ago(days: i64) -> String {
    at(AS_OF).plus_days(-days).plus_seconds(-3600).rfc3339()
}

/// A user row; the rest is made up from its name.
pub(crate) struct Person {
    pub(crate) email: &'static str,
    /// Whether the address is verified.
    pub(crate) email_verified: bool,
    pub(crate) active: Option<bool>,
    pub(crate) federated: Option<bool>,
    pub(crate) last_login: &'static str,
    pub(crate) capabilities: Option<CredentialTypes>,
    pub(crate) created: &'static str,
    pub(crate) last_modified: &'static str,
    pub(crate) service_user: Option<bool>,
    pub(crate) console_password: Option<bool>,
    pub(crate) administrator: bool,
    /// Whether the record has the groups of the user.
    pub(crate) has_groups: bool,
    /// Its owner, empty for none; `None` if owners are not read.
    pub(crate) owner: Option<&'static str>,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            email: "",
            email_verified: true,
            active: Some(true),
            federated: Some(false),
            last_login: "",
            capabilities: Some(CredentialTypes::ALL),
            created: "2025-01-01T00:00:00Z",
            last_modified: "",
            service_user: Some(false),
            console_password: Some(true),
            administrator: false,
            has_groups: true,
            owner: None,
        }
    }
}

/// Capabilities that are all known: on or off.
pub(crate) fn capabilities(on: CredentialTypes) -> Capabilities {
    Capabilities {
        on,
        off: CredentialType::all()
            .filter(|credential_type| !on.contains(*credential_type))
            .collect(),
        python: on,
    }
}

/// A credential row; an empty date is a missing one.
#[derive(Default)]
pub(crate) struct Secret<'a> {
    pub(crate) label: &'a str,
    pub(crate) created: &'a str,
    pub(crate) last_set: &'a str,
    pub(crate) expires_on: &'a str,
    pub(crate) last_modified: &'a str,
    pub(crate) created_by: &'a str,
    /// Audiences and names.
    pub(crate) scopes: &'a [(&'a str, &'a str)],
}

/// A domain under construction. Every list is complete by default.
pub(crate) struct DomainBuilder(DomainReading);

impl DomainBuilder {
    pub(crate) fn new(name: &str) -> Self {
        let object_name: String = name
            .chars()
            .map(|character| {
                if character.is_ascii_alphanumeric() {
                    character
                } else {
                    '-'
                }
            })
            .collect();
        let complete = || ListCoverage {
            read: 0,
            expected: Some(0),
            mode: Some(ReadingMode::Bulk),
            gaps: Vec::new(),
            failure: None,
            claimed_but_not_listed: 0,
            unreadable_claims: 0,
            cross_checked: true,
        };
        Self(DomainReading {
            domain: Domain {
                name: name.to_owned(),
                url: format!(
                    "https://idcs-{}.identity.example.com",
                    object_name.to_lowercase()
                ),
                ocid: None,
                license: None,
                is_default: None,
                is_listed: true,
                object_name,
            },
            users: UserList::default(),
            users_coverage: complete(),
            credential_types: std::array::from_fn(|_| TypeReading::Read {
                list: CredentialList::default(),
                coverage: complete(),
                failed_users: HashMap::new(),
            }),
            holders: Holders::default(),
        })
    }

    /// Adds a user whose SCIM id is `id`.
    pub(crate) fn user(&mut self, id: &str, name: &str, person: &Person) -> &mut Self {
        let domain = &mut self.0;
        let ocid = format!("ocid1.user.oc1..example{id}");
        domain.users.rows.push(User {
            holder: domain.holders.index(id, &ocid),
            name: domain.users.text.push(name),
            email: domain.users.text.push(person.email),
            email_verified: person.email_verified,
            created: DateReading::parse(person.created),
            last_modified: DateReading::parse(person.last_modified),
            active: person.active,
            federated: person.federated,
            service_user: person.service_user,
            last_login: DateReading::parse(person.last_login),
            capabilities: person
                .capabilities
                .map_or_else(Capabilities::default, capabilities),
            console_password: person.console_password,
            administrator: person.administrator,
            has_groups: person.has_groups,
            claims: Some(credential_audit::credential_type::CredentialTypes::EMPTY),
        });
        if let Some(owner) = person.owner {
            if !matches!(domain.users.owners, OwnersReading::Read(_)) {
                domain.users.owners = OwnersReading::Read(Owners::default());
            }
            if let OwnersReading::Read(owners) = &mut domain.users.owners {
                owners.push((!owner.is_empty()).then_some(owner));
            }
        }
        domain.users_coverage.read += 1;
        domain.users_coverage.expected = Some(domain.users_coverage.read);
        self
    }

    /// Adds a credential of the user with the SCIM id `holder`.
    pub(crate) fn credential(
        &mut self,
        credential_type: CredentialType,
        holder: &str,
        id: &str,
        secret: &Secret<'_>,
    ) -> &mut Self {
        self.credential_of(credential_type, (holder, ""), id, secret)
    }

    /// Adds a credential whose row names its user by this SCIM id and this OCID; either may be empty.
    pub(crate) fn credential_of(
        &mut self,
        credential_type: CredentialType,
        (holder, ocid): (&str, &str),
        id: &str,
        secret: &Secret<'_>,
    ) -> &mut Self {
        let holder = self.0.holders.index(holder, ocid);
        let (list, coverage, _) = self.credential_type(credential_type);
        let row = Credential {
            id: ScimId::store(id, &mut list.text),
            holder,
            creator: list.creators.store(secret.created_by, &mut list.text),
            created: DateReading::parse(secret.created),
            last_modified: DateReading::parse(secret.last_modified),
            type_fact: TypeFact::new(
                credential_type,
                DateReading::parse(secret.last_set),
                Scopes::of(secret.scopes.iter().copied()),
            ),
            expires_on: DateReading::parse(secret.expires_on),
            label: list.text.push(secret.label),
        };
        list.rows.push(row);
        coverage.read += 1;
        coverage.expected = Some(coverage.read);
        self
    }

    pub(crate) fn leave_out(&mut self, credential_type: CredentialType) -> &mut Self {
        self.0.credential_types[credential_type.index()] = TypeReading::LeftOut;
        self
    }

    /// Nothing of this type could be read.
    pub(crate) fn fail(
        &mut self,
        credential_type: CredentialType,
        cause: FailureCause,
        message: &str,
    ) -> &mut Self {
        let (list, coverage, _) = self.credential_type(credential_type);
        *list = CredentialList::default();
        *coverage = failed(cause, message);
        self
    }

    pub(crate) fn fail_users(&mut self, cause: FailureCause, message: &str) -> &mut Self {
        self.0.users = UserList::default();
        self.0.users_coverage = failed(cause, message);
        self
    }

    /// The query for one user's credentials failed, when users are queried one by one.
    pub(crate) fn fail_user(
        &mut self,
        credential_type: CredentialType,
        id: &str,
        cause: FailureCause,
    ) -> &mut Self {
        let holder = self.0.holders.index(id, "");
        let (_, coverage, failed_users) = self.credential_type(credential_type);
        failed_users.insert(holder, cause);
        coverage.mode = Some(ReadingMode::SingleUsers);
        coverage.failure = Some(ReadFailure {
            cause,
            message: format!(
                "{}: status 503 (5 attempts in 4 s)",
                credential_type.row().segment
            )
            .into(),
        });
        self
    }

    pub(crate) fn coverage(&mut self, credential_type: CredentialType) -> &mut ListCoverage {
        self.credential_type(credential_type).1
    }

    pub(crate) fn users_coverage(&mut self) -> &mut ListCoverage {
        &mut self.0.users_coverage
    }

    pub(crate) fn domain(&mut self) -> &mut Domain {
        &mut self.0.domain
    }

    /// The tenancy's Default domain, whose users list their groups.
    pub(crate) fn default_domain(&mut self) -> &mut Self {
        self.0.domain.is_default = Some(true);
        self.0.users.groups_returned = true;
        self
    }

    /// The settings name groups of administrators of the domain.
    pub(crate) fn further_admin_groups(&mut self) -> &mut Self {
        self.0.users.has_further_admin_groups = true;
        self
    }

    pub(crate) fn unreadable_groups(&mut self) -> &mut Self {
        self.0.users.groups_unreadable = true;
        self
    }

    pub(crate) fn name_holder(&mut self, id: &str, ocid: &str) -> &mut Self {
        self.0.holders.index(id, ocid);
        self
    }

    pub(crate) fn build(self) -> DomainReading {
        self.0
    }

    fn credential_type(
        &mut self,
        credential_type: CredentialType,
    ) -> (
        &mut CredentialList,
        &mut ListCoverage,
        &mut HashMap<credential_audit::model::HolderIndex, FailureCause>,
    ) {
        match &mut self.0.credential_types[credential_type.index()] {
            TypeReading::Read {
                list,
                coverage,
                failed_users,
            } => (list, coverage, failed_users),
            TypeReading::LeftOut => panic!("{credential_type} is left out"),
        }
    }
}

fn failed(cause: FailureCause, message: &str) -> ListCoverage {
    ListCoverage::failed(ReadFailure {
        cause,
        message: message.into(),
    })
}

/// A run at [`AS_OF`] with the thresholds of the scripts.
pub(crate) fn run() -> RunDescription {
    let now = at(AS_OF);
    RunDescription {
        id: "20261122T060000Z-7f3a91".to_owned(),
        version: "0.1.0",
        place: credential_audit::place::Place::Function,
        tenancy: Tenancy {
            id: Some("ocid1.tenancy.oc1..aaaaaaaaexample".to_owned()),
            name: TenancyName::Read("acme-prod".to_owned()),
            profile: None,
        },
        console: Some(Console {
            base_url: "https://cloud.oracle.com".to_owned(),
            region: "eu-frankfurt-1".to_owned(),
        }),
        times: RunTimes {
            started: now,
            as_of: now,
            read_until: now.plus_seconds(2),
        },
        as_of_given: false,
        credential_types: CredentialTypes::ALL,
        thresholds: Thresholds::default(),
        scope: Scope::default(),
        shard: None,
        domain_setting: DomainSetting::default(),
        location: Some(ReportsLocation {
            namespace: "examplenamespace".to_owned(),
            bucket: "security-audit".to_owned(),
            folder: "credential-audit/2026/11/22/20261122T060000Z-7f3a91/".to_owned(),
        }),
    }
}

pub(crate) fn audit(
    run: RunDescription,
    domains: impl IntoIterator<Item = DomainBuilder>,
) -> Arc<Audit> {
    let readings = domains.into_iter().map(DomainBuilder::build).collect();
    Arc::new(evaluate(run, readings, Vec::new(), Vec::new()))
}

/// The bytes of a report.
pub(crate) fn bytes(report: &Report) -> Vec<u8> {
    (report.chunks)().collect::<Vec<_>>().concat()
}

/// The bytes of the report with this object name, asked for or not.
pub(crate) fn stored(audit: &Arc<Audit>, object_name: &str) -> Vec<u8> {
    let every = ReportKind::all().collect();
    let reports = credential_audit::report::reports(audit, every, ReportOptions::default());
    let names: Vec<_> = reports
        .iter()
        .map(|report| report.object_name.clone())
        .collect();
    let report = reports
        .iter()
        .find(|report| report.object_name == object_name);
    bytes(report.unwrap_or_else(|| panic!("{object_name} is none of {names:?}")))
}

pub(crate) fn rows(csv: &[u8]) -> Vec<HashMap<String, String>> {
    csv::Reader::from_reader(csv)
        .deserialize()
        .map(|row| row.expect("a row"))
        .collect()
}

/// Two domains with every case of a complete run.
pub(crate) fn hard_cases() -> [DomainBuilder; 2] {
    let mut default = DomainBuilder::new("Default");
    // All but two signed in recently.
    let person = || Person {
        last_login: "2026-11-02T08:00:00Z",
        ..Person::default()
    };
    default.default_domain();
    default
        .user(
            "u1",
            "svc-backup@example.com",
            &Person {
                email: "cloud-team@example.com",
                last_login: "2026-11-21T23:59:59.5Z",
                administrator: true,
                ..person()
            },
        )
        .user(
            "u2",
            "jane.roe@example.com",
            &Person {
                federated: Some(true),
                ..person()
            },
        )
        .user(
            "u3",
            "a-very-long-user-name-of-some-application-that-sends-mail@applications.example.com",
            &Person {
                last_login: "2026-03-01T08:00:00Z",
                ..person()
            },
        )
        .user(
            "u4",
            "left.company@example.com",
            &Person {
                active: Some(false),
                ..person()
            },
        )
        .user(
            "u5",
            "no-api-keys",
            &Person {
                last_login: "",
                capabilities: Some(CredentialTypes::EMPTY.with(SmtpCredentials)),
                ..person()
            },
        )
        .user(
            "u6",
            "no-capabilities",
            &Person {
                capabilities: None,
                ..person()
            },
        )
        .user("u7", "=cmd|'/c calc'!A1", &person())
        .user("u8", "o\"brien, pat@example.com", &person())
        .user("u9", "line\r\nbreak\u{202e}@example.com", &person())
        .user("u10", "holds-nothing@example.com", &person())
        .user("u11", "", &person());
    let fingerprint = "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34";
    let mut add = |credential_type, holder: &str, id: &str, label: &str, age: i64| {
        let created = days_ago(age);
        default.credential(
            credential_type,
            holder,
            id,
            &Secret {
                label,
                created: &created,
                ..Secret::default()
            },
        );
    };
    add(ApiKeys, "u1", "key-137", fingerprint, 137);
    add(ApiKeys, "u1", "key-6", "aa:41:b2", 6);
    add(AuthTokens, "u2", "token-95", "ocir-ci", 95);
    add(CustomerSecretKeys, "u2", "secret-88", "s3-sync", 88);
    add(
        SmtpCredentials,
        "u3",
        "smtp-91",
        "relay-eu, shared by three applications",
        91,
    );
    add(ApiKeys, "u3", "key-76", fingerprint, 76);
    add(AuthTokens, "u4", "token-200", "jenkins", 200);
    add(ApiKeys, "u5", "key-400", "11:22:33", 400);
    add(SmtpCredentials, "u6", "smtp-3", "new", 3);
    add(AuthTokens, "u7", "token-90", "+1 \"quoted\"", 90);
    add(AuthTokens, "u8", "token-83", "due in seven days", 83);
    add(AuthTokens, "u9", "token-75", "line\nbreak", 75);
    add(OAuth2ClientCredentials, "u11", "oauth-10", "nameless", 10);
    let (set, old, fresh) = (days_ago(80), days_ago(300), days_ago(10));
    default
        .credential(
            DbCredentials,
            "u2",
            "db-80",
            &Secret {
                label: "reporting",
                created: &old,
                last_set: &set,
                ..Secret::default()
            },
        )
        .credential(
            DbCredentials,
            "u8",
            "db-unreadable",
            &Secret {
                label: "sales",
                created: &old,
                last_set: "2026-11-01",
                ..Secret::default()
            },
        )
        .credential(AuthTokens, "u1", "token-no-date", &Secret::default())
        .credential(
            AuthTokens,
            "u2",
            "token-future",
            &Secret {
                label: "clock skew",
                created: "2026-12-24T00:00:00Z",
                ..Secret::default()
            },
        )
        .credential(
            AuthTokens,
            "u3",
            "token-expired",
            &Secret {
                label: "old",
                created: &fresh,
                expires_on: "2026-11-20T00:00:00Z",
                ..Secret::default()
            },
        )
        .credential(
            AuthTokens,
            "u3",
            "token-expiring",
            &Secret {
                label: "ends soon",
                created: &fresh,
                expires_on: "2026-12-01T12:00:00Z",
                ..Secret::default()
            },
        )
        .credential(
            SmtpCredentials,
            "u1",
            "smtp-bad-expiry",
            &Secret {
                label: "bad expiry",
                created: &fresh,
                expires_on: "soon",
                ..Secret::default()
            },
        );
    let mut dev = DomainBuilder::new("D\u{e9}v (EU)");
    dev.user("d1", "jane.roe@example.com", &person())
        .name_holder("gone", "ocid1.user.oc1..examplegone0001");
    let old = days_ago(100);
    let secret = |label| Secret {
        label,
        created: &old,
        ..Secret::default()
    };
    dev.credential(ApiKeys, "gone", "dev-key-gone", &secret("de:ad:be:ef"))
        .credential(AuthTokens, "", "dev-token-nobody", &secret("of nobody"))
        .credential(
            AuthTokens,
            "only-an-id",
            "dev-token-id",
            &secret("of an id"),
        )
        .credential(
            AuthTokens,
            "d1",
            "key-137",
            &secret("an id that Default has too"),
        );
    [default, dev]
}
