"""Threads and pools that a request starts log under that request: they run in a copy of the context that started them."""

from contextvars import Context, copy_context
from functools import partial


def install(imports):
    imports.watch("threading", _inherit_in_threads)
    imports.watch("concurrent.futures.thread", _inherit_in_pools)
    imports.watch("concurrent.futures._base", _inherit_in_callbacks)


def _inherit_in_threads(threading):
    start = threading.Thread.start

    def start_in_context(self):
        if getattr(self, "_context", None) is None and not self._started.is_set():
            self.run = _Bound(copy_context(), self.run)
        return start(self)

    threading.Thread.start = start_in_context


class _Bound:
    """A thread's `run`. Not a closure: it lets go of both as soon as the thread has started, as Thread.run itself does."""

    def __init__(self, context, run):
        self._context = context
        self._run = run

    def __call__(self):
        context, run = self._context, self._run
        self._context = self._run = None
        for variable, value in context.items():  # into the thread's own context: its excepthook runs there
            variable.set(value)
        run()


def _inherit_in_pools(pools):
    submit = pools.ThreadPoolExecutor.submit

    def submit_in_context(self, fn, /, *args, **kwargs):
        return submit(self, copy_context().run, fn, *args, **kwargs)

    pools.ThreadPoolExecutor.submit = submit_in_context
    add_thread = pools.ThreadPoolExecutor._adjust_thread_count
    # The thread itself works for many, and is nobody's.
    pools.ThreadPoolExecutor._adjust_thread_count = lambda self: Context().run(add_thread, self)


def _inherit_in_callbacks(futures):
    """They are called by whatever thread finishes the future."""
    add_done_callback = futures.Future.add_done_callback

    def add_in_context(self, fn):
        add_done_callback(self, partial(copy_context().run, fn))

    futures.Future.add_done_callback = add_in_context
