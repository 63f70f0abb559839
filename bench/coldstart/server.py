"""A real server in a home of its own, as a user starts it, and what can be asked of it."""

import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from client import target
from parts import ROOT, descendants, pss

STANDING_BY = ("pool", "zygote", "dependency-zygote")
REFUSED = "(expected: an option of mayfly server"


class Refused(Exception):
    """This build has no such option."""


class Server:
    """options: of `mayfly server`, beside the shipped defaults. A server that says of one that it does not know it is Refused."""

    def __init__(self, folder, options=()):
        self.options = list(options)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="home-", dir=folder))
        self.home.chmod(0o755)
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("MAYFLY_")}
        self.environment |= {"MAYFLY_HOME": str(self.home), "NO_COLOR": "1", "PATH": path_of_a_user()}
        self.process = None
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        """Returns the milliseconds until it serves requests."""
        self.port = free_block()
        command = [str(ROOT / "mayfly"), "server", "--port", str(self.port), "--first-port", str(self.port + 1), *self.options]
        ready = self.home / "server.json"
        with open(self.home / "output", "ab") as output:
            begun = time.perf_counter_ns()
            self.process = subprocess.Popen(command, env=self.environment, cwd=self.home, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        while not ready.exists():
            if self.process.poll() is not None:
                said = (self.home / "output").read_text(errors="replace").strip()[-500:]
                raise (Refused if REFUSED in said else RuntimeError)(said.split("\n")[0].removeprefix("error: ") or "the server said nothing")
            if time.perf_counter_ns() - begun > 60e9:
                raise RuntimeError("the server was not ready in a minute")
            time.sleep(0.0005)
        took = (time.perf_counter_ns() - begun) / 1e6
        self.url = json.loads(ready.read_text())["url"]
        return took

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def close(self):
        self.stop()
        shutil.rmtree(self.home, onerror=make_writable)

    def deploy(self, project):
        """Targets of the functions that made.py wrote there."""
        command = [str(ROOT / "mayfly"), "deploy", str(project.folder), "--prod"]
        done = subprocess.run(command, env=self.environment, cwd=self.home, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"mayfly deploy ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return [target(done.stdout.strip(), path, expected) for path, expected in project.functions]

    def ask(self, path):
        token = (self.home / "token").read_text().strip()
        wanted = urllib.request.Request(f"{self.url}/mayfly/v1{path}", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(wanted, timeout=60) as answer:
            return json.load(answer)

    def settle(self, calls):
        """Gets the record of each call; one that has not ended yet is waited for."""
        end = time.monotonic() + 10
        for done in calls:
            while done.request and not done.record:
                try:
                    done.record = self.ask(f"/invocations/{done.request}")
                except urllib.error.HTTPError as missing:
                    if missing.code != 404 or time.monotonic() > end:
                        break
                    time.sleep(0.02)
        return calls

    def processes(self):
        return self.ask("/processes")["processes"]

    def wait_for(self, condition, seconds=60):
        """Whether a look at the processes, repeated, met the condition in time."""
        end = time.monotonic() + seconds
        while not condition(self.processes()):
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True

    def wait_for_zero(self, names):
        """Until no instance of these projects is left. A zygote with their dependencies is none."""
        if not self.wait_for(lambda found: not any(each["project"] in names and each["role"] not in STANDING_BY for each in found)):
            raise RuntimeError(f"{', '.join(names)}: instances are left a minute after the last call")

    def standing_by(self):
        """What the platform keeps ready: number of processes and MiB of PSS, 0 where this user may not read it."""
        pids = [process["pid"] for process in self.processes() if process["role"] in STANDING_BY]
        return {"processes": len(pids), "pss": round(sum(proportional(pid) for pid in pids), 1)}

    def descendants(self):
        return descendants(self.process.pid)


def path_of_a_user():
    """Without the folder of the Python that runs this, which a version manager or a virtual environment put there for it: functions would get it."""
    mine = os.path.dirname(sys.executable)
    return os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if part != mine or mine.startswith("/usr/"))


def proportional(pid):
    """MiB of PSS; 0 of a process that is gone, or that runs as one of the users who belong to another."""
    try:
        return pss(pid)
    except PermissionError:
        return 0.0


def build(say):
    """Builds what is not built, and has the caches of starts made that the first deploy of a build begins."""
    say("building, and waiting for the caches of starts")
    subprocess.run([str(ROOT / "mayfly"), "ls"], capture_output=True, stdin=subprocess.DEVNULL)


def trained(folder, project, say):
    """Whether the caches are there. A user's second start has them."""
    run = ROOT / "target" / "run" / "current"
    if not (run / "server.aot").exists():
        server = Server(folder)
        try:
            server.deploy(project)
            end = time.monotonic() + 120
            while not (run / "server.aot").exists() and time.monotonic() < end:
                time.sleep(0.2)
        finally:
            server.close()
    time.sleep(0.5)
    return (run / "server.aot").exists()


def free_block(size=400):
    """The first of so many ports in a row below those that the kernel gives to clients; the last of them are free at least."""
    rng = random.Random(os.urandom(8))
    for _ in range(200):
        first = rng.randrange(10_000, 32_000 - size)
        try:
            for port in (first, first + 1, first + size - 1):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
        except OSError:
            pass
    raise RuntimeError("no free ports")


def make_writable(remove, path, _):
    """Layers are read-only; where one is in the way, its folder is opened."""
    try:
        os.chmod(os.path.dirname(path), 0o700)
        remove(path)
    except OSError as left:
        print(f"bench coldstart: {left}", file=sys.stderr)
