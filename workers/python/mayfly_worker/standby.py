"""A thread that is started while nobody waits: to start one takes as long as all else between a connection and the function's code."""

import _thread
import threading


class Standby:
    def __init__(self):
        self._begun = _thread.allocate_lock()
        self._begun.acquire()
        self._task = None
        self._threads = _what_threads_are()
        threading.Thread(target=self._wait, daemon=True, name="mayfly-connection").start()

    def begin(self, task):
        """Has it do this, once, unless a module has changed meanwhile what a thread is: then one that starts later is another."""
        if _what_threads_are() != self._threads:
            return
        self._task = task
        self._begun.release()

    def _wait(self):
        self._begun.acquire()
        self._task()


def _what_threads_are():
    starters = [getattr(module, name, None) for module in (_thread, threading) for name in ("start_new_thread", "_start_new_thread", "_start_joinable_thread")]
    return [threading.Thread, threading.stack_size(), threading._trace_hook, threading._profile_hook, *starters]
