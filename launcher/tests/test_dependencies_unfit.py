"""Dependencies that copies would share with each other, or would miss: they are not held ready, and it is said why; what is random in them is renewed."""

import json

import pythons
from dependencies_case import DependenciesCase
from mayfly_launcher import READY


class WhatIsNotHeld(DependenciesCase):
    def test_what_keeps_something_that_no_copy_would_have(self):
        for expected, script in (
            ("keeps descriptor 5 open", "held = open('/dev/null')"),
            ("keeps descriptor 5, 6", "import socket\nheld = socket.socketpair()"),
            ("keeps descriptor 5, 6, 7 open", "import asyncio\nloop = asyncio.new_event_loop()"),
            ("has memory that all copies would share", "import mmap\nshared = mmap.mmap(-1, 4096)"),
            ("starts threads when it is imported, which no copy would have: mine", "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True, name='mine').start()"),
            ("starts 1 threads", "import _thread\nlock = _thread.allocate_lock()\nlock.acquire()\n_thread.start_new_thread(lock.acquire, ())"),
            ("runs a process of its own, which no copy would have: sleep", "import subprocess\nchild = subprocess.Popen(['/bin/sleep', '600'])"),
            ("runs a process of its own", "import os, time\nif os.fork() == 0:\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(600)\n    os._exit(0)"),
            ("raises ValueError", "import os\ndef hook(): raise ValueError()\nos.register_at_fork(after_in_child=hook)"),
            ("dies of SIGABRT", "import os\nos.register_at_fork(after_in_child=os.abort)"),
            ("slow.Stubborn, that no copy can renew: TypeError", "import random\nclass Stubborn(random.Random):\n    def seed(self, a):\n        pass\nmine = Stubborn(1)"),
        ):
            with self.subTest(expected):
                self.assertIn(expected, self.refusal({"slow.py": script}, ["slow"]))

    def test_what_has_done_with_it_is_held(self):
        holder = self.holder(
            {
                "slow.py": "import asyncio, os, subprocess, threading\nasyncio.run(asyncio.sleep(0))\nsubprocess.run(['/bin/true'])\nopen('/dev/null').close()\n"
                "left = subprocess.Popen(['/bin/true'])\nos.waitid(os.P_PID, left.pid, os.WEXITED | os.WNOWAIT)\n"
                "thread = threading.Thread(target=print)\nthread.start()\nthread.join()"
            },
            ["slow"],
        )
        self.assertEqual(self.answer(holder, "import slow\nslow.left.wait()"), "0")

    def test_a_module_that_cannot_be_imported_is_left_to_the_function(self):
        holder = self.holder({"broken.py": "1 / 0", "exits.py": "raise SystemExit(3)", "fine.py": ""}, ["broken", "exits", "missing", "fine"])
        self.assertEqual(self.answer(holder, "import sys\n('fine' in sys.modules, 'broken' in sys.modules)"), "(True, False)")
        lines = [each[18:].decode() for each in holder.frames(0x15, holder.worker)]
        self.assertEqual([line.partition(" ")[0] for line in lines], ["broken", "exits", "missing"])


class WhatIsRandom(DependenciesCase):
    def drawn(self, deps, expression, **wanted):
        """What two copies draw, as lists."""
        holder = self.holder(deps, ["slow"], **wanted)
        return [eval(self.answer(holder, "import slow\n" + expression)) for _ in range(2)]

    def test_generators_without_a_seed_are_renewed_in_each_copy(self):
        script = """
import random
class Own(random.Random):
    pass
again = random.Random(5)
again.seed()
made = [random.Random(), Own(), again, random.Random(None), random.SystemRandom()]
draw = made[0].random
made[0].gauss(0, 1)
"""
        first, second = self.drawn({"slow.py": script}, "[each.random() for each in slow.made] + [slow.made[0].gauss(0, 1), slow.draw()]")
        self.assertEqual([one for one, other in zip(first, second) if one == other], [])

    def test_generators_with_a_seed_go_on_as_they_would_anywhere(self):
        script = "import random\nseeded, state = random.Random(5), random.Random()\nstate.setstate(seeded.getstate())\nfirst = seeded.random()"
        first, second = self.drawn({"slow.py": script}, "[slow.seeded.random(), slow.state.random(), slow.state.random(), type(slow.state).seed.__qualname__]")
        self.assertEqual(first, second)
        self.assertEqual((first[0], first[3]), (first[2], "Random.seed"))

    def test_those_of_numpy_are_renewed_as_well_with_every_python(self):
        script = """
import numpy.random as random
drawn = [random.default_rng(), random.Generator(random.MT19937()), random.Generator(random.Philox()), random.Generator(random.SFC64()),
         random.Generator(random.PCG64().jumped()), random.Generator(random.PCG64(random.SeedSequence().spawn(1)[0]))]
legacy = [random.RandomState(), random.RandomState(random.PCG64())]
legacy[0].standard_normal()
seeded = [random.default_rng(7), random.Generator(random.Philox(key=7)), random.Generator(random.PCG64(random.SeedSequence([1, 2])))]
legacy_seeded = [random.RandomState(7)]
"""
        expression = "([float(each.random()) for each in slow.drawn] + [float(each.standard_normal()) for each in slow.legacy], [float(each.random()) for each in slow.seeded] + [float(each.standard_normal()) for each in slow.legacy_seeded])"
        for python in pythons.found():
            with self.subTest(python=python.version):
                (first, alike), (second, also) = self.drawn({"slow.py": script}, expression, packages=True, python=python)
                self.assertEqual([one for one, other in zip(first, second) if one == other], [])
                self.assertEqual(alike, also)

    def test_numpy_is_held_though_it_starts_threads(self):
        holder = self.holder({"slow.py": "import numpy\nproduct = numpy.ones((300, 300)) @ numpy.ones((300, 300))"}, ["slow"], packages=True)
        self.assertEqual(json.loads(holder.frames(READY, holder.worker)[0])["mode"], "zygote")
        self.assertEqual(self.answer(holder, "import slow, numpy\nint((slow.product @ numpy.ones((300, 300)))[0][0])"), "90000")
