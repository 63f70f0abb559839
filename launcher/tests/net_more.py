"""The rest of what launcher/net promises: datagrams, names, the platform's ports, hostile programs, ends and leftovers."""

import ctypes
import errno
import os
import select
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from net_cases import PROGRAM, Case, attempt, attempt_datagram, connect, say, serve_echo
from net_world import HOST, LIBC, WORLD6, Net, World, children, descriptors, ip, six_counters

QUERY = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01"
CLONE_NEWUSER = 0x10000000


class Datagrams(Case):
    def echo(self, address="8.8.8.8", port=7777, family=socket.AF_INET):
        server = self.world.socket(socket.SOCK_DGRAM, address, port, family)
        server.settimeout(None)
        stop = socket.socketpair()

        def answer():
            while select.select([server, stop[1]], [], [])[0] == [server]:
                data, sender = server.recvfrom(65536)
                server.sendto(data, sender)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        for step in (server.close, stop[0].close, stop[1].close, thread.join, lambda: stop[0].send(b"x")):
            self.addCleanup(step)

    def test_a_datagram_and_its_answer_come_through_in_both_families(self):
        self.echo()
        self.echo(WORLD6, family=socket.AF_INET6)
        slot = self.slot()
        self.assertEqual(slot.run(attempt_datagram, "8.8.8.8"), b"x" * 20)
        self.assertEqual(slot.run(attempt_datagram, WORLD6), b"x" * 20)

    def test_one_socket_may_talk_to_many_and_large_datagrams_stay_whole(self):
        for address in ("8.8.8.8", "10.77.0.5", "198.51.100.7"):
            self.echo(address)

        def many():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
                made.settimeout(10)
                answers = []
                for address, size in (("8.8.8.8", 0), ("10.77.0.5", 1), ("198.51.100.7", 1472), ("8.8.8.8", 9000), ("8.8.8.8", 65503)):
                    made.sendto(b"d" * size, (address, 7777))
                    data, sender = made.recvfrom(65536)
                    answers.append((len(data), sender) == (size, (address, 7777)))
                return answers

        self.assertEqual(self.slot().run(many), [True] * 5)

    def test_a_forbidden_destination_refuses_datagrams_too(self):
        slot = self.slot("internet")
        self.assertEqual(slot.run(attempt_datagram, "169.254.169.254"), "ECONNREFUSED")
        self.assertEqual(slot.refusal(), ["169.254.169.254:7777", "egress: [169.254.169.254/32]"])

    def test_a_refusal_outside_is_a_refusal_inside_in_both_families(self):
        slot = self.slot()
        self.assertEqual(slot.run(attempt_datagram, "8.8.8.8", 9), "ECONNREFUSED")
        counted = {"inside": slot.run, "in the world": self.world.inside.run, "here": lambda function: function()}
        before = {where: run(six_counters) for where, run in counted.items()}
        said = slot.run(attempt_datagram, WORLD6, 9)
        after = {where: sorted(set(run(six_counters).items()) - set(before[where].items())) for where, run in counted.items()}
        self.assertEqual(said, "ECONNREFUSED", f"counted meanwhile: {after}")

    def test_flows_are_bounded(self):
        slot, before = self.slot(), descriptors(self.net.egress_pid())

        def flood():
            for port in range(1000, 2000):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
                    made.sendto(b"x", ("198.51.100.7", port))

        slot.run(flood)
        self.assertLessEqual(descriptors(self.net.egress_pid()) - before, 270)
        self.echo()
        self.assertEqual(slot.run(attempt_datagram, "8.8.8.8"), b"x" * 20)


class Names(Case):
    """The host's resolvers: 10.77.0.5, which is silent, and 8.8.8.8."""

    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
            file.write("# comment\nnameserver 10.77.0.5\nsearch example\nnameserver 8.8.8.8\n")
        os.chmod(file.name, 0o644)
        cls.addClassCleanup(os.unlink, file.name)
        subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)
        cls.addClassCleanup(subprocess.run, ["umount", "/etc/resolv.conf"], check=True)
        super().setUpClass()

    @staticmethod
    def ask():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
            made.settimeout(10)
            made.connect(("198.18.0.1", 53))
            made.send(QUERY)
            return made.recv(512)

    def test_a_question_goes_to_the_next_resolver_when_one_is_silent(self):
        with self.world.socket(socket.SOCK_DGRAM, "10.77.0.5", 53), self.world.socket(socket.SOCK_DGRAM, "8.8.8.8", 53) as server:
            slot = self.slot("internet")
            running = slot.start(self.ask)
            data, sender = server.recvfrom(512)
            self.assertEqual(data, QUERY)
            server.sendto(b"\x00\x00" + QUERY[2:], sender)  # not the answer to this question
            server.sendto(QUERY + b"answer", sender)
            self.assertEqual(slot.finish(running), QUERY + b"answer")

    def test_a_resolver_that_refuses_is_passed_over_at_once(self):
        with self.world.socket(socket.SOCK_DGRAM, "8.8.8.8", 53) as server:
            slot = self.slot("10.99.0.0/16")
            running = slot.start(self.ask)
            data, sender = server.recvfrom(512)
            server.sendto(data, sender)
            self.assertEqual(slot.finish(running), QUERY)

    def test_a_stream_to_the_resolver_works_too(self):
        server = self.listener("8.8.8.8", 53)
        serve_echo(server)
        self.assertEqual(self.slot("internet").run(say, "198.18.0.1", b"question", 53), b"question")


class PlatformCase(Case):
    """With a gateway's socket."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(os.rmdir, cls.folder)
        cls.inside, cls.ports = f"{cls.folder}/inside.sock", "7070,7101-7999"
        cls.gateway = cls.face(cls.inside)
        super().setUpClass()

    @classmethod
    def face(cls, path):
        """A gateway's Unix socket, before anything is started that connects to it."""
        made = socket.socket(socket.AF_UNIX)
        made.bind(path)
        made.listen(2)
        made.settimeout(10)
        cls.addClassCleanup(os.unlink, path)
        cls.addClassCleanup(made.close)
        os.chmod(path, 0o600)
        return made

    def arrives(self, face, slot, address, port, how=say, sent=b"\x16\x03\x01", answered=b"\x15\x03\x03"):
        """Both sides' bytes pass unchanged, after the line that says who calls."""
        running = slot.start(how, address, sent, port)
        caller, _ = face.accept()
        with caller, caller.makefile("rb") as reader:
            words = reader.readline().split()
            self.assertEqual(words[:4] + words[5:], [b"PROXY", b"TCP4", slot.address.encode(), b"127.0.0.1", b"%d" % port])
            self.assertEqual(reader.read(), sent)
            caller.sendall(answered)
            caller.shutdown(socket.SHUT_WR)
        self.assertEqual(slot.finish(running), answered)


class Platform(PlatformCase):
    def test_the_platforms_ports_lead_to_the_gateway_and_say_who_calls(self):
        slot = self.slot("none")
        for address, port in (("127.0.0.1", 7070), ("127.9.9.9", 7101), ("::1", 7999)):
            with self.subTest(address=address, port=port):
                self.arrives(self.gateway, slot, address, port, sent=b"GET / HTTP/1.1\r\n\r\n", answered=b"hello from the gateway")

    def test_a_caller_cannot_pass_for_another(self):
        slot = self.slot("none")

        def lie():
            with connect("127.0.0.1", 7070, source=("198.18.1.99", 0)) as made:
                made.sendall(b"x")

        running = slot.start(lie)
        caller, _ = self.gateway.accept()
        with caller:
            self.assertTrue(caller.recv(100).startswith(b"PROXY TCP4 %s 127.0.0.1 " % slot.address.encode()))
        slot.finish(running)

    def test_an_address_of_the_host_does_not_lead_to_the_gateway_from_outside(self):
        for policy in (f"{HOST}/32", "all"):
            with self.subTest(policy=policy), socket.create_server((HOST, 7101)), socket.create_server((HOST, 7091)):
                slot = self.slot(policy)
                self.assertEqual(slot.run(attempt, HOST, 7091)[0], "connected")
                self.assertEqual(slot.run(attempt, HOST, 7101)[0], "ECONNREFUSED")
                self.assertEqual(slot.refusal(), [f"{HOST}:7101", "it is the platform's own; call a function at its URL"])

    def test_other_loopback_ports_are_the_sandboxs_own(self):
        def own():
            as_a_sandbox()
            with socket.create_server(("127.0.0.1", 80)) as server, connect("127.0.0.1", 80) as made:
                accepted, _ = server.accept()
                with accepted:
                    return accepted.getsockname() == made.getpeername()

        slot = self.slot("none")
        self.assertTrue(slot.run(own))
        self.assertEqual(slot.run(attempt, "127.0.0.1", 8080)[0], "ECONNREFUSED")

    def test_a_gateway_with_a_full_backlog_is_waited_for(self):
        slot, count = self.slot("none"), 20
        running = [slot.start(say, "127.0.0.1", b"", 7070) for _ in range(count)]
        for _ in range(count):
            caller, _ = self.gateway.accept()
            with caller:
                caller.sendall(b"served")
                while caller.recv(1000):
                    pass
        self.assertEqual([slot.finish(one) for one in running], [b"served"] * count)

    def test_a_gateway_that_is_gone_refuses(self):
        net = Net(PROGRAM, f"{self.folder}/nothing.sock", "7070")
        self.addCleanup(net.close)
        slot = net.take("all")
        self.addCleanup(slot.close)
        self.assertEqual(slot.run(attempt, "127.0.0.1", 7070)[0], "ECONNREFUSED")

    def test_a_port_of_tls_without_its_socket_leads_nowhere(self):
        for inside_tls in ("", f"{self.folder}/nothing.sock"):
            with self.subTest(inside_tls=inside_tls):
                net = Net(PROGRAM, self.inside, "443", inside_tls=inside_tls, port_tls=443, everywhere="443")
                self.addCleanup(net.close)
                slot = net.take("all")
                self.addCleanup(slot.close)
                for address in ("127.0.0.1", HOST):
                    self.assertEqual(slot.run(attempt, address, 443)[0], "ECONNREFUSED")
        self.assertEqual(select.select([self.gateway], [], [], 0)[0], [])


class PlatformByTls(PlatformCase):
    """With a port of TLS, and two that are the platform's at every address of the host."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp()
        cls.addClassCleanup(os.rmdir, folder)
        cls.by_tls = cls.face(f"{folder}/inside-tls.sock")
        cls.more = {"inside_tls": f"{folder}/inside-tls.sock", "port_tls": 7443, "everywhere": "7443,7480"}
        super().setUpClass()

    def test_the_port_of_tls_leads_to_the_socket_where_that_is_spoken(self):
        slot = self.slot("none")
        for address in ("127.0.0.1", "127.9.9.9", "::1"):
            with self.subTest(address=address):
                self.arrives(self.by_tls, slot, address, 7443)
                self.arrives(self.gateway, slot, address, 7444)

    def test_an_address_of_the_host_leads_to_what_is_there_for_everybody(self):
        """So do the names of domains, which resolvers know."""
        for policy in ("none", "internet", f"{HOST}/32", "all"):
            with self.subTest(policy=policy), socket.create_server((HOST, 7443)) as another:
                slot = self.slot(policy)
                self.arrives(self.by_tls, slot, HOST, 7443)
                self.arrives(self.gateway, slot, HOST, 7480)
                self.assertEqual(slot.run(attempt, HOST, 7101)[0], "ECONNREFUSED")
                self.assertEqual(select.select([another], [], [], 0)[0], [])

    def test_the_same_ports_of_other_machines_are_not_the_platforms(self):
        serve_echo(self.listener("8.8.8.8", 7443))
        self.assertEqual(self.slot("internet").run(say, "8.8.8.8", b"another's", 7443), b"another's")
        self.assertEqual(self.slot("none").run(attempt, "8.8.8.8", 7443)[0], "ECONNREFUSED")

    def test_what_is_to_stay_inside_does(self):
        def own(address, family):
            as_a_sandbox()
            with socket.create_server((address, 7443), family=family) as server, socket.socket(family) as made:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 5)
                made.connect((address, 7443))
                accepted, _ = server.accept()
                with accepted:
                    return accepted.getsockname() == made.getpeername()

        def away():
            with socket.socket() as made:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 5)
                return made.connect_ex((HOST, 7101)), made.connect_ex(("8.8.8.8", 7777))

        slot = self.slot("none")
        self.assertTrue(slot.run(own, "127.0.0.1", socket.AF_INET))
        self.assertTrue(slot.run(own, "::1", socket.AF_INET6))
        self.assertEqual(slot.run(away), (errno.ECONNREFUSED, errno.ECONNREFUSED))

    def test_no_type_of_service_is_taken_for_that(self):
        """The kernel makes a priority of it."""
        slot = self.slot("none")
        for service in (0x10, 0x50, 0x90, 0xB8):
            def marked(address, data, port):
                with socket.socket() as made:
                    made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, service)
                    made.connect((address, port))
                    made.sendall(data)
                    made.shutdown(socket.SHUT_WR)
                    return made.recv(100)

            with self.subTest(service=service):
                self.arrives(self.by_tls, slot, "127.0.0.1", 7443, marked)


def as_a_sandbox():
    """Gives up everything over the network namespace, as the launcher does."""
    if LIBC.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


class Hostile(Case):
    def test_a_program_cannot_set_marks_rules_links_or_raw_packets(self):
        def with_option(level, option, value):
            with socket.socket() as made:
                made.setsockopt(level, option, value)
                return made

        def tries():
            as_a_sandbox()
            found = []
            for what in (lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP),
                         lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
                         lambda: with_option(socket.SOL_SOCKET, socket.SO_MARK, 0x6D1), lambda: with_option(socket.SOL_IP, 19, 1)):
                try:
                    with what():
                        found.append("allowed")
                except PermissionError:
                    found.append("EPERM")
            for words in (["nft", "flush", "ruleset"], ["ip", "link", "set", "lo", "down"], ["ip", "route", "flush", "table", "main"]):
                found.append("allowed" if subprocess.run(words, stderr=subprocess.DEVNULL).returncode == 0 else "EPERM")
            return found

        slot = self.slot("none")
        self.assertEqual(slot.run(tries), ["EPERM"] * 7)
        self.assertEqual(slot.run(attempt, "8.8.8.8")[0], "ECONNREFUSED")

    def test_the_listener_of_egress_is_of_no_use_to_a_program(self):
        def call():
            with connect("127.0.0.1", 1) as made:
                return made.recv(1)

        def call_by_its_name():
            return attempt("198.18.0.1", 1)[0]

        slot = self.slot("internet")
        with self.assertRaises(ConnectionError):
            slot.run(call)
        self.assertEqual(slot.run(call_by_its_name), "ECONNREFUSED")

    def test_an_address_that_is_not_its_own_changes_nothing(self):
        serve_echo(self.listener())

        def lie():
            with connect("8.8.8.8", source=("9.9.9.9", 4321)) as made:
                made.sendall(b"x")
                return made.recv(1)

        self.assertEqual(self.slot().run(lie), b"x")

    def test_forged_packets_do_not_stop_egress(self):
        """Sent with more rights than any sandbox has, so that egress reads what the kernel would never let through."""
        serve_echo(self.listener())

        def forge():
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
                for round_ in range(3000):
                    protocol, noise = (6, 17, 1, 132)[round_ % 4], os.urandom(round_ % 90)
                    if protocol == 6 and len(noise) > 14:
                        noise = noise[:13] + b"\x02" + noise[14:]
                    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(noise), 0, 0, 64, protocol, 0, os.urandom(4),
                                         socket.inet_aton(("8.8.8.8", "10.77.0.5", "127.0.0.1")[round_ % 3]))
                    try:
                        raw.sendto(header + noise, ("8.8.8.8", 0))
                    except OSError:
                        pass

        slot = self.slot("internet")
        slot.run(forge)
        self.assertEqual(self.slot().run(say, "8.8.8.8", b"alive"), b"alive")
        self.assertIn(self.net.egress_pid(), children(self.net.maker))

    def test_more_connections_than_allowed_are_refused(self):
        slot, made = self.slot(), []

        def open_them():
            for _ in range(300):
                one = socket.socket()
                one.setblocking(False)
                one.connect_ex(("203.0.113.50", 80))
                made.append(one)
            waiting = select.poll()
            for one in made:
                waiting.register(one, select.POLLOUT)
            end, refused = time.monotonic() + 10, set()
            while len(refused) < 300 - 256 and time.monotonic() < end:
                refused |= {descriptor for descriptor, events in waiting.poll(100) if events & select.POLLERR}
            return len(refused)

        self.assertEqual(slot.run(open_them), 300 - 256)
        self.assertIn("at most", slot.refusal()[1])


class Life(unittest.TestCase):
    def start(self, **options):
        World.get()
        net = Net(PROGRAM, **options)
        self.addCleanup(net.close)
        return net

    def await_end(self, pid):
        end = time.monotonic() + 10
        while os.path.exists(f"/proc/{pid}/fd/0"):
            self.assertLess(time.monotonic(), end, f"{pid} is still there")

    def test_egress_holds_no_privileges(self):
        net = self.start()
        slot = net.take("all")
        self.assertEqual(slot.run(attempt, "8.8.8.8", 9)[0], "ECONNREFUSED")
        with open(f"/proc/{net.egress_pid()}/status", encoding="ascii") as status:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in status)
        self.assertEqual((fields["NoNewPrivs"], fields["CapEff"], fields["CapBnd"]), ("1", f"{1 << 12:016x}", "0" * 16))
        if not os.environ.get("NET_SANITIZED"):
            self.assertEqual(fields["Seccomp"], "2")
        if os.environ["NET_ROOT"] == "1":
            self.assertEqual(fields["Uid"].split(), ["65534"] * 4)
        self.assertNotEqual(os.readlink(f"/proc/{net.egress_pid()}/ns/user"), os.readlink("/proc/self/ns/user"))
        slot.close()

    def test_helpers_end_with_the_launcher(self):
        net = self.start()
        maker, egress = net.maker, net.egress_pid()
        os.kill(net.process.pid, signal.SIGKILL)
        for pid in (maker, egress):
            self.await_end(pid)

    def test_the_launcher_hears_the_end_of_a_helper(self):
        for which in ("maker", "egress"):
            with self.subTest(which):
                net = self.start()
                maker, egress = net.maker, net.egress_pid()
                os.kill(maker if which == "maker" else egress, signal.SIGKILL)
                self.assertEqual(net.answers.get(timeout=10), ["dead"])
                for pid in (maker, egress):
                    self.await_end(pid)

    def test_five_hundred_slots_in_a_row_leave_nothing(self):
        net = self.start()
        world = World.get()
        listener = world.socket(socket.SOCK_STREAM, port=7777)
        serve_echo(listener)
        self.addCleanup(listener.close)
        self.addCleanup(listener.shutdown, socket.SHUT_RDWR)
        first = net.take("all")
        self.assertEqual(first.run(say, "8.8.8.8", b"x"), b"x")
        first.close()
        pids = (net.process.pid, net.maker, net.egress_pid())
        before, seen = [self.settled(pid) for pid in pids], set()
        if os.environ["NET_ROOT"] == "0":
            self.limit_namespaces(40)
        for at in range(500):
            slot = net.take("all")
            seen.add(slot.address)
            if at % 25 == 0:
                self.assertEqual(slot.run(say, "8.8.8.8", b"x"), b"x")
                slot.run(attempt_datagram, HOST, 9)
            slot.close()
        self.assertEqual(len(seen), 500)
        self.assertEqual([self.settled(pid, count) for pid, count in zip(pids, before)], before)

    def limit_namespaces(self, count):
        """So few may exist in this user namespace that hundreds in a row show that each has gone."""
        path = "/proc/sys/user/max_net_namespaces"
        with open(path, "r+", encoding="ascii") as limit:
            before = limit.read()
            limit.write(str(count))

        def restore():
            with open(path, "w", encoding="ascii") as limit:
                limit.write(before)

        self.addCleanup(restore)

    @staticmethod
    def settled(pid, expected=None):
        """Descriptors of a process once they are as expected, or do not change for a while."""
        count, quiet = descriptors(pid), 0
        end = time.monotonic() + 10
        while time.monotonic() < end and (count != expected if expected is not None else quiet < 10):
            select.select([], [], [], 0.02)
            now = descriptors(pid)
            quiet = quiet + 1 if now == count else 0
            count = now
        return count

    def test_where_the_host_has_no_way_to_the_other_family_it_fails_at_once(self):
        World.get()
        ip("-6", "route", "del", "default")
        self.addCleanup(ip, "-6", "route", "add", "default", "via", WORLD6)
        slot = self.start().take("all")
        self.assertEqual(slot.run(attempt, WORLD6)[0], "ENETUNREACH")
        self.assertEqual(slot.run(attempt, "8.8.8.8", 9)[0], "ECONNREFUSED")
        slot.close()

    def test_without_a_queue_slots_still_come_with_loopback_only(self):
        def no_netfilter():
            # socket(AF_NETLINK, …, NETLINK_NETFILTER) fails, as where the kernel was built without.
            load, jump, answer = 0x20, 0x15, 0x06
            offset = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
            program = [(load, 0, 0, 0), (jump, 0, 5, offset), (load, 0, 0, 16), (jump, 0, 3, socket.AF_NETLINK), (load, 0, 0, 32),
                       (jump, 0, 1, 12), (answer, 0, 0, 0x00050000 | errno.EPROTONOSUPPORT), (answer, 0, 0, 0x7FFF0000)]
            filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in program))
            header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(filters))
            if LIBC.prctl(38, 1, 0, 0, 0) != 0 or LIBC.prctl(22, 2, header) != 0:
                raise OSError(ctypes.get_errno(), "seccomp")

        net = self.start(preexec_fn=no_netfilter)
        self.assertFalse(net.egress)
        self.assertIn("Protocol not supported", net.why)
        slot = net.take("all")

        def own():
            with socket.create_server(("127.0.0.1", 80)):
                return attempt("127.0.0.1", 80)[0], attempt("8.8.8.8")[0]

        self.assertEqual(slot.run(own), ("connected", "ENETUNREACH"))
        slot.close()


if __name__ == "__main__":
    unittest.main()
