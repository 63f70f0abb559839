"""Which processors a subject and its load run on, and what processor time processes have used."""

import contextlib
import os
import time


class Cores:
    """subject: those of the server or nginx; load: those of the load generator and of the function's instance."""

    def __init__(self, name, subject, load):
        self.name, self.subject, self.load = name, set(subject), set(load)


def sets():
    """The two that are measured. A machine with more processors lends two of them."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit("edge: two processors are needed, one for the subject and one for the load")
    one, other = usable[:2]
    return Cores("one core", [one], [other]), Cores("two cores", [one, other], [one, other])


@contextlib.contextmanager
def on(cores):
    """What is started meanwhile runs there for good."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def move(pids, cores):
    """All their threads; one that ended meanwhile is none."""
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(int(thread), cores)


def spent(pids):
    """Seconds of processor time, of all their threads, those that ended included: what /proc/PID/stat says, but by the clock of the process (clock_getcpuclockid), which
    does not count in hundredths."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)
