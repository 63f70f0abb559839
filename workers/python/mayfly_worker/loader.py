"""Loads the user's module and decides how its entrypoint is called."""

import importlib
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location

from mayfly_worker.failure import CannotServe


def serve(runtime):
    entrypoint = runtime.specification["entrypoint"]
    file, symbol = entrypoint["file"], entrypoint["symbol"]
    try:
        with runtime.import_times:
            module = load(runtime.specification["code"], file)
        found = getattr(module, symbol, None)
        if found is None:
            raise CannotServe("no_entrypoint", "%s defines no `%s`" % (file, symbol))
        if entrypoint["kind"] == "handler":
            mode = "handler"
            _check_handler(found, file, symbol)
        else:
            mode, found = shape(found, file, symbol)
    except BaseException as error:
        runtime.failed_with(error)
    if mode == "asgi":
        from mayfly_worker import asgi

        asgi.serve(runtime, found)
    else:
        from mayfly_worker.connections import Server

        if mode == "handler":
            from mayfly_worker.handler import answering
        else:
            from mayfly_worker.wsgi import answering
        Server(runtime, mode, answering(runtime, found)).serve()


def load(code, file):
    """From its file, so that any name works (`api/[id].py`), registered under its dotted name, so that relative imports work too."""
    name = os.path.splitext(file)[0].replace("/", ".")
    package = name.rpartition(".")[0]
    if package and os.path.exists(os.path.join(code, os.path.dirname(file), "__init__.py")):
        importlib.import_module(package)
    path = os.path.join(code, file)
    if getattr(sys.modules.get(name), "__file__", None) == path:
        return sys.modules[name]  # its own package imported it
    spec = spec_from_file_location(name, path)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _check_handler(found, file, symbol):
    from http.server import BaseHTTPRequestHandler

    if not (isinstance(found, type) and issubclass(found, BaseHTTPRequestHandler)):
        raise CannotServe("bad_entrypoint", "`%s` in %s is no subclass of http.server.BaseHTTPRequestHandler" % (symbol, file))


def shape(app, file, symbol):
    """("asgi" | "wsgi", what to call)."""
    nested = getattr(app, "asgi", None)
    if callable(nested):
        return "asgi", nested if _positional(nested) == 3 else app
    if callable(app):
        count = _positional(app)
        if count == 3:
            return "asgi", app
        if count == 2:
            return "wsgi", app
    raise CannotServe(
        "bad_entrypoint",
        "`%s` in %s is neither an ASGI application, `async def %s(scope, receive, send)`, nor a WSGI application, `def %s(environ, start_response)`"
        % (symbol, file, symbol, symbol),
    )


def _positional(target):
    """How many positional arguments a call must bring; answered from the code object where that is enough, as `inspect` is slow to import."""
    function, bound = getattr(target, "__func__", target), 1 if hasattr(target, "__func__") else 0
    if not isinstance(target, type) and not hasattr(function, "__code__"):
        function, bound = getattr(type(target), "__call__", None), 1
    code = getattr(function, "__code__", None)
    if code is not None and not code.co_flags & 0x0C and not hasattr(function, "__wrapped__"):
        return code.co_argcount - len(function.__defaults__ or ()) - bound
    import inspect

    try:
        parameters = list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        return 0
    if any(each.kind == each.VAR_POSITIONAL for each in parameters):
        return 3 if _awaits(target) else 2
    needed = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in needed and each.default is each.empty for each in parameters)


def _awaits(target):
    import inspect

    return inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(getattr(type(target), "__call__", None))
