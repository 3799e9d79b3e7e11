//! Which tenancy a command reads: the profile, file, region and method that flags, variables and files name.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::common::command_line::{CommandLine, output, text};
use crate::common::generated;

/// A home directory in which `[DEFAULT]` is another tenancy, and `[prod]` is that of the simulator.
struct Home {
    cli: CommandLine,
    folder: tempfile::TempDir,
    prod: String,
}

impl Home {
    fn new() -> Self {
        let cli = CommandLine::new(generated(3));
        let folder = tempfile::tempdir().expect("a folder");
        let config = std::fs::read_to_string(&cli.config_file).expect("a file");
        let of_default = config.split("\n\n").next().expect("a profile");
        let prod = of_default.replace("[DEFAULT]", "[prod]");
        let home = Self { cli, folder, prod };
        let other = home
            .prod
            .replace("[prod]", "[DEFAULT]")
            .replace("tenancysimulator", "anothertenancy");
        home.write(
            ".oci/config",
            format!("{other}\n{}\n", home.prod).as_bytes(),
        );
        home
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("own file");
        path
    }

    /// Exit status, standard output and standard error of `audit`.
    fn audit(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> (Option<i32>, String, String) {
        let mut command = self
            .cli
            .command(&[&["audit", "--json", "-"], arguments].concat());
        command.env("HOME", self.folder.path());
        for (name, value) in variables {
            command.env(
                name,
                value.replace('~', &self.folder.path().display().to_string()),
            );
        }
        let output = output(&mut command);
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

#[test]
fn profile_is_that_of_flag_variable_or_settings_file() {
    let rc = |profile: &str| format!("[OCI_CLI_SETTINGS]\ndefault_profile = {profile}\n");
    // Files, flags, variables, and what the message about the choice says.
    type Case<'a> = (
        &'a [(&'a str, String)],
        &'a [&'a str],
        &'a [(&'a str, &'a str)],
        &'a str,
    );
    let cases: [Case<'_>; 6] = [
        (&[], &["--profile", "prod"], &[], ""),
        (
            &[],
            &[],
            &[("OCI_CLI_PROFILE", "prod")],
            "[prod] (OCI_CLI_PROFILE) in",
        ),
        (
            &[(".oci/oci_cli_rc", rc("prod"))],
            &[],
            &[],
            "[prod] (default_profile in line 2 of ",
        ),
        (
            &[("rc", rc("prod"))],
            &[],
            &[("OCI_CLI_RC_FILE", "~/rc")],
            "default_profile in line 2",
        ),
        (
            &[(".oci/cli-defaults", rc("prod"))],
            &[],
            &[],
            "cli-defaults",
        ),
        // What is nearer wins.
        (
            &[(".oci/oci_cli_rc", rc("nosuch"))],
            &["--profile", "prod"],
            &[("OCI_CLI_PROFILE", "nobody")],
            "",
        ),
    ];
    for (files, arguments, variables, said) in cases {
        let home = Home::new();
        for (name, content) in files {
            home.write(name, content.as_bytes());
        }
        let (status, stdout, stderr) = home.audit(arguments, variables);
        assert_eq!(status, Some(0), "{arguments:?} {variables:?}: {stderr}");
        assert!(stdout.contains("\"profile\": \"prod\""), "{stdout}");
        assert!(
            stderr.contains("(profile prod)"),
            "the table names it: {stderr}"
        );
        assert!(stderr.contains(said), "{stderr}");
        assert!(home.cli.sim.totals().rejections.is_empty());
    }
}

#[test]
fn profile_that_does_not_exist_is_named_with_who_chose_it() {
    let rc = "[DEFAULT]\ndefault_profile = prod\n[OCI_CLI_SETTINGS]\n\ndefault_profile=nosuch\n";
    for (files, arguments, variables, said) in [
        (
            "",
            &["--profile", "nosuch"][..],
            &[][..],
            "profile [nosuch] (--profile) was not found",
        ),
        (
            "",
            &[],
            &[("OCI_CLI_PROFILE", "nosuch")],
            "profile [nosuch] (OCI_CLI_PROFILE) was not found",
        ),
        (
            rc,
            &[],
            &[],
            "profile [nosuch] (default_profile in line 5 of ",
        ),
    ] {
        let home = Home::new();
        if !files.is_empty() {
            home.write(".oci/oci_cli_rc", files.as_bytes());
        }
        let (status, _, stderr) = home.audit(arguments, variables);
        assert_eq!(status, Some(2), "{stderr}");
        assert!(
            stderr.contains(said) && stderr.contains("[DEFAULT], [prod]"),
            "{stderr}"
        );
        assert_eq!(home.cli.sim.totals().requests, 0);
    }
}

#[test]
fn settings_file_that_cannot_be_parsed_stops_the_command() {
    let home = Home::new();
    home.write(".oci/oci_cli_rc", b"default_profile = prod\n");
    let (status, _, stderr) = home.audit(&[], &[]);
    assert_eq!(status, Some(1), "{stderr}");
    assert!(
        stderr.contains("oci_cli_rc is malformed: line 1"),
        "{stderr}"
    );
    assert_eq!(home.cli.sim.totals().requests, 0);
    // It is not needed if the profile is named.
    assert_eq!(home.audit(&["--profile", "prod"], &[]).0, Some(0));
}

#[test]
fn configuration_file_region_and_method_are_those_of_the_variables() {
    let home = Home::new();
    home.write(
        "elsewhere",
        home.prod.replace("[prod]", "[DEFAULT]").as_bytes(),
    );
    for (variables, status, said) in [
        (&[("OCI_CLI_CONFIG_FILE", "~/elsewhere")][..], 0, ""),
        (
            &[("OCI_CLI_CONFIG_FILE", "~/nowhere")],
            1,
            "configuration file (OCI_CLI_CONFIG_FILE): cannot read ",
        ),
        // The SDK's variable only counts where the default file is missing.
        (
            &[
                ("OCI_CONFIG_FILE", "~/nowhere"),
                ("OCI_CLI_PROFILE", "prod"),
            ],
            0,
            "",
        ),
        (
            &[
                ("OCI_CLI_PROFILE", "prod"),
                ("OCI_CLI_REGION", "not a region"),
            ],
            2,
            "OCI_CLI_REGION is `not a region`",
        ),
        (
            &[("OCI_CLI_AUTH", "magic")],
            2,
            "OCI_CLI_AUTH is \"magic\"; expected one of: api_key, security_token",
        ),
        (
            &[("OCI_CLI_AUTH", "pkcs11")],
            2,
            "OCI_CLI_AUTH is \"pkcs11\"",
        ),
        (
            &[
                ("OCI_CLI_AUTH", "security_token"),
                ("OCI_CLI_PROFILE", "prod"),
            ],
            1,
            "security_token_file is not set",
        ),
        (
            &[
                ("OCI_CLI_AUTH", "instance_obo_user"),
                ("OCI_CLI_PROFILE", "prod"),
            ],
            1,
            "delegation_token_file is not set",
        ),
        (
            &[("OCI_CLI_AUTH", "api_key"), ("OCI_CLI_PROFILE", "prod")],
            0,
            "",
        ),
    ] {
        let (code, _, stderr) = home.audit(&[], variables);
        assert_eq!(code, Some(status), "{variables:?}: {stderr}");
        assert!(stderr.contains(said), "{variables:?}: {stderr}");
    }
    let (code, _, stderr) = home.audit(
        &["--auth", "api-key"],
        &[("OCI_CLI_AUTH", "magic"), ("OCI_CLI_PROFILE", "prod")],
    );
    assert_eq!(code, Some(0), "the flag wins: {stderr}");
}

#[test]
fn environment_alone_can_be_a_profile() {
    let home = Home::new();
    let value = |key: &str| {
        let mut lines = home.prod.lines();
        let line = lines.find_map(|line| line.strip_prefix(&format!("{key}=")));
        line.expect("a value").to_owned()
    };
    let key = std::fs::read_to_string(value("key_file")).expect("a key");
    std::fs::remove_file(home.path().join(".oci/config")).expect("a file");
    let (user, tenancy) = (value("user"), value("tenancy"));
    let (fingerprint, file, region) = (value("fingerprint"), value("key_file"), value("region"));
    let common = [
        ("OCI_CLI_USER", user.as_str()),
        ("OCI_CLI_TENANCY", &tenancy),
        ("OCI_CLI_FINGERPRINT", &fingerprint),
        ("OCI_CLI_REGION", &region),
    ];
    for with in [
        ("OCI_CLI_KEY_FILE", file.as_str()),
        ("OCI_CLI_KEY_CONTENT", &key),
    ] {
        let (status, _, stderr) = home.audit(&[], &[&common[..], &[with]].concat());
        assert_eq!(status, Some(0), "{}: {stderr}", with.0);
    }
    let wrong = ("OCI_CLI_FINGERPRINT", "not one");
    let variables = [
        &common[..2],
        &[wrong, common[3], ("OCI_CLI_KEY_FILE", &file)],
    ]
    .concat();
    let (status, _, stderr) = home.audit(&[], &variables);
    assert_eq!(status, Some(1), "{stderr}");
    assert!(
        stderr.contains("OCI_CLI_FINGERPRINT is \"not one\""),
        "{stderr}"
    );
}

#[test]
fn own_key_of_a_profile_wins_over_an_inherited_token() {
    let home = Home::new();
    let token = home.write("token", b"e30.eyJleHAiOjF9.c2ln");
    let inherited = |key: &str| format!("[DEFAULT]\n{key}={}\n\n{}\n", token.display(), home.prod);
    for key in ["security_token_file", "delegation_token_file"] {
        home.write(".oci/config", inherited(key).as_bytes());
        let (status, _, stderr) = home.audit(&["--profile", "prod"], &[]);
        assert_eq!(status, Some(0), "{key}: {stderr}");
    }
    // An authentication type of [DEFAULT] does not win either.
    let config = format!(
        "[DEFAULT]\nauthentication_type=resource_principal\n\n{}\n",
        home.prod
    );
    home.write(".oci/config", config.as_bytes());
    let (status, _, stderr) = home.audit(&["--profile", "prod"], &[]);
    assert_eq!(status, Some(0), "{stderr}");
    assert!(home.cli.sim.totals().rejections.is_empty());
}

#[test]
fn file_of_any_editor_is_read() {
    let home = Home::new();
    let text = home.prod.replace("[prod]", "[DEFAULT]");
    let wide = |order: fn(u16) -> [u8; 2], mark: bool| {
        let units = mark
            .then_some(0xfeff)
            .into_iter()
            .chain(text.encode_utf16());
        units.flat_map(order).collect::<Vec<u8>>()
    };
    let folder = home.path().join("cl\u{e9}s");
    std::fs::create_dir_all(&folder).expect("a folder");
    // ISO 8859-1, with a path in it that is UTF-8 on this system would not be found; a comment is enough.
    let ansi: Vec<u8> = [b"# cl\xe9 priv\xe9e\n", text.as_bytes()].concat();
    let quoted = |quote: char| {
        let mut quoted = String::new();
        for line in text.lines() {
            match line.split_once('=') {
                Some((key, value)) => quoted.push_str(&format!("{key} = {quote}{value}{quote}\n")),
                None => quoted.push_str(&format!("{line}\n")),
            }
        }
        quoted
    };
    let commented = text.replace("region=us-phoenix-1", "region=us-phoenix-1   # home region");
    assert_ne!(commented, text);
    for (name, bytes) in [
        ("UTF-16, little-endian", wide(u16::to_le_bytes, true)),
        ("UTF-16, big-endian", wide(u16::to_be_bytes, true)),
        ("UTF-16 without a mark", wide(u16::to_le_bytes, false)),
        ("ANSI", ansi),
        ("double quotes", quoted('"').into_bytes()),
        ("single quotes", quoted('\'').into_bytes()),
        ("comment behind the region", commented.into_bytes()),
        (
            "comment with a semicolon",
            text.replace("region=us-phoenix-1", "region=us-phoenix-1 ; x")
                .into_bytes(),
        ),
    ] {
        home.write(".oci/config", &bytes);
        let (status, _, stderr) = home.audit(&[], &[]);
        assert_eq!(status, Some(0), "{name}: {stderr}");
    }
}

#[test]
fn home_is_that_of_the_system_where_no_variable_names_it() {
    let home = Home::new();
    let mut command = home.cli.command(&["audit"]);
    command
        .env_remove("HOME")
        .env("OCI_METADATA_BASE_URL", "http://127.0.0.1:1/opc/v2");
    let named = output(&mut command);
    let by_system = nix::unistd::User::from_uid(nix::unistd::getuid())
        .expect("a database")
        .expect("a user")
        .dir;
    let printed = text(&named.stderr);
    let path = by_system.join(".oci/config");
    // Somebody who runs the tests may have such a file.
    if path.exists() {
        println!("SKIPPED: {} exists", path.display());
        return;
    }
    assert!(printed.contains(&path.display().to_string()), "{printed}");

    let user = nix::unistd::User::from_uid(nix::unistd::getuid())
        .expect("a database")
        .expect("a user")
        .name;
    let (status, _, stderr) = home.audit(&["--config-file", &format!("~{user}/nowhere")], &[]);
    assert_eq!(status, Some(1), "{stderr}");
    let expected = by_system.join("nowhere").display().to_string();
    assert!(stderr.contains(&expected), "{stderr}");
}

#[test]
fn invalid_value_is_named_by_file_line_profile_and_key() {
    let home = Home::new();
    let line_of = |key: &str, config: &str| {
        let position = config.lines().position(|line| line.starts_with(key));
        position.expect("a line") + 1
    };
    let base = home.prod.replace("[prod]", "[DEFAULT]");
    for (key, value, status, expected) in [
        ("region", "not a region", 2, "is `not a region`"),
        ("user", "jane", 1, "expected the OCID of the user"),
        ("tenancy", "acme", 1, "expected the OCID of the tenancy"),
        ("fingerprint", "12:34", 1, "expected the fingerprint"),
        ("key_file", "~/nowhere.pem", 1, "cannot read "),
    ] {
        let lines = base
            .lines()
            .map(|line| match line.starts_with(&format!("{key}=")) {
                true => format!("{key}={value}"),
                false => line.to_owned(),
            });
        let config = lines.collect::<Vec<_>>().join("\n");
        home.write(".oci/config", config.as_bytes());
        let (code, _, stderr) = home.audit(&[], &[]);
        assert_eq!(code, Some(status), "{stderr}");
        let named = format!("{key} (line {})", line_of(key, &config));
        for part in [&named, "profile [DEFAULT] in ", expected] {
            assert!(stderr.contains(part), "{part}: {stderr}");
        }
        assert!(!stderr.contains("OCI_RESOURCE_PRINCIPAL"), "{stderr}");
    }
    assert_eq!(home.cli.sim.totals().requests, 0);
    home.write(".oci/config", base.as_bytes());
    let (code, _, stderr) = home.audit(
        &["--domain-url", "https://idcs-1.identity.example.com"],
        &[],
    );
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("--domain-url is `https://idcs-1") && !stderr.contains("AUDIT_DOMAIN_URLS"),
        "{stderr}"
    );
}

#[test]
fn key_that_signs_is_never_overwritten() {
    let home = Home::new();
    let key = home
        .prod
        .lines()
        .find_map(|line| line.strip_prefix("key_file="));
    let key = key.expect("a key").to_owned();
    let before = std::fs::read(&key).expect("a key");
    let base = home.prod.replace("[prod]", "[DEFAULT]");
    let without = base.replace(&format!("key_file={key}"), "");
    for (config, variables) in [
        (base.replace(&key, &format!("\"{key}\"")), vec![]),
        (base.replace(&key, &format!("{key} # mine")), vec![]),
        (without, vec![("OCI_CLI_KEY_FILE", key.as_str())]),
    ] {
        home.write(".oci/config", config.as_bytes());
        let (status, _, stderr) = home.audit(&["--csv", &key], &variables);
        assert_eq!(status, Some(2), "{config}: {stderr}");
        assert!(stderr.contains("would overwrite"), "{stderr}");
        assert_eq!(std::fs::read(&key).expect("a key"), before);
    }
}

#[test]
fn value_that_is_empty_between_quotes_is_missing() {
    let home = Home::new();
    let base = home.prod.replace("[prod]", "[DEFAULT]");
    home.write(
        ".oci/config",
        base.replace("region=us-phoenix-1", "region=\"\"")
            .as_bytes(),
    );
    let (status, _, stderr) = home.audit(&[], &[]);
    assert_eq!(status, Some(1), "{stderr}");
    assert!(stderr.contains("region is not set"), "{stderr}");
    let (status, _, stderr) = home.audit(&[], &[("OCI_REGION", "us-phoenix-1")]);
    assert_eq!(status, Some(0), "{stderr}");
}
