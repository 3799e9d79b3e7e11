"""How each command of README.md is run, and what shows that it did what README.md says.

A rule is a pattern for the whole command and a function. It returns what it saw; it raises `Wrong` where README.md is not
true, and `NotRun` where the command needs what is not here.
"""

import datetime
import json
import re
import shlex
import shutil
import signal
import subprocess
import threading

from newcomer import LONGEST, REPOSITORY, NotRun, Wrong

COMMANDS = []
# Report, file name, and a file that has the header.
CSV = {
    "expiry": ("user_capabilities_expiry_audit.csv", "scripts/expiry-read.csv"),
    "usage": ("user_capabilities_audit.csv", "scripts/usage-read.csv"),
    "credentials": ("user_credentials_audit.csv", "credentials.csv"),
}
PLACEHOLDERS = {
    "<registry>": "registry.example",
    "<namespace>": "axaxnpcrorw5",
    "<tenancy>": "aaaatenancy",
    "<compartment>": "aaaacompartment",
    "sha256:<printed by the push>": f"sha256:{'0123456789abcdef' * 4}",
}


def rule(pattern):
    def add(function):
        COMMANDS.append((re.compile(pattern), function))
        return function

    return add


def run(newcomer, command):
    """Runs a command by its rule. A command without a rule is an error: someone has to say how it is tried."""
    for pattern, function in COMMANDS:
        match = pattern.fullmatch(command.text)
        if match:
            return function(newcomer, command, match)
    raise Wrong("no rule of tests/readme_commands/rules.py knows how to run it")


def expect(condition, told):
    if not condition:
        raise Wrong(told)


def expect_figures(text):
    """Figures that README.md tells, as they are measured now."""
    readme = " ".join((REPOSITORY / "README.md").read_text(encoding="utf-8").split())
    expect(text in readme, f"README.md does not say: {text}")


def credentials(answer):
    return int(re.search(r'"credentials": (\d+)', answer)[1])


def version():
    manifest = (REPOSITORY / "Cargo.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.+)"$', manifest, re.MULTILINE)[1]


def by_another_step(text):
    """A command that another step of .ci/run runs, there with --locked."""
    for line in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8").splitlines():
        if line.strip().replace(" --locked", "").startswith(text):
            return f"run by .ci/run: {line.strip()}"
    raise Wrong("no step of .ci/run runs it")


# --- build and try ---


@rule(r"cargo run --release --example demo(?: -- (\d+) (\d+) \S+)?")
def demo(newcomer, command, match):
    printed = newcomer.run(newcomer.typed(command.text))
    users, seed = match[1] or "2000", match[2] or "1"
    for text in (f"A tenancy with {users} users, seed {seed}:", '"verdict": "COMPLETE"', "Subject: [OCI credentials] "):
        expect(text in printed, f"the demo did not print {text}")
    reports = [
        newcomer.folder / line.strip()
        for line in printed.split("The reports:")[1].splitlines()
        if "target/demo/" in line
    ]
    names = {report.name for report in reports if report.stat().st_size}
    wanted = {"credentials.csv", "report.html", "findings.jsonl", "manifest.json", "delivered.json"}
    expect(wanted <= names, f"the demo left {sorted(names)}")
    if not match[1]:
        by_default = [report for report in reports if report.name not in ("findings.ocsf.json", "rotate-by.ics")]
        size = sum(report.stat().st_size for report in by_default)
        expect_figures(f"2,000 users with {credentials(printed):,} credentials: {size / 1e6:.0f} MB of reports per run")
    return f"answer, digest, and {len(reports)} reports in target/demo/"


@rule(r"cargo (?:test --workspace|bench --bench \w+)")
def other_steps(_newcomer, command, _match):
    raise NotRun(by_another_step(command.text))


@rule(r"cargo fuzz run --fuzz-dir (\S+) --sanitizer none (\w+) -- -max_total_time=\d+")
def fuzz(_newcomer, _command, match):
    target = REPOSITORY / match[1] / "targets" / f"{match[2]}.rs"
    expect(target.is_file(), f"there is no target {match[2]} in {match[1]}")
    tried = (REPOSITORY / "tests" / "run" / "fuzzed.rs").read_text(encoding="utf-8")
    expect(re.search(rf"\b{match[2]}\b", tried), f"tests/run/fuzzed.rs does not try {match[2]}")
    raise NotRun("needs cargo-fuzz, and minutes to build; cargo test runs the target over its seeds and mutations of them")


@rule(r"cargo build --release")
def build(newcomer, command, _match):
    newcomer.run(newcomer.typed(command.text))
    program = newcomer.typed("target/release/credential-audit")
    printed = newcomer.run(f"{program} --version")
    expect(printed == f"credential-audit {version()}\n", f"--version prints {printed}")
    return f"{program} is there"


# --- at a desk ---


@rule(r"(?:target/release/)?credential-audit audit(?: .*)?")
def audit(newcomer, command, _match):
    text = newcomer.typed(command.text)
    words = shlex.split(text.split("|")[0])
    value = {
        flag: words[place + 1] for place, flag in enumerate(words) if flag in ("--report", "--csv", "--html", "--as-of")
    }
    name, golden = CSV[value.get("--report", "expiry")]
    file = newcomer.folder / value.get("--html", value.get("--csv", name))
    file.unlink(missing_ok=True)
    # Of the simulated tenancy's credentials some are overdue at any time after its own.
    printed = newcomer.run(text, status=4 if "--fail-on" in words else 0, environment=newcomer.with_credentials())
    if "--html" in words:
        page = file.read_text(encoding="utf-8")
        expect(
            page.startswith("<!DOCTYPE html>") and value["--as-of"][:10] in page, f"{file.name} is no page of that day"
        )
        return f"exit status 4, {file.name} of {len(page)} characters"
    header = (REPOSITORY / "tests" / "golden" / "reports" / golden).read_text(encoding="utf-8").splitlines()[0]
    lines = printed if value.get("--csv") == "-" else file.read_text(encoding="utf-8")
    expect(lines.splitlines()[0] == header, f"the header is {lines.splitlines()[0]}")
    expect(len(lines.splitlines()) > 9, "there are no rows")
    if value.get("--csv") != "-":
        expect("COMPLETE: " in printed, f"the verdict is missing from the table:\n{printed}")
    return f"{len(lines.splitlines())} lines with the right header"


@rule(r"(?:target/release/)?credential-audit check(?: .*)?")
def check(newcomer, command, _match):
    printed = newcomer.run(newcomer.typed(command.text), environment=newcomer.with_credentials(everything=True))
    expect("Default" in printed, f"the identity domain is not named:\n{printed}")
    return f"exit status 0, {len(printed.splitlines())} lines"


@rule(r"credential-audit completions (\w+(?:\|\w+)*)")
def completions(newcomer, _command, match):
    marks = {"bash": "complete -F", "zsh": "#compdef credential-audit", "fish": "complete -c credential-audit"}
    for shell in match[1].split("|"):
        printed = newcomer.run(f"credential-audit completions {shell}", environment=newcomer.with_credentials())
        expect(marks[shell] in printed, f"these are no completions for {shell}")
        if shutil.which(shell):
            newcomer.run(f"{shell} -n", stdin=printed)
    return f"completions for {match[1]}"


def exceptions_file(newcomer, block):
    """Exceptions and gaps: understood whole, and a copy that lacks something is not."""
    content = json.loads(block.text)
    for entry in content["exceptions"] + content["gaps"]:
        datetime.date.fromisoformat(entry["until"])
        entry["until"] = (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=30)).isoformat()

    def understood():
        (newcomer.desk / "exceptions.json").write_text(json.dumps(content), encoding="utf-8")
        text = newcomer.typed("target/release/credential-audit audit --exceptions exceptions.json --json summary.json")
        newcomer.run(text, environment=newcomer.with_credentials(), folder=newcomer.desk)
        return json.loads((newcomer.desk / "summary.json").read_text(encoding="utf-8"))["exceptions"]

    wanted = (len(content["exceptions"]), len(content["gaps"]), [])
    told = understood()
    expect((told["exceptions"], told["gaps"], told["bad"]) == wanted, f"not all of it was understood: {told}")
    del content["exceptions"][0]["reason"]
    told = understood()
    expect(len(told["bad"]) == 1, f"an exception without a reason was understood: {told}")
    return f"understood: exceptions {wanted[0]}, gaps {wanted[1]}, with `until` a month from today"


# --- invocation ---


def invocation(newcomer, block):
    """A body: taken for this program's, and obeyed."""
    asked = json.loads(newcomer.typed(block.text))["audit"]
    answer = newcomer.invoke(json.dumps({"audit": asked}))
    if asked.get("check"):
        expect(answer["verdict"] == "COMPLETE", f"the check ended {answer}")
        return f"answered {answer['verdict']}"
    expect(answer["verdict"] == "COMPLETE", f"the run ended {answer['verdict']}")
    if "as_of" in asked:
        expect(answer["as_of"] == asked["as_of"], f"judged at {answer['as_of']}")
    narrowed = sorted(name for name in ("domain_urls", "credential_types") if name in asked)
    expect(sorted(answer.get("scoped", [])) == narrowed, f"scoped: {answer.get('scoped')}")
    for domain in answer["domains"]:
        read = [kind for kind, coverage in domain["coverage"].items() if "left_out" not in coverage]
        expect(read == asked.get("credential_types", read), f"kinds read: {read}")
    stored = not asked.get("dry_run", False)
    expect(bool(answer["objects"]) == stored, f"objects: {answer['objects']}")
    return f"answered {answer['verdict']}, {answer['credentials']} credentials, {len(answer['objects'])} objects"


@rule(r"oci fn function invoke .*")
def oci_invoke(newcomer, command, _match):
    words = command.words()
    body = words[words.index("--body") + 1] if "--body" in words else ""
    answer = newcomer.invoke(body, detached="detached" in words)
    expect(answer.get("verdict") == "COMPLETE", f"the function answered {answer}")
    raise NotRun("needs a deployed function; the agent invoked one so instead, and it answered COMPLETE")


# --- deploy ---


@rule(r"docker (?:login|push) .*")
def registry(_newcomer, _command, _match):
    raise NotRun("needs a registry")


@rule(r"docker build --tag <registry>/<namespace>/credential-audit:(\S+) (\S+)")
def docker_build(_newcomer, _command, match):
    expect(match[1] == version(), f"the tag is {match[1]}, the version {version()}")
    expect((REPOSITORY / match[2] / "Dockerfile").is_file(), f"{match[2]} has no Dockerfile")
    image = (REPOSITORY / ".ci" / "image").read_text(encoding="utf-8")
    expect("^docker build --tag " in image, ".ci/image does not take its arguments from README.md")
    raise NotRun("needs Docker Engine; .ci/image builds it with these arguments, and runs it")


@rule(r"docker build --platform linux/arm64 \.\.\.")
def docker_build_elsewhere(_newcomer, _command, _match):
    raise NotRun("needs Docker Engine, and an arm64 machine or an emulator")


@rule(r"cd (\S+)")
def change_folder(newcomer, _command, match):
    newcomer.folder = newcomer.folder / match[1]
    expect(newcomer.folder.is_dir(), "there is no such folder")
    return "it is there"


def terraform(newcomer, arguments):
    """Runs terraform in the copy of the stack, through the stand-in for the provider where that is at hand."""
    if not shutil.which("terraform"):
        raise NotRun("there is no terraform on this machine")
    program = newcomer.terraform_offline if newcomer.terraform_offline.is_file() else "terraform"
    environment = {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    return newcomer.run(f"{program} {arguments} -no-color", environment=environment, folder=newcomer.desk / "terraform")


def variables_file(newcomer, block):
    """terraform.tfvars: every name is a variable's, since terraform passes over one that is not."""
    text = block.text
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    expect(not re.search(r"<\w", text), f"a placeholder is not known:\n{text}")
    names = re.findall(r"^(\w+) *=", text, re.MULTILINE)
    declared = re.findall(
        r'^variable "(\w+)"', (REPOSITORY / "terraform" / "variables.tf").read_text(encoding="utf-8"), re.MULTILINE
    )
    unknown = sorted(set(names) - set(declared))
    expect(names and not unknown, f"no variables of the stack: {unknown}")
    (newcomer.desk / "terraform" / "terraform.tfvars").write_text(text, encoding="utf-8")
    return f"{len(names)} variables, each of them the stack's"


@rule(r"terraform init")
def terraform_init(newcomer, _command, _match):
    terraform(newcomer, "init -backend=false -input=false")
    terraform(newcomer, "validate")
    return "the stack is valid"


@rule(r"terraform (?:plan|apply|apply -refresh-only)")
def terraform_apply(newcomer, _command, _match):
    """A plan with the values of README.md, of a tenancy that a mock answers for."""
    planned = NotRun("needs a tenancy; planned instead with these variables, against a mock of one")
    folder = newcomer.desk / "terraform"
    if (folder / "tests" / "readme.tftest.hcl").exists():
        raise planned
    expect((folder / "terraform.tfvars").is_file(), "there is no terraform.tfvars before it")
    providers = 'source = "./tests/mocks"\n}\n'
    (folder / "tests" / "readme.tftest.hcl").write_text(
        f'mock_provider "oci" {{\n{providers}mock_provider "oci" {{\nalias = "home"\n{providers}'
        """
        run "readme" {
          command = plan
          assert {
            condition     = length(oci_ons_subscription.digest) == 1 && length(oci_ons_subscription.operators) == 1
            error_message = "The addresses are not subscribed."
          }
          assert {
            condition     = can(regex("^oci fn function invoke .* --fn-invoke-type detached ", output.first_test))
            error_message = "first_test is: ${output.first_test}"
          }
        }
        """,
        encoding="utf-8",
    )
    printed = terraform(newcomer, "test -filter=tests/readme.tftest.hcl")
    expect("Success! 1 passed, 0 failed." in printed, printed)
    raise planned


@rule(r"terraform output (?:-raw )?(\w+)")
def terraform_output(_newcomer, _command, match):
    outputs = (REPOSITORY / "terraform" / "outputs.tf").read_text(encoding="utf-8")
    expect(f'output "{match[1]}" {{' in outputs, "the stack has no such output")
    raise NotRun("needs a stack that was applied; it has this output")


@rule(r"terraform destroy")
def terraform_destroy(_newcomer, _command, _match):
    raise NotRun("needs a stack that was applied")


@rule(r"oci (?:session authenticate|os ns get)")
def oci(_newcomer, _command, _match):
    raise NotRun("needs Oracle's command line and a tenancy")


# --- the simulator ---


@rule(r"cargo run -p tenancy-sim -- --users (\d+)")
def simulator(newcomer, command, match):
    """Serves; what it prints is followed; an interrupt ends it."""
    with open(newcomer.desk / "simulator.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            shlex.split(command.text),
            cwd=newcomer.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    watch = threading.Timer(LONGEST, process.kill)
    watch.start()
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Serving until" in line:
                break
        printed = "".join(lines)
        log = (newcomer.desk / "simulator.log").read_text(encoding="utf-8")
        expect(f"A tenancy with {match[1]} users" in printed, f"it printed\n{printed}{log}")
        followed = follow(newcomer, printed)
        process.send_signal(signal.SIGINT)
        expect(process.wait(timeout=60) == 0, f"after an interrupt it ended with {process.returncode}")
    finally:
        watch.cancel()
        process.kill()
        process.wait()
    return f"it serves; {followed}"


def follow(newcomer, printed):
    """Types what the simulator prints: the command, and where Oracle's SDK is at hand, the lines of Python."""
    [line] = [line.strip() for line in printed.splitlines() if " credential-audit audit " in line]
    told = newcomer.run(line, environment={"PATH": newcomer.with_credentials()["PATH"]}, folder=newcomer.desk)
    expect("COMPLETE: " in told, f"the printed command says\n{told}")
    python = newcomer.target / "venv" / "bin" / "python"
    if not python.is_file():
        return "the printed command reads it; Oracle's SDK is not at hand (.ci/run sdk installs it)"
    lines = [
        line.strip()
        for line in printed.splitlines()
        if line.strip().startswith(("config = oci.", "oci.identity_domains."))
    ]
    expect(len(lines) == 2, f"it printed\n{printed}")
    program = f"import oci\n{lines[0]}\nprint(len({lines[1]}.data.resources))\n"
    told = newcomer.run(f"{shlex.quote(str(python))} -", stdin=program)
    expect(told == "5\n", f"Oracle's SDK lists {told}")
    return "the printed command and the printed lines of Python read it"


@rule(r"cargo run -p tenancy-sim -- agent -- COMMAND")
def agent(newcomer, command, _match):
    newcomer.run("cargo build --quiet --locked --example fdk_probe")
    text = command.text.replace("COMMAND", "target/debug/examples/fdk_probe")
    printed = newcomer.run(text, stdin='{"op":"status","code":418}')
    expect(printed.strip(), "the function of examples/fdk_probe.rs did not answer")
    echoed = newcomer.run(text, stdin="from a newcomer")
    expect(echoed.strip() == "from a newcomer", f"the function of examples/fdk_probe.rs answered {echoed}")
    return "examples/fdk_probe.rs as COMMAND answers"


# --- blocks that are not commands ---


def json_block(newcomer, block):
    content = json.loads(block.text)
    if set(content) == {"exceptions", "gaps"}:
        return exceptions_file(newcomer, block)
    if set(content) == {"audit"}:
        return invocation(newcomer, block)
    raise Wrong(f"no rule of tests/readme_commands/rules.py knows JSON with {', '.join(content)}")


BLOCKS = {"json": json_block, "hcl": variables_file}
