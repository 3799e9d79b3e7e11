//! `expiry-<domain>.csv` and `usage-<domain>.csv`: what the two Python scripts that this program replaces write.
//!
//! Spreadsheets and macros rely on these columns and words, so these files keep the scripts' logic. The rest of the program
//! differs from it: ages start at `meta.created` alone, a future date gives a negative age, a credential under a disabled
//! capability is ignored. For the same reason a seventh type of [`crate::credential_type::CREDENTIAL_TYPES`] adds no
//! column to these files.
//!
//! Cases that the scripts do not have get their own words:
//!
//! - `NOT READ`: the settings or the invocation left the type out.
//! - `ERROR:INCOMPLETE`: the type was read in part, and nothing that was read belongs to this user. `ENABLED, None
//!   CONFIGURED` would be a false all-clear. If something of the user was read, the cells show it: missing rows do not
//!   make an old credential younger.
//! - If users are queried one by one, it is known whose answer is missing. They alone get the cell of their failure, and
//!   keep their row in the expiry file although nothing of theirs was read.

use std::borrow::Cow;
use std::sync::Arc;

use crate::credential_type::CredentialType;
use crate::inventory::DomainInventory;
use crate::judge::Audit;
use crate::judge::age::AgeLimits;
use crate::model::{ListCoverage, ReadingMode, TypeReading, User};
use crate::timestamp::Timestamp;

use super::cells::Cells;
use crate::chunks::{ChunkSource, gather_into};

/// The types of the two scripts, by the names in their columns, in the order of their columns.
const CREDENTIAL_TYPES: [(CredentialType, &str); 6] = [
    (CredentialType::ApiKeys, "api_keys"),
    (CredentialType::AuthTokens, "auth_tokens"),
    (CredentialType::CustomerSecretKeys, "customer_secret_keys"),
    (CredentialType::DbCredentials, "db_credentials"),
    (
        CredentialType::OAuth2ClientCredentials,
        "oauth2_client_credentials",
    ),
    (CredentialType::SmtpCredentials, "smtp_credentials"),
];

const NOT_APPLICABLE: &str = "N/A";
const NONE_CONFIGURED: &str = "ENABLED, None CONFIGURED";
const CONFIGURED: &str = "ENABLED & CONFIGURED";

/// The expiry file of one domain: users who hold something, with the age of their oldest credential of each type.
pub(super) fn expiry(audit: Arc<Audit>, domain: usize) -> ChunkSource {
    by_user(
        audit,
        domain,
        expiry_header,
        |audit, inventory, user, cells| {
            let holdings = CREDENTIAL_TYPES
                .map(|(credential_type, _)| Holding::of(inventory, user, credential_type));
            if !holdings.iter().any(Holding::earns_a_row) {
                return;
            }
            cells.untrusted(inventory.user_name(user));
            for ((credential_type, _), holding) in CREDENTIAL_TYPES.iter().zip(holdings) {
                cells.word(python_bool(user.may_use_in_scripts(*credential_type)));
                expiry_cells(
                    cells,
                    &holding,
                    audit.limits(*credential_type),
                    audit.run.as_of(),
                );
            }
            cells.end_row();
        },
    )
}

/// The usage file of one domain: every user, with the number of credentials of each type.
pub(super) fn usage(audit: Arc<Audit>, domain: usize) -> ChunkSource {
    by_user(audit, domain, usage_header, |_, inventory, user, cells| {
        let holdings = CREDENTIAL_TYPES
            .map(|(credential_type, _)| Holding::of(inventory, user, credential_type));
        cells.untrusted(inventory.user_name(user));
        for (credential_type, _) in CREDENTIAL_TYPES {
            cells.word(python_bool(user.may_use_in_scripts(credential_type)));
        }
        for holding in &holdings {
            match holding {
                Holding::Disabled => cells.number(Some(0)),
                Holding::NotRead { word, .. } => cells.word(word),
                Holding::Read { count, .. } => cells.number(Some(*count)),
            }
        }
        for holding in &holdings {
            cells.word(match holding {
                Holding::Disabled => "",
                Holding::NotRead { word, .. } => word,
                Holding::Read { count: 0, .. } => NONE_CONFIGURED,
                Holding::Read { .. } => CONFIGURED,
            });
        }
        cells.end_row();
    })
}

/// Header, then users in the order of their names. If no user of a domain was read, it has the header only.
fn by_user(
    audit: Arc<Audit>,
    domain: usize,
    header: fn(&mut Cells),
    row: fn(&Audit, &DomainInventory, &User, &mut Cells),
) -> ChunkSource {
    let users = audit
        .domains
        .get(domain)
        .map_or(0, |domain| domain.inventory.user_count());
    gather_into(header, users, move |position, cells| {
        let inventory = &audit.domains[domain].inventory;
        if let Some(user) = inventory.user_by_name(position) {
            row(&audit, inventory, user, cells);
        }
    })
}

fn expiry_header(cells: &mut Cells) {
    cells.word("user_name");
    for (_, name) in CREDENTIAL_TYPES {
        cells.word(&format!("can_use_{name}"));
        for column in ["count", "oldest_age_days", "days_until_expiry", "status"] {
            cells.word(&format!("{name}_{column}"));
        }
    }
    cells.end_row();
}

fn usage_header(cells: &mut Cells) {
    cells.word("user_name");
    for (prefix, suffix) in [("can_use_", ""), ("", "_count"), ("", "_status")] {
        for (_, name) in CREDENTIAL_TYPES {
            cells.word(&format!("{prefix}{name}{suffix}"));
        }
    }
    cells.end_row();
}

fn expiry_cells(cells: &mut Cells, holding: &Holding, limits: AgeLimits, as_of: Timestamp) {
    let (count, oldest) = match holding {
        Holding::Disabled => {
            cells.number(Some(0));
            cells.word(NOT_APPLICABLE);
            cells.word(NOT_APPLICABLE);
            cells.word("DISABLED");
            return;
        }
        Holding::NotRead { word, .. } => {
            for _ in 0..4 {
                cells.word(word);
            }
            return;
        }
        Holding::Read { count, oldest } => (*count, *oldest),
    };
    cells.number(Some(count));
    if count == 0 {
        cells.word(NOT_APPLICABLE);
        cells.word(NOT_APPLICABLE);
        cells.word(NONE_CONFIGURED);
        return;
    }
    let Some(oldest) = oldest else {
        cells.word("Unknown");
        cells.word("Unknown");
        cells.word(CONFIGURED);
        return;
    };
    let age = as_of.days_since(oldest);
    cells.number(Some(age));
    cells.number(Some(i64::from(limits.rotation_days) - age));
    // The oldest decides: if any is old enough to be rotated, the oldest is.
    if age >= i64::from(limits.warning_days) {
        cells.word(&format!("ROTATION NEEDED ({age} days old)"));
    } else {
        cells.word(CONFIGURED);
    }
}

const fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// What one user holds of one type, as the scripts see it.
enum Holding {
    /// The capability is off, so the scripts do not ask.
    Disabled,
    /// It is unknown.
    NotRead {
        /// The text of every cell of the type.
        word: Cow<'static, str>,
        /// Whether the query for this user alone failed.
        own_failure: bool,
    },
    /// It was read.
    Read {
        count: i64,
        /// The earliest valid `meta.created`.
        oldest: Option<Timestamp>,
    },
}

impl Holding {
    fn of(inventory: &DomainInventory, user: &User, credential_type: CredentialType) -> Self {
        if !user.may_use_in_scripts(credential_type) {
            return Self::Disabled;
        }
        let TypeReading::Read {
            coverage,
            failed_users,
            ..
        } = &inventory.reading().credential_types[credential_type.index()]
        else {
            return Self::NotRead {
                word: "NOT READ".into(),
                own_failure: false,
            };
        };
        if let Some(cause) = failed_users.get(&user.holder) {
            return Self::NotRead {
                word: cause.cell().into(),
                own_failure: true,
            };
        }
        let (mut count, mut oldest) = (0, None);
        for credential in inventory.held_by(user, credential_type) {
            count += 1;
            let created = credential.created.instant();
            oldest = match (oldest, created) {
                (Some(oldest), Some(created)) => Some(created.min(oldest)),
                (oldest, created) => oldest.or(created),
            };
        }
        if count == 0
            && (user
                .claims
                .is_some_and(|claims| claims.contains(credential_type))
                || !proves_absence(coverage, !failed_users.is_empty()))
        {
            return Self::NotRead {
                word: match &coverage.failure {
                    Some(failure) if !coverage.was_read() => failure.cause.cell().into(),
                    _ => "ERROR:INCOMPLETE".into(),
                },
                own_failure: false,
            };
        }
        Self::Read { count, oldest }
    }

    /// The expiry file has a row per user with a credential under an enabled capability. A user whose own read failed may
    /// hold one, so it has a row too.
    const fn earns_a_row(&self) -> bool {
        match self {
            Self::Disabled => false,
            Self::NotRead { own_failure, .. } => *own_failure,
            Self::Read { count, .. } => *count > 0,
        }
    }
}

/// Whether a user without rows and claims holds nothing. If users were queried one by one, missing rows belong to the users
/// whose own read failed. A gap names no user, so its rows may belong to any user.
fn proves_absence(coverage: &ListCoverage, users_failed: bool) -> bool {
    coverage.is_complete()
        || (coverage.mode == Some(ReadingMode::SingleUsers)
            && users_failed
            && coverage.gaps.is_empty())
}
