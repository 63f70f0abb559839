"""Endurance: after many sandboxes, one after the other and all at once, the launcher and the machine hold what they held before."""

import os
import shutil
import unittest

import leftovers
from mayfly_launcher import Launcher
from sandbox_case import SANITIZED, SLOW, SOAK, SandboxCase, folder, py, sh

IN_A_ROW = 10000 if SOAK else 60 if SLOW else 300
AT_ONCE = 200 if SOAK else 12 if SLOW else 50


class Shared(unittest.TestCase):
    """On a machine that shares its mounts between namespaces, as systemd has it."""

    def test_what_a_sandbox_mounts_is_not_seen_outside(self):
        if os.geteuid():
            return  # a launcher without root has a mount namespace of its own
        source = folder()
        self.addCleanup(shutil.rmtree, source)
        os.mkdir(os.path.join(source, "out"))
        with Launcher(prefix=["unshare", "--mount", "--propagation", "shared"]) as launcher:
            before = leftovers.read("/proc/%d/mountinfo" % launcher.pid)
            self.assertIn(b"shared:", before)
            for _ in range(3):
                with launcher.spawn(argv=sh("echo up; sleep 60"), mount=["rw /build %s" % source, "rw /build/out %s/out" % source]) as sandbox:
                    sandbox.wait_line("up")
                    self.assertEqual(leftovers.read("/proc/%d/mountinfo" % launcher.pid), before)
            self.assertEqual(leftovers.read("/proc/%d/mountinfo" % launcher.pid), before)


class Endurance(SandboxCase):
    def state(self):
        """All that could grow."""
        return {
            "processes": len(leftovers.processes(self.launcher)),
            "groups": len(leftovers.groups(self.launcher)),
            "mounts": len(leftovers.mounts(self.launcher)),
            "namespaces": len(leftovers.network_namespaces(self.launcher)),
            "descriptors": {pid: leftovers.descriptors(pid) for pid in self.own()},
            "files": sorted(os.listdir(self.launcher.directory)),
        }

    def own(self):
        """The launcher and its helpers, as far as their descriptors may be seen."""
        return [pid for pid in sorted({self.launcher.pid, *self.launcher.helpers}) if os.access("/proc/%d/fd" % pid, os.R_OK)]

    def assert_nothing_grew(self, before, memory):
        leftovers.settle(lambda: {key: (before[key], now) for key, now in self.state().items() if now != before[key]}, "something is left", seconds=30)
        for pid in self.own():
            grown = leftovers.resident(pid) - memory[pid]
            if not SANITIZED:  # which keeps what was freed, to find its use
                self.assertLess(grown, 1024, "KiB more in process %d" % pid)

    def settled(self):
        """After a few have gone through everything: caches are warm, pools are full."""
        self.all_at_once(AT_ONCE)
        for _ in range(5):
            self.one()
        leftovers.settle(lambda: leftovers.sandboxes(self.launcher), "sandboxes are left")
        return leftovers.stable(self.state), {pid: leftovers.resident(pid) for pid in self.own()}

    def one(self):
        with self.launcher.spawn(argv=["/bin/true"]) as sandbox:
            sandbox.wait_end()
            self.assertEqual(sandbox.status, 0)

    def all_at_once(self, count):
        sandboxes = [self.launcher.request(argv=sh("echo $$; sleep 0.2")) for _ in range(count)]
        try:
            for sandbox in sandboxes:
                sandbox.wait_end(seconds=120)
                self.assertEqual((sandbox.failed, sandbox.lines()), (None, [b"2"]))
        finally:
            for sandbox in sandboxes:
                sandbox.close()

    def test_many_in_a_row_leave_nothing(self):
        before, memory = self.settled()
        for _ in range(IN_A_ROW):
            self.one()
        self.assert_nothing_grew(before, memory)

    def test_many_at_once_leave_nothing(self):
        before, memory = self.settled()
        for _ in range(3):
            self.all_at_once(AT_ONCE)
        self.assert_nothing_grew(before, memory)

    def test_many_that_are_cut_off_leave_nothing(self):
        before, memory = self.settled()
        for kind in range(60):
            sandbox = self.launcher.request(argv=py("import os, time; os.fork(); time.sleep(600)"), shape=("tool", "worker", "server")[kind % 3])
            if kind % 2:
                sandbox.wait_started()
            sandbox.close()
        self.assert_nothing_grew(before, memory)


if __name__ == "__main__":
    unittest.main()
