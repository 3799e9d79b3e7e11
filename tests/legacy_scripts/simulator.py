"""Starts and stops the tenancy simulator."""

import contextlib
import json
import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def tenancy(directory, program=None, **options):
    """A running simulator; yields its --print-json object.

    Options are those of the program, with `_` for `-`: `users=60, as_of="2026-01-15T06:00:00Z"`. A list repeats its option.
    """
    if program is None:
        subprocess.run(["cargo", "build", "--quiet", "-p", "tenancy-sim"], cwd=REPOSITORY, check=True)
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
        program = target / "debug" / "tenancy-sim"
    command = [str(program), "--print-json", "--directory", str(directory)]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            command.append(flag)
        else:
            for each in value if isinstance(value, list) else [value]:
                command += [flag, str(each)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulator did not start: exit status {process.wait()}")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait(timeout=10)
