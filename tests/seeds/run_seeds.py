"""Runs the two scripts that credential-audit replaces against the tenancy simulator, and keeps their CSV files.

    python3 tests/seeds/run_seeds.py --scripts DIR --out DIR [--users N] [--seed N] [--as-of TIME] [--program PATH]

DIR of --scripts (or the environment variable SEED_SCRIPTS) holds seed_usage.py and seed_expiry.py, which run
unchanged: SEED_OCI_CONFIG names the configuration file, SEED_NOW freezes the clock. Python needs Oracle's SDK
(pip install oci). The directory of --out receives usage.csv, expiry.csv, their logs, and tenancy.json, from which
the same rows can be made again.
"""

import argparse
import json
import os
import pathlib
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
    parser.add_argument("--program", help="the simulator's program; built with cargo when not given")
    arguments = parser.parse_args()
    if not arguments.scripts:
        parser.error("--scripts or SEED_SCRIPTS must name the directory of the two scripts")
    scripts = pathlib.Path(arguments.scripts)
    out = pathlib.Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as directory, tenancy(
        directory, arguments.program, users=arguments.users, seed=arguments.seed, as_of=arguments.as_of
    ) as served:
        (out / "tenancy.json").write_text(
            json.dumps({name: served[name] for name in ("users", "credentials", "seed", "as_of")}) + "\n"
        )
        environment = {**os.environ, "SEED_OCI_CONFIG": served["config"], "SEED_NOW": served["as_of"]}
        for name in ("usage", "expiry"):
            csv = out / f"{name}.csv"
            # The expiry script leaves an old file in place when it finds nothing.
            csv.unlink(missing_ok=True)
            begin = time.monotonic()
            command = [sys.executable, scripts / f"seed_{name}.py", "--domain-url", served["domain_url"], "--csv", csv]
            with open(out / f"{name}.log", "w", encoding="utf-8") as log:
                subprocess.run(command, env=environment, stdout=log, stderr=subprocess.STDOUT, check=True)
            rows = csv.read_bytes().count(b"\r\n") if csv.exists() else 0
            print(f"{name}: {rows} lines in {time.monotonic() - begin:.1f} s, {csv}")


if __name__ == "__main__":
    main()
