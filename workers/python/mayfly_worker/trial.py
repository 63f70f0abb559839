"""Whether this process can be copied: one copy, made as any process makes one, which ends at once.

What is loaded here may have registered what is to be done around a copy, and may do it badly. It is found out here, where nobody waits for it. And
threads that a library ends before a copy, as numpy's do, have ended when this has been done; a real copy can only be made without them.
"""

import os
import select
import signal
import sys

PATIENCE_MILLIS = 5000
FIRST, MOST = 5, 1024  # descriptors that only the zygote has


def of_a_copy():
    """Why none can be made, as a sentence; empty when one can."""
    held = [number for number in range(FIRST, MOST) if _is_open(number)]
    if held:  # a copy has none of them, and would one day close another's in their place
        return "a library keeps descriptor %s open, which a copy would not have" % ", ".join(map(str, held[:5]))
    raised, status = _tried()
    if status is None:
        return "a copy hangs in what its libraries do first"
    if status:
        return "a copy dies of %s in what its libraries do first" % (signal.Signals(-status).name if status < 0 else "exit %d" % status)
    if raised:
        return "what a library does around a copy raises %s" % ", ".join(raised)
    return ""


def of_others():
    """The names of processes that run beside this one and its init, who alone are in a sandbox that nobody has used."""
    over = {"1", str(os.getpid())}
    while True:  # one that ends between being listed and being looked at may have started another by then
        fresh = [pid for pid in os.listdir("/proc") if pid.isdigit() and pid not in over]
        if not fresh:
            return []
        found = list(filter(None, map(_running, fresh)))
        if found:
            return found
        over.update(fresh)


def _running(pid):
    """The name of a process; empty when it has ended."""
    try:
        with open("/proc/%s/stat" % pid, "rb") as file:
            name, _, rest = file.read().partition(b"(")[2].rpartition(b") ")
    except OSError:
        return ""
    return "" if rest[:1] in b"ZX" else name.decode("utf-8", "replace") or "?"


def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _tried():
    """The names of what was raised here, and the exit code of the copy; None: it did not end."""
    raised = []
    hook, sys.unraisablehook = sys.unraisablehook, lambda error: raised.append(error.exc_type.__name__)
    end, held = os.pipe()  # which the copy alone holds, so that its end is seen
    try:
        copy = os.fork()
        if copy == 0:
            os.write(held, " ".join(raised).encode())
            os._exit(0)
    finally:
        sys.unraisablehook = hook
    os.close(held)
    ended = select.poll()
    ended.register(end, select.POLLIN)
    hangs = not ended.poll(PATIENCE_MILLIS)
    if hangs:
        os.kill(copy, signal.SIGKILL)
    else:
        raised += os.read(end, 65536).decode().split()  # its own, after those of this process that both have
    status = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
    os.close(end)
    return sorted(set(raised)), None if hangs else status
