"""Makes the golden cases of this folder with Oracle's own SDK.

    python3 -m venv venv && venv/bin/pip install oci==2.189.0
    venv/bin/python tests/golden/signing/generate.py

Everything is fixed (key, date, requests), and PKCS#1 v1.5 signatures are deterministic: a second run changes nothing.
The requests go through the SDK's signers and through `requests`, which the SDK sends with, so that the target and the
content-length are the ones that would be on the wire; nothing is sent.
"""

import email.utils
import json
import pathlib
from datetime import datetime, timezone

import oci
from oci._vendor import requests
from oci.auth.federation_client import AuthTokenRequestSigner
from oci.auth.signers import InstancePrincipalsDelegationTokenSigner, SecurityTokenSigner

HERE = pathlib.Path(__file__).resolve().parent
KEY_FILE = HERE / "keys" / "pkcs8.pem"
# Thu, 15 Jan 2026 06:00:00 GMT
INSTANT = 1768456800

TENANCY = "ocid1.tenancy.oc1..aaaaaaaagoldentenancy"
USER = "ocid1.user.oc1..aaaaaaaagoldenuser"
# Header and claims of a real shape; the signature part is text, since nobody verifies it.
TOKEN = (
    "eyJhbGciOiJSUzI1NiIsImtpZCI6Imdvb2QifQ"
    ".eyJleHAiOjE3Njg0NTc0MDAsInJlc190ZW5hbnQiOiJvY2lkMS50ZW5hbmN5Lm9jMS4uYWFhYSJ9"
    ".bm90LWEtc2lnbmF0dXJl"
)

# The token of the user of a Cloud Shell.
DELEGATION_TOKEN = TOKEN.replace("bm90LWEt", "ZGVsZWdh")
# SHA-1 of a certificate, as the SDK writes it.
CERTIFICATE = "0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9:0A:1B:2C:3D"

DOMAIN = "https://idcs-0123456789abcdef.identity.oraclecloud.com"
STORAGE = "https://objectstorage.eu-frankfurt-1.oraclecloud.com"
NOTIFICATION = "https://notification.eu-frankfurt-1.oci.oraclecloud.com"
AUTH = "https://auth.eu-frankfurt-1.oraclecloud.com"
IDENTITY = "https://identity.eu-frankfurt-1.oci.oraclecloud.com"

# name: (method, url, content type, body, sign the body as a rule, signer)
CASES = {
    "scim_get": ("GET", DOMAIN + "/admin/v1/ApiKeys?filter=user.value%20eq%20%22abc%22&count=1000&attributes=id%2Cmeta", None, None, True, "api_key"),
    "scim_get_port_443": ("GET", DOMAIN + ":443/admin/v1/Users?count=1000&startIndex=1&sortBy=ocid", None, None, True, "api_key"),
    "query_with_plus": ("GET", DOMAIN + "/admin/v1/ApiKeys?filter=user.value+eq+%22a%2Bb%22&count=1", None, None, True, "api_key"),
    "search_post": ("POST", DOMAIN + "/admin/v1/ApiKeys/.search", "application/scim+json",
                    b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"user.value eq \\"abc\\"","count":50}', True, "api_key"),
    "notification_non_ascii": ("POST", NOTIFICATION + "/20181201/topics/ocid1.onstopic.oc1.eu-frankfurt-1.aaaa/messages", "application/json",
                               '{"title":"Schlüssel \u2013 3 überfällig","body":"名前\\n\U0001f511"}'.encode("utf-8"), True, "api_key"),
    "put_object": ("PUT", STORAGE + "/n/ns/b/audit/o/2026%2F01%2F15%2Freport%20x%2By.csv", "text/csv", b"user_name\r\nanna\r\n", False, "api_key"),
    "delete": ("DELETE", DOMAIN + "/admin/v1/ApiKeys/0123456789abcdef", None, None, True, "api_key"),
    "head": ("HEAD", STORAGE + "/n/ns/b/audit/o/2026%2Fmanifest.json", None, None, True, "api_key"),
    "post_empty": ("POST", IDENTITY + "/20160918/actions/none", "application/json", None, True, "api_key"),
    "security_token_get": ("GET", IDENTITY + "/20160918/domains?compartmentId=ocid1.tenancy.oc1..aaaa", None, None, True, "security_token"),
    "security_token_post": ("POST", DOMAIN + "/admin/v1/Users/.search", "application/json", b"{}", True, "security_token"),
    "delegation_token_get": ("GET", DOMAIN + "/admin/v1/Users?count=1000&startIndex=1", None, None, True, "delegation_token"),
    "delegation_token_post": ("POST", DOMAIN + "/admin/v1/ApiKeys/.search", "application/json", b'{"count":50}', True, "delegation_token"),
    "delegation_token_put": ("PUT", STORAGE + "/n/ns/b/audit/o/x.csv", "text/csv", b"user_name\r\n", False, "delegation_token"),
    "instance_token_request": ("POST", AUTH + "/v1/x509", "application/json",
                               b'{"certificate":"MIIB","publicKey":"MIIC","intermediateCertificates":["MIID"]}', True, "instance"),
    "target_root": ("GET", STORAGE + "/", None, None, True, "api_key"),
    "repeated_query_and_reserved": ("GET", STORAGE + "/n/ns/b/a~b_c-d.e/o?prefix=a%2Fb%25&fields=name,size&fields=etag&start=%C3%BC", None, None, True, "api_key"),
}


class DelegationTokenSigner(InstancePrincipalsDelegationTokenSigner):
    """The SDK's signer with a fixed token, without its requests to an instance and to the auth service."""

    def __init__(self, key):
        self.delegation_token = DELEGATION_TOKEN
        headers = ["date", "(request-target)", "host", "opc-obo-token"]
        SecurityTokenSigner.__init__(self, TOKEN, key, generic_headers=headers)

    def __call__(self, request, enforce_content_headers=True):
        return self.do_request_sign(request, enforce_content_headers)


class Retriever:
    def __init__(self, key):
        self.key = key

    def get_private_key(self):
        return self.key


def main():
    # The only clock the SDK's signer reads.
    email.utils.formatdate = lambda usegmt: email.utils.format_datetime(datetime.fromtimestamp(INSTANT, timezone.utc), usegmt)
    fingerprint = (HERE / "keys" / "fingerprint.txt").read_text().strip()
    key = oci.signer.load_private_key_from_file(str(KEY_FILE))
    signers = {
        "api_key": oci.signer.Signer(TENANCY, USER, fingerprint, str(KEY_FILE)),
        "security_token": SecurityTokenSigner(TOKEN, key),
        "delegation_token": DelegationTokenSigner(key),
        "instance": AuthTokenRequestSigner(TENANCY, CERTIFICATE, Retriever(key)),
    }
    for name, case in CASES.items():
        write_case(name, signers, *case)


def write_case(name, signers, method, url, content_type, body, enforce, signer_name):
    signer = signers[signer_name]
    headers = {"content-type": content_type} if content_type else {}
    request = requests.Request(method, url, headers=headers, data=body).prepare()
    # `httpsig` builds the signing string inside `sign`; this keeps what it hands to the key.
    signed = []
    for one in (signer._basic_signer, signer._body_signer):
        one._sign = lambda data, sign=type(one)._sign, one=one: signed.append(data) or sign(one, data)
    signer(request, enforce_content_headers=enforce)
    [signing_string] = signed
    if isinstance(signing_string, bytes):
        signing_string = signing_string.decode("ascii")

    authorization = request.headers["authorization"]
    fields = dict(field.split("=", 1) for field in authorization.removeprefix("Signature ").split(","))
    header_list = fields["headers"].strip('"')
    covers_body = "x-content-sha256" in header_list
    document = {
        "comment": "made by generate.py with Oracle's Python SDK " + oci.__version__,
        "method": method,
        "target": request.path_url,
        "host": request.headers["host"],
        # null: no header about the body is signed
        "signed_content_type": request.headers["content-type"] if covers_body else None,
        "body": (body or b"").decode("utf-8"),
        "key_id": signer.api_key,
        "instant": INSTANT,
        "expected": {
            "date": request.headers["date"],
            "header_list": header_list,
            "content_length": request.headers["content-length"] if covers_body else None,
            "x_content_sha256": request.headers["x-content-sha256"] if covers_body else None,
        },
    }
    if "opc-obo-token" in header_list:
        document["delegation_token"] = request.headers["opc-obo-token"]
    if "host" not in header_list.split():
        document["signs_host"] = False
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    (folder / "request.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "signing_string.txt").write_text(signing_string, encoding="ascii")
    (folder / "signature.txt").write_text(fields["signature"].strip('"'), encoding="ascii")
    (folder / "authorization.txt").write_text(authorization, encoding="ascii")


if __name__ == "__main__":
    main()
