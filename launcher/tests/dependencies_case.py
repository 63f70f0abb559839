"""A project whose dependencies are held ready by the worker as a zygote with seats, and functions that become copies of it."""

import json
import os
import shutil
import socket

import pythons
from copies_case import CopiesCase
from mayfly_launcher import ENDED, FAILED, HELLO, READY, worker_frame
from sandbox_case import folder

SPECIALISE = 0x01


class DependenciesCase(CopiesCase):
    """`deps` and `code` are files by their names; what a function is asked for is what `answer()` of its module returns."""

    def zygote_of_workers(self, python):
        program = ["/opt/mayfly/mayfly_worker/__main__.py", "zygote"]
        zygote = self.spawn(shape="zygote", argv=[python.inside, "-I", "-S", *program], env=python.env, mount=self.mounts(python), cwd="/var/task")
        zygote.python = python
        zygote.until(lambda: zygote.frames(READY) or zygote.frames(FAILED), "its being ready")
        return zygote

    def written(self, files):
        made = folder()
        self.addCleanup(shutil.rmtree, made)
        for name, text in files.items():
            path = os.path.join(made, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
        for path, _, _ in os.walk(made):
            os.chmod(path, 0o755)
        return made

    def told(self, deps, imports, seats=2, python=None, packages=False):
        """The zygote that was told what to hold, when it has said what came of it; with its seats."""
        zygote = self.zygote_of_workers(python or pythons.system())
        if packages:
            deps = {**deps, "packages.pth": "/opt/packages"}
        mounts = [*self.mounts(zygote.python), "ro /opt/deps " + self.written(deps)]
        if packages:
            mounts.append("ro /opt/packages " + zygote.python.packages())
        wanted = {"shape": "worker", "zygote": dict(zygote.fields)["id"], "argv": None, "env": None, "mount": mounts, "memory": 512 << 20}
        holder = self.spawn(**wanted, seats="yes")
        holder.until(lambda: len(holder.peers) == 2, "its two connections")
        holder.python, holder.seats = zygote.python, []
        for _ in range(seats):
            wanted["zygote"] = dict(holder.fields)["id"]
            seat = self.spawn(**wanted, pooled="yes", egress=None)
            seat.until(lambda: seat.worker and seat.frames(HELLO, seat.worker), "the seat's hello")
            holder.seats.append(seat)
        holder.worker.connection.sendall(worker_frame(SPECIALISE, json.dumps({"deps": "/opt/deps", "imports": list(imports)}).encode()))
        holder.until(lambda: holder.frames(READY, holder.worker) or holder.frames(FAILED, holder.worker) or not holder.worker.open, "what came of it")
        return holder

    def holder(self, deps, imports, **wanted):
        holder = self.told(deps, imports, **wanted)
        self.assertEqual(holder.frames(FAILED, holder.worker), [])
        return holder

    def refusal(self, deps, imports):
        """What a zygote says that cannot be copied with these in it."""
        holder = self.told(deps, imports)
        report = json.loads(holder.frames(FAILED, holder.worker)[0])
        self.assertEqual((report["code"], holder.frames(READY, holder.worker)), ("cannot_be_copied", []))
        holder.wait_end()
        self.assertEqual(holder.status, 1)
        return report["message"]

    def function(self, holder, code, file="hello.py", kind="app", env=()):
        """A copy that has been told its function, and has said what came of it."""
        seat = holder.seats.pop()
        if not isinstance(code, dict):
            code = {file: code}
        seat.specialise(mount=["ro /var/task " + self.written(code)])
        specification = {"function": "hello", "code": "/var/task", "deps": "/opt/deps", "tmp": "/tmp", "env": dict(env), "concurrency": 1,
                         "entrypoint": {"kind": kind, "file": file, "symbol": "app"}}
        seat.worker.connection.sendall(worker_frame(SPECIALISE, json.dumps(specification).encode()))
        seat.until(lambda: seat.frames(READY, seat.worker) or seat.frames(FAILED, seat.worker) or not seat.worker.open, "ready")
        return seat

    def serving(self, holder, code, **wanted):
        seat = self.function(holder, code, **wanted)
        self.assertEqual(seat.frames(FAILED, seat.worker), [])
        return seat

    def refused(self, holder, code, **wanted):
        """What a copy says that cannot become that function."""
        seat = self.function(holder, code, **wanted)
        report = json.loads(seat.frames(FAILED, seat.worker)[0])
        seat.wait_end()
        self.assertEqual((report["code"], seat.status), ("cannot_be_copied", 1))
        return report["message"]

    def asked(self, seat, invocation=7):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.path.join(seat.run, "http.sock"))
            client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nx-mayfly-invocation: %016x\r\nconnection: close\r\n\r\n" % invocation)
            got = b""
            while True:
                seat.pump(0)
                more = client.recv(9999)
                if not more:
                    break
                got += more
        seat.until(lambda: invocation.to_bytes(8, "big") in seat.frames(ENDED, seat.worker), "the end of the request")
        return got.partition(b"\r\n\r\n")[2].decode()

    def answer(self, holder, script, **wanted):
        """What a function of these lines answers, whose last is an expression."""
        *lines, last = script.strip().split("\n")
        return self.asked(self.serving(holder, application("\n".join(lines), last), **wanted))


def application(before, expression):
    body = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [str(%s).encode()]\n" % expression
    return before + "\n" + body
