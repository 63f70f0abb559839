"""What of the measuring needs no server of Mayfly and no nginx: python3 bench/edge/tests.py"""

import importlib.machinery
import importlib.util
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "coldstart"), str(HERE.parent / "sandbox")]

import cores  # noqa: E402
import histograms  # noqa: E402
import loads  # noqa: E402
import scenario  # noqa: E402
import stand  # noqa: E402

FOLDER = tempfile.TemporaryDirectory(prefix="mayfly-bench-tests-")
PATH = pathlib.Path(FOLDER.name)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def setUpModule():
    loads.compile_all(PATH)


def tearDownModule():
    FOLDER.cleanup()


class Server:
    """answer: called with the number of the request and its bytes, gives the bytes of the answer; b"" closes. Every connection has a thread."""

    def __init__(self, answer, context=None):
        self.answer, self.context = answer, context
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.connections, self.requests, self.lock = 0, 0, threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with self.context.wrap_socket(connection, server_side=True) if self.context else connection as connection:
                while request := read_request(connection):
                    with self.lock:
                        self.requests += 1
                        number = self.requests
                    data = self.answer(number, request)
                    if not data:
                        return
                    connection.sendall(data)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += connection.recv(1 << 20)
    return head + b"\r\n\r\n" + body


class Nobody:
    name = "nobody"

    def pids(self):
        return [os.getpid()]


def load(server, **options):
    return loads.Loader(PATH, cores.Cores("any", os.sched_getaffinity(0), os.sched_getaffinity(0)))(Nobody(), {"tcp": server.port, **options})


class Loads(unittest.TestCase):
    def test_a_closed_loop_asks_as_often_as_told(self):
        with Server(lambda *_: OK) as server:
            done = load(server, connections=3, requests=30)
        self.assertEqual((done.answered, done.failed, server.requests), (30, 0, 30))
        self.assertEqual(histograms.size(histograms.pairs(done.micros)), 30)
        self.assertLessEqual(server.connections, 3)
        self.assertEqual(done.bytes, 30 * len(OK))

    def test_what_waits_for_a_slow_answer_has_that_in_its_time(self):
        """The second request, the first that counts, is answered after 0.3 s; those that come meanwhile are not left out."""

        def slow(number, _):
            time.sleep(0.3 if number == 2 else 0)
            return OK

        with Server(slow) as server:
            done = load(server, connections=1, rate=100, seconds=0.25, seed=3)
        times = histograms.pairs(done.micros)
        self.assertEqual(histograms.size(times), server.requests - 1)
        waited = sum(count for value, count in times if value > 45_000)
        self.assertGreater(waited, histograms.size(times) * 2 // 3)

    def test_arrivals_are_the_same_for_the_same_seed(self):
        counts = []
        for seed in (5, 5, 6):
            with Server(lambda *_: OK) as server:
                counts.append(load(server, connections=4, rate=2000, seconds=0.2, seed=seed).answered)
        self.assertEqual(counts[0], counts[1])
        self.assertNotEqual(counts[0], counts[2])

    def test_fresh_connections_serve_one_request_each(self):
        with Server(lambda *_: OK) as server:
            done = load(server, connections=2, requests=10, fresh=1)
        self.assertEqual((done.answered, server.connections), (10, 10))

    def test_failed_requests_are_counted_and_in_no_time(self):
        answers = {2: b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 4: b""}
        with Server(lambda number, _: answers.get(number, OK)) as server:
            done = load(server, connections=1, requests=6)
        self.assertEqual((done.answered, done.failed, done.why), (4, 2, "answered HTTP/1.1 503 Busy"))
        self.assertEqual(histograms.size(histograms.pairs(done.micros)), 4)

    def test_where_everything_fails_the_load_ends(self):
        with Server(lambda *_: b"") as server, self.assertRaisesRegex(RuntimeError, "waiting for an answer: closed"):
            load(server, connections=4, seconds=60)

    def test_an_answer_longer_than_promised_fails(self):
        with Server(lambda *_: OK + b"!") as server:
            self.assertEqual(load(server, requests=1).why, "more came than was promised: Protocol error")

    def test_bodies_go_up_whole(self):
        sizes = []

        def size(_, request):
            sizes.append(len(request.partition(b"\r\n\r\n")[2]))
            return OK

        with Server(size) as server:
            load(server, connections=1, requests=3, upload=3_000_000)
        self.assertEqual(sizes, [3_000_000] * 3)

    def test_bodies_come_down_whole(self):
        with Server(lambda *_: b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n" + bytes(3_000_000)) as server:
            done = load(server, connections=2, requests=4)
        self.assertEqual(done.bytes, 4 * (3_000_000 + len(b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n")))

    def test_the_same_by_tls(self):
        stand.certificate(PATH)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PATH / "c.crt", PATH / "c.key")
        with Server(lambda *_: OK, context) as server:
            kept = load(server, connections=2, requests=10, tls=1)
            fresh = load(server, connections=2, requests=10, tls=1, fresh=1)
        self.assertEqual((kept.answered, fresh.answered, kept.failed + fresh.failed), (10, 10, 0))
        self.assertGreaterEqual(server.connections, 11)

    def test_messages_of_a_websocket_come_back(self):
        port = stand.free_port()
        echo = subprocess.Popen([PATH / "echo-server"], env={"PORT": str(port)})
        try:
            for _ in range(1000):
                with socket.socket() as probe:
                    if not probe.connect_ex(("127.0.0.1", port)):
                        break
                time.sleep(0.01)
            with Server(lambda *_: b"") as nowhere:
                nowhere.port = port
                done = load(nowhere, connections=4, requests=100, websocket=125)
        finally:
            echo.kill()
            echo.wait()
        self.assertEqual((done.answered, done.failed), (100, 0))

    def test_held_connections_stay_open_until_they_are_let_go(self):
        with Server(lambda *_: OK) as server:
            loader = loads.Loader(PATH, cores.Cores("any", os.sched_getaffinity(0), os.sched_getaffinity(0)))
            held = loader.hold({"tcp": server.port, "connections": 20})
            self.assertEqual((server.connections, server.requests, held.poll()), (20, 20, None))
            self.assertEqual(loader.release(held).answered, 20)


class Histograms(unittest.TestCase):
    def test_a_quantile_counts_what_is_below(self):
        found = histograms.pooled(["1:1 2:8", "2:0 9:1"])
        self.assertEqual([histograms.quantile(found, q) for q in (0, 0.5, 0.89, 0.9, 0.999)], [1, 2, 2, 9, 9])
        self.assertEqual(histograms.medians(["1:1 2:8", "", "9:1"]), [2, 9])


class Processors(unittest.TestCase):
    def test_time_spent_is_that_of_the_process(self):
        before = time.process_time()
        spent = cores.spent([os.getpid()])
        self.assertTrue(before <= spent <= time.process_time())
        self.assertEqual(cores.spent([]), 0)

    def test_what_is_started_meanwhile_runs_on_those_cores(self):
        one = min(os.sched_getaffinity(0))
        with cores.on({one}):
            child = subprocess.run([sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"], capture_output=True, text=True)
        self.assertEqual(child.stdout.strip(), str({one}))


class Warming(unittest.TestCase):
    def test_it_is_over_when_two_loads_in_a_row_cost_hardly_less_than_the_best_before(self):
        self.assertFalse(scenario.settled([9, 9]))
        self.assertFalse(scenario.settled([9, 5, 3]))
        self.assertFalse(scenario.settled([9, 5, 9, 4]))
        self.assertTrue(scenario.settled([9, 5, 5.5, 4.9]))


class Rows(unittest.TestCase):
    def test_rows_stand_beside_each_of_the_others_and_failures_are_told(self):
        bench = type("Bench", (), {"times": scenario.QUICK, "open_stands": []})
        found, subject = scenario.Scenario(bench), lambda name: stand.Subject(name, None, None)
        for name, value in (("Mayfly", 2), ("nginx", 1), ("nginx with more", 4)):
            found.add("CPU", "µs", subject(name), value)
            found.add("time", "histogram", subject(name), f"{value}:1")
        found.failed["a way", "nginx"] = 3, "answered 500"
        rows = list(found.rows())
        self.assertEqual([(each["what"], each["beside"]) for each in rows], [("CPU", "nginx"), ("CPU", "nginx with more"), ("time", "nginx"), ("time", "nginx with more")])
        self.assertEqual(list(found.notes()), ["a way: 3 requests to nginx failed and are in no row, the last with: answered 500"])
        self.assertEqual(run().table_row(rows[3], {"p50": 0.5}, False), "| time | 1 | 2.00 µs | nginx with more | 4.00 µs | 0.50 (0.50–0.50) |")


def run():
    loader = importlib.machinery.SourceFileLoader("run", str(HERE.parent / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    loader.exec_module(module)
    return module


if __name__ == "__main__":
    unittest.main()
