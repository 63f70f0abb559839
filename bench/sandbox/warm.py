"""What the boundary costs a request when the instance is there: the same handler behind `--isolation process` and `--isolation linux`."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request

from memory import AT_ONCE
from parts import ROOT, descendants, pss, row

REQUESTS_PER_ROUND = 600
WARMING = 64
HANDLER = '''import time
from http.server import BaseHTTPRequestHandler

class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(%s)
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\\n")
'''
PROGRAM = '''#!/usr/bin/python3 -IS
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\\n")

    def log_message(self, *arguments):
        pass

HTTPServer(("127.0.0.1", int(os.environ["PORT"])), handler).serve_forever()
'''


def measure(folder, rounds, say):
    say("starting two servers")
    project, provided = projects(folder)
    servers = {}
    try:
        for isolation in ("process", "linux"):
            servers[isolation] = Server(folder, isolation, project)
        servers["linux"].deploy(provided, "provided")
        return list(rows(folder, servers, rounds, say))
    except Unavailable as why:
        say(f"no warm requests: {why}")
        return []
    finally:
        for server in servers.values():
            server.close()


def projects(folder):
    project, provided = folder / "hello", folder / "provided"
    (project / "api").mkdir(parents=True)
    (project / "api" / "hello.py").write_text(HANDLER % 0)
    (project / "api" / "slow.py").write_text(HANDLER % 3)
    provided.mkdir()
    (provided / "server").write_text(PROGRAM)
    (provided / "server").chmod(0o755)
    return project, provided


def rows(folder, servers, rounds, say):
    say(f"memory of {AT_ONCE} workers")
    held = {isolation: server.workers() for isolation, server in servers.items()}
    yield row(f"Python worker with its init, one of {AT_ONCE}, PSS, sandbox", "MiB", held["linux"], "process", held["process"])
    took, cpu = {}, {}
    targets = {("process", "hello"): servers["process"], ("linux", "hello"): servers["linux"], ("linux", "provided"): servers["linux"]}
    for number in range(rounds):
        say(f"warm requests, round {number + 1} of {rounds}")
        for connections in (1, 16):
            for (isolation, project), server in targets.items():
                key = isolation, project, connections
                server.load(folder, project, connections, WARMING)
                before = server.cpu()
                took.setdefault(key, []).extend(server.load(folder, project, connections, REQUESTS_PER_ROUND))
                cpu.setdefault(key, []).append((server.cpu() - before) / REQUESTS_PER_ROUND)
    for connections in (1, 16):
        over = f"{connections} connection{'s' if connections > 1 else ''}"
        sandbox, process, relay = ("linux", "hello", connections), ("process", "hello", connections), ("linux", "provided", connections)
        yield row(f"warm request, {over}, sandbox", "ms", took[sandbox], "process", took[process])
        yield row(f"CPU of it, whole tree, {over}, sandbox", "ms", cpu[sandbox], "process", cpu[process])
        yield row(f"warm request, {over}, provided: relayed, in one instance", "ms", took[relay], "Python worker in a sandbox", took[sandbox])
        yield row(f"CPU of it, whole tree, {over}, provided", "ms", cpu[relay], "Python worker in a sandbox", cpu[sandbox])


class Unavailable(Exception):
    pass


class Server:
    def __init__(self, folder, isolation, project):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix=f"home-{isolation}-", dir=folder))
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("MAYFLY_")}
        self.environment |= {"MAYFLY_HOME": str(self.home), "NO_COLOR": "1"}
        self.urls = {}
        mayfly = str(ROOT / "mayfly")
        subprocess.run([mayfly, "ls"], env=self.environment, capture_output=True)  # builds what is not built
        self.log = open(self.home / "server.log", "wb")
        command = [mayfly, "server", "--isolation", isolation, "--port", str(free_port())]
        self.process = subprocess.Popen(command, env=self.environment, stdout=self.log, stderr=self.log)
        ready, end = self.home / "server.json", time.monotonic() + 60
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                self.process.wait()
                raise Unavailable((self.home / "server.log").read_text(errors="replace").strip()[-300:])
            time.sleep(0.01)
        self.pid = json.loads(ready.read_text())["pid"]
        self.deploy(project, "hello")

    def deploy(self, project, name):
        command = [str(ROOT / "mayfly"), "deploy", str(project), "--prod"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise Unavailable(done.stderr.strip()[-300:])
        self.urls[name] = done.stdout.strip() + ("api/hello" if name == "hello" else "")

    def load(self, folder, name, connections, requests):
        """Milliseconds of each request."""
        host, path = self.urls[name].removeprefix("http://").split("/", 1)
        host, port = host.split(":")
        command = [str(folder / "load"), host, port, "/" + path, str(connections), str(requests)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr}")
        return [float(line) / 1000 for line in done.stdout.split()]

    def workers(self):
        """PSS in MiB of each of AT_ONCE instances, all of its processes."""
        before = set(descendants(self.pid))
        url = self.urls["hello"].replace("api/hello", "api/slow")
        threads = [threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=60).read()) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        new = set(descendants(self.pid)) - before
        return [sum(pss(member) for member in descendants(pid)) for pid in sorted(new) if parent(pid) not in new]

    def cpu(self):
        """CPU milliseconds so far of the server and everything below it."""
        ticks = 0
        for pid in descendants(self.pid):
            try:
                ticks += sum(int(field) for field in open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[11:13])
            except (FileNotFoundError, ProcessLookupError):
                pass
        return ticks * 1000 / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        finally:
            self.log.close()
            shutil.rmtree(self.home, ignore_errors=True)


def parent(pid):
    try:
        return int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
