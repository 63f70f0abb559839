"""A small process that takes times outside of the platform: python3 stopwatch.py

Reads a JSON object a line, and answers each with one:
{"call": URL, "expect": BODY} one GET over a connection of its own, from before connect until the last byte of the answer
{"warm": URL, "times": N} as many GETs over one connection, or as many as there are within a few seconds
{"bare": FOLDER} what starting a process costs at least; it is made in the folder at first
{"engine": NAME} how to run a container of an image that is there already, or why not
{"run": [WORD, ...]} any program, from before it is started until it has ended
"""

import gc
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

LONGEST_SECONDS = 30
WARMING_SECONDS = 2
# In the machine code of the processor: exit_group(0).
EXITING = {
    "x86_64": (62, bytes.fromhex("31ff b8e7000000 0f05")),
    "aarch64": (183, bytes.fromhex("000080d2 c80b80d2 010000d4")),
}
USUAL_IMAGES = "busybox", "alpine", "debian", "ubuntu", "python"
IMAGES_TRIED = 3
addresses = {}


def target(url, connection):
    """Family and address to connect to, looked up once, and the request."""
    host, port = url.split("/")[2].rsplit(":", 1)
    path = "/" + url.split("/", 3)[3]
    if (host, port) not in addresses:
        addresses[host, port] = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
    family, _, _, _, address = addresses[host, port]
    return family, address, f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: {connection}\r\n\r\n".encode()


def call(url, expect):
    family, address, request = target(url, "close")
    answer, problem = b"", ""
    begun = ended = time.perf_counter_ns()
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(LONGEST_SECONDS)
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(request)
            while not complete(answer):
                data = connection.recv(65536)
                ended = time.perf_counter_ns()
                if not data:
                    break
                answer += data
    except OSError as failure:
        problem = f"{type(failure).__name__}: {failure}"
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b"\r\n")[0].decode(errors="replace")
    if not problem and not (status.startswith("HTTP/1.1 200 ") and body == expect.encode()):
        problem = " ".join(f"{status} {body[:300].decode(errors='replace')}".split()) or "closed without an answer"
    return {"micros": (ended - begun) // 1000, "request": header(head, "x-mayfly-request-id"), "problem": problem}


def warm(url, times):
    family, address, request = target(url, "keep-alive")
    end, done = time.monotonic() + WARMING_SECONDS, 0
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(LONGEST_SECONDS)
        connection.connect(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while done < times and time.monotonic() < end:
            connection.sendall(request)
            answer = b""
            while not complete(answer):
                data = connection.recv(65536)
                if not data:
                    raise ConnectionError("closed in the middle of an answer")
                answer += data
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise ConnectionError(answer.split(b"\r\n")[0].decode(errors="replace"))
            done += 1
    return {"done": done}


def complete(answer):
    head, end, body = answer.partition(b"\r\n\r\n")
    length = header(head, "content-length")
    return bool(end) and length.isdigit() and len(body) >= int(length)


def header(head, name):
    for line in head.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.strip().lower() == name:
            return value.strip()
    return ""


def run(words):
    """By posix_spawn, which copies nothing of this process: on Linux clone(CLONE_VM | CLONE_VFORK) and execve."""
    nothing = [(os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_RDWR, 0) for number in range(3)]
    pid, environment = 0, dict(os.environ)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    begun = time.perf_counter_ns()
    pid = os.posix_spawn(words[0], words, environment, file_actions=nothing)
    signal.alarm(LONGEST_SECONDS)
    status = os.waitpid(pid, 0)[1]
    ended = time.perf_counter_ns()
    signal.alarm(0)
    return {"micros": (ended - begun) // 1000, "exit": os.waitstatus_to_exitcode(status)}


def bare(folder):
    """A program of some 130 bytes that only ends. Where the processor is another one, or the folder may hold no program, true."""
    program = os.path.join(folder, "nothing")
    what = "fork and exec of a program that only ends"
    try:
        if not os.path.exists(program):
            machine, code = EXITING[os.uname().machine]
            with open(program, "xb") as file:
                file.write(executable(machine, code))
            os.chmod(program, 0o700)
        took = run([program])
        if took["exit"] == 0:
            return {**took, "what": what}
    except (KeyError, OSError):
        pass
    return {**run([shutil.which("true") or "/bin/true"]), "what": "fork and exec of true"}


def executable(machine, code):
    """An ELF file for 64 bits: its header, one segment that is the whole file, and the code."""
    place, size = 0x400000, 64 + 56 + len(code)
    ident = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    head = struct.pack("<16sHHIQQQIHHHHHH", ident, 2, machine, 1, place + 120, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 1, 5, 0, place, place, size, size, 0x10000) + code


def engine(name):
    """Nothing is pulled, and nothing is started that does not run already."""
    path = shutil.which(name)
    if path is None:
        return {"missing": "not installed"}
    try:
        listed = said([path, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
        if listed.returncode:
            return {"missing": "installed, but " + (listed.stderr.strip().split("\n")[-1][:200] or "it does not work")}
        images = sorted(dict.fromkeys(each for each in listed.stdout.split() if "<none>" not in each), key=usual)
        for image in images[:IMAGES_TRIED]:
            words = [path, "run", "--rm", "--pull", "never", "--entrypoint", "/bin/true", image]
            if said(words).returncode == 0:
                return {"command": words, "what": f"{name} run {image} /bin/true"}
    except subprocess.TimeoutExpired:
        return {"missing": "installed, but it does not answer"}
    return {"missing": "no local image" + (" that runs /bin/true" if images else "")}


def usual(image):
    """Small ones first, in the order of their names here."""
    name = image.rsplit("/", 1)[-1].split(":")[0]
    return USUAL_IMAGES.index(name) if name in USUAL_IMAGES else len(USUAL_IMAGES)


def said(words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)


def answered(asked):
    if "call" in asked:
        return call(asked["call"], asked["expect"])
    if "warm" in asked:
        return warm(asked["warm"], asked["times"])
    if "bare" in asked:
        return bare(asked["bare"])
    if "engine" in asked:
        return engine(asked["engine"])
    return run(asked["run"])


gc.disable()
for line in sys.stdin:
    try:
        answer = answered(json.loads(line))
    except OSError as failure:
        answer = {"problem": f"{type(failure).__name__}: {failure}"}
    os.write(1, (json.dumps(answer) + "\n").encode())
