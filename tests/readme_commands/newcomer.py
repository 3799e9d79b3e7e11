"""A newcomer: a person with a fresh clone, a home directory, and a simulated tenancy."""

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

# Instants in the documents are later, so that its statements hold for the data.
AS_OF = "2026-01-15T06:00:00Z"
EXAMPLE_DOMAINS = ("https://idcs-0123.identity.oraclecloud.com", "<URL>")
LONGEST = 1800


class Wrong(Exception):
    """A statement of a document is wrong."""


class NotRun(Exception):
    """The command cannot be run here; the text says why, and what was checked instead."""


class Newcomer:
    """The folder in which commands are typed, and the tenancy they read."""

    def __init__(self, debug, shared):
        self.debug = debug
        self.profile = "debug" if debug else "release"
        self.target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()
        self.shared = shared
        self.terraform_offline = shared / "terraform-offline" / "terraform"
        # Below the clone, so that cargo finds it, and not in the clone, so that no file is left there.
        self.workspace = REPOSITORY / "target" / "newcomer"
        shutil.rmtree(self.workspace, ignore_errors=True)
        self.workspace.mkdir(parents=True)
        (self.workspace / "target").symlink_to(self.target)
        ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars")
        shutil.copytree(REPOSITORY / "terraform", self.workspace / "terraform", ignore=ignored)
        # The folder of the next command of a block.
        self.folder = self.workspace

    def __enter__(self):
        # If the agent is root, functions run as another user, who needs access.
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.home.chmod(0o755)
        # What a newcomer would have downloaded. Nothing else says when it is built: any command may be the first.
        self.run(self.typed("cargo build --quiet --locked --release --bin credential-audit"), folder=REPOSITORY)
        program = self.target / "debug" / "tenancy-sim"
        self.simulator = tenancy(self.home / "tenancy", program, users=120, as_of=AS_OF)
        self.tenancy = self.simulator.__enter__()
        (self.home / ".oci").symlink_to(self.home / "tenancy" / "oci")
        return self

    def __exit__(self, *raised):
        self.simulator.__exit__(*raised)
        shutil.rmtree(self.home)

    def typed(self, text):
        """The command with the domain of this tenancy, and with the available build."""
        if any(domain in text for domain in EXAMPLE_DOMAINS):
            for domain in EXAMPLE_DOMAINS:
                text = text.replace(domain, self.tenancy["domain_url"])
        if self.debug:
            text = text.replace("target/release/", "target/debug/").replace(" --release", "")
        return text

    def run(self, text, status=0, environment=None, folder=None, stdin=None):
        """Runs a command in a shell and returns its output."""
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
            output = "\n".join((ended.stdout + ended.stderr).splitlines()[-30:])
            raise Wrong(f"the command ended with {ended.returncode}, not {status}:\n{output}")
        return ended.stdout

    def with_credentials(self, everything=False):
        """The environment of a person: a home with the configuration file, and the address of IAM. With `everything`, also
        bucket, topic and the other addresses, which a function has."""
        own = self.tenancy["environment"]
        names = [name for name in own if name.startswith("AUDIT_") and name != "AUDIT_DOMAIN_URLS"]
        if not everything:
            names = ["AUDIT_IDENTITY_ENDPOINT"]
        programs = f"{self.target / self.profile}:{os.environ['PATH']}"
        return {"HOME": str(self.home), "PATH": programs, **{name: own[name] for name in names}}

    def invoke(self, body, detached=False, settings=None):
        """Invokes the function as the platform does, with further settings, and returns its answer."""
        command = [self.target / "debug" / "tenancy-sim", "agent", "--body", body, "--timeout", "120"]
        command += ["--detached"] if detached else []
        for name, value in {**self.tenancy["environment"], **(settings or {})}.items():
            command += ["--env", f"{name}={value}"]
        command += ["--", self.target / self.profile / "credential-audit"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST)
        answers = [line for line in ended.stdout.splitlines() if line.startswith("{")]
        if ended.returncode or not answers:
            raise Wrong(f"the function refused the body {body}:\n{ended.stdout}{ended.stderr}")
        return json.loads(answers[-1])
