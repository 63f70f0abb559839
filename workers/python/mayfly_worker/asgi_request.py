"""One request and its answer as an ASGI application sees them."""

import asyncio
from urllib.parse import unquote

from mayfly_worker import http1

PIECE = 64 * 1024


class Request:
    def __init__(self, head, reader, writer, gone, state):
        self.head = head
        self.gone = gone  # set when the other side left
        self.answered = asyncio.Event()  # the answer is out, or never will be
        self.broken = False  # the connection cannot carry another request
        self.framing = None
        self.scope = _scope(head, state)
        self._reader = reader
        self._writer = writer
        self._start = None
        self._left = head.length
        self._ended = not head.chunked and not head.length  # nothing of the body is left on the connection
        self._told = False  # the application has seen the end of the body
        self._reading = asyncio.Lock()

    async def receive(self):
        if not self._told and not self.answered.is_set():
            try:
                piece = await self._piece()
            except (OSError, EOFError, asyncio.LimitOverrunError, http1.Malformed):
                self.broken = True
                return {"type": "http.disconnect"}
            self._told = self._ended
            return {"type": "http.request", "body": piece, "more_body": not self._ended}
        done = [asyncio.ensure_future(event.wait()) for event in (self.gone, self.answered)]
        try:
            await asyncio.wait(done, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in done:
                each.cancel()
        return {"type": "http.disconnect"}

    async def send(self, message):
        kind = message["type"]
        if kind == "http.response.start":
            if self._start is not None:
                raise RuntimeError("http.response.start: sent twice")
            self._start = message
        elif kind == "http.response.body":
            if self._start is None:
                raise RuntimeError("http.response.body: sent before http.response.start")
            if self.answered.is_set():
                if self.gone.is_set():
                    return
                raise RuntimeError("http.response.body: sent after the end of the answer")
            await self._body(bytes(message.get("body", b"")), message.get("more_body", False))
        else:
            raise RuntimeError("%s: unknown (expected: http.response.start or http.response.body)" % kind)

    async def _body(self, chunk, more):
        framing, data = self.framing, b""
        if framing is None:
            headers = [(bytes(name), bytes(value)) for name, value in self._start.get("headers", ())]
            framing = http1.Framing(self.head.method, self._start["status"], None, headers)
            data = framing.head
        data += framing.data(chunk)
        if not more:
            if framing.missing:
                raise RuntimeError("the answer ended %d bytes short of its content-length" % framing.missing)
            data += framing.end()
        self.framing = framing
        if not self.gone.is_set():
            try:
                self._writer.write(data)
                await self._writer.drain()
            except OSError:
                self.gone.set()
        if not more or self.gone.is_set():
            self.broken = self.broken or self.gone.is_set()
            self.answered.set()

    def abandon(self):
        """The application is done: what it has not answered it never will."""
        if not self.answered.is_set():
            self.broken = True
            if self.framing is None and not self.gone.is_set():
                self._writer.write(http1.FAILED)
                self.broken = not self._ended
            self.answered.set()

    async def drain(self):
        """Takes from the connection what the application did not read."""
        while not self._ended:
            await self._piece()

    async def _piece(self):
        async with self._reading:
            if self._ended:
                return b""
            if self._left == 0 and self.head.chunked:
                self._left = http1.chunk_size(await self._reader.readuntil(b"\r\n"))
                if self._left == 0:
                    trailers = http1.Trailers()
                    while not trailers.end(await self._reader.readuntil(b"\r\n")):
                        pass
                    self._ended = True
                    return b""
            piece = await self._reader.read(min(self._left, PIECE))
            if not piece:
                raise EOFError("the request ended before its body did")
            self._left -= len(piece)
            if self._left == 0:
                if self.head.chunked:
                    await self._reader.readuntil(b"\r\n")
                else:
                    self._ended = True
            return piece


def _scope(head, state):
    path, _, query = head.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": head.method.upper(),
        "scheme": head.scheme(),
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name, value) for name, value in head.headers],
        "client": (head.client(), 0),
        "server": head.authority(),
        "state": state.copy(),
    }
