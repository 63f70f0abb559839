"""What a function does to what others might be made of: GET /api/poison?pids=… tries everything and answers what went through, by name.

The pids are those of processes of the host: workers that wait in the pool, zygotes, and their inits. Nothing that is done here may be seen by
/api/look of any other instance.
"""

import builtins
import ctypes
import glob
import importlib.util
import json
import mmap
import os
import random
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler
from multiprocessing import shared_memory
from urllib.parse import parse_qs, urlsplit

MARK = b"POISONED"
LIBC = ctypes.CDLL(None, use_errno=True)
KEPT = []
LOOK = importlib.util.module_from_spec(importlib.util.spec_from_file_location("look", "/var/task/api/before.py"))
LOOK.__spec__.loader.exec_module(LOOK)
DONE = {}


def poison(function):
    DONE[function.__name__] = function
    return function


def each(paths, action):
    """The paths for which it went through."""
    reached = []
    for path in paths:
        try:
            action(path)
            reached.append(str(path))
        except (OSError, ValueError):
            pass
    return reached


def system(number, *arguments):
    ctypes.set_errno(0)
    result = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def append(path):
    with open(path, "ab") as file:
        file.write(MARK)


def roots():
    """The files that every worker is made of, by every name that they have in here."""
    found = []
    for root in ("", "/proc/self/root", "/proc/1/root", "/proc/self/cwd/../.."):
        for pattern in ("/opt/mayfly/mayfly_worker/*.py", "/opt/mayfly/*", "/opt/deps/*", "/opt/runtime/lib/python3*/*.py", "/var/task/api/*", "/usr/lib/python3*/json/*.py", "/etc/*"):
            found += glob.glob(root + pattern)[:40]
    return found


# --- what must not go through


@poison
def files_of_workers(pids):
    return each(roots(), append)


@poison
def files_of_workers_by_another_name(pids):
    def replace(path):
        os.rename(path, path + ".old")

    return each(roots(), replace) + each(roots(), os.unlink) + each(roots(), lambda path: os.chmod(path, 0o666)) + each(roots(), lambda path: os.link(path, "/tmp/linked"))


@poison
def files_beside_them(pids):
    folders = ("/opt/mayfly", "/opt/mayfly/mayfly_worker", "/opt/mayfly/mayfly_worker/__pycache__", "/opt/deps", "/opt/runtime", "/var/task", "/var/task/api", "/usr/lib", "/etc", "/run", "/")
    return each([folder + "/sitecustomize.py" for folder in folders], append)


@poison
def their_pages_by_a_shared_mapping(pids):
    def change(path):
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE) as pages:
            pages[:8] = MARK

    return each(roots(), change)


@poison
def mounts_over_them(pids):
    def mount(path):
        system(165, b"/tmp", path.encode(), b"", 4096, 0)

    return each(("/opt/mayfly", "/var/task", "/tmp", "/proc"), mount)


@poison
def memory_of_others(pids):
    def write(path):
        fd = os.open(path, os.O_RDWR)
        os.close(fd)

    others = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != os.getpid()]
    return each(["/proc/%s/mem" % pid for pid in others + pids], write)


@poison
def tracing_of_others(pids):
    return each(pids + ["1"], lambda pid: system(101, 16, int(pid), 0, 0))


@poison
def memory_of_others_by_a_call(pids):
    place = ctypes.create_string_buffer(8)
    where = struct.pack("QQ", ctypes.addressof(place), 8)
    return each(pids + ["1"], lambda pid: system(311, int(pid), where, 1, where, 1, 0))


@poison
def signals_to_others(pids):
    return each(pids, lambda pid: os.kill(int(pid), signal.SIGKILL)) + each(pids, lambda pid: os.killpg(int(pid), signal.SIGSTOP))


@poison
def descriptors_of_others(pids):
    def take(pid):
        system(438, system(434, int(pid), 0), 3, 0)  # pidfd_open, pidfd_getfd

    return each(pids + ["1"], take)


@poison
def sockets_of_a_zygote(pids):
    def call(fd):
        try:
            socket.socket(fileno=os.dup(fd)).getpeername()
        except OSError:
            pass

    def reached(name):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(name)

    each(range(5, 64), call)
    names = [line.split()[-1] for line in open("/proc/net/unix") if len(line.split()) > 7]
    return each(["\0" + name[1:] if name.startswith("@") else name for name in names if "http.sock" not in name], reached)


# --- what goes through, and must stay here


@poison
def modules(pids):
    mayfly = [module for name, module in list(sys.modules.items()) if name.startswith("mayfly_")]
    for module in mayfly + [random, tempfile, socket]:
        module.POISONED = True
    builtins.POISONED = True
    json.JSONDecoder.POISONED = True
    sys.modules["poisoned"] = builtins
    sys.path.insert(0, "/tmp")
    sys.path_hooks.insert(0, lambda path: (_ for _ in ()).throw(ImportError()))
    if "slow" in sys.modules:
        sys.modules["slow"].VALUE = "POISONED"
    LIBC.signal(signal.SIGURG, 1)
    socket.setdefaulttimeout(7)
    random.seed(7)


@poison
def pages_that_are_shared_with_a_zygote(pids):
    """What is mapped and not writable can be written by this way, and is then a copy of one's own."""
    written = 0
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "r+b", 0) as memory:
        for line in maps:
            rights, path = line.split()[1], line.split()[-1]
            if rights == "r--p" and path.startswith("/") and line.split()[2] == "00000000" and ("python" in path or "libc" in path or "mayfly" in path):
                memory.seek(int(line.split("-")[0], 16) + 8)  # what an ELF header has for padding
                written += memory.write(MARK[:7]) > 0
    if not written:
        raise AssertionError("no page was changed")


@poison
def things_that_stay(pids):
    for folder in ("/tmp", "/dev/shm"):
        append(folder + "/poison")
        os.chmod(folder + "/poison", 0o777)
    KEPT.append(shared_memory.SharedMemory("poisoned", create=True, size=4096))
    KEPT.append(LIBC.shmget(7777, 4096, 0o1666))
    for family in (socket.AF_INET, socket.AF_UNIX):
        listener = socket.socket(family)
        listener.bind(("127.0.0.1", 7777) if family == socket.AF_INET else "\0poison")
        listener.listen()
        KEPT.append(listener)
    KEPT.extend(os.open("/proc/self/status", os.O_RDONLY) for _ in range(30))
    for _ in range(6):
        threading.Thread(target=time.sleep, args=(600,), daemon=True, name="poison").start()
    subprocess.Popen(["sh", "-c", "trap '' TERM HUP INT; sleep 600 & sleep 600"], start_new_session=True)
    os.umask(0o777)
    os.chdir("/tmp")
    os.environ["POISONED"] = "1"
    os.putenv("POISONED", "1")
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_VIRTUAL, 3000)


class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        pids = [pid for pid in parse_qs(urlsplit(self.path).query).get("pids", [""])[0].split(",") if pid]
        through, failed = {}, {}
        for name, action in DONE.items():
            try:
                through[name] = action(pids)
            except BaseException as error:  # a poison that is itself broken proves nothing
                failed[name] = repr(error)
        try:
            control = LOOK.look()
        except BaseException as error:
            control = failed["control"] = repr(error)
        data = json.dumps({"control": control, "tried": len(DONE), "failed": failed, "through": {name: reached for name, reached in through.items() if reached}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
