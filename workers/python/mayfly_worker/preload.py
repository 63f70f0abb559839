"""What most functions import, imported while nobody waits: a worker that is held ready has all of it, one that is wanted at once nothing more."""

import importlib
import select

#: What every worker needs, whatever its function.
OWN = (
    "json",
    "mayfly_worker.environment",
    "mayfly_worker.loader",
    "mayfly_worker.logs",
    "mayfly_worker.threads",
    "mayfly_worker.imports",
    "mayfly_worker.import_times",
    "mayfly_worker.output",
    "mayfly_worker.runtime",
)

#: In the order of use: what serves requests, then what functions are written with. Of the standard library alone.
MODULES = (
    "resource",
    "_sitebuiltins",
    "mayfly_worker.standby",
    "mayfly_worker.connections",
    "mayfly_worker.handler",
    "mayfly_worker.wsgi",
    "mimetypes",
    "datetime",
    "logging",
    "urllib.parse",
    "random",
    "uuid",
    "mayfly_worker.asgi",
    "asyncio",
    "concurrent.futures.thread",
    "typing",
    "dataclasses",
    "pathlib",
    "hashlib",
    "hmac",
    "base64",
    "tempfile",
    "traceback",
    "inspect",
    "importlib.metadata",
    "http.client",
    "urllib.request",
    "ssl",
    "mayfly_worker.rehearse",
)


def own():
    for name in OWN:
        importlib.import_module(name)


def everything():
    own()
    for name in MODULES:
        _import(name)


def until(descriptor):
    """Until there is something to read, or nothing left to import; whether there is nothing to read."""
    for name in MODULES:
        if waiting(descriptor):
            return False
        _import(name)
    return not waiting(descriptor)


def waiting(descriptor):
    """Whether there is something to read."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _import(name):
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # a Python that was built without it
