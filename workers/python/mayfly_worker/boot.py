"""From descriptors 3 and 4 to a served function."""

import os
import sys

from mayfly_worker import frames
from mayfly_worker.channel import Channel

LISTENER, CONTROL = 3, 4
WORKER, ZYGOTE = b"\x02", b"\x03"


def main():
    channel = greet(WORKER)
    # Everything the function will need anyway is imported while the platform answers.
    from mayfly_worker import preload

    preload.own()
    serve(channel, idle=preload.until(CONTROL))


def greet(role):
    """The control channel, on which this process has said hello."""
    os.set_inheritable(LISTENER, False)
    os.set_inheritable(CONTROL, False)
    channel = Channel(CONTROL)
    channel.send(frames.frame(frames.HELLO, role + os.getpid().to_bytes(4, "big")))
    return channel


def serve(channel, idle):
    """Becomes the worker of the function that the platform names.

    idle: whether it has not named one yet, so that there is time for what makes the first request faster.
    """
    import json

    from mayfly_worker import environment, loader, logs, threads
    from mayfly_worker.imports import AfterImport
    from mayfly_worker.output import Output
    from mayfly_worker.runtime import Runtime

    if idle:
        from mayfly_worker import rehearse

        rehearse.serve_nobody(1)
    output = Output(channel)
    output.install()
    imports = AfterImport()
    threads.install(imports)
    logs.install(imports, output)
    first = channel.read()
    if first is None or first[0] != frames.SPECIALISE:
        sys.exit(1)
    specification = json.loads(first[1])
    environment.apply(specification)
    runtime = Runtime(channel, output, specification)
    runtime.listen_to_platform()
    if specification["entrypoint"]["kind"] == "script":
        from mayfly_worker import script

        script.run(runtime, imports)
    else:
        loader.serve(runtime)
