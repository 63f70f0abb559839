"""Subclasses of http.server.BaseHTTPRequestHandler, each request through the class's own machinery over a connection of its own.

The class reads bytes and writes bytes, as it would on a socket, so whatever it overrides keeps working. What it writes is read back as an
HTTP answer and framed anew: an answer without a length would end by closing, and then a crash would look like success.
"""

import io
from http.server import BaseHTTPRequestHandler

LONGEST_HEAD = 256 * 1024


def answering(runtime, handler):
    once = _once(handler)

    def answer(head, source, length, reply):
        stream = AnswerStream(reply)
        name, port = head.authority()
        once(Conversation(head, source, length, stream), (head.client(), 0), Host(name, port))
        stream.finish()

    return answer


def _once(handler):
    def handle_one_request(self):
        super(once, self).handle_one_request()
        self.close_connection = True  # one conversation is one request

    names = {"handle_one_request": handle_one_request, "__module__": handler.__module__, "__qualname__": handler.__qualname__}
    if handler.log_request is BaseHTTPRequestHandler.log_request and handler.log_message is BaseHTTPRequestHandler.log_message:
        names["log_request"] = lambda self, code="-", size="-": None  # the platform logs every invocation itself
    once = type(handler.__name__, (handler,), names)
    return once


class Host:
    """What a handler may ask of its `server`."""

    def __init__(self, name, port):
        self.server_name = name
        self.server_port = port
        self.server_address = (name, port)


class AnswerStream(io.RawIOBase):
    """Takes an answer as a handler writes it: a head, then the body."""

    def __init__(self, reply):
        self._reply = reply
        self._head = b""
        self._verbatim = False  # the handler writes chunks itself
        self._last = b""

    def writable(self):
        return True

    def write(self, data):
        data = bytes(data)
        if self._reply.framing is None:
            self._begin(data)
        else:
            self._continue(data)
        return len(data)

    def _begin(self, data):
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if not b"HTTP/1.".startswith(self._head[:7]) or (end < 0 and len(self._head) > LONGEST_HEAD):
            raise ValueError("the answer starts with %r (expected: a status line, by send_response)" % self._head[:40])
        if end < 0:
            return
        start, *lines = self._head[:end].split(b"\r\n")
        rest, self._head = self._head[end + 4 :], b""
        _, status, reason = (start.split(b" ", 2) + [b"", b""])[:3]
        if not status.isdigit():
            raise ValueError("status line: %r (expected: HTTP/1.1 and a number)" % start)
        if 100 <= int(status) < 200:  # 100 Continue: the platform has said it already
            if rest:
                self._begin(rest)
            return
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
        self._verbatim = any(name.lower() == b"transfer-encoding" and b"chunked" in value.lower() for name, value in headers)
        self._reply.start(int(status), reason, headers, b"" if self._verbatim else rest)
        if self._verbatim and rest:
            self._continue(rest)

    def _continue(self, data):
        if self._verbatim:
            self._reply.send(data)
            self._last = (self._last + data)[-5:]
        else:
            self._reply.write(data)

    def finish(self):
        if self._verbatim:
            self._reply.finish_verbatim(self._last == b"0\r\n\r\n")


class Conversation:
    """The handler's `connection`: one request to read, one answer to write."""

    def __init__(self, head, source, length, stream):
        lines = head.lines
        if head.chunked:
            lines = [line for line in lines if not line.lower().startswith(b"transfer-encoding:")]
            lines.append(b"Content-Length: %d" % length)
        self._input = _HeadThenBody(b"\r\n".join([head.start, *lines, b"", b""]), source)
        self._stream = stream
        self._client = (head.client(), 0)
        self._timeout = None

    def makefile(self, mode="r", buffering=-1, **_):
        if "w" in mode:
            return io.BufferedWriter(self._stream) if buffering else self._stream
        return io.BufferedReader(self._input) if buffering else self._input

    def sendall(self, data, flags=0):
        self._stream.write(data)

    def send(self, data, flags=0):
        return self._stream.write(data)

    def recv(self, size, flags=0):
        return self._input.read(size)

    def getpeername(self):
        return self._client

    def getsockname(self):
        return ("127.0.0.1", 0)

    def settimeout(self, seconds):
        self._timeout = seconds  # kept only to be read: the platform's own limits apply

    def gettimeout(self):
        return self._timeout

    def setsockopt(self, *_):
        pass

    def shutdown(self, how):
        pass

    def close(self):
        pass


class _HeadThenBody(io.RawIOBase):
    """The body stays with its owner."""

    def __init__(self, head, body):
        self._head = head
        self._body = body

    def readable(self):
        return True

    def readinto(self, target):
        if not self._head:
            return self._body.readinto(target)
        count = min(len(target), len(self._head))
        target[:count] = self._head[:count]
        self._head = self._head[count:]
        return count
