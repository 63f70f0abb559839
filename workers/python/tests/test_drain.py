"""A worker that is to leave: what runs comes to its end, and nothing new begins."""

import os
import signal
import unittest

from platform_double import ENDED, STARTED, Instance

WSGI = """
import atexit, os, time
atexit.register(print, 'at exit')
def app(environ, start_response):
    start_response('200 OK', [])
    while environ['PATH_INFO'] == '/wait' and not os.path.exists(environ['QUERY_STRING']):
        time.sleep(0.005)
    return [b'ok']
"""
ASGI = """
import asyncio, os
async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        await receive()
        await send({'type': 'lifespan.startup.complete'})
        await receive()
        print('at exit')
        return await send({'type': 'lifespan.shutdown.complete'})
    while scope['path'] == '/wait' and not os.path.exists(scope['query_string']):
        await asyncio.sleep(0.005)
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'2')]})
    await send({'type': 'http.response.body', 'body': b'ok'})
"""
THREADED = """
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import os
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, mark = self.path.partition('?')
        while path == '/wait' and not os.path.exists(mark):
            time.sleep(0.005)
        self.send_response(200)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'ok')
server = ThreadingHTTPServer(('', 8080), Handler)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
server.server_close()
print('at exit')
"""
KINDS = {"wsgi": (WSGI, "app"), "asgi": (ASGI, "app"), "script": (THREADED, "script")}
WAYS = {
    "frame": lambda instance: instance.drain(),
    "SIGTERM to the worker": lambda instance: os.kill(instance.hellos[2], signal.SIGTERM),
    "SIGTERM to init": lambda instance: instance.process.send_signal(signal.SIGTERM),
}


class DrainTest(unittest.TestCase):
    def test_what_runs_finishes_and_the_process_exits_well_however_it_was_told(self):
        for name, (source, kind) in KINDS.items():
            for way, tell in WAYS.items():
                with self.subTest(name + ", " + way), Instance({"app.py": source}, "app.py", kind, "app", concurrency=2) as instance:
                    instance.ready()
                    connection, mark = waiting(instance)
                    tell(instance)
                    if kind == "app":
                        refused(self, instance)
                    touch(mark)
                    self.assertEqual(connection.getresponse().read(), b"ok")
                    self.assertEqual(instance.exit()[0], 0)
                    self.assertEqual(instance.texts(0), ["at exit"])

    def test_a_request_that_comes_too_late_is_not_begun(self):
        for name in ("wsgi", "asgi"):
            with self.subTest(name), Instance({"app.py": KINDS[name][0]}, "app.py", "app", "app", concurrency=2) as instance:
                instance.ready()
                used = instance.connect()
                self.assertEqual(instance.get(connection=used), (200, "ok"))
                half = instance.socket()
                half.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nx-mayfly-invocation: 63\r\n")
                connection, mark = waiting(instance)
                instance.drain()
                refused(self, instance)
                self.assertEqual(used.sock.recv(1), b"")  # at once, though a request runs elsewhere
                self.assertEqual(ended_by_peer(half), b"")
                touch(mark)
                self.assertEqual(connection.getresponse().read(), b"ok")
                self.assertEqual(instance.exit()[0], 0)
                self.assertEqual(len(instance.of(STARTED)), 2)

    def test_an_idle_connection_does_not_hold_up_a_drain(self):
        for source in (WSGI, "async def app(scope, receive, send):\n    raise ValueError"):
            with self.subTest(source), Instance({"app.py": source}, "app.py", "app", "app") as instance:
                instance.ready()
                instance.socket()
                instance.drain()
                self.assertEqual(instance.exit()[0], 0)

    def test_one_that_was_held_ready_drains_with_and_without_a_request(self):
        for source, symbol in ((WSGI, "app"), (ASGI, "app"), (THREADED, "script")):
            kind = "script" if symbol == "script" else "app"
            with self.subTest(source), Instance({"app.py": source}, "app.py", kind, "app", concurrency=2, held=True) as instance:
                instance.ready()
                instance.drain()
                self.assertEqual(instance.exit()[0], 0)
            with self.subTest(source), Instance({"app.py": source}, "app.py", kind, "app", concurrency=2, held=True) as instance:
                instance.ready()
                connection, mark = waiting(instance)
                self.assertEqual(instance.get(), (200, "ok"))
                instance.drain()
                touch(mark)
                self.assertEqual(connection.getresponse().read(), b"ok")
                self.assertEqual(instance.exit()[0], 0)

    def test_threads_and_pools_of_a_request_finish_first(self):
        source = """
import threading, time
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)
go = threading.Event()
def later(word):
    go.wait()
    time.sleep(0.1)
    print(word)
def app(environ, start_response):
    start_response('200 OK', [])
    threading.Thread(target=later, args=('thread',)).start()
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    pool.submit(later, 'pool')
    pool.submit(later, 'pool again')
    return [b'ok']
import atexit
threading._register_atexit(go.set)
"""
        with Instance({"app.py": source}, "app.py", "app", "app") as instance:
            instance.ready()
            instance.get()
            instance.ended(1)  # they hold nothing up before
            instance.drain()
            self.assertEqual(instance.exit()[0], 0)
            self.assertEqual(sorted(instance.texts(1)), ["pool", "pool again", "thread"])

    def test_work_after_the_response_finishes_first(self):
        wsgi = """
class Answer:
    def __iter__(self):
        yield b'o'
        yield b'k'
    def close(self):
        while not os.path.exists(mark):
            time.sleep(0.005)
        print('after the response')
def app(environ, start_response):
    global mark
    mark = environ['QUERY_STRING']
    start_response('200 OK', [])
    return Answer()
"""
        asgi = ASGI + "\n    while not os.path.exists(scope['query_string']):\n        await asyncio.sleep(0.005)\n    print('after the response')\n"
        for source in ("import os, time\n" + wsgi, asgi):
            with self.subTest(source), Instance({"app.py": source}, "app.py", "app", "app") as instance:
                instance.ready()
                mark = os.path.join(instance.home, "mark")
                self.assertEqual(instance.get("/?" + mark), (200, "ok"))  # whole, before that work is done
                instance.drain()
                self.assertEqual(instance.of(ENDED), [])
                touch(mark)
                self.assertEqual(instance.exit()[0], 0)
                self.assertEqual(instance.texts(1), ["after the response"])
                self.assertEqual(len(instance.of(ENDED)), 1)

    def test_a_handler_for_sigterm_of_the_users_own_stays(self):
        source = "import signal\nsignal.signal(signal.SIGTERM, lambda *_: print('mine'))\n" + WSGI
        with Instance({"app.py": source}, "app.py", "app", "app") as instance:
            instance.ready()
            os.kill(instance.hellos[2], signal.SIGTERM)
            self.assertEqual(instance.get(), (200, "ok"))
            instance.logged("mine")  # after a request: Python may see a signal that comes just before it waits only when it has waited


def waiting(instance):
    """A request that runs until its mark exists."""
    mark = os.path.join(instance.home, "mark")
    connection = instance.connect()
    instance.invocation += 1
    connection.request("GET", "/wait?" + mark, headers={"x-mayfly-invocation": "%016x" % instance.invocation})
    instance.started(instance.invocation)  # this one: what is said of one before it may still be on its way
    return connection, mark


def refused(test, instance):
    """Nobody accepts any more, within a while."""
    while True:
        try:
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = ended_by_peer(plain)
        except (ConnectionRefusedError, BrokenPipeError):
            return
        test.assertIn(answer[:12], (b"", b"HTTP/1.1 200"))  # the latter: it was not told yet


def ended_by_peer(plain):
    try:
        return plain.recv(1000)
    except ConnectionResetError:
        return b""


def touch(path):
    with open(path, "w"):
        pass
