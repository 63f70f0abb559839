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
    channel = own_channel()
    channel.send(frames.frame(frames.HELLO, role + os.getpid().to_bytes(4, "big")))
    return channel


def own_channel():
    """The control channel, which like the listener is for this process and none that it starts."""
    os.set_inheritable(LISTENER, False)
    os.set_inheritable(CONTROL, False)
    return Channel(CONTROL)


def await_specification(channel):
    """What the platform names first; nothing else may come before it."""
    import json

    first = channel.read()
    if first is None or first[0] != frames.SPECIALISE:
        sys.exit(1)
    return json.loads(first[1])


def serve(channel, idle):
    """Becomes the worker of the function that the platform names.

    idle: whether it has not named one yet, so that there is time for what makes the first request faster.
    """
    if idle:
        from mayfly_worker import rehearse

        rehearse.serve_nobody(1)
    output, imports = prepare(channel)
    standby = None
    if idle:
        from mayfly_worker import environment
        from mayfly_worker.standby import Standby

        environment.prepare()
        standby = Standby()
    become(channel, output, imports, standby=standby)


def prepare(channel):
    """Where all that is written goes, and what is done to modules when they are imported: before any code that is not the platform's."""
    from mayfly_worker import logs, threads
    from mayfly_worker.imports import AfterImport
    from mayfly_worker.output import Output

    output = Output(channel)
    output.install()
    imports = AfterImport()
    threads.install(imports)
    logs.install(imports, output)
    return output, imports


def become(channel, output, imports, held=None, standby=None):
    """held: what is here already of what the function depends on. standby: a thread for its first connection."""
    from mayfly_worker import environment, loader
    from mayfly_worker.runtime import Runtime

    output.notice_forks()
    specification = await_specification(channel)
    if held is not None:
        unfit = held.enter(specification)
        if unfit:
            cannot_be_copied(channel, unfit)
    environment.apply(specification, path_files=held is None)
    runtime = Runtime(channel, output, specification, standby)
    if specification["entrypoint"]["kind"] == "script":
        from mayfly_worker import script

        runtime.listen_to_platform()
        script.run(runtime, imports)
    else:
        loader.serve(runtime)


def cannot_be_copied(channel, why):
    """Nothing of the function has run: it is started another way."""
    channel.send(frames.failed("cannot_be_copied", why))
    os._exit(1)
