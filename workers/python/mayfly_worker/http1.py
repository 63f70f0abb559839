"""HTTP/1.1 as both servers need it, without I/O: reading a request's head, framing an answer."""

INVOCATION = b"x-mayfly-invocation"
LONGEST_HEAD = 128 * 1024
HOP_BY_HOP = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"))
FAILED = b"HTTP/1.1 500 Internal Server Error\r\nx-mayfly-error: function_failed\r\ncontent-length: 0\r\n\r\n"
REASONS = {200: b"OK", 201: b"Created", 204: b"No Content", 302: b"Found", 304: b"Not Modified", 404: b"Not Found"}


class Malformed(Exception):
    """Not HTTP/1.1, or two readings of it are possible."""


class Head:
    """A request's head: `lines` are its header lines as they came, without the platform's own."""

    def __init__(self, raw):
        start, *lines = raw.rstrip(b"\r\n").split(b"\r\n")
        parts = start.split(b" ")
        if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
            raise Malformed("request line %r" % start[:200])
        self.start = start
        self.method = parts[0].decode("latin-1")
        self.target = parts[1]
        self.lines, self.headers = [], []
        self.invocation, self.length, self.chunked, self.close = 0, 0, False, False
        for line in lines:
            name, colon, value = line.partition(b":")
            key, value = name.lower(), value.strip(b" \t")
            if not colon or not name or name != name.strip():
                raise Malformed("header line %r" % line[:200])
            if key == INVOCATION:
                self.invocation = _hexadecimal(value)
                continue
            self.lines.append(line)
            self.headers.append((key, value))
        lengths = set(self.all(b"content-length"))
        coding = self.all(b"transfer-encoding")
        if len(lengths) > 1 or (lengths and coding) or (coding and [each.lower() for each in coding] != [b"chunked"]):
            raise Malformed("ambiguous length of the body")
        if lengths:
            length = lengths.pop()
            if not length.isdigit():
                raise Malformed("content-length %r" % length[:200])
            self.length = int(length)
        self.chunked = bool(coding)
        self.close = any(b"close" in each.lower() for each in self.all(b"connection"))

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def first(self, name, default=b""):
        return next((value for key, value in self.headers if key == name), default)

    def client(self):
        """The address the request came from, as the platform says it."""
        return self.first(b"x-forwarded-for", self.first(b"x-real-ip")).split(b",")[0].strip().decode("latin-1") or "127.0.0.1"

    def authority(self):
        """(host, port) as the client named them."""
        host = self.first(b"host", b"localhost").decode("latin-1")
        name, colon, port = host.rpartition(":")
        if not colon or port.endswith("]"):
            name, port = host, ""
        port = self.first(b"x-forwarded-port").decode("latin-1") or port
        return name, int(port) if port.isdigit() else 80

    def scheme(self):
        return "https" if self.first(b"x-forwarded-proto").lower() == b"https" else "http"


def _hexadecimal(value):
    try:
        return int(value, 16) & 0xFFFFFFFFFFFFFFFF
    except ValueError:
        return 0


def chunk_size(line):
    digits = line.split(b";")[0].strip()
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise Malformed("chunk size %r" % line[:40])
    return int(digits, 16)


class Trailers:
    """What follows the last chunk of a body, line by line. WSGI and ASGI have no place for it, so it is read and forgotten; it may be as long as a head."""

    def __init__(self):
        self._left = LONGEST_HEAD

    def end(self, line):
        """Whether this line is the end of them."""
        self._left -= len(line)
        if not line.endswith(b"\r\n") or self._left < 0:
            raise Malformed("trailers beginning with %r (expected: lines of at most %d bytes in all)" % (line[:40], LONGEST_HEAD))
        return line == b"\r\n"


class Framing:
    """One answer as it travels: with the length its headers give, or chunked; never ended by closing, so that a cut is always noticed."""

    def __init__(self, method, status, reason, headers):
        self._left = None
        self._bodiless = method == "HEAD" or status in (204, 304) or status < 200
        lines = [b"HTTP/1.1 %d %s" % (status, reason if reason is not None else REASONS.get(status, b""))]
        for name, value in headers:
            key = name.lower()
            if b"\r" in value or b"\n" in value or b"\0" in value or not name or any(c <= 32 or c == 58 or c >= 127 for c in name):
                raise ValueError("answer header %r: %r holds characters that no header may" % (name, value))
            if key in HOP_BY_HOP:
                continue
            if key == b"content-length":
                if not value.strip().isdigit():
                    raise ValueError("content-length: %r (expected: a number)" % value)
                self._left = int(value)
            lines.append(name + b": " + value)
        self._chunked = self._left is None and not self._bodiless
        if self._chunked:
            lines.append(b"transfer-encoding: chunked")
        self.head = b"\r\n".join(lines) + b"\r\n\r\n"

    def data(self, chunk):
        """A piece of the body as it travels. What exceeds the announced length is left out."""
        if self._bodiless or not chunk:
            return b""
        if self._chunked:
            return b"%x\r\n%b\r\n" % (len(chunk), chunk)
        chunk = chunk[: self._left]
        self._left -= len(chunk)
        return bytes(chunk)

    def end(self):
        return b"0\r\n\r\n" if self._chunked else b""

    @property
    def missing(self):
        """Bytes that were announced and have not come."""
        return 0 if self._bodiless or self._chunked else self._left
