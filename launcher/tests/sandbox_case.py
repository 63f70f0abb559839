"""What the tests share: a launcher for each class of tests, which must leave nothing behind, and ways to write programs to run inside."""

import os
import subprocess
import tempfile
import textwrap
import unittest

import leftovers
from mayfly_launcher import Launcher

AS = os.environ.get("MAYFLY_TEST_AS", "root" if os.geteuid() == 0 else "user")
SOAK = os.environ.get("MAYFLY_SOAK") == "1"
SLOW = float(os.environ.get("MAYFLY_TEST_SLOWNESS", "1")) > 1  # less of what takes long elsewhere
SANITIZED = os.environ.get("MAYFLY_TEST_SANITIZED") == "1"


def sh(script):
    return ["/bin/sh", "-c", textwrap.dedent(script)]


def py(script):
    return ["/usr/bin/python3", "-I", "-S", "-c", textwrap.dedent(script)]


def folder():
    """A folder whose content any sandbox may read."""
    made = tempfile.mkdtemp(prefix="mlt-", dir="/tmp")
    os.chmod(made, 0o755)
    return made


def compile_c(into, name, source):
    """A static program in the folder."""
    path = os.path.join(into, name)
    with open(path + ".c", "w") as file:
        file.write(source)
    subprocess.run(["cc", "-O1", "-static", "-o", path, path + ".c"], check=True)
    os.chmod(path, 0o755)
    return path


class SandboxCase(unittest.TestCase):
    """Every test of a class has the same launcher; what it leaves behind fails the last of them."""

    options = ()

    @classmethod
    def setUpClass(cls):
        cls.launcher = Launcher(options=cls.options)
        cls.addClassCleanup(cls.end_launcher)
        if not cls.launcher.ready.get("ready"):
            raise AssertionError("no launcher: %s" % cls.launcher.ready)

    @classmethod
    def end_launcher(cls):
        launcher = cls.launcher
        status = launcher.close()
        leftovers.none(launcher)
        if status != 0:
            raise AssertionError("the launcher ended with %s: %s" % (status, launcher.last_log))

    def spawn(self, **wanted):
        sandbox = self.launcher.spawn(**wanted)
        self.addCleanup(sandbox.close)
        return sandbox

    def finished(self, argv, **wanted):
        """A sandbox that has run to its end."""
        sandbox = self.spawn(argv=argv, **wanted)
        sandbox.wait_end()
        return sandbox

    def printed(self, argv, **wanted):
        """What a program prints that ends well."""
        sandbox = self.finished(argv, **wanted)
        self.assertEqual((sandbox.status, sandbox.text(2)), (0, ""), sandbox.text())
        return sandbox.text()

    def failure(self, **wanted):
        """What the launcher answers to a request that must fail."""
        sandbox = self.launcher.request(**wanted)
        self.addCleanup(sandbox.close)
        return sandbox.wait_failed()
