"""Gives a script the platform's socket in place of the TCP port it asks for.

The first TCP socket that is put to listen gets descriptor 3 laid over its own, whatever address it was bound to; nothing is ever bound in the
host's network. Accepted connections are of a class that reads the head of the request before the server does. There it takes out the
platform's header, which names the invocation, and asks the server to close after the answer. So every connection is one request: its closing
is the end of the invocation, and an idle connection cannot block a server that handles one at a time. This sits below all server code that
uses Python's sockets (http.server, wsgiref, Werkzeug, asyncio and what builds on it), so no server needs to be known by name.
"""

import errno
import os
import socket
import threading
import weakref

from mayfly_worker.boot import LISTENER
from mayfly_worker.http1 import INVOCATION, LONGEST_HEAD
from mayfly_worker.output import invocation

PEER = ("127.0.0.1", 0)
PIECE = 64 * 1024


class Takeover:
    def __init__(self, runtime):
        self.listening = False
        self.current = invocation.get
        self._runtime = runtime
        self._lock = threading.Lock()
        self._bound = weakref.WeakKeyDictionary()  # TCP socket that was bound, only in name → (address, what it says its name is)
        self._taken = weakref.WeakSet()  # those that listen on a socket of ours
        self._port = None  # of the first one

    def install(self):
        """Patches the methods, not the class: subclasses and modules that hold the class already get them too."""
        takeover, plain = self, socket.socket
        real = {name: getattr(plain, name) for name in ("bind", "listen", "accept", "connect", "getsockname", "setsockopt")}

        def bind(self, address):
            if not _is_tcp(self):
                return real["bind"](self, address)
            takeover._bound[self] = (address, _shown(self, address))

        def listen(self, backlog=128):
            if self not in takeover._bound or not takeover._take(self):
                if self in takeover._bound:
                    real["bind"](self, takeover._bound.pop(self)[0])
                real["listen"](self, backlog)

        def accept(self):
            if self not in takeover._taken:
                return real["accept"](self)
            descriptor, _ = self._accept()
            return Accepted(takeover._runtime, self, descriptor), PEER

        def connect(self, address):
            if self in takeover._bound:
                real["bind"](self, takeover._bound.pop(self)[0])  # a client that chooses where it comes from
            return real["connect"](self, address)

        def getsockname(self):
            return takeover._bound[self][1] if self in takeover._bound else real["getsockname"](self)

        def setsockopt(self, *option):
            try:
                return real["setsockopt"](self, *option)
            except OSError:
                if self not in takeover._taken:
                    raise  # else: an option of TCP, which this is no longer

        for method in (bind, listen, accept, connect, getsockname, setsockopt):
            setattr(plain, method.__name__, method)
        resolve = socket.getfqdn
        # http.server asks for the full name of what it binds; that may be a slow question to a name server.
        socket.getfqdn = lambda name="": "localhost" if name in ("", "localhost", "127.0.0.1", "0.0.0.0", "::") else resolve(name)

    def _take(self, listener):
        """Lays our socket over the listener's; false if this is another port than the one that was taken over."""
        with self._lock:
            port = self._bound[listener][1][1]
            if not self.listening:
                self.listening, self._port = True, port
                os.dup2(LISTENER, listener.fileno(), inheritable=False)
            elif port == self._port:
                _deaf(listener)  # the same port on another address: asyncio opens both families of `localhost`
            else:
                return False
            self._taken.add(listener)
            os.set_blocking(listener.fileno(), listener.gettimeout() is None)
            first = len(self._taken) == 1
        if first:
            self._runtime.ready("script")
        return True


def _is_tcp(sock):
    return sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM


def _shown(sock, address):
    host, port = address[0], address[1]
    if not isinstance(port, int) or not 0 <= port < 65536:
        raise OverflowError("bind(): port must be 0-65535.")
    host = {"": "::" if sock.family == socket.AF_INET6 else "0.0.0.0", "localhost": "127.0.0.1"}.get(host, host)
    return (host, port or 8080, 0, 0) if sock.family == socket.AF_INET6 else (host, port or 8080)


def _deaf(listener):
    """A listening socket that nobody knows the name of."""
    with socket.socket(socket.AF_UNIX) as other:
        other.bind("")
        other.listen(1)
        os.dup2(other.fileno(), listener.fileno(), inheritable=False)


class Accepted(socket.socket):
    """A connection with one request on it."""

    def __init__(self, runtime, listener, descriptor):
        super().__init__(listener.family, socket.SOCK_STREAM, 0, fileno=descriptor)
        if socket.getdefaulttimeout() is None and listener.gettimeout():
            self.setblocking(True)
        self._runtime = runtime
        self._address = listener.getsockname()
        self._invocation = 0
        self._raw = b""  # the head, as far as it has come
        self._ahead = b""  # the head as the server may see it, and what came with it
        self._headless = True

    def recv(self, size, flags=0):
        if self._headless:
            self._read_head(size, flags)
        if self._invocation:
            invocation.set(self._invocation)
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
            return data
        return super().recv(size, flags)

    def recv_into(self, buffer, nbytes=0, flags=0):
        if not self._headless and not self._ahead:
            if self._invocation:
                invocation.set(self._invocation)
            return super().recv_into(buffer, nbytes, flags)
        data = self.recv(nbytes or len(buffer), flags)
        memoryview(buffer).cast("B")[: len(data)] = data
        return len(data)

    def _read_head(self, size, flags):
        """Where the socket does not block and the head is not there yet, this raises what any read would; the part is kept."""
        while True:
            # never more than the caller could take at once: it may wait for the descriptor, which knows nothing of what is kept here
            piece = super().recv(min(size, PIECE), flags)
            self._raw += piece
            end = self._raw.find(b"\r\n\r\n")
            if end >= 0:
                head, self._invocation = _for_the_server(self._raw[:end])
                self._ahead = head + self._raw[end:]
                if not self._runtime.started(self._invocation):
                    self._invocation = 0
                    raise ConnectionAbortedError(errno.ECONNABORTED, "the instance is leaving")
                break
            if not piece or len(self._raw) > LONGEST_HEAD:
                self._ahead = self._raw
                break
        self._headless, self._raw = False, b""

    def getpeername(self):
        return PEER

    def getsockname(self):
        return self._address

    def setsockopt(self, *option):
        try:
            super().setsockopt(*option)
        except OSError:
            pass  # an option of TCP, which this is not

    def close(self):
        super().close()
        ended, self._invocation = self._invocation, 0
        if ended:
            self._runtime.ended(ended)
            if invocation.get() == ended:
                invocation.set(0)


def _for_the_server(head):
    """The head without the platform's header and with `Connection: close`; (bytes, invocation)."""
    start, *lines = head.split(b"\r\n")
    number, kept, upgrade = 0, [], False
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name == INVOCATION:
            number = int(value.strip() or b"0", 16)
            continue
        upgrade = upgrade or name == b"upgrade"
        kept.append(line)
    if not upgrade:
        kept = [line for line in kept if line.partition(b":")[0].lower() not in (b"connection", b"keep-alive")]
        kept.append(b"Connection: close")
    return b"\r\n".join([start, *kept]), number
