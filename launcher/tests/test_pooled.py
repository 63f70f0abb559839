"""Sandboxes that are made before anybody knows for which function, and become one function's later."""

import os
import shutil
import socket

from mayfly_launcher import START, SpawnFailed, worker_frame
from sandbox_case import SandboxCase, folder, py, sh

WAIT = py("""
    import os, sys
    control = os.fdopen(4, "rb", 0)
    control.read(1)  # stands for the frame that names the function
    exec(open("/var/task/main.py").read())
""")


class Pooled(SandboxCase):
    def setUp(self):
        self.code = folder()
        self.addCleanup(shutil.rmtree, self.code, ignore_errors=True)

    def write(self, text, name="main.py"):
        with open(os.path.join(self.code, name), "w") as file:
            file.write(text)

    def pooled(self, **wanted):
        return self.spawn(shape="worker", pooled="yes", egress=None, **wanted)

    def waiting(self, **wanted):
        """With a program that waits for its function, as a worker of a pool does."""
        sandbox = self.pooled(argv=WAIT, **wanted)
        sandbox.until(lambda: sandbox.worker, "the worker's connection")
        return sandbox

    def empty(self, **wanted):
        return self.pooled(argv=None, env=None, **wanted)

    def become(self, sandbox, **wanted):
        sandbox.specialise(mount=["ro /var/task " + self.code], **wanted)
        sandbox.worker.connection.sendall(b"!")
        sandbox.wait_end()
        self.assertEqual((sandbox.status, sandbox.text(2)), (0, ""))
        return sandbox.text()

    def test_a_running_program_sees_the_layers_that_come_later_and_cannot_write_them(self):
        self.write("""
import os
print(sorted(os.listdir('/var/task')))
for path in ('/var/task/x', '/opt/deps/x', '/opt/x'):
    try:
        open(path, 'w')
        print('wrote', path)
    except OSError as error:
        print(error.strerror)
""")
        self.assertEqual(self.become(self.waiting()).split("\n"), ["['main.py']", *["Read-only file system"] * 3])

    def test_a_layer_of_one_is_not_seen_by_another(self):
        self.write("print('mine')")
        first, second = self.waiting(), self.waiting()
        self.assertEqual(self.become(first), "mine")
        second.specialise(mount=[])
        second.worker.connection.sendall(b"!")
        second.wait_end()
        self.assertIn("No such file", second.text(2))

    def test_its_name_and_the_size_of_its_tmp_are_the_functions(self):
        self.write("""
import os, socket
status = os.statvfs('/tmp')
print(socket.gethostname(), status.f_blocks * status.f_frsize, status.f_files)
""")
        self.assertEqual(self.become(self.waiting(), hostname="mine", tmp=3 << 20, inodes=77), "mine %d 77" % (3 << 20))

    def test_its_number_of_processes_is_the_functions(self):
        self.write("""
import os, resource, time
resource.setrlimit(resource.RLIMIT_NPROC, (34, 34))  # as a worker does before it loads the function
made = 0
try:
    while made < 50:
        if os.fork() == 0:
            time.sleep(60)
        made += 1
except BlockingIOError:
    pass
print(made < 33, flush=True)
""")
        self.assertEqual(self.become(self.waiting(), pids=33), "True" if self.launcher.proved("pids") else "False")

    def test_a_program_that_is_started_later_has_its_limit_of_processes(self):
        sandbox = self.empty()
        sandbox.specialise(mount=[])
        sandbox.start(sh("grep processes /proc/self/limits"), pids=33)
        sandbox.wait_end()
        self.assertEqual(sandbox.text().split()[2:4], ["34", "34"])

    def test_its_memory_is_the_functions(self):
        if not self.launcher.proved("memory"):
            return self.write("")  # nobody promises it here
        self.write("x = bytearray(64 << 20); print('had it')")
        sandbox = self.waiting()
        sandbox.specialise(mount=["ro /var/task " + self.code], memory=32 << 20)
        sandbox.worker.connection.sendall(b"!")
        sandbox.wait_end()
        self.assertEqual((sandbox.ended["oom"], sandbox.text()), ("1", ""))

    def test_it_reaches_nothing_before_and_what_the_function_may_after(self):
        sandbox = self.pooled(argv=py("""
            import socket, sys
            def attempt():
                try:
                    socket.create_connection(("1.1.1.1", 9), 5)
                    return "connected"
                except ConnectionRefusedError:
                    return "refused"
                except OSError:
                    return "failed"
            print(attempt(), flush=True)
            open(4, "rb", 0).read(1)
            print("done")
        """))
        sandbox.wait_line("refused" if self.launcher.ready["egress"] else "failed")
        sandbox.specialise(egress="none")
        sandbox.worker.connection.sendall(b"!")
        sandbox.wait_line("done")

    def test_an_empty_one_starts_a_program_of_either_shape(self):
        self.write("#!/bin/sh\necho $WORD $PORT $(pwd)\nexit 3\n", "run")
        os.chmod(os.path.join(self.code, "run"), 0o755)
        for shape in ("worker", "server"):
            with self.subTest(shape=shape):
                sandbox = self.empty()
                sandbox.specialise(mount=["ro /var/task " + self.code])
                sandbox.start(["/var/task/run"], shape=shape, env=["WORD=hello", "PORT=99"], cwd="/var/task", port=99)
                sandbox.wait_end()
                self.assertEqual((sandbox.status, sandbox.text()), (3, "hello 99 /var/task"))

    def test_an_empty_one_has_no_descriptor_to_spare_for_its_program(self):
        sandbox = self.empty()
        sandbox.specialise(mount=[])
        sandbox.start(sh("ls /proc/self/fd"))
        sandbox.wait_end()
        self.assertEqual(sandbox.text().split(), ["0", "1", "2", "3", "4", "5"])  # 5 is how ls reads the folder

    def test_a_program_of_it_serves_a_request(self):
        self.write("""
import socket
listener = socket.create_server(('127.0.0.1', 8123))
while True:
    connection, _ = listener.accept()
    connection.recv(9999)
    connection.sendall(b'HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nhi')
    connection.close()
""")
        sandbox = self.empty()
        sandbox.specialise(mount=["ro /var/task " + self.code])
        sandbox.start(["/usr/bin/python3", "/var/task/main.py"], shape="server", port=8123)
        self.assertIn(b"provided", sandbox.wait_ready())
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.path.join(sandbox.run, "http.sock"))
            client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            sandbox.until(lambda: client.recv(9999).endswith(b"hi"), "the answer")

    def test_term_ends_an_empty_one(self):
        sandbox = self.empty()
        sandbox.term()
        sandbox.wait_end()

    def test_twice_is_refused_and_ends_it(self):
        sandbox = self.waiting()
        sandbox.specialise(mount=[])
        sandbox.specialised = None
        with self.assertRaisesRegex(SpawnFailed, "once"):
            sandbox.specialise(mount=[])
        sandbox.until(lambda: not sandbox.connection_open, "its end")

    def test_one_that_is_not_pooled_is_never_specialised(self):
        sandbox = self.spawn(argv=sh("sleep 60"))
        with self.assertRaisesRegex(SpawnFailed, "a pooled one"):
            sandbox.specialise(mount=[])

    def test_what_cannot_be_given_is_named_and_ends_it(self):
        for expected, wanted in (
            ("ro, at /var/task", {"mount": ["rw /var/task " + self.code]}),
            ("ro, at /var/task", {"mount": ["ro /opt/other " + self.code]}),
            ("ro, at /var/task", {"mount": ["ro /var/task/below " + self.code]}),
            ("No such file or directory: /no/such", {"mount": ["ro /var/task /no/such"]}),
            ("/etc/passwd|/var/task", {"mount": ["ro /var/task /etc/passwd"]}),
            ("egress: moon", {"egress": "moon"}),
            ("memory: 1", {"memory": 1}),
            ("docs/launcher-protocol", {"colour": "red"}),
        ):
            with self.subTest(**{key: str(value) for key, value in wanted.items()}):
                sandbox = self.waiting()
                with self.assertRaisesRegex(SpawnFailed, expected):
                    sandbox.specialise(**wanted)
                sandbox.until(lambda: not sandbox.connection_open, "its end")

    def test_an_init_ends_with_what_is_no_program(self):
        for name, frame in (
            ("another frame", worker_frame(0x04, b"x\0")), ("no program", worker_frame(START, b"start\0cwd=/tmp\0")),
            ("a relative one", worker_frame(START, b"start\0argv=true\0")), ("no end", worker_frame(START, b"start\0argv=/bin/true")),
            ("too long", (1 << 20).to_bytes(4, "big") + bytes((START,))), ("nothing", (0).to_bytes(4, "big") + b"\0"),
        ):
            with self.subTest(name):
                sandbox = self.empty()
                sandbox.until(lambda: sandbox.frames(0x10), "hello")
                sandbox.init.connection.sendall(frame)
                sandbox.wait_end()

    def test_a_tool_is_never_pooled(self):
        self.assertIn("pooled", self.failure(shape="tool", pooled="yes")["why"])
        self.assertIn("pooled", self.failure(shape="worker", pooled="perhaps")["why"])

    def test_many_that_are_never_used_leave_nothing(self):
        kept = [self.empty() for _ in range(20)] + [self.waiting() for _ in range(4)]
        for sandbox in kept:
            sandbox.close()
        self.assertEqual(self.finished(["/bin/true"]).status, 0)  # what is left at the end fails the class
