"""A small internet for the tests of launcher/net: a host and a world in network namespaces of their own, and the program that takes slots."""

import atexit
import ctypes
import errno
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
HOST, WORLD = "192.0.2.1", "192.0.2.10"
HOST6, WORLD6 = "2001:db8:1::1", "2001:db8:1::10"
EVERYWHERE = ("8.8.8.8", "10.77.0.5", "100.64.0.9", "172.16.3.4", "192.168.9.9", "169.254.169.254", "198.51.100.7", "203.0.113.99")


def enter_new_network():
    if LIBC.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Elsewhere:
    """Runs functions in another network namespace, each in a process of its own, and gives back what they return."""

    def __init__(self, path):
        self.path = path

    def start(self, function, *arguments):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            try:
                descriptor = os.open(self.path, os.O_RDONLY)
                if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
                os.close(descriptor)
                answer = True, function(*arguments)
            except BaseException as problem:  # the test raises it again
                answer = False, problem
            try:
                with os.fdopen(writer, "wb") as pipe:
                    pickle.dump(answer, pipe)
            finally:
                os._exit(0)
        os.close(writer)
        return pid, reader

    @staticmethod
    def finish(started):
        pid, reader = started
        with os.fdopen(reader, "rb") as answer:
            bytes_ = answer.read()
        os.waitpid(pid, 0)
        good, value = pickle.loads(bytes_)
        if not good:
            raise value
        return value

    def run(self, function, *arguments):
        return self.finish(self.start(function, *arguments))


class World:
    """The namespace behind the host's one link; it has every address of EVERYWHERE."""

    _only = None

    @classmethod
    def get(cls):
        if cls._only is None:
            cls._only = cls()
            atexit.register(cls._only.close)
        return cls._only

    def __init__(self):
        enter_new_network()
        ready, go = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            enter_new_network()
            os.write(go, b"1")
            signal.pause()
            os._exit(0)
        os.read(ready, 1)
        os.close(ready)
        os.close(go)
        ip("link", "set", "lo", "up")
        ip("link", "add", "host0", "type", "veth", "peer", "name", "world0", "netns", str(self.pid))
        ip("addr", "add", f"{HOST}/24", "dev", "host0")
        ip("addr", "add", f"{HOST6}/64", "dev", "host0", "nodad")
        ip("link", "set", "host0", "up")
        ip("route", "add", "default", "via", WORLD)
        ip("-6", "route", "add", "default", "via", WORLD6)
        self.inside = Elsewhere(f"/proc/{self.pid}/ns/net")
        self.inside.run(self._set_up)
        self._await(socket.AF_INET, WORLD)
        self._await(socket.AF_INET6, WORLD6)

    @staticmethod
    def _await(family, address):
        """A link that is up carries packets some time later."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with socket.socket(family, socket.SOCK_STREAM) as made:
                made.settimeout(1)
                if made.connect_ex((address, 1)) == errno.ECONNREFUSED:
                    return
        raise TimeoutError(f"{address} does not answer")

    @staticmethod
    def _set_up():
        ip("link", "set", "lo", "up")
        ip("addr", "add", f"{WORLD}/24", "dev", "world0")
        ip("addr", "add", f"{WORLD6}/64", "dev", "world0", "nodad")
        ip("link", "set", "world0", "up")
        for address in EVERYWHERE:
            ip("addr", "add", f"{address}/32", "dev", "lo")

    def socket(self, kind, address="0.0.0.0", port=0, family=socket.AF_INET):
        """A bound socket that lives in the world; a listening one if it is a stream."""
        here, there = socket.socketpair(socket.AF_UNIX)

        def make():
            with socket.socket(family, kind) as made:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.bind((address, port))
                if kind == socket.SOCK_STREAM:
                    made.listen(128)
                socket.send_fds(there, [b"1"], [made.fileno()])

        self.inside.run(make)
        _, descriptors, _, _ = socket.recv_fds(here, 1, 1)
        here.close()
        there.close()
        made = socket.socket(fileno=descriptors[0])
        made.settimeout(10)
        return made

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Slot(Elsewhere):
    def __init__(self, net, number, descriptor, address, micros):
        super().__init__(f"/proc/{net.process.pid}/fd/{descriptor}")
        self.net, self.number, self.descriptor, self.address, self.micros = net, number, descriptor, address, micros

    def refusal(self, timeout=10):
        """The next refused destination of this slot with its setting, or None."""
        while True:
            try:
                number, *told = self.net.refusals.get(timeout=timeout)[1:]
            except queue.Empty:
                return None
            if int(number) == self.number:
                return told

    def close(self):
        self.net.ask("close", self.descriptor)
        self.net.ask("release", self.number)


class Net:
    """net_try, as a launcher."""

    def __init__(self, program, inside="", ports="", pool=2, inside_tls="", port_tls=0, everywhere="", **options):
        root = os.environ.get("NET_ROOT", str(int(os.geteuid() == 0))) == "1"
        self.process = subprocess.Popen([program, "1" if root else "0", inside, ports, str(pool), inside_tls, str(port_tls), everywhere], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, **options)
        self.answers, self.refusals = queue.Queue(), queue.Queue()
        first = self.process.stdout.readline().rstrip("\n").split("\t")
        if first[0] != "ready":
            raise RuntimeError(first)
        self.egress, self.maker, self.why = first[1] == "1", int(first[2]), first[3]
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            fields = line.rstrip("\n").split("\t")
            (self.refusals if fields[0] == "refused" else self.answers).put(fields)
        self.answers.put(["end"])

    def ask(self, *words):
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.answers.get(timeout=20)

    def take(self, egress, allow=""):
        answer = self.ask("take", egress, allow)
        if answer[0] != "slot":
            raise OSError(answer[1])
        return Slot(self, int(answer[1]), int(answer[2]), answer[3], int(answer[4]))

    def egress_pid(self):
        return children(self.maker)[0]

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as text:
        return [int(child) for child in text.read().split()]


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def six_counters():
    """What the current namespace has counted of IPv6, of neighbours and of datagrams, as far as it is not zero."""
    with open("/proc/thread-self/net/snmp6", encoding="ascii") as table:
        counted = [line.split() for line in table]
    return {name: int(value) for name, value in counted if int(value) and name.startswith(("Ip6In", "Ip6Out", "Icmp6", "Udp6"))}


def net_counter(protocol, name):
    """A counter of the current namespace, by the names of /proc/net/snmp and netstat."""
    table_name = "netstat" if protocol == "TcpExt" else "snmp"
    with open(f"/proc/thread-self/net/{table_name}", encoding="ascii") as table:
        names, values = (line.split() for line in table if line.startswith(f"{protocol}:"))
    return int(values[names.index(name)])
