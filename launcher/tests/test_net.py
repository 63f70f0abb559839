#!/usr/bin/env python3
"""Builds launcher/net and tries it: as the caller and, if that is root, again as an ordinary user; static, and with the sanitizers.

The cases run in network, mount and (as a user) user namespaces of their own. Only HostTest looks at the machine's network, and changes nothing.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = sorted(map(str, (HERE.parent / "net").glob("*.c")))
STRICT = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"]
BUILDS = {"static": ["-O2", "-static"], "sanitized": ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]}
PYTHON = "/usr/bin/python3" if os.geteuid() == 0 and os.access("/usr/bin/python3", os.X_OK) else sys.executable
NOBODY = "65534"


def build(folder, name, build_name):
    program = os.path.join(folder, f"{name}-{build_name}")
    subprocess.run([os.environ.get("CC", "cc"), *STRICT, *BUILDS[build_name], str(HERE / f"{name}.c"), *SOURCES, "-o", program], check=True)
    return program


def namespaces_of(user):
    """The command that starts a test in namespaces of its own."""
    if user == "root":
        return ["unshare", "--net", "--mount"]
    drop = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"] if os.geteuid() == 0 else []
    return [*drop, "unshare", "--user", "--map-root-user", "--net", "--mount"]


class NetTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        cls.programs = {(name, kind): build(folder.name, name, kind) for name in ("net_try", "net_unit") for kind in BUILDS}

    def run_cases(self, file):
        for user in ("root", "user") if os.geteuid() == 0 else ("user",):
            for kind in BUILDS:
                with self.subTest(file=file, user=user, build=kind):
                    surroundings = {**os.environ, "NET_TRY": self.programs["net_try", kind], "NET_ROOT": str(int(user == "root")),
                                    "NET_SANITIZED": "1" if kind == "sanitized" else "", "PYTHONDONTWRITEBYTECODE": "1"}
                    done = subprocess.run([*namespaces_of(user), PYTHON, str(HERE / file)], env=surroundings, stderr=subprocess.PIPE,
                                          stdout=subprocess.PIPE, text=True, check=False)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    self.assertNotIn("Sanitizer", done.stderr)

    def test_policies_and_parsers_hold_against_tables_and_noise(self):
        for kind in BUILDS:
            with self.subTest(build=kind):
                done = subprocess.run([self.programs["net_unit", kind], "50000"], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_connections_and_policies(self):
        self.run_cases("net_cases.py")

    def test_datagrams_names_platform_and_hostile_programs(self):
        self.run_cases("net_more.py")

    def test_nothing_of_the_hosts_network_changes(self):
        sys.path.insert(0, str(HERE))
        from net_world import Net

        before = self.host()
        user = os.geteuid() != 0
        if user:
            self.skipTest("the launcher enters a user namespace first, which run_cases covers")
        os.environ["NET_ROOT"] = "1"
        net = Net(self.programs["net_try", "static"], ports="7070", pool=4)
        try:
            slots = [net.take("internet") for _ in range(10)]
            self.assertEqual(self.host(), before)
            for slot in slots:
                slot.close()
        finally:
            net.close()
        self.assertEqual(self.host(), before)

    @staticmethod
    def host():
        """What an administrator would see of the host's own network."""
        commands = (["nft", "list", "ruleset"], ["ip", "-o", "link"], ["ip", "-o", "address"], ["ip", "route", "show", "table", "all"],
                    ["ip", "-6", "route", "show", "table", "all"], ["ip", "rule"], ["ip", "netns"])
        seen = [re.sub(r"valid_lft .*", "", subprocess.run(command, capture_output=True, text=True, check=False).stdout) for command in commands]
        for folder, _, files in os.walk("/proc/sys/net"):
            for name in sorted(files):
                try:
                    seen.append((folder, name, pathlib.Path(folder, name).read_bytes()))
                except OSError:
                    continue
        return seen


if __name__ == "__main__":
    unittest.main()
