"""A server with what is deployed on it, and nginx in front of the same instances: both on one set of cores."""

import collections
import glob
import json
import os
import socket
import subprocess
import tempfile
import time

import nginx
import projects
from cores import move, on
from loads import Loader
from parts import ROOT
from server import Server

HOST = "hello.localhost"
WAIT_SECONDS = 30

Subject = collections.namedtuple("Subject", "name pids targets")
"""targets: for what is asked, the first arguments of a load. `pids` are whose processor time a load costs."""


def certificate(folder):
    """Of an elliptic curve, as authorities give them today."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=x"]
    command += ["-addext", f"subjectAltName=DNS:{HOST}", "-keyout", folder / "c.key", "-out", folder / "c.crt"]
    subprocess.run(command, check=True, capture_output=True)


class Stand:
    """deployed: folders by name, as projects.py wrote them; one that this server refuses is in `missing` with the reason."""

    def __init__(self, folder, deployed, cores, only=None):
        self.cores, self.load = cores, Loader(folder, cores)
        self.folder = folder
        self.server = self.nginx = None
        self.missing = {}
        try:
            self.start({name: deployed[name] for name in only or deployed})
        except BaseException:
            self.close()
            raise

    def start(self, deployed):
        with on(self.cores.subject):
            options = ["--tls-cert", str(self.folder / "c.crt"), "--tls-key", str(self.folder / "c.key"), "--admin-listen", f"127.0.0.1:{free_port()}"]
            self.server = Server(self.folder, options)
        ports, sockets = {}, {}
        for name, project in deployed.items():
            try:
                ports[name] = self.deploy(name, project)
                sockets[name] = self.instance_of(name, ports[name])
            except RuntimeError as why:
                if name != "echo":
                    raise
                self.missing[name] = str(why)
        move([pid for pid in self.server.descendants() if pid != self.server.process.pid], self.cores.load)
        self.mayfly = Subject("Mayfly", lambda: [self.server.process.pid], self.own_targets(ports))
        self.start_nginx(sockets)
        self.direct = Subject("the worker's own socket", list, {"hello": {"unix": sockets["hello"], "host": "worker", "header": "x-mayfly-invocation: 00000000000000ff"}})

    def deploy(self, name, project):
        """The loopback port of the project."""
        command = [str(ROOT / "mayfly"), "deploy", str(project), "--prod"]
        done = subprocess.run(command, env=self.server.environment, cwd=self.server.home, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"mayfly deploy {name} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        listed = subprocess.run([str(ROOT / "mayfly"), "ls", "--json"], env=self.server.environment, capture_output=True, text=True, check=True)
        url = next(each["portUrl"] for each in json.loads(listed.stdout)["projects"] if each["name"] == name)
        return int(url.rstrip("/").rpartition(":")[2])

    def instance_of(self, name, port):
        """The socket of the project's one instance, which the first call starts."""
        known = set(self.sockets())
        answer = ask(socket.create_connection(("127.0.0.1", port), WAIT_SECONDS), f"127.0.0.1:{port}")
        if projects.ANSWER not in answer:
            raise RuntimeError(f"{name}: answered {answer[:200]!r}")
        for path in [*(path for path in self.sockets() if path not in known), *known]:
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(2)
            try:
                client.connect(path)
                if projects.ANSWER in ask(client, "instance") and path not in getattr(self, "taken", ()):
                    self.taken = {*getattr(self, "taken", ()), path}
                    return path
            except OSError:
                client.close()
        raise RuntimeError(f"{name}: the instance's socket was not found")

    def sockets(self):
        """Those of instances, below the folder of this server's launcher; where it has none, of the processes of all servers."""
        folders = [folder for pid in self.server.descendants() if (folder := option_of(pid, "--dir"))] or ["/run/mayfly-*", "/run/user/*/mayfly*", "/tmp/mayfly-*"]
        return [path for folder in folders for path in glob.glob(f"{folder}/**/http.sock", recursive=True)]

    def own_targets(self, ports):
        targets = {name: {"tcp": port, "host": f"127.0.0.1:{port}"} for name, port in ports.items()}
        return targets | {"tls": {"tcp": self.server.port, "tls": 1, "host": HOST}}

    def start_nginx(self, sockets):
        place = self.fresh_folder("nginx-")
        os.symlink(self.folder / "c.crt", place / "c.crt")
        os.symlink(self.folder / "c.key", place / "c.key")
        public = nginx.files(self.folder / "hello" / "public", place / "public")
        ports = {name: free_port() for name in ("plain", "tls", "stream", "websocket", "logged")}
        with on(self.cores.subject):
            self.nginx = nginx.Nginx(place, public, sockets, len(self.cores.subject), ports)
        targets = {"hello": ports["plain"], "streams": ports["stream"], "echo": ports["websocket"]}
        targets = {name: {"tcp": port, "host": HOST} for name, port in targets.items() if name in sockets}
        targets["tls"] = {"tcp": ports["tls"], "tls": 1, "host": HOST}
        self.peer = Subject("nginx", self.nginx.workers, targets)
        self.logging_peer = Subject("nginx, logging", self.nginx.workers, {"hello": {"tcp": ports["logged"], "host": HOST}})

    def fresh_folder(self, prefix):
        place = type(self.folder)(tempfile.mkdtemp(prefix=prefix, dir=self.folder))
        place.chmod(0o755)
        return place

    def close(self):
        for each in (self.nginx, self.server):
            if each:
                each.close()


def option_of(pid, name):
    """The value behind an option in the arguments of a process."""
    try:
        words = open(f"/proc/{pid}/cmdline").read().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return words[words.index(name) + 1] if name in words[:-1] else None


def ask(connection, host):
    with connection:
        connection.sendall(f"GET /who HTTP/1.1\r\nHost: {host}\r\nx-mayfly-invocation: 00000000000000ff\r\nConnection: close\r\n\r\n".encode())
        answer, end = b"", time.monotonic() + WAIT_SECONDS
        while projects.ANSWER.encode() not in answer and time.monotonic() < end and (data := connection.recv(65536)):
            answer += data
        return answer.decode(errors="replace")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
