"""A zygote that holds what one project's functions depend on. It has no right that a function has not, and knows nothing of any function."""

import json
import os
import sys
import threading

from mayfly_worker import boot, environment, frames
from mayfly_worker.channel import Channel

#: What starts threads when it is imported and ends them around a fork by itself.
ENDS_ITS_THREADS = ("numpy",)


def hold(copies):
    """Loads what the platform names and waits to be copied; returns in a copy, which has been renewed in all that is random."""
    channel = Channel(boot.CONTROL)
    os.set_inheritable(boot.LISTENER, False)
    os.set_inheritable(boot.CONTROL, False)
    first = channel.read()
    if first is None or first[0] != frames.SPECIALISE:
        sys.exit(1)
    specification = json.loads(first[1])
    load(specification["deps"], specification["imports"])
    obstacle = _obstacle()
    if obstacle:
        channel.send(frames.frame(frames.FAILED, json.dumps({"code": "import_failed", "message": obstacle, "detail": ""}).encode()))
        os._exit(1)
    import gc

    from mayfly_worker import renew

    gc.collect()
    gc.freeze()
    if not copies.seats(boot.CONTROL):  # says that it is ready
        os._exit(0)
    renew.everything_random()


def load(folder, modules):
    """As far as they can be: what fails here fails again in each function, and is told there."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, folder)
    environment._add_path_files(folder)
    for name in modules:
        try:
            __import__(name)
        except BaseException as error:
            print("%s is not held ready: %s: %s" % (name, type(error).__name__, error), file=sys.stderr, flush=True)
    if folder in sys.path:
        sys.path.remove(folder)  # each function has it in its own place


def _obstacle():
    """Why it cannot be copied; nothing when it can."""
    if threading.active_count() > 1:
        names = ", ".join(thread.name for thread in threading.enumerate() if thread is not threading.main_thread())
        return "its dependencies start threads when they are imported, which no copy would have: %s" % names
    native = len(os.listdir("/proc/self/task")) - 1
    if native and not any(name in sys.modules for name in ENDS_ITS_THREADS):
        return "its dependencies start %d threads when they are imported, which no copy would have" % native
    return ""
