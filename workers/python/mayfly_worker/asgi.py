"""ASGI 3.0 over HTTP/1.1: one event loop, all connections in it, lifespan around it."""

import asyncio
import signal
import socket
from contextvars import Context, copy_context

from mayfly_worker import http1
from mayfly_worker.asgi_request import Request
from mayfly_worker.boot import LISTENER
from mayfly_worker.lifespan import Lifespan, StartupFailed
from mayfly_worker.output import invocation


NO_WEBSOCKET = (
    b"HTTP/1.1 501 Not Implemented\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: 116\r\n\r\n"
    b"WebSocket does not reach ASGI applications yet. It reaches a script or a program that starts its own server itself.\n"
)


def serve(runtime, app):
    """Returns never."""
    try:
        asyncio.run(_serve(runtime, app))
    except (SystemExit, KeyboardInterrupt) as error:
        runtime.leave(error)
    runtime.finish()


async def _serve(runtime, app):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_tell_in_its_context)
    draining = asyncio.Event()
    lifespan = Lifespan(app)
    try:
        with runtime.import_times:
            await lifespan.startup()
    except StartupFailed as failed:
        runtime.failed("startup_failed", "the application's lifespan startup failed: " + failed.message.strip().split("\n")[-1], failed.message)
    server = Server(runtime, app, lifespan.state)
    listener = socket.socket(fileno=LISTENER)
    listener.setblocking(False)
    # create_server, not create_unix_server: that would unlink the platform's path when it closes
    listening = await loop.create_server(server.connection, sock=listener, backlog=1024)
    runtime.on_drain = lambda: loop.call_soon_threadsafe(draining.set)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        loop.add_signal_handler(signal.SIGTERM, runtime.drain)
    runtime.ready("asgi")
    await draining.wait()
    loop.remove_reader(listener)
    await asyncio.sleep(0)  # those that were accepted already get their connection: asyncio would forget them, open, once it is closed
    listening.close()
    server.hang_up()
    while server.running:
        await asyncio.wait(set(server.running))
    await lifespan.shutdown()


def _tell_in_its_context(loop, trouble):
    """What nobody was there to catch may be found anywhere: it is told where it belongs, as far as this Python knows."""
    context = Context()
    for each in (trouble.get("task"), trouble.get("future"), trouble.get("handle")):
        if hasattr(each, "get_context"):
            context = each.get_context()
            break
    context.copy().run(loop.default_exception_handler, trouble)


class Server:
    def __init__(self, runtime, app, state):
        self.running = set()
        self._idle = set()  # writers of connections without a request
        self._runtime = runtime
        self._app = app
        self._state = state

    def connection(self):
        async def converse(reader, writer):
            await self._converse(protocol.gone, reader, writer)

        protocol = _Protocol(asyncio.StreamReader(http1.LONGEST_HEAD), converse)
        return protocol

    async def _converse(self, gone, reader, writer):
        try:
            while await self._exchange(gone, reader, writer):
                pass
        except (OSError, EOFError, asyncio.LimitOverrunError, http1.Malformed):
            pass  # the platform hung up, or what it sent is no HTTP
        finally:
            writer.close()

    def hang_up(self):
        for writer in self._idle:
            writer.close()

    async def _exchange(self, gone, reader, writer):
        if self._runtime.draining:
            return False
        self._idle.add(writer)
        try:
            head = http1.Head(await reader.readuntil(b"\r\n\r\n"))
        except http1.Malformed as error:
            self._runtime.output.log(30, "request refused: %s" % error)
            writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            return False
        finally:
            self._idle.discard(writer)
        if head.first(b"upgrade").lower() == b"websocket":
            writer.write(NO_WEBSOCKET)
            return False
        request = Request(head, reader, writer, gone, self._state)
        context = copy_context()
        context.run(invocation.set, head.invocation)
        if not self._runtime.started(head.invocation):
            return False
        task = context.run(asyncio.get_running_loop().create_task, self._call(request))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        await request.answered.wait()
        if request.broken or head.close:
            return False
        await request.drain()
        return True

    async def _call(self, request):
        """The application, to its end: that may be long after its answer."""
        try:
            await self._app(request.scope, request.receive, request.send)
            if not request.answered.is_set() and not request.gone.is_set():
                self._runtime.output.log(40, "The application returned without %s answer." % ("a complete" if request.framing else "an"))
        except (Exception, asyncio.CancelledError) as error:
            self._runtime.report(error)
        except BaseException as error:
            self._runtime.leave(error)
        finally:
            request.abandon()
            self._runtime.ended(request.head.invocation)


class _Protocol(asyncio.StreamReaderProtocol):
    """Streams that also notice at once when the other side leaves."""

    def __init__(self, reader, converse):
        super().__init__(reader, converse)
        self.gone = asyncio.Event()

    def eof_received(self):
        self.gone.set()
        return super().eof_received()

    def connection_lost(self, error):
        self.gone.set()
        super().connection_lost(error)
