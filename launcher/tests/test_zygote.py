"""Copies of a process that waits, put into sandboxes: as shut in as any other program, and none of them like another in what is random."""

import os
import shutil

from mayfly_launcher import BINARY, READY, SpawnFailed
from sandbox_case import SandboxCase, folder, sh

PYTHON = os.environ.get("MAYFLY_TEST_PYTHON", "/usr/bin/python3")
MODULE = os.environ.get("MAYFLY_FORK_MODULE", os.path.join(os.path.dirname(BINARY), "mayfly_fork.so"))
#: What each copy runs is named by a file that only its sandbox may have.
WAITING = """
import sys
sys.path.insert(0, "/opt/mayfly")
import mayfly_fork, os, random, socket
words = ["said", "before"]
os.write(4, b"\\0\\0\\0\\1\\x11")
if mayfly_fork.serve(3):
    exec(os.read(4, 65536).decode())
    sys.stdout.flush()
    os._exit(0)
os._exit(0)
"""


class Zygotes(SandboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = folder()
        cls.addClassCleanup(shutil.rmtree, cls.programs)
        shutil.copy(MODULE, cls.programs)
        os.chmod(os.path.join(cls.programs, "mayfly_fork.so"), 0o755)

    def zygote(self, script=WAITING, **wanted):
        zygote = self.spawn(shape="zygote", argv=[PYTHON, "-I", "-S", "-c", script], mount=["ro /opt/mayfly " + self.programs], cwd="/tmp", **wanted)
        zygote.until(lambda: zygote.frames(READY), "its being ready")
        return zygote

    def name(self, sandbox):
        return dict(sandbox.fields)["id"]

    def copied(self, zygote, script="", **wanted):
        sandbox = self.spawn(shape="worker", zygote=self.name(zygote), argv=None, env=None, **wanted)
        sandbox.until(lambda: len(sandbox.peers) == 2, "its two connections")
        sandbox.worker.connection.sendall(script.encode())
        return sandbox

    def said(self, zygote, script, **wanted):
        sandbox = self.copied(zygote, script, **wanted)
        sandbox.wait_end()
        self.assertEqual((sandbox.status, sandbox.text(2)), (0, ""), sandbox.text())
        return sandbox.text()


class Zygote(Zygotes):
    def test_a_copy_has_what_was_there_and_is_another_process(self):
        zygote = self.zygote()
        self.assertEqual(self.said(zygote, "print(words, os.getpid(), os.getppid(), os.getsid(0))"), "['said', 'before'] 3 1 3")

    def test_a_copy_is_as_shut_in_as_any_program(self):
        looks = """
import ctypes
for line in open('/proc/self/status'):
    if line.split(':')[0] in ('Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Seccomp_filters'):
        print(line.strip())
print(sorted(int(n) for n in os.listdir('/proc/self/fd'))[:5], os.listdir('/proc/self/task') != [])
print(open('/proc/self/oom_score_adj').read().strip(), open('/proc/self/cgroup').read().count('/mayfly'))
print(open('/proc/self/limits').read())
print(open('/proc/self/mountinfo').read().count(' / '), sorted(os.listdir('/')), sorted(os.listdir('/opt')))
print([os.readlink('/proc/self/ns/' + n) == os.readlink('/proc/1/ns/' + n) for n in ()])
print(os.listdir('/tmp'), os.umask(0))
print(sorted(os.environ))
for action in (lambda: open('/usr/x', 'w'), lambda: open('/opt/mayfly/x', 'w'), lambda: os.open('/proc/sys/kernel/hostname', os.O_WRONLY), lambda: open('/proc/1/environ')):
    try:
        action()
        print('could')
    except OSError as error:
        print(error.errno)
print(ctypes.CDLL(None).unshare(0x10000000), ctypes.CDLL(None).setns(3, 0))
"""
        zygote = self.zygote()
        copied = self.said(zygote, looks, mount=["ro /opt/mayfly " + self.programs])
        sandbox = self.spawn(shape="worker", argv=[PYTHON, "-I", "-S", "-c", "import os\nexec(os.read(4, 65536).decode())"], cwd="/tmp", mount=["ro /opt/mayfly " + self.programs])
        sandbox.until(lambda: len(sandbox.peers) == 2, "its two connections")
        sandbox.worker.connection.sendall(looks.encode())
        sandbox.wait_end()
        self.assertEqual(sandbox.text(2), "")
        self.maxDiff = None
        self.assertEqual(self.without_environment(copied), self.without_environment(sandbox.text()))

    def without_environment(self, text):
        return [line for line in text.split("\n") if "'PATH'" not in line]

    def test_its_own_world_is_its_own(self):
        zygote = self.zygote()
        first = self.copied(zygote, "import socket, time\nopen('/tmp/x', 'w')\nprint(socket.gethostname(), flush=True)\ntime.sleep(60)", hostname="first")
        first.wait_line("first")
        listed = "print(socket.gethostname(), os.listdir('/tmp'), sorted(int(n) for n in os.listdir('/proc') if n.isdigit()))"
        self.assertEqual(self.said(zygote, listed, hostname="second"), "second [] [3]")

    def test_its_init_ends_it_on_request(self):
        zygote = self.zygote()
        sandbox = self.copied(zygote, "import signal\nsignal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'asked\\n'), os._exit(7)))\nprint('up', flush=True)\nsignal.pause()")
        sandbox.wait_line("up")
        sandbox.term()
        sandbox.wait_end()
        self.assertEqual((sandbox.status, sandbox.text(), sandbox.text(2)), (7, "up\nasked", ""))

    def test_the_limits_are_its_own(self):
        zygote = self.zygote()
        sandbox = self.copied(zygote, "x = bytearray(96 << 20)\nprint('had it')", memory=48 << 20)
        sandbox.wait_end()
        if self.launcher.proved("memory"):
            self.assertEqual((sandbox.ended["oom"], sandbox.text()), ("1", ""))
        self.assertEqual(self.said(zygote, "print('fine')"), "fine")

    def test_its_cpu_time_is_counted(self):
        sandbox = self.copied(self.zygote(), "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass")
        sandbox.wait_end()
        if self.launcher.proved("counter"):
            self.assertGreaterEqual(int(sandbox.ended["cpu"]), 190_000)
        self.assertGreaterEqual(sandbox.exit[1], 190_000)

    def test_two_of_them_are_random_apart(self):
        script = """
import random, uuid, tempfile, secrets
try:
    import ssl
    print(ssl.RAND_bytes(8).hex())
except ImportError:
    print('none', os.urandom(8).hex())
print(random.random(), uuid.uuid4(), uuid.uuid1(), next(tempfile._get_candidate_names()), secrets.token_hex(8))
"""
        zygote = self.zygote("import random, ssl, uuid, tempfile\nrandom.random(); ssl.RAND_bytes(8); uuid.uuid1(); next(tempfile._get_candidate_names())\n" + WAITING)
        words = [word for _ in range(6) for word in self.said(zygote, script).split()]
        self.assertEqual(len(words), len(set(words)))

    def test_hooks_of_libc_run_around_a_copy(self):
        script = """
import ctypes
libc = ctypes.CDLL(None)
HOOK = ctypes.CFUNCTYPE(None)
ran = []
hooks = [HOOK(lambda name=name: ran.append(name)) for name in ("before", "parent", "child")]
libc.__register_atfork(*hooks, None)
"""
        zygote = self.zygote(script + WAITING)
        self.assertEqual(self.said(zygote, "print(ran)"), "['before', 'child']")
        self.assertEqual(self.said(zygote, "print(ran)"), "['before', 'parent', 'before', 'child']")

    def test_threads_work_in_a_copy(self):
        self.assertEqual(self.said(self.zygote("import threading\n" + WAITING), """
import threading
ready = threading.Event()
thread = threading.Thread(target=ready.set)
thread.start()
thread.join()
print(ready.is_set(), threading.active_count())
"""), "True 1")

    def test_a_copy_forks_and_starts_programs(self):
        self.assertEqual(self.said(self.zygote(), """
import subprocess
child = os.fork()
if child == 0:
    os._exit(3)
print(os.waitpid(child, 0)[1] >> 8, subprocess.run(['/bin/echo', 'hi'], capture_output=True).stdout)
"""), "3 b'hi\\n'")

    def test_a_zygote_that_is_not_there_is_named(self):
        failed = self.failure(shape="worker", zygote="nobody", argv=None, env=None)
        self.assertEqual(failed["step"], "zygote", failed)

    def test_one_that_died_takes_its_copies_not_with_it(self):
        zygote = self.zygote()
        sandbox = self.copied(zygote, "print('up', flush=True)\nos.read(4, 1)\nprint('still')")
        sandbox.wait_line("up")
        zygote.kill()
        zygote.wait_end()
        failed = self.failure(shape="worker", zygote=self.name(zygote), argv=None, env=None)
        self.assertEqual(failed["step"], "zygote", failed)
        sandbox.worker.connection.sendall(b"!")
        sandbox.wait_end()
        self.assertEqual(sandbox.text(), "up\nstill")

    def test_one_that_dies_while_it_is_asked_fails_the_start(self):
        zygote = self.zygote("import sys\nsys.path.insert(0, '/opt/mayfly')\nimport os, time\nos.write(4, b'\\0\\0\\0\\1\\x11')\ntime.sleep(60)")
        asked = self.launcher.request(shape="worker", zygote=self.name(zygote), argv=None, env=None)
        self.addCleanup(asked.close)
        asked.until(lambda: len(asked.peers) == 2, "its two connections")
        zygote.kill()
        self.assertEqual(asked.wait_failed()["step"], "zygote")

    def test_a_zygote_may_enter_sandboxes_and_do_little_else(self):
        zygote = self.zygote("""
import os
for line in open('/proc/self/status') if os.path.exists('/proc/self/status') else ():
    pass
import sys, socket
sys.path.insert(0, "/opt/mayfly")
try:
    socket.create_connection(("127.0.0.1", 22), 1)
except OSError as error:
    os.write(4, b"\\0\\0\\0\\1\\x11")
import time
time.sleep(60)
""")
        self.assertTrue(zygote.started)

    def test_what_cannot_be_is_refused(self):
        for expected, wanted in (
            ("zygote", {"shape": "tool", "zygote": "x", "argv": None}), ("zygote", {"shape": "worker", "zygote": "x"}), ("zygote: A", {"shape": "worker", "zygote": "A", "argv": None}),
        ):
            with self.subTest(**{key: str(value) for key, value in wanted.items()}):
                self.assertIn(expected, self.failure(**wanted)["why"])

    def test_many_in_a_row_and_at_once_leave_nothing(self):
        zygote = self.zygote()
        for _ in range(20):
            self.assertEqual(self.said(zygote, "print('x')"), "x")
        at_once = [self.launcher.request(shape="worker", zygote=self.name(zygote), argv=None, env=None) for _ in range(30)]
        for sandbox in at_once:
            self.addCleanup(sandbox.close)
            try:
                sandbox.wait_started()
            except SpawnFailed as failed:
                self.fail(str(failed))
        for sandbox in at_once:
            sandbox.close()
        self.assertEqual(self.finished(sh("exit 0")).status, 0)
