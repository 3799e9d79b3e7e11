//! The program as a command, in an empty folder, with an OCI configuration file for a simulated tenancy.

use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;
use tenancy_sim::Tenancy;

use super::served_tenancy::ServedTenancy;
use super::{AS_OF, PROGRAM};

/// A served tenancy, and a person's working folder and OCI configuration file.
pub(crate) struct CommandLine {
    tenancy: ServedTenancy,
    folder: TempDir,
    pub(crate) config_file: PathBuf,
}

impl Deref for CommandLine {
    type Target = ServedTenancy;

    fn deref(&self) -> &ServedTenancy {
        &self.tenancy
    }
}

impl CommandLine {
    pub(crate) fn new(tenancy: Tenancy) -> Self {
        let tenancy = ServedTenancy::start(tenancy);
        Self {
            config_file: tenancy.write_oci_config(),
            folder: tempfile::tempdir().expect("a folder"),
            tenancy,
        }
    }

    /// The program with these arguments, in the folder. Of the environment it gets the home folder, the simulator's IAM, and
    /// no rate limit.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.prepare(Command::new(PROGRAM), arguments)
    }

    /// The same in a session of its own, whose terminal is standard input if that is one.
    pub(crate) fn command_in_session(&self, arguments: &[&str]) -> Command {
        let mut setsid = Command::new("setsid");
        setsid.arg("--ctty").arg(PROGRAM);
        self.prepare(setsid, arguments)
    }

    fn prepare(&self, mut command: Command, arguments: &[&str]) -> Command {
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path());
        for name in ["AUDIT_IDENTITY_ENDPOINT", "AUDIT_RATE_LIMIT"] {
            command.env(name, self.setting(name).unwrap_or_default());
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        output(&mut self.command(arguments))
    }

    /// The arguments of a subcommand with the configuration file.
    pub(crate) fn with_config<'a>(&'a self, command: &'a str, further: &[&'a str]) -> Vec<&'a str> {
        let config_file = self.config_file.to_str().expect("a path of UTF-8");
        [&[command, "--config-file", config_file], further].concat()
    }

    /// `audit` with the configuration file.
    pub(crate) fn audit_command(&self, further: &[&str]) -> Command {
        self.command(&self.with_config("audit", further))
    }

    /// Runs `audit` with the configuration file, at the instant of generated data.
    pub(crate) fn audit(&self, further: &[&str]) -> Output {
        output(&mut self.audit_command(&[&["--as-of", AS_OF], further].concat()))
    }

    /// Runs `audit` with the configuration file, now.
    pub(crate) fn audit_now(&self, further: &[&str]) -> Output {
        output(&mut self.audit_command(further))
    }

    /// `check` with the configuration file.
    pub(crate) fn check_command(&self, further: &[&str]) -> Command {
        self.command(&self.with_config("check", further))
    }

    /// Runs `check` with the configuration file.
    pub(crate) fn check(&self, further: &[&str]) -> Output {
        output(&mut self.check_command(further))
    }

    /// The same with the simulator's bucket and topic.
    pub(crate) fn check_with_bucket_and_topic(&self, further: &[&str]) -> Output {
        let mut command = self.check_command(further);
        for name in [
            "AUDIT_BUCKET",
            "AUDIT_TOPIC_ID",
            "AUDIT_OBJECT_STORAGE_ENDPOINT",
            "AUDIT_NOTIFICATIONS_ENDPOINT",
        ] {
            command.env(name, self.setting(name).expect(name));
        }
        output(&mut command)
    }

    /// The path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The content of a file in the folder.
    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).expect(name);
        path
    }

    /// The names of the files in the folder, sorted.
    pub(crate) fn file_names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("a folder");
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            let name = entry.expect("an entry").file_name();
            name.to_string_lossy().into_owned()
        };
        let mut names: Vec<_> = entries.map(name).collect();
        names.sort();
        names
    }
}

/// Runs a command to its end.
pub(crate) fn output(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
