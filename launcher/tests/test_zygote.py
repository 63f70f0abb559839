"""Copies of a process that waits, put into sandboxes: as shut in as any other program, and none of them like another in what is random."""

import os
import shutil

import leftovers
from mayfly_launcher import BINARY, READY, Launcher, SpawnFailed
from sandbox_case import AS, SandboxCase, folder, sh

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

#: The same for a program that its init has started.
STARTED = "import sys\nsys.path.insert(0, '/opt/mayfly')\nimport mayfly_fork, os, random, socket\nexec(os.read(4, 65536).decode())"
#: Everything that it might still have of another's, or that it might be allowed.
LOOKS = """
import ctypes, resource, signal
os.chdir("/")  # where a worker is, it decides itself
libc = ctypes.CDLL(None, use_errno=True)
ITS_OWN = ('Tgid', 'Pid', 'NStgid', 'NSpid', 'NSpgid', 'NSsid', 'FDSize', 'voluntary_ctxt_switches', 'nonvoluntary_ctxt_switches')
for line in open('/proc/self/status'):
    if line.split(':')[0] not in ITS_OWN and not line.startswith(('Vm', 'Rss', 'Huge')):
        print(line.strip())
for name in sorted(os.listdir('/proc/self/fd')):
    if os.path.exists('/proc/self/fd/' + name):
        print(name, os.readlink('/proc/self/fd/' + name).split(':')[0], open('/proc/self/fdinfo/' + name).read().split('\\n')[1])
for name in ('cgroup', 'limits', 'oom_score_adj', 'timerslack_ns', 'coredump_filter', 'personality', 'loginuid', 'sessionid', 'setgroups', 'timers', 'cpuset'):
    try:
        print(name, open('/proc/self/' + name).read())
    except OSError as error:
        print(name, error.errno)
print(sorted(line.split(' ', 3)[3] for line in open('/proc/self/mountinfo')))
print([os.readlink('/proc/self/' + name) for name in ('cwd', 'root', 'exe')], os.stat('/proc/self/mem').st_uid)
print(sorted(os.listdir('/')), sorted(os.listdir('/opt')), os.listdir('/tmp'), os.listdir('/dev/shm'), sorted(os.listdir('/proc/self/task')) == [str(os.getpid())])
print(os.getppid(), os.getsid(0) == os.getpgid(0) == os.getpid(), os.nice(0), os.sched_getaffinity(0), os.sched_getscheduler(0), os.umask(0))
print([signal.getitimer(timer) for timer in range(3)], [signal.getsignal(number) for number in range(1, 32) if number not in (9, 19)], signal.sigpending())
print([libc.prctl(option, 0, 0, 0, 0) for option in (3, 7, 21, 23, 27, 30, 39, 42, 47)], [libc.prctl(23, capability, 0, 0, 0) for capability in range(64)])
print(sorted(os.environ))
for action in (lambda: open('/usr/x', 'w'), lambda: open('/opt/mayfly/x', 'w'), lambda: os.open('/proc/sys/kernel/hostname', os.O_WRONLY), lambda: open('/proc/1/environ'), lambda: os.setuid(0),
               lambda: os.setgroups([0]), lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9999, 9999)), lambda: resource.setrlimit(resource.RLIMIT_CORE, (9, 9)), lambda: os.sethostname('x')
               if hasattr(os, 'sethostname') else socket.sethostname('x'), lambda: os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1'), lambda: os.nice(-1)):
    try:
        action()
        print('could')
    except (OSError, ValueError) as error:
        print(error)
print([libc.syscall(number, 0, 0, 0, 0, 0, 0) for number in (101, 165, 166, 169, 246, 248, 249, 250, 272, 298, 303, 304, 308, 310, 311, 321, 323, 428, 429, 430, 438, 440, 442)])
print(libc.unshare(0x10000000), libc.setns(3, 0))
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
        zygote = self.zygote()
        copied = self.said(zygote, LOOKS, mount=["ro /opt/mayfly " + self.programs])
        sandbox = self.spawn(shape="worker", argv=[PYTHON, "-I", "-S", "-c", STARTED], cwd="/tmp", mount=["ro /opt/mayfly " + self.programs])
        sandbox.until(lambda: len(sandbox.peers) == 2, "its two connections")
        sandbox.worker.connection.sendall(LOOKS.encode())
        sandbox.wait_end()
        self.assertEqual(sandbox.text(2), "")
        different = [pair for pair in zip(self.without_environment(copied), self.without_environment(sandbox.text()), strict=True) if pair[0] != pair[1]]
        self.assertEqual(different, [])

    def without_environment(self, text):
        return [line for line in text.split("\n") if "'PATH'" not in line]

    def test_it_reaches_neither_its_zygote_nor_its_init(self):
        script = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
zygote, refused = %d, []
for attempt in (
    lambda: os.kill(zygote, 0), lambda: os.kill(2, 19), lambda: os.kill(-1, 0), lambda: open("/proc/2/mem", "r+b"), lambda: open("/proc/1/mem", "r+b"),
    lambda: os.open("/proc/%%d/mem" %% zygote, os.O_RDWR), lambda: open("/proc/1/maps"), lambda: os.listdir("/proc/1/fd"), lambda: os.pidfd_open(zygote),
    lambda: os.listdir("/proc/1"),
):
    try:
        attempt()
        refused.append(False)
    except OSError:
        refused.append(True)
for number, name in ((101, "ptrace"), (310, "process_vm_readv"), (311, "process_vm_writev"), (312, "kcmp"), (438, "pidfd_getfd"), (440, "process_madvise"), (250, "keyctl"), (304, "open_by_handle_at")):
    refused.append(libc.syscall(number, zygote, 0, 0, 0, 0, 0) < 0)
print(all(refused), refused)
"""
        zygote = self.zygote()
        self.assertTrue(self.said(zygote, script % zygote.pid).startswith("True"), self.said(zygote, script % zygote.pid))
        self.assertEqual(self.said(zygote, "print('fine')"), "fine")

    def test_nobody_is_between_it_and_its_init(self):
        zygote = self.zygote()
        for _ in range(50):
            self.assertEqual(self.said(zygote, "print(os.getppid(), sorted(os.listdir('/proc/self/fd')))"), "1 ['0', '1', '2', '3', '4', '5']")  # 5: the folder

    def test_all_its_namespaces_are_its_inits(self):
        if AS != "root":
            return  # others may not look at an init
        zygote = self.zygote()
        sandbox = self.copied(zygote, "print('up', flush=True)\nos.read(4, 1)")
        sandbox.wait_line("up")
        with open("/proc/%d/task/%d/children" % (sandbox.pid, sandbox.pid)) as file:
            copy = int(file.read())
        def spaces(pid):
            return {name: os.readlink("/proc/%d/ns/%s" % (pid, name)) for name in os.listdir("/proc/%d/ns" % pid)}
        self.assertEqual(spaces(copy), spaces(sandbox.pid))
        shared = {name for name, space in spaces(zygote.pid).items() if space in spaces(copy).values()}
        self.assertLessEqual(shared, {"time", "time_for_children"})
        with open("/proc/%d/cgroup" % copy) as mine, open("/proc/%d/cgroup" % sandbox.pid) as its:
            self.assertEqual(mine.read(), its.read())

    def test_it_may_have_more_files_open_than_its_zygote(self):
        zygote = self.zygote(files=64)
        self.assertEqual(self.said(zygote, "import resource\nprint(resource.getrlimit(resource.RLIMIT_NOFILE))", files=200), "(200, 200)")

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

    def test_without_a_right_that_it_needs_it_says_which(self):
        if AS != "root":
            return  # who makes a user namespace has all of them in it
        with Launcher(prefix=["setpriv", "--bounding-set=-sys_ptrace"]) as launcher:
            with launcher.request(shape="zygote", argv=["/bin/true"]) as zygote:
                failed = zygote.wait_failed()
            self.assertEqual(failed["step"], "rights", failed)
            self.assertIn("CAP_SYS_PTRACE is missing", failed["why"])
            with launcher.spawn() as sandbox:
                sandbox.wait_end()
            self.assertEqual(sandbox.status, 0)
            launcher.close()
            leftovers.none(launcher)

    def test_what_cannot_be_is_refused(self):
        for expected, wanted in (
            ("zygote", {"shape": "tool", "zygote": "x", "argv": None}), ("zygote", {"shape": "worker", "zygote": "x"}), ("zygote: A", {"shape": "worker", "zygote": "A", "argv": None}),
            ("ro, in a copy", {"shape": "worker", "zygote": "a", "argv": None, "mount": ["rw /build /tmp"]}), ("fsize: with", {"shape": "worker", "zygote": "a", "argv": None, "fsize": 8192}),
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
