"""`logging` without configuration: records from INFO up become level-tagged log frames. Any configuration by the user replaces this."""


def install(imports, output):
    imports.watch("logging", lambda logging: _configure(logging, output))


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
