"""The thread that waits for a first connection: it serves it unless it would be another kind of thread than those of the next ones."""

import os
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = """
import sys, threading
sys.path.insert(0, %r)
from mayfly_worker.standby import Standby
standby, done = Standby(), threading.Event()
%s
standby.begin(done.set)
print(done.wait(%s))
"""


class StandbyTest(unittest.TestCase):
    def begun(self, change, seconds):
        run = subprocess.run([sys.executable, "-c", PROGRAM % (ROOT, change, seconds)], stdout=subprocess.PIPE, check=True)
        return run.stdout.strip() == b"True"

    def test_it_does_what_it_is_told(self):
        self.assertTrue(self.begun("", 60))

    def test_it_does_not_where_threads_are_others_by_now(self):
        for change in ("threading.stack_size(1 << 20)", "threading.setprofile(lambda *_: None)", "threading._start_joinable_thread = threading._start_new_thread = print", "threading.Thread = None"):
            with self.subTest(change):
                self.assertFalse(self.begun(change, 0.2))


if __name__ == "__main__":
    unittest.main()
