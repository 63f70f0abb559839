"""What is printed and logged, and under which invocation."""

import unittest

from platform_double import LOG, Instance


def script(body, before="", **options):
    """A WSGI application whose body runs for each request."""
    lines = "".join("    %s\n" % line for line in body.strip("\n").split("\n"))
    source = "import os, sys, threading, logging\n%s\ndef app(environ, start_response):\n    path = environ['PATH_INFO']\n%s    start_response('200 OK', [])\n    return [b'ok']\n" % (before, lines)
    return Instance({"app.py": source}, "app.py", "app", "app", **options)


class OutputTest(unittest.TestCase):
    def test_print_goes_line_by_line_under_its_request(self):
        with script("print('one\\ntwo', path)\nprint('err', file=sys.stderr)\nprint('no newline', end='')", before="print('at import')") as instance:
            instance.ready()
            instance.get("/a")
            instance.ended(1)
            self.assertEqual(instance.logs(0), [(0, 1, 0, "at import")])
            self.assertEqual(instance.logs(1), [(1, 1, 0, "one"), (1, 1, 0, "two /a"), (1, 2, 0, "err"), (1, 1, 0, "no newline")])

    def test_threads_and_pools_log_under_the_request_that_started_them(self):
        body = """
t = threading.Thread(target=print, args=('thread', path))
t.start()
t.join()
from concurrent.futures import ThreadPoolExecutor
global pool
pool = pool or ThreadPoolExecutor(1)
pool.submit(print, 'pool', path).result()
"""
        with script(body, before="pool = None") as instance:
            instance.ready()
            for number, path in enumerate(("/a", "/b"), 1):
                instance.get(path)
                instance.ended(number)
                self.assertEqual(instance.texts(number), ["thread " + path, "pool " + path])

    def test_concurrent_requests_do_not_mix_their_lines(self):
        with script("for i in range(200):\n    print(path, end='')\n    print(path)", concurrency=8) as instance:
            instance.ready()
            connections = [instance.connect() for _ in range(8)]
            for number, connection in enumerate(connections, 1):
                connection.request("GET", "/%d" % number, headers={"x-mayfly-invocation": "%016x" % number})
            for connection in connections:
                connection.getresponse().read()
            for number in range(1, 9):
                instance.ended(number)
                self.assertEqual(instance.texts(number), ["/%d/%d" % (number, number)] * 200)

    def test_logging_is_level_tagged_from_info_up(self):
        body = "logging.debug('d')\nlogging.info('i %d', 1)\nlogging.getLogger('x').warning('w')\ntry:\n    1/0\nexcept ZeroDivisionError:\n    logging.exception('e')"
        with script(body) as instance:
            instance.ready()
            instance.get()
            instance.ended(1)
            logs = instance.logs(1)
            self.assertEqual([entry[1:3] for entry in logs], [(3, 20), (3, 30), (3, 40)])
            self.assertEqual([entry[3] for entry in logs[:2]], ["i 1", "w"])
            self.assertTrue(logs[2][3].startswith("e\nTraceback") and logs[2][3].endswith("ZeroDivisionError: division by zero"))

    def test_the_users_own_logging_configuration_replaces_ours(self):
        befores = {
            "logging.basicConfig(format='%(levelname)s|%(message)s')": ["WARNING|w"],
            "logging.basicConfig(level=logging.INFO, format='%(levelname)s|%(message)s')": ["INFO|i", "WARNING|w"],
            "h = logging.StreamHandler(sys.stdout)\nh.setFormatter(logging.Formatter('own %(message)s'))\nlogging.getLogger().addHandler(h)": ["own w"],
            "import logging.config\nlogging.config.dictConfig({'version': 1, 'formatters': {'f': {'format': 'dict %(message)s'}}, 'handlers': {'h': {'class': 'logging.StreamHandler', 'formatter': 'f'}}, 'root': {'handlers': ['h'], 'level': 'INFO'}})": ["dict i", "dict w"],
        }
        for before, expected in befores.items():
            with self.subTest(before), script("logging.info('i')\nlogging.warning('w')", before=before) as instance:
                instance.ready()
                instance.get()
                instance.ended(1)
                self.assertEqual(instance.texts(1), expected)
                self.assertFalse(instance.logs(1, 3))

    def test_megabytes_arrive_whole_in_bounded_frames(self):
        with script("print('x' * 3_000_000)\nprint('\\n'.join(['\\u00e4' * 99] * 20_000))\nsys.stdout.buffer.write(b'raw \\xff\\n')") as instance:
            instance.ready()
            instance.get()
            instance.ended(1)
            texts = instance.texts(1)
            self.assertEqual("".join(texts[:46]), "x" * 3_000_000)
            self.assertEqual(texts[46:-1], ["\u00e4" * 99] * 20_000)
            self.assertEqual(texts[-1], "raw \ufffd")
            self.assertLessEqual(max(map(len, instance.of(LOG))), 18 + 64 * 1024)

    def test_split_lines_keep_their_characters_whole(self):
        with script("print('a' + '\\u20ac' * 50_000)") as instance:
            instance.ready()
            instance.get()
            instance.ended(1)
            self.assertEqual("".join(instance.texts(1)), "a" + "\u20ac" * 50_000)

    def test_frames_of_many_threads_stay_whole(self):
        body = "threads = [threading.Thread(target=lambda: [print(str(i) * 5000) for i in range(10)]) for _ in range(20)]\n[t.start() for t in threads]\n[t.join() for t in threads]"
        with script(body) as instance:
            instance.ready()
            instance.get()
            instance.ended(1)
            self.assertEqual(sorted(instance.texts(1)), sorted(str(i) * 5000 for i in range(10) for _ in range(20)))

    def test_raw_descriptors_children_and_forks_come_through_init(self):
        body = """
import subprocess
os.write(1, b'raw out\\n')
os.write(2, b'raw err')
subprocess.run([sys.executable, '-c', 'print("child")'], stdout=sys.stdout)
pid = os.fork()
if not pid:
    print('forked')
    logging.warning('forked too')
    sys.stdout.flush()
    os._exit(0)
os.waitpid(pid, 0)
"""
        with script(body) as instance:
            instance.ready()
            self.assertEqual(instance.get(), (200, "ok"))
            instance.drain()
            self.assertEqual(instance.exit()[0], 0)
            self.assertEqual(sorted(instance.logs(0)), [(0, 1, 0, "child"), (0, 1, 0, "forked"), (0, 1, 0, "raw out"), (0, 2, 0, "raw errforked too")])

    def test_last_words_of_a_crash_are_kept(self):
        with script("sys.stdout.write('unfinished')\nimport faulthandler, signal\nfaulthandler.enable()\nsys.stdout.flush()\nos.kill(os.getpid(), signal.SIGSEGV)") as instance:
            instance.ready()
            with instance.socket() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                plain.recv(1)
            self.assertEqual(instance.exit()[0], 128 + 11)
            self.assertIn("Fatal Python error: Segmentation fault", instance.texts(0, 2))

    def test_warnings_and_thread_tracebacks_are_attributed(self):
        body = "import warnings\nwarnings.warn('careful')\nt = threading.Thread(target=lambda: 1/0)\nt.start()\nt.join()"
        with script(body) as instance:
            instance.ready()
            instance.get()
            instance.ended(1)
            text = "\n".join(instance.texts(1, 2))
            self.assertIn("careful", text)
            self.assertIn("ZeroDivisionError", text)
