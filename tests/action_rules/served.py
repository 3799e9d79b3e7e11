"""Serves generated domains on a loopback port, as identity domains and IAM do. Any signature is accepted."""

import contextlib
import datetime
import http.server
import json
import re
import threading
import urllib.parse

from rules import TYPES

TENANCY = "ocid1.tenancy.oc1..exampletenancy"


@contextlib.contextmanager
def served(domains, uses):
    """The port of a running server. `uses` has the newest use of API keys, by OCID of the user and fingerprint."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.tenancy = Tenancy(domains, uses, server.server_address[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.tenancy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Tenancy:
    def __init__(self, domains, uses, port):
        self.uses = uses
        self.endpoint = f"http://127.0.0.1:{port}"
        self.domains = [
            {
                "id": f"ocid1.domain.oc1..example{number}",
                "displayName": domain["name"],
                "url": f"{self.endpoint}/domain-{number}",
                "licenseType": "premium",
                "lifecycleState": "ACTIVE",
                **({} if domain["is_default"] is None else {"type": "DEFAULT" if domain["is_default"] else "SECONDARY"}),
            }
            for number, domain in enumerate(domains)
        ]
        self.lists = {}
        for number, domain in enumerate(domains):
            lists = {"Users": domain["users"]}
            lists.update((TYPES[name][0], rows) for name, rows in domain["credentials"].items())
            for segment, rows in lists.items():
                rows = sorted(rows, key=lambda row: row["ocid"])
                self.lists[f"domain-{number}", segment] = [(row, json.dumps(row)) for row in rows]

    def answer(self, path, query):
        match path.strip("/").split("/"):
            case ["20160918", "tenancies", _, "regionSubscriptions"]:
                return json.dumps([{"regionName": "us-ashburn-1", "regionKey": "IAD", "isHomeRegion": True}])
            case ["20160918", "tenancies", _]:
                return json.dumps({"id": TENANCY, "name": "example"})
            case ["20160918", "compartments"]:
                return "[]"
            case ["20160918", "domains"]:
                return json.dumps(self.domains)
            case [_, "20190909", "search"]:
                return self.found(query)
            case [domain, "admin", "v1", segment, *_] if (domain, segment) in self.lists:
                return self.page(self.lists[domain, segment], query)
        return None

    def found(self, search):
        """The uses in a window, whatever the query."""
        start, end = (datetime.datetime.fromisoformat(search[name].replace("Z", "+00:00")) for name in ("timeStart", "timeEnd"))
        rows = [
            {
                "data.identity.credentials": f"{TENANCY}/{ocid}/{fingerprint}",
                "newest": int(used.timestamp() * 1000),
                "oldest": int(used.timestamp() * 1000),
            }
            for (ocid, fingerprint), used in self.uses.items()
            if start <= used < end
        ]
        return json.dumps({"results": [{"data": row} for row in rows]})

    @staticmethod
    def page(rows, query):
        if query.get("filter"):
            # The only filters that are needed name users by id or OCID.
            names = set(re.findall('"([^"]*)"', query["filter"]))
            rows = [row for row in rows if names & {row[0]["id"], row[0]["ocid"]}]
        start, count = int(query.get("startIndex", 1)), int(query.get("count", 50))
        page = [text for _, text in rows[start - 1 : start - 1 + count]]
        return (
            f'{{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":{len(rows)},'
            f'"startIndex":{start},"itemsPerPage":{len(page)},"Resources":[{",".join(page)}]}}'
        )


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        target = urllib.parse.urlsplit(self.path)
        self.reply(target.path, dict(urllib.parse.parse_qsl(target.query)))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.reply(urllib.parse.urlsplit(self.path).path, json.loads(body))

    def reply(self, path, query):
        answer = self.server.tenancy.answer(path, query)
        body = (answer or '{"code":"NotAuthorizedOrNotFound","message":"not found"}').encode()
        self.send_response(404 if answer is None else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
