"""The worker itself as a zygote, with every Python of this machine: from its hello to the requests that its copies answer."""

import json
import os
import shutil
import socket

import pythons
from copies_case import CopiesCase
from mayfly_launcher import DRAIN, ENDED, FAILED, HELLO, READY, worker_frame
from sandbox_case import SOAK, folder

SPECIALISE = 0x01
HANDLER = """
import os, random, sys, uuid
from http.server import BaseHTTPRequestHandler

class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("%s %s %s %s" % (os.environ["WORD"], os.getpid(), os.getcwd(), random.getrandbits(64))).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
"""


class TheWorkerAsZygote(CopiesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.code = folder()
        cls.addClassCleanup(shutil.rmtree, cls.code)
        with open(os.path.join(cls.code, "hello.py"), "w") as file:
            file.write(HANDLER)

    def worker(self, python, script="", **wanted):
        """A zygote as the platform starts it. script: what its Python runs before, in place of a library that a function depends on."""
        program = ["/opt/mayfly/mayfly_worker/__main__.py", "zygote"]
        if script:
            program = ["-c", script + "\nimport sys, runpy\nsys.argv = [%r, 'zygote']\nexec(compile(open(sys.argv[0]).read(), sys.argv[0], 'exec'), {'__name__': '__main__', '__file__': sys.argv[0]})" % program[0]]
        zygote = self.spawn(shape="zygote", argv=[python.inside, "-I", "-S", *program], env=python.env, mount=self.mounts(python), cwd="/var/task", **wanted)
        zygote.python = python
        return zygote

    def ready(self, python, script=""):
        zygote = self.worker(python, script)
        zygote.until(lambda: zygote.frames(READY), "its being ready")
        self.assertEqual([payload[0] for payload in zygote.frames(HELLO)], [3])
        self.assertEqual(json.loads(zygote.frames(READY)[0]), {"mode": "zygote"})
        return zygote

    def asked(self, zygote, **wanted):
        return self.wanted_of(zygote, mount=[*self.mounts(zygote.python), "ro /var/task " + self.code], **wanted)

    def serving(self, sandbox, word):
        sandbox.until(lambda: sandbox.worker and sandbox.frames(HELLO, sandbox.worker), "the worker's hello")
        hello = sandbox.frames(HELLO, sandbox.worker)[0]
        self.assertEqual((hello[0], int.from_bytes(hello[1:], "big")), (2, 3))
        specification = {"function": "hello", "code": "/var/task", "tmp": "/tmp", "env": {"WORD": word}, "concurrency": 1,
                         "entrypoint": {"kind": "handler", "file": "hello.py", "symbol": "handler"}}
        sandbox.worker.connection.sendall(worker_frame(SPECIALISE, json.dumps(specification).encode()))
        sandbox.until(lambda: sandbox.frames(READY, sandbox.worker) or sandbox.frames(FAILED, sandbox.worker), "ready")
        self.assertEqual(sandbox.frames(FAILED, sandbox.worker), [])
        return sandbox

    def answer(self, sandbox):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.path.join(sandbox.run, "http.sock"))
            client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nx-mayfly-invocation: 0000000000000007\r\nconnection: close\r\n\r\n")
            got = b""
            while True:
                sandbox.pump(0)
                more = client.recv(9999)
                if not more:
                    break
                got += more
        sandbox.until(lambda: (7).to_bytes(8, "big") in sandbox.frames(ENDED, sandbox.worker), "the end of the request")
        return got.partition(b"\r\n\r\n")[2].decode()

    def test_answers_requests_in_its_copies_with_every_python(self):
        for python in pythons.found():
            with self.subTest(python=python.version):
                zygote, answers = self.ready(python), []
                for number in range(3):
                    sandbox = self.serving(self.spawn(**self.asked(zygote)), "word%d" % number)
                    answers.append(self.answer(sandbox).split(" "))
                    sandbox.worker.connection.sendall(worker_frame(DRAIN))
                    sandbox.wait_end()
                    self.assertEqual((sandbox.status, sandbox.text(2)), (0, ""))
                self.assertEqual([answer[:3] for answer in answers], [["word%d" % number, "3", "/var/task"] for number in range(3)])
                self.assertEqual(len({answer[3] for answer in answers}), 3)
                zygote.close()

    def test_copies_end_with_its_drain_or_when_the_platform_is_gone(self):
        zygote = self.ready(pythons.system())
        sandbox = self.serving(self.spawn(**self.asked(zygote)), "x")
        sandbox.worker.connection.close()
        sandbox.worker.open = False
        sandbox.wait_end()
        self.assertEqual(sandbox.status, 1)

    def test_says_that_it_cannot_be_copied_and_why(self):
        for expected, script in (
            ("raises ValueError", "import os\ndef hook(): raise ValueError()\nos.register_at_fork(after_in_child=hook)"),
            ("raises KeyError", "import os\ndef hook(): raise KeyError()\nos.register_at_fork(before=hook)"),
            ("dies of SIGABRT", "import ctypes\nlibc = ctypes.CDLL(None)\nhook = ctypes.CFUNCTYPE(None)(libc.abort)\nlibc.__register_atfork(None, None, hook, None)"),
            ("dies of exit 9", "import os\nos.register_at_fork(after_in_child=lambda: os._exit(9))"),
            ("keeps descriptor 5 open", "import os\nheld = os.dup(0)"),
        ):
            with self.subTest(expected):
                zygote = self.worker(pythons.system(), script)
                zygote.until(lambda: zygote.frames(FAILED), "that it failed")
                report = json.loads(zygote.frames(FAILED)[0])
                self.assertEqual(report["code"], "cannot_be_copied")
                self.assertIn(expected, report["message"])
                zygote.wait_end()
                self.assertEqual((zygote.status, zygote.frames(READY)), (1, []))

    def test_says_so_too_where_a_copy_hangs(self):
        script = """
import os, sys, time
sys.path.insert(0, "/opt/mayfly")
from mayfly_worker import trial
trial.PATIENCE_MILLIS = 300
del sys.path[0]
os.register_at_fork(after_in_child=lambda: time.sleep(600))
"""
        zygote = self.worker(pythons.system(), script)
        zygote.until(lambda: zygote.frames(FAILED), "that it failed")
        self.assertIn("hangs", json.loads(zygote.frames(FAILED)[0])["message"])
        zygote.wait_end()

    def test_two_hundred_copies_at_once_serve(self):
        zygote = self.ready(pythons.system())
        count = 200 if SOAK else 40
        asked = [self.launcher.request(**self.asked(zygote)) for _ in range(count)]
        for sandbox in asked:
            self.addCleanup(sandbox.close)
        said = {self.answer(self.serving(sandbox.wait_started(), "w")).split(" ")[3] for sandbox in asked}
        self.assertEqual(len(said), count)
