"""What a zygote is sent that is no order: it says so where it can, keeps nothing of it, and goes on. Under sanitizers."""

import errno
import os
import random
import socket
import struct
import subprocess
import unittest

import builds
import leftovers
from sandbox_case import SOAK

ORDER = struct.Struct("=IIIIIIIIq")
REPLY = struct.Struct("=Ii20s80s")
REPLY_AT, GROUPS_AT, MOST = 5, 6, 12


def order(size=ORDER.size, kind=0, unified=0, groups=0, users=0, uid=1, gid=1, pids=1, files=64):
    return ORDER.pack(size, kind, unified, groups, users, uid, gid, pids, files)


class Orders(unittest.TestCase):
    def setUp(self):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        script = "dup2 = __import__('os').dup2; dup2(%d, 3); __import__('os').execv(%r, ['fork-orders'])" % (theirs.fileno(), builds.orders())
        self.process = subprocess.Popen(["/usr/bin/python3", "-I", "-S", "-c", script], pass_fds=[theirs.fileno()], stderr=subprocess.PIPE,
                                        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0"})
        theirs.close()
        self.addCleanup(self.finish)
        self.null = os.open("/dev/null", os.O_RDWR)
        self.addCleanup(os.close, self.null)
        self.refused(b"?")  # it runs
        self.before = leftovers.stable(lambda: leftovers.descriptors(self.process.pid))

    def finish(self):
        self.socket.close()
        error = self.process.communicate(timeout=20)[1]
        self.assertEqual(self.process.returncode, 0, error.decode())

    def send(self, words, count):
        """With so many descriptors, the one for replies among them. The reply, or None at its end without one."""
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with mine:
            with theirs:
                socket.send_fds(self.socket, [words], [theirs.fileno() if at == REPLY_AT else self.null for at in range(count)])
            mine.settimeout(20)
            got = mine.recv(4096)
        return REPLY.unpack(got) if got else None

    def refused(self, words, count=REPLY_AT + 1, step="order", failed=errno.EPROTO):
        stage, told, name, _ = self.send(words, count)
        self.assertEqual((stage, told, name.rstrip(b"\0").decode()), (0, failed, step))

    def goes_on(self):
        self.refused(b"?")
        leftovers.settle(lambda: leftovers.descriptors(self.process.pid) != self.before, "it keeps what it was sent")

    def test_are_refused_where_they_are_none(self):
        for name, words, count in (
            ("too short", order()[:-1], 6), ("too long", order() + b"x", 6), ("much too long", b"x" * 60_000, 6), ("of another size", order(size=ORDER.size + 1), 6),
            ("fewer groups than said", order(groups=2), 7), ("more groups than said", order(), 7), ("no such kind", order(kind=2), 6), ("a zygote in turn without its orders", order(kind=1), 6), ("no such kind of group", order(unified=2, groups=2), 8),
            ("no group where there is one", order(unified=1), 6), ("as many descriptors as fit, and no groups", order(), MOST),
            ("more groups than there can be", order(groups=6), MOST), ("a number of groups below nothing", order(groups=0xFFFFFFFF), 6),
        ):
            with self.subTest(name):
                self.refused(words, count)
        self.goes_on()

    def test_get_no_answer_where_there_is_nowhere_to_send_it(self):
        for name, words, count in (
            ("none", order(), 0), ("few", order(), 3), ("one short, with groups below nothing", order(groups=0xFFFFFFFF), 5), ("nothing at all", b"", 0), ("no words", b"", 2),
        ):
            with self.subTest(name):
                self.assertIsNone(self.send(words, count))
        self.goes_on()

    def test_with_more_descriptors_than_an_order_has_are_refused(self):
        for count in (MOST + 1, MOST + 2, 100, 253):
            with self.subTest(count):
                self.refused(order(groups=count - GROUPS_AT), count)
        self.goes_on()

    def test_into_what_is_no_sandbox_fail_there(self):
        self.refused(order(groups=1), 7, "pid namespace", errno.EINVAL)
        self.refused(order(unified=1, groups=1), 7, "pid namespace", errno.EINVAL)
        self.goes_on()

    def test_are_passed_over_where_who_asks_has_gone(self):
        theirs, mine = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mine.close()
        with theirs:
            for _ in range(50):
                socket.send_fds(self.socket, [order()], [theirs.fileno()] * 6)
        self.goes_on()

    def test_of_any_bytes_are_survived(self):
        chance = random.Random(1)
        for _ in range(100_000 if SOAK else 3_000):
            words = bytearray(order(groups=chance.randrange(8), unified=chance.randrange(3)))
            for _ in range(chance.randrange(4)):
                words[chance.randrange(len(words))] = chance.randrange(256)
            if chance.random() < 0.2:
                words = bytes(chance.randrange(256) for _ in range(chance.randrange(100)))
            self.send(bytes(words), chance.randrange(20))
        self.goes_on()


if __name__ == "__main__":
    unittest.main()
