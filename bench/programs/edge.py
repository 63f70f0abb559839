"""The HTTP edge beside nginx: what each of them spends on a request that the same instance answers over the same Unix socket."""

import glob
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from thread import Bench, free_port, row, wait_for

SECONDS = 5
WARM_SECONDS = 15
SETTINGS = {"isolation": "as found", "seconds": SECONDS, "instances": 1, "function": "ASGI, 6 bytes"}
APP = '''async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
    await send({"type": "http.response.body", "body": b"hello\\n"})
'''
NGINX = """{user}daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream instance {{ server unix:{socket}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl http2; keepalive_requests 1000000000;
    ssl_certificate {folder}/c.crt; ssl_certificate_key {folder}/c.key; ssl_protocols TLSv1.2 TLSv1.3;
    location / {{
      proxy_pass http://instance; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header x-mayfly-invocation 00000000000000ff;
    }}
  }}
}}
"""
WAYS = (
    ("one connection, kept", "http", ["-c1", "-t1"]),
    ("16 connections, kept", "http", ["-c16", "-t1"]),
    ("16 connections, a fresh one for each request", "http", ["-c16", "-t1", "-H", "Connection: close"]),
    ("16 connections, kept, TLS", "https", ["-c16", "-t1"]),
)


def run(rounds, say):
    for tool in ("wrk", "nginx", "openssl"):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin"):
            raise SystemExit(f"edge: {tool} is not installed (apt-get install wrk nginx-light openssl)")
    with tempfile.TemporaryDirectory(prefix="mayfly-bench-") as folder:
        os.chmod(folder, 0o755)
        edge = Edge(pathlib.Path(folder))
        try:
            return edge.measure(rounds, say)
        finally:
            edge.close()


class Edge(Bench):
    def __init__(self, folder):
        super().__init__(folder)
        self.nginx = None
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=x"]
            + ["-addext", "subjectAltName=DNS:hello.localhost", "-keyout", folder / "c.key", "-out", folder / "c.crt"],
            check=True, capture_output=True,
        )
        self.tls, self.server = free_port(), None
        (folder / "hello").mkdir()
        (folder / "hello" / "main.py").write_text(APP)
        (folder / "hello" / "mayfly.yaml").write_text("functions:\n  app:\n    maxInstances: 1\n    idleTimeout: 1h\n")

    def start(self):
        """Two lists of what to call, (url, pid), for the gateway and for nginx."""
        command = ["server", "--listen", f"127.0.0.1:{self.tls}", "--tls-cert", "c.crt", "--tls-key", "c.key", "--admin-listen", f"127.0.0.1:{self.port}"]
        self.server = subprocess.Popen([str(pathlib.Path(__file__).parents[2] / "mayfly"), *command], env=self.environment, cwd=self.folder, stdout=subprocess.DEVNULL)
        wait_for((self.folder / "home" / "server.json").exists)
        self.mayfly("deploy", str(self.folder / "hello"), "--prod")
        port = int(re.search(r"127\.0\.0\.1:(\d+)/", self.mayfly("ls", "--json"))[1])
        assert b"hello\n" in ask(socket.create_connection(("127.0.0.1", port)), f"127.0.0.1:{port}")
        plain, tls = free_port(), free_port()
        (self.folder / "nginx.conf").write_text(NGINX.format(user="user root; " if os.geteuid() == 0 else "", folder=self.folder, socket=instance(), plain=plain, tls=tls))
        self.nginx = subprocess.Popen([shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"), "-c", self.folder / "nginx.conf", "-p", self.folder], stderr=subprocess.DEVNULL)
        wait_for(lambda: worker_of(self.nginx.pid))
        return (
            {"pid": self.server_pid(), "http": f"http://127.0.0.1:{port}/", "https": f"https://127.0.0.1:{self.tls}/"},
            {"pid": worker_of(self.nginx.pid), "http": f"http://127.0.0.1:{plain}/", "https": f"https://127.0.0.1:{tls}/"},
        )

    def measure(self, rounds, say):
        mine, peer = self.start()
        for _, scheme, options in WAYS:
            say(f"warming: {scheme} {' '.join(options)}")
            load(mine, scheme, options, WARM_SECONDS)
        found = {way: ([], [], [], []) for way, _, _ in WAYS}
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            for way, scheme, options in WAYS:
                for who, cpu, speed in ((mine, 0, 2), (peer, 1, 3)):
                    micros, per_second = load(who, scheme, options, SECONDS)
                    found[way][cpu].append(micros)
                    found[way][speed].append(per_second)
        rows = [row(f"CPU of a request: {way}", "µs", cpu, "nginx", beside) for way, (cpu, beside, _, _) in found.items()]
        return rows + [row(f"requests a second: {way}", "/s", speed, "nginx", beside) for way, (_, _, speed, beside) in found.items()]

    def close(self):
        for process in (self.nginx, self.server):
            if process:
                process.terminate()
                process.wait(60)


def load(who, scheme, options, seconds):
    """Microseconds of its processor time for each request, and requests a second."""
    before = processor(who["pid"])
    done = subprocess.run(["wrk", f"-d{seconds}s", *options, "-H", "Host: hello.localhost", who[scheme]], capture_output=True, text=True, check=True).stdout
    spent = processor(who["pid"]) - before
    if "Non-2xx" in done or "Socket errors" in done and "connect 0, read 0, write 0" not in done:
        raise RuntimeError(f"{who[scheme]} failed: {done}")
    requests, took = re.search(r"(\d+) requests in ([\d.]+)s", done).groups()
    return spent * 1e6 / int(requests), int(requests) / float(took)


def processor(pid):
    """Seconds, of all its threads."""
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def worker_of(pid):
    children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    return int(children[0]) if children else None


def instance():
    """The socket of the one instance: of all that listen, the one that answers as the function does."""
    places = ["/run/mayfly-*", "/run/user/*/mayfly*", "/tmp/mayfly-*"]
    for path in (found for place in places for found in glob.glob(place + "/**/http.sock", recursive=True)):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(2)
        try:
            client.connect(path)
            if b"hello\n" in ask(client, "instance"):
                return path
        except OSError:
            pass
    raise RuntimeError("the instance's socket was not found")


def ask(connection, host):
    with connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nx-mayfly-invocation: 00000000000000ff\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while data := connection.recv(65536):
            answer += data
        return answer
