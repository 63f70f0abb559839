"""What a program finds inside: descriptors, environment, user, files, network."""

import json
import os
import shutil
import unittest

import leftovers
from mayfly_launcher import HELLO
from sandbox_case import AS, SandboxCase, folder, py, sh

LIST_DESCRIPTORS = """
    import os, stat
    for fd in range(1024):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        print(fd, "socket" if stat.S_ISSOCK(mode) else "pipe" if stat.S_ISFIFO(mode) else "file")
"""


class Inside(SandboxCase):
    def test_a_tool_has_descriptors_0_to_2_and_nothing_else(self):
        self.assertEqual(self.printed(py(LIST_DESCRIPTORS)).split("\n"), ["0 file", "1 pipe", "2 pipe"])

    def test_a_server_has_descriptors_0_to_2_and_nothing_else(self):
        self.assertEqual(self.printed(py(LIST_DESCRIPTORS), shape="server").split("\n"), ["0 file", "1 pipe", "2 pipe"])

    def test_a_worker_has_a_listener_as_3_and_its_channel_as_4(self):
        sandbox = self.finished(py(LIST_DESCRIPTORS + """
    import socket
    listener, channel = socket.socket(fileno=3), socket.socket(fileno=4)
    print(listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN), channel.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    channel.sendall(bytes((0, 0, 0, 6, 0x10, 2, 0, 0, 0, 2)))
"""), shape="worker")
        self.assertEqual(sandbox.lines(), [b"0 file", b"1 pipe", b"2 pipe", b"3 socket", b"4 socket", b"1 0"])
        self.assertEqual(sandbox.frames(HELLO, sandbox.worker), [b"\2\0\0\0\2"])

    def test_descriptors_stay_the_same_while_many_sandboxes_start_at_once(self):
        many = [self.launcher.request(argv=py(LIST_DESCRIPTORS)) for _ in range(16)]
        for sandbox in many:
            self.addCleanup(sandbox.close)
            sandbox.wait_end()
            self.assertEqual(sandbox.lines(), [b"0 file", b"1 pipe", b"2 pipe"])

    def test_init_says_hello_as_pid_1_before_anything_else(self):
        sandbox = self.finished(sh("echo x"))
        self.assertEqual(sandbox.init.frames[0], (HELLO, b"\1\0\0\0\1"))

    def test_the_environment_is_the_one_of_the_request(self):
        environment = ["A=1", "B=two words", "EMPTY=", "UTF8=größe", "EQUALS=a=b"]
        printed = self.printed(["/usr/bin/env", "-0"], env=environment)
        self.assertEqual(printed.rstrip("\0").split("\0"), environment)

    def test_arguments_arrive_as_they_are(self):
        arguments = ["", "a b", "*", "ü\n", "'\"$x"]
        printed = self.printed([*py("import sys, json; print(json.dumps(sys.argv[1:]))"), *arguments])
        self.assertEqual(json.loads(printed), arguments)

    def test_the_program_starts_in_its_folder(self):
        self.assertEqual(self.printed(sh("pwd"), cwd="/usr/lib"), "/usr/lib")

    def test_the_user_is_1000_without_any_other_group(self):
        self.assertEqual(self.printed(sh("id -u; id -g; id -G; id -un; echo ~")).split("\n"), ["1000", "1000", "1000", "mayfly", "/tmp"])

    def test_the_user_outside_is_the_one_that_was_wanted_and_never_root(self):
        sandbox = self.spawn(argv=sh("sleep 60"), shape="worker")
        status = leftovers.read("/proc/%d/status" % sandbox.pid).decode()
        for name in ("Uid", "Gid"):
            outside = {int(word) for word in next(line for line in status.splitlines() if line.startswith(name)).split()[1:]}
            if AS == "root":
                self.assertEqual(outside, {int(self.launcher.user)})
            elif AS == "subuid":
                self.assertTrue(min(outside) >= leftovers.GRANTED and len(outside) == 1, outside)
            else:
                self.assertEqual(outside, {os.geteuid()})

    def test_neighbours_are_different_users_outside_where_there_are_enough(self):
        if AS != "subuid":
            return
        users = {leftovers.read("/proc/%d/status" % self.spawn(argv=sh("sleep 60"), shape="worker").pid).split(b"Uid:")[1].split()[0] for _ in range(3)}
        self.assertEqual(len(users), 3)

    def test_a_tool_is_the_one_who_started_it_where_nobody_is_named(self):
        if AS == "root":
            return
        status = leftovers.read("/proc/%d/status" % self.spawn(argv=sh("sleep 60")).pid).decode()
        self.assertEqual(status.split("Uid:")[1].split()[0], str(os.geteuid()))

    def test_there_is_no_way_to_become_root(self):
        printed = self.printed(py("""
            import os
            for call in (lambda: os.setuid(0), lambda: os.setgroups([0]), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0)):
                try:
                    call()
                    print("could")
                except OSError:
                    print("no")
        """))
        self.assertEqual(printed.split(), ["no"] * 4)

    def test_the_hostname_is_the_one_of_the_request(self):
        self.assertEqual(self.printed(["/bin/hostname"], hostname="fn-7"), "fn-7")

    def test_signals_have_their_defaults(self):
        printed = self.printed(["/bin/cat", "/proc/self/status"])
        signals = [line.split()[1] for line in printed.split("\n") if line.startswith("Sig") and not line.startswith("SigQ")]
        self.assertEqual(signals, ["0000000000000000"] * 4)

    def test_files_are_made_with_an_ordinary_mask(self):
        self.assertEqual(self.printed(sh("umask")), "0022")

    def test_no_core_is_written_and_open_files_are_limited(self):
        self.assertEqual(self.printed(sh("ulimit -c; ulimit -n; ulimit -Hn"), files=100).split("\n"), ["0", "100", "100"])

    def test_etc_is_generated(self):
        printed = self.printed(sh("cat /etc/passwd /etc/resolv.conf /etc/hosts; ls /etc/shadow /etc/machine-id 2>&1; true"))
        self.assertIn("mayfly:x:1000:1000", printed)
        self.assertIn("nameserver 127.0.0.1", printed)
        self.assertIn("127.0.0.1 localhost", printed)
        self.assertEqual(printed.count("No such file"), 2)

    def test_the_root_and_the_programs_are_read_only(self):
        for place in ("/", "/usr", "/bin", "/etc", "/opt", "/var", "/dev", "/proc/sys/kernel", "/home"):
            sandbox = self.finished(sh("touch %s/x" % place))
            self.assertNotEqual(sandbox.status, 0, place)

    def test_tmp_and_shared_memory_can_be_written_and_are_private(self):
        self.assertEqual(self.printed(sh("echo a >/tmp/a; echo b >/dev/shm/b; cat /tmp/a /dev/shm/b; ls -A /tmp")).split(), ["a", "b", "a"])
        self.assertEqual(self.printed(sh("ls -A /tmp /dev/shm")).split(), ["/dev/shm:", "/tmp:"])

    def test_dev_holds_the_harmless_devices(self):
        printed = self.printed(sh("ls /dev; head -c 3 /dev/zero | wc -c; echo x >/dev/null; head -c 2 /dev/urandom | wc -c; echo y >/dev/full 2>/tmp/e || echo full"))
        self.assertEqual(printed.split(), ["fd", "full", "null", "random", "shm", "stderr", "stdin", "stdout", "urandom", "zero", "3", "2", "full"])

    def test_proc_shows_only_its_own_processes_and_not_init(self):
        self.assertEqual(self.printed(py("import os; print(*sorted(int(n) for n in os.listdir('/proc') if n.isdigit()))")), "2")

    def test_init_shows_nothing_of_itself(self):
        sandbox = self.finished(sh("cat /proc/1/environ; cat /proc/1/maps; ls -l /proc/1/fd /proc/1/root; readlink /proc/1/exe"))
        self.assertEqual(sandbox.text(), "")

    def test_standard_output_can_be_opened_again(self):
        self.assertEqual(self.printed(sh("echo one >/dev/stdout; echo two >/dev/fd/1")).split(), ["one", "two"])

    def test_loopback_works_and_netlink_lists_interfaces_and_routes(self):
        printed = self.printed(py("""
            import socket, struct
            def dump(kind, body):
                s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
                s.bind((0, 0))
                s.send(struct.pack("=IHHII", 16 + len(body), kind, 0x301, 1, 0) + body)
                kinds = []
                while 3 not in kinds:
                    data = s.recv(65536)
                    while data:
                        size, kind = struct.unpack("=IH", data[:6])
                        if kind == 2:
                            raise SystemExit("netlink error")
                        kinds.append(kind)
                        data = data[(size + 3) & ~3:]
                return len(kinds) - 1
            print(dump(18, bytes(16)) >= 1, dump(22, bytes(8)) >= 1, dump(26, bytes(12)) >= 1)
            print(socket.if_nameindex()[0][1])
            a = socket.create_server(("127.0.0.1", 0)); b = socket.create_connection(a.getsockname()); b.send(b"x"); print(a.accept()[0].recv(1))
        """))
        self.assertEqual(printed.split("\n"), ["True True True", "lo", "b'x'"])

    def test_its_own_sockets_know_no_interface_of_the_host(self):
        sandbox = self.finished(py("""
            import array, fcntl, socket, struct
            def interfaces(fd):
                room = array.array("B", bytes(4096))
                used, _ = struct.unpack("iP", fcntl.ioctl(fd, 0x8912, struct.pack("iP", 4096, room.buffer_info()[0])))
                return sorted({bytes(room[at : at + 16]).split(bytes(1))[0].decode() for at in range(0, used, 40)})
            fresh = socket.socket()
            own = interfaces(fresh.fileno())
            print(own, interfaces(3) == own, interfaces(4) == own)
        """), shape="worker")
        self.assertEqual((sandbox.lines(), sandbox.lines(2)), ([b"['lo'] True True"], []))

    def test_sockets_are_of_unix_tcp_udp_and_routes(self):
        printed = self.printed(py("""
            import socket
            for family, kind, protocol in ((1, 1, 0), (1, 5, 0), (2, 1, 0), (2, 1, 6), (2, 2, 17), (2, 2, 0), (16, 3, 0), (16, 2, 0),
                                           (2, 1, 262), (2, 2, 136), (2, 2, 1), (2, 5, 132), (2, 3, 255), (16, 3, 9), (17, 3, 0), (38, 5, 0), (40, 1, 0)):
                try:
                    socket.socket(family, kind | socket.SOCK_CLOEXEC, protocol).close()
                    print("made", end=" ")
                except OSError as error:
                    print(error.errno, end=" ")
        """))
        self.assertEqual(printed.split(), ["made"] * 8 + ["93"] * 5 + ["97"] * 4)

    def test_equal_pages_are_not_merged_with_neighbours(self):
        self.assertEqual(self.printed(py("""
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            print(libc.prctl(67, 1, 0, 0, 0), ctypes.get_errno(), libc.prctl(15, b"renamed", 0, 0, 0), open("/proc/self/comm").read().strip())
        """)), "-1 1 0 renamed")

    def test_what_the_kernel_tells_of_the_machine_is_hidden(self):
        self.assertEqual(self.printed(sh("for name in acpi scsi; do ls /proc/$name 2>/dev/null; done; cat /proc/kallsyms /proc/timer_list /proc/keys 2>/dev/null; echo end")), "end")

    def test_it_is_ended_before_the_server_is_where_memory_runs_out_and_leaves_no_core(self):
        self.assertEqual(self.printed(py("import resource; print(open('/proc/self/oom_score_adj').read(), resource.getrlimit(resource.RLIMIT_CORE))")).split("\n"), ["500", " (1, 1)"])

    def test_two_sandboxes_can_listen_on_the_same_port(self):
        listen = py("import socket, time; s = socket.create_server(('127.0.0.1', 7777)); print('listening', flush=True); s.accept()")
        one, two = self.spawn(argv=listen), self.spawn(argv=listen)
        one.wait_line("listening")
        two.wait_line("listening")


class Mounts(SandboxCase):
    def setUp(self):
        self.source = folder()
        self.addCleanup(shutil.rmtree, self.source)
        with open(os.path.join(self.source, "file"), "w") as file:
            file.write("content")
        os.chmod(os.path.join(self.source, "file"), 0o644)

    def test_a_read_only_mount_can_be_read_and_not_written(self):
        sandbox = self.finished(sh("cat /var/task/file; echo; touch /var/task/new; rm -f /var/task/file"), mount=["ro /var/task %s" % self.source])
        self.assertEqual(sandbox.text(), "content")
        self.assertIn("Read-only file system", sandbox.text(2))
        self.assertEqual(os.listdir(self.source), ["file"])

    def test_a_writable_mount_keeps_what_is_written(self):
        os.chmod(self.source, 0o777)
        self.printed(sh("echo made >/build/new"), mount=["rw /build %s" % self.source])
        with open(os.path.join(self.source, "new")) as file:
            self.assertEqual(file.read(), "made\n")

    def test_places_below_opt_are_made_where_they_are_missing(self):
        mounts = ["ro /opt/a/b/c %s" % self.source, "ro /opt/deps %s" % self.source, "ro /opt/runtime %s" % self.source]
        self.assertEqual(self.printed(sh("cat /opt/a/b/c/file /opt/deps/file /opt/runtime/file"), mount=mounts), "content" * 3)

    def test_what_is_not_a_mount_below_opt_cannot_be_written(self):
        sandbox = self.finished(sh("touch /opt/new /opt/a/new; ls -A /opt"), mount=["ro /opt/a/b %s" % self.source])
        self.assertEqual(sandbox.text(), "a")
        self.assertEqual(sandbox.text(2).count("Read-only file system"), 2)

    def test_a_link_is_no_source(self):
        link = os.path.join(self.source, "link")
        os.symlink("/etc", link)
        sandbox = self.launcher.request(mount=["ro /var/task %s" % link])
        self.addCleanup(sandbox.close)
        sandbox.wait_failed()
        self.assertIn("Too many levels of symbolic links", sandbox.failed["why"])

    def test_a_source_may_hold_spaces(self):
        spaced = os.path.join(self.source, "a b")
        os.mkdir(spaced)
        os.chmod(spaced, 0o755)
        self.assertEqual(self.printed(sh("ls -d /var/task"), mount=["ro /var/task %s" % spaced]), "/var/task")

    def test_a_set_user_id_program_gives_nothing(self):
        shutil.copy("/usr/bin/id", os.path.join(self.source, "id"))
        os.chmod(os.path.join(self.source, "id"), 0o6755)
        self.assertEqual(self.printed(["/var/task/id", "-u"], mount=["ro /var/task %s" % self.source]), "1000")

    def test_a_mount_ends_with_its_sandbox_and_others_do_not_see_it(self):
        with_mount = self.spawn(argv=sh("cat /var/task/file; echo; sleep 60"), mount=["ro /var/task %s" % self.source])
        with_mount.wait_line("content")
        self.assertEqual(self.printed(sh("ls /var/task")), "")


if __name__ == "__main__":
    unittest.main()
