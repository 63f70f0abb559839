"""What others write is read under sanitizers, seconds long, or minutes with MAYFLY_SOAK=1."""

import os
import random
import subprocess
import unittest

import builds
from sandbox_case import SOAK

SECONDS = 300 if SOAK else 5


class Parsers(unittest.TestCase):
    def test_no_bytes_break_them(self):
        program = builds.parsers()
        seeds = [1, random.SystemRandom().randrange(1 << 30)]
        runs = [(seed, subprocess.Popen([program, str(SECONDS), str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1"})) for seed in seeds]
        for seed, run in runs:
            out, err = run.communicate()
            self.assertEqual(run.returncode, 0, "seed %d: %s" % (seed, err[-6000:]))
            self.assertGreater(int(out), 1000)

    def test_one_byte_too_far_would_be_found(self):
        done = subprocess.run([builds.parsers(), "canary"], capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("heap-buffer-overflow", done.stderr)


if __name__ == "__main__":
    unittest.main()
