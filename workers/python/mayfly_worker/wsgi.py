"""WSGI 1.0.1 (PEP 3333)."""

import io
import sys
from urllib.parse import unquote_to_bytes


def answering(runtime, app):
    concurrent = runtime.specification.get("concurrency", 1) > 1

    def answer(head, source, length, reply):
        exchange = _Exchange(reply)
        result = app(_environ(head, source, length, concurrent), exchange.start_response)
        try:
            if hasattr(result, "__len__") and len(result) == 1:
                exchange.whole = True
            for chunk in result:
                exchange.write(chunk)
            exchange.finish()
            reply.finish(runtime)  # nobody waits for what close() does
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    return answer


class _Exchange:
    def __init__(self, reply):
        self.whole = False  # the next chunk is all of the body
        self._reply = reply
        self._status = None
        self._headers = []

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self._reply.framing is not None:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._status is not None:
            raise AssertionError("start_response: called twice (expected: once, or with exc_info)")
        code, _, reason = status.partition(" ")
        if len(code) != 3 or not code.isdigit() or int(code) < 100:
            raise ValueError("status: %r (expected: three digits and a reason)" % (status,))
        self._status = (int(code), _header_text(reason))
        self._headers = [(_header_text(name), _header_text(value)) for name, value in headers]
        return self.write

    def write(self, chunk):
        if not isinstance(chunk, (bytes, bytearray, memoryview)):
            raise TypeError("body: %s (expected: bytes)" % type(chunk).__name__)
        if not chunk:
            return  # the head waits for the first byte, so that an error before it can still be answered
        if self._reply.framing is None:
            self._begin(chunk)
        else:
            self._reply.write(chunk)

    def finish(self):
        if self._reply.framing is None:
            self.whole = True
            self._begin(b"")

    def _begin(self, chunk):
        if self._status is None:
            raise AssertionError("start_response: not called before the first byte of the body")
        headers = self._headers
        sized = any(name.lower() == b"content-length" for name, _ in headers)
        if self.whole and not sized and self._reply.method != "HEAD" and self._status[0] not in (204, 304):
            headers = headers + [(b"content-length", b"%d" % len(chunk))]
        self._reply.start(*self._status, headers, chunk)


def _header_text(text):
    data = text.encode("latin-1")
    if b"\r" in data or b"\n" in data:
        raise ValueError("header: %r (expected: no line breaks)" % text)
    return data


def _environ(head, source, length, concurrent):
    path, _, query = head.target.partition(b"?")
    if path.startswith((b"http://", b"https://")):
        path = b"/" + path.split(b"/", 3)[3] if path.count(b"/") > 2 else b"/"
    name, port = head.authority()
    environ = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "REQUEST_URI": head.target.decode("latin-1"),
        "RAW_URI": head.target.decode("latin-1"),
        "REMOTE_ADDR": head.client(),
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "mayfly",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": head.scheme(),
        "wsgi.input": io.BufferedReader(source, 64 * 1024) if isinstance(source, io.RawIOBase) else source,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": concurrent,
        "wsgi.multiprocess": False,  # another instance is another machine for all the application can tell
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    for key, value in head.headers:
        if b"_" in key or key == b"transfer-encoding":
            continue  # A_B and A-B would be one name: the way to forge what the platform says
        variable = key.decode("latin-1").upper().replace("-", "_")
        if variable not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            variable = "HTTP_" + variable
        text = value.decode("latin-1")
        if variable in environ and variable.startswith("HTTP_"):
            text = environ[variable] + ("; " if variable == "HTTP_COOKIE" else ",") + text
        environ[variable] = text
    if head.chunked:
        environ["CONTENT_LENGTH"] = str(length)
    return environ


class FileWrapper:
    """An iterable over a file, in blocks."""

    def __init__(self, file, block=64 * 1024):
        self._file = file
        self._block = block
        self.close = getattr(file, "close", lambda: None)

    def __iter__(self):
        return self

    def __next__(self):
        block = self._file.read(self._block)
        if not block:
            raise StopIteration
        return block
