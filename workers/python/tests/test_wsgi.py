"""A WSGI application."""

import json
import unittest

from platform_double import Instance


def app(body, before="", **options):
    return Instance({"app.py": before + "\ndef app(environ, start_response):\n" + indented(body)}, "app.py", "app", "app", **options)


def indented(body):
    return "".join("    %s\n" % line for line in body.strip("\n").split("\n"))


class WsgiTest(unittest.TestCase):
    def test_environ_says_what_the_platform_says(self):
        with app("start_response('200 OK', [])\nimport json\nreturn [json.dumps({k: v for k, v in environ.items() if type(v) in (str, bool)}).encode()]") as instance:
            self.assertEqual(instance.ready(), "wsgi")
            headers = {"Host": "a.example:81", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443", "X-Forwarded-For": "203.0.113.9, 10.0.0.1",
                       "Cookie": "a=1", "X_Forged": "1", "Content-Type": "text/x"}  # fmt: skip
            environ = json.loads(instance.get("/a%2Fb/%C3%A4?x=%20", headers=headers)[1])
        expected = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/a/b/\u00c3\u00a4", "QUERY_STRING": "x=%20", "REMOTE_ADDR": "203.0.113.9",
                    "SERVER_NAME": "a.example", "SERVER_PORT": "443", "wsgi.url_scheme": "https", "wsgi.multithread": False, "HTTP_COOKIE": "a=1",
                    "CONTENT_TYPE": "text/x", "HTTP_HOST": "a.example:81", "REQUEST_URI": "/a%2Fb/%C3%A4?x=%20"}  # fmt: skip
        self.assertEqual({key: environ.get(key) for key in expected}, expected)
        self.assertFalse([key for key in environ if "MAYFLY" in key or "FORGED" in key])

    def test_reads_bodies_with_a_length_and_chunked(self):
        with app("start_response('200 OK', [])\nlength = int(environ['CONTENT_LENGTH'])\nbody = environ['wsgi.input'].read(length)\nassert not environ['wsgi.input'].read()\nreturn [body]") as instance:
            instance.ready()
            self.assertEqual(instance.ask("POST", "/", body=b"x" * 300_000)[0].read(), b"x" * 300_000)
            response, _ = instance.ask("POST", "/", body=iter([b"abc", b"def"]), headers={"Transfer-Encoding": "chunked"}, encode_chunked=True)
            self.assertEqual(response.read(), b"abcdef")

    def test_reads_past_trailers(self):
        body = "start_response('200 OK', [])\nreturn [environ['wsgi.input'].read(), environ['PATH_INFO'].encode()]"
        trailed = b"POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
        with app(body) as instance:
            instance.ready()
            for lines in (b"x-checksum: abc\r\n", b"x: y\r\n" * 1000, b"x:" + b" " * 20_000 + b"GET /evil HTTP/1.1\r\n"):
                answer = instance.raw(trailed + lines + b"\r\n", b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                self.assertIn(b"abc", answer)
                self.assertIn(b"/first", answer)
                self.assertIn(b"/next", answer)
                self.assertEqual(answer.count(b"HTTP/1.1 200 OK"), 2)
            for lines in (b"x: y\r\n" * 50_000, b"x: " + b"y" * 200_000, b"x: y\n\n"):
                answer = instance.raw(trailed + lines + b"\r\n\r\n")
                self.assertIn(answer[:13], (b"", b"HTTP/1.1 400 "))
                self.assertNotIn(b"/first", answer)
            self.assertEqual(instance.get("/last"), (200, "/last"))

    def test_flushes_each_chunk(self):
        body = "start_response('200 OK', [])\nif environ['PATH_INFO'] == '/go':\n    go.set()\n    return []\ndef chunks():\n    yield b'first'\n    go.wait()\n    yield b''\n    yield b'second'\nreturn chunks()"
        with app(body, before="import threading\ngo = threading.Event()", concurrency=2) as instance:
            instance.ready()
            response, _ = instance.ask("GET", "/")
            self.assertEqual(response.read(5), b"first")
            self.assertEqual(instance.get("/go"), (200, ""))
            self.assertEqual(response.read(), b"second")

    def test_a_body_of_one_piece_gets_its_length(self):
        with app("start_response('200 OK', [])\nreturn [b'four']") as instance:
            instance.ready()
            self.assertEqual(instance.ask("GET", "/")[0].headers["content-length"], "4")

    def test_write_and_file_wrapper(self):
        with app("import io\nwrite = start_response('200 OK', [])\nwrite(b'written ')\nreturn environ['wsgi.file_wrapper'](io.BytesIO(b'file'))") as instance:
            instance.ready()
            self.assertEqual(instance.get(), (200, "written file"))

    def test_an_error_before_the_first_byte_can_replace_the_answer(self):
        body = "import sys\nstart_response('200 OK', [])\ntry:\n    raise ValueError('x')\nexcept ValueError:\n    start_response('418 Teapot', [], sys.exc_info())\nreturn [b'replaced']"
        with app(body) as instance:
            instance.ready()
            self.assertEqual(instance.get(), (418, "replaced"))

    def test_close_is_called_before_the_end(self):
        before = "class Body(list):\n    def close(self):\n        print('closed')\n"
        with app("start_response('200 OK', [])\nreturn Body([b'x'])", before=before) as instance:
            instance.ready()
            instance.get()
            instance.ended(1)
            self.assertEqual(instance.texts(1), ["closed"])

    def test_what_breaks_the_interface_is_a_500_that_says_how(self):
        wrongs = {
            "return [b'x']": "start_response: not called",
            "start_response('200 OK', [])\nreturn ['text']": "str (expected: bytes)",
            "start_response('OK', [])\nreturn [b'']": "status: 'OK'",
            "start_response('200 OK', [('X', 'a\\r\\nSet-Cookie: b')])\nreturn [b'']": "header",
            "start_response('200 OK', [])\nreturn None": "NoneType",
            "start_response('200 OK', [])\nyield b''\nraise ValueError('late')": "late",
        }
        for body, message in wrongs.items():
            with self.subTest(message), app(body) as instance:
                instance.ready()
                response, invocation = instance.ask("GET", "/")
                self.assertEqual((response.status, response.headers["x-mayfly-error"]), (500, "function_failed"))
                instance.ended(invocation)
                self.assertIn(message, "\n".join(instance.texts(invocation)))

    def test_an_error_amid_the_body_cuts_the_answer(self):
        with app("start_response('200 OK', [])\nyield b'part'\nraise ValueError('late')") as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertTrue(plain.makefile("rb").read().endswith(b"4\r\npart\r\n"))

    def test_exit_in_an_application_ends_the_process(self):
        with app("import sys\nsys.exit(9)") as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(plain.makefile("rb").read(), b"")
            self.assertEqual(instance.exit()[0], 9)

    def test_requests_run_at_once(self):
        with app("start_response('200 OK', [])\nbarrier.wait()\nreturn [b'together']", before="import threading\nbarrier = threading.Barrier(4)", concurrency=4) as instance:
            instance.ready()
            connections = [instance.connect() for _ in range(4)]
            for connection in connections:
                connection.request("GET", "/")
            self.assertEqual([connection.getresponse().read() for connection in connections], [b"together"] * 4)


class ShapeTest(unittest.TestCase):
    def test_the_interface_is_told_by_the_shape_of_the_application(self):
        shapes = {
            "async def app(scope, receive, send): pass": "asgi",
            "class A:\n    async def __call__(self, scope, receive, send): pass\napp = A()": "asgi",
            "class A:\n    async def asgi(self, scope, receive, send): pass\napp = A()": "asgi",
            "def app(environ, start_response): pass": "wsgi",
            "class A:\n    def __call__(self, environ, start_response): pass\napp = A()": "wsgi",
            "class A:\n    def call(self, environ, start_response): pass\napp = A().call": "wsgi",
            "class app:\n    def __init__(self, environ, start_response): pass\n    def __iter__(self): return iter([])": "wsgi",
            "import functools\ndef f(x, environ, start_response): pass\napp = functools.partial(f, 1)": "wsgi",
            "import functools\ndef f(environ, start_response): pass\n@functools.wraps(f)\ndef app(*a, **k): return f(*a, **k)": "wsgi",
            "def app(environ, start_response, more=None): pass": "wsgi",
        }
        for source, expected in shapes.items():
            with self.subTest(source), Instance({"app.py": source}, "app.py", "app", "app") as instance:
                self.assertEqual(instance.ready(), expected)

    def test_anything_else_fails_naming_both_forms(self):
        for source in ("def app(request): pass", "app = 3", "import os as app"):
            with self.subTest(source), Instance({"api/x.py": source}, "api/x.py", "app", "app") as instance:
                kind, report = instance.outcome()
                self.assertEqual((kind, report["code"]), ("failed", "bad_entrypoint"))
                self.assertIn("async def app(scope, receive, send)", report["message"])
                self.assertIn("def app(environ, start_response)", report["message"])
                self.assertEqual(instance.exit()[0], 1)
