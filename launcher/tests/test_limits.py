"""Limits. Where the ready line says that one is not proved here, these tests hold the launcher to that as well: nothing may pretend to be limited."""

import os
import shutil
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import leftovers
from mayfly_launcher import PATIENCE
from sandbox_case import SandboxCase, compile_c, folder, py, sh

TAKE = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  size_t size = strtoul(argv[1], NULL, 10) << 20;
  if (argc > 2 && fork()) {
    int status;
    wait(&status);
    printf("my child ended with %d\\n", status);
    fflush(stdout);
    sleep(600);
  }
  char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes == MAP_FAILED) return 3;
  for (size_t at = 0; at < size; at += 4096) bytes[at] = 1;
  printf("took it\\n");
  return 0;
}
"""


class Memory(SandboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = folder()
        cls.addClassCleanup(shutil.rmtree, cls.source)
        compile_c(cls.source, "take", TAKE)

    def take(self, *arguments, memory=32 << 20):
        sandbox = self.spawn(argv=["/var/task/take", *map(str, arguments)], mount=["ro /var/task %s" % self.source], memory=memory)
        return sandbox

    def test_a_program_that_takes_too_much_is_ended_and_told_as_out_of_memory(self):
        sandbox = self.take(96)
        ended = sandbox.wait_end()
        if self.launcher.proved("memory"):
            self.assertEqual((ended["oom"], sandbox.lines()), ("1", []))
            self.assertTrue(24 << 20 <= int(ended["peak"]) <= 33 << 20, ended)
        else:
            self.assertEqual((ended["oom"], ended["peak"], sandbox.lines()), ("0", "-1", [b"took it"]))

    def test_a_child_that_takes_too_much_ends_the_whole_sandbox(self):
        for _ in range(8):
            sandbox = self.take(96, "child")
            if not self.launcher.proved("memory"):
                sandbox.wait_line("my child ended with 0")
                sandbox.kill()
            self.assertEqual(sandbox.wait_end()["oom"], "1" if self.launcher.proved("memory") else "0")

    def test_where_memory_runs_out_before_the_start_was_told_it_is_told_as_out_of_memory_too(self):
        if not self.launcher.proved("memory"):
            return
        rounds = 200 if leftovers.memory_on_v1() else 20  # a kernel in a process takes a second for each
        with ThreadPoolExecutor(32) as pool:
            ends = list(pool.map(lambda _: self.take(96, "child").wait_end()["oom"], range(rounds)))
        self.assertEqual(set(ends), {"1"})

    def test_a_program_within_its_limit_is_not_out_of_memory(self):
        sandbox = self.take(20)
        self.assertEqual((sandbox.wait_end()["oom"], sandbox.lines()), ("0", [b"took it"]))

    def test_many_at_once_are_each_held_to_their_own_limit(self):
        if not self.launcher.proved("memory"):
            return
        large, small = [self.take(96) for _ in range(4)], [self.take(96, memory=160 << 20) for _ in range(4)]
        self.assertEqual([sandbox.wait_end()["oom"] for sandbox in large + small], ["1"] * 4 + ["0"] * 4)

    def test_files_in_tmp_and_shared_memory_count_as_memory(self):
        for place in ("/tmp/fill", "/dev/shm/fill"):
            sandbox = self.finished(sh("head -c 64M /dev/zero >%s && echo filled" % place), memory=32 << 20, tmp=128 << 20)
            if self.launcher.proved("memory"):
                self.assertNotIn("filled", sandbox.text())
                # Where launchers end what is out of memory, a write may be refused before that: ENOMEM, and the program ends by itself.
                refused = leftovers.memory_on_v1() and "Cannot allocate memory" in sandbox.text(2)
                self.assertTrue(sandbox.ended["oom"] == "1" or refused, (sandbox.ended, sandbox.text(2)))
            else:
                self.assertEqual(sandbox.ended["oom"], "0")

    def test_killed_by_the_server_is_not_out_of_memory(self):
        sandbox = self.spawn(argv=sh("sleep 60"))
        sandbox.kill()
        self.assertEqual(sandbox.wait_end()["oom"], "0")


class Processes(SandboxCase):
    FORK = """
        import os, time
        made = 0
        try:
            for _ in range(200):
                if os.fork() == 0:
                    time.sleep(600)
                    os._exit(0)
                made += 1
        except BlockingIOError:
            pass
        print(made)
    """

    def test_a_program_can_make_as_many_processes_as_it_may(self):
        for allowed in (1, 2, 20):
            made = int(self.printed(py(self.FORK), pids=allowed))
            if self.launcher.proved("pids"):
                self.assertTrue(allowed - 2 <= made <= allowed, (allowed, made))
            else:
                self.assertEqual(made, 200)

    def test_threads_count_as_well(self):
        made = int(self.printed(py("""
            import _thread, time
            made = 0
            try:
                for _ in range(100):
                    _thread.start_new_thread(time.sleep, (600,))
                    made += 1
            except RuntimeError:
                pass
            print(made, flush=True)
            import os; os._exit(0)
        """), pids=20, memory=512 << 20))
        self.assertEqual(made < 21, self.launcher.proved("pids"), made)

    def test_a_fork_bomb_stays_in_its_sandbox_and_can_be_ended(self):
        bomb = self.spawn(argv=sh("bomb() { bomb | bomb & }; (bomb); exec sleep 60"), pids=30)
        self.assertEqual(self.printed(py(self.FORK), pids=20) != "0", True)
        bomb.kill()
        bomb.wait_end()

    def test_neighbours_of_the_same_user_do_not_share_their_limit(self):
        """The users of sandboxes may be one and the same outside; where each has a limit, it is its own."""
        one = self.spawn(argv=py(self.FORK + "\n        time.sleep(600)"), pids=20)
        one.until(lambda: one.lines(2) or True, "nothing")
        made = int(self.printed(py(self.FORK), pids=20))
        self.assertGreaterEqual(made, 18)

    def test_an_own_limit_of_processes_is_kept_even_where_there_are_no_groups(self):
        self.assertTrue(self.launcher.proved("pids"), self.launcher.check("pids"))


class Processor(SandboxCase):
    def test_a_share_of_a_processor_is_kept(self):
        """By how often the kernel held it, which no load of the machine changes."""
        sandbox = self.spawn(argv=sh("while :; do :; done"), cpu=200)
        if self.launcher.proved("cpu"):
            leftovers.settle(lambda: leftovers.throttled(sandbox.pid) < 5 and "not held", "a loop at a fifth of a processor", PATIENCE)

    def test_who_keeps_below_a_share_is_not_held(self):
        sandbox = self.spawn(argv=sh("sleep 0.3; echo began; sleep 0.5; echo slept; sleep 60"), cpu=500)
        sandbox.wait_line("began")
        before = leftovers.throttled(sandbox.pid)
        sandbox.wait_line("slept")
        self.assertEqual(leftovers.throttled(sandbox.pid), before)

    def test_children_share_it(self):
        if not self.launcher.proved("cpu"):
            return
        sandbox = self.spawn(argv=sh("for i in 1 2 3 4; do while :; do :; done & done; sleep 600"), cpu=300)
        begun = time.monotonic()
        time.sleep(0.6)
        sandbox.kill()
        ended = sandbox.wait_end()
        passed = time.monotonic() - begun
        self.assertLess(int(ended["cpu"]), (0.3 * passed + 0.4) * 1_000_000, (ended, passed))


class Files(SandboxCase):
    def test_a_file_ends_at_its_limit(self):
        self.assertEqual(self.printed(py("""
            import errno, os
            file = os.open("/tmp/large", os.O_WRONLY | os.O_CREAT)
            for change in (lambda: os.ftruncate(file, 65537), lambda: os.pwrite(file, b"x", 65536)):
                try:
                    change()
                except OSError as e:
                    print(e.errno == errno.EFBIG)
            os.ftruncate(file, 65536)
            print(os.fstat(file).st_size)
        """), fsize=65536).split(), ["True", "True", "65536"])

    def test_without_a_limit_a_file_may_have_what_fits(self):
        self.assertEqual(self.printed(py("""
            import os
            os.truncate(os.open("/tmp/large", os.O_WRONLY | os.O_CREAT), 1 << 40)
            print(os.stat("/tmp/large").st_size)
        """)).split(), [str(1 << 40)])


class Tmp(SandboxCase):
    def fill(self, script, **wanted):
        self.assertTrue(self.launcher.proved("tmp"))
        return self.printed(py(script), **wanted)

    BYTES = """
        import os
        written = 0
        try:
            with open("%s/fill", "wb", 0) as file:
                for _ in range(512):
                    written += file.write(bytes(65536))
        except OSError as error:
            print(error.errno, written)
    """

    def test_bytes_end_at_the_limit(self):
        for place in ("/tmp", "/dev/shm"):
            error, written = self.fill(self.BYTES % place, tmp=4 << 20).split()
            self.assertEqual(error, "28")
            self.assertTrue(3 << 20 <= int(written) <= 4 << 20, written)

    def test_both_places_share_one_limit(self):
        error, written = self.fill("""
        import os
        os.posix_fallocate(os.open("/dev/shm/part", os.O_CREAT | os.O_WRONLY), 0, 3 << 20)
        """ + self.BYTES % "/tmp", tmp=4 << 20).split()
        self.assertEqual(error, "28")
        self.assertLessEqual(int(written), 1 << 20)

    def test_inodes_end_at_the_limit(self):
        error, made = self.fill("""
            import os
            made = 0
            try:
                for number in range(1000):
                    os.close(os.open("/tmp/%d" % number, os.O_CREAT | os.O_WRONLY))
                    made += 1
            except OSError as error:
                print(error.errno, made)
        """, inodes=64).split()
        self.assertEqual(error, "28")
        self.assertTrue(50 <= int(made) <= 64, made)

    def test_no_bytes_at_all_leave_a_usable_sandbox(self):
        self.assertEqual(self.printed(sh("echo ok; (head -c 1M /dev/zero >/tmp/x) 2>/dev/null || echo full"), tmp=0), "ok\nfull")

    def test_every_writable_place_is_limited(self):
        """Nothing but the two can be written, so nothing else can be filled."""
        printed = self.printed(py("""
            import os
            for line in open("/proc/self/mountinfo"):
                place = line.split()[4]
                try:
                    os.close(os.open(place + "/x", os.O_CREAT | os.O_WRONLY))
                    print(place)
                except OSError:
                    pass
        """))
        self.assertEqual(set(printed.split()), {"/dev/shm", "/tmp"})


if __name__ == "__main__":
    unittest.main()
