//! Users and credentials on the wire, with the attributes that are read.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher};

use serde::de::{IgnoredAny, MapAccess, SeqAccess};

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType, CredentialTypes};
use crate::model::{ADMINISTRATORS, Capabilities, Scopes};
use crate::timestamp::DateReading;

use super::attributes::{
    CAPABILITIES, CONSOLE_PASSWORD, ENTERPRISE, OCI_TAGS, USER_CREDENTIALS, USER_EXTENSION,
    USER_STATE,
};
use super::owner_attributes::{WireEnterprise, WireTags};
use super::wire::{Attribute, Flag, FromJson, Name, object};

object! {
    /// A row of `Users`.
    WireUser<'a> {
        "id" => id: Cow<'a, str>,
        "ocid" => ocid: Cow<'a, str>,
        "userName" => user_name: Cow<'a, str>,
        "active" => active: bool,
        "emails" => emails: Emails<'a>,
        "meta" => meta: WireMeta<'a>,
        "groups" => groups: Groups<'a>,
        CAPABILITIES => capabilities: WireCapabilities,
        USER_CREDENTIALS => user_credentials: Claimed,
        USER_EXTENSION => extension: WireUserExtension,
        USER_STATE => state: WireUserState<'a>,
        ENTERPRISE => enterprise: WireEnterprise<'a>,
        OCI_TAGS => tags: WireTags<'a>,
    }
}

object! {
    /// The state of a user.
    WireUserState<'a> {
        "lastSuccessfulLoginDate" => last_successful_login_date: Cow<'a, str>,
    }
}

object! {
    /// A row of a list of credentials.
    WireCredential<'a> {
        "id" => id: Cow<'a, str>,
        "meta" => meta: WireMeta<'a>,
        "user" => user: WireReference<'a>,
        "fingerprint" => fingerprint: Cow<'a, str>,
        "description" => description: Cow<'a, str>,
        "displayName" => display_name: Cow<'a, str>,
        "name" => name: Cow<'a, str>,
        "userName" => user_name: Cow<'a, str>,
        "lastSetDate" => last_set_date: Cow<'a, str>,
        "expiresOn" => expires_on: Cow<'a, str>,
        "idcsCreatedBy" => created_by: WireCreator<'a>,
        "scopes" => scopes: Scopes,
    }
}

object! {
    /// When a resource was created, and when it was last modified.
    WireMeta<'a> {
        "created" => created: Cow<'a, str>,
        "lastModified" => last_modified: Cow<'a, str>,
    }
}

object! {
    /// The user or app that created a credential.
    WireCreator<'a> {
        "display" => display: Cow<'a, str>,
        "value" => value: Cow<'a, str>,
        "ocid" => ocid: Cow<'a, str>,
    }
}

object! {
    /// A scope of an OAuth 2.0 client credential.
    WireScope<'a> {
        "audience" => audience: Cow<'a, str>,
        "scope" => scope: Cow<'a, str>,
    }
}

object! {
    /// A user named by a credential, or a credential claimed by a user.
    WireReference<'a> {
        "value" => value: Cow<'a, str>,
        "ocid" => ocid: Cow<'a, str>,
    }
}

object! {
    /// An e-mail address.
    WireEmail<'a> {
        "value" => value: Cow<'a, str>,
        "primary" => primary: bool,
        "verified" => verified: bool,
    }
}

object! {
    /// A group of a user.
    WireGroup<'a> {
        "display" => display: Cow<'a, str>,
    }
}

impl Attribute<WireMeta<'_>> {
    pub(super) fn created(&self) -> DateReading {
        self.date(|meta| &meta.created)
    }

    pub(super) fn last_modified(&self) -> DateReading {
        self.date(|meta| &meta.last_modified)
    }
}

impl<'a> Attribute<WireMeta<'a>> {
    fn date(
        &self,
        of: impl for<'m> Fn(&'m WireMeta<'a>) -> &'m Attribute<Cow<'a, str>>,
    ) -> DateReading {
        match self {
            Self::Absent => DateReading::MISSING,
            Self::Malformed => DateReading::UNREADABLE,
            Self::Is(meta) => of(meta).date(),
        }
    }
}

impl<'a> WireCredential<'a> {
    /// How a person knows the user or app that created it: by its name, or else by its id or OCID. Empty if none is there.
    pub(super) fn created_by(&self) -> &str {
        let Attribute::Is(creator) = &self.created_by else {
            return "";
        };
        [&creator.display, &creator.value, &creator.ocid]
            .into_iter()
            .map(Attribute::text)
            .find(|text| !text.trim().is_empty())
            .unwrap_or_default()
    }

    /// The scopes, if all of them are readable.
    pub(super) fn scopes(&self) -> Scopes {
        self.scopes.get().copied().unwrap_or(Scopes::UNKNOWN)
    }

    /// An attribute that [`CREDENTIAL_TYPES`] names as a label.
    pub(super) fn label(&self, attribute: &str) -> &Attribute<Cow<'a, str>> {
        match attribute {
            "fingerprint" => &self.fingerprint,
            "description" => &self.description,
            "displayName" => &self.display_name,
            "name" => &self.name,
            "userName" => &self.user_name,
            _ => &Attribute::Absent,
        }
    }
}

/// The primary address of a user, or else the first.
#[derive(Debug, Default)]
pub(super) struct Emails<'a> {
    pub(super) address: Attribute<Cow<'a, str>>,
    /// Whether it is the primary one, and verified.
    pub(super) verified: bool,
}

impl<'de> FromJson<'de> for Emails<'de> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let (mut first, mut primary, mut verified) = (None, None, false);
        while let Some(email) = list.next_element::<Attribute<WireEmail<'de>>>()? {
            let Attribute::Is(email) = email else {
                continue;
            };
            if primary.is_none() && email.primary == Attribute::Is(true) {
                primary = Some(email.value);
                verified = email.verified == Attribute::Is(true);
            } else if first.is_none() {
                first = Some(email.value);
            }
        }
        Ok(Some(Self {
            address: primary.or(first).unwrap_or_default(),
            verified,
        }))
    }
}

/// Oracle's user extension.
#[derive(Debug)]
pub(super) struct WireUserExtension {
    pub(super) is_federated_user: Option<bool>,
    pub(super) service_user: Option<bool>,
}

impl<'de> FromJson<'de> for WireUserExtension {
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let (mut is_federated_user, mut service_user) = (Attribute::Absent, Attribute::Absent);
        while let Some(Name(name)) = object.next_key()? {
            let flag = object.next_value::<Attribute<bool>>()?;
            if name.eq_ignore_ascii_case("isFederatedUser") {
                is_federated_user = is_federated_user.and_then_given(flag);
            } else if name.eq_ignore_ascii_case("serviceUser") {
                service_user = service_user.and_then_given(flag);
            }
        }
        Ok(Some(Self {
            is_federated_user: is_federated_user.get().copied(),
            service_user: service_user.get().copied(),
        }))
    }
}

impl<'de> FromJson<'de> for Scopes {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let (mut scopes, mut all_are_readable) = (Vec::new(), true);
        while let Some(scope) = list.next_element::<Attribute<WireScope<'de>>>()? {
            match scope {
                Attribute::Is(WireScope {
                    audience: Attribute::Is(audience),
                    scope: Attribute::Is(scope),
                }) => scopes.push((audience, scope)),
                _ => all_are_readable = false,
            }
        }
        let pairs = scopes
            .iter()
            .map(|(audience, scope)| (&**audience, &**scope));
        Ok(all_are_readable.then(|| Self::of(pairs)))
    }
}

/// The groups of a user: their display names. If one has none, it may be any, so the groups are malformed; unless the user is
/// in [`ADMINISTRATORS`] anyway.
#[derive(Debug)]
pub(super) struct Groups<'a>(pub(super) Vec<Cow<'a, str>>);

impl<'de> FromJson<'de> for Groups<'de> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let (mut names, mut all_are_named) = (Vec::new(), true);
        while let Some(group) = list.next_element::<Attribute<WireGroup<'de>>>()? {
            match group {
                Attribute::Is(WireGroup {
                    display: Attribute::Is(name),
                }) => names.push(name),
                _ => all_are_named = false,
            }
        }
        let is_readable = all_are_named || names.iter().any(|name| name == ADMINISTRATORS);
        Ok(is_readable.then_some(Self(names)))
    }
}

/// The capabilities of a user.
#[derive(Debug)]
pub(super) struct WireCapabilities {
    pub(super) by_type: Capabilities,
    /// Whether the user may use a console password.
    pub(super) console_password: Option<bool>,
}

impl<'de> FromJson<'de> for WireCapabilities {
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut by_type: [Attribute<Flag>; CREDENTIAL_TYPES.len()] = Default::default();
        let mut console_password = Attribute::Absent;
        let mut python = [false; CREDENTIAL_TYPES.len()];
        while let Some(Name(name)) = object.next_key()? {
            let flag = object.next_value::<Attribute<Flag>>()?;
            if let Some(row) = CREDENTIAL_TYPES
                .iter()
                .find(|row| row.capability.eq_ignore_ascii_case(&name))
            {
                let index = row.credential_type.index();
                by_type[index] = by_type[index].and_then_given(flag);
                // Of two values, Python keeps the last.
                python[index] = flag.get().is_some_and(|flag| flag.python);
            } else if name.eq_ignore_ascii_case(CONSOLE_PASSWORD) {
                console_password = console_password.and_then_given(flag);
            }
        }
        let boolean = |flag: &Attribute<Flag>| flag.get().and_then(|flag| flag.boolean);
        let are = |expected: bool| {
            let is_so = |credential_type: &CredentialType| {
                boolean(&by_type[credential_type.index()]) == Some(expected)
            };
            CredentialType::all().filter(is_so).collect()
        };
        Ok(Some(Self {
            by_type: Capabilities {
                on: are(true),
                off: are(false),
                python: CredentialType::all()
                    .filter(|credential_type| python[credential_type.index()])
                    .collect(),
            },
            console_password: boolean(&console_password),
        }))
    }
}

/// The credentials that a user claims to hold.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) credential_types: CredentialTypes,
    /// Hashes of their ids.
    pub(super) ids: Vec<(CredentialType, u64)>,
    /// The type of each claim without a readable id.
    pub(super) unreadable: Vec<CredentialType>,
}

impl<'de> FromJson<'de> for Claimed {
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut claimed = Self {
            credential_types: CredentialTypes::EMPTY,
            ids: Vec::new(),
            unreadable: Vec::new(),
        };
        while let Some(Name(name)) = object.next_key()? {
            let Some(row) = CREDENTIAL_TYPES
                .iter()
                .find(|row| row.claim.eq_ignore_ascii_case(&name))
            else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            // A claim without a readable id is still a claim.
            let ids = match object.next_value::<Attribute<ClaimedIds>>()? {
                Attribute::Absent => continue,
                Attribute::Malformed => vec![None],
                Attribute::Is(ClaimedIds(ids)) => ids,
            };
            for id in ids {
                claimed.credential_types = claimed.credential_types.with(row.credential_type);
                match id {
                    Some(id) => claimed.ids.push((row.credential_type, id)),
                    None => claimed.unreadable.push(row.credential_type),
                }
            }
        }
        Ok(Some(claimed))
    }
}

/// The credentials of one type that a user claims to hold: the hash of each id, if it is readable.
struct ClaimedIds(Vec<Option<u64>>);

impl<'de> FromJson<'de> for ClaimedIds {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut ids = Vec::new();
        while let Some(claim) = list.next_element::<Attribute<WireReference<'de>>>()? {
            ids.push(claim.get().and_then(hash_of));
        }
        Ok(Some(Self(ids)))
    }

    fn from_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let claim = WireReference::from_object(object)?;
        Ok(Some(Self(vec![claim.as_ref().and_then(hash_of)])))
    }
}

fn hash_of(claim: &WireReference<'_>) -> Option<u64> {
    let id = claim.value.text();
    (!id.is_empty()).then(|| id_hash(id))
}

/// A hash of an id. It is the same in every run.
pub(super) fn id_hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(id.as_bytes());
    hasher.finish()
}
