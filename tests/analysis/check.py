"""Runs the queries of docs/analysis.md with DuckDB, and compares each result with what plain Python finds in the same files.

    check.py FOLDER [--planted]

FOLDER has the folder `hub` that the queries read. With --planted the results must also have what generate.py plants.
"""

import collections
import csv
import datetime
import os
import pathlib
import re
import statistics
import sys

import duckdb

import generate

DOCUMENT = pathlib.Path(__file__).parent / "../../docs/analysis.md"
QUERIES = 10


def sql_blocks():
    """The statements that load the files, and the queries by their heading."""
    text = DOCUMENT.read_text(encoding="utf-8")
    blocks = re.findall(r"^## ([^\n]*)\n(?:(?!^## ).)*?^```sql\n(.*?)^```$", text, re.M | re.S)
    assert text.count("```sql") == len(blocks) == QUERIES + 1, f"{len(blocks)} blocks"
    return blocks[0][1], blocks[1:]


class Run:
    def __init__(self, folder, hub):
        parts = folder.relative_to(hub).as_posix()
        tenancy = re.search(r"ocid1\.tenancy\.[^/]+", parts)
        shard = re.search(r"shard-\d+-of-\d+", parts)
        self.tenancy = tenancy.group() if tenancy else "this tenancy"
        self.shard = shard.group() if shard else ""
        self.id = folder.name
        self.started = datetime.datetime.strptime(folder.name[:16], "%Y%m%dT%H%M%SZ")
        with open(folder / "credentials.csv", newline="", encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))
        for row in self.rows:
            row["age"] = int(row["age_days"]) if row["age_days"] else None


class Files:
    """All delivered runs, and the rows of the newest of them."""

    def __init__(self, hub):
        self.runs = [Run(file.parent, hub) for file in sorted(hub.rglob("delivered.json"))]
        newest = {}
        for run in self.runs:
            key = (run.tenancy, run.shard)
            if key not in newest or newest[key].id < run.id:
                newest[key] = run
        latest = collections.defaultdict(lambda: datetime.datetime.min)
        for run in newest.values():
            latest[run.tenancy] = max(latest[run.tenancy], run.started)
        hours = datetime.timedelta(hours=36)
        self.newest_runs = [run for run in newest.values() if run.started >= latest[run.tenancy] - hours]
        self.newest = [(run, row) for run in self.newest_runs for row in run.rows]

    def every_row(self):
        return ((run, row) for run in self.runs for row in run.rows)


def oldest(ages):
    return max((age for age in ages if age is not None), default=None)


def grouped(pairs):
    groups = collections.defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def by_work(files):
    groups = grouped((run.tenancy, row) for run, row in files.newest if row["urgency"] == "now")
    found = [(tenancy, len(rows), sum(row["state"] == "OVERDUE" for row in rows), oldest(row["age"] for row in rows)) for tenancy, rows in groups.items()]
    return sorted(found, key=lambda row: (-row[1], row[0]))[:20]


def by_owner(files):
    groups = grouped((row["owner"] or "(no owner)", row["age"]) for _, row in files.newest)
    found = [(owner, len(ages), oldest(ages)) for owner, ages in groups.items()]
    return sorted(found, key=lambda row: (-row[2], row[0]))


def by_week(files):
    last = {}
    for run in files.runs:
        week = run.started.date() - datetime.timedelta(days=run.started.weekday())
        key = (run.tenancy, run.shard, week)
        if key not in last or last[key].id < run.id:
            last[key] = run
    counts = collections.Counter()
    overdue = collections.Counter()
    for (_, _, week), run in last.items():
        for row in run.rows:
            counts[week, row["credential_type"]] += 1
            overdue[week, row["credential_type"]] += row["state"] == "OVERDUE"
    return sorted((*key, overdue[key], count) for key, count in counts.items())


def by_person(files):
    groups = grouped((row["user_email"].lower(), (run.tenancy, row["age"])) for run, row in files.newest if row["user_email"])
    found = [(person, len({tenancy for tenancy, _ in held}), len(held), oldest(age for _, age in held)) for person, held in groups.items()]
    return sorted((row for row in found if row[1] > 1), key=lambda row: (-row[1], row[0]))


def shared_keys(files):
    keys = ((row["label"], run.tenancy) for run, row in files.newest if row["credential_type"] == "api_keys" and row["label"])
    return sorted((label, sorted(set(tenancies)), len(tenancies)) for label, tenancies in grouped(keys).items() if len(set(tenancies)) > 1)


def deleted(files):
    listed = {(run.tenancy, row["credential_id"]) for run, row in files.newest}
    seen = grouped(((run.tenancy, row["credential_type"], row["credential_id"]), row["age"]) for run, row in files.every_row())
    ages = grouped((key[1], oldest(values)) for key, values in seen.items() if (key[0], key[2]) not in listed)
    return sorted((name, len(values), statistics.median(values), max(values)) for name, values in ages.items())


def time_to_act(files):
    asked = grouped(((run.tenancy, row["credential_id"]), run.started) for run, row in files.every_row() if row["urgency"] == "now")
    still = {(run.tenancy, row["credential_id"]) for run, row in files.newest if row["urgency"] == "now"}
    days = grouped((key[0], (max(times).date() - min(times).date()).days) for key, times in asked.items() if key not in still)
    found = [(tenancy, len(values), max(values), statistics.median(values)) for tenancy, values in days.items()]
    return sorted(found, key=lambda row: (-row[2], row[0]))[:20]


def administrators(files):
    keys = (((run.tenancy, row["user_name"]), row["age"]) for run, row in files.newest if row["user_admin"] == "true" and row["credential_type"] == "api_keys")
    found = [(*key, len(ages), oldest(ages)) for key, ages in grouped(keys).items()]
    return sorted(found, key=lambda row: (-row[3], row[0], row[1]))


def outlived(files):
    def is_one(run, row):
        last_login = datetime.date.fromisoformat(row["last_login"][:10]) if row["last_login"] else None
        dormant = last_login is not None and last_login <= run.started.date() - datetime.timedelta(days=90)
        return row["unlisted"] == "true" or row["user_active"] == "false" or dormant

    held = grouped(((run.tenancy, row["user_name"]), row) for run, row in files.newest if is_one(run, row))
    found = []
    for key, rows in held.items():
        if any(row["unlisted"] == "true" for row in rows):
            reason = "not listed"
        else:
            known = [row["user_active"] for row in rows if row["user_active"]]
            reason = "inactive" if known and all(active == "false" for active in known) else "dormant"
        found.append((*key, len(rows), reason))
    return sorted(found)


def missing_days(files):
    first, last = (pick(run.started.date() for run in files.runs) for pick in (min, max))
    days = {first + datetime.timedelta(days=number) for number in range((last - first).days + 1)}
    reported = grouped((run.tenancy, run.started.date()) for run in files.runs)
    found = [(tenancy, len(days - set(seen)), max(days - set(seen), default=None)) for tenancy, seen in reported.items()]
    return sorted((row for row in found if row[1]), key=lambda row: (-row[1], row[0]))


# In the order of the document. The second query also names one of the oldest credentials of each owner.
EXPECTED = [by_work, by_owner, by_week, by_person, shared_keys, deleted, time_to_act, administrators, outlived, missing_days]


def planted(results):
    """What generate.py plants is found."""
    tenancy = generate.tenancy_id
    assert results[0], "nobody has anything to do"
    assert all(row[3] < 99_999 for row in results[0]), "a run that was not delivered counts"
    owner, _, age, where, _ = results[1][0]
    assert (owner, age, where) == (generate.LEGACY[1], generate.LEGACY[2], tenancy(generate.LEGACY[0])), results[1][0]
    weeks = {row[0] for row in results[2]}
    assert len(weeks) == 13 or len(weeks) == 14, weeks
    assert results[3] == [row for row in results[3] if row[0] == generate.PERSON[0].lower()] and results[3][0][1] == 3, results[3]
    assert results[4] == [(generate.SHARED_KEY[0], [tenancy(number) for number in generate.SHARED_KEY[1]], 2)], results[4]
    assert {row[0] for row in results[5]} == set(generate.TYPES), results[5]
    assert results[6] and results[7] and results[8]
    assert {row[3] for row in results[8]} == {"not listed", "inactive", "dormant"}, results[8]
    silent, gap = tenancy(13), tenancy(20)
    assert [row[:2] for row in results[9]] == [(silent, 9), (gap, 3)], results[9]


def main():
    folder = pathlib.Path(sys.argv[1])
    tables, queries = sql_blocks()
    os.chdir(folder)
    files = Files(pathlib.Path("hub"))
    database = duckdb.connect()
    database.execute(tables)
    counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("runs", "credentials", "newest_runs", "newest")]
    expected = [len(files.runs), sum(len(run.rows) for run in files.runs), len(files.newest_runs), len(files.newest)]
    assert counts == expected, f"rows {counts}, not {expected}"
    results = []
    for (heading, query), function in zip(queries, EXPECTED, strict=True):
        rows = database.execute(query).fetchall()
        results.append(rows)
        wanted = function(files)
        if function is by_owner:
            known = {(run.tenancy, row["credential_id"], row["age"]) for run, row in files.newest}
            assert all((where, credential, age) in known for _, _, age, where, credential in rows), f"{heading}: {rows}"
            rows = [row[:3] for row in rows]
        assert rows == wanted, f"{heading}\n{rows[:5]}\nnot\n{wanted[:5]}"
        print(f"{len(rows):6} rows  {heading}")
    if "--planted" in sys.argv:
        planted(results)


if __name__ == "__main__":
    main()
