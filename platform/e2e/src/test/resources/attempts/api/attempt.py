"""What a hostile function tries, one attempt a name.

As a function: GET /api/attempt?name=NAME&target=… answers {"name", "reached", "detail"}. As a program: attempt.py NAME [TARGET] prints the
same, and is the control: outside of a sandbox, as root, each attempt reaches what it is after.
"""

import ctypes
import errno
import json
import os
import signal
import socket
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

AT_BIRTH = sorted(int(fd) for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + fd))
LIBC = ctypes.CDLL(None, use_errno=True)
ATTEMPTS = {}


class Held(Exception):
    """The attempt was stopped."""


def attempt(function):
    ATTEMPTS[function.__name__] = function
    return function


def call(number, *arguments):
    """A system call by number; its result, or Held with the errno."""
    ctypes.set_errno(0)
    result = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise Held(errno.errorcode.get(ctypes.get_errno(), str(ctypes.get_errno())))
    return result


def reaches_kernel(number, *arguments, beyond):
    """A call whose arguments are wrong on purpose: the kernel's complaint about them shows that the call itself was allowed."""
    try:
        return "returned %d" % call(number, *arguments)
    except Held as stopped:
        if str(stopped) in beyond:
            return "the kernel looked at it: %s" % stopped
        raise


def read(path, size=64):
    with open(path, "rb") as file:
        data = file.read(size)
    if not data:
        raise Held("empty")
    return "%d bytes" % len(data)


def connect(family, address, timeout=5):
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        client.connect(address)
        return "connected"


# --- files of the host and of others


@attempt
def read_a_file_of_the_host(target):
    return read(target)


@attempt
def read_the_hosts_passwords(target):
    return read("/etc/shadow")


@attempt
def read_the_hosts_accounts(target):
    with open("/etc/passwd") as file:
        names = [line.split(":")[0] for line in file]
    if "daemon" not in names:
        raise Held("only " + " ".join(names))
    return "%d accounts" % len(names)


@attempt
def list_a_folder_of_the_host(target):
    return "%d entries" % len(os.listdir(target))


@attempt
def read_the_memory_of_the_kernel(target):
    return read("/proc/kcore")


@attempt
def read_the_keys_of_the_kernel(target):
    return read("/proc/keys")


@attempt
def read_the_symbols_of_the_kernel(target):
    return read("/proc/kallsyms")


@attempt
def look_into_sys(target):
    return "%d entries" % len(os.listdir("/sys/kernel"))


@attempt
def look_into_cgroups(target):
    return "%d entries" % len(os.listdir("/sys/fs/cgroup"))


@attempt
def open_the_sysrq_trigger(target):
    with open("/proc/sysrq-trigger", "wb"):
        pass
    with open("/proc/self/mountinfo") as mounts:
        if any(" /proc/sysrq-trigger " in line for line in mounts):
            raise Held("it is /dev/null")
    return "opened"


@attempt
def open_a_kernel_setting_for_writing(target):
    with open("/proc/sys/kernel/core_pattern", "r+b"):
        return "opened"


@attempt
def open_the_disk(target):
    disk = next((name for name in ("/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/root", "/dev/mem") if os.path.exists(name)), None)
    if disk is None:
        raise Held("there is none")
    with open(disk, "rb"):
        return disk


@attempt
def make_a_device(target):
    path = "/tmp/device-%d" % os.getpid()
    os.mknod(path, 0o600 | 0o020000, os.makedev(1, 1))
    try:
        with open(path, "rb"):
            return "opened the memory of the machine"
    except OSError:
        return "made"
    finally:
        os.unlink(path)


@attempt
def write_programs(target):
    path = "/usr/bin/mayfly-attempt-%d" % os.getpid()
    with open(path, "wb"):
        os.unlink(path)
    return "written"


@attempt
def write_configuration(target):
    path = "/etc/mayfly-attempt-%d" % os.getpid()
    with open(path, "wb"):
        os.unlink(path)
    return "written"


@attempt
def write_a_folder(target):
    path = "%s/mayfly-attempt-%d" % (target, os.getpid())
    with open(path, "wb"):
        os.unlink(path)
    return "written"


@attempt
def climb_out_by_descriptors(target):
    """By .. through each folder that can be opened, and each that was inherited."""
    starts = [fd for fd in AT_BIRTH if os.path.isdir("/proc/self/fd/%d" % fd)]
    starts += [os.open(path, os.O_RDONLY) for path in ("/", "/proc/self/root", "/proc/self/cwd", "/tmp") if os.path.isdir(path)]
    for fd in starts:
        for _ in range(40):
            fd = os.open("..", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        try:
            os.stat(target.lstrip("/"), dir_fd=fd)
            return "reached " + target
        except OSError:
            continue
    raise Held("%d ways up end in its own root" % len(starts))


@attempt
def hold_more_descriptors(target):
    if AT_BIRTH in ([0, 1, 2], [0, 1, 2, 3, 4]):
        raise Held("exactly %s" % AT_BIRTH)
    return str(AT_BIRTH)


# --- processes


@attempt
def see_the_hosts_processes(target):
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    if int(target) not in pids:
        raise Held("sees %s" % sorted(pids))
    return "sees process %s" % target


@attempt
def read_the_environment_of_another(target):
    return read("/proc/%s/environ" % target)


@attempt
def read_the_environment_of_pid_1(target):
    return read("/proc/1/environ")


@attempt
def signal_a_process_of_the_host(target):
    os.kill(int(target), 0)
    return "process %s can be signalled" % target


@attempt
def kill_its_init(target):
    if os.getpid() == 1 or os.getppid() != 1:
        return "it has none"
    os.kill(1, signal.SIGKILL)
    os.kill(1, signal.SIGSTOP)
    time.sleep(0.2)
    raise Held("pid 1 is still there")


@attempt
def trace_another_process(target):
    pid = int(target)
    call(101, 16, pid, 0, 0)  # PTRACE_ATTACH
    os.waitpid(pid, 0x40000000)
    call(101, 17, pid, 0, 0)
    return "traced"


@attempt
def trace_its_own_child(target):
    child = os.fork()
    if child == 0:
        time.sleep(5)
        os._exit(0)
    try:
        call(101, 16, child, 0, 0)
        return "traced"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@attempt
def read_the_memory_of_another(target):
    return reaches_kernel(310, int(target), 0, 0, 0, 0, 0, beyond=("EFAULT", "EINVAL"))


@attempt
def become_root(target):
    os.setuid(0)
    if read("/etc/shadow"):
        return "root"


@attempt
def gain_by_set_user_id(target):
    with open("/proc/self/status") as status:
        if "NoNewPrivs:\t1" in status.read():
            raise Held("no_new_privs")
    return "set-user-id programs work"


@attempt
def hold_a_capability(target):
    with open("/proc/self/status") as status:
        held = {line.split(":")[0]: int(line.split()[1], 16) for line in status if line.startswith("Cap")}
    if not any(held.values()):
        raise Held("none")
    return str(held)


# --- the kernel


@attempt
def mount_something(target):
    return reaches_kernel(165, b"none", b"/nowhere", b"tmpfs", 0, 0, beyond=("ENOENT",))


@attempt
def mount_by_descriptor(target):
    fd = call(430, b"tmpfs", 0)  # fsopen
    os.close(fd)
    return "opened"


@attempt
def take_a_mount_away(target):
    return reaches_kernel(166, b"/nowhere", 0, beyond=("ENOENT",))


@attempt
def change_the_root(target):
    return reaches_kernel(155, b"/nowhere", b"/nowhere", beyond=("ENOENT",))


@attempt
def change_its_own_root(target):
    return reaches_kernel(161, b"/nowhere", beyond=("ENOENT",))


@attempt
def make_a_user_namespace(target):
    child = os.fork()
    if child == 0:
        os._exit(0 if LIBC.unshare(0x10000000) == 0 else 1)
    if os.waitpid(child, 0)[1]:
        raise Held("refused")
    return "made"


@attempt
def clone_into_a_user_namespace(target):
    child = LIBC.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    if child < 0:
        raise Held("refused")
    os.waitpid(child, 0)
    return "made"


@attempt
def enter_another_namespace(target):
    fd = os.open("/proc/self/ns/net", os.O_RDONLY)
    return reaches_kernel(308, fd, 0x40000000, beyond=())


@attempt
def load_a_bpf_program(target):
    return reaches_kernel(321, 0, 0, 0, beyond=("EINVAL", "EFAULT", "E2BIG"))


@attempt
def use_the_kernels_keyring(target):
    return "key %d" % call(250, 0, -3, 1)


@attempt
def handle_page_faults(target):
    fd = call(323, 1)
    os.close(fd)
    return "opened"


@attempt
def open_an_io_uring(target):
    return reaches_kernel(425, 1, 0, beyond=("EFAULT",))


@attempt
def count_performance_events(target):
    return reaches_kernel(298, 0, 0, -1, -1, 0, beyond=("EFAULT", "E2BIG"))


@attempt
def load_a_module(target):
    return reaches_kernel(175, 0, 0, b"", beyond=("ENOEXEC", "EFAULT", "EINVAL", "ENOSYS"))  # ENOSYS: of a kernel without modules


@attempt
def take_swap_away(target):
    return reaches_kernel(168, b"/nowhere", beyond=("ENOENT",))


@attempt
def open_a_file_by_its_handle(target):
    return reaches_kernel(304, -1, 0, 0, beyond=("EFAULT", "EBADF"))


@attempt
def restart_the_machine(target):
    return reaches_kernel(169, 0, 0, 0, 0, beyond=("EINVAL",))


@attempt
def set_the_clock(target):
    return reaches_kernel(227, 9999, 0, beyond=("EINVAL", "EFAULT"))


@attempt
def read_the_kernels_log(target):
    return "%d bytes" % call(103, 10, 0, 0)  # the size of its buffer


@attempt
def type_into_a_terminal(target):
    return reaches_kernel(16, 0, 0x5412, b"x", beyond=("ENOTTY", "EIO"))  # TIOCSTI, judged by what 0 is only behind the filter


# --- the network


@attempt
def connect_to_a_unix_socket(target):
    return connect(socket.AF_UNIX, target)


@attempt
def connect_to_an_abstract_socket(target):
    return connect(socket.AF_UNIX, "\0" + target)


@attempt
def connect_by_tcp(target):
    host, _, port = target.rpartition(":")
    started = time.monotonic()
    try:
        return connect(socket.AF_INET6 if ":" in host else socket.AF_INET, (host.strip("[]"), int(port)))
    except OSError as stopped:
        if time.monotonic() - started > 4:
            raise Held("SLOW: it was dropped, not refused: %s" % stopped)
        raise Held(errno.errorcode.get(stopped.errno, str(stopped)))


@attempt
def ask_by_udp(target):
    host, _, port = target.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(3)
        client.connect((host, int(port)))
        client.send(b"ping")
        return "%d bytes" % len(client.recv(100))


@attempt
def ask_the_management(target):
    """As the owner would, with the owner's token if it has been found."""
    import urllib.error
    import urllib.request

    url, _, token = target.partition(" ")
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + token})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return "%d %r" % (answer.status, answer.read(40))
    except urllib.error.HTTPError as refused:
        raise Held("%d %s" % (refused.code, json.loads(refused.read() or b"{}")))


@attempt
def send_raw_packets(target):
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    return "opened"


@attempt
def listen_to_the_wire(target):
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300).close()
    return "opened"


@attempt
def hear_the_kernels_events(target):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15).close()
    return "opened"


@attempt
def change_its_network(target):
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, 0x8913, struct.pack("16sh", b"lo", 0))[:18])[1]
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", flags))
    return "set its flags"


# --- calling them


def run(name, target):
    try:
        return {"name": name, "reached": True, "detail": str(ATTEMPTS[name](target))}
    except Held as stopped:
        return {"name": name, "reached": False, "detail": str(stopped)}
    except OSError as stopped:
        return {"name": name, "reached": False, "detail": errno.errorcode.get(stopped.errno, str(stopped))}


class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        data = json.dumps(run(query["name"][0], query.get("target", [""])[0])).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")))
