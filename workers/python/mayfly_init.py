"""The parent of a worker: makes its two descriptors, starts it, carries its raw output, reaps everything, reports how it ended.

    mayfly_init.py RUNDIR -- COMMAND...

docs/worker-protocol.md is the contract. This process lives as long as the instance, so it imports almost nothing, and what it imports comes
after the fork: the worker boots meanwhile.

It sets no parent-death signal: Linux delivers that when the *thread* that started this process ends, and a JVM's threads come and go. The
control channel says the same thing reliably: its end of file means the platform is gone, and everything here dies at once.
"""

import os
import sys

import _socket

HELLO, LOG, EXIT = 0x10, 0x15, 0x16
LONGEST_TEXT = 64 * 1024


def main(arguments):
    if len(arguments) < 4 or arguments[2] != "--":
        sys.exit("usage: mayfly_init.py RUNDIR -- COMMAND...")
    rundir, command = arguments[1], arguments[3:]
    try:
        os.setsid()
    except PermissionError:
        pass  # already the leader of a group: whoever started us saw to it
    close_inherited()
    # Nothing above 2 is open, so these two are descriptors 3 and 4, as the worker wants them.
    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    channel = connect(rundir)
    if (listener.fileno(), channel.fileno()) != (3, 4):
        sys.exit("descriptors: %d and %d (expected: 3 and 4)" % (listener.fileno(), channel.fileno()))
    platform = connect(rundir)
    listener.bind(os.path.join(rundir, "http.sock"))
    listener.listen(1024)
    out, err = os.pipe(), os.pipe()
    worker = os.fork()
    if worker == 0:
        become(command, out[1], err[1])
    for end in (listener, channel):
        end.close()
    for end in (out[1], err[1]):
        os.close(end)
    tend(worker, platform, out[0], err[0])


def close_inherited():
    try:
        inherited = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        inherited = range(3, 256)
    for fd in inherited:
        if fd > 2:
            try:
                os.close(fd)
            except OSError:
                pass  # the listing's own descriptor


def connect(rundir):
    end = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    end.connect(os.path.join(rundir, "control.sock"))
    return end


def become(command, out, err):
    """In the child: nothing but descriptors 0 to 4, a group of its own, default signals and an environment without secrets."""
    try:
        import _signal

        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        os.set_inheritable(3, True)
        os.set_inheritable(4, True)
        for number in range(1, 65):  # what whoever started the server had it ignore, this would: an interrupt, below nohup or a script's &
            try:
                _signal.signal(number, _signal.SIG_DFL)
            except (OSError, ValueError):
                pass  # the two that nothing may change, and libc's own
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        os.execve(command[0], command, environment)
    except BaseException as error:
        os.write(2, ("cannot start %s: %s\n" % (command[0], error)).encode())
    finally:
        os._exit(127)


def tend(worker, platform, out, err):
    """Until the worker ends, then until nothing of it is left."""
    import _signal
    import select

    wake, woken = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    _signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    _signal.signal(_signal.SIGCHLD, lambda *_: None)
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    _signal.signal(_signal.SIGTERM, lambda *_: signal_quietly(worker, _signal.SIGTERM))
    adopt_orphans()
    try:
        platform.sendall(frame(HELLO, b"\x01" + os.getpid().to_bytes(4, "big")))
    except (BrokenPipeError, ConnectionResetError):
        pass  # which the loop below finds as well

    streams = {out: Lines(platform, 1), err: Lines(platform, 2)}
    poll = select.poll()
    for fd in (wake, platform.fileno(), out, err):
        os.set_blocking(fd, fd == platform.fileno())
        poll.register(fd, select.POLLIN)
    status = None
    try:
        status = reap(worker)  # it may have ended before the handler above was set
        while status is None:
            for fd, _ in poll.poll():
                if fd == wake:
                    os.read(wake, 4096)
                    status = reap(worker)
                elif fd == platform.fileno():
                    if not platform.recv(4096):
                        raise ConnectionResetError("the platform closed the control channel")
                elif not streams[fd].pump(fd):
                    poll.unregister(fd)
        end_descendants(worker)
        for fd, lines in streams.items():
            lines.finish(fd)
        platform.sendall(frame(EXIT, exit_code(status).to_bytes(4, "big") + cpu_micros().to_bytes(8, "big")))
    except (BrokenPipeError, ConnectionResetError):
        end_descendants(worker)
        os._exit(1)
    os._exit(0)


def adopt_orphans():
    """Makes whatever the worker leaves behind our child, and hides our memory and environment from it, which runs under the same user."""
    try:
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
    except (ImportError, OSError, AttributeError):
        pass  # not Linux: the worker's process group is what we can end


def reap(worker):
    """Waits for everything that has ended; answers the worker's wait status once it is among them."""
    status = None
    while True:
        try:
            pid, ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if pid == 0:
            return status
        if pid == worker:
            status = ended


def end_descendants(worker):
    """Stops all of them first, so that none can fork away from the kill that follows; repeats until nothing is left to wait for."""
    import _signal

    while True:
        stopped = set()
        while True:
            fresh = descendants() - stopped
            if not fresh:
                break
            for pid in fresh:
                signal_quietly(pid, _signal.SIGSTOP)
            stopped |= fresh
        for pid in stopped:
            signal_quietly(pid, _signal.SIGKILL)
        signal_quietly(-worker, _signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def descendants():
    children = {}
    try:
        pids = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return set()
    for pid in pids:
        try:
            with open("/proc/%s/stat" % pid, "rb") as stat:
                state, parent = stat.read().rpartition(b")")[2].split()[:2]
        except OSError:
            continue
        if state not in b"ZX":
            children.setdefault(int(parent), []).append(int(pid))
    found, pending = set(), [os.getpid()]
    while pending:
        for pid in children.get(pending.pop(), ()):
            found.add(pid)
            pending.append(pid)
    return found


def signal_quietly(pid, number):
    try:
        os.kill(pid, number)
    except OSError:
        pass  # it is gone, which is what we want


def exit_code(status):
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def cpu_micros():
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((used.ru_utime + used.ru_stime) * 1_000_000)


def frame(kind, payload):
    return (len(payload) + 1).to_bytes(4, "big") + bytes((kind,)) + payload


class Lines:
    """One raw output stream of the worker, cut into lines. A slow platform slows the worker down; nothing is kept but one line."""

    def __init__(self, platform, stream):
        self.platform = platform
        self.stream = stream
        self.held = b""

    def pump(self, fd):
        """Forwards what can be read now; false at the end."""
        try:
            data = os.read(fd, LONGEST_TEXT)
        except BlockingIOError:
            return True
        if not data:
            return False
        *lines, self.held = (self.held + data).split(b"\n")
        while len(self.held) > LONGEST_TEXT:
            lines.append(self.held[:LONGEST_TEXT])
            self.held = self.held[LONGEST_TEXT:]
        self.emit(lines)
        return True

    def finish(self, fd):
        while select_readable(fd) and self.pump(fd):
            pass
        if self.held:
            self.emit([self.held])

    def emit(self, lines):
        import time

        head = bytes(8) + bytes((self.stream, 0)) + (time.time_ns() // 1_000_000).to_bytes(8, "big")
        frames = bytearray()
        for line in lines:
            text = line.decode("utf-8", "replace").encode()
            for start in range(0, len(text) or 1, LONGEST_TEXT):
                frames += frame(LOG, head + text[start : start + LONGEST_TEXT])
        self.platform.sendall(frames)


def select_readable(fd):
    import select

    return bool(select.select([fd], [], [], 0)[0])


if __name__ == "__main__":
    main(sys.argv)
