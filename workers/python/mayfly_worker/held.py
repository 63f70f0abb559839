"""What is held ready of what a function depends on, as its copies know it: all that can be is worked out before there is one."""

import os
import sys
from importlib.machinery import all_suffixes


class Held:
    def __init__(self, observed, renewals):
        self._set, self._unset = observed.set, observed.unset
        self._renewals = renewals
        top = {name.partition(".")[0] for name in observed.imported}.difference(sys.builtin_module_names)
        #: Name at the top → whether a plain folder of that name takes part in it, or would have been it.
        self._names = {name: _is_namespace(name) for name in top}
        self._names.update((name, True) for name in observed.missed if name not in sys.modules)
        self._endings = {suffix[1:] for suffix in all_suffixes()}

    def renew(self):
        for renew in self._renewals:
            renew()

    def enter(self, specification):
        """Makes what the platform says that of a process in which these modules have been imported. Why that cannot be; empty when it is done."""
        unfit = self._shadowed(specification)
        if not unfit and (self._set or self._unset):
            variables = specification.setdefault("env", {})
            variables.update(self._set)
            for name in self._unset:
                variables.pop(name, None)
        return unfit

    def _shadowed(self, specification):
        """Modules of the project come before those it depends on: one that is held would be there in place of the project's own."""
        code, entrypoint = specification["code"], specification["entrypoint"]
        folders = [code]
        if entrypoint["kind"] == "script" and "/" in entrypoint["file"]:
            folders.append(os.path.join(code, os.path.dirname(entrypoint["file"])))  # which is where a script imports from first
        names = self._names
        for folder in folders:
            for entry in os.listdir(folder):
                name, _, ending = entry.partition(".")
                if name in names and self._is_module(os.path.join(folder, entry), ending, names[name]):
                    return "the project's %s has the name of a module that its dependencies import" % os.path.relpath(os.path.join(folder, entry), code)
        return ""

    def _is_module(self, path, ending, namespace):
        if ending:
            return ending in self._endings
        if not os.path.isdir(path):
            return False
        return namespace or any(os.path.exists(os.path.join(path, "__init__." + each)) for each in self._endings)


def _is_namespace(name):
    module = sys.modules.get(name)
    return module is not None and getattr(module, "__file__", None) is None and hasattr(module, "__path__")
