"""How long who asks for a copy waits for it: for what goes on, not for what hangs. It takes its time and is the same for every user."""

import os
import signal

from test_copies_broken import UntriedCopies


class Patience(UntriedCopies):
    def all_start(self, zygote, count):
        asked = [self.launcher.request(**self.wanted_of(zygote)) for _ in range(count)]
        for sandbox in asked:
            self.addCleanup(sandbox.close)
        for sandbox in asked:
            sandbox.wait_started(300)  # others may want the processors as well
        for sandbox in asked:
            sandbox.close()
        self.nothing_but(zygote)

    def test_one_that_does_not_answer_is_ended_and_so_is_one_whose_copies_do_not(self):
        stopped, asleep = self.zygote(), self.zygote("import os, time\nos.register_at_fork(after_in_child=lambda: time.sleep(600))")
        os.kill(stopped.pid, signal.SIGSTOP)
        asked = [(zygote, step, self.launcher.request(**self.wanted_of(zygote))) for zygote, step in ((stopped, "zygote"), (asleep, "copy"))]
        for zygote, step, sandbox in asked:
            self.addCleanup(sandbox.close)
            failed = sandbox.wait_failed()
            self.assertEqual(failed["step"], step, failed)
            self.assertIn("timed out", failed["why"])
            zygote.wait_end()
        self.nothing_but()

    def test_one_that_answers_others_is_not_ended_for_one_that_waits_in_vain(self):
        zygote = self.zygote("import os, socket, time\nos.register_at_fork(after_in_child=lambda: socket.gethostname() == 'asleep' and time.sleep(600))")
        asleep = self.launcher.request(**self.wanted_of(zygote), hostname="asleep")
        self.addCleanup(asleep.close)
        while asleep.failed is None:
            self.still_copies(zygote)
            asleep.pump(0)
        self.assertIn("timed out", asleep.failed["why"])
        self.still_copies(zygote)
        self.nothing_but(zygote)

    def test_one_that_answers_one_after_the_other_is_waited_for_by_the_last_as_well(self):
        """Which takes longer here than anybody waits for one that says nothing at all."""
        zygote = self.zygote("import os, time\nos.register_at_fork(before=lambda: time.sleep(0.4))")
        self.all_start(zygote, 16)

    def test_copies_that_wait_for_a_processor_are_waited_for(self):
        """Each has a second of work, and so many share a processor that none is done when one that hangs would be given up."""
        zygote = self.zygote("import os, time\ndef work():\n while time.process_time() < 1: pass\nos.register_at_fork(after_in_child=work)")
        self.all_start(zygote, 6 * os.cpu_count())
