"""What a few development servers do beyond serving, and must not do here, where a script is the function itself."""


def install(imports):
    imports.watch("werkzeug.serving", _no_reloader_nor_debugger)
    imports.watch("uvicorn.config", _one_process)
    imports.watch("uvloop", _stand_aside)


def _no_reloader_nor_debugger(serving):
    """The reloader would run the script again in a child; the debugger would run a visitor's code."""
    run_simple = serving.run_simple

    def run_without(hostname, port, application, use_reloader=False, use_debugger=False, *arguments, **options):
        return run_simple(hostname, port, application, False, False, *arguments, **options)

    serving.run_simple = run_without


def _one_process(config):
    initialise = config.Config.__init__

    def initialise_without(self, *arguments, **options):
        initialise(self, *arguments, **options)
        self.reload = False
        self.workers = 1

    config.Config.__init__ = initialise_without


def _stand_aside(uvloop):
    """uvloop reads descriptors itself, below Python's sockets, where requests cannot be told apart: asyncio's own loop takes its place."""
    import asyncio

    uvloop.Loop = asyncio.SelectorEventLoop
    uvloop.new_event_loop = asyncio.new_event_loop
    uvloop.install = lambda: None
    uvloop.run = lambda main, *, loop_factory=None, debug=None, **_: asyncio.run(main, debug=debug)
    if hasattr(asyncio, "DefaultEventLoopPolicy"):
        uvloop.EventLoopPolicy = asyncio.DefaultEventLoopPolicy
