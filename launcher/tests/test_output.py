"""What a program prints arrives as frames, one for each line, whatever it prints and however slowly the server reads."""

import os
import time
import unittest

import leftovers
from mayfly_launcher import EXIT, LOG
from sandbox_case import SLOW, SandboxCase, py, sh

LONGEST = 64 * 1024


class Output(SandboxCase):
    def test_lines_of_both_streams_arrive_in_order(self):
        sandbox = self.finished(sh("for i in 1 2 3; do echo out $i; echo err $i >&2; done"))
        self.assertEqual(sandbox.lines(1), [b"out 1", b"out 2", b"out 3"])
        self.assertEqual(sandbox.lines(2), [b"err 1", b"err 2", b"err 3"])

    def test_a_log_frame_says_when_and_belongs_to_no_invocation(self):
        before = int(time.time() * 1000)
        log = self.finished(sh("echo x")).logs()[0]
        self.assertEqual((log.invocation, log.stream, log.level), (0, 1, 0))
        self.assertTrue(before - 1 <= log.millis <= int(time.time() * 1000) + 1, log)

    def test_the_last_line_needs_no_newline(self):
        self.assertEqual(self.finished(sh("printf 'one\\n\\ntwo'")).lines(), [b"one", b"", b"two"])

    def test_a_line_written_in_pieces_arrives_whole(self):
        self.assertEqual(self.finished(sh("printf a; sleep 0.05; printf b; sleep 0.05; echo c")).lines(), [b"abc"])

    def test_lines_up_to_64_kib_arrive_whole_and_longer_ones_in_pieces(self):
        for size, pieces in ((LONGEST - 1, [LONGEST - 1]), (LONGEST, [LONGEST]), (LONGEST + 1, [LONGEST, 1]), (3 * LONGEST, [LONGEST] * 3)):
            sandbox = self.finished(py("import os, sys; sys.stdout.write('x' * %d + '\\nend\\n')" % size))
            self.assertEqual([len(line) for line in sandbox.lines()], [*pieces, 3], size)

    def test_binary_arrives_as_it_was_written(self):
        sandbox = self.finished(py("import os; os.write(1, bytes(range(256)) * 4)"))
        self.assertEqual(b"\n".join(sandbox.lines()), bytes(range(256)) * 4)

    def test_what_was_said_last_comes_before_exit(self):
        sandbox = self.finished(sh("echo before; echo error >&2; kill -9 $$"))
        self.assertEqual([kind for kind, _ in sandbox.init.frames][-3:], [LOG, LOG, EXIT])

    def test_a_child_that_holds_the_output_open_does_not_delay_the_end(self):
        begun = time.monotonic()
        sandbox = self.finished(sh("sleep 600 & echo done"))
        self.assertEqual(sandbox.lines(), [b"done"])
        self.assertLess(time.monotonic() - begun, 300)

    def test_a_flood_meets_a_slow_reader_and_nothing_is_lost_or_kept_in_memory(self):
        count = 20000 if SLOW else 200000
        sandbox = self.spawn(argv=py("""
            import sys
            for i in range(%d):
                sys.stdout.write("%%06d " %% i + "x" * 60 + "\\n")
        """ % count), memory=32 << 20)
        resident = leftovers.resident(sandbox.pid) if os.geteuid() == 0 else 0
        time.sleep(0.3)  # nothing reads
        self.assertIsNone(sandbox.ended)
        if os.geteuid() == 0:
            self.assertLess(leftovers.resident(sandbox.pid), resident + 2048)
        sandbox.wait_end(seconds=120)
        self.assertEqual([int(line[:6]) for line in sandbox.lines()], list(range(count)))
        self.assertEqual(sandbox.status, 0)

    def test_a_server_that_never_reads_again_can_still_end_it(self):
        sandbox = self.spawn(argv=sh("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"))
        time.sleep(0.2)
        sandbox.connection.close()
        leftovers.settle(lambda: os.path.exists("/proc/%d" % sandbox.pid), "the init is left")


if __name__ == "__main__":
    unittest.main()
