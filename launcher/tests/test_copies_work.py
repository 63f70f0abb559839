"""What works in any process works in a copy of one that had it loaded, and used, before."""

import pythons
from copies_case import CopiesCase

BEFORE = """
import asyncio, concurrent.futures, faulthandler, hashlib, logging, multiprocessing, multiprocessing.pool, random, signal, socket, ssl, subprocess, tempfile, threading, time, zoneinfo
import numpy
square = numpy.arange(360000.0).reshape(600, 600) / 360000
product = square @ square
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    list(pool.map(abs, [1, 2]))
asyncio.run(asyncio.sleep(0))
subprocess.run(["/bin/true"])
logging.basicConfig(format="%(message)s", stream=sys.stdout, level=logging.INFO)
ssl.create_default_context()
faulthandler.enable()
"""
AFTER = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads: some scripts have just ended theirs, numpy keeps its own
renew.everything_random()
"""
#: Each in a copy of its own, with what it prints.
SCRIPTS = {
    "threads, with locks, conditions and their own data": ("""
lock, ready, local, seen = threading.RLock(), threading.Barrier(9), threading.local(), []
def run(number):
    local.number = number
    ready.wait()
    with lock:
        seen.append(local.number)
threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
[t.start() for t in threads]
ready.wait()
[t.join() for t in threads]
print(sorted(seen) == list(range(8)), threading.active_count(), threading.main_thread() is threading.current_thread(),
      threading.main_thread().native_id == threading.get_native_id() == os.getpid())
""", "True 1 True True"),
    "a pool of threads, and a timer": ("""
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print(list(pool.map(lambda n: n * n, range(5))))
done = threading.Event()
threading.Timer(0.01, done.set).start()
print(done.wait(20))
""", "[0, 1, 4, 9, 16]\nTrue"),
    "asyncio, with processes, sockets, threads and signals": ("""
async def main():
    program = await asyncio.create_subprocess_exec("/bin/echo", "hi", stdout=asyncio.subprocess.PIPE)
    print((await program.communicate())[0], program.returncode)
    server = await asyncio.start_server(lambda reader, writer: (writer.write(b"answer"), writer.close()), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    print(await reader.read())
    writer.close()
    server.close()
    print(await asyncio.get_running_loop().run_in_executor(None, sum, [1, 2]))
    got = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, got.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(got.wait(), 20)
    print("signal")
asyncio.run(main())
""", "b'hi\\n' 0\nb'answer'\n3\nsignal"),
    "multiprocessing by fork": ("""
context = multiprocessing.get_context("fork")
with context.Pool(2) as pool:
    print(pool.map(abs, range(-3, 3)))
queue, lock = context.Queue(), context.Lock()
def put():
    with lock:
        queue.put("put")
process = context.Process(target=put)
process.start()
print(queue.get(timeout=20))
process.join()
print(process.exitcode)
with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
    print(pool.submit(pow, 2, 5).result(20))
with context.Manager() as manager:
    shared = manager.list([1])
    shared.append(2)
    print(list(shared))
""", "[3, 2, 1, 0, 1, 2]\nput\n0\n32\n[1, 2]"),
    "multiprocessing by spawn and by a server of forks": ("""
multiprocessing.set_executable(sys.executable)
for method in ("spawn", "forkserver"):
    with multiprocessing.get_context(method).Pool(2) as pool:
        print(pool.map(abs, range(-2, 2)))
""", "[2, 1, 0, 1]\n[2, 1, 0, 1]"),
    "memory that processes share": ("""
from multiprocessing import shared_memory
made = shared_memory.SharedMemory(create=True, size=64)
if os.fork() == 0:
    made.buf[0] = 7
    os._exit(0)
os.wait()
print(made.buf[0])
made.close()
made.unlink()
value = multiprocessing.Value("i", 0)
process = multiprocessing.get_context("fork").Process(target=lambda: setattr(value, "value", 5))
process.start()
process.join()
print(value.value)
""", "7\n5"),
    "numpy on all processors, as before": ("""
print(numpy.array_equal(square @ square, product), round(float(numpy.linalg.det(numpy.eye(300) * 1.01)), 3), flush=True)
threads = [threading.Thread(target=lambda: square @ square) for _ in range(3)]
[t.start() for t in threads]
[t.join() for t in threads]
if os.fork() == 0:
    print(numpy.array_equal(square @ square, product), flush=True)
    os._exit(0)
os.wait()
""", "True 19.788\nTrue"),
    "encryption and hashes": ("""
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
box = Fernet(Fernet.generate_key())
print(box.decrypt(box.encrypt(b"word")), hashlib.sha256(b"word").hexdigest()[:8], len(Scrypt(b"salt", 32, 1024, 8, 1).derive(b"word")))
context = ssl.create_default_context()
print(context.verify_mode == ssl.CERT_REQUIRED, hashlib.pbkdf2_hmac("sha256", b"a", b"b", 10).hex()[:8])
client, server = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = context.wrap_bio(server, client, server_hostname="localhost")
try:
    tls.do_handshake()
except ssl.SSLWantReadError:
    print(client.pending > 100)
""", "b'word' 98c1eb4e 32\nTrue 8035ce8e\nTrue"),
    "logging, also from threads and children": ("""
logging.info("here")
thread = threading.Thread(target=logging.info, args=("thread",))
thread.start()
thread.join()
if os.fork() == 0:
    logging.info("child")
    os._exit(0)
os.wait()
""", "here\nthread\nchild"),
    "signals and their timers": ("""
got = []
signal.signal(signal.SIGALRM, lambda number, frame: got.append(number))
signal.setitimer(signal.ITIMER_REAL, 0.01)
while not got:
    time.sleep(0.05)
signal.signal(signal.SIGTERM, lambda *_: got.append("term"))
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(0)
print(got, signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN, signal.pthread_sigmask(0, []))
""", "[14, 'term'] True True set()"),
    "files, folders and pipes": ("""
with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
    print(file.name.startswith("/tmp/"), os.listdir(folder))
print(sum(1 for n in range(3, 64) if not os.path.exists("/proc/self/fd/%d" % n)))
""", "True []\n59"),
    "time zones": ("""
os.environ["TZ"] = "America/New_York"
time.tzset()
print(time.localtime(0)[:4])
""", "(1969, 12, 31, 19)"),
    "the stack of a crash": ("""
child = os.fork()
if child == 0:
    os.close(2)
    os.dup2(1, 2)
    faulthandler.enable()
    os.kill(os.getpid(), signal.SIGSEGV)
print(os.waitpid(child, 0)[1])
""", None),
}


class CopiesWork(CopiesCase):
    packages = True

    def test_with_all_that_was_loaded_and_used_before(self):
        for python in pythons.found():
            zygote = self.zygote_of(python, BEFORE)
            for name, (script, expected) in SCRIPTS.items():
                with self.subTest(name, python=python.version):
                    said = self.said(zygote, AFTER + script)
                    if expected is None:
                        self.assertIn("Segmentation fault", said)
                    else:
                        self.assertEqual(said, expected)
            zygote.close()
