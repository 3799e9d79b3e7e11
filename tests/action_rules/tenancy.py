"""Generates a tenancy with everything that the rules look at, in believable and in awkward combinations.

Domains are dictionaries of the rows that their lists return. The same seed makes the same tenancy.
"""

import datetime
import hashlib
import random

from rules import CAPABILITIES, DAY, TYPES

USER_CREDENTIALS = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userCredentials:User"
USER_EXTENSION = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User"
CLAIMS = {
    "api_keys": "apiKeys",
    "auth_tokens": "authTokens",
    "customer_secret_keys": "customerSecretKeys",
    "db_credentials": "dbCredentials",
    "oauth2_client_credentials": "oAuth2ClientCredentials",
    "smtp_credentials": "smtpCredentials",
}
SECOND = datetime.timedelta(seconds=1)
HOUR = datetime.timedelta(hours=1)
UNREADABLE_DATES = ("yesterday", "2025-11-01", "2025-11-01T00:00:00", "2025-13-01T00:00:00Z", 1767225600, {"at": "noon"})
SCOPES = (
    [{"audience": "https://objectstorage", "scope": "read"}],
    [{"audience": "https://objectstorage", "scope": "read"}, {"audience": "https://streams", "scope": "write"}],
    [{"audience": "https://streams", "scope": "write"}, {"audience": "https://objectstorage", "scope": "read"}],
    [{"audience": "https://objectstorage", "scope": "write"}],
    [{"audience": "https://objectstorage"}],
    [],
    "read",
    None,
)
FIRST_NAMES = ("ana", "dana", "jane", "kim", "lee", "maria", "noor", "pat", "sam", "tomas", "Yuki", "zoe")
LAST_NAMES = ("doe", "roe", "lopez", "diaz", "ivanova", "okafor", "smith", "tanaka", "weber", "Åberg")
GROUPS = ("Administrators", "administrators", "Network Administrators", "Developers", "Security Operators", "Auditors")


class Generator:
    def __init__(self, seed, as_of, thresholds):
        self.random = random.Random(seed)
        self.as_of = as_of
        self.thresholds = thresholds
        self.ids = 0

    def tenancy(self, users):
        """Two large domains, and a small one whose list of users lacks so many that it is not complete."""
        large = users * 2 // 5
        return [
            self.domain("Default", True, large, 0.003),
            self.domain("Workforce (EU)", False, users - large, 0.003),
            self.domain("Lab", False, 120, 0.2),
        ]

    def domain(self, name, is_default, users, nobody):
        rows = [self.user(number, name) for number in range(users)]
        credentials = {credential_type: [] for credential_type in TYPES}
        for row in rows:
            claims = {}
            for credential_type, list_ in credentials.items():
                held = self.held(credential_type)
                for credential in held:
                    credential["user"] = self.reference(row)
                list_ += held
                if held:
                    claims[CLAIMS[credential_type]] = [{"value": credential["id"]} for credential in held]
            row[USER_CREDENTIALS] = claims
        for credential_type, list_ in credentials.items():
            for _ in range(max(2, int(len(list_) * nobody))):
                list_.append(self.of_nobody(credential_type))
            # Another one of the same user who is not listed.
            list_.append({**self.of_nobody(credential_type), "user": dict(list_[-1]["user"] or {})})
        return {
            "name": name,
            "is_default": is_default,
            "users": rows,
            "credentials": credentials,
        }

    def user(self, number, domain):
        pick = self.random.random
        first, last = self.random.choice(FIRST_NAMES), self.random.choice(LAST_NAMES)
        is_service = pick() < 0.1
        name = f"svc-{last}-{number}" if is_service else f"{first}.{last}{number}@example.com"
        if pick() < 0.005:
            name = self.random.choice(("=", "+", "-", "@", "")) + (name if pick() < 0.7 else "")
        row = {
            "id": self.id(),
            "ocid": f"ocid1.user.oc1..{self.id()}",
            "userName": name,
            "emails": [{"value": name, "primary": True}],
            "meta": {"created": self.text(self.as_of - 900 * DAY)},
        }
        active = self.weighted(((88, True), (9, False), (1, None), (1, "false"), (1, "true")))
        if active is not None:
            row["active"] = active
        self.put(row["meta"], "lastModified", self.modified())
        if pick() < 0.98:
            row[CAPABILITIES] = {
                capability: flag
                for _, capability in TYPES.values()
                if (flag := self.weighted(((94, True), (3, False), (1, None), (1, "false"), (1, 0)))) is not None
            }
        row[USER_EXTENSION] = {"isFederatedUser": pick() < 0.3, "serviceUser": is_service}
        groups = [group for group in GROUPS if pick() < (0.02 if "dministrators" in group else 0.06)]
        if groups or pick() < 0.5:
            row["groups"] = [{"display": group} for group in groups]
        return row

    def held(self, credential_type):
        """The credentials of a user of one type."""
        count = self.weighted(((50, 0), (25, 1), (20, 2), (5, 3)))
        held = [self.credential(credential_type) for _ in range(count)]
        if count > 1 and self.random.random() < 0.05:
            held[1]["meta"]["created"] = held[0]["meta"].get("created")
        return held

    def credential(self, credential_type):
        row = {"id": self.id(), "meta": {}}
        row["ocid"] = f"ocid1.credential.oc1..{row['id']}"
        self.put(row["meta"], "created", self.created(credential_type))
        self.put(row["meta"], "lastModified", self.text(self.as_of - 3 * DAY))
        if credential_type == "api_keys":
            row["fingerprint"] = hashlib.md5(row["id"].encode()).digest().hex(":")
        else:
            row["description"] = row["id"][:11]
        if credential_type != "api_keys":
            self.put(row, "expiresOn", self.expiry())
        if credential_type == "db_credentials":
            self.put(row, "lastSetDate", self.weighted(((1, None), (2, self.created(credential_type)))))
        if credential_type == "oauth2_client_credentials":
            # Most clients of a user have the same scopes.
            self.put(row, "scopes", SCOPES[0] if self.random.random() < 0.5 else self.random.choice(SCOPES))
        return row

    def of_nobody(self, credential_type):
        """A credential whose user is not listed, or not named."""
        row = self.credential(credential_type)
        if self.random.random() < 0.5:
            after = self.random.choice((-HOUR, -SECOND, 0 * SECOND, SECOND, 20 * HOUR))
            row["meta"]["created"] = self.text(self.as_of - DAY + after)
        row["user"] = self.random.choice(
            (
                {"value": self.id(), "ocid": f"ocid1.user.oc1..{self.id()}"},
                {"value": self.id()},
                {"ocid": f"ocid1.user.oc1..{self.id()}"},
                {"value": "", "ocid": "", "display": "Jane Roe"},
                {},
                None,
            )
        )
        return row

    def reference(self, user):
        return self.weighted(
            (
                (90, {"value": user["id"], "ocid": user["ocid"]}),
                (5, {"value": user["id"]}),
                (5, {"ocid": user["ocid"]}),
            )
        )

    def created(self, credential_type):
        rotation, warning = self.thresholds[credential_type]
        pick = self.random.random()
        if pick < 0.01:
            return None
        if pick < 0.02:
            return self.random.choice(UNREADABLE_DATES)
        if pick < 0.03:
            return self.text(self.random.choice((self.as_of + HOUR, self.as_of + 20 * DAY, self.as_of + 73 * 365 * DAY)))
        if pick < 0.3:
            days = self.random.choice((0, 1, 7, warning, rotation - 14, rotation - 7, rotation - 1, rotation, rotation + 1))
            return self.text(self.as_of - days * DAY + self.random.choice((-HOUR, -SECOND, 0 * SECOND, SECOND, HOUR)))
        longest = self.random.choice((7, warning, rotation, 2 * rotation, 800))
        return self.text(self.as_of - self.random.randrange(1, longest * 86_400) * SECOND)

    def expiry(self):
        pick = self.random.random()
        if pick < 0.6:
            return None
        if pick < 0.63:
            return self.random.choice((*UNREADABLE_DATES, ""))
        if pick < 0.85:
            days = self.random.choice((-15, -14, -7, 0, 1, 7, 14, 15))
            return self.text(self.as_of + days * DAY + self.random.choice((-HOUR, -SECOND, 0 * SECOND, SECOND, HOUR)))
        return self.text(self.as_of + self.random.randrange(-60 * 86_400, 300 * 86_400) * SECOND)

    def modified(self):
        pick = self.random.random()
        if pick < 0.04:
            return None
        if pick < 0.08:
            return self.random.choice(UNREADABLE_DATES)
        if pick < 0.1:
            return self.text(self.as_of + self.random.choice((SECOND, HOUR, 10 * DAY)))
        if pick < 0.5:
            days = self.random.choice((0, 7, 14, 29, 30, 31))
            return self.text(self.as_of - days * DAY + self.random.choice((-HOUR, -SECOND, 0 * SECOND, SECOND, HOUR)))
        return self.text(self.as_of - self.random.randrange(1, 120 * 86_400) * SECOND)

    def uses(self, domains):
        """The newest use of some API keys, by OCID of the user and fingerprint: before and after the limit of 30 days."""
        uses = {}
        for domain in domains:
            ocids = {user["id"]: user["ocid"] for user in domain["users"]}
            for row in domain["credentials"]["api_keys"]:
                reference = row.get("user") if isinstance(row.get("user"), dict) else {}
                ocid = ocids.get(reference.get("value")) or reference.get("ocid")
                if isinstance(ocid, str) and ocid and self.random.random() < 0.5:
                    hours = self.random.choice((self.random.randrange(1, 30 * 24 - 1), self.random.randrange(30 * 24 + 2, 97 * 24)))
                    uses[ocid, row["fingerprint"]] = self.as_of - hours * HOUR
        return uses

    def exceptions(self, domains):
        """An exceptions file: words to accept alone and together, entries that ended, and invalid ones."""
        words = ("age", "expiry", "newer", "inactive", "capability", "administrator")
        entries = []
        for number in range(400):
            domain = self.random.choice(domains[:2])
            credential_type = self.random.choice(list(TYPES))
            user = self.random.choice(domain["users"])["userName"] or "jane*"
            entry = {
                "user": self.weighted(((6, user), (1, user.upper()), (2, f"svc-{self.random.choice(LAST_NAMES)}-{number % 10}*"))),
                "reason": "agreed with the owner",
                "until": self.weighted(
                    (
                        (8, self.day(self.random.randrange(0, 300))),
                        (1, self.day(0)),
                        (1, self.day(-1)),
                        (1, self.day(4_000)),
                    )
                ),
            }
            if self.random.random() < 0.5:
                entry["domain"] = self.weighted(((3, domain["name"]), (1, domain["name"].upper())))
            if self.random.random() < 0.3:
                entry["type"] = credential_type
            if self.random.random() < 0.2 and domain["credentials"][credential_type]:
                # The users of two thirds of them do not match.
                credential = self.random.choice(domain["credentials"][credential_type])
                entry.update({"credential_id": credential["id"], "user": "*.com"})
            if self.random.random() < 0.85:
                entry["accept"] = self.random.sample(words, self.random.choice((1, 1, 2, 3, 6)))
            if self.random.random() < 0.05:
                entry["accept"] = self.random.choice((["age", "not_listed"], ["mass_change"], ["everything"], "age"))
            entries.append(entry)
        return entries

    def day(self, days):
        return (self.as_of + days * DAY).date().isoformat()

    def text(self, instant):
        """A date in one of the forms that services return."""
        pick = self.random.random()
        if pick < 0.8:
            return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03}Z"
        if pick < 0.9:
            return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
        zone = datetime.timezone(self.random.choice((-5, 1, 9)) * HOUR)
        return instant.astimezone(zone).isoformat()

    def id(self):
        self.ids += 1
        return f"{self.random.getrandbits(96):024x}{self.ids:08x}"

    def weighted(self, choices):
        weights, values = zip(*choices)
        return self.random.choices(values, weights)[0]

    @staticmethod
    def put(row, name, value):
        if value is not None:
            row[name] = value
