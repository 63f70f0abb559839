"""Projects that are generated: distinct functions, each with code of its own and an answer of its own."""

import collections
import secrets

Project = collections.namedtuple("Project", "folder name functions")

IDLE_SECONDS = 1
HELLO = '''from http.server import BaseHTTPRequestHandler
{imports}

class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"hello {number}\\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
'''
HEAVY = '''import numpy
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return f"{{numpy.arange({size}).size}} {number}\\n"
'''
REQUIREMENTS = "flask==3.1.2\nnumpy\n"


def hello(folder, name, count, short=False, imports=""):
    """As many handler classes as said; short: instances end after IDLE_SECONDS without a request."""
    project = folder / name
    (project / "api").mkdir(parents=True)
    functions = []
    for index in range(count):
        number = secrets.token_hex(6)
        (project / "api" / f"f{index}.py").write_text(HELLO.format(number=number, imports=imports))
        functions.append((f"/api/f{index}", f"hello {number}\n".encode()))
    if short:
        (project / "mayfly.yaml").write_text(f"functions:\n  api/**:\n    idleTimeout: {IDLE_SECONDS}s\n")
    if imports:
        (project / "requirements.txt").write_text(REQUIREMENTS)
    return Project(project, name, functions)


def heavy(folder, name):
    """A Flask application that computes with numpy; its instances end after IDLE_SECONDS without a request."""
    project, number = folder / name, secrets.token_hex(6)
    project.mkdir(parents=True)
    (project / "app.py").write_text(HEAVY.format(number=number, size=100))
    (project / "requirements.txt").write_text(REQUIREMENTS)
    (project / "mayfly.yaml").write_text(f"functions:\n  app:\n    idleTimeout: {IDLE_SECONDS}s\n")
    return Project(project, name, [("/", f"100 {number}\n".encode())])
