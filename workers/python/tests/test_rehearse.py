"""What a worker does while it waits for its function."""

import subprocess
import sys
import unittest

from platform_double import ROOT


class RehearsalTest(unittest.TestCase):
    def test_a_rehearsed_request_is_served_as_a_real_one_is(self):
        code = "import sys; sys.path.insert(0, %r); from mayfly_worker import rehearse; print(rehearse.serve_nobody(1))" % ROOT
        rehearsal = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True)
        self.assertEqual((rehearsal.stdout.strip(), rehearsal.stderr), (repr([b"HTTP/1.1 200"] * 2), ""))
