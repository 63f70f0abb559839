"""What launcher/net promises, tried from inside sandboxes' namespaces against a small internet. test_net.py starts this."""

import errno
import mmap
import os
import select
import socket
import struct
import threading
import time
import unittest

from net_world import EVERYWHERE, HOST, HOST6, WORLD, WORLD6, Net, World, children, descriptors, net_counter, resident

PROGRAM = os.environ["NET_TRY"]
NOWHERE = "203.0.113.50"  # routed to the world, which has no such address and says nothing


def connect(address, port=7777, timeout=20, source=None):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.settimeout(timeout)
    try:
        if source:
            made.bind(source)
        made.connect((address, port))
        return made
    except OSError:
        made.close()
        raise


def attempt(address, port=7777):
    """Name of the error that a connection gives, or 'connected', and how long it took."""
    start = time.monotonic()
    try:
        connect(address, port).close()
        return "connected", time.monotonic() - start
    except OSError as problem:
        return errno.errorcode[problem.errno or errno.ETIMEDOUT], time.monotonic() - start


def attempt_datagram(address, port=7777):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(10)
        made.connect((address, port))
        try:
            made.send(b"x" * 20)
            return made.recv(100)
        except OSError as problem:
            return errno.errorcode[problem.errno or errno.ETIMEDOUT]


def serve_echo(listener):
    """Answers all connections with what they say, until the listener is shut down."""

    def one(connection):
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(data)
            except OSError:
                pass  # some clients leave by a reset

    def all_of_them():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    listener.settimeout(None)
    threading.Thread(target=all_of_them, daemon=True).start()


def say(address, words, port=7777):
    with connect(address, port) as made:
        made.sendall(words)
        made.shutdown(socket.SHUT_WR)
        answer = b""
        while data := made.recv(65536):
            answer += data
        return answer


class Case(unittest.TestCase):
    """One world and one launcher for the tests of a class; slots as they need them."""

    inside, ports, more = "", "", {}

    @classmethod
    def setUpClass(cls):
        cls.world = World.get()
        cls.net = Net(PROGRAM, cls.inside, cls.ports, **cls.more)
        cls.addClassCleanup(cls.net.close)
        if not cls.net.egress:
            raise AssertionError(cls.net.why)

    def slot(self, egress="all", allow=""):
        slot = self.net.take(egress, allow)
        self.addCleanup(slot.close)
        return slot

    def listener(self, address="0.0.0.0", port=7777, family=socket.AF_INET):
        listener = self.world.socket(socket.SOCK_STREAM, address, port, family)
        self.addCleanup(listener.close)
        self.addCleanup(listener.shutdown, socket.SHUT_RDWR)
        return listener


class Connections(Case):
    def test_a_connection_carries_both_ways_and_closes_each_way_by_itself(self):
        listener = self.listener()
        running = (slot := self.slot()).start(say, "8.8.8.8", b"question")
        server, _ = listener.accept()
        self.assertEqual((server.recv(100), server.recv(100)), (b"question", b""))
        server.sendall(b"answer after the end of the question")
        server.close()
        self.assertEqual(slot.finish(running), b"answer after the end of the question")

    def test_a_server_that_speaks_first_and_leaves_at_once_is_heard(self):
        listener = self.listener()
        slot = self.slot()
        for _ in range(50):
            running = slot.start(say, "8.8.8.8", b"")
            server, _ = listener.accept()
            server.sendall(b"220 welcome and farewell")
            server.close()
            self.assertEqual(slot.finish(running), b"220 welcome and farewell")

    def test_the_program_sees_the_address_it_asked_for(self):
        serve_echo(self.listener())

        def names():
            with connect("198.51.100.7") as made:
                return made.getpeername(), made.getsockname()[0]

        slot = self.slot()
        self.assertEqual(slot.run(names), (("198.51.100.7", 7777), slot.address))

    def test_the_other_protocol_family_works_the_same(self):
        serve_echo(self.listener("::", 7777, socket.AF_INET6))
        slot = self.slot("internet")
        self.assertEqual(slot.run(say, WORLD6, b"six"), b"six")
        self.assertEqual(slot.run(attempt, HOST6)[0], "ECONNREFUSED")
        self.assertEqual(slot.refusal(), [f"[{HOST6}]:7777", f"egress: [{HOST6}/128]"])
        self.assertEqual(slot.run(attempt, "fd00:ec2::254", 80)[0], "ECONNREFUSED")

    def test_a_slow_reader_holds_back_the_sender_and_memory_stays_flat(self):
        size, listener, slot = 64 << 20, self.listener(), self.slot()
        before = resident(self.net.egress_pid())

        sent = mmap.mmap(-1, 8)

        def send_all():
            with connect("8.8.8.8") as made:
                for count in range(size >> 16):
                    made.sendall(b"z" * 65536)
                    sent[:] = struct.pack("q", count)

        running = slot.start(send_all)
        server, _ = listener.accept()
        # Nothing is read until the sender is stuck.
        last, quiet = b"", 0
        while quiet < 5:
            select.select([], [], [], 0.1)
            quiet = quiet + 1 if sent[:] == last and any(last) else 0
            last = sent[:]
        self.assertLess(struct.unpack("q", last)[0], (size >> 16) - 1)
        got, highest = 0, resident(self.net.egress_pid())
        while data := server.recv(1 << 20):
            got += len(data)
            highest = max(highest, resident(self.net.egress_pid()))
        server.close()
        slot.finish(running)
        self.assertEqual(got, size)
        self.assertLess(highest - before, 4096, "KiB more of egress")

    def test_a_reset_outside_is_a_reset_inside_and_the_other_way_round(self):
        listener, slot = self.listener(), self.slot()

        def until_reset():
            with connect("8.8.8.8") as made:
                made.sendall(b"x")
                try:
                    return made.recv(1)
                except OSError as problem:
                    return errno.errorcode[problem.errno]

        def reset_it():
            with connect("8.8.8.8") as made:
                made.sendall(b"x")
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        running = slot.start(until_reset)
        server, _ = listener.accept()
        server.recv(1)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        self.assertEqual(slot.finish(running), "ECONNRESET")
        slot.run(reset_it)
        server, _ = listener.accept()
        with self.assertRaises(ConnectionResetError), server:
            server.settimeout(10)
            while server.recv(1):
                pass

    def test_many_connections_at_once_all_come_through(self):
        serve_echo(self.listener())

        def many():
            words = [b"%d" % at for at in range(300)]
            made = [connect("8.8.8.8") for _ in words]
            for one, word in zip(made, words):
                one.sendall(word)
            answers = [one.recv(100) == word for one, word in zip(made, words)]
            for one in made:
                one.close()
            return answers

        self.assertTrue(all(self.slot().run(many)))

    def test_what_is_refused_outside_is_refused_inside(self):
        slot = self.slot()
        self.assertEqual(slot.run(attempt, "8.8.8.8", 9)[0], "ECONNREFUSED")
        self.assertIsNone(slot.refusal(0), "the policy refused nothing")

    def test_a_first_packet_sent_again_makes_no_second_connection(self):
        slot = self.slot()
        running = slot.start(attempt, NOWHERE)
        # Where the kernel sees that the first is still queued it only counts the attempt.
        while slot.run(net_counter, "TcpExt", "TCPSpuriousRtxHostQueues") + slot.run(net_counter, "Tcp", "RetransSegs") < 1:
            select.select([], [], [], 0.05)
        with open("/proc/self/net/tcp", encoding="ascii") as table:
            attempts = [line for line in table if ("%08X" % int.from_bytes(socket.inet_aton(NOWHERE), "little")) in line]
        self.assertEqual(len(attempts), 1)
        os.kill(running[0], 9)
        os.waitpid(running[0], 0)
        os.close(running[1])

    def test_a_release_ends_the_connections_of_its_slot_only(self):
        listener, kept, lost = self.listener(), self.slot(), self.net.take("all")
        serve_echo(listener)

        def hold():
            try:
                with connect("8.8.8.8") as made:
                    made.sendall(b"x")
                    made.recv(1)
                    return made.recv(1)
            except OSError as problem:
                return errno.errorcode[problem.errno]

        running, held = kept.start(hold), lost.start(hold)
        while lost.run(net_counter, "Tcp", "CurrEstab") < 2:
            pass
        lost.close()
        self.assertEqual(lost.finish(held), "ECONNRESET")
        self.assertEqual(kept.run(say, "8.8.8.8", b"still here"), b"still here")
        self.assertEqual(os.waitpid(running[0], os.WNOHANG), (0, 0))
        os.kill(running[0], 9)
        os.waitpid(running[0], 0)
        os.close(running[1])


class Policies(Case):
    def test_each_guarded_range_is_refused_at_once_and_told_with_its_setting(self):
        serve_echo(self.listener())
        slot = self.slot("internet")
        for address in ("10.77.0.5", "100.64.0.9", "172.16.3.4", "192.168.9.9", "169.254.169.254", HOST, "198.18.0.9"):
            with self.subTest(address):
                what, seconds = slot.run(attempt, address)
                self.assertEqual(what, "ECONNREFUSED")
                self.assertLess(seconds, 2, "it was dropped, not refused")
                self.assertEqual(slot.refusal(), [f"{address}:7777", f"egress: [{address}/32]"])
        for address in ("8.8.8.8", "198.51.100.7", "203.0.113.99", WORLD):
            with self.subTest(address):
                self.assertEqual(slot.run(attempt, address)[0], "connected")

    def test_with_none_nothing_goes_out(self):
        serve_echo(self.listener())
        slot = self.slot("none")
        for address in (*EVERYWHERE, HOST, WORLD6):
            self.assertEqual(slot.run(attempt, address)[0], "ECONNREFUSED", address)
            self.assertEqual(slot.run(attempt_datagram, address), "ECONNREFUSED", address)
        self.assertEqual(slot.run(attempt_datagram, "198.18.0.1", 53), "ECONNREFUSED")

    def test_a_list_opens_what_it_names_and_nothing_else(self):
        serve_echo(self.listener())
        slot = self.slot("10.77.0.0/16,169.254.169.254/32")
        self.assertEqual(slot.run(attempt, "10.77.0.5")[0], "connected")
        self.assertEqual(slot.run(attempt, "169.254.169.254")[0], "connected")
        self.assertEqual(slot.run(attempt, "8.8.8.8")[0], "ECONNREFUSED")

    def test_the_operators_list_opens_a_port(self):
        serve_echo(self.listener())
        slot = self.slot("internet", "10.77.0.0/16:7777")
        self.assertEqual(slot.run(attempt, "10.77.0.5")[0], "connected")
        self.assertEqual(slot.run(attempt, "10.77.0.5", 7778)[0], "ECONNREFUSED")
        self.assertEqual(slot.refusal()[0], "10.77.0.5:7778")

    def test_all_reaches_private_ranges_and_the_host_but_no_metadata(self):
        serve_echo(self.listener())
        with socket.create_server((HOST, 7790)):
            slot = self.slot("all")
            self.assertEqual(slot.run(attempt, HOST, 7790)[0], "connected")
            self.assertEqual(slot.run(attempt, "192.168.9.9")[0], "connected")
            self.assertEqual(slot.run(attempt, "169.254.169.254")[0], "ECONNREFUSED")

    def test_an_address_that_the_host_gets_later_is_its_own_too(self):
        from net_world import ip

        slot = self.slot("internet")
        with socket.create_server(("0.0.0.0", 7790)):
            ip("addr", "add", "198.51.100.44/32", "dev", "host0")
            self.addCleanup(ip, "addr", "del", "198.51.100.44/32", "dev", "host0")
            end = time.monotonic() + 10
            while slot.run(attempt, "198.51.100.44", 7790)[0] != "ECONNREFUSED":
                self.assertLess(time.monotonic(), end)

    def test_a_destination_is_told_once_and_ten_a_minute(self):
        slot = self.slot("none")

        def try_them():
            for _ in range(2):
                for port in range(1, 31):
                    attempt("8.8.8.8", port)

        slot.run(try_them)
        told = [slot.refusal()[0] for _ in range(10)]
        self.assertEqual(told, [f"8.8.8.8:{port}" for port in range(1, 11)])
        self.assertIsNone(slot.refusal(0))

    def test_a_text_that_is_no_policy_is_refused(self):
        for text in ("some", "10.0.0.0/99", ""):
            with self.assertRaisesRegex(OSError, "Invalid argument"):
                self.net.take(text)

    def test_sandboxes_do_not_reach_each_other(self):
        left, right = self.slot("all"), self.slot("all")

        def listen():
            with socket.create_server(("0.0.0.0", 7777)) as server:
                os.write(ready[1], b"1")
                server.settimeout(3)
                try:
                    server.accept()
                    return "reached"
                except TimeoutError:
                    return "not reached"

        ready = os.pipe()
        running = right.start(listen)
        os.read(ready[0], 1)
        trying = left.start(attempt, right.address)
        self.assertEqual(right.finish(running), "not reached")
        os.kill(trying[0], 9)
        os.waitpid(trying[0], 0)
        for descriptor in (*ready, trying[1]):
            os.close(descriptor)


if __name__ == "__main__":
    unittest.main()
