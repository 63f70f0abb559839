"""Serves requests of nobody, so that the first real one finds everything in place: code that Python has adapted to what it does, modules that
are imported at the first use of something, and, in a copy of a zygote, the memory that serving a request writes to, which until then it shares."""

import asyncio
import json
import os
import socket
import sys

from mayfly_worker import connections, handler, loader, wsgi
from mayfly_worker.output import Output

PLACE = os.path.dirname(os.path.abspath(__file__))
FILE = "rehearsed.py"
REQUEST = (
    b"GET /api/hello?name=world HTTP/1.1\r\nHost: localhost\r\nUser-Agent: rehearsal\r\nAccept: */*\r\nX-Forwarded-For: 127.0.0.1\r\n"
    b"X-Forwarded-Proto: http\r\nConnection: close\r\nx-mayfly-invocation: 0000000000000000\r\n\r\n"
)
SPECIFICATION = b'{"function":"rehearsed","code":"/","tmp":"/tmp","entrypoint":{"kind":"handler","file":"rehearsed.py","symbol":"handler"},"env":{},"concurrency":1}'


def serve_nobody(times):
    """The beginnings of the answers, all of which nobody needs."""
    answers = []
    for _ in range(times):
        specification = json.loads(SPECIFICATION)
        runtime = _Runtime(specification)
        module = loader.load(PLACE, FILE)
        del sys.modules[module.__name__]
        loader.shape(module.wsgi, FILE, "wsgi")
        answers.append(_exchange(runtime, handler.answering(runtime, module.handler)))
        answers.append(_exchange(runtime, wsgi.answering(runtime, module.wsgi)))
    asyncio.run(_nothing())
    return answers


def _exchange(runtime, answer):
    server = connections.Server.__new__(connections.Server)  # without the listener, which is not to be touched
    server._runtime, server._answer, server._idle = runtime, answer, set()
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(REQUEST)
        server._converse(theirs)
        return ours.recv(12)


async def _nothing():
    await asyncio.sleep(0)


class _Nowhere:
    """A control channel that nobody reads."""

    def send(self, frames):
        pass


class _Runtime:
    draining = False

    def __init__(self, specification):
        self.specification = specification
        self.output = Output(_Nowhere())

    def started(self, invocation):
        self.output._lines[0].write(b"a line\n")
        return True

    def ended(self, invocation):
        self.output.finish(invocation)

    def report(self, error):
        raise error

    def leave(self, error):
        raise error
