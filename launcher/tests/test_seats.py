"""Zygotes that hold code of others: they are shut in before they load it, and what is copied from them was shut in before that."""

import os

from mayfly_launcher import HELLO, READY, SpawnFailed
from sandbox_case import AS
from test_zygote import Zygotes

WAITING = """
import sys
sys.path.insert(0, "/opt/mayfly")
import mayfly_fork, os, random, socket
words = ["said", "before"]
os.write(4, b"\\0\\0\\0\\1\\x11")
copy = mayfly_fork.serve(3)
if copy == 3:
    exec(os.read(4, 65536).decode())
    sys.stdout.flush()
    if not mayfly_fork.seats(4, b"\\0\\0\\0\\1\\x11"):
        os._exit(0)
if copy:
    exec(os.read(4, 65536).decode())
    sys.stdout.flush()
os._exit(0)
"""


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(child) for child in file.read().split()]


class Seats(Zygotes):
    def holder(self, zygote=None, **wanted):
        """A zygote that others can be seated in."""
        zygote = zygote or self.zygote(WAITING)
        holder = self.spawn(shape="worker", zygote=self.name(zygote), seats="yes", argv=None, env=None, **wanted)
        holder.until(lambda: len(holder.peers) == 2, "its two connections")
        return holder

    def seat(self, holder, **wanted):
        seat = self.spawn(shape="worker", zygote=self.name(holder), pooled="yes", argv=None, env=None, egress=None, **wanted)
        seat.until(lambda: seat.frames(HELLO, seat.worker), "the seat's hello")
        return seat

    def load(self, holder, script="words.append('loaded')"):
        holder.worker.connection.sendall(script.encode())
        holder.until(lambda: holder.frames(READY, holder.worker), "its being loaded")

    def told(self, seat, script):
        """What the copy in a seat prints."""
        seat.worker.connection.sendall(script.encode())
        seat.wait_end()
        self.assertEqual((seat.status, seat.text(2)), (0, ""), seat.text())
        return seat.text()

    def test_a_copy_has_what_was_loaded_after_its_sandbox_was_made(self):
        holder = self.holder()
        first, second = self.seat(holder), self.seat(holder, hostname="second")
        self.load(holder)
        self.assertEqual(self.told(first, "print(words, os.getpid(), os.getppid(), os.getsid(0))"), "['said', 'before', 'loaded'] 4 1 4")
        once = "while os.path.exists('/proc/3'): pass\n"  # the seat itself, which ends when it has made the copy
        self.assertEqual(self.told(second, once + "print(words, socket.gethostname(), sorted(n for n in os.listdir('/proc') if n.isdigit()))"), "['said', 'before', 'loaded'] second ['4']")

    def test_what_loads_is_as_shut_in_as_any_program(self):
        looks = """
import ctypes
for line in open('/proc/self/status'):
    if line.split(':')[0] in ('Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Seccomp_filters'):
        print(line.strip())
print(sorted(os.listdir('/proc/self/fd')))
print(open('/proc/self/oom_score_adj').read().strip(), ctypes.CDLL(None).unshare(0x10000000), ctypes.CDLL(None).setns(3, 0))
try:
    socket.create_connection(("1.1.1.1", 53), 1)
except OSError as error:
    print("alone")
for path in ('/usr/x', '/opt/mayfly/x'):
    try:
        open(path, 'w')
    except OSError as error:
        print(error.errno)
"""
        holder = self.holder()
        seat = self.seat(holder)
        self.load(holder, looks)
        plain = self.spawn(shape="worker", argv=["/usr/bin/python3", "-I", "-S", "-c", "import os, socket\nexec(os.read(4, 65536).decode())"])
        plain.until(lambda: len(plain.peers) == 2, "its two connections")
        plain.worker.connection.sendall(looks.encode())
        plain.wait_end()
        holder.until(lambda: len(holder.lines(1)) >= len(plain.lines(1)), "all that it prints")
        self.assertEqual(holder.text(2), "")
        self.assertEqual(holder.lines(1)[:-3], plain.lines(1)[:-3])
        self.assertEqual(holder.lines(1)[-3:], plain.lines(1)[-3:])
        self.assertEqual(self.told(seat, looks).split("\n")[:-5], [line.decode() for line in plain.lines(1)][:-5])

    def test_a_seat_is_a_sandbox_that_waits_for_its_function(self):
        holder = self.holder()
        seat = self.seat(holder)
        self.load(holder)
        with open(os.path.join(self.programs, "mine"), "w") as file:
            file.write("mine")
        seat.specialise(mount=["ro /var/task " + self.programs], hostname="named", egress="internet")
        self.assertEqual(self.told(seat, "print(open('/var/task/mine').read(), socket.gethostname())"), "mine named")

    def test_copies_do_not_see_each_other_nor_change_what_the_next_gets(self):
        holder = self.holder()
        seats = [self.seat(holder) for _ in range(3)]
        self.load(holder)
        self.assertEqual(self.told(seats[0], "words.clear(); print(words)"), "[]")
        self.assertEqual(self.told(seats[1], "words.append('x'); print(words)"), "['said', 'before', 'loaded', 'x']")
        self.assertEqual(self.told(seats[2], "print(words)"), "['said', 'before', 'loaded']")

    def test_a_seat_that_is_asked_too_early_ends(self):
        holder = self.holder()
        seat = self.seat(holder)
        seat.worker.connection.sendall(b"print('early')")
        seat.wait_end()
        self.assertNotEqual(seat.status, 0)
        self.assertEqual(seat.text(), "")

    def test_no_seat_is_given_after_it_has_loaded(self):
        holder = self.holder()
        self.load(holder)
        failed = self.failure(shape="worker", zygote=self.name(holder), pooled="yes", argv=None, env=None, egress=None)
        self.assertEqual(failed["step"], "zygote")

    def test_seats_outlive_what_they_copy(self):
        holder = self.holder()
        seat = self.seat(holder)
        self.load(holder)
        holder.kill()
        holder.wait_end()
        self.assertEqual(self.told(seat, "print(words)"), "['said', 'before', 'loaded']")

    def test_how_what_loaded_ends_is_told(self):
        for script, status in (("os._exit(7)", 7), ("os.abort()", 134), ("os.kill(os.getpid(), 9)", 137)):
            with self.subTest(script):
                holder = self.holder()
                holder.worker.connection.sendall(script.encode())
                holder.wait_end()
                self.assertEqual((holder.status, holder.exit[0]), (status, status))

    def test_one_that_is_ended_by_hand_ends_its_sandbox_before_it_loads_and_after(self):
        if AS != "root":
            return  # others do not see whose it is
        for loaded in (False, True):
            with self.subTest(loaded=loaded):
                zygote = self.zygote(WAITING)
                holder = self.holder(zygote)
                if loaded:
                    self.load(holder)
                os.kill(*[(pid, 9) for pid in children(holder.pid if loaded else zygote.pid)][0])
                holder.wait_end()
                self.assertEqual(holder.status, 137)

    def test_term_ends_what_has_no_program_yet(self):
        holder = self.holder()
        seat = self.seat(holder)
        for sandbox in (seat, holder):
            sandbox.term()
            sandbox.wait_end()
            self.assertEqual(sandbox.status, 143)

    def test_what_loads_is_a_child_of_its_init(self):
        holder = self.holder()
        self.load(holder, "print(os.getpid(), os.getppid(), os.listdir('/proc/self/fd'), flush=True)")
        holder.wait_line("3 1 ['0', '1', '2', '3', '4', '5']")

    def test_it_ends_with_what_it_is_a_copy_of_no_more_than_a_program_does(self):
        zygote = self.zygote(WAITING)
        holder = self.holder(zygote)
        seat = self.seat(holder)
        self.load(holder)
        zygote.kill()
        zygote.wait_end()
        self.assertEqual(self.told(seat, "print(words)"), "['said', 'before', 'loaded']")

    def test_a_seat_that_is_killed_leaves_the_others_alone(self):
        holder = self.holder()
        first, second = self.seat(holder), self.seat(holder)
        self.load(holder)
        first.kill()
        first.wait_end()
        self.assertEqual(self.told(second, "print('fine')"), "fine")

    def test_one_that_dies_while_it_copies_keeps_nobody_waiting_but_those_who_wait_already(self):
        holder = self.holder()
        first, second, third, fourth = seats = [self.seat(holder) for _ in range(4)]
        self.load(holder, "import ctypes\nlibc = ctypes.CDLL(None)\nhook = ctypes.CFUNCTYPE(None)(('abort', libc))\nlibc.__register_atfork(hook, None, None, None)")
        statuses = []
        for together in ((first,), (second, third), (fourth,)):
            for seat in together:
                seat.worker.connection.sendall(b"print('never')")
            for seat in together:
                seat.wait_end()
                statuses.append(seat.status)
        self.assertEqual(statuses, [134, 137, 137, 137])
        self.assertEqual([seat.text() for seat in seats], [""] * 4)

    def test_seats_copy_after_what_they_are_of_has_ended_with_its_server(self):
        holder = self.holder()
        seat = self.seat(holder)
        self.load(holder)
        holder.worker.connection.sendall(b"to nobody")
        holder.worker.connection.close()
        holder.worker.open = False
        holder.wait_end()
        self.assertEqual(holder.status, 0)
        self.assertEqual(self.told(seat, "print(words)"), "['said', 'before', 'loaded']")

    def test_what_runs_out_of_memory_while_it_loads_ends_with_its_seats(self):
        if not self.launcher.proved("memory"):
            return
        holder = self.holder(memory=48 << 20)
        seat = self.seat(holder)
        holder.worker.connection.sendall(b"x = bytearray(128 << 20)")
        holder.wait_end()
        self.assertEqual(holder.ended["oom"], "1")
        try:
            seat.worker.connection.sendall(b"print('nothing')")
        except BrokenPipeError:
            pass  # the kernel has ended it with the memory that it shared
        seat.wait_end()
        self.assertEqual(seat.text(), "")

    def test_the_memory_of_a_copy_is_its_own_sandboxs(self):
        if not self.launcher.proved("memory"):
            return
        holder = self.holder()
        seat = self.seat(holder, memory=48 << 20)
        self.load(holder)
        seat.worker.connection.sendall(b"x = bytearray(96 << 20)")
        seat.wait_end()
        self.assertEqual(seat.ended["oom"], "1")

    def test_all_seats_at_once(self):
        holder = self.holder()
        seats = [self.seat(holder) for _ in range(12)]
        self.load(holder, "import json, random\nheap = [str(i) for i in range(200000)]")
        for number, seat in enumerate(seats):
            seat.worker.connection.sendall(b"print(len(heap), %d)" % number)
        for number, seat in enumerate(seats):
            seat.wait_end()
            self.assertEqual((seat.status, seat.text()), (0, "200000 %d" % number), seat.text(2))

    def test_threads_of_what_was_loaded_are_not_in_a_copy(self):
        holder = self.holder()
        seat = self.seat(holder)
        self.load(holder, "import threading\nstop = threading.Event()\nthreading.Thread(target=stop.wait, daemon=True).start()")
        self.assertEqual(self.told(seat, "import threading\nprint(threading.active_count(), len(os.listdir('/proc/self/task')))"), "1 1")

    def test_what_cannot_be_is_refused(self):
        for wanted in ({"seats": "yes", "argv": ["/bin/true"]}, {"seats": "no", "zygote": "x", "argv": None}, {"seats": "yes", "zygote": "x", "pooled": "yes", "argv": None}):
            with self.subTest(**{key: str(value) for key, value in wanted.items()}):
                self.assertIn("seats", self.failure(shape="worker", **wanted)["why"])
        holder = self.holder()
        failed = self.failure(shape="worker", zygote=self.name(holder), seats="yes", argv=None, env=None)
        self.assertEqual((failed["step"], failed["why"]), ("request", "seats: yes (expected: with a zygote that is none in turn)"))
        seat = self.seat(holder)
        self.load(holder)
        self.assertEqual(self.told(seat, "print('fine')"), "fine")
        with self.assertRaises(SpawnFailed):
            self.launcher.spawn(shape="worker", zygote="nobody", seats="yes", argv=None, env=None)
