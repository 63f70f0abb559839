"""What modules look at while they are imported, and what they do to their process: what has to be alike wherever they are held ready."""

import json
import os
import random
import sys

#: Stands for the names of all variables.
ALL = "*"
LONGEST = 64 * 1024  # of all names together, as one frame must hold them


class Observed:
    """Watches within its `with`. Nothing is wrapped that stays: what was imported then finds everything as it would be anywhere."""

    def __init__(self):
        self.looked_up = set()  # names of variables, whether they were set or not
        self.missed = set()  # modules at the top that were looked for in vain
        self.seeded = {}  # id → generator of random numbers that was given a seed
        self.set = {}  # variables that were given a value
        self.unset = ()
        self.imported = ()  # names of all modules that were not there before
        self._before = None

    def __enter__(self):
        self._before = dict(os.environ), set(sys.modules)
        looked_up = self.looked_up

        class Environ(type(os.environ)):
            def __getitem__(self, name):
                looked_up.add(name if isinstance(name, str) else os.fsdecode(name))
                return super().__getitem__(name)

            def __iter__(self):
                looked_up.add(ALL)
                return super().__iter__()

        self._environ = type(os.environ)
        os.environ.__class__ = os.environb.__class__ = Environ
        self._seed, self._setstate = random.Random.seed, random.Random.setstate
        random.Random.seed = self._seeding(self._seed)
        random.Random.setstate = self._setting(self._setstate)
        sys.meta_path.append(self)
        return self

    def __exit__(self, *_):
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        random.Random.seed, random.Random.setstate = self._seed, self._setstate
        os.environ.__class__ = os.environb.__class__ = self._environ
        before, modules = self._before
        now = dict(os.environ)
        self.set = {name: value for name, value in now.items() if before.get(name) != value}
        self.unset = [name for name in before if name not in now]
        self.imported = [name for name in list(sys.modules) if name not in modules]

    def variables(self):
        """The names, for the platform to compare with those that a function sets."""
        names = sorted(self.looked_up)
        return [ALL] if ALL in names or len(json.dumps(names)) > LONGEST else names

    def find_spec(self, name, path=None, target=None):
        """Asked last, when nobody else has found it."""
        if path is None:
            self.missed.add(name)
        return None

    def _seeding(self, seed):
        def observed(generator, a=None, *more, **named):
            if a is None:
                self.seeded.pop(id(generator), None)
            else:
                self.seeded[id(generator)] = generator
            return seed(generator, a, *more, **named)

        return observed

    def _setting(self, setstate):
        def observed(generator, state):
            self.seeded[id(generator)] = generator
            return setstate(generator, state)

        return observed
