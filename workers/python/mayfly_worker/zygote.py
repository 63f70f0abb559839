"""A process that waits to be copied into sandboxes. It holds the platform's code and the standard library, nothing of anybody's."""

import os
import sys

from mayfly_worker import boot, frames

ORDERS = 3
HELD_READY, WITH_SEATS = 2, 3
TIMES = 20  # after which Python has adapted its code to what it does


def main():
    channel = boot.greet(boot.ZYGOTE)
    copies = _module()
    import gc

    from mayfly_worker import preload, rehearse, renew, trial

    preload.everything()
    rehearse.serve_nobody(TIMES)
    unfit = trial.of_a_copy()
    if unfit:
        boot.cannot_be_copied(channel, unfit)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # or every copy would say it again
    renew.everything_random()  # what does not exist yet would be made anew in every copy
    gc.collect()
    gc.freeze()  # what is here is never garbage, and looking would copy its pages in every copy
    channel.send(frames.frame(frames.READY, b'{"mode":"zygote"}'))
    copy = copies.serve(ORDERS)
    if not copy:
        sys.exit(0)  # the launcher is gone
    if copy == WITH_SEATS:
        from mayfly_worker import dependencies

        dependencies.serve(copies)
    renew.everything_random()
    boot.serve(boot.greet(boot.WORKER), idle=copy == HELD_READY)


def _module():
    """launcher/fork, built beside the launcher and brought here with the worker's files."""
    from importlib.machinery import ExtensionFileLoader
    from importlib.util import module_from_spec, spec_from_file_location

    place = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mayfly_fork.so")
    spec = spec_from_file_location("mayfly_fork", place, loader=ExtensionFileLoader("mayfly_fork", place))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
