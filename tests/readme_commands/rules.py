"""How each command of the documents is run, and how its result is checked.

A rule is a pattern for the whole command and a function. The function returns what it observed. It raises `Wrong` if
the document is wrong, and `NotRun` if the command needs something that is not available.
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
    "<the new one>": "new",
    "<the one before>": "before",
}


def rule(pattern):
    def add(function):
        COMMANDS.append((re.compile(pattern), function))
        return function

    return add


def run(newcomer, command):
    """Runs a command by its rule. A command without a rule is an error."""
    for pattern, function in COMMANDS:
        match = pattern.fullmatch(command.text)
        if match:
            return function(newcomer, command, match)
    raise Wrong("tests/readme_commands/rules.py has no rule for it")


def expect(condition, message):
    if not condition:
        raise Wrong(message)


def expect_figures(document, text):
    """Expects a statement of a document with the figures measured now."""
    words = " ".join((REPOSITORY / document).read_text(encoding="utf-8").split())
    expect(text in words, f"{document} does not say: {text}")


def credentials(answer):
    return int(re.search(r'"credentials": (\d+)', answer)[1])


def version():
    manifest = (REPOSITORY / "Cargo.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.+)"$', manifest, re.MULTILINE)[1]


def by_another_step(text):
    """The line of .ci/run that runs a command, there with --locked."""
    for line in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8").splitlines():
        if line.strip().replace(" --locked", "").startswith(text):
            return f"run by .ci/run: {line.strip()}"
    raise Wrong("no step of .ci/run runs it")


# --- build and try ---


@rule(r"git clone (\S+) && cd credential-audit|curl --location (.+) \| tar --extract --gzip")
def download(newcomer, _command, match):
    repository = (match[1] or match[2]).split("/releases/")[0]
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    others = set(re.findall(r"https://github\.com/[^/\s]+/credential-audit", readme)) - {repository}
    expect(not others, f"README.md names other repositories: {others}")
    if match[2]:
        name = match[2].rsplit("/", 1)[1].replace("$(uname -m)", "x86_64")
        release = (REPOSITORY / ".ci" / "release").read_text(encoding="utf-8")
        platform = name.removeprefix("credential-audit-").removesuffix(".tar.gz")
        expect(f'"{platform}"' in release, f"no release has {name}")
        shutil.copy(newcomer.target / newcomer.profile / "credential-audit", newcomer.folder)
        raise NotRun("needs a published release; the next commands run the build of this commit in its place")
    raise NotRun("needs the published repository")


@rule(r"diff <\(sort user_capabilities_expiry_audit\.csv\) <\(sort new\.csv\)")
def same_as_the_script(newcomer, command, _match):
    """The file of the script for the same tenancy. A name that a spreadsheet would run has a mark in the new file."""
    python, script = newcomer.target / "venv" / "bin" / "python", newcomer.shared / "seeds" / "seed_expiry.py"
    if not script.is_file() or not python.is_file():
        raise NotRun("needs the script, and Oracle's SDK, which .ci/run sdk installs; .ci/run scripts compares the files")
    environment = {"SEED_OCI_CONFIG": newcomer.tenancy["config"]}
    arguments = f"--domain-url {newcomer.tenancy['domain_url']} --csv user_capabilities_expiry_audit.csv"
    newcomer.run(f"{shlex.quote(str(python))} {shlex.quote(str(script))} {arguments}", environment=environment)
    marked = newcomer.folder / "new.csv"
    text = marked.read_bytes().decode("utf-8")
    expect(len(text.splitlines()) > 9, "new.csv has no rows")
    marked.write_bytes(re.sub(r"(?m)^(\"?)'(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])", r"\1", text).encode("utf-8"))
    return newcomer.run(command.text) or f"equal, {len(text.splitlines())} lines"


@rule(r"cargo run --release --package demo(?: -- (--hostile|\d\S+))?")
def demo(newcomer, command, match):
    printed, digest = newcomer.run(newcomer.typed(command.text)).split("\nSubject: ", 1)
    runs = 1 if match[1] == "--hostile" else 2
    expect(printed.count("Z COMPLETE: ") == runs, f"the demo did not print {runs} complete runs")
    expect(len(printed.splitlines()) <= 25, "the demo printed more than 25 lines before the digest")
    expect(digest.startswith("[OCI credentials] "), "the demo did not print the digest")
    reports = {
        report.name: report.stat().st_size
        for report in (newcomer.folder / "target" / "demo").iterdir()
        if report.is_file() and report.name != "digest.txt"
    }
    wanted = {"credentials.csv", "report.html", "findings.jsonl", "manifest.json", "delivered.json"}
    expect(wanted <= {name for name, size in reports.items() if size}, f"the demo left {sorted(reports)}")
    if match[1] == "--hostile":
        manifest = (newcomer.folder / "target" / "demo" / "manifest.json").read_text(encoding="utf-8")
        size = sum(size for name, size in reports.items() if name not in ("findings.ocsf.json", "rotate-by.ics"))
        expect_figures("docs/cost.md", f"2,000 users with {credentials(manifest):,} credentials: {size / 1e6:.0f} MB of reports per run")
    return f"{runs} complete, the digest, and {len(reports)} reports in target/demo/"


@rule(r"cargo (?:test|test --workspace|bench --bench \w+(?: -- (?:20000-second-day|1000000|--print-times))?)")
def other_steps(_newcomer, command, _match):
    # Rows of a bench are arguments.
    raise NotRun(by_another_step(command.text.split(" -- ")[0]))


@rule(r"cargo fuzz run --fuzz-dir (\S+) --sanitizer none (\w+) -- -max_total_time=\d+")
def fuzz(_newcomer, _command, match):
    target = REPOSITORY / match[1] / "targets" / f"{match[2]}.rs"
    expect(target.is_file(), f"{match[1]} has no target {match[2]}")
    tests = (REPOSITORY / "tests" / "run" / "fuzzed.rs").read_text(encoding="utf-8")
    expect(re.search(rf"\b{match[2]}\b", tests), f"tests/run/fuzzed.rs does not run {match[2]}")
    raise NotRun("needs cargo-fuzz, and minutes to build; cargo test runs the target on its seeds and their mutations")


@rule(r"cargo build --release")
def build(newcomer, command, _match):
    newcomer.run(newcomer.typed(command.text))
    program = newcomer.typed("target/release/credential-audit")
    printed = newcomer.run(f"{program} --version")
    expect(printed.startswith(f"credential-audit {version()} ("), f"--version prints {printed}")
    return f"{program} exists"


# --- command line ---


@rule(r"(?:\./|target/release/)?credential-audit audit(?: .*)?")
def audit(newcomer, command, _match):
    text = newcomer.typed(command.text)
    words = shlex.split(text.split("|")[0])
    value = {
        flag: words[place + 1] for place, flag in enumerate(words) if flag in ("--report", "--csv", "--html", "--as-of")
    }
    name, golden = CSV[value.get("--report", "expiry")]
    file = newcomer.folder / value.get("--html", value.get("--csv", name))
    file.unlink(missing_ok=True)
    # Some credentials of the simulated tenancy are overdue at any later time.
    printed = newcomer.run(text, status=4 if "--fail-on" in words else 0, environment=newcomer.with_credentials())
    if "--html" in words:
        page = file.read_text(encoding="utf-8")
        expect(
            page.startswith("<!DOCTYPE html>") and value["--as-of"][:10] in page, f"{file.name} is not a page for that day"
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
        expect(marks[shell] in printed, f"not completions for {shell}")
        if shutil.which(shell):
            newcomer.run(f"{shell} -n", stdin=printed)
    return f"completions for {match[1]}"


def with_hub(newcomer):
    """The settings of a function whose hub is its own bucket."""
    return {"AUDIT_HUB_BUCKET": newcomer.tenancy["environment"]["AUDIT_BUCKET"]}


@rule(r"credential-audit fleet(?: --bucket (\S+) (.+))?")
def fleet(newcomer, _command, match):
    """The overview of a hub with a run of one tenancy."""
    environment = newcomer.with_credentials(everything=True)
    if not match[1]:
        printed = newcomer.run("credential-audit fleet --help", environment=environment)
        expect("--fail-on" in printed, f"the help is {printed}")
        return "prints its help"
    stored = newcomer.invoke("", settings=with_hub(newcomer))
    expect("stored" in stored["hub"], f"nothing is in the hub: {stored}")
    own = newcomer.tenancy["environment"]
    bucket = f"{newcomer.tenancy['namespace']}/{own['AUDIT_BUCKET']}"
    printed = newcomer.run(f"credential-audit fleet --bucket {bucket} {match[2]}", environment=environment)
    for name in ("fleet.html", "fleet.csv"):
        expect((newcomer.folder / name).stat().st_size > 100, f"{name} is empty")
    rows = (newcomer.folder / "fleet.csv").read_text(encoding="utf-8").splitlines()
    expect(len(rows) == 2 and ",complete," in rows[1], f"fleet.csv is {rows}")
    return f"{len(printed.splitlines())} lines, one tenancy, fleet.html and fleet.csv"


def exceptions_file(newcomer, block):
    """Exceptions and gaps: accepted completely, and not without a required field."""
    content = json.loads(block.text)
    for entry in content["exceptions"] + content["gaps"]:
        datetime.date.fromisoformat(entry["until"])
        entry["until"] = (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=30)).isoformat()

    def accepted():
        (newcomer.workspace / "exceptions.json").write_text(json.dumps(content), encoding="utf-8")
        text = newcomer.typed("target/release/credential-audit audit --exceptions exceptions.json --json summary.json")
        newcomer.run(text, environment=newcomer.with_credentials(), folder=newcomer.workspace)
        return json.loads((newcomer.workspace / "summary.json").read_text(encoding="utf-8"))["exceptions"]

    wanted = (len(content["exceptions"]), len(content["gaps"]), [])
    result = accepted()
    expect((result["exceptions"], result["gaps"], result["bad"]) == wanted, f"not every entry was accepted: {result}")
    del content["exceptions"][0]["reason"]
    result = accepted()
    expect(len(result["bad"]) == 1, f"an exception without a reason was accepted: {result}")
    return f"accepted: exceptions {wanted[0]}, gaps {wanted[1]}, with `until` a month from today"


def owners_file(newcomer, content):
    """Topics of owners: accepted completely, and not without a topic."""
    for owners, bad in ((content["owners"], 0), ([{"owner": "payments"}], 1)):
        (newcomer.workspace / "owners.json").write_text(json.dumps({"owners": owners}), encoding="utf-8")
        text = newcomer.typed("target/release/credential-audit audit --exceptions owners.json --json summary.json")
        newcomer.run(text, environment=newcomer.with_credentials(), folder=newcomer.workspace)
        result = json.loads((newcomer.workspace / "summary.json").read_text(encoding="utf-8"))["exceptions"]
        expect(len(result["bad"]) == bad, f"{owners}: {result}")
    return f"accepted: {len(content['owners'])}"


# --- invocation ---


def invocation(newcomer, block):
    """The body of an invocation: accepted and carried out."""
    asked = json.loads(newcomer.typed(block.text))["audit"]
    if asked.get("fleet"):
        answer = newcomer.invoke(block.text, settings=with_hub(newcomer))
        standings = [row["standing"] for row in answer["rows"]]
        expect(standings == ["complete"], f"the overview is {answer}")
        return "answered one tenancy, complete"
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
        read = [name for name, coverage in domain["coverage"].items() if "left_out" not in coverage]
        expect(read == asked.get("credential_types", read), f"types read: {read}")
    stored = not asked.get("dry_run", False)
    expect(bool(answer["objects"]) == stored, f"objects: {answer['objects']}")
    return f"answered {answer['verdict']}, {answer['credentials']} credentials, {len(answer['objects'])} objects"


@rule(r"oci fn function invoke .*")
def oci_invoke(newcomer, command, _match):
    words = command.words()
    body = words[words.index("--body") + 1] if "--body" in words else ""
    answer = newcomer.invoke(body, detached="detached" in words)
    expect(answer.get("verdict") == "COMPLETE", f"the function answered {answer}")
    raise NotRun("needs a deployed function; the agent invoked one locally instead, and it answered COMPLETE")


# --- deploy ---


@rule(r"docker (?:login|push) .*")
def registry(_newcomer, _command, _match):
    raise NotRun("needs a registry")


@rule(r"docker build --tag <registry>/<namespace>/credential-audit:(\S+) (\S+)")
def docker_build(_newcomer, _command, match):
    expect(match[1] == version(), f"the tag is {match[1]}, the version {version()}")
    expect((REPOSITORY / match[2] / "Dockerfile").is_file(), f"{match[2]} has no Dockerfile")
    image = (REPOSITORY / ".ci" / "image").read_text(encoding="utf-8")
    expect("^docker build --tag " in image, ".ci/image does not take its arguments from the documents")
    raise NotRun("needs Docker Engine; .ci/image builds it with these arguments, and runs it")


@rule(r"docker build --platform linux/arm64 \.\.\.")
def docker_build_elsewhere(_newcomer, _command, _match):
    raise NotRun("needs Docker Engine, and an arm64 machine or an emulator")


@rule(r"cd (\S+)")
def change_folder(newcomer, _command, match):
    newcomer.folder = newcomer.folder / match[1]
    expect(newcomer.folder.is_dir(), "the folder does not exist")
    return "exists"


def terraform(newcomer, arguments):
    """Runs terraform in the copy of the stack, which is initialized once, with the local provider if available."""
    if not shutil.which("terraform"):
        raise NotRun("terraform is not installed")
    initialized = newcomer.workspace / "terraform" / ".terraform"
    if not arguments.startswith("init") and not initialized.exists():
        terraform(newcomer, "init -backend=false -input=false")
    program = newcomer.terraform_offline if newcomer.terraform_offline.is_file() else "terraform"
    environment = {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    folder = newcomer.workspace / "terraform"
    return newcomer.run(f"{program} {arguments} -no-color", environment=environment, folder=folder)


def variables_file(newcomer, block):
    """terraform.tfvars: every name is a variable of the stack, since terraform ignores unknown names."""
    text = block.text
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    expect(not re.search(r"<\w", text), f"an unknown placeholder:\n{text}")
    names = re.findall(r"^(\w+) *=", text, re.MULTILINE)
    declared = re.findall(
        r'^variable "(\w+)"', (REPOSITORY / "terraform" / "variables.tf").read_text(encoding="utf-8"), re.MULTILINE
    )
    unknown = sorted(set(names) - set(declared))
    expect(names and not unknown, f"not variables of the stack: {unknown}")
    folder = newcomer.workspace / "terraform"
    if "tenancy_ocid" in names:
        (folder / "terraform.tfvars").write_text(text, encoding="utf-8")
        return f"{len(names)} variables of the stack"
    # Added to those of the first deployment.
    added = folder / "added.auto.tfvars"
    added.write_text(text, encoding="utf-8")
    plan(newcomer, "added")
    added.unlink()
    return f"{len(names)} variables of the stack, planned with a mock"


@rule(r"terraform init")
def terraform_init(newcomer, _command, _match):
    terraform(newcomer, "init -backend=false -input=false")
    terraform(newcomer, "validate")
    return "the stack is valid"


@rule(r"terraform (?:plan|apply|apply -refresh-only)")
def terraform_apply(newcomer, _command, _match):
    """A plan with the values of the first deployment and a mock of the tenancy."""
    if not (newcomer.workspace / "terraform" / "tests" / "planned.tftest.hcl").exists():
        plan(newcomer, "planned")
    raise NotRun("needs a tenancy; planned instead with these variables and a mock")


def plan(newcomer, name):
    """Plans the stack with its variables and a mock of the tenancy."""
    folder = newcomer.workspace / "terraform"
    expect((folder / "terraform.tfvars").is_file(), "terraform.tfvars is missing")
    providers = 'source = "./tests/mocks"\n}\n'
    (folder / "tests" / f"{name}.tftest.hcl").write_text(
        f'mock_provider "oci" {{\n{providers}mock_provider "oci" {{\nalias = "home"\n{providers}'
        """
        run "plan" {
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
    printed = terraform(newcomer, f"test -filter=tests/{name}.tftest.hcl")
    expect("Success! 1 passed, 0 failed." in printed, printed)


@rule(r"terraform output (?:-raw )?(\w+)")
def terraform_output(_newcomer, _command, match):
    outputs = (REPOSITORY / "terraform" / "outputs.tf").read_text(encoding="utf-8")
    expect(f'output "{match[1]}" {{' in outputs, "the stack has no such output")
    raise NotRun("needs an applied stack; the output exists")


@rule(r"terraform (?:destroy|state rm|import) ?(.*)")
def terraform_state(_newcomer, _command, match):
    """A command about resources of an applied stack, which the stack must have."""
    stack = "".join(file.read_text(encoding="utf-8") for file in (REPOSITORY / "terraform").glob("*.tf"))
    for name in re.findall(r"(oci_\w+)\.(\w+)", match[1]):
        expect(f'resource "{name[0]}" "{name[1]}" {{' in stack, f"the stack has no {name[0]}.{name[1]}")
    expect(bool(match[1]) == ("oci_" in match[1]), f"no resource of the stack in {match[0]}")
    raise NotRun("needs an applied stack")


@rule(r'export OCI_GO_SDK_EC_CONFIG="file,/tmp/\S+"')
def provider_setting(_newcomer, _command, _match):
    raise NotRun("a setting of the provider, which a plan does not read")


@rule(r"duckdb fleet\.duckdb")
def duckdb(_newcomer, _command, _match):
    expect("run_analysis()" in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8"), "no step runs the queries")
    raise NotRun("needs DuckDB; .ci/run analysis runs the queries")


@rule(r"oci (?:session authenticate|os ns get|os bucket update .*|os object sync .*)")
def oci(_newcomer, _command, _match):
    raise NotRun("needs Oracle's command line and a tenancy")


# --- Fn ---

# The fields that `fn` reads from func.yaml, schema 20180708.
FUNC_YAML = {"schema_version", "name", "version", "runtime", "memory", "timeout"}


@rule(r"fn (?:start --detach|create app \S+(?: --annotation \S+)?|deploy --app \S+(?: --local)? --no-bump)")
def fn(_newcomer, command, _match):
    """The file that `fn` reads. Its runtime is the Dockerfile beside it."""
    text = (REPOSITORY / "func.yaml").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^(\w+): (\S+)$", text, re.MULTILINE))
    expect(set(fields) == FUNC_YAML, f"func.yaml has the fields {sorted(fields)}")
    expect((fields["schema_version"], fields["runtime"]) == ("20180708", "docker"), f"func.yaml has {fields}")
    expect((fields["name"], fields["version"]) == ("credential-audit", version()), f"func.yaml has {fields}")
    expect(int(fields["timeout"]) <= 300, "func.yaml has a longer time than the server allows")
    shlex.split(command.text)
    raise NotRun("needs Fn's command line; func.yaml was checked, and .ci/image runs the image as the platform does")


@rule(r"fn config function \S+ (\S+) (\S+) <\w+>")
def fn_config(_newcomer, _command, match):
    settings = (REPOSITORY / "src" / "env.rs").read_text(encoding="utf-8")
    expect(match[1] == "credential-audit" and f'= "{match[2]}";' in settings, f"no setting {match[2]}")
    raise NotRun("needs Fn's command line; the setting exists")


@rule(r"(?:echo -n '(\{.+\})' \| )?fn invoke \S+ credential-audit")
def fn_invoke(newcomer, _command, match):
    answer = newcomer.invoke(match[1] or "")
    expect(answer["verdict"] == "COMPLETE", f"the function answered {answer}")
    raise NotRun("needs a Fn server; the agent invoked the function with this body instead, and it answered COMPLETE")


@rule(r"cargo run -p tenancy-sim -- agent --stock --body '\{\}' -- target/release/credential-audit")
def fn_agent(newcomer, command, _match):
    text = newcomer.typed(command.text)
    printed = newcomer.run(f"{text} 2>&1", status=1)
    missing = re.findall(r'"setting":"(\w+)"', printed)
    expect("agent: 502 " in printed and "AUDIT_BUCKET" in missing, f"the agent printed\n{printed}")
    return f"502, and the log names {', '.join(missing)}"


# --- releases ---


@rule(r"bash \.ci/run ([\w ]+)")
def step_of_ci(_newcomer, _command, match):
    steps = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    for step in match[1].split():
        expect(f"\nrun_{step}() {{" in steps, f".ci/run has no step {step}")
    raise NotRun("a step of .ci/run")


@rule(r"credential-audit --version")
def printed_version(newcomer, command, _match):
    printed = newcomer.run(command.text, environment=newcomer.with_credentials()).strip()
    expect(re.fullmatch(rf"credential-audit {re.escape(version())} \([^,()]+, [\w-]+\)", printed), printed)
    return printed


@rule(r"sha256sum --check --ignore-missing SHA256SUMS")
def checksums(newcomer, command, _match):
    """In a folder with one of the files, as after a download. A changed file fails."""
    folder = newcomer.workspace / "release"
    folder.mkdir(exist_ok=True)
    for name in ("stack.zip", "another"):
        (folder / name).write_text(name, encoding="utf-8")
    newcomer.run(f"{REPOSITORY / '.ci' / 'release'} checksums {folder}")
    (folder / "another").unlink()
    expect("stack.zip: OK" in newcomer.run(command.text, folder=folder), "the checksum is not checked")
    (folder / "stack.zip").write_text("changed", encoding="utf-8")
    newcomer.run(command.text, status=1, folder=folder)
    return "OK, and a changed file is found"


@rule(r"gh attestation verify (\S+) --repo <owner>/credential-audit")
def attestation(_newcomer, _command, match):
    names = (REPOSITORY / ".ci" / "release").read_text(encoding="utf-8")
    system = match[1].removeprefix("credential-audit-").removesuffix(".tar.gz")
    expect(f'"{system}"' in names, f"no release has {match[1]}")
    workflow = (REPOSITORY / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    expect("subject-checksums: release/SHA256SUMS" in workflow, "the files are not attested")
    raise NotRun("needs a published release; the workflow attests the file")


@rule(r'docker build --build-arg (\w+)="\$\((\S+)\)" \.')
def docker_build_with_commit(newcomer, _command, match):
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    expect(f"\nARG {match[1]}=" in dockerfile, f"the Dockerfile has no argument {match[1]}")
    printed = newcomer.run(match[2], folder=REPOSITORY)
    expect(re.fullmatch(r"[0-9a-f]{7} \d{4}-\d\d-\d\d\n", printed), printed)
    raise NotRun("needs Docker Engine; .ci/image builds it with this argument, and compares what the image prints")


@rule(r"docker buildx imagetools create --tag \S+ <image of the release>")
def copy_image(_newcomer, _command, _match):
    raise NotRun("needs a release and a registry")


# --- the simulator ---


@rule(r"cargo run -p tenancy-sim -- --users (\d+)")
def simulator(newcomer, command, match):
    """Starts the simulator, follows its instructions, and interrupts it."""
    with open(newcomer.workspace / "simulator.log", "w", encoding="utf-8") as log:
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
        log = (newcomer.workspace / "simulator.log").read_text(encoding="utf-8")
        expect(f"A tenancy with {match[1]} users" in printed, f"the simulator printed\n{printed}{log}")
        followed = follow(newcomer, printed)
        process.send_signal(signal.SIGINT)
        expect(process.wait(timeout=60) == 0, f"an interrupt ended it with {process.returncode}")
    finally:
        watch.cancel()
        process.kill()
        process.wait()
    return f"serves; {followed}"


def follow(newcomer, printed):
    """Runs what the simulator prints: the command, and the lines of Python if Oracle's SDK is available."""
    [line] = [line.strip() for line in printed.splitlines() if " credential-audit audit " in line]
    output = newcomer.run(line, environment={"PATH": newcomer.with_credentials()["PATH"]}, folder=newcomer.workspace)
    expect("COMPLETE: " in output, f"the printed command printed\n{output}")
    python = newcomer.target / "venv" / "bin" / "python"
    if not python.is_file():
        return "the printed command works; Oracle's SDK is not available (.ci/run sdk installs it)"
    lines = [
        line.strip()
        for line in printed.splitlines()
        if line.strip().startswith(("config = oci.", "oci.identity_domains."))
    ]
    expect(len(lines) == 2, f"it printed\n{printed}")
    program = f"import oci\n{lines[0]}\nprint(len({lines[1]}.data.resources))\n"
    output = newcomer.run(f"{shlex.quote(str(python))} -", stdin=program)
    expect(output == "5\n", f"Oracle's SDK lists {output}")
    return "the printed command and the printed lines of Python work"


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
    if set(content) == {"owners"}:
        return owners_file(newcomer, content)
    if set(content) == {"audit"}:
        return invocation(newcomer, block)
    raise Wrong(f"tests/readme_commands/rules.py has no rule for JSON with {', '.join(content)}")


BLOCKS = {"json": json_block, "hcl": variables_file}
