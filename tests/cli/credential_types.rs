//! The table of credential types is the only list of them in the program; other files name each of its rows.

use std::fs;

use credential_audit::credential_type::CREDENTIAL_TYPES;
use tenancy_sim::ResourceType;

fn file(name: &str) -> String {
    fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default()
}

#[test]
fn readme_names_every_credential_type() {
    let readme = file("README.md").to_lowercase();
    for row in &CREDENTIAL_TYPES {
        let suffix = format!("`{}`", row.setting_suffix.to_lowercase());
        assert!(readme.contains(&suffix), "{suffix} is missing");
        let plural = row.plural.to_lowercase();
        // A line of the text may end within a name.
        let text = readme.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&plural), "{plural} is missing");
    }
}

#[test]
fn every_list_of_types_in_terraform_is_complete() {
    for (name, lists) in [
        // Two maps of ages, and the list of types: each has a condition and a message.
        ("variables.tf", 7),
        ("locals.tf", 1),
        ("schema.yaml", 1),
    ] {
        let text = file(&format!("terraform/{name}"));
        for row in &CREDENTIAL_TYPES {
            let found = text
                .lines()
                .filter(|line| line.contains("db_credentials") && line.contains(row.name))
                .count();
            assert_eq!(found, lists, "lists with {} in {name}", row.name);
        }
    }
}

#[test]
fn simulator_serves_every_credential_type() {
    let served = ResourceType::CREDENTIALS.map(ResourceType::segment);
    let read = CREDENTIAL_TYPES.each_ref().map(|row| row.segment);
    assert_eq!(served, read);
}
