"""Stops processes at their birth, so that a test can choose which of several ends while another is in the midst of something. As root."""

import ctypes
import os
import signal

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long
CONTINUE, DETACH, EVENT_MESSAGE, SEIZE = 7, 17, 0x4201, 0x4206
BIRTHS = 2 | 4 | 8  # PTRACE_O_TRACEFORK, VFORK and CLONE: whoever is born is traced as well, and stopped
ANY_KIND = 0x40000000  # __WALL


def _ptrace(request, pid, data=None):
    if LIBC.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace %#x of %d" % (request, pid))


def seize(pid):
    _ptrace(SEIZE, pid, BIRTHS)


def go_on(pid):
    _ptrace(CONTINUE, pid)


def let_go(pid):
    _ptrace(DETACH, pid)


def stopped(pid):
    """Waits until it is."""
    if not os.WIFSTOPPED(os.waitpid(pid, ANY_KIND)[1]):
        raise AssertionError("%d has ended" % pid)


def born_of(pid):
    """Waits for the next one, whose parent stays stopped, as it is itself."""
    stopped(pid)
    born = ctypes.c_ulong()
    _ptrace(EVENT_MESSAGE, pid, ctypes.addressof(born))
    stopped(born.value)
    return born.value


def end(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, ANY_KIND)


def has_ended(pid):
    """Whether it has, which whose child it is learns only after this."""
    return bool(os.waitpid(pid, ANY_KIND | os.WNOHANG)[0])
