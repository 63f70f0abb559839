"""What a stranger would try. The same file runs inside of a function and, as the control, outside of it:

    echo '{"paths": ["/etc/shadow"], "expect": ":"}' | python3 _attempts.py read

Each attempt answers whether it got where it should not, and what it saw there.
"""

import ctypes
import errno
import json
import os
import signal
import socket
import sys

NEW_NAMESPACES = {"mount": 0x00020000, "cgroup": 0x02000000, "uts": 0x04000000, "ipc": 0x08000000,
                  "user": 0x10000000, "pid": 0x20000000, "network": 0x40000000}
PRIVATE = 1 << 18 | 1 << 14
PTRACE_SEIZE = 0x4206
LIBC = ctypes.CDLL(None, use_errno=True)


def name(error):
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def missed(text):
    return {"reached": False, "saw": text}


def reached(text):
    return {"reached": True, "saw": text}


def in_child(attempt):
    """Runs it in a process of its own, so that whatever it changes ends with that."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = attempt()
        except Exception as error:
            answer = missed(name(error))
        os.write(theirs, json.dumps(answer).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as lines:
        text = lines.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else missed("its process was ended")


def read(paths, expect):
    """The content of a file; got when what only that file holds is in it."""
    saw = []
    for path in paths:
        try:
            with open(path, "rb") as file:
                if expect.encode() in file.read(1 << 20):
                    return reached("read %s" % path)
            saw.append("something else")
        except OSError as error:
            saw.append(name(error))
    return missed(", ".join(dict.fromkeys(saw)))


def exists(path):
    try:
        os.stat(path)
        return reached("%s is there" % path)
    except OSError as error:
        return missed(name(error))


def look(path):
    try:
        return reached("%d names in %s" % (len(os.listdir(path)), path))
    except OSError as error:
        return missed(name(error))


def every_process(file, expect):
    """Searches one file of every process that can be seen."""
    seen = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        seen += 1
        try:
            with open("/proc/%s/%s" % (pid, file), "rb") as content:
                if expect.encode() in content.read(1 << 20):
                    return reached("process %s" % pid)
        except OSError:
            pass
    return missed("not among the %s that it sees" % ("one" if seen == 1 else seen))


def first_process(begun):
    """The environment of process 1, where that is the machine's: told by when it was started."""
    try:
        with open("/proc/1/stat") as stat:
            if stat.read().rpartition(")")[2].split()[19] != begun:
                return missed("process 1 is its own")
        with open("/proc/1/environ", "rb") as environment:
            return reached("%d bytes" % len(environment.read()))
    except OSError as error:
        return missed(name(error))


def begun():
    with open("/proc/1/stat") as stat:
        return reached(stat.read().rpartition(")")[2].split()[19])


def poke(pid, number):
    try:
        os.kill(pid, number)
        return reached("signalled process %d" % pid)
    except OSError as error:
        return missed(name(error))


def trace(pid):
    """Attaches to a process; 0: to a child of its own."""
    def attach():
        target = pid or os.fork()
        if target == 0:
            signal.pause()
        try:
            if LIBC.ptrace(PTRACE_SEIZE, target, None, None) == 0:
                return reached("attached to process %d" % target)
            return missed(os.strerror(ctypes.get_errno()))
        finally:
            if not pid:
                os.kill(target, signal.SIGKILL)
    return in_child(attach)


def unshare():
    """Each kind of new namespace; as an ordinary user a user namespace must come first."""
    got = []
    for kind, flag in NEW_NAMESPACES.items():
        answer = in_child(lambda: reached(kind) if LIBC.unshare(flag) == 0 else missed(os.strerror(ctypes.get_errno())))
        if answer["reached"]:
            got.append(kind)
        else:
            refused = answer["saw"]
    return reached("new namespaces: " + ", ".join(got)) if got else missed(refused)


def mount():
    """A mount: in a namespace of its own if it can have one, so that outside nothing is changed."""
    def attach():
        own = LIBC.unshare(NEW_NAMESPACES["mount"]) == 0 or LIBC.unshare(NEW_NAMESPACES["user"] | NEW_NAMESPACES["mount"]) == 0
        if not own and os.geteuid() == 0:
            return missed("no namespace to mount in")
        if own:
            LIBC.mount(None, b"/", None, PRIVATE, None)
        if LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0:
            LIBC.umount2(b"/tmp", 2)
            return reached("mounted a file system")
        return missed(os.strerror(ctypes.get_errno()))
    return in_child(attach)


def kernel():
    """Calls that reach into a kernel: with empty arguments they can do nothing, but whether they are refused shows."""
    calls = {"x86_64": {"bpf": 321, "keyctl": 250, "io_uring": 425, "perf": 298, "userfaultfd": 323},
             "aarch64": {"bpf": 280, "keyctl": 219, "io_uring": 425, "perf": 241, "userfaultfd": 282}}
    open_ones = []
    for call, number in calls.get(os.uname().machine, {}).items():
        def refused():
            ctypes.set_errno(0)
            answer = LIBC.syscall(number, 0, 0, 0, 0, 0)
            return answer == -1 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS, errno.EACCES)
        if not in_child(lambda: missed("") if refused() else reached(""))["reached"]:
            continue
        open_ones.append(call)
    return reached(", ".join(open_ones) + " answer") if open_ones else missed("all refused")


def privileges():
    """What it holds or a set-user-id program could give it."""
    with open("/proc/self/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    held = [kind for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb") if int(status.get(kind, "0"), 16)]
    if held or status.get("NoNewPrivs", "0") != "1":
        return reached("%s; no_new_privs %s" % (", ".join(held) + " not empty" if held else "no capability", status.get("NoNewPrivs", "0")))
    return missed("no capability, no_new_privs")


def write(folders):
    """A new file in each folder."""
    done, refused = [], []
    for folder in folders:
        path = os.path.join(folder, "mayfly-prove-%d" % os.getpid())
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            os.unlink(path)
            done.append(folder)
        except OSError as error:
            refused.append(name(error))
    return reached("wrote into " + ", ".join(done)) if done else missed(", ".join(dict.fromkeys(refused)))


def connect(host, port, say, expect):
    """A connection; got when the other end says what only it would say."""
    try:
        with socket.create_connection((host, port), 3) as connection:
            return talk(connection, say, expect)
    except OSError as error:
        return missed("timed out" if isinstance(error, socket.timeout) else name(error))


def socket_file(path, say, expect):
    """The same over a Unix socket; @ begins the name of one that is no file."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(3)
            connection.connect("\0" + path[1:] if path.startswith("@") else path)
            return talk(connection, say, expect)
    except OSError as error:
        return missed(name(error))


def talk(connection, say, expect):
    if not expect:
        return reached("connected")
    if say:
        connection.sendall(say.encode())
    answer = connection.recv(4096).decode("latin-1")
    return reached("connected") if expect in answer else missed("answered: " + (answer.splitlines() or ["nothing"])[0][:60])


ATTEMPTS = {each.__name__: each for each in (
    read, exists, look, every_process, first_process, begun, poke, trace, unshare, mount, kernel, privileges, write, connect, socket_file)}


def attempt(what, details):
    try:
        return ATTEMPTS[what](**details)
    except Exception as error:
        return {"reached": False, "saw": "%s: %s" % (type(error).__name__, error), "broken": True}


if __name__ == "__main__":
    print(json.dumps(attempt(sys.argv[1], json.load(sys.stdin))))
