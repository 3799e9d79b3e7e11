"""Compares what the function stored with what the two scripts wrote for the same tenancy, byte for byte.

    python3 tests/seeds/compare.py SCRIPTS_OUT FUNCTION_OUT

SCRIPTS_OUT is the --out directory of run_seeds.py; below FUNCTION_OUT (the demo's target/demo) lies one run with one
expiry-*.csv and one usage-*.csv. Three differences are promised and nothing else: rows are sorted by the UTF-8 bytes of
the raw user name; text that would be a formula in a spreadsheet has an apostrophe in front; the file is there also
without rows. Exits with 1 and the first difference, or with 2 where there is nothing to compare.
"""

import csv
import io
import pathlib
import sys

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def expected(path):
    """The script's file with the promised differences applied, written by Python's own csv module."""
    header, *rows = rows_of(path)
    rows.sort(key=lambda row: row[0].encode())
    for row in rows:
        if row[0].startswith(FORMULA):
            row[0] = "'" + row[0]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def only(folder, pattern):
    found = sorted(folder.rglob(pattern))
    if len(found) != 1:
        print(f"compare: {len(found)} files {pattern} below {folder}, expected one", file=sys.stderr)
        sys.exit(2)
    return found[0]


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    scripts, function = map(pathlib.Path, sys.argv[1:])
    for name in ("expiry", "usage"):
        theirs, ours = expected(scripts / f"{name}.csv"), only(function, f"{name}-*.csv").read_bytes()
        lines = theirs.count(b"\r\n")
        if lines < 2:
            print(f"compare: {name}.csv has no rows: nothing is compared", file=sys.stderr)
            sys.exit(2)
        if theirs != ours:
            pairs = zip(theirs.split(b"\r\n"), ours.split(b"\r\n"))
            number, (left, right) = next(
                ((number, pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]), (lines, (b"", b""))
            )
            print(f"{name}: differs at line {number}\n  scripts:  {left.decode()}\n  function: {right.decode()}", file=sys.stderr)
            sys.exit(1)
        print(f"{name}: {lines} lines equal")


if __name__ == "__main__":
    main()
