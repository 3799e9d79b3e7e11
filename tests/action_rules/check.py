"""Compares the actions of credential-audit with a second implementation of its rules.

    python3 tests/action_rules/check.py --command target/debug/credential-audit [--seed N]... [--users N] [--keep DIR]

For each seed a tenancy is generated and served on a loopback port, and the command writes credentials.csv of it. Action,
reason, actor, date, urgency and state of every credential, the order of the rows, and the counts of the summary must be
those of rules.py, which was written from the rules, without the program's source. Exit status: 1 if anything differs, with
the first differences.

For the first of three seeds, the instant is now, and Logging Search has uses of API keys: what was used lately is reviewed.

Not covered, because it needs earlier runs: the brake on mass changes.
"""

import argparse
import collections
import csv
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from rules import TABLE, TYPES, ExceptionEntry, Rules
from served import TENANCY, served
from tenancy import USER_CREDENTIALS, Generator

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
AS_OF = datetime.datetime(2026, 1, 15, 6, tzinfo=datetime.timezone.utc)
PLAIN = {name: (90, 75) for name in TYPES}
# A type with a rotation age alone is due 15 days before; below 30 days, after five sixths.
NARROW = {**PLAIN, "db_credentials": (60, 45), "smtp_credentials": (12, 10), "auth_tokens": (45, 40)}
NARROW_SETTINGS = {
    "AUDIT_ROTATION_DAYS_DB_CREDENTIALS": "60",
    "AUDIT_ROTATION_DAYS_SMTP_CREDENTIALS": "12",
    "AUDIT_ROTATION_DAYS_AUTH_TOKENS": "45",
    "AUDIT_WARNING_DAYS_AUTH_TOKENS": "40",
}
GROUPS = [("Workforce (EU)", "Security Operators")]
GROUPS_SETTING = {"AUDIT_ADMIN_GROUPS": "Workforce (EU)/Security Operators"}
COMPARED = ("action", "reason", "actor", "act_by", "urgency", "state", "expiry_state", "user_admin", "newer_credential_id")
BOOLEANS = {True: "true", False: "false", None: ""}
SHOWN = 12


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", type=pathlib.Path, required=True, help="the program credential-audit")
    parser.add_argument("--seed", type=int, action="append", help="1, 2 and 3 if not given")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--keep", type=pathlib.Path, help="a directory to keep credentials.csv and the tenancy in")
    arguments = parser.parse_args()
    failed = False
    for seed in arguments.seed or (1, 2, 3):
        failed |= not check(seed, arguments)
    sys.exit(1 if failed else 0)


def check(seed, arguments):
    began = time.monotonic()
    # One seed has settings of its own. In another one IAM does not say which domain is the Default one.
    narrow, unknown_default = seed % 3 == 2, seed % 3 == 0
    thresholds, settings = (NARROW, NARROW_SETTINGS) if narrow else (PLAIN, {})
    groups = GROUPS if seed % 3 != 1 else []
    settings = {**settings, **(GROUPS_SETTING if groups else {})}
    # A run of another instant searches for no use.
    searches = seed % 3 == 1
    as_of = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) if searches else AS_OF
    generator = Generator(seed, as_of, thresholds)
    domains = generator.tenancy(arguments.users)
    uses = generator.uses(domains) if searches else {}
    if unknown_default:
        for domain in domains:
            domain["is_default"] = None
    entries = generator.exceptions(domains)
    with tempfile.TemporaryDirectory() as directory, served(domains, uses) as tenancy:
        directory = pathlib.Path(directory)
        if searches:
            options = []
            settings.update(AUDIT_LAST_USE="on", AUDIT_LOGGING_SEARCH_ENDPOINT=tenancy.endpoint + "/{region}")
        else:
            options = ["--as-of", AS_OF.strftime("%Y-%m-%dT%H:%M:%SZ")]
        options += [f"--domain-url={domain['url']}" for domain in tenancy.domains if seed % 2 == 1]
        rows, summary, read_until = run(arguments.command.resolve(), directory, tenancy, entries, settings, options)
        as_of = datetime.datetime.fromisoformat(summary["as_of"].replace("Z", "+00:00"))
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            shutil.copytree(directory, arguments.keep / str(seed), dirs_exist_ok=True)
            (arguments.keep / str(seed) / "tenancy.json").write_text(json.dumps(domains, indent=1), encoding="utf-8")
    exceptions = [ExceptionEntry(entry, as_of) for entry in entries]
    decisions = Rules(as_of, read_until, thresholds, groups, uses).decide(domains, exceptions)
    differences = differences_of(rows, decisions) + differences_of_counts(summary, decisions)
    found = {(one.action, one.reason) for one in decisions}
    used = [("review", "recently_used")] if searches else []
    missing = [row[:2] for row in (*TABLE, ("none", "accepted"), *used) if row[:2] not in found]
    if unknown_default:
        missing.remove(("remove_admin_key", "administrator"))
    counts = collections.Counter((one.action, one.reason, one.urgency) for one in decisions)
    print(f"seed {seed}: {len(rows)} credentials in {time.monotonic() - began:.1f} s, {len(differences)} differences")
    if arguments.keep:
        for (action, reason, urgency), count in sorted(counts.items()):
            print(f"    {count:6} {action} {reason} {urgency}")
    for difference in differences[:SHOWN]:
        print(difference, file=sys.stderr)
    for action, reason in missing:
        print(f"no credential of the tenancy has the action {action} {reason}", file=sys.stderr)
    return not differences and not missing


def run(program, directory, tenancy, entries, settings, options):
    """The rows of credentials.csv, the summary, and the instant at which reading ended, or later."""
    key = directory / "key.pem"
    shutil.copy(REPOSITORY / "tests/sim/keys/api-key.pem", key)
    key.chmod(0o600)
    config = directory / "config"
    config.write_text(
        "[DEFAULT]\nuser=ocid1.user.oc1..exampleauditor\nfingerprint=1b:b4:d4:98:ae:5b:ee:ec:a9:88:f5:a7:3c:3a:15:c7\n"
        f"tenancy={TENANCY}\nregion=us-ashburn-1\nkey_file={key}\n",
        encoding="utf-8",
    )
    config.chmod(0o600)
    exceptions = directory / "exceptions.json"
    exceptions.write_text(json.dumps({"exceptions": entries}), encoding="utf-8")
    report, summary = directory / "credentials.csv", directory / "summary.json"
    command = [program, "audit", "--config-file", config, *options]
    command += ["--report", "credentials", "--csv", report, "--json", summary, "--exceptions", exceptions]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AUDIT_", "OCI_"))}
    environment.update({"AUDIT_IDENTITY_ENDPOINT": tenancy.endpoint, "AUDIT_RATE_LIMIT": "off", **settings})
    ended = subprocess.run(command, env=environment, cwd=directory, capture_output=True, text=True)
    (directory / "log").write_text(ended.stdout + ended.stderr, encoding="utf-8")
    # Partial: in one of the domains, users are missing.
    if ended.returncode != 3:
        sys.exit(f"the command ended with {ended.returncode}, not 3\n{ended.stderr[-4000:]}")
    read_until = datetime.datetime.now(datetime.timezone.utc)
    with open(report, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), json.loads(summary.read_text(encoding="utf-8")), read_until


def differences_of(rows, decisions):
    """One text for each row that differs, and one for the order."""
    differences = []
    expected = {(one.facts.domain["name"], one.facts.id): one for one in decisions}
    actual = {(row["domain"], row["credential_id"]): row for row in rows}
    if len(actual) != len(rows) or actual.keys() != expected.keys():
        differences.append(f"{len(rows)} rows of {len(actual)} credentials, not {len(expected)}")
    for name, decision in expected.items():
        row = actual.get(name)
        if row is None:
            continue
        facts = decision.facts
        newer = facts.newer.id if facts.newer and decision.names_newer() else row["newer_credential_id"]
        own = (decision.action, decision.reason, decision.actor, decision.act_by, decision.urgency)
        own += (facts.state, facts.expiry_state, BOOLEANS[facts.is_administrator()], newer)
        written = tuple(row[column] for column in COMPARED)
        if own != written:
            user = {key: value for key, value in (facts.user or {}).items() if key not in ("emails", USER_CREDENTIALS)}
            differences.append(
                f"{name}\n    expected {own}\n    written  {written}\n    credential {facts.row}\n    user {user}"
            )
    if not differences:
        for place, (row, decision) in enumerate(zip(rows, decisions), 1):
            name = (row["domain"], row["credential_id"])
            if name != (decision.facts.domain["name"], decision.facts.id):
                return [f"row {place} is {row}, not {decision.facts.domain['name']}, {decision.facts.row}"]
    return differences


def differences_of_counts(summary, decisions):
    """Headlines are sums of these counts."""
    actions = collections.Counter((one.action, one.urgency) for one in decisions if one.action != "none")
    written = {
        (action, urgency): count
        for action, by_urgency in summary["actions"].items()
        for urgency, count in by_urgency.items()
        if count
    }
    people = {(one.facts.domain["name"], one.facts.holder) for one in decisions if one.is_for_holder_now()}
    differences = []
    if written != actions:
        differences.append(f"the summary counts {written}, not {dict(actions)}")
    if summary["people"] != len(people):
        differences.append(f"the summary counts {summary['people']} people, not {len(people)}")
    return differences


if __name__ == "__main__":
    main()
