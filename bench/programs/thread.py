"""The main job: from the command to a live URL, and what a request costs when it is warm and when it is cold."""

import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETTINGS = {"isolation": "process", "pauseBeforeColdSeconds": 0.5, "warmCallsPerRound": 100}
HELLO = '''from http.server import BaseHTTPRequestHandler

class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\\n")
# %s
'''
BARE_SERVER = '''import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\\n")

    def log_message(self, *arguments):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[1])), handler).serve_forever()
'''


def run(rounds, say):
    with tempfile.TemporaryDirectory(prefix="mayfly-bench-") as folder:
        os.chmod(folder, 0o755)
        bench = Bench(pathlib.Path(folder))
        say("warming the caches")
        bench.prepare()
        try:
            return bench.measure(rounds, say)
        finally:
            bench.mayfly("down", check=False)


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("MAYFLY_")}
        self.environment |= {"MAYFLY_HOME": str(folder / "home"), "MAYFLY_PORT": str(self.port), "NO_COLOR": "1"}
        self.project = folder / "hello"
        self.count = 0

    def mayfly(self, *arguments, check=True):
        done = subprocess.run(
            [str(ROOT / "mayfly"), *arguments], env=self.environment, cwd=self.folder, capture_output=True, text=True
        )
        if check and done.returncode:
            raise RuntimeError(f"mayfly {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def write(self):
        """A one-line change."""
        self.count += 1
        (self.project / "api").mkdir(parents=True, exist_ok=True)
        (self.project / "api" / "hello.py").write_text(HELLO % self.count)

    def prepare(self):
        """Twice up and down: builds what is not built, and makes the AOT caches."""
        self.write()
        (self.folder / "bare.py").write_text(BARE_SERVER)
        for _ in range(2):
            self.mayfly("up", str(self.project), "--detach")
            self.mayfly("ls")
            self.mayfly("down")

    def measure(self, rounds, say):
        up, bare_up, start, jvm, deploy, copy, ls, jvm_ls = [], [], [], [], [], [], [], []
        warm, direct, cold, bare_cold, memory, tree = [], [], [], [], [], []
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            up.append(timed(lambda: call(self.mayfly("up", str(self.project), "--detach").strip() + "api/hello")))
            bare_up.append(self.bare_python())
            time.sleep(1)
            memory.append(resident(self.server_pid()))
            tree.append(sum(pss(pid) for pid in descendants(self.server_pid())))
            ls.append(timed(lambda: self.mayfly("ls")))
            jvm_ls.append(timed(bare_jvm))
            self.write()
            deploy.append(timed(lambda: call(self.mayfly("deploy", str(self.project), "--prod").strip() + "api/hello")))
            copy.append(timed(lambda: shutil.copytree(self.project, self.folder / f"copy{number}")))
            url = self.mayfly("url", "hello").strip()
            call(url + "api/hello")
            with Worker(self.folder / f"w{number}", self.project) as worker:
                warm_calls, direct_calls = interleave(url, worker, SETTINGS["warmCallsPerRound"])
            warm += warm_calls
            direct += direct_calls
            for _ in range(3):
                self.write()
                url = self.mayfly("deploy", str(self.project), "--prod").strip()
                time.sleep(SETTINGS["pauseBeforeColdSeconds"])
                cold.append(timed(lambda: call(url + "api/hello")))
                bare_cold.append(self.bare_python())
            self.mayfly("down")
            start.append(self.server_start())
            jvm.append(timed(bare_jvm))
        return [
            row("first `up` on a built tree to first response", "ms", up, "a bare Python server, start to response", bare_up),
            row("server start to ready", "ms", start, "`java -version`", jvm),
            row("`deploy` of a one-line change to response", "ms", deploy, "copying the folder", copy),
            row("`mayfly ls`", "ms", ls, "`java -version`", jvm_ls),
            row("warm request, client to response", "ms", warm, "the worker's own socket", direct),
            row("cold request, sparse, first call ever", "ms", cold, "a bare Python server, start to response", bare_cold),
            row("server resident memory, idle", "MiB", memory),
            row("whole process tree, idle with one instance (PSS)", "MiB", tree),
        ]

    def server_pid(self):
        return json.loads((self.folder / "home" / "server.json").read_text())["pid"]

    def server_start(self):
        """From the command to server.json, which is written when requests are served."""
        ready = self.folder / "home" / "server.json"

        def start():
            self.process = subprocess.Popen(
                [str(ROOT / "mayfly"), "server"], env=self.environment, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            wait_for(ready.exists)

        took = timed(start)
        self.mayfly("down")
        self.process.wait(30)
        return took

    def bare_python(self):
        port = free_port()
        processes = []

        def first_response():
            processes.append(subprocess.Popen(["/usr/bin/python3", "-I", "-S", str(self.folder / "bare.py"), str(port)]))
            wait_for(lambda: answers(port))

        took = timed(first_response)
        processes[0].kill()
        processes[0].wait()
        return took


class Worker:
    """The worker behind its own socket, without any platform: what a warm request costs at least."""

    def __init__(self, folder, project):
        self.folder, self.project = folder, project

    def __enter__(self):
        self.folder.mkdir()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.folder / "control.sock"))
        listener.listen(4)
        workers = ROOT / "workers" / "python"
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-I", "-S", str(workers / "mayfly_init.py"), str(self.folder), "--"]
            + ["/usr/bin/python3", "-I", "-S", str(workers / "mayfly_worker")]
        )
        self.connections = {}
        for _ in range(2):
            connection, _ = listener.accept()
            kind, payload = read_frame(connection)
            assert kind == 0x10, kind
            self.connections[payload[0]] = connection
        listener.close()
        specialise = {
            "function": "api/hello",
            "code": str(self.project),
            "tmp": str(self.folder),
            "entrypoint": {"kind": "handler", "file": "api/hello.py", "symbol": "handler"},
            "env": {},
            "concurrency": 1,
        }
        send_frame(self.connections[2], 0x01, json.dumps(specialise).encode())
        while read_frame(self.connections[2])[0] != 0x11:
            pass
        for connection in self.connections.values():
            threading.Thread(target=swallow, args=(connection,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        for connection in self.connections.values():
            connection.close()

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(self.folder / "http.sock"))
        return client


def interleave(url, worker, calls):
    """Warm calls through the gateway and to the worker's socket in turn, each over one kept connection."""
    host, port = url.split("/")[2].split(":")
    gateway, direct = socket.create_connection((host, int(port))), worker.connect()
    gateway.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    through = f"GET /api/hello HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    straight = b"GET /api/hello HTTP/1.1\r\nHost: worker\r\nx-mayfly-invocation: 00000000000000ff\r\n\r\n"
    first, second = [], []
    for _ in range(calls):
        first.append(timed(lambda: exchange(gateway, through)))
        try:
            second.append(timed(lambda: exchange(direct, straight)))
        except ConnectionError:
            direct = worker.connect()
    gateway.close()
    direct.close()
    return first, second


def exchange(connection, request):
    connection.sendall(request)
    answer = b""
    while b"hello\n" not in answer:
        data = connection.recv(65536)
        if not data:
            raise ConnectionError("closed")
        answer += data
    if b" 200 " not in answer.split(b"\r\n", 1)[0]:
        raise AssertionError(answer)


def call(url):
    host, port = url.split("/")[2].split(":")
    path = "/" + url.split("/", 3)[3]
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        exchange(connection, f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())


def answers(port):
    try:
        call(f"http://127.0.0.1:{port}/")
        return True
    except ConnectionError:
        return False


def bare_jvm():
    subprocess.run(["java", "-version"], capture_output=True, check=True)


def row(what, unit, samples, beside=None, beside_samples=None):
    found = {"what": what, "unit": unit, "samples": [round(s, 4) for s in samples]}
    if beside:
        found |= {"beside": beside, "besideSamples": [round(s, 4) for s in beside_samples]}
    return found


def timed(action):
    """Milliseconds."""
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


def wait_for(condition, limit=60):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("nothing after a minute")
        time.sleep(0.001)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def send_frame(connection, kind, payload):
    connection.sendall(struct.pack(">IB", len(payload) + 1, kind) + payload)


def read_frame(connection):
    (length,) = struct.unpack(">I", read_exactly(connection, 4))
    frame = read_exactly(connection, length)
    return frame[0], frame[1:]


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError("the worker went away")
        data += more
    return data


def swallow(connection):
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass


def resident(pid):
    return status_kilobytes(f"/proc/{pid}/status", "VmRSS") / 1024


def pss(pid):
    try:
        return status_kilobytes(f"/proc/{pid}/smaps_rollup", "Pss") / 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0


def status_kilobytes(path, key):
    return next(int(line.split()[1]) for line in open(path) if line.startswith(key + ":"))


def descendants(pid):
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            for child in open(f"/proc/{pid}/task/{task}/children").read().split():
                found += descendants(int(child))
        except FileNotFoundError:
            pass
    return found
