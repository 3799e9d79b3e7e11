"""Runs the two scripts that credential-audit replaces against the tenancy simulator, and saves their CSV files.

    python3 tests/legacy_scripts/run_seeds.py --scripts DIR --out DIR [--users N] [--seed N] [--as-of TIME] [--program PATH]
                                     [--command PATH] [--refuse LIST=STATUS]...

DIR of --scripts (or the environment variable SEED_SCRIPTS) contains seed_usage.py and seed_expiry.py, which run unchanged:
SEED_OCI_CONFIG names the configuration file, and SEED_NOW freezes the clock. Python needs Oracle's SDK (pip install oci).
The directory of --out receives usage.csv, expiry.csv, their logs, and tenancy.json, which identifies the data. With
--command, credential-audit writes both reports of the same tenancy into the folder `command` of that directory. With
--refuse Users=403 nothing can be compared; instead none of the three programs may write a file.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from simulator import tenancy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", default=os.environ.get("SEED_SCRIPTS"), help="directory of the two scripts")
    parser.add_argument("--out", required=True, help="directory for the CSV files")
    parser.add_argument("--users", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--as-of", default="2026-01-15T06:00:00Z")
    parser.add_argument("--program", help="the program of the simulator; built with cargo if not given")
    parser.add_argument("--command", type=pathlib.Path, help="the program credential-audit")
    parser.add_argument("--refuse", action="append", default=[], help="a list that is answered with an error status")
    arguments = parser.parse_args()
    if not arguments.scripts:
        parser.error("--scripts or SEED_SCRIPTS must name the directory of the two scripts")
    scripts = pathlib.Path(arguments.scripts)
    no_users = any(refusal.startswith("Users=") for refusal in arguments.refuse)
    out = pathlib.Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as directory, tenancy(
        directory,
        arguments.program,
        users=arguments.users,
        seed=arguments.seed,
        as_of=arguments.as_of,
        refuse=arguments.refuse,
    ) as served:
        (out / "tenancy.json").write_text(
            json.dumps({name: served[name] for name in ("users", "credentials", "seed", "as_of")}) + "\n"
        )
        environment = {**os.environ, "SEED_OCI_CONFIG": served["config"], "SEED_NOW": served["as_of"]}
        for name in ("usage", "expiry"):
            csv = out / f"{name}.csv"
            # The expiry script keeps an old file if it finds nothing.
            csv.unlink(missing_ok=True)
            begin = time.monotonic()
            command = [sys.executable, scripts / f"seed_{name}.py", "--domain-url", served["domain_url"], "--csv", csv]
            with open(out / f"{name}.log", "w", encoding="utf-8") as log:
                ended = subprocess.run(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
            if no_users and (ended.returncode == 0 or csv.exists()):
                sys.exit(f"{name}: the script ended with {ended.returncode} although users are refused")
            if no_users:
                print(f"{name}: NOT COMPARED: if users are refused, the script ends with a traceback and without a file")
                continue
            ended.check_returncode()
            rows = csv.read_bytes().count(b"\r\n") if csv.exists() else 0
            print(f"{name}: {rows} lines in {time.monotonic() - begin:.1f} s, {csv}")
        if arguments.command:
            # As documented in docs/command-line.md: 1 if nothing was read, 3 if something was not.
            status = 1 if no_users else 3 if arguments.refuse else 0
            run_command(arguments.command.resolve(), out / "command", served, status)


def run_command(program, out, served, status):
    """Runs the command that replaces the scripts, in an empty folder."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    environment = {
        **os.environ,
        "AUDIT_IDENTITY_ENDPOINT": served["environment"]["AUDIT_IDENTITY_ENDPOINT"],
        "AUDIT_RATE_LIMIT": "off",
    }
    for name in ("usage", "expiry"):
        command = [program, "audit", "--config-file", served["config"], "--domain-url", served["domain_url"]]
        command += ["--report", name, "--as-of", served["as_of"]]
        with open(out / f"{name}.log", "w", encoding="utf-8") as log:
            ended = subprocess.run(command, cwd=out, env=environment, stdout=log, stderr=subprocess.STDOUT)
        written = len(list(out.glob("*.csv")))
        if ended.returncode != status or (status == 1 and written):
            log = (out / f"{name}.log").read_text(encoding="utf-8")
            sys.exit(f"{name}: the command ended with {ended.returncode}, not {status}; CSV files: {written}\n{log}")


if __name__ == "__main__":
    main()
