"""The shape `server`: a program that only knows TCP, found and relayed by the init."""

import os
import socket
import unittest

from mayfly_launcher import ENDED, HELLO, READY, STARTED, DRAIN, worker_frame
from sandbox_case import SLOW, SandboxCase, py, sh

# Answers each connection with what it got, in full, and closes; `stay` in the request keeps it open.
ECHO = """
    import socket, sys, time
    def serve(listener):
        while True:
            connection, _ = listener.accept()
            data = b""
            while b"\\r\\n\\r\\n" not in data:
                got = connection.recv(65536)
                if not got:
                    break
                data += got
            length = 0
            for line in data.split(b"\\r\\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            while data and len(data.split(b"\\r\\n\\r\\n", 1)[1]) < length:
                data += connection.recv(65536)
            if b"/die" in data[:20]:
                connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nhalf")
                sys.exit(9)
            if b"/slow" in data[:20]:
                print("slow", flush=True)
                time.sleep(0.3)
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(data) + data)
            connection.close()
"""


def listening(address, port="int(__import__('os').environ['PORT'])", family="AF_INET", before=""):
    return py(ECHO + before + """
    serve(socket.create_server((%r, %s), family=socket.%s))
""" % (address, port, family))


class Server(SandboxCase):
    options = ("--ports", "7443")

    def serve(self, argv, ready=True, **wanted):
        sandbox = self.spawn(argv=argv, shape="server", env=["PORT=8080", "PATH=/usr/bin:/bin"], **wanted)
        if ready:
            self.assertEqual(sandbox.wait_ready(), b'{"mode":"provided"}')
        return sandbox

    def connect(self, sandbox):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(20)
        connection.connect(os.path.join(sandbox.run, "http.sock"))
        self.addCleanup(connection.close)
        return connection

    def whole_answer(self, connection):
        data = b""
        try:
            while got := connection.recv(65536):
                data += got
        except ConnectionResetError:
            pass
        return data

    def ask(self, sandbox, request):
        """What the program got, as it says."""
        connection = self.connect(sandbox)
        connection.sendall(request)
        return self.whole_answer(connection).partition(b"\r\n\r\n")[2]

    def numbers(self, sandbox, kind, count):
        sandbox.until(lambda: len(sandbox.frames(kind, sandbox.worker)) >= count, "frame %d" % kind)
        return [int.from_bytes(payload, "big") for payload in sandbox.frames(kind, sandbox.worker)]

    def test_hello_comes_first_and_ready_when_the_port_is_found(self):
        sandbox = self.serve(listening("127.0.0.1"))
        self.assertEqual(sandbox.worker.frames[0][0], HELLO)
        self.assertEqual(sandbox.worker.frames[0][1][0], 2)

    def test_any_address_and_any_port_are_found(self):
        """Also one that belongs to the platform."""
        six = os.path.exists("/proc/net/if_inet6")
        for address, port, family in (("127.0.0.1", "8080", "AF_INET"), ("0.0.0.0", "8080", "AF_INET"), ("127.0.0.1", "3000", "AF_INET"), ("::1", "8080", "AF_INET6"),
                                      ("::", "8080", "AF_INET6"), ("::", "5000", "AF_INET6"),
                                      ("127.0.0.1", "7443", "AF_INET"), ("::1", "7443", "AF_INET6")):
            if family == "AF_INET6" and not six:
                continue
            with self.subTest(address=address, port=port):
                sandbox = self.serve(listening(address, port, family))
                self.assertEqual(self.ask(sandbox, b"GET / HTTP/1.1\r\n\r\n"), b"GET / HTTP/1.1\r\n\r\n")

    def test_an_address_of_ipv4_that_a_socket_of_ipv6_has_is_found(self):
        if not os.path.exists("/proc/net/if_inet6"):
            return  # nothing to find on this kernel
        sandbox = self.serve(py(ECHO + """
    listener = socket.socket(socket.AF_INET6)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(("::ffff:127.0.0.1", 8080))
    listener.listen()
    serve(listener)
"""))
        self.assertEqual(self.ask(sandbox, b"GET / HTTP/1.1\r\n\r\n"), b"GET / HTTP/1.1\r\n\r\n")

    def test_the_named_port_is_preferred_to_others_that_came_first(self):
        sandbox = self.serve(listening("127.0.0.1", before="""
    other = socket.create_server(("127.0.0.1", 80 if False else 1234))
"""))
        self.assertEqual(self.ask(sandbox, b"GET /x HTTP/1.1\r\n\r\n"), b"GET /x HTTP/1.1\r\n\r\n")

    def test_a_program_that_listens_late_is_found(self):
        sandbox = self.serve(listening("127.0.0.1", before="    time.sleep(0.8)\n"))
        self.assertEqual(self.ask(sandbox, b"GET / HTTP/1.1\r\n\r\n"), b"GET / HTTP/1.1\r\n\r\n")

    def test_no_ready_where_nothing_listens(self):
        sandbox = self.serve(sh("exit 4"), ready=False)
        sandbox.wait_end()
        self.assertEqual((sandbox.status, sandbox.frames(READY, sandbox.worker)), (4, []))

    def test_requests_are_told_by_their_numbers_and_the_header_is_taken_out(self):
        sandbox = self.serve(listening("127.0.0.1"))
        heads = (
            (b"GET / HTTP/1.1\r\n", b"x-mayfly-invocation: 0000000000000001\r\n", b"Host: a\r\n\r\n", 1),
            (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X-Mayfly-Invocation: 00000000000000ff\r\n", b"A: b\r\n\r\n", 255),
            (b"POST / HTTP/1.1\r\nHost: a\r\n", b"x-mayfly-invocation:fedcba9876543210\r\n", b"content-length: 0\r\n\r\n", 0xFEDCBA9876543210),
            (b"GET /last HTTP/1.1\r\nHost: a\r\nB: c\r\n", b"X-MAYFLY-INVOCATION:   000000000000000a\r\n", b"\r\n", 10),
        )
        for before, header, after, _ in heads:
            self.assertEqual(self.ask(sandbox, before + header + after), before + after)
        expected = [number for *_, number in heads]
        self.assertEqual(self.numbers(sandbox, STARTED, 4), expected)
        self.assertEqual(self.numbers(sandbox, ENDED, 4), expected)

    def test_a_header_like_ours_in_the_body_or_in_another_value_stays(self):
        sandbox = self.serve(listening("127.0.0.1"))
        body = b"x-mayfly-invocation: 0000000000000005\r\n"
        request = b"POST / HTTP/1.1\r\nA: x-mayfly-invocation: 1\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        self.assertEqual(self.ask(sandbox, request), request)
        self.assertEqual(sandbox.frames(STARTED, sandbox.worker), [])

    def test_a_head_may_come_byte_by_byte(self):
        sandbox = self.serve(listening("127.0.0.1"))
        connection = self.connect(sandbox)
        for byte in b"GET / HTTP/1.1\r\nx-mayfly-invocation: 0000000000000007\r\nHost: a\r\n\r\n":
            connection.sendall(bytes((byte,)))
        self.assertEqual(self.whole_answer(connection).partition(b"\r\n\r\n")[2], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(self.numbers(sandbox, STARTED, 1), [7])

    def test_a_large_body_passes_both_ways_whole(self):
        sandbox = self.serve(listening("127.0.0.1"), memory=256 << 20)
        body = os.urandom(1 << 20 if SLOW else 6 << 20)
        request = b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        connection = self.connect(sandbox)
        connection.sendall(request)
        self.assertEqual(self.whole_answer(connection).partition(b"\r\n\r\n")[2], request)

    def test_a_large_head_passes_and_an_endless_one_is_cut(self):
        sandbox = self.serve(listening("127.0.0.1"))
        request = b"GET / HTTP/1.1\r\nA: " + b"x" * 60000 + b"\r\n\r\n"
        self.assertEqual(self.ask(sandbox, request), request)
        connection = self.connect(sandbox)
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            for _ in range(100):
                connection.sendall(b"A: " + b"x" * 65536 + b"\r\n")
        self.assertEqual(self.ask(sandbox, b"GET / HTTP/1.1\r\n\r\n"), b"GET / HTTP/1.1\r\n\r\n")

    def test_a_client_that_leaves_before_its_head_is_whole_leaves_nothing(self):
        sandbox = self.serve(listening("127.0.0.1"))
        for _ in range(50):
            connection = self.connect(sandbox)
            connection.sendall(b"GET / HT")
            connection.close()
        self.assertEqual(self.ask(sandbox, b"GET / HTTP/1.1\r\n\r\n"), b"GET / HTTP/1.1\r\n\r\n")
        self.assertEqual(sandbox.frames(STARTED, sandbox.worker), [])

    def test_a_client_that_leaves_in_the_middle_ends_its_invocation(self):
        sandbox = self.serve(listening("127.0.0.1"))
        connection = self.connect(sandbox)
        connection.sendall(b"GET /slow HTTP/1.1\r\nx-mayfly-invocation: 0000000000000009\r\n\r\n")
        sandbox.wait_line("slow")
        connection.close()
        self.assertEqual(self.numbers(sandbox, ENDED, 1), [9])
        self.assertEqual(self.ask(sandbox, b"GET / HTTP/1.1\r\n\r\n"), b"GET / HTTP/1.1\r\n\r\n")

    def test_a_program_that_dies_in_the_middle_cuts_the_answer_and_is_told(self):
        sandbox = self.serve(listening("127.0.0.1"))
        connection = self.connect(sandbox)
        connection.sendall(b"GET /die HTTP/1.1\r\nx-mayfly-invocation: 0000000000000003\r\n\r\n")
        self.assertTrue(self.whole_answer(connection).endswith(b"half"))
        self.assertEqual(sandbox.wait_end()["status"], "9")

    def test_a_program_that_listens_no_more_closes_the_connection(self):
        sandbox = self.serve(py("import socket, time; s = socket.create_server(('127.0.0.1', 8080)); time.sleep(0.3); s.close(); print('closed', flush=True); time.sleep(600)"))
        sandbox.wait_line("closed")
        connection = self.connect(sandbox)
        connection.sendall(b"GET / HTTP/1.1\r\nx-mayfly-invocation: 0000000000000002\r\n\r\n")
        self.assertEqual(self.whole_answer(connection), b"")
        self.assertEqual((self.numbers(sandbox, STARTED, 1), self.numbers(sandbox, ENDED, 1)), ([2], [2]))

    def test_drain_lets_what_runs_finish_and_takes_nothing_new(self):
        sandbox = self.serve(listening("127.0.0.1"))
        connection = self.connect(sandbox)
        connection.sendall(b"GET /slow HTTP/1.1\r\nx-mayfly-invocation: 0000000000000004\r\n\r\n")
        sandbox.wait_line("slow")
        sandbox.worker.connection.sendall(worker_frame(DRAIN))
        self.assertIn(b"GET /slow", self.whole_answer(connection))
        sandbox.wait_end()
        self.assertEqual((sandbox.status, sandbox.exit[0]), (0, 0))
        with self.assertRaises(OSError):
            self.connect(sandbox)

    def test_a_question_that_is_open_holds_no_drain_up(self):
        ask = "\n    names = socket.create_connection(('127.0.0.1', 53))\n"
        sandbox = self.serve(listening("127.0.0.1", before=ask))
        sandbox.worker.connection.sendall(worker_frame(DRAIN))
        self.assertEqual(sandbox.wait_end()["status"], "0")

    def test_drain_of_an_idle_program_ends_it_with_0(self):
        sandbox = self.serve(listening("127.0.0.1"))
        for byte in worker_frame(0x01, b"{}" * 5000) + worker_frame(DRAIN):
            sandbox.worker.connection.sendall(bytes((byte,)))
        self.assertEqual(sandbox.wait_end()["status"], "0")

    def test_frames_that_mean_nothing_to_it_are_passed_over(self):
        sandbox = self.serve(listening("127.0.0.1"))
        sandbox.worker.connection.sendall(bytes(64) + worker_frame(0x7F, b"x" * 70000))
        self.assertEqual(self.ask(sandbox, b"GET / HTTP/1.1\r\n\r\n"), b"GET / HTTP/1.1\r\n\r\n")

    def test_many_clients_at_once_are_all_answered(self):
        sandbox = self.serve(listening("127.0.0.1"))
        connections = [self.connect(sandbox) for _ in range(100)]
        for number, connection in enumerate(connections, 1):
            connection.sendall(b"GET / HTTP/1.1\r\nx-mayfly-invocation: %016x\r\n\r\n" % number)
        for connection in connections:
            self.assertTrue(self.whole_answer(connection).endswith(b"GET / HTTP/1.1\r\n\r\n"))
        self.assertEqual(sorted(self.numbers(sandbox, ENDED, 100)), list(range(1, 101)))

    def test_clients_beyond_the_descriptors_of_the_init_wait_and_cost_no_time(self):
        sandbox = self.serve(listening("127.0.0.1"), files=64)
        connections = [self.connect(sandbox) for _ in range(300)]
        for connection in connections:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        for connection in connections:
            self.assertTrue(self.whole_answer(connection).endswith(b"GET / HTTP/1.1\r\n\r\n"))


if __name__ == "__main__":
    unittest.main()
