"""What the tests of copies share: a zygote with a program of the test's own, and copies of it that run what they are sent."""

import os
import shutil

import pythons
from mayfly_launcher import READY
from sandbox_case import SandboxCase, folder

START = """
import sys
sys.path[:0] = ["/opt/mayfly", "/opt/deps"]
"""
#: As the worker's own zygote does, but for what comes on descriptor 4.
WAIT = """
import os
from mayfly_worker import renew, trial
import mayfly_fork
unfit = trial.of_a_copy()
if unfit:
    raise SystemExit(unfit)
os.write(4, b"\\0\\0\\0\\1\\x11")
if mayfly_fork.serve(3):
    exec(os.read(4, 65536).decode())
else:
    os._exit(0)
"""


class CopiesCase(SandboxCase):
    packages = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = folder()
        cls.addClassCleanup(shutil.rmtree, cls.files)
        pythons.worker_files(cls.files)

    def mounts(self, python):
        deps = ["ro /opt/deps " + python.packages()] if self.packages else []
        return ["ro /opt/mayfly " + self.files, *python.mounts, *deps]

    def zygote_of(self, python, script="", wait=WAIT, **wanted):
        zygote = self.spawn(shape="zygote", argv=[python.inside, "-I", "-S", "-c", START + script + wait], env=python.env, mount=self.mounts(python), cwd="/tmp",
                            memory=1 << 30, **wanted)
        zygote.python = python
        zygote.until(lambda: zygote.frames(READY), "its being ready")
        return zygote

    def wanted_of(self, zygote, **wanted):
        return {"shape": "worker", "zygote": dict(zygote.fields)["id"], "argv": None, "env": None, "mount": self.mounts(zygote.python), **wanted}

    def copied(self, zygote, script="", **wanted):
        sandbox = self.spawn(**self.wanted_of(zygote, **wanted))
        sandbox.until(lambda: len(sandbox.peers) == 2, "its two connections")
        sandbox.worker.connection.sendall(script.encode())
        return sandbox

    def said(self, zygote, script, **wanted):
        """What a copy prints that ends well."""
        sandbox = self.copied(zygote, script, **wanted)
        sandbox.wait_end()
        sandbox.close()
        self.assertEqual((sandbox.status, sandbox.text(2)), (0, ""), sandbox.text())
        return sandbox.text()

    def launcher_log(self):
        with open(os.path.join(self.launcher.directory, "log")) as file:
            return file.read()
