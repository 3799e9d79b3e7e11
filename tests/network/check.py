"""Runs the command through a real proxy with a password, and against servers with a root of their own.

    python3 tests/network/check.py --program target/debug/tenancy-sim --command target/debug/credential-audit

The command sends plain HTTP to loopback hosts only, and never through a proxy. So the simulator is behind a TLS server with the
name of another machine, which no DNS server has. The proxy, tinyproxy, hands tunnels to a second one that knows the name.
"""

import argparse
import contextlib
import os
import pathlib
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "legacy_scripts"))

from simulator import tenancy

DOMAIN = "domain.tenancy.example"
IAM = "iam.tenancy.example"
PASSWORD = "s3cret-of-the-proxy"


def pipe(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def join(left, right):
    back = threading.Thread(target=pipe, args=(right, left), daemon=True)
    back.start()
    pipe(left, right)
    back.join()


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, handle, port=0):
        self.count = 0
        self.handle = handle
        super().__init__(("127.0.0.1", port), None)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        self.count += 1
        with contextlib.suppress(OSError, ssl.SSLError):
            self.handle(request)


def tls_server(context, port, own_port):
    """A TLS server in front of a port of the simulator."""

    def handle(request):
        with context.wrap_socket(request, server_side=True) as inside, socket.create_connection(("127.0.0.1", port)) as target:
            join(inside, target)

    return Server(handle, own_port)


def tunnels(ports):
    """A proxy that knows the hosts."""

    def handle(request):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = request.recv(1)
            if not data:
                return
            head += data
        host = head.split()[1].decode().rsplit(":", 1)[0]
        with socket.create_connection(("127.0.0.1", ports[host])) as target:
            request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            join(request, target)

    return Server(handle)


def certificates(folder):
    """A root, and a certificate of it for the hosts."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    names = f"subjectAltName=DNS:{DOMAIN},DNS:{IAM},DNS:localhost\nextendedKeyUsage=serverAuth\n"
    (folder / "names").write_text(names)
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Root of a test",
        "-keyout", "root.key", "-out", "root.pem", "-addext", "keyUsage=critical,keyCertSign",
    )  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout", "server.key", "-out", "server.csr")
    openssl(
        "x509", "-req", "-in", "server.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "2",
        "-extfile", "names", "-out", "server.pem",
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def tinyproxy(folder, program, upstream):
    port, log = free_port(), folder / "tinyproxy.log"
    (folder / "tinyproxy.conf").write_text(
        f"Port {port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 50\nLogFile \"{log}\"\nLogLevel Connect\n"
        f"BasicAuth jane {PASSWORD}\nUpstream http 127.0.0.1:{upstream}\n"
    )
    process = subprocess.Popen([program, "-d", "-c", str(folder / "tinyproxy.conf")], stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port, log
    finally:
        process.terminate()
        process.wait(timeout=10)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--command", required=True)
    parser.add_argument("--proxy", default="tinyproxy", help="the program tinyproxy, or '' to leave out the runs through it")
    arguments = parser.parse_args()
    command = pathlib.Path(arguments.command).resolve()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        context = certificates(folder)
        # The ports of the TLS servers are part of the hosts that the simulator must accept.
        ports = [free_port(), free_port()]
        hosts = [DOMAIN, IAM, *(f"localhost:{port}" for port in ports)]
        served = stack.enter_context(tenancy(folder / "tenancy", program=arguments.program, users=30, host=hosts))
        environment = served["environment"]
        port_of = lambda url: urllib.parse.urlsplit(url).port
        domain = tls_server(context, port_of(environment["AUDIT_DOMAIN_URLS"]), ports[0])
        iam = tls_server(context, port_of(environment["AUDIT_IDENTITY_ENDPOINT"].replace("{region}", "x")), ports[1])
        second = tunnels({DOMAIN: domain.port, IAM: iam.port})
        config = served["config"]

        def run(name, status, expected, unexpected=(), **variables):
            settings = {
                "HOME": str(folder),
                "AUDIT_ALLOWED_DOMAIN_HOSTS": "tenancy.example",
                "AUDIT_DOMAIN_URLS": f"https://{DOMAIN}",
                "AUDIT_IDENTITY_ENDPOINT": f"https://{IAM}/{{region}}",
                "AUDIT_RATE_LIMIT": "off",
                "AUDIT_LOG_LEVEL": "trace",
            } | variables
            began = time.monotonic()
            ended = subprocess.run(
                [command, "audit", "--config-file", config, "--csv", str(folder / "out.csv"), "--type", "api_keys"],
                env=settings, capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            printed = ended.stdout + ended.stderr
            problems = [f"exit status {ended.returncode}"] if ended.returncode != status else []
            problems += [f"lacks {text!r}" for text in expected if text not in printed]
            problems += [f"has {text!r}" for text in [PASSWORD, "amFuZTpz", *unexpected] if text in printed]
            if problems:
                sys.exit(f"{name}: {', '.join(problems)}\n{printed[-6000:]}")
            print(f"{name}: ok ({time.monotonic() - began:.1f} s)")

        root = str(folder / "root.pem")
        local = {"AUDIT_DOMAIN_URLS": f"https://localhost:{domain.port}", "AUDIT_IDENTITY_ENDPOINT": f"https://localhost:{iam.port}/{{region}}"}
        run("a root in AUDIT_EXTRA_CA_FILE", 0, ["COMPLETE"], AUDIT_EXTRA_CA_FILE=root, **local)
        run("a root in SSL_CERT_FILE", 0, ["COMPLETE"], SSL_CERT_FILE=root, **local)
        before = domain.count
        run(
            "a root that is not known", 1,
            [f"localhost:{domain.port}", "issuer is not known", "AUDIT_EXTRA_CA_FILE", "SSL_CERT_FILE"],
            ["5 attempts", "NAT gateway"], **local,
        )  # fmt: skip
        if domain.count - before != 2:
            sys.exit(f"users and one type were requested {domain.count - before} times, and not once each")
        if not arguments.proxy:
            return
        port, log = stack.enter_context(tinyproxy(folder, arguments.proxy, second.port))
        proxy = f"http://jane:{PASSWORD}@127.0.0.1:{port}"
        run("through the proxy", 0, ["COMPLETE"], HTTPS_PROXY=proxy, AUDIT_EXTRA_CA_FILE=root)
        if f"CONNECT {DOMAIN}:443" not in log.read_text():
            sys.exit(f"the proxy was not used: {log.read_text()[-2000:]}")
        before = second.count
        at = [f"127.0.0.1:{port}", "HTTPS_PROXY"]
        run("no password", 1, ["407", *at], ["5 attempts"], HTTPS_PROXY=f"http://127.0.0.1:{port}", AUDIT_EXTRA_CA_FILE=root)
        # tinyproxy answers 401 then, as other proxies do to what they forbid.
        run(
            "a wrong password", 1, ["refused a tunnel", "or the password", *at], ["jane:wrong"],
            HTTPS_PROXY=f"http://jane:wrong@127.0.0.1:{port}", AUDIT_EXTRA_CA_FILE=root,
        )  # fmt: skip
        if second.count != before:
            sys.exit("the proxy opened a tunnel without the password")
        run(
            "a root that is not known, through the proxy", 1, [f"{DOMAIN}:443", "issuer is not known"], ["5 attempts"],
            HTTPS_PROXY=proxy,
        )  # fmt: skip


if __name__ == "__main__":
    main()
