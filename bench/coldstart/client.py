"""The client: each request over a connection of its own, by plain sockets, timed from before connect until the last byte of the answer."""

import collections
import gc
import selectors
import socket
import time

PATIENCE_SECONDS = 60

Target = collections.namedtuple("Target", "host port path expected")


class Call:
    """One request and what became of it. record: what the server says of it afterwards, once it was asked (server.py)."""

    def __init__(self, target):
        self.target = target
        self.begun = self.ended = 0
        self.late = 0.0
        self.answer = b""
        self.record = {}
        self.problem = ""

    @property
    def millis(self):
        return (self.ended - self.begun) / 1e6

    @property
    def request(self):
        return header(self.answer, "x-mayfly-request-id")

    @property
    def rung(self):
        """Where its instance came from; `warm` where it was there already, `unknown` where the server does not say."""
        if self.record.get("cold") is False:
            return "warm"
        return self.record.get("rung") or "unknown"

    def conclude(self):
        """Sets the problem of an answer that is not the one this function gives."""
        head, _, body = self.answer.partition(b"\r\n\r\n")
        if not self.problem and not (head.startswith(b"HTTP/1.1 200 ") and body.endswith(self.target.expected)):
            said = " ".join((head.split(b"\r\n")[0] + b" " + body[:300]).decode(errors="replace").split())
            self.problem = said or "closed without an answer"
        return self


def target(url, path, expected):
    host, port = url.split("/")[2].rsplit(":", 1)
    return Target(host, int(port), path, expected)


def request_of(target):
    return f"GET {target.path} HTTP/1.1\r\nHost: {target.host}:{target.port}\r\n\r\n".encode()


def call(target):
    """One request while nothing else is asked."""
    done, request = Call(target), request_of(target)
    gc.disable()
    try:
        done.begun = time.perf_counter_ns()
        with socket.create_connection((target.host, target.port), timeout=PATIENCE_SECONDS) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(request)
            while not complete(done.answer):
                data = connection.recv(65536)
                done.ended = time.perf_counter_ns()
                if not data:
                    break
                done.answer += data
    except OSError as failure:
        done.problem = f"{type(failure).__name__}: {failure}"
    finally:
        gc.enable()
    return done.conclude()


def arrive(schedule):
    """An open loop: each (seconds from now, target) in its time, whether or not the others were answered. One thread, so that the client takes
    little of the processors; `late` is how many milliseconds after its time a request was begun."""
    waiting = collections.deque(sorted(schedule, key=lambda each: each[0]))
    calls, loop = [], selectors.DefaultSelector()
    gc.disable()
    try:
        origin = time.perf_counter_ns()
        while waiting or loop.get_map():
            now = time.perf_counter_ns()
            while waiting and now >= origin + waiting[0][0] * 1e9:
                offset, wanted = waiting.popleft()
                calls.append(begin(wanted, loop))
                calls[-1].late = (calls[-1].begun - origin) / 1e6 - offset * 1e3
                now = time.perf_counter_ns()
            pause = min(PATIENCE_SECONDS, origin / 1e9 + waiting[0][0] - now / 1e9 if waiting else PATIENCE_SECONDS)
            for key, events in loop.select(max(0, pause)):
                progress(key, events, loop)
            now = time.perf_counter_ns()
            for key in [key for key in loop.get_map().values() if now - key.data.begun > PATIENCE_SECONDS * 1e9]:
                key.data.problem = f"no answer in {PATIENCE_SECONDS} s"
                finish(key, loop)
    finally:
        for key in list(loop.get_map().values()):
            finish(key, loop)
        loop.close()
        gc.enable()
    return [done.conclude() for done in calls]


def begin(wanted, loop):
    done = Call(wanted)
    connection = socket.socket()
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    done.begun = time.perf_counter_ns()
    connection.connect_ex((wanted.host, wanted.port))
    loop.register(connection, selectors.EVENT_WRITE, done)
    return done


def progress(key, events, loop):
    connection, done = key.fileobj, key.data
    try:
        if events & selectors.EVENT_WRITE:
            connection.send(request_of(done.target))
            loop.modify(connection, selectors.EVENT_READ, done)
            return
        data = connection.recv(65536)
        done.ended = time.perf_counter_ns()
        done.answer += data
        if data and not complete(done.answer):
            return
    except OSError as failure:
        done.problem = f"{type(failure).__name__}: {failure}"
    finish(key, loop)


def finish(key, loop):
    loop.unregister(key.fileobj)
    key.fileobj.close()


def complete(answer):
    """Whether a whole answer is there: head, and as many bytes as it promises or the chunk that ends it."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    length = header(answer, "content-length")
    if length:
        return len(body) >= int(length)
    return body.endswith(b"0\r\n\r\n") if header(answer, "transfer-encoding") == "chunked" else False


def header(answer, name):
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    for line in head.split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.strip().lower() == name:
            return value.strip()
    return ""
