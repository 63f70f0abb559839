"""`logging` without configuration: records from INFO up become level-tagged log frames. Any configuration by the user replaces this."""


from mayfly_worker.output import invocation

OWNER = "_mayfly_invocation"


def install(imports, output):
    imports.watch("logging", lambda logging: _configure(logging, output))
    imports.watch("logging.handlers", _follow_queues)


def _follow_queues(handlers):
    """A record that goes through a queue is written by a thread that works for everybody."""
    enqueue, handle = handlers.QueueHandler.enqueue, handlers.QueueListener.handle

    def enqueue_with_owner(self, record):
        if hasattr(record, "__dict__"):
            setattr(record, OWNER, invocation.get())
        enqueue(self, record)

    def handle_for_owner(self, record):
        before = invocation.set(getattr(record, "__dict__", {}).pop(OWNER, 0))
        try:
            handle(self, record)
        finally:
            invocation.reset(before)

    handlers.QueueHandler.enqueue, handlers.QueueListener.handle = enqueue_with_owner, handle_for_owner


class _DefaultLevel(int):
    """INFO, but distinguishable from an INFO that the user has set."""


def _configure(logging, output):
    class FrameHandler(logging.Handler):
        def emit(self, record):
            try:
                output.log(min(max(record.levelno, 0), 255), self.format(record))
            except Exception:
                self.handleError(record)

    root = logging.getLogger()
    # The handler of last resort speaks only where no other handler does: nothing is ever said twice.
    logging.lastResort = FrameHandler()
    root.setLevel(_DefaultLevel(logging.INFO))
    add_handler, basic_config = root.addHandler, logging.basicConfig

    def add_handler_and_step_back(handler):
        if isinstance(root.level, _DefaultLevel):
            root.setLevel(logging.WARNING)  # what it is in every Python
        add_handler(handler)

    def basic_config_unless_empty(**settings):
        if settings:  # logging.info() and its like call it without any, to get a default: ours
            basic_config(**settings)

    root.addHandler = add_handler_and_step_back
    logging.basicConfig = basic_config_unless_empty
