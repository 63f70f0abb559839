"""Many requests at a time, as many as instances take by default: every line under the request that it belongs to."""

import unittest

from platform_double import Instance

ASGI = """
import asyncio, functools, logging, logging.handlers, queue, random, sys, threading
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(3)
queued = logging.getLogger('queued')
waiting = queue.Queue()
queued.addHandler(logging.handlers.QueueHandler(waiting))
queued.propagate = False
logging.handlers.QueueListener(waiting, logging.StreamHandler(sys.stdout)).start()
together = []

async def app(scope, receive, send):
    if scope['type'] != 'http':
        raise NotImplementedError
    me = scope['path']
    loop = asyncio.get_running_loop()
    together.append(loop.create_future())
    if len(together) == 50:
        [each.set_result(None) for each in together]
    await together[-1]
    for i in range(20):
        print(me, 'part ', end='')
        await asyncio.sleep(random.random() / 200)
        print('whole')
    logging.warning('%s logged', me)
    await asyncio.gather(*[task(me + ' task') for _ in range(3)])
    loop.call_soon(print, me, 'soon')
    loop.call_later(0.01, print, me, 'later')
    loop.call_soon_threadsafe(print, me, 'threadsafe')
    await loop.run_in_executor(None, print, me, 'executor')
    await loop.run_in_executor(pool, functools.partial(print, me, 'pool'))
    future = pool.submit(print, me, 'submitted')
    called = threading.Event()
    future.add_done_callback(lambda _: (print(me, 'callback'), called.set()))
    await loop.run_in_executor(None, called.wait)
    if hasattr(asyncio, 'to_thread'):
        await asyncio.to_thread(print, me, 'executor')
    thread = threading.Thread(target=lambda: asyncio.run_coroutine_threadsafe(task(me + ' from a thread'), loop).result())
    thread.start()
    queued.warning('%s queued', me)
    await loop.run_in_executor(None, thread.join)
    async for line in lines(me):
        print(line)
    await send({'type': 'http.response.start', 'status': 200})
    for _ in range(3):
        await send({'type': 'http.response.body', 'body': b'x', 'more_body': True})
        print(me, 'streams')
        await asyncio.sleep(0)
    await send({'type': 'http.response.body', 'body': b'x'})
    await asyncio.sleep(0.02)
    print(me, 'in the background')

async def task(text):
    await asyncio.sleep(random.random() / 100)
    print(text)

async def lines(me):
    for i in range(3):
        await asyncio.sleep(0)
        yield me + ' generated'
"""
ASGI_LINES = {
    "part whole": 20, "logged": 1, "task": 3, "soon": 1, "later": 1, "threadsafe": 1, "executor": 2, "pool": 1, "submitted": 1, "callback": 1,
    "from a thread": 1, "queued": 1, "generated": 3, "streams": 3, "in the background": 1,
}  # fmt: skip
WSGI = """
import asyncio, logging, threading, time
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(2)
together = threading.Barrier(8)

def app(environ, start_response):
    me = environ['PATH_INFO']
    together.wait()
    for i in range(50):
        print(me, 'part ', end='')
        time.sleep(0)
        print('whole')
    logging.warning('%s logged', me)
    threads = [threading.Thread(target=print, args=(me, 'thread')) for _ in range(3)] + [threading.Timer(0.001, print, (me, 'timer'))]
    [each.start() for each in threads]
    [each.join() for each in threads]
    future = pool.submit(lambda: (time.sleep(0.002), print(me, 'pool')))
    called = threading.Event()
    future.add_done_callback(lambda _: (print(me, 'callback'), called.set()))
    called.wait()
    asyncio.run(loop(me))
    left = threading.Thread(target=leave, args=(me,))
    left.start()
    start_response('200 OK', [])
    return Answer(me, left)

def leave(me):
    time.sleep(0.05)
    print(me, 'left')

async def loop(me):
    await asyncio.gather(*[asyncio.get_running_loop().run_in_executor(None, print, me, 'loop') for _ in range(2)])

class Answer:
    def __init__(self, me, left):
        self.me, self.left = me, left
    def __iter__(self):
        for _ in range(3):
            yield b'x'
            print(self.me, 'streams')
    def close(self):
        self.left.join()
        print(self.me, 'closed')
"""
WSGI_LINES = {
    "part whole": 50, "logged": 1, "thread": 3, "timer": 1, "pool": 1, "callback": 1, "loop": 2, "streams": 3, "left": 1, "closed": 1,
}  # fmt: skip


class ConcurrencyTest(unittest.TestCase):
    def test_fifty_asgi_requests_at_once_keep_their_lines_apart(self):
        with Instance({"app.py": ASGI}, "app.py", "app", "app", concurrency=50) as instance:
            self.assertEqual(instance.ready(), "asgi")
            self.at_once(instance, 50, ASGI_LINES, b"xxxx")

    def test_eight_wsgi_threads_keep_their_lines_apart(self):
        with Instance({"app.py": WSGI}, "app.py", "app", "app", concurrency=8) as instance:
            self.assertEqual(instance.ready(), "wsgi")
            for first in (1, 9, 17):  # on connections, threads and pools that are there already
                self.at_once(instance, 8, WSGI_LINES, b"xxx", first)

    def at_once(self, instance, count, expected, body, first=1):
        connections = [instance.connect() for _ in range(count)]
        for number, connection in enumerate(connections, first):
            connection.request("GET", "/%d" % number, headers={"x-mayfly-invocation": "%016x" % number})
        for connection in connections:
            self.assertEqual(connection.getresponse().read(), body)
        wanted = sum(expected.values())
        for number in range(first, first + count):
            instance.ended(number)
            instance.until(lambda: len(instance.texts(number)) >= wanted, "all lines of %d" % number)
            lines = instance.texts(number)
            self.assertEqual({line.split(" ")[0] for line in lines}, {"/%d" % number})
            texts = [line.partition(" ")[2] for line in lines]
            self.assertEqual({each: texts.count(each) for each in texts}, expected)
        self.assertEqual(instance.texts(0), [])

    def test_the_thread_of_a_pool_is_nobodys_and_so_is_the_rest_of_a_callback(self):
        source = """
import logging
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1, initializer=print, initargs=('a thread more',))
def app(environ, start_response):
    future = pool.submit(print, environ['PATH_INFO'])
    future.add_done_callback(lambda _: 1 / 0)
    future.result()
    pool.submit(str).result()
    start_response('200 OK', [])
    return [b'ok']
"""
        with Instance({"app.py": source}, "app.py", "app", "app") as instance:
            instance.ready()
            for number in (1, 2):
                instance.get("/%d" % number)
                instance.ended(number)
                self.assertEqual([each for each in instance.texts(number) if "ZeroDivisionError" not in each], ["/%d" % number])
            self.assertEqual(instance.texts(0)[0], "a thread more")

    def test_an_exception_that_nobody_catches_is_never_told_to_another_request(self):
        source = """
import asyncio, gc, sys
kept = []
async def fail():
    raise ValueError('of nobody')
async def app(scope, receive, send):
    if scope['type'] != 'http':
        raise NotImplementedError
    if scope['path'] == '/fail':
        kept.append(asyncio.ensure_future(fail()))
        await asyncio.sleep(0.01)
    else:
        kept.clear()
        gc.collect()
    await send({'type': 'http.response.start', 'status': 200})
    await send({'type': 'http.response.body', 'body': b'ok'})
"""
        with Instance({"app.py": source}, "app.py", "app", "app") as instance:
            instance.ready()
            instance.get("/fail")
            instance.get("/next")
            instance.ended(2)
            instance.logged("ValueError: of nobody")
            self.assertEqual(instance.texts(2), [])

    def test_a_handler_that_takes_several_requests_keeps_their_lines_apart(self):
        source = """
import threading
from http.server import BaseHTTPRequestHandler
together = threading.Barrier(3)
class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        together.wait()
        for _ in range(100):
            print(self.path, 'part ', end='')
            print('whole')
        self.send_response(200)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'ok')
        self.wfile.flush()
        together.wait()
        print(self.path, 'after the answer')
"""
        with Instance({"app.py": source}, "app.py", concurrency=3) as instance:
            self.assertEqual(instance.ready(), "handler")
            self.at_once(instance, 3, {"part whole": 100, "after the answer": 1}, b"ok")
