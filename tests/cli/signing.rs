//! What a person can sign with: the configuration file, a session, or a resource principal.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::common::command_line::{CommandLine, output, text};
use crate::common::generated;

#[test]
fn unusable_configuration_file_is_explained() {
    let cli = CommandLine::new(generated(3));
    let write = |name: &str, content: String| {
        let path = cli.write(name, &content);
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("own file");
        path.display().to_string()
    };
    let valid = std::fs::read_to_string(&cli.config_file).expect("a file");
    let other_fingerprint = valid
        .lines()
        .map(|line| {
            if line.starts_with("fingerprint") {
                "fingerprint=00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"
            } else {
                line
            }
        })
        .collect::<Vec<_>>()
        .join("\n");
    let cases = [
        (
            "/does/not/exist".to_owned(),
            "DEFAULT",
            1,
            "oci setup config",
        ),
        (
            cli.config_file.display().to_string(),
            "NOBODY",
            2,
            "SESSION",
        ),
        (
            write("fingerprint", other_fingerprint),
            "DEFAULT",
            1,
            "fingerprint",
        ),
        (
            write("empty", "[DEFAULT]\n".to_owned()),
            "DEFAULT",
            2,
            "oci setup config",
        ),
        (
            write("incomplete", "[DEFAULT]\nregion=us-phoenix-1\n".to_owned()),
            "DEFAULT",
            1,
            "tenancy",
        ),
        (
            write("malformed", "no section\n".to_owned()),
            "DEFAULT",
            1,
            "is malformed",
        ),
    ];
    for (path, profile, status, expected) in cases {
        let output = cli.run(&["audit", "--config-file", &path, "--profile", profile]);
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{path}: {printed}");
        assert!(printed.contains(expected), "{path}: {printed}");
    }
    std::fs::set_permissions(&cli.config_file, Permissions::from_mode(0o644)).expect("own file");
    let open = cli.audit(&[]);
    assert_eq!(
        open.status.code(),
        Some(0),
        "a warning, as Oracle's tools print it"
    );
    assert!(text(&open.stderr).contains("chmod 600"));
}

#[test]
fn session_and_resource_principal_can_sign() {
    let cli = CommandLine::new(generated(3));
    let session = cli.audit(&["--profile", "SESSION", "--auth", "security-token"]);
    assert_eq!(session.status.code(), Some(0), "{}", text(&session.stderr));
    let settings = cli.settings();
    let principal = settings.filter(|(name, _)| name.starts_with("OCI_"));
    let audit = output(cli.command(&["audit"]).envs(principal));
    assert_eq!(audit.status.code(), Some(0), "{}", text(&audit.stderr));
    assert!(cli.sim.totals().rejections.is_empty());
}
