"""An ASGI application."""

import json
import unittest

from platform_double import ENDED, Instance

OK = """
async def answer(send, body=b"ok", status=200, headers=()):
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})
"""


def app(body, before="", lifespan="    return\n", **options):
    source = before + OK + "\nimport asyncio, sys, os\nasync def app(scope, receive, send):\n  if scope['type'] == 'lifespan':\n" + lifespan
    source += "".join("  %s\n" % line for line in body.strip("\n").split("\n"))
    options.setdefault("concurrency", 50)
    return Instance({"app.py": source}, "app.py", "app", "app", **options)


class AsgiTest(unittest.TestCase):
    def test_scope_says_what_the_platform_says(self):
        with app("import json\nfor k in ('headers', 'raw_path', 'query_string'): scope[k] = repr(scope[k])\nawait answer(send, json.dumps(scope).encode())") as instance:
            self.assertEqual(instance.ready(), "asgi")
            headers = {"Host": "a.example:81", "X-Forwarded-Proto": "https", "X-Dup": "1"}
            scope = json.loads(instance.get("/a%2Fb/%C3%A4?x=%20", headers=headers)[1])
        expected = {"type": "http", "method": "GET", "path": "/a/b/\u00e4", "raw_path": "b'/a%2Fb/%C3%A4'", "query_string": "b'x=%20'", "scheme": "https",
                    "client": ["203.0.113.9", 0], "server": ["a.example", 81], "root_path": "", "http_version": "1.1", "state": {}}  # fmt: skip
        self.assertEqual({key: scope[key] for key in expected}, expected)
        self.assertIn("(b'x-dup', b'1')", scope["headers"])
        self.assertNotIn("mayfly", scope["headers"])

    def test_streams_both_ways(self):
        body = "await send({'type': 'http.response.start', 'status': 200})\nmore = True\nwhile more:\n    message = await receive()\n    more = message['more_body']\n    await send({'type': 'http.response.body', 'body': message['body'].upper(), 'more_body': more})"
        with app(body) as instance:
            instance.ready()
            with instance.socket() as plain:
                stream = plain.makefile("rb")
                plain.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
                seen = b""
                while not seen.endswith(b"3\r\nABC\r\n"):
                    seen += stream.readline()
                plain.sendall(b"3\r\ndef\r\n0\r\n\r\n")
                while not seen.endswith(b"0\r\n\r\n"):
                    seen += stream.readline()
                self.assertIn(b"3\r\nDEF\r\n", seen)
            self.assertEqual(instance.ask("POST", "/", body=b"y" * 100_000)[0].read(), b"Y" * 100_000)

    def test_reads_past_trailers(self):
        body = "more, seen = True, b''\nwhile more:\n    message = await receive()\n    if message['type'] == 'http.disconnect':\n        return print('disconnected')\n    more, seen = message['more_body'], seen + message['body']\nawait answer(send, seen + scope['raw_path'])"
        trailed = b"POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
        with app(body) as instance:
            instance.ready()
            for lines in (b"x-checksum: abc\r\n", b"x: y\r\n" * 1000, b"x:" + b" " * 20_000 + b"GET /evil HTTP/1.1\r\n"):
                answer = instance.raw(trailed + lines + b"\r\n", b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                self.assertIn(b"abc/first", answer)
                self.assertIn(b"/next", answer)
                self.assertEqual(answer.count(b"HTTP/1.1 200 OK"), 2)
            for lines in (b"x: y\r\n" * 50_000, b"x: " + b"y" * 200_000, b"x: y\n\n\r\n" + b"z: y\r\n" * 50_000):
                self.assertIn(instance.raw(trailed + lines)[:13], (b"", b"HTTP/1.1 500 "))
            self.assertEqual(instance.get("/last"), (200, "/last"))

    def test_requests_share_connections_and_the_loop(self):
        with app("await barrier.wait()\nawait answer(send)", before=BARRIER) as instance:
            instance.ready()
            connections = [instance.connect() for _ in range(5)]
            for _ in range(2):
                for connection in connections:
                    connection.request("GET", "/")
                self.assertEqual([connection.getresponse().read() for connection in connections], [b"ok"] * 5)

    def test_background_work_runs_on_and_ends_the_invocation(self):
        with app("if scope['path'] == '/go':\n    go.set()\n    return await answer(send)\nawait answer(send)\nawait go.wait()\nprint('in the background')", before="import asyncio\n", lifespan=GO) as instance:
            instance.ready()
            connection = instance.connect()
            self.assertEqual(instance.get(connection=connection), (200, "ok"))
            self.assertEqual(instance.get("/go", connection=connection), (200, "ok"))
            instance.ended(1)
            self.assertEqual(instance.texts(1), ["in the background"])
            self.assertEqual([payload[7] for payload in instance.of(ENDED)], [2, 1])

    def test_a_client_that_leaves_is_told_to_the_application(self):
        with app("await send({'type': 'http.response.start', 'status': 200})\nawait send({'type': 'http.response.body', 'body': b'x', 'more_body': True})\nawait receive()\nprint((await receive())['type'])") as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nx-mayfly-invocation: 1\r\n\r\n")
                plain.recv(1)
            instance.ended(1)
            self.assertEqual(instance.texts(1), ["http.disconnect"])

    def test_an_exception_is_a_500_and_a_record_and_nothing_else_suffers(self):
        with app("if scope['path'] == '/boom':\n    raise ValueError('boom')\nif scope['path'] == '/cancel':\n    raise asyncio.CancelledError\nawait answer(send)") as instance:
            instance.ready()
            connection = instance.connect()
            for path, text in {"/boom": "ValueError: boom", "/cancel": "CancelledError"}.items():
                response, invocation = instance.ask("GET", path, connection=connection)
                self.assertEqual((response.status, response.headers["x-mayfly-error"], response.read()), (500, "function_failed", b""))
                instance.ended(invocation)
                ((_, stream, level, record),) = instance.logs(invocation)
                self.assertEqual((stream, level), (3, 40))
                self.assertIn(text, record)
                self.assertIn('Traceback (most recent call last):\n  File "app.py", line', record)
            self.assertEqual(instance.get(connection=connection), (200, "ok"))

    def test_what_breaks_the_interface_does_not_wedge_it(self):
        wrongs = {
            "return": "without an answer",
            "await send({'type': 'http.response.body', 'body': b'x'})": "before http.response.start",
            "await send({'type': 'surprise'})": "surprise: unknown",
            "await answer(send, headers=[(b'x', b'a\\r\\nb: c')])": "holds characters",
            "await answer(send, headers=[(b'content-length', b'99')])": "short of its content-length",
        }
        for body, message in wrongs.items():
            with self.subTest(message), app("if scope['path'] == '/ok':\n    return await answer(send)\n" + body) as instance:
                instance.ready()
                with instance.socket() as plain:
                    plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx-mayfly-invocation: 1\r\n\r\n")
                    self.assertTrue(plain.makefile("rb").read().startswith(b"HTTP/1.1 500 "))
                instance.ended(1)
                self.assertIn(message, "\n".join(instance.texts(1)))
                self.assertEqual(instance.get("/ok"), (200, "ok"))

    def test_a_body_nobody_reads_does_not_spoil_the_next_request(self):
        with app("await answer(send)") as instance:
            instance.ready()
            connection = instance.connect()
            for _ in range(3):
                response, _ = instance.ask("POST", "/", body=b"x" * 1_000_000, connection=connection)
                self.assertEqual(response.read(), b"ok")

    def test_broken_requests_are_refused(self):
        with app("await answer(send)") as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"nonsense\r\n\r\n")
                self.assertTrue(plain.recv(100).startswith(b"HTTP/1.1 400 "))
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
                self.assertTrue(plain.recv(100).startswith(b"HTTP/1.1 501 "))
            self.assertEqual(instance.get(), (200, "ok"))

    def test_exit_ends_the_process(self):
        with app("print('bye')\nsys.exit(5)") as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nx-mayfly-invocation: 1\r\n\r\n")
                self.assertEqual(plain.makefile("rb").read(), b"")
            self.assertEqual(instance.exit()[0], 5)
            self.assertEqual(instance.texts(1), ["bye"])


class LifespanTest(unittest.TestCase):
    def test_startup_precedes_ready_state_persists_and_shutdown_follows_the_drain(self):
        lifespan = "    await receive()\n    scope['state']['x'] = 'from startup'\n    await send({'type': 'lifespan.startup.complete'})\n    await receive()\n    print('shut down')\n    await send({'type': 'lifespan.shutdown.complete'})\n    return\n"
        with app("await answer(send, scope['state']['x'].encode())", lifespan=lifespan) as instance:
            instance.ready()
            self.assertEqual(instance.get(), (200, "from startup"))
            instance.drain()
            self.assertEqual(instance.exit()[0], 0)
            self.assertIn("shut down", instance.texts(0))

    def test_a_startup_that_fails_fails_the_instance(self):
        lifespan = "    await receive()\n    await send({'type': 'lifespan.startup.failed', 'message': 'no database'})\n    return\n"
        with app("pass", lifespan=lifespan) as instance:
            kind, report = instance.outcome()
            self.assertEqual((kind, report["code"]), ("failed", "startup_failed"))
            self.assertIn("no database", report["message"])
            self.assertEqual(instance.exit()[0], 1)

    def test_an_application_without_lifespan_is_served(self):
        with app("await answer(send)", lifespan="    raise NotImplementedError\n") as instance:
            instance.ready()
            self.assertEqual(instance.get(), (200, "ok"))


BARRIER = """
import asyncio
class Barrier:
    def __init__(self):
        self.count = 0
    async def wait(self):
        if self.count % 5 == 0:
            self.event = asyncio.Event()
        self.count += 1
        event = self.event
        if self.count % 5 == 0:
            event.set()
        await event.wait()
barrier = Barrier()
"""
GO = """
    global go
    go = asyncio.Event()
    return
"""
