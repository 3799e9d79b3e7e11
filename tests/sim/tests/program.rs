//! The program as a process: its arguments, output and signals.

use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

type Outcome = Result<(), Box<dyn Error>>;

/// The program, killed when dropped, and its directory.
struct Program {
    process: Child,
    lines: BufReader<ChildStdout>,
    directory: PathBuf,
}

impl Program {
    fn start(name: &str, arguments: &[&str]) -> Result<Self, Box<dyn Error>> {
        let directory =
            std::env::temp_dir().join(format!("tenancy-sim-{name}-{}", std::process::id()));
        let mut process = Command::new(env!("CARGO_BIN_EXE_tenancy-sim"))
            .args(["--print-json", "--directory"])
            .arg(&directory)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(process.stdout.take().ok_or("no stdout")?);
        Ok(Self {
            process,
            lines,
            directory,
        })
    }

    fn line(&mut self) -> Result<Value, Box<dyn Error>> {
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }

    fn signal(&self, signal: Signal) -> Outcome {
        Ok(kill(Pid::from_raw(self.process.id().try_into()?), signal)?)
    }

    fn principal(&self, file: &str) -> std::io::Result<String> {
        fs::read_to_string(self.directory.join("resource-principal").join(file))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn several_domains_are_served_and_printed() -> Outcome {
    let mut program = Program::start("domains", &["--domains", "3", "--users", "7"])?;
    let signpost = program.line()?;
    assert_eq!(signpost["users"], 21);
    let urls = signpost["domain_urls"].as_array().ok_or("no list")?;
    assert_eq!(urls.len(), 3);
    let setting = signpost["environment"]["AUDIT_DOMAIN_URLS"].as_str();
    assert_eq!(setting.map(|urls| urls.split(',').count()), Some(3));
    program.signal(Signal::SIGTERM)?;
    assert!(program.process.wait()?.success());
    Ok(())
}

#[test]
fn only_the_owner_can_read_the_configuration_file_and_its_keys() -> Outcome {
    let mut program = Program::start("private", &["--users", "1"])?;
    program.line()?;
    let mut files = 0;
    for entry in fs::read_dir(program.directory.join("oci"))? {
        let entry = entry?;
        let mode = entry.metadata()?.permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert_eq!(files, 5);
    Ok(())
}

#[test]
fn sighup_renews_the_resource_principal_and_keeps_serving() -> Outcome {
    let mut program = Program::start("renewal", &["--users", "3"])?;
    program.line()?;
    let before = (
        program.principal("rpst")?,
        program.principal("private.pem")?,
    );
    program.signal(Signal::SIGHUP)?;
    assert_eq!(program.line()?["renewed"], "resource principal");
    let after = (
        program.principal("rpst")?,
        program.principal("private.pem")?,
    );
    assert!(before.0 != after.0 && before.1 != after.1);
    assert!(program.process.try_wait()?.is_none());
    Ok(())
}
