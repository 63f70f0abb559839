"""The bytecode that the builder lays into layers."""

import os
import subprocess
import sys
import tempfile
import unittest

from platform_double import ROOT, Instance

BOMB = "".join("    " * depth + "try:\n" + "    " * (depth + 1) + "pass\n" + "    " * depth + "finally:\n" for depth in range(18)) + "    " * 18 + "x = 1\n"
APP = """
import lib
SHOUT = {'a', 'b', 'c', 'd', 'e', 'f', 'g'}
def app(environ, start_response):
    start_response('200 OK', [])
    if environ['PATH_INFO'] == '/fail':
        lib.fail()
    return [('%s %s %s' % (lib.WORD, __file__, 'x' in {'a', 'b', 'c', 'd'})).encode()]
"""
LIB = "WORD = 'then'\ndef fail():\n    raise ValueError('of lib')\n"
SCRIPT = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'then')
HTTPServer(('', 8080), Handler).serve_forever()
"""


def compiled(source, out=None, inside="/var/task", most=1 << 26):
    tool = os.path.join(ROOT, "mayfly_compile.py")
    command = [sys.executable, "-I", "-S", tool, source, out or source, inside, str(most)]
    subprocess.run(command, check=True, env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL)


def files(folder):
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                found[os.path.relpath(os.path.join(place, name), folder)] = file.read()
    return found


class CompileTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mayfly-compile-")
        self.addCleanup(folder.cleanup)
        self.source, self.out = os.path.join(folder.name, "source"), os.path.join(folder.name, "out")
        os.mkdir(self.source)

    def write(self, **contents):
        for name, content in contents.items():
            path = os.path.join(self.source, name.replace("__", "/") + ".py")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())

    def names(self):
        return sorted(os.path.basename(name).split(".cpython")[0] for name in files(self.out))

    def test_the_same_files_give_the_same_bytes_which_nobody_checks_against_them(self):
        self.write(app=APP, api__lib=LIB, **{"many%d" % each: APP + "X = %d" % each for each in range(250)})
        compiled(self.source, self.out)
        first = files(self.out)
        compiled(self.source, self.out + "2")
        self.assertEqual(files(self.out + "2"), first)
        self.assertEqual(len(first), 252)
        self.assertEqual({data[4:8] for data in first.values()}, {b"\1\0\0\0"})
        self.assertTrue(all(b"/var/task/" in data for data in first.values()))

    def test_what_cannot_be_compiled_is_left_out_and_harms_nothing(self):
        wrong = {"syntax": "def f(:", "null": b"x = 1\0", "coding": b"# coding: none\n", "bytes": b"x = '\xff'", "deep": "(" * 5000 + ")" * 5000, "bomb": BOMB}
        self.write(a_first=LIB, z_last=LIB, large="#" * (3 << 20), **wrong)
        os.mkfifo(os.path.join(self.source, "pipe.py"))
        os.symlink("/etc/passwd", os.path.join(self.source, "link.py"))
        os.symlink("/", os.path.join(self.source, "everything"))
        compiled(self.source, self.out)
        self.assertEqual([name for name in self.names() if name != "bomb"], ["a_first", "z_last"])
        self.assertLess(sum(map(len, files(self.out).values())), 100_000)

    def test_there_is_a_most_of_it(self):
        self.write(**{"f%d" % each: LIB for each in range(10)})
        compiled(self.source, self.out, most=1500)
        self.assertLess(sum(map(len, files(self.out).values())), 1500)
        self.assertGreater(len(self.names()), 1)

    def test_it_is_what_runs_and_tells_where_it_stands_now(self):
        for file in ("app.py", "api/[id].py"):
            with self.subTest(file):
                instance = Instance({file: APP, "lib.py": LIB}, file, "app", "app")
                compiled(instance.code)
                with open(os.path.join(instance.code, "lib.py"), "w") as changed:
                    changed.write(LIB.replace("then", "now"))
                with instance:
                    instance.ready()
                    self.assertEqual(instance.get()[1], "then %s/%s False" % (instance.code, file))
                    instance.get("/fail")
                    instance.ended(2)
                    (text,) = instance.texts(2)
                    self.assertIn('  File "%s", line 7, in app\n    lib.fail()\n' % file, text)
                    self.assertIn("  File \"lib.py\", line 3, in fail\n    raise ValueError('of lib')\n", text)

    def test_a_script_runs_from_it_too(self):
        instance = Instance({"app.py": SCRIPT}, "app.py", "script", "")
        compiled(instance.code)
        with open(os.path.join(instance.code, "app.py"), "w") as changed:
            changed.write(SCRIPT.replace("then", "now"))
        with instance:
            self.assertEqual(instance.ready(), "script")
            self.assertEqual(instance.get(), (200, "then"))
