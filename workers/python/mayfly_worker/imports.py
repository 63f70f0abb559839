"""Runs an action right after a module was imported, whoever imports it, so that the worker need not import it itself."""

import sys


class AfterImport:
    """A finder that finds nothing itself: it lets the others find, and wraps the loading of the modules it was asked to watch."""

    def __init__(self):
        self._actions = {}
        sys.meta_path.insert(0, self)

    def watch(self, name, action):
        if name in sys.modules:
            action(sys.modules[name])
        else:
            self._actions[name] = action

    def find_spec(self, name, path=None, target=None):
        action = self._actions.get(name)
        if action is None:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            return None
        load = getattr(spec.loader, "exec_module", None)
        if load is None:
            return spec

        def exec_module(module):
            self._actions.pop(name, None)
            load(module)
            action(module)

        try:
            spec.loader.exec_module = exec_module
        except (AttributeError, TypeError):
            pass  # a loader that cannot be wrapped: the module works, unwatched
        return spec
