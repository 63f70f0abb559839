"""Threads and pools that a request starts log under that request: they run in a copy of the context that started them."""

from contextvars import copy_context


def install(imports):
    imports.watch("threading", _inherit_in_threads)
    imports.watch("concurrent.futures.thread", _inherit_in_pools)


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
