"""The probe at start believes nothing: with a barrier left out, exactly its own check is no longer proved."""

import os
import subprocess
import tempfile
import unittest

import builds
import leftovers
from mayfly_launcher import BINARY, Launcher

CHECKS = ["capabilities", "no_new_privs", "seccomp", "root", "landlock", "processes", "descriptors", "users", "network", "memory", "pids", "cpu", "egress", "tmp", "counter"]
# In a network of its own, which has an address that a sandbox must not reach, and nothing behind it.
ELSEWHERE = ["unshare", "--net", "sh", "-euc", 'ip link set lo up; ip address add 10.99.0.1/32 dev lo; exec "$@"', "sh"]


def unproved(launcher):
    return {check["name"] for check in launcher.ready["checks"] if not check["proved"]}


class Sabotage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.binary = builds.sabotaged()

    def checks(self, barrier):
        with Launcher(binary=self.binary, env={"MAYFLY_SABOTAGE": barrier}, prefix=ELSEWHERE) as launcher:
            self.assertTrue(launcher.ready.get("ready"), (launcher.ready, launcher.log()))
            found = unproved(launcher)
            for name in found - self.missing_here:
                check = launcher.check(name)
                self.assertTrue(check["detail"] and check["cost"] and check["fix"], check)
        leftovers.none(launcher)
        return found - self.missing_here

    def test_each_barrier_that_is_left_out_is_found_and_no_other(self):
        with Launcher(prefix=ELSEWHERE) as whole:
            self.__class__.missing_here = unproved(whole)
            self.assertEqual([check["name"] for check in whole.ready["checks"]], CHECKS)
        self.assertEqual(self.checks("none of them"), set())
        for barrier in CHECKS[:-1]:
            if barrier in self.missing_here:
                continue
            with self.subTest(barrier):
                # Who is in the machine's own network is held by no policy either.
                expected = {"network", "egress"} if barrier == "network" else {barrier}
                self.assertEqual(self.checks(barrier), expected - self.missing_here)

    def test_the_real_launcher_has_no_such_switch(self):
        for barrier in ("seccomp", "capabilities"):
            with Launcher(env={"MAYFLY_SABOTAGE": barrier}) as launcher:
                self.assertTrue(launcher.proved(barrier))
        with open(BINARY, "rb") as file:
            self.assertNotIn(b"MAYFLY_SABOTAGE", file.read())


class Options(unittest.TestCase):
    def run_with(self, *arguments):
        """With a pipe that has ended for its standard input."""
        return subprocess.run([BINARY, *arguments], input="", capture_output=True, text=True, timeout=60)

    def test_wrong_arguments_are_one_clear_line_and_status_2(self):
        for arguments, words in (
            ((), "serve"), (("serve",), "--dir"), (("serve", "--dir"), "no value"), (("serve", "--dir", "relative", "--key", "01234567"), "absolute"),
            (("serve", "--dir", "/" + "x" * 70, "--key", "01234567"), "70 bytes"), (("serve", "--dir", "/tmp", "--key", "xyz"), "hexadecimal"),
            (("serve", "--dir", "/tmp"), "--key"), (("serve", "--colour", "red"), "not known"),
            *((("serve", "--port-tls", text), "no port") for text in ("", "0", "65536", "-1", "443x", "4294967739")),
        ):
            with self.subTest(arguments):
                done = self.run_with(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(words, done.stderr.splitlines()[0])

    def test_standard_input_must_be_able_to_end(self):
        done = subprocess.run([BINARY, "serve", "--dir", "/tmp", "--key", "01234567"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("standard input is no pipe", done.stderr)

    def test_a_runtime_directory_that_cannot_be_is_not_ready(self):
        done = self.run_with("serve", "--dir", "/proc/nowhere", "--key", "01234567")
        self.assertEqual(done.returncode, 1)
        self.assertIn('"ready":false', done.stdout)
        made = [path for root in leftovers.cgroup_roots() for path, _, _ in os.walk(root) if path.endswith("/mayfly-01234567")]
        self.assertEqual(made, [])

    def test_a_lifeline_that_has_ended_already_ends_it_at_once(self):
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            done = self.run_with("serve", "--dir", folder, "--key", "01234567")
            self.assertEqual(done.returncode, 0, done)
            self.assertFalse(os.path.exists(os.path.join(folder, "launcher.sock")))


if __name__ == "__main__":
    unittest.main()
