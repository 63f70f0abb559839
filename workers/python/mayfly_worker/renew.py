"""What two copies of one process would have in common and must not: every source of randomness, and what is derived from one.

What cannot be renewed is the seed of `hash()`, which a Python has for life, and where the kernel has put its code: so zygotes are replaced. The
random generators of OpenSSL, Python's own and those in wheels, notice a copy by its pid, which differs from the zygote's; adding to Python's
own is a second reason to be sure.
"""

import os
import sys


def everything_random():
    for name, renew in RENEWED.items():
        module = sys.modules.get(name)
        if module is not None:
            renew(module)


def _ssl(ssl):
    ssl.RAND_add(os.urandom(48), 48.0)


def _uuid(uuid):
    """By the standard (RFC 9562, 6.10) a random node stands for a machine; libuuid would go on with the zygote's, and its clock sequence."""
    uuid._last_timestamp = None
    uuid._generate_time_safe = None
    uuid._node = int.from_bytes(os.urandom(6), "big") | 1 << 40  # the bit that no network card has


def _tempfile(tempfile):
    tempfile._name_sequence = None


def _threading(threading):
    threading.main_thread()._set_native_id()


def _multiprocessing(process):
    process.current_process().authkey = os.urandom(32)


#: By the name of the module that has it; only where that was imported.
RENEWED = {
    "random": lambda random: random.seed(),
    "ssl": _ssl,
    "uuid": _uuid,
    "tempfile": _tempfile,
    "threading": _threading,
    "multiprocessing.process": _multiprocessing,
    "numpy.random": lambda random: random.seed(),
}
