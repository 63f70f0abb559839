"""Requests that cannot be met: one clear answer, and nothing of them is left."""

import os
import random
import socket
import unittest

import leftovers
from mayfly_launcher import Launcher, Sandbox, SpawnFailed, fields_frame
from sandbox_case import SOAK, SandboxCase, sh

GOOD = [("id", "x"), ("run", "/tmp/nowhere"), ("argv", "/bin/true")]


class Requests(SandboxCase):
    def refused(self, expected, **wanted):
        failed = self.failure(**wanted)
        self.assertEqual(failed["step"], "request", failed)
        self.assertIn(expected, failed["why"])

    def test_each_field_has_its_bounds(self):
        for field, value, expected in (
            ("id", "", "id: "), ("id", "A", "id: A"), ("id", "../x", "a-z"), ("id", "x" * 41, "1 to 40"),
            ("run", "tmp", "absolute"), ("run", "/tmp/../etc", "absolute"), ("run", "/" + "x" * 90, "at most 90"),
            ("cwd", "tmp", "absolute"), ("cwd", "/tmp/./x", "absolute"), ("shape", "vm", "worker, server, tool or zygote"),
            ("argv", "true", "an absolute path first"), ("argv", [], "argv: missing"), ("env", "NOEQUALS", "NAME=VALUE"), ("env", "=x", "NAME=VALUE"),
            ("memory", "1k", "memory: 1k"), ("memory", "-1", "memory: -1"), ("memory", "1023", "1048576"), ("memory", "99999999999999999999", "memory"),
            ("cpu", "0", "1 to 1024000"), ("pids", "0", "pids: 0"), ("files", "3", "64 to"), ("inodes", "1", "16 to"), ("port", "65536", "1 to 65535"), ("fsize", "1", "4096 to"),
            ("hostname", "a b", "hostname"), ("hostname", "", "hostname"), ("egress", "", "egress"), ("colour", "red", "docs/launcher-protocol.md"),
            ("mount", "ro /etc /tmp", "/var/task"), ("mount", "ro /opt /tmp", "/opt"), ("mount", "ro /var/task/../../etc /tmp", "/var/task"),
            ("mount", "rx /var/task /tmp", "ro or rw"), ("mount", "ro /var/task", "a source"), ("mount", "ro /var/task tmp", "a source"),
            ("mount", ["ro /opt/m%d /usr" % i for i in range(33)], "mount"), ("argv", ["/bin/true"] + ["x"] * 1024, "at most 1024"),
        ):
            with self.subTest(field=field, value=value):
                self.refused(expected, **{field: value}, **({"make_run": False} if field == "run" else {}))

    def test_the_user_is_what_the_launcher_can_give(self):
        if self.launcher.ready["rootless"]:
            self.refused("the launcher is not root", uid=1000)
            self.refused("the launcher is not root", gid=1000)
        else:
            self.refused("uid: 0", uid=0)
            self.refused("missing", uid=None)
            self.refused("missing", gid=None)

    def test_two_live_sandboxes_have_two_names(self):
        with self.spawn(argv=sh("sleep 60"), id="same") as first:
            self.refused("no live sandbox has", id="same")
            first.kill()
            first.wait_end()
        self.assertEqual(self.finished(["/bin/true"], id="same").status, 0)

    def test_a_source_that_is_not_there_is_named(self):
        failed = self.failure(mount=["ro /var/task /no/such/source"])
        self.assertEqual((failed["step"], failed["why"]), ("mount", "No such file or directory: /no/such/source"))

    def test_a_file_as_a_source_is_refused(self):
        self.assertEqual(self.failure(mount=["ro /var/task /etc/passwd"])["step"], "mount")

    def test_a_runtime_folder_that_is_not_there_is_named(self):
        failed = self.failure(run="/tmp/no-such-mayfly", make_run=False)
        self.assertEqual(failed["step"], "sockets")
        self.assertIn("/tmp/no-such-mayfly", failed["why"])

    def test_a_runtime_folder_where_nobody_listens_is_named(self):
        sandbox = self.launcher.request()
        self.addCleanup(sandbox.close)
        sandbox.listener.close()
        sandbox.listener = None
        sandbox.until(lambda: not sandbox.connection_open, "the end")
        self.assertTrue(sandbox.failed or sandbox.ended, "neither failed nor ended")

    def test_a_control_socket_that_is_a_file_fails(self):
        run = os.path.join(self.launcher.directory, "file")
        os.mkdir(run)
        with open(os.path.join(run, "control.sock"), "w"):
            pass
        self.assertEqual(self.failure(run=run)["step"], "sockets")

    def test_http_sock_that_exists_fails_and_stays(self):
        sandbox = self.spawn(argv=sh("sleep 60"), shape="worker")
        again = self.launcher.request(argv=sh("true"), shape="worker", run=sandbox.run, make_run=False)
        self.addCleanup(again.close)
        self.assertEqual(again.wait_failed()["step"], "sockets")
        self.assertTrue(os.path.exists(os.path.join(sandbox.run, "http.sock")))


class Garbage(SandboxCase):
    """Bytes that no server of ours would send."""

    def answer(self, data, shut=True):
        """Everything it says until it closes the connection."""
        with self.launcher.connect() as connection:
            connection.settimeout(20)
            said = b""
            try:
                connection.sendall(data)
                if shut:
                    connection.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it closed while we spoke; what it said is still to be read
            try:
                while got := connection.recv(65536):
                    said += got
            except ConnectionResetError:
                pass
            return said

    def assert_still_works(self):
        self.assertEqual(self.finished(sh("echo alive")).text(), "alive")

    def test_malformed_frames_are_answered_with_failed_and_closed(self):
        for name, data in (
            ("zero length", bytes(4)), ("one byte", b"\0\0\0\1x"), ("too long", b"\0\4\0\1"), ("huge", b"\xff\xff\xff\xff"), ("text", b"GET / HTTP/1.1\r\n\r\n"),
            ("no NUL", b"\0\0\0\5spawn"), ("no verb", b"\0\0\0\2\0\0"), ("unknown verb", fields_frame("kill")), ("no equals", b"\0\0\0\x0aspawn\0abc\0"),
            ("empty field", b"\0\0\0\7spawn\0\0"), ("no key", b"\0\0\0\x09spawn\0=x\0"), ("nothing said", fields_frame("spawn")),
        ):
            with self.subTest(name):
                self.assertIn(b"failed\0", self.answer(data, shut=False))
        self.assert_still_works()

    def test_half_a_frame_is_nothing(self):
        whole = fields_frame("spawn", GOOD)
        for size in (0, 1, 3, 4, 5, len(whole) - 1):
            self.assertEqual(self.answer(whole[:size]), b"")
        self.assert_still_works()

    def test_the_longest_frame_is_read_and_a_longer_one_is_not(self):
        head = len(fields_frame("spawn", [*GOOD, ("env", "A=")])) - 4
        longest = self.answer(fields_frame("spawn", [*GOOD, ("env", "A=" + "x" * (256 * 1024 - head))]), shut=False)
        self.assertIn(b"missing" if not self.launcher.ready["rootless"] else b"sockets", longest)
        self.assertIn(b"longer than 262144", self.answer(fields_frame("spawn", [*GOOD, ("env", "A=" + "x" * (256 * 1024 - head + 1))]), shut=False))

    def test_a_frame_may_come_byte_by_byte(self):
        sandbox = Sandbox.__new__(Sandbox)
        real = self.launcher.connect
        try:
            self.launcher.connect = lambda: Dribble(real())
            sandbox.__init__(self.launcher, "dribble", {"argv": sh("echo slow")})
        finally:
            self.launcher.connect = real
        with sandbox:
            sandbox.wait_end()
            self.assertEqual(sandbox.text(), "slow")

    def test_random_frames_do_no_harm(self):
        """Seeded; each is a valid request with some bytes changed, cut, doubled or thrown in."""
        chance = random.Random(20)
        with_fields = [*GOOD, ("shape", "worker"), ("mount", "ro /var/task /usr"), ("memory", "33554432"), ("env", "A=b"), ("egress", "none"), ("uid", "65534"), ("gid", "65534")]
        for _ in range(20000 if SOAK else 600):
            frame = bytearray(fields_frame(chance.choice(["spawn", "spawn", "term", "kill"]), chance.sample(with_fields, chance.randrange(len(with_fields) + 1))))
            for _ in range(chance.randrange(1, 8)):
                at = chance.randrange(len(frame))
                kind = chance.randrange(4)
                if kind == 0:
                    frame[at] = chance.randrange(256)
                elif kind == 1:
                    del frame[at : at + chance.randrange(1, 20)]
                elif kind == 2:
                    frame[at:at] = frame[at : at + chance.randrange(1, 40)]
                else:
                    frame[at:at] = chance.randbytes(chance.randrange(1, 300))
                if not frame:
                    break
            self.answer(bytes(frame))
        self.assert_still_works()
        self.assertIsNone(self.launcher.process.poll())

    def test_a_thousand_silent_connections_hold_nobody_up(self):
        connections = []
        try:
            for _ in range(1000):
                connections.append(self.launcher.connect())
            self.assert_still_works()
        finally:
            for connection in connections:
                connection.close()
        self.assert_still_works()

    def test_more_connections_than_it_can_hold_are_closed_and_cost_no_time(self):
        """Its own limit of descriptors, made small by the one who starts it."""
        launcher = Launcher(prefix=["/usr/bin/prlimit", "--nofile=80:80"])
        self.addCleanup(launcher.close)
        connections = []
        try:
            for _ in range(120):
                connections.append(launcher.connect())
            connections[-1].settimeout(20)
            with self.assertRaisesRegex(SpawnFailed, "Too many open files"):
                held = [connections.append(launcher.spawn(argv=sh("sleep 60"))) for _ in range(80)]
                self.fail(held)
            self.assertIn(b"Too many open files", connections[-1].recv(200))
            before = cpu(launcher.pid)
            self.finished(sh("sleep 0.5"))
            self.assertLess(cpu(launcher.pid) - before, 0.2)
        finally:
            for connection in connections:
                connection.close()
        with launcher.spawn(argv=sh("echo healed")) as sandbox:
            sandbox.wait_end()
            self.assertEqual(sandbox.text(), "healed")


def cpu(pid):
    """Seconds."""
    fields = leftovers.read("/proc/%d/stat" % pid).rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Dribble:
    """A connection that sends one byte at a time."""

    def __init__(self, connection):
        self.connection = connection

    def sendall(self, data):
        for at in range(len(data)):
            self.connection.sendall(data[at : at + 1])

    def __getattr__(self, name):
        return getattr(self.connection, name)


class Leftovers(SandboxCase):
    """After every kind of failure at once, the launcher holds what it held before."""

    def test_failed_requests_leave_nothing(self):
        def fail_in_every_way():
            self.failure(mount=["ro /var/task /no/such/source"])
            self.failure(run="/tmp/no-such-mayfly", make_run=False)
            self.failure(argv=["relative"])
            self.failure(egress="")
            self.finished(["/no/such/program"])
            connection = self.launcher.connect()
            connection.sendall(b"\0\0\1\0spawn")
            connection.close()

        for _ in range(5):
            fail_in_every_way()
        before = leftovers.stable(self.state)
        for _ in range(40):
            fail_in_every_way()
        leftovers.settle(lambda: None if self.state() == before else (before, self.state()), "the launcher holds more than before")

    def state(self):
        groups = [path for path in leftovers.groups(self.launcher)]
        return leftovers.descriptors(self.launcher.pid), len(leftovers.processes(self.launcher)), len(groups)


if __name__ == "__main__":
    unittest.main()
