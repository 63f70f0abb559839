"""What the builder learns of Python files without running them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from platform_double import ROOT

HANDLER = "from http.server import BaseHTTPRequestHandler, HTTPServer\nclass Handler(BaseHTTPRequestHandler): pass\n"


class AnalyzeTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="mayfly-analyze-")
        self.addCleanup(shutil.rmtree, self.root)

    def answer(self, contents, **request):
        for name, text in contents.items():
            path = os.path.join(self.root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as out:
                out.write(text if isinstance(text, bytes) else text.encode())
        request.setdefault("files", list(contents))
        command = [sys.executable, "-I", "-S", os.path.join(ROOT, "mayfly_analyze.py"), self.root]
        done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def report(self, text):
        return self.answer({"a.py": text})["files"]["a.py"]

    def test_names_the_python_that_answers(self):
        self.assertEqual(self.answer({})["python"], "%d.%d.%d" % sys.version_info[:3])

    def test_entrypoints_are_names_bound_at_the_top_level(self):
        expected = {
            "app = 1": ["app"],
            "app: object = 1": ["app"],
            "app: object": [],
            "def application(a, b): pass": ["application"],
            "async def app(a, b, c): pass": ["app"],
            "from x import y as app": ["app"],
            "from x import app": ["app"],
            "class Handler: pass": ["Handler"],
            "class HANDLER: pass\napp = 1": ["HANDLER", "app"],
            "def handler(): pass": [],
            "handler = 1": [],
            "def f():\n    app = 1\n    class handler: pass": [],
            "# app = 1\n'app = 1'\nx.app = 1": [],
            "": [],
        }
        for text, symbols in expected.items():
            with self.subTest(text):
                found = self.report(text)["entrypoints"]
                self.assertEqual([each["symbol"] for each in found], symbols)
                self.assertEqual([each["kind"] for each in found], ["handler" if each.lower() == "handler" else "app" for each in symbols])

    def test_servers_are_told_by_the_call_that_starts_them(self):
        run = "HTTPServer(('', 80), Handler).serve_forever()"
        expected = {
            HANDLER: "no",
            HANDLER + run: "unguarded",
            HANDLER + "def main():\n    " + run: "no",
            HANDLER + "def main():\n    " + run + "\nmain()": "unguarded",
            HANDLER + "def main():\n    " + run + "\nif __name__ == '__main__':\n    main()": "guarded",
            HANDLER + "def inner():\n    " + run + "\ndef main():\n    inner()\nif '__main__' == __name__:\n    main()": "guarded",
            HANDLER + "with HTTPServer(('', 80), Handler) as s:\n    s.serve_forever()": "unguarded",
            HANDLER + "import threading\nthreading.Thread(target=HTTPServer(('', 80), Handler).serve_forever).start()": "unguarded",
            "from flask import Flask\nsite = Flask(__name__)\nsite.run(debug=True)": "unguarded",
            "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef index():\n    return subprocess.run('x')": "no",
            "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('a:app')": "guarded",
            "import uvicorn\nasyncio.run(uvicorn.Server(uvicorn.Config(app)).serve())": "unguarded",
            "from aiohttp import web\nweb.run_app(app)": "unguarded",
            "from waitress import serve\nserve(app)": "unguarded",
            "import asyncio\nasync def main():\n    await asyncio.start_server(f, '', 80)\nasyncio.run(main())": "unguarded",
            "import socket\ns = socket.socket()\ns.listen(5)": "unguarded",
            "import subprocess\nsubprocess.run(['x'])": "no",
            "def create_server(): pass\napp = create_server()": "no",
        }
        for text, serves in expected.items():
            with self.subTest(text):
                self.assertEqual(self.report(text)["serves"], serves)

    def test_a_syntax_error_is_shown_with_its_line(self):
        problem = self.report("x = 1\ndef f(:\n")["syntaxError"]
        self.assertEqual((problem["line"], problem["text"]), (2, "def f(:"))
        self.assertTrue(problem["column"] > 0 and problem["message"])
        self.assertEqual(self.report("app = 1\nreturn 1")["syntaxError"]["line"], 2)

    def test_hostile_files_cost_only_their_own_answer(self):
        hostile = {
            "nul.py": b"a = 1\0", "parens.py": "(" * 100_000, "minus.py": "-" * 200_000 + "1", "sum.py": "x = " + "+".join(["1"] * 300_000),
            "dots.py": "x" + ".a" * 200_000, "coding.py": "# coding: klingon\n", "bytes.py": b"x = '\xff\xfe'", "huge.py": b"#" * (9 * 1024 * 1024),
            "../outside.py": None, "missing.py": None, "folder.py/x": "",
        }  # fmt: skip
        files = {name: text for name, text in hostile.items() if text is not None}
        os.mkfifo(os.path.join(self.root, "fifo.py"))
        os.symlink("/etc/passwd", os.path.join(self.root, "link.py"))
        names = [*(name for name in hostile if name != "folder.py/x"), "folder.py", "fifo.py", "link.py"]
        reports = self.answer({"good.py": "app = 1", **files}, files=["good.py", *names])["files"]
        self.assertEqual(reports["good.py"]["entrypoints"], [{"kind": "app", "symbol": "app"}])
        for name in names:
            with self.subTest(name):
                self.assertTrue(reports[name]["syntaxError"]["message"], name)
                self.assertEqual(reports[name]["entrypoints"], [])

    def test_an_import_is_required_where_loading_certainly_runs_into_it(self):
        text = """
import a1, a2.b
from a3 import c
try:
    import b1
except ImportError:
    import b2
try:
    import a4
except ValueError:
    pass
def f():
    import b3
if TYPE_CHECKING:
    import b4
class C:
    import a5
with contextlib.suppress(ImportError):
    import b5
if sys.version_info < (3, 11):
    import b6
if __name__ == "__main__":
    import b7
app = 1
"""
        imports = self.report(text)["imports"]
        self.assertEqual([each["module"] for each in imports if each["required"]], ["a1", "a2.b", "a3", "a4", "a5"])
        self.assertEqual([each["module"] for each in imports if not each["required"]], ["b1", "b2", "b3", "b4", "b5", "b6", "b7"])
        self.assertEqual(imports[0], {"module": "a1", "line": 2, "required": True})

    def test_missing_modules_are_found_through_local_imports(self):
        files = {
            "api/a.py": "import os, requests\nfrom api import util\nfrom . import near\nfrom api.pkg.deep import x\nimport there\napp = 1",
            "api/util.py": "import yaml\nimport requests\nimport top", "api/near.py": "import PIL.Image", "api/pkg/__init__.py": "import bs4",
            "api/pkg/deep.py": "import cv2", "top.py": "import api.a\nimport api.nonesuch", "deps/there/__init__.py": "import never",
            "api/other.py": "import unrelated", "api/near2.py": "",
        }  # fmt: skip
        missing = self.answer(files, roots=["api/a.py"], deps=os.path.join(self.root, "deps"))["missing"]
        self.assertEqual({each["module"]: (each["distribution"], each["file"], each["line"]) for each in missing}, {
            "requests": ("requests", "api/a.py", 1), "yaml": ("PyYAML", "api/util.py", 1), "PIL": ("Pillow", "api/near.py", 1),
            "bs4": ("beautifulsoup4", "api/pkg/__init__.py", 1), "cv2": ("opencv-python", "api/pkg/deep.py", 1),
        })  # fmt: skip

    def test_a_script_finds_its_neighbours_and_a_function_does_not(self):
        files = {"app/run.py": "import near\n", "app/near.py": "", "api/f.py": "import close\napp = 1", "api/close.py": ""}
        self.assertEqual([each["module"] for each in self.answer(files, roots=["app/run.py", "api/f.py"], deps=None)["missing"]], ["close"])
