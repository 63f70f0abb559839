"""Runs a tool of a build, and ends with it whatever it started.

    python3 -I -S mayfly_tool.py COMMAND ARGUMENT…

Standard input is a lifeline: when the server closes it or dies, the tool and everything below it are killed. Exits as the tool does.
"""

import os
import select
import signal
import sys

PR_SET_CHILD_SUBREAPER = 36


def main():
    adopt_orphans()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing)
    tool = start(sys.argv[1:])
    status = wait(tool, reading)
    end_all()
    sys.exit(130 if status is None else exit_code(status))


def adopt_orphans():
    """What the tool leaves behind becomes a child of this process, so that it can be found."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass  # a Python without ctypes: orphans are then left to init


def start(command):
    tool = os.fork()
    if tool == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print("%s: %s" % (command[0], error.strerror), file=sys.stderr, flush=True)
            os._exit(127)
    return tool


def wait(tool, reading):
    """The tool's status, or None when the server went away first."""
    while True:
        while True:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == tool:
                return status
            if child == 0:
                break
        ready, _, _ = select.select([0, reading], [], [])
        if reading in ready:
            os.read(reading, 4096)
        if 0 in ready and not os.read(0, 4096):
            return None


def end_all():
    """Kills children until there are none; those of a killed child become this process's own."""
    while True:
        for child in children():
            try:
                os.kill(child, signal.SIGKILL)
            except OSError:
                pass  # it ended by itself
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def children():
    found, own = [], str(os.getpid())
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, "rb") as stat:
                    if stat.read().rpartition(b")")[2].split()[1].decode() == own:
                        found.append(int(name))
            except OSError:
                pass  # it ended by itself
    return found


def exit_code(status):
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


if __name__ == "__main__":
    main()
