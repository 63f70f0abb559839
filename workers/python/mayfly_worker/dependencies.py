"""A zygote that holds what one project's functions depend on. It has no right that a function has not, and knows nothing of any function."""

import json
import os
import signal
import sys
import threading
import time

from mayfly_worker import boot, environment, frames, generators, renew, trial
from mayfly_worker.held import Held
from mayfly_worker.observed import Observed

ENDING_SECONDS = 0.5
SHARED = -1  # what `seats` says of memory


def serve(copies):
    """Loads what the platform names and waits to be copied; in a copy becomes the worker of its function."""
    channel = boot.own_channel()
    # What is imported may keep the streams, so they are those of the copies already. In each, descriptor 4 is its own.
    output, imports = boot.prepare(channel)
    specification = boot.await_specification(channel)
    with Observed() as observed:
        load(specification["deps"], specification["imports"])
    output.finish()  # or every copy would say it again
    unfit = _unfit()
    if unfit:
        boot.cannot_be_copied(channel, unfit)
    import gc

    gc.collect()
    try:
        held = Held(observed, generators.found(observed.seeded))
    except generators.CannotBeRenewed as error:
        boot.cannot_be_copied(channel, str(error))
    gc.freeze()
    told = json.dumps({"mode": "zygote", "variables": observed.variables()})
    copied = copies.seats(boot.CONTROL, frames.frame(frames.READY, told.encode()))
    if copied == SHARED:
        boot.cannot_be_copied(channel, "a library has memory that all copies would share")
    if copied != 1:
        os.kill(os.getpid(), signal.SIGKILL)  # nobody can tell now: as if somebody had killed it, it is tried again
    renew.everything_random()
    held.renew()
    boot.become(channel, output, imports, held)  # its seat has said hello


def load(folder, modules):
    """As far as they can be: what fails here fails again in each function, and is told there."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, folder)
    environment.add_path_files(folder)
    for name in modules:
        try:
            __import__(name)
        except BaseException as error:
            print("%s is not held ready: %s: %s" % (name, type(error).__name__, error), file=sys.stderr, flush=True)
    if folder in sys.path:
        sys.path.remove(folder)  # each function has it in its own place


def _unfit():
    """Why it cannot be copied; empty when it can. In this order: what a library ends around a fork has ended once that was tried."""
    threads = _left(lambda: [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()])
    if threads:
        return "a library starts threads when it is imported, which no copy would have: %s" % ", ".join(threads[:5])
    others = _left(trial.of_others)
    if others:
        return "a library runs a process of its own, which no copy would have: %s" % ", ".join(others[:5])
    unfit = trial.of_a_copy()
    native = [] if unfit else _left(lambda: os.listdir("/proc/self/task")[1:])
    return "a library starts %d threads when it is imported, which no copy would have" % len(native) if native else unfit


def _left(look):
    """What is still there after the moment that it may take to end; also a thread that was waited for is there a little longer."""
    until = time.monotonic() + ENDING_SECONDS
    while True:
        found = look()
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.005)
