"""Copies that go wrong: each is a failure that names its step, or works; its zygote lives or is seen to end; nothing is left of either."""

import os
import random
import signal
import time

import leftovers
import pythons
import tracer
from copies_case import CopiesCase
from mayfly_launcher import SpawnFailed
from sandbox_case import AS, SLOW, SOAK

#: Without the trial that would have found out.
UNTRIED = """
import os, mayfly_fork
os.write(4, b"\\0\\0\\0\\1\\x11")
if mayfly_fork.serve(3):
    exec(os.read(4, 65536).decode())
    sys.stdout.flush()
os._exit(0)
"""
#: So much to copy that it takes a while.
LARGE = "held = bytearray(64 << 20)"
LIBC = """
import ctypes
libc = ctypes.CDLL(None)
hook = ctypes.CFUNCTYPE(None)(libc.abort)
"""


class UntriedCopies(CopiesCase):
    def zygote(self, script="", **wanted):
        return self.zygote_of(pythons.system(), script, UNTRIED, **wanted)

    def fails(self, zygote, **wanted):
        return self.failure(**self.wanted_of(zygote, **wanted))

    def still_copies(self, zygote):
        zygote.pump(0)
        self.assertIsNone(zygote.ended, self.launcher_log())
        self.assertEqual(self.said(zygote, "print('fine')"), "fine")

    def nothing_but(self, *zygotes):
        pids = {zygote.pid for zygote in zygotes}
        leftovers.settle(lambda: {pid: name for pid, name in leftovers.sandboxes(self.launcher).items() if pid not in pids}, "processes are left")


class BrokenCopies(UntriedCopies):
    # --- what its libraries do

    def test_one_with_threads_is_not_copied(self):
        zygote = self.zygote("import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()")
        for _ in range(2):
            failed = self.fails(zygote)
            self.assertEqual(failed["step"], "threads", failed)
            self.assertIn("a copy would not have", failed["why"])
        self.nothing_but(zygote)

    def test_one_with_memory_that_copies_would_share_is_not_copied(self):
        zygote = self.zygote("import mmap\nheld = mmap.mmap(-1, 4096)")
        for _ in range(2):
            failed = self.fails(zygote)
            self.assertEqual(failed["step"], "memory", failed)
            self.assertIn("all copies would share", failed["why"])
        self.nothing_but(zygote)

    def test_memory_that_nobody_writes_or_that_is_private_is_no_hindrance(self):
        self.still_copies(self.zygote("""
import mmap, os
held = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS), mmap.mmap(os.open("/etc/passwd", os.O_RDONLY), 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
"""))

    def test_a_copy_that_dies_in_its_first_moments_is_a_failure(self):
        zygote = self.zygote(LIBC + "libc.__register_atfork(None, None, hook, None)")
        for _ in range(2):
            failed = self.fails(zygote)
            self.assertEqual(failed["step"], "copy", failed)
            self.assertIn("does not survive", failed["why"])
        self.nothing_but(zygote)

    def test_a_zygote_that_dies_while_it_prepares_is_one_too(self):
        zygote = self.zygote(LIBC + "libc.__register_atfork(hook, None, None, None)")
        self.assertEqual(self.fails(zygote)["step"], "zygote")
        zygote.wait_end()
        self.nothing_but()

    def test_what_a_hook_raises_is_told_and_the_copy_works(self):
        zygote = self.zygote("import os\ndef hook():\n    raise ValueError('mine')\nos.register_at_fork(after_in_child=hook)")
        sandbox = self.copied(zygote, "print('works')")
        sandbox.wait_end()
        self.assertEqual((sandbox.status, sandbox.text()), (0, "works"))
        self.assertIn("ValueError: mine", sandbox.text(2))

    def test_a_hook_that_ends_the_copy_is_a_failure(self):
        zygote = self.zygote("import os\nos.register_at_fork(after_in_child=lambda: os._exit(0))")
        self.assertEqual(self.fails(zygote)["step"], "copy")
        self.nothing_but(zygote)

    # --- what happens to it

    def test_one_that_is_stopped_for_a_moment_copies_after_it(self):
        zygote = self.zygote()
        os.kill(zygote.pid, signal.SIGSTOP)
        asked = self.launcher.request(**self.wanted_of(zygote))
        self.addCleanup(asked.close)
        asked.until(lambda: len(asked.peers) == 2, "its two connections")
        gone = self.launcher.request(**self.wanted_of(zygote))
        gone.until(lambda: len(gone.peers) == 2, "its two connections")
        gone.close()
        os.kill(zygote.pid, signal.SIGCONT)
        asked.wait_started()
        asked.close()
        self.still_copies(zygote)
        self.nothing_but(zygote)

    def test_copies_that_are_given_up_while_they_are_made_harm_no_zygote(self):
        zygote = self.zygote()
        for number in range(20 if SLOW else 300):
            asked = self.launcher.request(**self.wanted_of(zygote))
            if number % 3 == 1:
                asked.kill()
            elif number % 3 == 2:
                asked.until(lambda: asked.peers, "its first connection")
            time.sleep(random.random() * 0.003)
            asked.close()
        self.still_copies(zygote)
        self.nothing_but(zygote)

    def test_inits_that_are_killed_meanwhile_leave_it_whole_or_end_it(self):
        zygote = self.zygote(LARGE)
        for _ in range(10 if SLOW else 100):
            asked = self.launcher.request(**self.wanted_of(zygote))
            asked.until(lambda: len(asked.peers) == 2 or asked.failed, "its two connections")
            for pid, name in leftovers.sandboxes(self.launcher).items():
                if name == "mayfly-init":
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            asked.until(lambda: not asked.connection_open, "its end")
            asked.close()
            if not self.copies(zygote):
                zygote.wait_end()
                self.assertIn("a copy was ended while it was made", self.launcher_log())
                zygote.close()
                zygote = self.zygote(LARGE)
        self.nothing_but(zygote)

    def test_a_zygote_whose_memory_somebody_still_works_in_ends_at_once(self):
        if AS != "root":
            return  # others may not trace it
        zygote = self.zygote()
        tracer.seize(zygote.pid)
        asked = self.launcher.request(**self.wanted_of(zygote))
        self.addCleanup(asked.close)
        entering = tracer.born_of(zygote.pid)
        tracer.go_on(zygote.pid)
        tracer.go_on(entering)
        between = tracer.born_of(entering)
        tracer.end(entering)
        leftovers.settle(lambda: not tracer.has_ended(zygote.pid), "it goes on")
        tracer.let_go(between)
        asked.until(lambda: asked.started or asked.failed, "an outcome")
        zygote.wait_end()
        self.assertEqual(zygote.status, 1)
        self.assertIn("a copy was ended while it was made", self.launcher_log())
        asked.close()
        self.nothing_but()

    def test_a_sandbox_with_little_of_a_processor_has_a_whole_one_while_its_zygote_waits_for_it(self):
        if AS != "root" or not self.launcher.proved("cpu"):
            return
        zygote = self.zygote()
        tracer.seize(zygote.pid)
        asked = self.launcher.request(**self.wanted_of(zygote, cpu=10))
        self.addCleanup(asked.close)
        entering = tracer.born_of(zygote.pid)
        (init,) = [pid for pid, name in leftovers.sandboxes(self.launcher).items() if name == "mayfly-init"]
        self.assertEqual(leftovers.share(init), 100_000)
        tracer.let_go(entering)
        tracer.let_go(zygote.pid)
        asked.wait_started()
        self.assertEqual(leftovers.share(init), 1000)
        asked.close()
        self.still_copies(zygote)

    def copies(self, zygote):
        """False: it has ended."""
        with self.launcher.request(**self.wanted_of(zygote)) as asked:
            asked.until(lambda: asked.started or asked.failed, "an outcome")
            if asked.failed:
                self.assertEqual(asked.failed["step"], "zygote", asked.failed)
            return bool(asked.started)

    def test_a_sandbox_that_is_too_small_fails_and_its_zygote_does_not(self):
        zygote = self.zygote(LARGE)
        for memory in (1 << 20, 2 << 20, 4 << 20):
            asked = self.launcher.request(**self.wanted_of(zygote, memory=memory))
            asked.until(lambda: asked.failed or asked.started or not asked.connection_open, "an outcome")
            asked.close()
        self.still_copies(zygote)

    # --- many

    def test_many_at_once_and_in_a_row_leave_it_as_it_was(self):
        zygote = self.zygote()
        self.still_copies(zygote)
        before = self.state(zygote)
        for _ in range(40 if SLOW else 10_000 if SOAK else 300):
            sandbox = self.copied(zygote, "print(os.getppid(), os.getpid(), len(os.listdir('/proc/self/task')), len(os.listdir('/proc/self/fd')))")
            sandbox.wait_end()
            self.assertEqual((sandbox.status, sandbox.text()), (0, "1 3 1 6"))
            sandbox.close()
        at_once = [self.launcher.request(**self.wanted_of(zygote)) for _ in range(20 if SLOW else 200)]
        for sandbox in at_once:
            self.addCleanup(sandbox.close)
            try:
                sandbox.wait_started()
            except SpawnFailed as failed:
                self.fail(str(failed))
        for sandbox in at_once:
            sandbox.close()
        self.nothing_but(zygote)
        self.assertEqual(self.state(zygote), before)

    def state(self, zygote):
        return leftovers.stable(lambda: (leftovers.descriptors(self.launcher.pid), leftovers.descriptors(zygote.pid) if AS == "root" else None))
