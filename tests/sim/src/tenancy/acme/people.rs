//! Names of people, and what most of them hold.

use super::Held;
use crate::resource_type::ResourceType::{ApiKeys, AuthTokens, CustomerSecretKeys};
use fastrand::Rng;

/// The people of the company.
pub(super) const PEOPLE: [&str; 86] = [
    "Aisha Rahman",
    "Akira Sato",
    "Alejandro Ruiz",
    "Alice Martin",
    "Amara Okafor",
    "Amit Sharma",
    "Ana Lopez",
    "Anders Nilsson",
    "Andrea Conti",
    "Anita Desai",
    "Anna Kowalska",
    "Arjun Mehta",
    "Astrid Larsen",
    "Beatriz Santos",
    "Camila Rojas",
    "Carlos Mendes",
    "Chiara Romano",
    "Claire Dubois",
    "Dana Diaz",
    "Daniel Weber",
    "Deepa Nair",
    "Diego Fernandez",
    "Elena Petrova",
    "Elif Kaya",
    "Emma Fischer",
    "Erik Hansen",
    "Esther Mwangi",
    "Fatima Haddad",
    "Felix Braun",
    "Fiona Murphy",
    "Gabriel Costa",
    "Grace Kim",
    "Hana Novak",
    "Haruto Suzuki",
    "Helena Silva",
    "Hugo Moreau",
    "Ibrahim Diallo",
    "Ingrid Berg",
    "Isabel Torres",
    "Ivan Horvat",
    "Jan Visser",
    "Jana Svoboda",
    "Jin Park",
    "Joana Ferreira",
    "Jonas Meyer",
    "Julia Schmidt",
    "Karim Benali",
    "Katarina Jovanovic",
    "Kenji Watanabe",
    "Kofi Mensah",
    "Laila Hassan",
    "Laura Rossi",
    "Leo Bauer",
    "Linh Nguyen",
    "Lucas Oliveira",
    "Magnus Olsen",
    "Marta Zielinska",
    "Mateo Vargas",
    "Mei Lin",
    "Mina Choi",
    "Nadia Ivanova",
    "Naomi Adeyemi",
    "Nikhil Gupta",
    "Nina Keller",
    "Noah Jansen",
    "Nora Lindqvist",
    "Olivia Hughes",
    "Oscar Lund",
    "Paolo Ricci",
    "Paula Moreno",
    "Petra Hofmann",
    "Pierre Laurent",
    "Priya Patel",
    "Rania Khalil",
    "Ravi Iyer",
    "Rosa Martinez",
    "Sam Chen",
    "Samira Aziz",
    "Sanjay Reddy",
    "Sara Andersson",
    "Sofia Greco",
    "Stefan Popescu",
    "Tariq Malik",
    "Tomas Dvorak",
    "Yasmin Osman",
    "Yuki Nakamura",
];

/// The people of the domain Workloads. The first two create the credentials of its service users.
pub(super) const WORKLOAD_ENGINEERS: [&str; 8] = [
    "marta.zielinska@example.com",
    "kofi.mensah@example.com",
    "deepa.nair@example.com",
    "emma.fischer@example.com",
    "linh.nguyen@example.com",
    "oscar.lund@example.com",
    "tomas.dvorak@example.com",
    "yuki.nakamura@example.com",
];

/// The user name of a person: `dana.diaz@example.com`.
pub(super) fn user_name(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase().replace(' ', "."))
}

/// The name of the person with that user name: `Dana Diaz`.
pub(super) fn display_name(of: &str) -> &'static str {
    let mut names = PEOPLE.into_iter();
    names.find(|name| user_name(name) == of).unwrap_or_default()
}

/// The domain of a person.
pub(super) fn domain(user_name: &str) -> &'static str {
    if WORKLOAD_ENGINEERS.contains(&user_name) {
        super::WORKLOADS
    } else {
        super::DEFAULT
    }
}

/// What a person holds who has no need to act: mostly an API key, and a token for the registry or for Git.
pub(super) fn ordinary_credentials(rng: &mut Rng) -> Vec<Held> {
    const TOKENS: [&str; 5] = ["ocir", "ocir-push", "docker", "git", "laptop"];
    const SECRET_KEYS: [&str; 3] = ["rclone", "s3-upload", "s3cmd"];
    let token = (AuthTokens, TOKENS[rng.usize(..TOKENS.len())]);
    let secret_key = (
        CustomerSecretKeys,
        SECRET_KEYS[rng.usize(..SECRET_KEYS.len())],
    );
    let key = (ApiKeys, "");
    match rng.u8(..100) {
        0..16 => Vec::new(),
        16..46 => vec![key],
        46..68 => vec![key, token],
        68..80 => vec![key, key],
        80..88 => vec![key, token, secret_key],
        88..95 => vec![token],
        _ => vec![key, secret_key],
    }
}
