"""From the first frame to the last: loading, environment, drain, exit, and what init does about it all."""

import os
import signal
import subprocess
import sys
import time
import unittest

from platform_double import ROOT, Instance

APP = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [%s]\n"


def app(expression, before="", files=(), file="app.py", **options):
    return Instance({file: before + "\n" + APP % expression, **dict(files)}, file, "app", "app", **options)


class LoadingTest(unittest.TestCase):
    def test_the_environment_is_what_the_platform_names_and_nothing_else(self):
        with app("repr(sorted(os.environ.items())).encode()", before="import os", env={"A": "1", "TZ": "Asia/Tokyo"}) as instance:
            instance.ready()
            self.assertEqual(instance.get()[1], repr([("A", "1"), ("TZ", "Asia/Tokyo")]))

    def test_nothing_of_the_platform_is_readable_in_proc(self):
        expression = "open('/proc/self/environ').read().encode() + open('/proc/self/cmdline').read().encode()"
        with app(expression, env={"A_SECRET": "hush"}) as instance:
            instance.ready()
            text = instance.get()[1]
            self.assertNotIn("SECRET", text)
            self.assertNotIn("hush", text)

    def test_time_zone_folder_and_paths_are_the_functions(self):
        before = "import os, sys, time"
        with app("repr([time.tzname[0], os.getcwd(), sys.path[0], sys.dont_write_bytecode]).encode()", before=before, env={"TZ": "UTC"}) as instance:
            instance.ready()
            self.assertEqual(instance.get()[1], repr(["UTC", instance.code, instance.code, True]))
            self.assertFalse([name for name in os.listdir(instance.code) if name != "app.py"])

    def test_only_its_three_descriptors_and_the_standard_ones_are_open(self):
        with app("repr([os.readlink('/proc/self/fd/%d' % fd).split(':')[0] for fd in fds]).encode()", before="import os\nfds = [int(fd) for fd in os.listdir('/proc/self/fd')][:-1]") as instance:
            instance.ready()
            self.assertEqual(instance.get()[1], repr(["/dev/null", "pipe", "pipe", "socket", "socket"]))

    def test_modules_are_found_in_the_project_then_in_the_dependencies(self):
        files = {"lib/both.py": "who = 'deps'", "lib/only.py": "who = 'deps'", "both.py": "who = 'project'", "api/near.py": "who = 'near'"}
        instance = app("(both.who + only.who + near.who + rel.who).encode()", before="import both, only\nfrom api import near\nfrom . import near as rel", files=files, file="api/x.py")
        instance.specification["deps"] = os.path.join(instance.code, "lib")
        with instance:
            instance.ready()
            self.assertEqual(instance.get()[1], "projectdepsnearnear")

    def test_path_files_of_dependencies_are_honoured(self):
        instance = app("far.who.encode()", before="import far", files={"lib/x.pth": "inner\n", "lib/inner/far.py": "who = 'far'"})
        instance.specification["deps"] = os.path.join(instance.code, "lib")
        with instance:
            instance.ready()
            self.assertEqual(instance.get()[1], "far")

    def test_any_file_name_can_be_a_function(self):
        with app("__name__.encode()", file="api/p/[id].py") as instance:
            instance.ready()
            self.assertEqual(instance.get()[1], "api.p.[id]")

    def test_a_package_is_imported_before_its_module(self):
        with app("mark.encode()", before="from . import mark", files={"api/__init__.py": "mark = 'package'"}, file="api/x.py") as instance:
            instance.ready()
            self.assertEqual(instance.get()[1], "package")

    def test_failures_to_load_are_told_in_the_users_words(self):
        failures = {
            "import nonesuch": ("import_failed", "ModuleNotFoundError: No module named 'nonesuch' (api/x.py, line 1)"),
            "def f(:": ("import_failed", "SyntaxError: invalid syntax (api/x.py, line 1)"),
            "raise ValueError('two\\nlines')": ("import_failed", "ValueError: two (api/x.py, line 1)"),
            "import sys; sys.exit(3)": ("import_failed", "SystemExit: 3 (api/x.py, line 1)"),
            "x = 1": ("no_entrypoint", "api/x.py defines no `app`"),
        }
        for source, (code, message) in failures.items():
            with self.subTest(source), Instance({"api/x.py": source}, "api/x.py", "app", "app") as instance:
                kind, report = instance.outcome()
                self.assertEqual((kind, report["code"], report["message"]), ("failed", code, message))
                self.assertNotIn(instance.code, report["detail"])
                self.assertNotIn("mayfly_worker", report["detail"])
                if code == "import_failed":
                    self.assertIn('File "api/x.py", line 1', report["detail"])
                self.assertEqual(instance.exit()[0], 1)

    def test_a_handler_must_be_a_request_handler(self):
        with Instance({"x.py": "class handler: pass"}, "x.py") as instance:
            self.assertEqual(instance.outcome()[1]["code"], "bad_entrypoint")


class EndTest(unittest.TestCase):
    def test_a_user_that_ignores_sigterm_is_killed_by_the_end_of_the_channel(self):
        with app("b'ok'", before="import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)") as instance:
            instance.ready()
            worker = instance.hellos[2]
            instance.process.send_signal(signal.SIGTERM)
            self.assertEqual(instance.get(), (200, "ok"))
        self.assertTrue(gone(worker))

    def test_the_worker_ends_with_its_control_channel(self):
        with app("b'ok'") as instance:
            instance.ready()
            instance.channels[2].shutdown(2)
            self.assertEqual(instance.exit()[0], 1)

    def test_everything_ends_with_the_platform(self):
        spawn = "import subprocess, os\nchild = subprocess.Popen(['sleep', '1000'], start_new_session=True)\nprint(child.pid)"
        with app("b'ok'", before=spawn) as instance:
            instance.ready()
            instance.until(lambda: instance.texts(0), "the pid")
            pids = [int(instance.texts(0)[0]), *instance.hellos.values()]
            instance.channels[1].shutdown(2)
            instance.process.wait(60)
            self.assertEqual([pid for pid in pids if not gone(pid)], [])

    def test_what_the_worker_leaves_behind_is_killed_and_counted(self):
        spawn = """
import os, subprocess, sys, time
burner = "import time, os, sys\\nif os.fork(): os._exit(0)\\nos.setsid()\\nwhile time.process_time() < 0.3: pass\\nprint(os.getpid(), flush=True)\\ntime.sleep(1000)"
left = subprocess.Popen([sys.executable, '-c', burner], stdout=subprocess.PIPE)
pid = int(left.stdout.readline())
"""
        with app("str(pid).encode()", before=spawn) as instance:
            instance.ready()
            pid = int(instance.get()[1])
            self.assertTrue(alive(pid))
            instance.drain()
            status, micros = instance.exit()
            self.assertEqual(status, 0)
            self.assertTrue(gone(pid))
            self.assertGreater(micros, 300_000)
            self.assertLess(micros, 5_000_000)

    def test_a_fork_bomb_is_cleared_away(self):
        bomb = "import os, subprocess, sys\nsubprocess.Popen(['sh', '-c', 'for i in 1 2 3 4; do (while :; do (sleep 1000) & sleep 0.02; done) & done'])"
        with app("os._exit(7)", before=bomb) as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                plain.recv(1)
            self.assertEqual(instance.exit()[0], 7)
            instance.process.wait(60)
            self.assertEqual([pid for pid in os.listdir("/proc") if pid.isdigit() and of_group(pid, instance.hellos[2])], [])

    def test_init_without_its_arguments_says_how_to_use_it(self):
        usage = subprocess.run([sys.executable, "-I", "-S", os.path.join(ROOT, "mayfly_init.py")], capture_output=True, text=True)
        self.assertEqual((usage.returncode, usage.stderr), (1, "usage: mayfly_init.py RUNDIR -- COMMAND...\n"))

    def test_a_signal_is_128_and_its_number(self):
        with app("os.kill(os.getpid(), 9)", before="import os") as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                plain.recv(1)
            self.assertEqual(instance.exit()[0], 137)


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def of_group(pid, leader):
    try:
        with open("/proc/%s/stat" % pid) as stat:
            state, _, group = stat.read().rpartition(")")[2].split()[:3]
        return state not in "ZX" and int(group) == leader
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(pid):
    """No such process any more, within a while."""
    deadline = time.monotonic() + 60
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pid)
