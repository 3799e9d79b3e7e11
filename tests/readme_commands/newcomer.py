"""A newcomer: somebody with a fresh clone, a home of their own, and a tenancy, which is a simulated one."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "legacy_scripts"))

from simulator import tenancy  # noqa: E402

# Instants in README.md lie after it, so that what is true of the data stays true.
AS_OF = "2026-01-15T06:00:00Z"
EXAMPLE_DOMAIN = "https://idcs-0123.identity.oraclecloud.com"
LONGEST = 1800


class Wrong(Exception):
    """README.md is not true."""


class NotRun(Exception):
    """It cannot be run here; the text says why, and what was checked instead."""


class Newcomer:
    """Where commands are typed, and what they find there."""

    def __init__(self, debug, shared):
        self.debug = debug
        self.profile = "debug" if debug else "release"
        self.target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()
        self.terraform_offline = shared / "terraform-offline" / "terraform"
        # Below the clone, so that cargo finds it; not the clone, so that nothing is left in it.
        self.desk = REPOSITORY / "target" / "newcomer"
        shutil.rmtree(self.desk, ignore_errors=True)
        self.desk.mkdir(parents=True)
        (self.desk / "target").symlink_to(self.target)
        ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars")
        shutil.copytree(REPOSITORY / "terraform", self.desk / "terraform", ignore=ignored)
        # Where the next command of a block is typed.
        self.folder = self.desk

    def __enter__(self):
        # Where the agent is root, functions run as another user, who has to get here.
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.home.chmod(0o755)
        program = self.target / "debug" / "tenancy-sim"
        self.simulator = tenancy(self.home / "tenancy", program, users=120, as_of=AS_OF)
        self.tenancy = self.simulator.__enter__()
        (self.home / ".oci").symlink_to(self.home / "tenancy" / "oci")
        return self

    def __exit__(self, *raised):
        self.simulator.__exit__(*raised)
        shutil.rmtree(self.home)

    def typed(self, text):
        """A command as it is typed here: with this tenancy's domain, and the build that is at hand."""
        text = text.replace(EXAMPLE_DOMAIN, self.tenancy["domain_url"])
        if self.debug:
            text = text.replace("target/release/", "target/debug/").replace(" --release", "")
        return text

    def run(self, text, status=0, environment=None, folder=None, stdin=None):
        """Types a command into a shell. Returns what it printed."""
        ended = subprocess.run(
            ["bash", "-o", "pipefail", "-c", text],
            cwd=folder or self.folder,
            env={**os.environ, **(environment or {})},
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
        if ended.returncode != status:
            told = "\n".join((ended.stdout + ended.stderr).splitlines()[-30:])
            raise Wrong(f"it ended with {ended.returncode}, not {status}:\n{told}")
        return ended.stdout

    def with_credentials(self, everything=False):
        """The environment of a person at a desk: the configuration file in their home, and the services' addresses. With
        `everything`, also the bucket and the topic, which a function has."""
        own = self.tenancy["environment"]
        names = [name for name in own if name.startswith("AUDIT_") and name != "AUDIT_DOMAIN_URLS"]
        if not everything:
            names = ["AUDIT_IDENTITY_ENDPOINT"]
        programs = f"{self.target / self.profile}:{os.environ['PATH']}"
        return {"HOME": str(self.home), "PATH": programs, **{name: own[name] for name in names}}

    def invoke(self, body, detached=False):
        """Invokes the function as the platform does. Returns its answer."""
        command = [self.target / "debug" / "tenancy-sim", "agent", "--body", body, "--timeout", "120"]
        command += ["--detached"] if detached else []
        for name, value in self.tenancy["environment"].items():
            command += ["--env", f"{name}={value}"]
        command += ["--", self.target / self.profile / "credential-audit"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST)
        answers = [line for line in ended.stdout.splitlines() if line.startswith("{")]
        if ended.returncode or not answers:
            raise Wrong(f"the function refused the body {body}:\n{ended.stdout}{ended.stderr}")
        return json.loads(answers[-1])
