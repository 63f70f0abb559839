"""What of the measuring needs no server: python3 bench/coldstart/tests.py"""

import pathlib
import socket
import sys
import threading
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "sandbox")]

import client  # noqa: E402
import samples  # noqa: E402


def done(millis, problem="", **record):
    call = client.Call(client.Target("127.0.0.1", 1, "/", b"hello"))
    call.ended, call.problem, call.record = int(millis * 1e6), problem, record
    return call


class Answers(unittest.TestCase):
    def test_an_answer_is_complete_with_the_length_it_promises(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
        self.assertFalse(client.complete(head[:-1]))
        self.assertFalse(client.complete(head + b"hell"))
        self.assertTrue(client.complete(head + b"hello"))

    def test_a_chunked_answer_is_complete_with_its_last_chunk(self):
        head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"
        self.assertFalse(client.complete(head))
        self.assertTrue(client.complete(head + b"0\r\n\r\n"))

    def test_an_answer_of_another_function_or_an_error_is_a_problem(self):
        call = done(1)
        call.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"
        self.assertEqual(call.conclude().problem, "HTTP/1.1 200 OK other")
        call = done(1)
        call.answer = b"HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\nhello"
        self.assertEqual(call.conclude().problem, "HTTP/1.1 500 Oops hello")

    def test_a_url_names_host_port_and_path(self):
        self.assertEqual(client.target("http://127.0.0.1:7101/", "/api/x", b""), client.Target("127.0.0.1", 7101, "/api/x", b""))


class Arrivals(unittest.TestCase):
    def test_arrivals_do_not_wait_for_those_before_them(self):
        """Nobody is answered before all have come."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        wanted = client.Target("127.0.0.1", listener.getsockname()[1], "/", b"hello")

        def serve():
            connections = [listener.accept()[0] for _ in range(3)]
            for connection in connections:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx-mayfly-request-id: 7\r\n\r\nhello")
                connection.close()

        server = threading.Thread(target=serve)
        server.start()
        calls = client.arrive([(0.02, wanted), (0, wanted), (0.01, wanted)])
        server.join()
        listener.close()
        self.assertEqual([call.problem for call in calls], ["", "", ""])
        self.assertEqual([call.request for call in calls], ["7", "7", "7"])
        self.assertTrue(all(call.millis > 0 for call in calls))

    def test_a_port_where_nobody_listens_is_a_problem(self):
        probe = socket.create_server(("127.0.0.1", 0))
        wanted = client.Target("127.0.0.1", probe.getsockname()[1], "/", b"hello")
        probe.close()
        self.assertIn("ConnectionRefused", client.call(wanted).problem)
        self.assertIn("ConnectionRefused", client.arrive([(0, wanted)])[0].problem)


class Groups(unittest.TestCase):
    def test_rungs_are_apart_and_failures_and_warm_calls_among_none_of_them(self):
        found = samples.Samples()
        calls = [done(1, cold=True, rung="pool"), done(2, cold=True, rung="pool"), done(9, cold=True, rung="boot")]
        found.add("called", [*calls, done(3, cold=True, rung=None), done(0.1, cold=False, rung=None), done(4, problem="500")])
        rows = {row["what"]: row["samples"] for row in found.rows(("floor", [0.5]))}
        self.assertEqual(rows["called, rung pool"], [1, 2])
        self.assertEqual(rows["called, rung boot"], [9])
        self.assertEqual(rows["called, rung unknown"], [3])
        self.assertEqual(rows["called, but an instance was there"], [0.1])
        self.assertEqual(list(found.notes()), ["called: 1 of 6 calls failed and are in no row, the first with: 500"])

    def test_steps_become_rows_of_their_own_and_those_of_the_sandbox_one(self):
        calls = [done(9, cold=True, rung="boot", initMicros=8000, steps=[{"name": name, "micros": micros} for name, micros in (("clone", 300), ("start", 200), ("boot", 7000))])]
        rows = {row["what"]: row["samples"] for row in samples.parts_of("called, rung boot", calls)}
        expected = {"waiting for the instance": [8], "step sandbox": [0.5], "step boot": [7]}
        self.assertEqual(rows, {f"called, rung boot: {name}": told for name, told in expected.items()})

    def test_a_quantile_is_one_of_the_samples(self):
        self.assertEqual(samples.quantile(range(1000), 0.999), 999)
        self.assertEqual(samples.quantile(range(1000), 0.5), 500)
        self.assertEqual(samples.quantile([7], 0.99), 7)


if __name__ == "__main__":
    unittest.main()
