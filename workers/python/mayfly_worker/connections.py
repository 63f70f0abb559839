"""The server for interfaces that block: a thread for each connection, as many as the platform opens."""

import signal
import socket
import sys
import threading
from contextvars import Context

from mayfly_worker import http1
from mayfly_worker.body import Body, TooLarge, unchunked
from mayfly_worker.boot import LISTENER
from mayfly_worker.output import invocation


class Server:
    """`answer(head, body, length, reply)` is how the function's interface is called."""

    def __init__(self, runtime, mode, answer):
        self._runtime = runtime
        self._mode = mode
        self._answer = answer
        self._listener = socket.socket(fileno=LISTENER)
        self._idle = set()  # connections without a request

    def serve(self):
        """Returns never: the process ends when the platform drains it."""
        self._runtime.on_drain = self._stop
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, lambda *_: self._runtime.drain())
        if self._runtime.standby is not None:
            self._runtime.standby.begin(self._accept_one)
        self._runtime.ready(self._mode)
        while not self._runtime.draining:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                continue
            threading.Thread(target=self._converse, args=(connection,), daemon=True, name="mayfly-connection").start()
        self._listener.close()  # who waits there to be accepted learns at once that nobody will
        self._runtime.wait_until_idle()
        self._runtime.finish()

    def _accept_one(self):
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # it drains
        self._converse(connection)

    def _stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # ends the wait for the next connection
        for connection in list(self._idle):
            _hang_up(connection)

    def _converse(self, connection):
        try:
            with connection, connection.makefile("rb", 64 * 1024) as stream:
                while self._exchange(connection, stream):
                    pass
        except OSError:
            pass  # the platform hung up

    def _exchange(self, connection, stream):
        """One request and its answer; whether the connection can carry another."""
        self._idle.add(connection)
        try:
            head = None if self._runtime.draining else _read_head(stream)
        except http1.Malformed as error:
            return _refuse(connection, b"400 Bad Request", error)
        finally:
            self._idle.discard(connection)
        if head is None:
            return False
        try:
            body, length = Body(stream, head.length), head.length
            source = body
            if head.chunked:
                source, length = unchunked(stream)
        except http1.Malformed as error:
            return _refuse(connection, b"400 Bad Request", error)
        except TooLarge as error:
            return _refuse(connection, b"413 Content Too Large", error)
        reply = Reply(connection, head.method)
        if not Context().run(self._call, head, source, length, reply) or reply.broken or head.close:
            return False
        body.drain()
        return True

    def _call(self, head, source, length, reply):
        """Whether it was answered, one way or the other."""
        invocation.set(head.invocation)
        if not self._runtime.started(head.invocation):
            return False
        try:
            self._answer(head, source, length, reply)
            reply.finish(self._runtime)
        except Exception as error:
            if not reply.gone:
                self._runtime.report(error)
            reply.fail()
        except BaseException as error:
            self._runtime.leave(error)
        finally:
            self._runtime.ended(head.invocation)
        return True


class Reply:
    """The answer under way on a blocking connection."""

    def __init__(self, connection, method):
        self.connection = connection
        self.method = method
        self.framing = None
        self.broken = False  # the connection cannot be used again
        self.gone = False  # because the other side left it
        self.verbatim = False
        self._finished = False

    def start(self, status, reason, headers, first=b""):
        framing = http1.Framing(self.method, status, reason, headers)
        self.framing = framing
        self.send(framing.head + framing.data(first))

    def write(self, data):
        self.send(self.framing.data(data))

    def send(self, data):
        try:
            if data:
                self.connection.sendall(data)
        except OSError:
            self.broken = self.gone = True
            raise

    def finish(self, runtime):
        """The last of the answer. Whatever called the function may do so itself, where there is more to do after it."""
        if self._finished:
            return
        self._finished = True
        if self.framing is None:
            runtime.output.log(40, "The function returned without an answer.")
            self.fail()
        elif self.verbatim:
            pass
        elif self.framing.missing:
            runtime.output.log(40, "The answer ended %d bytes short of its content-length." % self.framing.missing)
            self.broken = True
        else:
            self.send(self.framing.end())

    def finish_verbatim(self, complete):
        """For a body that came with framing of its own: it was complete, or the answer counts as cut."""
        self.verbatim = True
        self.broken = not complete

    def fail(self):
        """The platform's error page where nothing was sent yet; else a visibly cut answer."""
        if self.framing is not None:
            self.broken = self.broken or not self._finished
        elif not self.broken:
            try:
                self.send(http1.FAILED)
            except OSError:
                pass  # nobody is left to be told


def _read_head(stream):
    lines, size = [], 0
    while True:
        line = stream.readline(http1.LONGEST_HEAD)
        size += len(line)
        if not line:
            return None
        if line in (b"\r\n", b"\n"):
            if lines:
                return http1.Head(b"".join(lines))
            continue
        if size > http1.LONGEST_HEAD:
            raise http1.Malformed("a head of more than %d bytes" % http1.LONGEST_HEAD)
        lines.append(line)


def _hang_up(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side did


def _refuse(connection, status, error):
    print("request refused: %s %s" % (status.decode(), error), file=sys.stderr)
    connection.sendall(b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status)
    return False
