"""How long the modules took that a function imports while it is loaded: what its author can do something about.

A finder is told when the search for a module begins. That its import is over is seen by the end of the import system's own lock for it, which
dies with the import. So nothing is wrapped: no traceback has a frame more, no finder is asked twice, and lazy loaders stay as lazy as they are.
"""

import os
import sys
from _thread import get_ident
from time import perf_counter_ns
from weakref import ref

MOST = 10
LEAST_MICROS = 1000
#: Of what is worth holding ready: more, since many that take little add up.
MOST_HELD, LEAST_HELD_MICROS, LONGEST_HELD = 100, 200, 200


class ImportTimes:
    """Counts within its `with`, or until `end`, in the thread that entered it. Whatever a package imports in turn counts as that package's; what a
    module of the project itself imports counts apart from it, since there the author chose to import it."""

    def __init__(self, project, dependencies=None):
        self._project = project
        self._dependencies = dependencies
        self._own = set()  # names at the top of the project
        self._locks = {}
        self._thread = None
        self._stack = []  # imports under way: modules of the project, and at most one other, at the end
        self._nanos = {}
        self._asked = {}  # the same by the whole names that the project asked for, in the order in which they were there

    def __enter__(self):
        try:
            import _frozen_importlib

            self._locks = _frozen_importlib._module_locks
        except (ImportError, AttributeError):
            return  # another Python than those we know: nothing is measured
        names = (name.partition(".") for name in os.listdir(self._project))
        self._own = {name for name, _, ending in names if ending in ("", "py")}
        self._thread = get_ident()
        sys.meta_path.insert(0, self)

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._stack.clear()

    def slowest(self):
        """[[top-level name, microseconds]], slowest first."""
        micros = ((name, nanos // 1000) for name, nanos in self._nanos.items())
        return [list(each) for each in sorted(micros, key=lambda each: -each[1]) if each[1] >= LEAST_MICROS][:MOST]

    def worth_holding(self):
        """Whole names of what the project imports and is not its own, slow enough to be held ready for it, in their order. What a module of these
        imports in turn is not named: it comes with it."""
        found = []
        for name, nanos in self._asked.items():
            module = sys.modules.get(name)
            file = getattr(module, "__file__", None)  # a folder that is a package without one takes no time
            if nanos // 1000 >= LEAST_HELD_MICROS and len(name) <= LONGEST_HELD and isinstance(file, str) and not self._is_own(file):
                found.append(name)
        slowest = sorted(found, key=self._asked.get)[-MOST_HELD:]
        return [name for name in found if name in slowest]

    def _is_own(self, file):
        """The dependencies may be in a folder of the project."""
        if self._dependencies and file.startswith(os.path.join(self._dependencies, "")):
            return False
        return file.startswith(os.path.join(self._project, ""))

    def find_spec(self, name, path=None, target=None):
        """Finds nothing: only notes what the others are asked for."""
        inner = self._stack[-1] if self._stack else None
        if get_ident() != self._thread or inner is not None and (not inner.own or inner.name == name):
            return None
        held = self._locks.get(name)
        lock = held() if held is not None else None
        if lock is not None:  # else: somebody only asks where it is
            self._stack.append(_Import(name, self._own, ref(lock, self._over)))
        return None

    def _over(self, lock):
        """The lock of an import is gone, and with it whatever was under way inside."""
        now = perf_counter_ns()
        stack = self._stack
        if not any(each.lock is lock for each in stack):
            return
        while stack:
            each = stack.pop()
            taken = now - each.began
            self._nanos[each.top] = self._nanos.get(each.top, 0) + taken - each.inside
            if not each.own:
                self._asked[each.name] = self._asked.get(each.name, 0) + taken
            if stack:
                stack[-1].inside += taken
            if each.lock is lock:
                return


class _Import:
    def __init__(self, name, own, lock):
        self.name = name
        self.top = name.partition(".")[0]
        self.own = self.top in own
        self.lock = lock
        self.inside = 0  # nanoseconds of what a module of the project imported
        self.began = perf_counter_ns()
