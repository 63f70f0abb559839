"""What every way of serving shares: saying what happens, and ending well."""

import _thread
import json
import os
import sys
import threading

from mayfly_worker import failure, frames
from mayfly_worker.import_times import ImportTimes


class Runtime:
    def __init__(self, channel, output, specification, standby=None):
        self.standby = standby  # a thread that has been started already, for whoever serves with threads
        self.specification = specification
        self.output = output
        self.import_times = ImportTimes(specification["code"], specification.get("deps"))
        self.draining = False
        self.on_drain = None  # what the chosen server does to stop; set before ready
        self._channel = channel
        self._listening = False
        self._running = set()
        self._changed = threading.Condition()

    # --- what the platform says

    def listen_to_platform(self):
        """At the latest when it is ready: what the platform says before is about what runs then."""
        if self._listening:
            return
        self._listening = True
        _thread.start_new_thread(self._listen, ())

    def _listen(self):
        while True:
            received = self._channel.read()
            if received is None:
                os._exit(1)
            if received[0] == frames.DRAIN:
                self.drain()

    def drain(self):
        with self._changed:
            if self.draining:
                return
            self.draining = True
        if self.on_drain is not None:
            self.on_drain()

    # --- what the platform is told

    def ready(self, mode):
        self.import_times.end()
        told = {"mode": mode, "imports": self.import_times.slowest(), "hold": self.import_times.worth_holding()}
        self._channel.send(frames.frame(frames.READY, json.dumps(told).encode()))
        self.listen_to_platform()
        if self.draining and self.on_drain is not None:
            self.on_drain()

    def failed(self, code, message, detail=""):
        """The function cannot be served: says so and ends the process."""
        self.output.finish()
        self._channel.send(frames.failed(code, message, detail[-16000:]))
        os._exit(1)

    def failed_with(self, error, code="import_failed"):
        """The same for an exception of the user's code, however it ended."""
        if isinstance(error, failure.CannotServe):
            self.failed(error.code, str(error))
        self.failed(code, failure.summarise(error, self.specification), failure.explain(error, self.specification))

    def started(self, invocation):
        """False where it came too late: nothing of it may run, and as long as nothing was said of it the platform asks another instance."""
        with self._changed:
            if self.draining:
                return False
            if invocation:
                self._running.add(invocation)
        if invocation:
            self._channel.send(frames.frame(frames.STARTED, frames.number(invocation)))
        return True

    def ended(self, invocation):
        self.output.finish(invocation)
        if invocation:
            self._channel.send(frames.frame(frames.ENDED, frames.number(invocation)))
            with self._changed:
                self._running.discard(invocation)
                self._changed.notify_all()

    def only_running(self):
        """The one invocation that runs, or 0: the best guess for a line that says nothing of where it comes from."""
        with self._changed:
            return next(iter(self._running)) if len(self._running) == 1 else 0

    def wait_until_idle(self):
        with self._changed:
            self._changed.wait_for(lambda: not self._running)

    def report(self, error):
        """One record with the traceback of what user code raised while it ran."""
        self.output.log(40, failure.explain(error, self.specification))

    # --- the end

    def leave(self, error):
        """User code asked for the end of the process, or raised what ends one: at once, from whatever thread, with the code it chose."""
        if not isinstance(error, SystemExit):
            self.report(error)
        code = failure.exit_code(error)
        self.output.finish()
        os._exit(code)

    def finish(self, threads=True):
        """After a drain: leaves as every Python does that has come to its end. What that takes too long is ended by the platform.

        threads: whether to wait for those that are no daemons, and for what pools have still to do
        """
        import atexit

        if threads:
            threading._shutdown()
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass  # closed by the user's code
        self.output.finish()
        os._exit(0)
