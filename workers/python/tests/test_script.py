"""Scripts that start their own server, unmodified."""

import signal
import socket
import threading
import unittest

from platform_double import ENDED, PATIENCE, STARTED, Instance

HANDLER = """
from http.server import *
import socketserver, sys, threading
class GetHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        print("asked for", self.path)
        body = repr((self.path, self.client_address, sorted(k.lower() for k in self.headers))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
"""
WSGI = "def app(environ, start_response):\n    print('asked for', environ['PATH_INFO'])\n    start_response('200 OK', [])\n    return [b'ok']\n"


def script(source, file="server.py", **options):
    return Instance({file: source}, file, "script", "", **options)


class ScriptTest(unittest.TestCase):
    def serves(self, source, path="/a?b=%20", **options):
        """Two connections in a row, and one kept open, under their invocations."""
        with script(source, **options) as instance:
            self.assertEqual(instance.ready(), "script")
            for number in (1, 2):
                status, body = instance.get(path)
                self.assertEqual(status, 200)
                self.assertNotIn("mayfly", body)
                instance.ended(number)
                self.assertIn("asked for " + path.split("?")[0], "\n".join(instance.texts(number)))
            marks = [(kind, payload[7]) for kind, payload in instance.frames if kind in (STARTED, ENDED)]
            self.assertEqual(marks, [(STARTED, 1), (ENDED, 1), (STARTED, 2), (ENDED, 2)])
            instance.drain()
            self.assertEqual(instance.exit()[0], 0)
            return body

    def test_http_server(self):
        body = self.serves(HANDLER + "HTTPServer(('localhost', 8080), GetHandler).serve_forever()")
        self.assertIn("'/a?b=%20', ('127.0.0.1', 0)", body)
        self.assertIn("'connection'", body)

    def test_http_server_on_every_address(self):
        for address in ("('', 80)", "('0.0.0.0', 0)", "('127.0.0.1', 5000)"):
            with self.subTest(address):
                self.serves(HANDLER + "server = HTTPServer(%s, GetHandler)\nprint(server.server_port, server.server_name)\nserver.serve_forever()" % address)

    def test_http_server_of_protocol_1_1(self):
        self.serves(HANDLER + "GetHandler.protocol_version = 'HTTP/1.1'\nHTTPServer(('localhost', 8080), GetHandler).serve_forever()")

    def test_threading_http_server_behind_a_guard(self):
        self.serves(HANDLER + "def main():\n    ThreadingHTTPServer(('localhost', 8080), GetHandler).serve_forever()\nif __name__ == '__main__':\n    main()")

    def test_tcp_server_in_a_with(self):
        self.serves(HANDLER + "with socketserver.TCPServer(('', 8000), GetHandler) as httpd:\n    print('serving at port', 8000)\n    httpd.serve_forever()")

    def test_ipv6(self):
        self.serves(HANDLER + "import socket\nclass V6(HTTPServer):\n    address_family = socket.AF_INET6\nV6(('::', 8080), GetHandler).serve_forever()")

    def test_a_server_in_a_thread(self):
        self.serves(HANDLER + "server = HTTPServer(('localhost', 8080), GetHandler)\nthreading.Thread(target=server.serve_forever).start()")

    def test_wsgiref(self):
        self.serves(WSGI + "from wsgiref.simple_server import make_server\nwith make_server('', 8000, app) as httpd:\n    httpd.serve_forever()")

    def test_a_server_of_ones_own_on_a_plain_socket(self):
        source = "import socket\ns = socket.socket()\ns.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\ns.bind(('127.0.0.1', 9000))\ns.listen(5)\nwhile True:\n    c, a = s.accept()\n    request = c.recv(65536).decode()\n    print('asked for', request.split()[1])\n    c.sendall(b'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\nhi')\n    c.close()\n"
        self.serves(source, path="/x")

    def test_asyncio_start_server_on_both_families(self):
        source = """
            import asyncio
            async def answer(reader, writer):
                head = await reader.readuntil(b"\\r\\n\\r\\n")
                print("asked for", head.split()[1].decode())
                writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok")
                await writer.drain()
                writer.close()
            async def main():
                server = await asyncio.start_server(answer, ["127.0.0.1", "127.0.0.2"], 8080)
                async with server:
                    await server.serve_forever()
            asyncio.run(main())
        """
        self.serves(source, path="/x")

    def test_reads_bodies(self):
        source = HANDLER + "    def do_POST(self):\n        body = self.rfile.read(int(self.headers['Content-Length']))\n        self.send_response(200)\n        self.end_headers()\n        self.wfile.write(body)\nHTTPServer(('localhost', 8080), GetHandler).serve_forever()"
        with script(source) as instance:
            instance.ready()
            for body in (b"x" * 1_000_000, b"short"):
                self.assertEqual(instance.ask("POST", "/", body=body)[0].read(), body)

    def test_a_head_that_comes_in_pieces(self):
        with script(HANDLER + "HTTPServer(('', 80), GetHandler).serve_forever()") as instance:
            instance.ready()
            with instance.socket() as plain:
                for byte in b"GET /piecemeal HTTP/1.1\r\nHost: a\r\nx-mayfly-invocation: 0000000000000001\r\n\r\n":
                    plain.sendall(bytes((byte,)))
                self.assertIn(b"/piecemeal", plain.makefile("rb").read())
            instance.ended(1)

    def test_concurrent_requests_of_a_threading_server_keep_their_lines(self):
        source = HANDLER.replace('print("asked for", self.path)', "barrier.wait(); print('mine', self.path)") + "barrier = threading.Barrier(4)\nThreadingHTTPServer(('', 80), GetHandler).serve_forever()"
        with script(source) as instance:
            instance.ready()
            threads = [threading.Thread(target=self.ask, args=(instance, number)) for number in range(1, 5)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for number in range(1, 5):
                instance.ended(number)
                self.assertEqual(instance.texts(number, 1), ["mine /%d" % number])

    @staticmethod
    def ask(instance, number):
        connection = instance.connect()
        connection.request("GET", "/%d" % number, headers={"x-mayfly-invocation": "%016x" % number})
        connection.getresponse().read()

    def test_an_interrupt_ends_a_server_whose_platform_was_started_to_ignore_it(self):
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        with script("import signal\nprint(signal.getsignal(signal.SIGINT))\n" + HANDLER + "HTTPServer(('', 8080), GetHandler).serve_forever()") as instance:
            instance.ready()
            instance.logged("default_int_handler")
            instance.drain()
            self.assertEqual(instance.exit()[0], 0)

    def test_two_instances_of_one_port_run_side_by_side(self):
        source = HANDLER + "HTTPServer(('localhost', 8080), GetHandler).serve_forever()"
        with script(source) as one, script(source) as two:
            one.ready()
            two.ready()
            self.assertEqual((one.get()[0], two.get()[0]), (200, 200))

    def test_a_script_in_a_folder_finds_its_neighbours(self):
        files = {"app/near.py": "NAME = 'near'", "app/run.py": "from near import NAME\nimport os\n" + HANDLER + "print(NAME, __file__ == os.path.abspath(sys.argv[0]), __name__)\nHTTPServer(('', 80), GetHandler).serve_forever()"}
        with Instance(files, "app/run.py", "script", "") as instance:
            instance.ready()
            instance.logged("near True __main__")

    def test_outgoing_connections_are_untouched(self):
        source = HANDLER + "ThreadingHTTPServer(('', 80), GetHandler).serve_forever()"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(PATIENCE)
            port = listener.getsockname()[1]
            source = "import socket\nc = socket.create_connection(('127.0.0.1', %d), source_address=('127.0.0.1', 0))\nc.sendall(b'hello')\nassert c.getpeername()[1] == %d\nc.close()\n" % (port, port) + source
            with script(source) as instance:
                accepted, _ = listener.accept()
                with accepted:
                    self.assertEqual(accepted.recv(10), b"hello")
                instance.ready()

    def test_a_script_that_never_listens_fails_with_the_reason(self):
        failures = {
            "print('hello')": ("no_server", "the script came to its end without listening on a TCP port"),
            "import sys\nsys.exit(2)": ("no_server", "the script called exit(2) before it listened on a TCP port"),
            "raise ValueError('x')": ("import_failed", "ValueError: x (server.py, line 1)"),
            "def f(:": ("import_failed", "SyntaxError: invalid syntax (server.py, line 1)"),
            "\nx = input()": ("import_failed", "EOFError: EOF when reading a line (server.py, line 2)"),
        }
        for source, (code, message) in failures.items():
            with self.subTest(source), script(source) as instance:
                kind, report = instance.outcome()
                self.assertEqual((kind, report["code"], report["message"]), ("failed", code, message))
                self.assertEqual(instance.exit()[0], 1)

    def test_an_end_after_listening_keeps_its_code_and_traceback(self):
        for last, code in {"sys.exit(3)": 3, "raise ValueError('late')": 1, "": 0}.items():
            with self.subTest(last), script(HANDLER + "HTTPServer(('', 80), GetHandler).handle_request()\n" + last) as instance:
                instance.ready()
                self.assertEqual(instance.get()[0], 200)
                self.assertEqual(instance.exit()[0], code)
                if code == 1:
                    self.assertIn("ValueError: late", "\n".join(instance.texts()))
