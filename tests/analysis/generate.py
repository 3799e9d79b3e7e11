"""Writes the files of a hub with many tenancies over many days, always the same ones.

What the queries must find is planted, and described in PLANTED below. Only what the queries read is written: credentials.csv and
delivered.json. The columns are those of the golden file of the program.
"""

import argparse
import csv
import datetime
import json
import pathlib
import random
import shutil

COLUMNS = pathlib.Path(__file__).parent / "../golden/reports/credentials.csv"
LAST_DAY = datetime.date(2026, 11, 29)
TYPES = ["api_keys", "auth_tokens", "customer_secret_keys", "smtp_credentials"]
OWNERS = ["payments", "platform", "data", ""]

# What the queries must find, by the number of a tenancy.
SILENT_SINCE = {13: 81}  # no run from this day on
GAP = {20: (40, 42)}  # no run on these days
SHARDS = {5: 2, 6: 4}
SHARED_KEY = ("aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa", (7, 8))
PERSON = ("Ana.Lopez@example.com", (3, 50, 120))
LEGACY = (30, "legacy", 400)  # the oldest credential of all, and its owner
KILLED = 1  # has a run without delivered.json on the last day
EMPTY_SINCE = {40: 70}  # all credentials are deleted on this day


def tenancy_id(number):
    return f"ocid1.tenancy.oc1..aaaaaaaatenancy{number:03d}"


class Credential:
    def __init__(self, random_source, tenancy, number):
        self.type = random_source.choice(TYPES)
        self.id = f"{tenancy:03d}{number:03d}{random_source.getrandbits(64):016x}"
        self.person = f"person{random_source.randrange(3)}.t{tenancy:03d}@example.com"
        self.owner = random_source.choice(OWNERS)
        # Days from the first day of the hub.
        self.created = random_source.randrange(-150, 80)
        lives = random_source.choice([60, 85, 95, 120, 1_000])
        self.deleted = max(self.created + lives, 1)
        digits = f"{random_source.getrandbits(128):032x}"
        self.label = ":".join(digits[at:at + 2] for at in range(0, 32, 2)) if self.type == "api_keys" else f"label {number}, \"quoted\""
        self.admin = random_source.random() < 0.1
        self.active = random_source.random() > 0.05
        self.unlisted = random_source.random() < 0.03
        self.login_days = random_source.choice([1, 10, 89, 90, 200, None])
        self.shard = random_source.randrange(64)

    def row(self, day, date, run_id, as_of):
        age = day - self.created
        state = "OVERDUE" if age >= 90 else "DUE" if age >= 75 else "OK"
        login = None if self.login_days is None else date - datetime.timedelta(days=self.login_days)
        created = date - datetime.timedelta(days=age)
        return {
            "action": "rotate" if age >= 75 else "none", "urgency": "now" if age >= 90 else "week" if age >= 75 else "none",
            "state": state, "user_name": self.person, "user_email": self.person, "owner": self.owner, "credential_type": self.type,
            "label": self.label, "age_days": age, "domain": "Default", "user_active": str(self.active).lower(),
            "user_admin": str(self.admin).lower(), "unlisted": str(self.unlisted).lower(),
            "last_login": f"{login}T06:00:00Z" if login else "", "created": f"{created}T06:00:00.000Z", "user_ocid": f"ocid1.user.oc1..{self.id}",
            "credential_id": self.id, "run_id": run_id, "as_of": as_of,
        }


def credentials_of(tenancy, random_source):
    credentials = [Credential(random_source, tenancy, number) for number in range(random_source.randrange(2, 7))]
    first = credentials[0]
    first.deleted = max(first.deleted, 1_000)
    if tenancy in SHARED_KEY[1]:
        first.type, first.label = "api_keys", SHARED_KEY[0]
    if tenancy in PERSON[1]:
        first.person = PERSON[0] if tenancy == PERSON[1][0] else PERSON[0].lower()
    if tenancy == LEGACY[0]:
        first.owner, first.created = LEGACY[1], None
    return credentials


def write_run(folder, columns, rows, delivered=True):
    folder.mkdir(parents=True)
    with open(folder / "credentials.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    if delivered:
        (folder / "delivered.json").write_text(json.dumps({"run_id": folder.name}))


def write_tenancy(root, columns, tenancy, days, seed):
    random_source = random.Random(seed * 1_000_003 + tenancy)
    credentials = credentials_of(tenancy, random_source)
    for credential in credentials:
        if credential.created is None:
            credential.created = days - 1 - LEGACY[2]
    shards = SHARDS.get(tenancy, 0)
    gap = GAP.get(tenancy, (days, days))
    for day in range(days):
        if day >= SILENT_SINCE.get(tenancy, days) or gap[0] <= day <= gap[1]:
            continue
        date = LAST_DAY - datetime.timedelta(days=days - 1 - day)
        alive = [it for it in credentials if it.created <= day < it.deleted and day < EMPTY_SINCE.get(tenancy, days)]
        for shard in range(max(shards, 1)):
            run_id = f"{date:%Y%m%d}T06{tenancy % 60:02d}{shard:02d}Z-{tenancy:03x}{day % 4096:03x}"
            as_of = f"{date}T06:{tenancy % 60:02d}:{shard:02d}Z"
            part = f"shard-{shard + 1}-of-{shards}/" if shards else ""
            folder = root / f"hub/fleet/{tenancy_id(tenancy)}/{part}{date:%Y/%m/%d}/{run_id}"
            rows = [it.row(day, date, run_id, as_of) for it in alive if not shards or it.shard % shards == shard]
            write_run(folder, columns, rows)
    if tenancy == KILLED:
        run_id = f"{LAST_DAY:%Y%m%d}T230000Z-ffffff"
        killed = credentials[0].row(days - 1, LAST_DAY, run_id, f"{LAST_DAY}T23:00:00Z") | {"age_days": 99_999, "urgency": "now"}
        write_run(root / f"hub/fleet/{tenancy_id(tenancy)}/{LAST_DAY:%Y/%m/%d}/{run_id}", columns, [killed], delivered=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--tenancies", type=int, default=200)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with open(COLUMNS, newline="", encoding="utf-8") as file:
        columns = next(csv.reader(file))
    shutil.rmtree(arguments.out, ignore_errors=True)
    for tenancy in range(arguments.tenancies):
        write_tenancy(arguments.out, columns, tenancy, arguments.days, arguments.seed)


if __name__ == "__main__":
    main()
