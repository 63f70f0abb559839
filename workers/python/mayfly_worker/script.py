"""The class-room form: a script that starts its own server, run as `__main__`, unmodified."""

import os
import signal
import socket
import sys
import threading
import time
import types
from importlib.machinery import SourceFileLoader

from mayfly_worker import failure, frameworks
from mayfly_worker.boot import LISTENER
from mayfly_worker.takeover import Takeover

UNNOTICED = 1.0  # seconds after which an interrupt that has changed nothing is helped along


def run(runtime, imports):
    specification = runtime.specification
    path = os.path.join(specification["code"], specification["entrypoint"]["file"])
    if os.path.dirname(path) != specification["code"]:
        sys.path.insert(0, os.path.dirname(path))
    takeover = Takeover(runtime)
    takeover.install()
    frameworks.install(imports)
    runtime.output.current = lambda: takeover.current() or runtime.only_running()
    runtime.on_drain = lambda: threading.Thread(target=_interrupt_when_idle, args=(runtime,), daemon=True).start()
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: runtime.drain())  # the script may set its own
    try:
        _to_its_end(runtime, takeover, path)
    except KeyboardInterrupt:
        pass  # the drain's own, come late: the script had ended already
    runtime.finish(threads=False)  # one of them may be its server, which nothing ends


def _to_its_end(runtime, takeover, path):
    try:
        with runtime.import_times:
            _run_as_main(path)
        _join_threads()
    except BaseException as error:
        if not takeover.listening:
            _explain_silence(runtime, error)
        if not (runtime.draining and isinstance(error, (KeyboardInterrupt, SystemExit, OSError))):
            runtime.leave(error)
    if not takeover.listening:
        runtime.failed("no_server", "the script came to its end without listening on a TCP port")


def _run_as_main(path):
    main = types.ModuleType("__main__")
    main.__file__ = path
    main.__builtins__ = __builtins__
    code = SourceFileLoader("__main__", path).get_code("__main__")  # from its bytecode, where that is there
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


def _join_threads():
    """As the interpreter does at the end of a script: its server may run in a thread."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def _explain_silence(runtime, error):
    if isinstance(error, SystemExit):
        code = failure.exit_code(error)
        runtime.failed("no_server", "the script called exit(%d) before it listened on a TCP port" % code, failure.explain(error, runtime.specification))
    runtime.failed_with(error)


def _interrupt_when_idle(runtime):
    """Ctrl-C is the one way to stop that every such server knows. It can come just before a call that blocks, and not be noticed there."""
    runtime.wait_until_idle()
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    time.sleep(UNNOTICED)
    with socket.socket(fileno=os.dup(LISTENER)) as listener:
        listener.shutdown(socket.SHUT_RDWR)  # ends a call that waits for a connection
