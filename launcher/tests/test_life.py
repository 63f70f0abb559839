"""How sandboxes begin and end: statuses, signals, orphans, and everything that takes all of it along."""

import os
import signal
import time
import unittest

import leftovers
from mayfly_launcher import PATIENCE, Launcher, fields_frame
from sandbox_case import SLOW, SandboxCase, py, sh

# Leaves processes behind in every way there is: a child, a grandchild in a session of its own, one that ignores every signal.
SPREAD = """
    import os, signal, sys, time
    for ways in range(4):
        if os.fork() == 0:
            if ways & 1:
                os.setsid()
            if ways & 2 and os.fork():
                os._exit(0)
            for number in range(1, 65):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            print("spread", flush=True)
            time.sleep(600)
"""
STAY = SPREAD + """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("staying", flush=True)
    time.sleep(600)
"""


class EmptyPool(SandboxCase):
    def test_sandboxes_end_and_begin_in_their_order_while_networks_are_made(self):
        maker = next((pid for pid in self.launcher.helpers if leftovers.read("/proc/%d/comm" % pid).strip() == b"mayfly-netmaker"), None)
        self.assertIsNotNone(maker, self.launcher.helpers)
        first = self.spawn(argv=sh("sleep 600"))
        wanted = {"mount": ["ro /var/task /usr/bin", "ro /opt/deps /usr"], "argv": sh("test -d /opt/deps/bin && test -e /var/task/env && echo ran")}
        os.kill(maker, signal.SIGSTOP)
        try:
            many = [self.launcher.request(**wanted) for _ in range(20)]
            for sandbox in many:
                self.addCleanup(sandbox.close)
            gone = self.launcher.request(argv=sh("echo ran"))
            first.kill()
            first.wait_end()  # while most of the others wait
            self.assertTrue([one for one in many if not one.pump(0) and not one.started])
            gone.close()
        finally:
            os.kill(maker, signal.SIGCONT)
        for sandbox in many:
            sandbox.wait_end()
            self.assertEqual(sandbox.lines(), [b"ran"])


class Ends(SandboxCase):
    def test_the_exit_status_is_told_by_init_and_by_the_launcher(self):
        for status in (0, 1, 3, 127, 255):
            sandbox = self.finished(sh("exit %d" % status))
            self.assertEqual((sandbox.exit[0], sandbox.status), (status, status))

    def test_a_signal_is_told_as_128_and_its_number(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT):
            sandbox = self.finished(py("import os; os.kill(os.getpid(), %d); import time; time.sleep(60)" % number))
            self.assertEqual((sandbox.exit[0], sandbox.status), (128 + number, 128 + number))

    def test_a_program_that_is_not_there_says_so_on_its_standard_error(self):
        sandbox = self.finished(["/no/such/program"])
        self.assertEqual((sandbox.status, sandbox.text(2)), (127, "cannot start /no/such/program: No such file or directory"))

    def test_a_program_that_may_not_be_run_says_so(self):
        sandbox = self.finished(["/etc/passwd"])
        self.assertEqual((sandbox.status, sandbox.text(2)), (127, "cannot start /etc/passwd: Permission denied"))

    def test_a_folder_that_is_not_there_says_so(self):
        sandbox = self.finished(["/bin/true"], cwd="/nowhere")
        self.assertEqual(sandbox.status, 127)
        self.assertIn("cannot enter /nowhere: No such file or directory", sandbox.text(2))

    def test_started_names_the_pid_and_the_steps(self):
        sandbox = self.spawn(argv=sh("sleep 60"))
        self.assertTrue(os.path.exists("/proc/%d" % sandbox.pid))
        steps = dict(step.split(":") for step in sandbox.started["steps"].split(","))
        self.assertLessEqual({"clone", "cgroup", "sockets", "network", "mounts", "rights", "start"}, set(steps))

    def test_what_the_program_leaves_behind_dies_with_it(self):
        sandbox = self.finished(py(SPREAD))
        self.assertEqual(sandbox.status, 0)
        leftovers.settle(lambda: leftovers.sandboxes(self.launcher), "processes are left")

    def test_orphans_are_reaped(self):
        printed = self.printed(py("""
            import os, time
            for _ in range(50):
                if os.fork() == 0:
                    if os.fork():
                        os._exit(0)
                    os._exit(0)
                os.wait()
            deadline = time.time() + 10
            def others():
                return [n for n in os.listdir("/proc") if n.isdigit() and int(n) not in (1, os.getpid())]
            while others() and time.time() < deadline:
                time.sleep(0.01)
            print(others())
        """))
        self.assertEqual(printed, "[]")

    def test_term_reaches_the_program(self):
        sandbox = self.spawn(argv=sh("trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"))
        sandbox.wait_line("up")
        sandbox.term()
        sandbox.wait_end()
        self.assertEqual((sandbox.status, sandbox.lines()), (7, [b"up", b"bye"]))

    def test_term_sent_together_with_spawn_is_not_lost(self):
        sandbox = self.launcher.request(argv=sh("sleep 60"))
        self.addCleanup(sandbox.close)
        sandbox.term()
        self.assertEqual(sandbox.wait_end()["status"], str(128 + signal.SIGTERM))

    def test_two_frames_in_one_packet_are_both_obeyed(self):
        sandbox = self.spawn(argv=sh("trap 'echo term' TERM; echo up; while :; do sleep 0.05; done"))
        sandbox.wait_line("up")
        sandbox.connection.sendall(fields_frame("term") + fields_frame("kill"))
        self.assertEqual(sandbox.wait_end()["status"], str(128 + signal.SIGKILL))

    def test_a_program_that_ignores_term_is_killed(self):
        sandbox = self.spawn(argv=py(STAY))
        sandbox.wait_line("staying")
        sandbox.term()
        sandbox.kill()
        self.assertEqual(sandbox.wait_end()["status"], "137")
        self.assert_gone(sandbox)

    def test_the_program_cannot_end_its_init(self):
        self.assertEqual(self.printed(sh("kill -9 1; kill -STOP 1; sleep 0.1; echo still here")), "still here")

    def assert_gone(self, sandbox):
        leftovers.settle(lambda: os.path.exists("/proc/%d" % sandbox.pid), "the init is left")

    def test_closing_the_connection_ends_everything(self):
        sandbox = self.spawn(argv=py(STAY))
        sandbox.wait_line("staying")
        sandbox.connection.close()
        self.assert_gone(sandbox)

    def test_closing_it_right_after_spawn_ends_everything(self):
        for _ in range(30):
            sandbox = self.launcher.request(argv=py(STAY))
            sandbox.connection.close()
            sandbox.close()
        leftovers.settle(lambda: leftovers.sandboxes(self.launcher), "sandboxes are left")

    def test_a_server_that_closes_the_control_channel_ends_everything(self):
        sandbox = self.spawn(argv=py(STAY))
        sandbox.wait_line("staying")
        sandbox.init.connection.close()
        sandbox.init.open = False
        sandbox.wait_end()
        self.assert_gone(sandbox)

    def test_the_cpu_counter_can_be_read_while_it_runs_and_the_last_value_is_plausible(self):
        sandbox = self.spawn(argv=py("""
            import time
            while time.process_time() < 0.3:
                pass
            print("burnt", flush=True)
            time.sleep(600)
        """))
        sandbox.wait_line("burnt")
        if self.launcher.proved("counter"):
            counter = leftovers.read(sandbox.started["counter"]).decode()
            micros = int(counter.split()[1]) if counter.startswith("usage_usec") else int(counter) // 1000
            self.assertGreater(micros, 250_000)
        else:
            self.assertEqual(sandbox.started["counter"], "")
        sandbox.term()
        ended = sandbox.wait_end()
        self.assertTrue(290_000 <= sandbox.exit[1] <= 3_000_000, sandbox.exit)
        if self.launcher.proved("counter"):
            self.assertTrue(300_000 <= int(ended["cpu"]) <= 3_000_000, ended)
            self.assertGreaterEqual(int(ended["cpu"]) + 20_000, sandbox.exit[1])
        else:
            self.assertEqual(ended["cpu"], "-1")


class Deaths(unittest.TestCase):
    """Of the launcher, with sandboxes alive and others just starting."""

    def start(self):
        launcher = Launcher()
        self.addCleanup(launcher.close)
        alive = [launcher.spawn(argv=py(STAY)) for _ in range(3)]
        for sandbox in alive:
            self.addCleanup(sandbox.close)
            sandbox.wait_line("staying")
        for _ in range(5):
            self.addCleanup(launcher.request(argv=py(STAY)).close)
        return launcher

    def test_the_end_of_standard_input_ends_everything(self):
        launcher = self.start()
        launcher.process.stdin.close()
        self.assertEqual(launcher.process.wait(PATIENCE), 0)
        leftovers.none(launcher)
        self.assertFalse(os.path.exists(launcher.socket_path))

    def test_it_ends_after_all_that_it_began(self):
        for _ in range(3 if SLOW else 25):
            launcher = Launcher(options=("--probed", "yes"))
            self.addCleanup(launcher.close)
            with launcher.spawn(argv=py(STAY)):
                pass  # a network is being made now
            launcher.close()
            self.assertEqual([pid for pid in launcher.helpers if os.path.exists("/proc/%d" % pid)], [])

    def test_sigterm_ends_everything(self):
        launcher = self.start()
        launcher.process.terminate()
        self.assertEqual(launcher.process.wait(PATIENCE), 0)
        leftovers.none(launcher)

    def test_kill_9_ends_every_process_and_the_next_start_sweeps_the_rest(self):
        launcher = self.start()
        launcher.kill()
        leftovers.settle(lambda: leftovers.processes(launcher), "processes are left")
        self.assertEqual(leftovers.mounts(launcher), [])
        with Launcher(key=launcher.key, directory=launcher.directory) as successor:
            successor.user = launcher.user
            with successor.spawn(argv=sh("echo healed")) as sandbox:
                sandbox.wait_end()
                self.assertEqual(sandbox.text(), "healed")
        leftovers.none(launcher)

    def test_kill_9_at_any_moment_of_a_start_leaves_no_process(self):
        for moment in range(3 if SLOW else 12):
            launcher = Launcher()
            self.addCleanup(launcher.close)
            starting = [launcher.request(argv=py(STAY)) for _ in range(4)]
            time.sleep(moment / 4000)
            launcher.kill()
            leftovers.settle(lambda launcher=launcher: leftovers.processes(launcher), "processes are left")
            for sandbox in starting:
                sandbox.close()
            Launcher(key=launcher.key, directory=launcher.directory).close()
            leftovers.none(launcher)

    def test_an_init_that_is_killed_from_outside_is_told_as_ended(self):
        with Launcher() as launcher:
            sandbox = launcher.spawn(argv=py(STAY))
            self.addCleanup(sandbox.close)
            sandbox.wait_line("staying")
            os.kill(sandbox.pid, signal.SIGKILL)
            self.assertEqual(sandbox.wait_end()["status"], "137")
            self.assertIsNone(sandbox.exit)

    def test_a_second_launcher_of_another_home_runs_beside_it(self):
        with Launcher() as one, Launcher() as two:
            with one.spawn(argv=sh("sleep 60")) as first, two.spawn(argv=sh("echo two")) as second:
                second.wait_end()
                self.assertEqual(second.text(), "two")
                two.close()
                first.kill()
                first.wait_end()


if __name__ == "__main__":
    unittest.main()
