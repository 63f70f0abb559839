"""A class on http.server.BaseHTTPRequestHandler."""

import json
import textwrap
import unittest

from platform_double import ENDED, STARTED, Instance

HELLO = """
    from http.server import BaseHTTPRequestHandler

    class handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = {body}.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(body)
"""


def hello(body):
    return Instance({"api/hello.py": HELLO.replace("{body}", "(" + body + ")")}, "api/hello.py")


def handler(body, before="", **options):
    """An instance of a class with this body, which begins on line 5."""
    source = "import sys, os\n%s\nfrom http.server import BaseHTTPRequestHandler\nclass handler(BaseHTTPRequestHandler):\n" % before
    return Instance({"api/hello.py": source + textwrap.indent(body.strip("\n"), "    ") + "\n"}, "api/hello.py", **options)


class HandlerTest(unittest.TestCase):
    def test_sees_the_raw_path_with_its_query(self):
        with hello("self.path") as instance:
            self.assertEqual(instance.ready(), "handler")
            self.assertEqual(instance.get("/api/p/a%2Fb?x=%20y&x=%40"), (200, "/api/p/a%2Fb?x=%20y&x=%40"))

    def test_sees_duplicate_headers_and_not_the_platforms_own(self):
        with hello("repr(sorted(self.headers.items()))") as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nX-One: 2\r\nX-Mayfly-Invocation: 0000000000000007\r\nConnection: close\r\n\r\n")
                answer = plain.makefile("rb").read().decode()
            self.assertIn("('X-One', '1'), ('X-One', '2')", answer)
            self.assertNotIn("nvocation", answer)
            instance.ended(7)

    def test_client_address_is_the_forwarded_one(self):
        with hello("self.client_address[0] + self.address_string()") as instance:
            instance.ready()
            self.assertEqual(instance.get()[1], "203.0.113.9203.0.113.9")

    def test_a_method_it_does_not_have_is_501(self):
        with hello("'x'") as instance:
            instance.ready()
            response, _ = instance.ask("PATCH", "/")
            self.assertEqual(response.status, 501)

    def test_head_has_no_body(self):
        source = HELLO.replace("{body}", "'body'") + "\n        do_HEAD = do_GET\n"
        with Instance({"h.py": source}, "h.py") as instance:
            instance.ready()
            connection = instance.connect()
            response, _ = instance.ask("HEAD", "/", connection=connection)
            self.assertEqual((response.status, response.read()), (200, b""))
            self.assertEqual(instance.get(connection=connection), (200, "body"))

    def test_reads_the_body_by_its_length(self):
        with handler(POST_ECHO) as instance:
            instance.ready()
            body = bytes(range(256)) * 4096
            response, _ = instance.ask("POST", "/", body=body)
            self.assertEqual(response.read(), body)

    def test_reads_a_chunked_body_by_its_length_too(self):
        with handler(POST_ECHO) as instance:
            instance.ready()
            for size in (3, 300_000):
                response, _ = instance.ask("POST", "/", body=iter([b"a" * size] * 5), headers={"Transfer-Encoding": "chunked"}, encode_chunked=True)
                self.assertEqual(response.read(), b"a" * size * 5)

    def test_a_body_nobody_reads_does_not_spoil_the_next_request(self):
        with handler(POST_ECHO.replace("do_POST", "do_PUT") + "\ndef do_POST(self):\n    self.send_error(403)") as instance:
            instance.ready()
            connection = instance.connect()
            response, _ = instance.ask("POST", "/", body=b"x" * 1_000_000, connection=connection)
            self.assertEqual(response.status, 403)
            response.read()
            response, _ = instance.ask("PUT", "/", body=b"next", connection=connection)
            self.assertEqual(response.read(), b"next")

    def test_many_requests_share_a_connection_whatever_the_protocol_version(self):
        for version in ("HTTP/1.0", "HTTP/1.1"):
            with self.subTest(version), handler('protocol_version = "%s"\n' % version + ANSWER) as instance:
                instance.ready()
                connection = instance.connect()
                for _ in range(3):
                    self.assertEqual(instance.get(connection=connection), (200, "ok"))

    def test_several_connections_at_once(self):
        with handler(ANSWER, concurrency=4) as instance:
            instance.ready()
            idle = [instance.connect() for _ in range(20)]
            for connection in idle:
                self.assertEqual(instance.get(connection=connection), (200, "ok"))
            self.assertEqual(instance.get(), (200, "ok"))

    def test_streams_what_it_writes(self):
        with handler(STREAM, before="import threading\ngo = threading.Event()", concurrency=2) as instance:
            instance.ready()
            response, _ = instance.ask("GET", "/stream")
            self.assertEqual(response.read(5), b"first")
            instance.ask("GET", "/go")[0].read()
            self.assertEqual(response.read(), b"second")

    def test_multiple_cookies_stay_multiple(self):
        with handler(COOKIES) as instance:
            instance.ready()
            response, _ = instance.ask("GET", "/")
            self.assertEqual(response.headers.get_all("set-cookie"), ["a=1", "b=2"])

    def test_an_exception_is_a_500_for_the_platform_and_one_record_with_the_users_lines(self):
        with handler("def do_GET(self):\n    self.fail()\ndef fail(self):\n    raise ValueError('boom')") as instance:
            instance.ready()
            connection = instance.connect()
            response, invocation = instance.ask("GET", "/", connection=connection)
            self.assertEqual((response.status, response.headers["x-mayfly-error"], response.read()), (500, "function_failed", b""))
            instance.ended(invocation)
            ((_, stream, level, text),) = instance.logs(invocation)
            self.assertEqual((stream, level), (3, 40))
            self.assertTrue(text.startswith("Traceback (most recent call last):\n  File \"api/hello.py\", line 6, in do_GET"), text)
            self.assertIn('File "api/hello.py", line 8, in fail', text)
            self.assertTrue(text.endswith("ValueError: boom"), text)
            self.assertNotIn("mayfly", text)
            self.assertEqual(instance.ask("GET", "/", connection=connection)[0].status, 500)

    def test_an_exception_after_the_head_cuts_the_answer(self):
        with handler("def do_GET(self):\n    self.send_response(200)\n    self.end_headers()\n    self.wfile.write(b'part')\n    raise ValueError('boom')") as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = plain.makefile("rb").read()
            self.assertTrue(answer.endswith(b"4\r\npart\r\n"), answer)  # no last chunk

    def test_an_answer_shorter_than_announced_is_cut_too(self):
        with handler("def do_GET(self):\n    self.send_response(200)\n    self.send_header('Content-Length', '10')\n    self.end_headers()\n    self.wfile.write(b'four')") as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertTrue(plain.makefile("rb").read().endswith(b"\r\n\r\nfour"))
            instance.logged("6 bytes short of its content-length")

    def test_garbage_and_silence_are_500_and_leave_the_worker_well(self):
        bodies = {"garbage": "self.wfile.write(b'<html>no head</html>')", "half a head": "self.wfile.write(b'HTTP/1.1 200 OK\\r\\nX: y')", "nothing": "pass"}
        for name, body in bodies.items():
            with self.subTest(name), handler("def do_GET(self):\n    %s\ndef do_POST(self):\n    self.send_response(204)\n    self.end_headers()" % body) as instance:
                instance.ready()
                response, invocation = instance.ask("GET", "/")
                self.assertEqual((response.status, response.headers["x-mayfly-error"]), (500, "function_failed"))
                instance.ended(invocation)
                self.assertTrue(instance.texts(invocation))
                self.assertEqual(instance.ask("POST", "/", body=b"")[0].status, 204)

    def test_exit_ends_the_process_with_its_code(self):
        for call, code in {"sys.exit(3)": 3, "exit()": 0, "os._exit(4)": 4, "raise KeyboardInterrupt": 130}.items():
            with self.subTest(call), handler("def do_GET(self):\n    print('last words', end='')\n    sys.stdout.flush()\n    %s" % call) as instance:
                instance.ready()
                with instance.socket() as plain:
                    plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nx-mayfly-invocation: 1\r\n\r\n")
                    self.assertEqual(plain.makefile("rb").read(), b"")
                self.assertEqual(instance.exit()[0], code)
                if "os._exit" not in call:
                    self.assertIn("last words", instance.texts(1))

    def test_broken_requests_do_not_wedge_it(self):
        with handler(ANSWER) as instance:
            instance.ready()
            for request in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                            b"GET / HTTP/1.1\r\nx: " + b"y" * 200_000 + b"\r\n\r\n"):  # fmt: skip
                with instance.socket() as plain:
                    plain.sendall(request)
                    self.assertTrue(plain.recv(100).startswith(b"HTTP/1.1 400 "), request[:60])
            self.assertEqual(instance.get(), (200, "ok"))

    def test_a_client_that_leaves_is_no_failure_of_the_function(self):
        with handler("def do_POST(self):\n    self.rfile.read(10)\n    try:\n        while True: self.wfile.write(b'x' * 65536)\n    finally:\n        print('over')\ndef do_GET(self):\n    self.send_response(204)\n    self.end_headers()"
                     .replace("while True:", "self.send_response(200); self.end_headers()\n        while True:")) as instance:  # fmt: skip
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\nx-mayfly-invocation: 5\r\n\r\n0123456789")
                plain.recv(100)
            instance.ended(5)
            self.assertEqual(instance.texts(5), ["over"])
            self.assertEqual(instance.get()[0], 204)

    def test_started_and_ended_frame_every_invocation(self):
        with handler(ANSWER) as instance:
            instance.ready()
            for number in (1, 2, 3):
                instance.get()
                instance.ended(number)
            marks = [(kind, payload[7]) for kind, payload in instance.frames if kind in (STARTED, ENDED)]
            self.assertEqual(marks, [(STARTED, 1), (ENDED, 1), (STARTED, 2), (ENDED, 2), (STARTED, 3), (ENDED, 3)])

    def test_overridden_machinery_keeps_working(self):
        body = ANSWER + "\ndef setup(self):\n    super().setup()\n    self.mark = 1\ndef handle(self):\n    print('before', self.mark)\n    super().handle()\ndef log_message(self, *_):\n    print('mine')\ntimeout = 5"
        with handler(body) as instance:
            instance.ready()
            self.assertEqual(instance.get(), (200, "ok"))
            instance.ended(1)
            self.assertEqual(instance.texts(1), ["before 1", "mine"])

    def test_the_server_knows_the_name_it_is_asked_by(self):
        with hello("__import__('json').dumps([self.server.server_name, self.server.server_port])") as instance:
            instance.ready()
            self.assertEqual(json.loads(instance.get()[1]), ["demo.localhost", 7070])


ANSWER = """
def do_GET(self):
    self.send_response(200)
    self.send_header("Content-Length", "2")
    self.end_headers()
    self.wfile.write(b"ok")
"""
POST_ECHO = """
def do_POST(self):
    body = self.rfile.read(int(self.headers["content-length"]))
    self.send_response(200)
    self.end_headers()
    self.wfile.write(body)
"""
STREAM = """
def do_GET(self):
    self.send_response(200)
    self.end_headers()
    if self.path == "/go":
        go.set()
    else:
        self.wfile.write(b"first")
        go.wait()
        self.wfile.write(b"second")
"""
COOKIES = """
def do_GET(self):
    self.send_response(200)
    self.send_header("Set-Cookie", "a=1")
    self.send_header("Set-Cookie", "b=2")
    self.end_headers()
"""
