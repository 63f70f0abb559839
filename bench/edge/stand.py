"""A server with what is deployed on it, and nginx in front of the same instances: both on one set of cores."""

import collections
import json
import os
import pathlib
import socket
import subprocess
import tempfile

import instances
import nginx
import projects
from cores import move, on
from loads import Loader
from parts import ROOT
from server import Server

HOST = "hello.localhost"

Subject = collections.namedtuple("Subject", "name pids targets")
"""pids: called for those whose processor time a load costs. targets: for what is asked, the first arguments of a load."""


def certificate(folder):
    """Of an elliptic curve, as authorities give them today."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=x"]
    command += ["-addext", f"subjectAltName=DNS:{HOST}", "-keyout", folder / "c.key", "-out", folder / "c.crt"]
    subprocess.run(command, check=True, capture_output=True)


class Stand:
    """folder: what all stands of a run share. only: the projects to deploy. What cannot be had here is in `missing`, by name, with the reason."""

    def __init__(self, folder, cores, only=projects.NAMES):
        self.cores, self.load = cores, Loader(folder, cores)
        self.shared = folder
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stand-", dir=folder))
        self.folder.chmod(0o755)
        self.server = self.nginx = None
        self.missing = {}
        try:
            self.start(only)
        except BaseException:
            self.close()
            raise

    def start(self, only):
        certificate(self.folder)
        with on(self.cores.subject):
            options = ["--tls-cert", str(self.folder / "c.crt"), "--tls-key", str(self.folder / "c.key"), "--admin-listen", f"127.0.0.1:{free_port()}"]
            self.server = Server(self.folder, options)
        ports, sockets = self.deploy(only)
        try:
            move([pid for pid in self.server.descendants() if pid != self.server.process.pid], self.cores.load)
        except PermissionError as why:
            self.missing["instances apart from the server"] = f"they run on the server's cores: {why}"
        own = {name: {"tcp": port, "host": f"127.0.0.1:{port}"} for name, port in ports.items()}
        own["tls"] = {"tcp": self.server.port, "tls": 1, "host": HOST}
        self.mayfly = Subject("Mayfly", lambda: [self.server.process.pid], own)
        straight = {"unix": sockets["hello"], "host": "worker"}
        self.direct = Subject("the worker's own socket", list, {"hello": straight})
        self.reporting = Subject("the same, with reports", list, {"hello": {**straight, "header": "x-mayfly-invocation: 00000000000000ff"}})
        self.start_nginx(sockets)

    def deploy(self, only):
        """Loopback ports and the sockets of the instances, by project. Only `echo` may be refused: it needs a sandbox."""
        ports, sockets = {}, {}
        for name, (folder, answer) in projects.write(self.folder, self.shared / "echo-server", only).items():
            try:
                self.mayfly_says("deploy", str(folder), "--prod")
                listed = json.loads(self.mayfly_says("ls", "--json"))["projects"]
                port = int(next(each["portUrl"] for each in listed if each["name"] == name).rstrip("/").rpartition(":")[2])
                ports[name], sockets[name] = port, instances.socket_of(self.server, port, answer)
            except RuntimeError as why:
                if name != "echo":
                    raise
                self.missing[name] = str(why)
        return {name: ports[name] for name in sockets}, sockets

    def mayfly_says(self, *arguments):
        done = subprocess.run([str(ROOT / "mayfly"), *arguments], env=self.server.environment, cwd=self.folder, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"mayfly {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def start_nginx(self, sockets):
        ports = {name: free_port() for name in ("plain", "tls", "stream", "websocket", "logged")}
        public = nginx.files(self.folder / "hello" / "public", self.folder / "public")
        with on(self.cores.subject):
            self.nginx = nginx.Nginx(self.folder, public, sockets, len(self.cores.subject), ports)
        named = {"hello": "plain", "streams": "stream", "echo": "websocket"}
        targets = {name: {"tcp": ports[named[name]], "host": HOST} for name in sockets}
        targets["tls"] = {"tcp": ports["tls"], "tls": 1, "host": HOST}
        self.peer = Subject("nginx", self.nginx.workers, targets)
        self.logging_peer = Subject("nginx, logging", self.nginx.workers, {"hello": {"tcp": ports["logged"], "host": HOST}})

    def close(self):
        for each in (self.nginx, self.server):
            if each:
                each.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
