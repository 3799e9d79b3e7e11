"""Compares the files of credential-audit and of the two scripts for the same tenancy, byte for byte.

    python3 tests/legacy_scripts/compare.py SCRIPTS_OUT OURS [--holds WORD]... [--asked-user-by-user WORD]

SCRIPTS_OUT is the --out directory of run_seeds.py. OURS has one file per report: as the function stores them (expiry-*.csv
and usage-*.csv in the demo's target/demo/bucket), or as the command names them. Each WORD of --holds must be a cell of both
reports, which proves that the refusal took effect.

Four differences are allowed:
- Rows are sorted by the UTF-8 bytes of the raw user name.
- Text that a spreadsheet would take for a formula begins with an apostrophe.
- The file exists even without rows.
- If a service demands queries by user, a user whose query failed keeps a row in the expiry report. --asked-user-by-user
  ignores such rows, if they have its WORD and the script has no row for the user.

Exit status: 1 if the files differ, with the first difference; 2 if files are missing, or lack the names that are difficult
to write, without which equal files prove little.
"""

import argparse
import csv
import io
import pathlib
import sys

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NAMES = {
    "expiry": ("expiry-*.csv", "user_capabilities_expiry_audit.csv"),
    "usage": ("usage-*.csv", "user_capabilities_audit.csv"),
}


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def written(rows):
    """The rows as Python's csv module writes them."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def expected(path):
    """The rows of the script with the allowed differences applied."""
    header, *rows = rows_of(path)
    rows.sort(key=lambda row: row[0].encode())
    for row in rows:
        if row[0].startswith(FORMULA):
            row[0] = "'" + row[0]
    return [header, *rows]


def kept_for_an_error(ours, theirs, word):
    """The rows with an error, of users that the script does not have."""
    users = {row[0] for row in theirs}
    return [row for row in ours if word in row and row[0] not in users]


def lacking(path, words):
    """The difficult names, and the words, that the file of the script lacks."""
    _, *rows = rows_of(path)
    names = [row[0] for row in rows]
    difficult = {f"a name with {part!r}": lambda name, part=part: part in name for part in (",", '"', "\n")}
    difficult |= {
        f"a name that starts with {first!r}": lambda name, first=first: name.startswith(first) for first in FORMULA[:6]
    }
    difficult["a name in another script"] = lambda name: not name.isascii()
    missing = [what for what, condition in difficult.items() if not any(map(condition, names))]
    return missing + [f"the cell {word}" for word in words if not any(word in row for row in rows)]


def only(folder, patterns):
    found = sorted(path for pattern in patterns for path in folder.rglob(pattern))
    if len(found) != 1:
        print(f"compare: {len(found)} files {' or '.join(patterns)} below {folder}, expected one", file=sys.stderr)
        sys.exit(2)
    return found[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", type=pathlib.Path)
    parser.add_argument("ours", type=pathlib.Path)
    parser.add_argument("--holds", action="append", default=[])
    parser.add_argument("--asked-user-by-user")
    arguments = parser.parse_args()
    for name, patterns in NAMES.items():
        script, file = arguments.scripts / f"{name}.csv", only(arguments.ours, patterns)
        theirs, ours, notes = expected(script), file.read_bytes(), [f"with {word}" for word in arguments.holds]
        if arguments.asked_user_by_user:
            rows = rows_of(file)
            left_out = kept_for_an_error(rows, theirs, arguments.asked_user_by_user)
            ours = written(row for row in rows if row not in left_out)
            notes.append(f"{len(left_out)} rows of {arguments.asked_user_by_user} left out")
        theirs = written(theirs)
        lines = theirs.count(b"\r\n")
        too_little = lacking(script, arguments.holds)
        if too_little:
            print(
                f"compare: {name}.csv of the script lacks {', '.join(too_little)}: the comparison proves too little",
                file=sys.stderr,
            )
            sys.exit(2)
        if theirs != ours:
            pairs = zip(theirs.split(b"\r\n"), ours.split(b"\r\n"))
            number, (left, right) = next(
                ((number, pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]), (lines, (b"", b""))
            )
            print(
                f"{name}: differs at line {number}\n  script: {left.decode()}\n  ours:   {right.decode()}",
                file=sys.stderr,
            )
            sys.exit(1)
        print(", ".join([f"{name}: {lines} lines equal in {arguments.ours}", *notes]))


if __name__ == "__main__":
    main()
