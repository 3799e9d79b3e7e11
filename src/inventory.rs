//! Joins users and credentials of a domain. Pure.
//!
//! Lists are in the order of reading, by concurrent requests. Reports look up the user of a credential, and the credentials
//! of a user by type.

use std::num::NonZeroU32;

use crate::credential_type::{CREDENTIAL_TYPES, CredentialType};
use crate::model::{
    Credential, CredentialList, DomainReading, HolderIndex, Owner, OwnersReading, ScimIdText,
    TypeReading, User,
};

/// A domain with its users and credentials joined.
#[derive(Debug)]
pub struct DomainInventory {
    reading: DomainReading,
    /// Index of the user row, by holder.
    user_of_holder: Vec<Option<UserRow>>,
    /// Rank by holder, see [`DomainInventory::rank`].
    rank_of_holder: Vec<u32>,
    /// Indices of user rows, sorted by the bytes of the raw user name, then by id.
    users_by_name: Vec<UserRow>,
    /// Credentials by user, one item per type.
    held: [CredentialsByUser; CREDENTIAL_TYPES.len()],
}

/// Index of the row of a user. An `Option` of it takes four bytes.
#[derive(Clone, Copy, Debug)]
struct UserRow(NonZeroU32);

impl UserRow {
    fn new(index: usize) -> Option<Self> {
        let number = u32::try_from(index).ok()?.checked_add(1)?;
        NonZeroU32::new(number).map(Self)
    }

    const fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Indices of credential rows of one type, grouped by user row.
#[derive(Debug, Default)]
struct CredentialsByUser {
    /// `starts[user]..starts[user + 1]` is the range of the user's rows in `credentials`.
    starts: Vec<u32>,
    credentials: Vec<u32>,
}

impl DomainInventory {
    /// Joins what was read.
    pub fn new(mut reading: DomainReading) -> Self {
        join_by_ocid(&mut reading);
        let users = &reading.users.rows;
        let mut user_of_holder = vec![None; reading.holders.len()];
        for (index, user) in users.iter().enumerate() {
            if let Some(row) = user_of_holder.get_mut(user.holder.position()) {
                *row = UserRow::new(index);
            }
        }
        // Holders are sorted once by name, so that sorting the much longer list of findings compares no text.
        let name_of = |holder: HolderIndex| {
            let id = match reading.holders.id(holder) {
                "" => reading.holders.ocid(holder),
                id => id,
            };
            match user_of_holder[holder.position()] {
                Some(user) => (reading.users.text.get(users[user.index()].name), id),
                None => (id, id),
            }
        };
        let mut by_name: Vec<HolderIndex> = reading.holders.indices().collect();
        by_name.sort_unstable_by(|left, right| name_of(*left).cmp(&name_of(*right)));
        let mut rank_of_holder = vec![0; by_name.len()];
        for (rank, holder) in (0..).zip(&by_name) {
            rank_of_holder[holder.position()] = rank;
        }
        let users_by_name = by_name
            .iter()
            .filter_map(|holder| user_of_holder[holder.position()])
            .collect();
        let held = std::array::from_fn(|credential_type| {
            match &reading.credential_types[credential_type] {
                TypeReading::LeftOut => CredentialsByUser::default(),
                TypeReading::Read { list, .. } => {
                    group_by_user(&list.rows, &user_of_holder, users.len())
                }
            }
        });
        Self {
            reading,
            user_of_holder,
            rank_of_holder,
            users_by_name,
            held,
        }
    }

    /// The lists as they were read.
    pub const fn reading(&self) -> &DomainReading {
        &self.reading
    }

    /// Number of users.
    pub fn user_count(&self) -> usize {
        self.reading.users.rows.len()
    }

    /// The user at `position` in the order of the bytes of the raw user name, then of the id.
    pub fn user_by_name(&self, position: usize) -> Option<&User> {
        let row = self.users_by_name.get(position)?;
        self.reading.users.rows.get(row.index())
    }

    /// The user, if it is listed.
    pub fn user(&self, holder: HolderIndex) -> Option<&User> {
        let row = (*self.user_of_holder.get(holder.position())?)?;
        self.reading.users.rows.get(row.index())
    }

    /// The owner of the credentials of a holder.
    pub fn owner(&self, holder: HolderIndex) -> Owner<'_> {
        match &self.reading.users.owners {
            OwnersReading::NotAsked => Owner::NotAsked,
            OwnersReading::NotReturned => Owner::Unknown,
            OwnersReading::Read(owners) => {
                let row = self.user_of_holder.get(holder.position()).copied();
                let owner = row.flatten().and_then(|row| owners.of_user(row.index()));
                owner.map_or(Owner::None, Owner::Named)
            }
        }
    }

    /// The position of a holder in the order of the bytes of the raw user name, then of the id. A holder that is not listed
    /// is sorted by its id alone.
    pub fn rank(&self, holder: HolderIndex) -> Option<u32> {
        self.rank_of_holder.get(holder.position()).copied()
    }

    /// The credentials of one type that a user holds, in the order of reading.
    pub fn held_by(
        &self,
        user: &User,
        credential_type: CredentialType,
    ) -> impl Iterator<Item = &Credential> {
        let held = &self.held[credential_type.index()];
        let rows = self
            .user_of_holder
            .get(user.holder.position())
            .copied()
            .flatten()
            .and_then(|row| {
                let start = *held.starts.get(row.index())?;
                let end = *held.starts.get(row.index() + 1)?;
                held.credentials.get(start as usize..end as usize)
            })
            .unwrap_or_default();
        rows.iter()
            .filter_map(move |row| self.credential(credential_type, *row))
    }

    /// A credential by its index in the list of its type.
    pub fn credential(&self, credential_type: CredentialType, index: u32) -> Option<&Credential> {
        let (list, _) = self.reading.credential_types[credential_type.index()].read()?;
        list.rows.get(index as usize)
    }

    /// `userName`, raw.
    pub fn user_name(&self, user: &User) -> &str {
        self.reading.users.text.get(user.name)
    }

    /// `userName`, raw; of a user without one, its id. `userName` is required, but a service may leave it out.
    pub fn name_or_id(&self, user: &User) -> &str {
        match self.user_name(user) {
            name if name.trim().is_empty() => self.reading.holders.id(user.holder),
            name => name,
        }
    }

    /// The SCIM id of a credential.
    pub fn credential_id(
        &self,
        credential_type: CredentialType,
        credential: &Credential,
    ) -> ScimIdText<'_> {
        self.list(credential_type)
            .map(|list| credential.id.read(&list.text))
            .unwrap_or_default()
    }

    /// Fingerprint, description or display name of a credential; empty if it has none.
    pub fn label(&self, credential_type: CredentialType, credential: &Credential) -> &str {
        self.list(credential_type)
            .map_or("", |list| list.text.get(credential.label))
    }

    /// Who created a credential; empty if unknown.
    pub fn created_by(&self, credential_type: CredentialType, credential: &Credential) -> &str {
        self.list(credential_type).map_or("", |list| {
            list.creators.name(credential.creator, &list.text)
        })
    }

    fn list(&self, credential_type: CredentialType) -> Option<&CredentialList> {
        let read = self.reading.credential_types[credential_type.index()].read();
        read.map(|(list, _)| list)
    }
}

/// Gives credentials that name their user by its OCID alone to the user who has it.
fn join_by_ocid(reading: &mut DomainReading) {
    let joined = reading.holders.joined_by_ocid();
    if joined.is_empty() {
        return;
    }
    for credential_type in &mut reading.credential_types {
        if let TypeReading::Read { list, .. } = credential_type {
            for credential in &mut list.rows {
                if let Some(holder) = joined.get(&credential.holder) {
                    credential.holder = *holder;
                }
            }
        }
    }
}

/// Groups credentials by the row of their user, by counting sort. Omits credentials without a listed user.
fn group_by_user(
    credentials: &[Credential],
    user_of_holder: &[Option<UserRow>],
    users: usize,
) -> CredentialsByUser {
    let row_of = |credential: &Credential| {
        user_of_holder
            .get(credential.holder.position())
            .copied()
            .flatten()
            .map(UserRow::index)
    };
    let mut starts = vec![0_u32; users + 1];
    for row in credentials.iter().filter_map(row_of) {
        starts[row + 1] += 1;
    }
    for row in 0..users {
        starts[row + 1] += starts[row];
    }
    let mut next = starts.clone();
    let mut grouped = vec![0_u32; starts[users] as usize];
    for (index, row) in (0_u32..).zip(credentials.iter().map(row_of)) {
        if let Some(row) = row {
            grouped[next[row] as usize] = index;
            next[row] += 1;
        }
    }
    CredentialsByUser {
        starts,
        credentials: grouped,
    }
}
