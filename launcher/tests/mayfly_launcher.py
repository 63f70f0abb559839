"""Drives a launcher through docs/launcher-protocol.md, and plays the server's side of docs/worker-protocol.md to the sandboxes it makes.

    with Launcher() as launcher:
        with launcher.spawn(argv=["/bin/sh", "-c", "echo hello"]) as sandbox:
            sandbox.wait_end()
            assert sandbox.lines(1) == [b"hello"]

One thread does everything: a sandbox's sockets are read only while one of its wait methods runs, so a test decides who is slow.
"""

import collections
import itertools
import json
import os
import random
import select
import shutil
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BINARY = os.environ.get("MAYFLY_LAUNCHER", os.path.join(os.path.dirname(HERE), "target", "mayfly-launcher"))
PATIENCE = 20.0 * float(os.environ.get("MAYFLY_TEST_SLOWNESS", "1"))
LONGEST_FRAME = 256 * 1024
READY, FAILED, STARTED, ENDED, HELLO, LOG, EXIT, DRAIN, START = 0x11, 0x12, 0x13, 0x14, 0x10, 0x15, 0x16, 0x02, 0x03
NUMBERS = itertools.count(1)
Log = collections.namedtuple("Log", "invocation stream level millis text")


def fields_frame(verb, fields=()):
    """A frame to the launcher; fields: pairs of text or bytes."""
    body = verb.encode() + b"\0"
    for key, value in fields:
        body += key.encode() + b"=" + (value if isinstance(value, bytes) else str(value).encode()) + b"\0"
    return len(body).to_bytes(4, "big") + body


def parse_fields(body):
    verb, *rest = body.rstrip(b"\0").split(b"\0") if body else [b""]
    return verb.decode(), {key.decode(): value.decode("utf-8", "replace") for key, _, value in (field.partition(b"=") for field in rest)}


def worker_frame(kind, payload=b""):
    return (len(payload) + 1).to_bytes(4, "big") + bytes((kind,)) + payload


def descendants(pid):
    """Without those that are about to be reaped."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state not in "ZX":
                children.setdefault(int(parent), []).append(int(name))
    found, pending = set(), [pid]
    while pending:
        fresh = children.get(pending.pop(), [])
        found.update(fresh)
        pending += fresh
    return found


def fresh_key():
    return "%08x" % random.SystemRandom().getrandbits(32)


class Launcher:
    """A launcher process in a runtime directory of its own, which goes with it."""

    def __init__(self, binary=None, options=(), env=None, key=None, directory=None, wait=True, prefix=()):
        self.binary = binary or BINARY
        self.owned = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="ml-", dir="/tmp")
        self.key = key or fresh_key()
        self.log_path = os.path.join(self.directory, "log")
        self.closed = False
        self.last_log = ""
        self.rootless = os.geteuid() != 0
        self.before = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self.user = str(random.SystemRandom().randrange(1 << 20, 1 << 30))  # its sandboxes' outside, as root
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*prefix, self.binary, "serve", "--dir", self.directory, "--key", self.key, *options],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=dict(os.environ, MAYFLY_TEST_KEY=self.key, **(env or {})),
            )
        self.ready = None
        self.helpers = set()
        if wait:
            self.wait_ready()

    def wait_ready(self):
        """The line it says once; {} when it ended without one."""
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.close()
            raise AssertionError("the launcher said nothing in %s s; its log: %s" % (PATIENCE, self.log()))
        line = self.process.stdout.readline()
        self.ready = json.loads(line) if line else {}
        self.helpers = descendants(self.pid)
        return self.ready

    @property
    def pid(self):
        return self.process.pid

    @property
    def socket_path(self):
        return os.path.join(self.directory, "launcher.sock")

    def check(self, name):
        """What the ready line says of one check; None where it says nothing."""
        return next((check for check in (self.ready or {}).get("checks", ()) if check["name"] == name), None)

    def proved(self, name):
        check = self.check(name)
        return bool(check and check["proved"])

    def connect(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(self.socket_path)
        return connection

    def spawn(self, **wanted):
        """A sandbox whose `started` has come; raises SpawnFailed with the launcher's words."""
        sandbox = self.request(**wanted)
        try:
            return sandbox.wait_started()
        except BaseException:
            sandbox.close()
            raise

    def request(self, **wanted):
        """Sends `spawn` and waits for nothing."""
        return Sandbox(self, "t%d" % next(NUMBERS), wanted)

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def kill(self):
        """kill -9; nothing of it gets to clean up."""
        self.process.kill()
        self.process.wait()

    def close(self):
        """Ends its standard input, its lifeline, and answers its exit status."""
        if not self.closed:
            self.closed = True
            if self.process.stdin:
                self.process.stdin.close()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("the launcher outlived its standard input; its log: %s" % self.log()) from None
            finally:
                self.process.stdout.close()
                self.last_log = self.log()
                if self.owned:
                    shutil.rmtree(self.directory, ignore_errors=True)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class SpawnFailed(Exception):
    def __init__(self, fields):
        super().__init__("%s: %s" % (fields.get("step"), fields.get("why")))
        self.step, self.why = fields.get("step"), fields.get("why")


class Peer:
    """One of the two connections that a sandbox makes to control.sock, and the frames that came on it."""

    def __init__(self, connection):
        self.connection = connection
        self.held = bytearray()
        self.frames = []
        self.open = True

    def read(self):
        data = self.connection.recv(256 * 1024)
        if not data:
            self.open = False
        self.held += data
        at = 0
        while len(self.held) - at >= 4:
            length = int.from_bytes(self.held[at : at + 4], "big")
            if length > 128 * 1024:
                raise AssertionError("a frame of %d bytes from a sandbox" % length)
            if len(self.held) - at < 4 + length:
                break
            self.frames.append((self.held[at + 4], bytes(self.held[at + 5 : at + 4 + length])))
            at += 4 + length
        del self.held[:at]


class Sandbox:
    """One connection to the launcher, and what its sandbox says."""

    DEFAULTS = {"shape": "tool", "argv": ["/bin/true"], "env": ["PATH=/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8"], "cwd": "/tmp",
                "memory": 256 << 20, "tmp": 16 << 20, "cpu": 2000, "pids": 64, "files": 256, "inodes": 1024, "egress": "none"}

    def __init__(self, launcher, name, wanted):
        self.launcher = launcher
        self.peers = []
        self.started = self.failed = self.ended = self.specialised = None
        self.refused = []
        self.held = bytearray()
        self.connection_open = True
        self.run = wanted.pop("run", None) or os.path.join(launcher.directory, name)
        self.made_run = wanted.pop("make_run", True) and not os.path.exists(self.run)
        self.listener = None
        if self.made_run:
            os.mkdir(self.run, 0o700)
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(os.path.join(self.run, "control.sock"))
            self.listener.listen(8)
        self.fields = self.fields_of(name, launcher, dict(wanted))
        self.connection = launcher.connect()
        try:
            self.send_frame("spawn", self.fields)
        except BrokenPipeError:
            pass  # turned away at once; its words can still be read

    def fields_of(self, name, launcher, wanted):
        values = {"id": name, "run": self.run, **self.DEFAULTS}
        if not launcher.ready or not launcher.ready.get("rootless"):
            values.update(uid=launcher.user, gid=launcher.user)
        values.update(wanted)
        fields = []
        for key, value in values.items():
            if value is None:
                continue
            fields += [(key, one) for one in value] if isinstance(value, (list, tuple)) else [(key, value)]
        return fields

    # --- to the launcher

    def send_frame(self, verb, fields=()):
        self.connection.sendall(fields_frame(verb, fields))

    def term(self):
        self.send_frame("term")

    def kill(self):
        self.send_frame("kill")

    def specialise(self, **wanted):
        """Asks for it and waits for the answer: the fields of `specialised`, or SpawnFailed."""
        values = {**{key: self.DEFAULTS[key] for key in ("memory", "tmp", "cpu", "pids", "inodes", "egress")}, **wanted}
        fields = []
        for key, value in values.items():
            fields += [(key, one) for one in value] if isinstance(value, (list, tuple)) else [(key, value)]
        self.send_frame("specialise", fields)
        self.until(lambda: self.specialised or self.failed or not self.connection_open, "specialised")
        if self.specialised is None:
            raise SpawnFailed(self.failed or {"step": "connection", "why": "closed"})
        return self.specialised

    def start(self, argv, shape="worker", env=("PATH=/usr/bin:/bin", "HOME=/tmp"), cwd="/tmp", port=8080, pids=64):
        """Tells the init of a pooled sandbox which program to run."""
        self.until(lambda: self.frames(HELLO), "the init's hello")
        fields = [("shape", shape), ("cwd", cwd), ("port", port), ("pids", pids), *(("argv", word) for word in argv), *(("env", one) for one in env)]
        self.init.connection.sendall(worker_frame(START, fields_frame("start", fields)[4:]))

    # --- what came

    @property
    def init(self):
        return self.peers[0] if self.peers else None

    @property
    def worker(self):
        return self.peers[1] if len(self.peers) > 1 else None

    def frames(self, kind, peer=None):
        peer = peer or self.init
        return [payload for one, payload in peer.frames if one == kind] if peer else []

    def logs(self):
        return [Log(int.from_bytes(p[:8], "big"), p[8], p[9], int.from_bytes(p[10:18], "big"), p[18:]) for p in self.frames(LOG)]

    def lines(self, stream=1):
        return [log.text for log in self.logs() if log.stream == stream]

    def text(self, stream=1):
        return b"\n".join(self.lines(stream)).decode("utf-8", "replace")

    @property
    def exit(self):
        """(status, micros) as the init told; None before."""
        told = self.frames(EXIT)
        return (int.from_bytes(told[0][:4], "big"), int.from_bytes(told[0][4:12], "big")) if told else None

    @property
    def pid(self):
        return int(self.started["pid"])

    # --- waiting

    def pump(self, seconds):
        """Reads once from whatever is ready; false when nothing was."""
        poll = select.poll()
        sources = {}
        if self.connection_open:
            sources[self.connection.fileno()] = self.read_connection
        if self.listener and len(self.peers) < 2:
            sources[self.listener.fileno()] = self.accept
        for peer in self.peers:
            if peer.open:
                sources[peer.connection.fileno()] = peer.read
        for fd in sources:
            poll.register(fd, select.POLLIN)
        ready = poll.poll(seconds * 1000)
        for fd, _ in ready:
            try:
                sources[fd]()
            except (ConnectionResetError, BrokenPipeError):
                if fd == self.connection.fileno():
                    self.connection_open = False
                for peer in self.peers:
                    if peer.connection.fileno() == fd:
                        peer.open = False
        return bool(ready)

    def accept(self):
        self.peers.append(Peer(self.listener.accept()[0]))

    def read_connection(self):
        data = self.connection.recv(64 * 1024)
        if not data:
            self.connection_open = False
        self.held += data
        while len(self.held) >= 4 and len(self.held) >= 4 + int.from_bytes(self.held[:4], "big"):
            length = int.from_bytes(self.held[:4], "big")
            verb, fields = parse_fields(bytes(self.held[4 : 4 + length]))
            del self.held[: 4 + length]
            if verb == "refused":
                self.refused.append(fields)
            elif verb in ("started", "failed", "ended", "specialised"):
                setattr(self, verb, fields)
            else:
                raise AssertionError("the launcher said %r" % verb)

    def until(self, condition, what, seconds=None):
        """Reads until condition() is true and answers its value."""
        deadline = time.monotonic() + (PATIENCE if seconds is None else seconds)
        while True:
            value = condition()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0 or not (self.pump(min(left, 0.5)) or any(peer.open for peer in self.peers) or self.connection_open):
                raise AssertionError("waited in vain for %s; started=%s failed=%s ended=%s exit=%s out=%.300r err=%.300r" % (
                    what, self.started, self.failed, self.ended, self.exit, self.lines(1)[-5:], self.lines(2)[-5:]))

    def wait_started(self, seconds=None):
        self.until(lambda: self.started or self.failed or not self.connection_open, "started", seconds)
        if self.started is None:
            raise SpawnFailed(self.failed or {"step": "connection", "why": "closed"})
        return self

    def wait_failed(self):
        """The `failed` of a request that has to fail, once the connection is closed."""
        self.until(lambda: not self.connection_open, "the end of the connection")
        if self.failed is None:
            raise AssertionError("it did not fail: started=%s ended=%s" % (self.started, self.ended))
        return self.failed

    def wait_end(self, seconds=None):
        """Until `ended` has come and everything that it said before has been read."""
        self.until(lambda: self.ended, "ended", seconds)
        while self.pump(0):
            pass
        return self.ended

    def wait_line(self, line, stream=1):
        wanted = line if isinstance(line, bytes) else line.encode()
        return self.until(lambda: wanted in self.lines(stream), "the line %r" % wanted)

    def wait_ready(self):
        return self.until(lambda: self.worker and self.frames(READY, self.worker), "ready")[0]

    @property
    def status(self):
        return int(self.ended["status"])

    def close(self):
        """Closes the connection, which ends the sandbox, and all that stood for the server."""
        if self.connection.fileno() < 0:
            return
        self.connection.close()
        for peer in self.peers:
            peer.connection.close()
        if self.listener:
            self.listener.close()
        if self.made_run:
            shutil.rmtree(self.run, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
