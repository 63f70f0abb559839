"""A small stand-in for the platform: starts an instance as the real one does, and collects every frame it sends."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
READY, FAILED, STARTED, ENDED, LOG, EXIT = 0x11, 0x12, 0x13, 0x14, 0x15, 0x16
PATIENCE = 60


class Instance:
    """One function, from its files to its exit. Use as a context manager."""

    def __init__(self, files, file, kind="handler", symbol="handler", deps=None, env=None, concurrency=1, held=False):
        """held: it learns what it serves only when it has nothing left to prepare."""
        self.held = held
        self.home = tempfile.mkdtemp(prefix="mayfly-worker-")
        self.code = os.path.join(self.home, "code")
        self.rundir = os.path.join(self.home, "run")
        os.makedirs(self.rundir)
        for name, text in files.items():
            path = os.path.join(self.code, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as out:
                out.write(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        self.specification = {
            "function": file, "code": self.code, "tmp": "/tmp", "env": env or {}, "concurrency": concurrency,
            "entrypoint": {"kind": kind, "file": file, "symbol": symbol},
        }
        if deps:
            self.specification["deps"] = deps
        self.frames, self.changed = [], threading.Condition()
        self.hellos, self.closed = {}, set()
        self.invocation = 0
        self.connections = []

    def __enter__(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(self.rundir, "control.sock"))
        listener.listen(2)
        listener.settimeout(PATIENCE)
        worker = os.path.join(ROOT, "mayfly_worker", "__main__.py")
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", os.path.join(ROOT, "mayfly_init.py"), self.rundir, "--", sys.executable, "-I", "-S", worker],
            env={"SECRET_OF_THE_PLATFORM": "1"}, stdin=subprocess.DEVNULL,
        )
        self.channels = {}
        for _ in range(2):
            channel, _ = listener.accept()
            channel.settimeout(None)
            kind, payload = read_frame(channel)
            assert kind == 0x10, kind
            self.channels[payload[0]] = channel
            self.hellos[payload[0]] = int.from_bytes(payload[1:5], "big")
        listener.close()
        self.readers = [threading.Thread(target=self._read, args=each) for each in self.channels.items()]
        for reader in self.readers:
            reader.start()
        if self.held:
            wait_for(lambda: len(os.listdir("/proc/%d/task" % self.hellos[2])) > 1, "a thread that stands by")
        self.tell(0x01, json.dumps(self.specification).encode())
        return self

    def __exit__(self, *_):
        for channel in self.channels.values():
            try:
                channel.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
        for reader in self.readers:
            reader.join()
        for end in [*self.channels.values(), *self.connections]:
            end.close()
        shutil.rmtree(self.home)

    # --- the control channel

    def tell(self, kind, payload=b""):
        self.channels[2].sendall((len(payload) + 1).to_bytes(4, "big") + bytes((kind,)) + payload)

    def drain(self):
        self.tell(0x02)

    def _read(self, role, channel):
        while True:
            try:
                frame = read_frame(channel)
            except OSError:
                frame = None
            with self.changed:
                if frame is None:
                    self.closed.add(role)
                else:
                    self.frames.append(frame)
                self.changed.notify_all()
            if frame is None:
                return

    def until(self, condition, what):
        with self.changed:
            if not self.changed.wait_for(condition, PATIENCE):
                raise AssertionError("never happened: %s; frames: %r" % (what, self.frames[-50:]))

    def of(self, kind):
        with self.changed:
            return [payload for each, payload in self.frames if each == kind]

    def outcome(self):
        """("ready", mode) or ("failed", report)."""
        self.until(lambda: any(kind in (READY, FAILED) for kind, _ in self.frames) or len(self.closed) == 2, "ready, failed or gone")
        for kind, payload in self.frames:
            if kind == READY:
                return "ready", json.loads(payload)["mode"]
            if kind == FAILED:
                return "failed", json.loads(payload)
        return "exit", self.exit()

    def ready(self):
        outcome = self.outcome()
        assert outcome[0] == "ready", outcome
        return outcome[1]

    def exit(self):
        """(status, CPU microseconds) as init reports them, after everything else that was said."""
        self.until(lambda: len(self.closed) == 2, "the end of the instance")
        (payload,) = self.of(EXIT)
        return int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:], "big")

    def started(self, invocation):
        self.until(lambda: (STARTED, invocation.to_bytes(8, "big")) in self.frames, "started(%d)" % invocation)

    def ended(self, invocation):
        self.until(lambda: (ENDED, invocation.to_bytes(8, "big")) in self.frames, "ended(%d)" % invocation)

    def logs(self, invocation=None, stream=None):
        """[(invocation, stream, level, text)] so far."""
        found = []
        for payload in self.of(LOG):
            entry = (int.from_bytes(payload[:8], "big"), payload[8], payload[9], payload[18:].decode())
            if invocation in (None, entry[0]) and stream in (None, entry[1]):
                found.append(entry)
        return found

    def texts(self, invocation=None, stream=None):
        return [entry[3] for entry in self.logs(invocation, stream)]

    def logged(self, text):
        self.until(lambda: any(kind == LOG and text in payload[18:].decode() for kind, payload in self.frames), "log of %r" % text)

    # --- requests

    def connect(self):
        connection = http.client.HTTPConnection("localhost", timeout=PATIENCE)
        connection.sock = self.socket()
        return connection

    def socket(self):
        plain = socket.socket(socket.AF_UNIX)
        self.connections.append(plain)
        plain.settimeout(PATIENCE)
        plain.connect(os.path.join(self.rundir, "http.sock"))
        return plain

    def ask(self, method, path, body=None, headers=None, connection=None, encode_chunked=False):
        """Sends a request under the next invocation; answers (response, invocation)."""
        self.invocation += 1
        connection = connection or self.connect()
        given = {"Host": "demo.localhost:7070", "x-forwarded-for": "203.0.113.9", "x-mayfly-invocation": "%016x" % self.invocation}
        given.update(headers or {})
        connection.request(method, path, body=body, headers=given, encode_chunked=encode_chunked)
        return connection.getresponse(), self.invocation

    def raw(self, *pieces):
        """Sends these bytes, or as many as are taken, over a connection of its own and reads to its end."""
        with self.socket() as plain:
            try:
                for piece in pieces:
                    plain.sendall(piece)
            except BrokenPipeError:
                pass
            try:
                return plain.makefile("rb").read()
            except ConnectionResetError:
                return b""

    def get(self, path="/", **options):
        """(status, body) of a GET."""
        response, _ = self.ask("GET", path, **options)
        with response:
            return response.status, response.read().decode()


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("never happened: " + what)
        time.sleep(0.005)


def read_frame(channel):
    head = exactly(channel, 4)
    if head is None:
        return None
    body = exactly(channel, int.from_bytes(head, "big"))
    return None if body is None else (body[0], body[1:])


def exactly(channel, count):
    data = b""
    while len(data) < count:
        more = channel.recv(count - len(data))
        if not more:
            return None
        data += more
    return data
