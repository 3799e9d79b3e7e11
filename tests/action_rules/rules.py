"""What to do about each credential: the rules of credential-audit once more, as one table.

Written from the rules alone, without the program's source. It reads the rows that the identity domains return, so it also
has its own opinion of dates, holders, capabilities and scopes.
"""

import datetime
import re

NOW, WEEK, LATER, NONE = "now", "week", "later", "none"
URGENCIES = (NOW, WEEK, LATER, NONE)
DAY = datetime.timedelta(days=1)

CAPABILITIES = "urn:ietf:params:scim:schemas:oracle:idcs:extension:capabilities:User"
# List and capability of each type.
TYPES = {
    "api_keys": ("ApiKeys", "canUseApiKeys"),
    "auth_tokens": ("AuthTokens", "canUseAuthTokens"),
    "customer_secret_keys": ("CustomerSecretKeys", "canUseCustomerSecretKeys"),
    "db_credentials": ("UserDbCredentials", "canUseDbCredentials"),
    "oauth2_client_credentials": ("OAuth2ClientCredentials", "canUseOAuth2ClientCredentials"),
    "smtp_credentials": ("SmtpCredentials", "canUseSmtpCredentials"),
}
ACCEPTED_REASONS = {
    "age": {"due", "overdue", "age_unknown"},
    "expiry": {"expiring", "expired", "expiry_unreadable"},
    "newer": {"newer_exists"},
    "inactive": {"inactive_user"},
    "capability": {"capability_off"},
    "administrator": {"administrator"},
}


def boolean(value):
    """A boolean, which may be text in any case; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def date(text):
    """The instant of a date with a zone; None if it is missing or unreadable."""
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return instant if instant.tzinfo else None


class Rules:
    """The rules at one instant: thresholds as (rotation, warning) by type, and the further groups of administrators."""

    def __init__(self, as_of, read_until, thresholds, admin_groups=(), uses=None):
        self.as_of = as_of
        self.read_until = read_until
        self.thresholds = thresholds
        self.admin_groups = admin_groups
        # The newest audited use of API keys, by OCID of the user and fingerprint.
        self.uses = uses or {}

    def decide(self, domains, exceptions):
        """One decision per credential of all domains, in the one order of all reports."""
        decisions = []
        for domain in domains:
            users = Users(domain["users"])
            of_user = {
                user["id"]: [exception for exception in exceptions if exception.names(domain, user)] for user in domain["users"]
            }
            by_holder = {}
            every = []
            for type_name, rows in domain["credentials"].items():
                for row in rows:
                    facts = Facts(self, domain, users, type_name, row)
                    every.append(facts)
                    if facts.holder is not None:
                        by_holder.setdefault((facts.holder, type_name), []).append(facts)
            named = [facts for facts in every if facts.holder is not None]
            not_listed = sum(facts.user is None for facts in named)
            # If so many are not listed, the list of users lacks some.
            users_complete = not_listed < 3 or not_listed * 100 <= len(named)
            for facts in every:
                facts.users_complete = users_complete
                facts.newer = facts.newest_of(by_holder.get((facts.holder, facts.type), []))
                decisions.append(Decision(facts, of_user.get(facts.holder, [])))
        decisions.sort(key=lambda decision: decision.position())
        return decisions


class Users:
    def __init__(self, rows):
        self.by_id = {row["id"]: row for row in rows}
        self.by_ocid = {row["ocid"]: row for row in rows if row.get("ocid")}

    def holder(self, row):
        """What identifies the holder, and the holder's row if it is listed."""
        reference = row.get("user")
        reference = reference if isinstance(reference, dict) else {}
        value, ocid = (text if isinstance(text, str) else "" for text in (reference.get("value"), reference.get("ocid")))
        user = self.by_id.get(value) or self.by_ocid.get(ocid)
        return (user["id"] if user else value or ocid or None), user


class Facts:
    """What is known about one credential."""

    def __init__(self, rules, domain, users, type_name, row):
        self.rules, self.domain, self.type, self.row = rules, domain, type_name, row
        self.as_of = as_of = rules.as_of
        self.id = row["id"]
        self.holder, self.user = users.holder(row)
        # Known once all credentials of the domain are.
        self.newer, self.users_complete = None, True
        start = row.get("meta", {}).get("created")
        self.created = date(start)
        if type_name == "db_credentials" and row.get("lastSetDate"):
            start = row["lastSetDate"]
        self.start = date(start)
        self.latest = rules.read_until + datetime.timedelta(minutes=5)
        if self.start and self.start > self.latest:
            self.start = None
        rotation, warning = rules.thresholds[type_name]
        age = max(as_of - self.start, datetime.timedelta()) // DAY if self.start else None
        self.state = (
            "UNKNOWN" if age is None else "OVERDUE" if age >= rotation else "DUE" if age >= warning else "OK"
        )
        self.rotate_by = self.start + rotation * DAY if self.start else None
        expires_on = row.get("expiresOn")
        self.expiry = date(expires_on)
        if expires_on in (None, ""):
            self.expiry_state = ""
        elif self.expiry is None:
            self.expiry_state = "UNREADABLE"
        elif self.expiry <= as_of:
            # Expired from that instant on, as the `exp` of a token.
            self.expiry_state = "EXPIRED"
        else:
            self.expiry_state = "EXPIRING" if self.expiry - as_of <= 15 * DAY else ""

    def newest_of(self, others):
        """The newest of the same holder and type that is in order; None if there is none."""
        if self.type == "db_credentials" or self.created is None:
            return None
        newer = [
            other
            for other in others
            if other.created
            and other.created > self.created
            and self.as_of - other.created >= 7 * DAY
            and other.state == "OK"
            and other.expiry_state == ""
            and self.has_scopes_of(other)
        ]
        return min(newer, key=lambda other: (self.as_of - other.created, other.id), default=None)

    def has_scopes_of(self, other):
        return self.type != "oauth2_client_credentials" or (self.scopes() is not None and self.scopes() == other.scopes())

    def scopes(self):
        """A set of pairs; None if any is unreadable, or there are none: to SCIM an empty list is one that is missing."""
        scopes = self.row.get("scopes")
        try:
            pairs = {(scope["audience"], scope["scope"]) for scope in scopes}
        except (TypeError, KeyError):
            return None
        return pairs if pairs and all(isinstance(text, str) for pair in pairs for text in pair) else None

    def is_young(self):
        """Whether its user may have been created after the users were listed. What counts is when the credential was created."""
        return self.created is not None and self.created <= self.latest and self.as_of - self.created <= DAY

    def has_nobody(self):
        return self.user is None and self.users_complete and not self.is_young()

    def is_inactive(self):
        return self.user is not None and boolean(self.user.get("active")) is False

    def last_modified(self):
        """None also for an instant after the run, which cannot be trusted."""
        modified = date((self.user.get("meta") or {}).get("lastModified"))
        return modified if modified and modified <= self.latest else None

    def capability_is_off(self):
        capabilities = (self.user or {}).get(CAPABILITIES)
        return isinstance(capabilities, dict) and boolean(capabilities.get(TYPES[self.type][1])) is False

    def is_administrator(self):
        """None if that is unknown."""
        further = {group for domain, group in self.rules.admin_groups if domain == self.domain["name"]}
        is_default = self.domain["is_default"]
        if self.user is None or is_default is None:
            return None
        if not is_default and not further:
            return False
        if "groups" not in self.user:
            return None
        names = {group["display"] for group in self.user["groups"]}
        return bool(names & further) or (is_default and "Administrators" in names)

    def inactive_days(self):
        modified = self.last_modified()
        return (self.as_of - modified) / DAY if modified else None

    def was_used_recently(self):
        reference = self.row.get("user") if isinstance(self.row.get("user"), dict) else {}
        ocid = (self.user or {}).get("ocid") or reference.get("ocid")
        used = self.rules.uses.get((ocid, self.row.get("fingerprint"))) if self.type == "api_keys" else None
        return used is not None and self.as_of - used <= 30 * DAY

    def first_limit(self):
        """The earlier of expiry and rotate-by."""
        return min(limit for limit in (self.expiry, self.rotate_by) if limit)


def now(facts):
    return facts.as_of


def now_if_overdue_else(days, after):
    return lambda facts: facts.as_of if facts.state == "OVERDUE" else after(facts) + days * DAY


def modified_or_now(facts):
    return facts.last_modified() or facts.as_of


# Action, reason, when, act by, actor. The first row that applies.
TABLE = (
    ("find_holder", "names_no_user", lambda f: f.has_nobody() and f.holder is None, now_if_overdue_else(7, now), "security"),
    ("find_holder", "not_listed", lambda f: f.has_nobody(), now_if_overdue_else(7, now), "security"),
    ("delete", "inactive_user", lambda f: f.is_inactive() and (f.inactive_days() or 0) >= 30, now, "security"),
    ("review", "inactive_user", lambda f: f.is_inactive(), now_if_overdue_else(14, modified_or_now), "security"),
    ("review", "capability_off", lambda f: f.capability_is_off(), now_if_overdue_else(14, now), "security"),
    ("delete", "expired", lambda f: f.expiry_state == "EXPIRED" and f.newer, lambda f: f.expiry + 14 * DAY, "holder"),
    ("replace", "expired", lambda f: f.expiry_state == "EXPIRED", now, "holder"),
    (
        "retire",
        "newer_exists",
        lambda f: f.newer and (f.state in ("DUE", "OVERDUE") or f.expiry_state == "EXPIRING"),
        Facts.first_limit,
        "holder",
    ),
    ("rotate", "overdue", lambda f: f.state == "OVERDUE", now, "holder"),
    ("rotate", "age_unknown", lambda f: f.state == "UNKNOWN", now, "holder"),
    ("rotate", "expiry_unreadable", lambda f: f.expiry_state == "UNREADABLE", now, "holder"),
    ("rotate", "due", lambda f: f.state == "DUE", Facts.first_limit, "holder"),
    ("rotate", "expiring", lambda f: f.expiry_state == "EXPIRING", Facts.first_limit, "holder"),
    (
        "remove_admin_key",
        "administrator",
        lambda f: f.type == "api_keys" and f.is_administrator(),
        lambda f: f.as_of + 30 * DAY,
        "holder",
    ),
    ("none", "", lambda f: True, lambda f: None, ""),
)

# What follows from the expiry date alone.
EXPIRY_ROWS = {
    "EXPIRING": ("rotate", "expiring", lambda f: f.expiry, "holder"),
    "UNREADABLE": ("rotate", "expiry_unreadable", now, "holder"),
}


class Decision:
    def __init__(self, facts, exceptions):
        self.facts = facts
        self.action, self.reason, _, act_by, self.actor = next(row for row in TABLE if row[2](facts))
        accepted = set().union(*(exception.accepted(facts) for exception in exceptions))
        if self.reason in accepted:
            expiry = EXPIRY_ROWS.get(facts.expiry_state)
            if self.reason in ACCEPTED_REASONS["age"] and expiry and expiry[1] not in accepted:
                # To accept an age is not to accept an expiry date.
                self.action, self.reason, act_by, self.actor = expiry
            else:
                self.action, self.reason, act_by, self.actor = "none", "accepted", lambda f: None, ""
        act_by = act_by(facts)
        if self.action in ("delete", "retire") and facts.was_used_recently():
            # By the date of the action that it replaces.
            self.action, self.reason, self.actor = "review", "recently_used", "security"
        if self.actor and (facts.user is None or boolean(facts.user.get("active")) is not True):
            self.actor = "security"
        self.urgency = (
            NONE
            if act_by is None
            else NOW
            if act_by <= facts.as_of
            else WEEK
            if act_by - facts.as_of <= 7 * DAY
            else LATER
        )
        act_by = facts.as_of if self.urgency == NOW else act_by
        self.act_by = act_by.astimezone(datetime.timezone.utc).date().isoformat() if act_by else ""

    def position(self):
        facts = self.facts
        administers = facts.is_administrator()
        rank = 0 if administers and facts.type == "api_keys" else 1 if administers else 2
        limit = facts.rotate_by or facts.expiry or facts.created
        return (
            URGENCIES.index(self.urgency),
            rank,
            (0, limit) if limit else (1,),
            facts.domain["name"].encode(),
            self.user_position(),
            list(TYPES).index(facts.type),
            facts.id.encode(),
        )

    def user_position(self):
        """By name, then id. Users who are not listed have no name, so by id alone."""
        facts = self.facts
        if facts.holder is None:
            return (0,)
        name = facts.user["userName"] if facts.user else facts.holder
        return (1, name.encode(), facts.holder.encode())

    def is_for_holder_now(self):
        return self.urgency == NOW and self.actor == "holder"

    def names_newer(self):
        """Whether the report names the newer one."""
        return (self.action, self.reason) in (("retire", "newer_exists"), ("delete", "expired"))


class ExceptionEntry:
    """An entry of the exceptions file."""

    def __init__(self, entry, as_of):
        self.entry = entry
        accept = entry.get("accept", ["age"])
        until = datetime.date.fromisoformat(entry["until"])
        self.holds = until >= as_of.date() and (until - as_of.date()).days <= 366
        self.holds &= isinstance(accept, list) and all(word in ACCEPTED_REASONS for word in accept)
        self.reasons = set().union(*(ACCEPTED_REASONS[word] for word in accept)) if self.holds else set()
        pattern = ".*".join(re.escape(part) for part in entry["user"].split("*"))
        self.user = re.compile(pattern, re.IGNORECASE | re.DOTALL)

    def names(self, domain, user):
        return (
            self.holds
            and self.entry.get("domain", domain["name"]).lower() == domain["name"].lower()
            and self.user.fullmatch(user["userName"]) is not None
        )

    def accepted(self, facts):
        """The reasons that it accepts of a credential of a user whom it names."""
        entry = self.entry
        matches = (
            entry.get("type", facts.type) == facts.type
            and entry.get("credential_id", facts.id).lower() == facts.id.lower()
        )
        return self.reasons if matches else set()
