"""Lays the bytecode of Python files where the import system looks for it, for layers that nobody can write to later.

    python3 -I -S mayfly_compile.py SOURCE OUT INSIDE MOST_BYTES

For each .py file below SOURCE, the same path below OUT gets a __pycache__; SOURCE and OUT may be one folder. INSIDE is where functions will see
the files. The hash in the bytecode is never checked against the source: a layer does not change, so there is nothing to look up at each import.

The files are anybody's, and none of them has to be loaded ever: what cannot be compiled is left out, and Python says why when it is imported. All
of it happens in children with limits of time and memory, so that a file on which the compiler dies costs only its own bytecode. The same files
give the same bytes.
"""

import importlib.util
import marshal
import os
import resource
import stat
import sys
import warnings

LARGEST_FILE = 2 * 1024 * 1024
LARGEST_GROWTH, SMALLEST_BOUND = 8, 64 * 1024  # bytecode to source; a `finally` within a `finally` is there twice, and so on
MEMORY, CPU_SECONDS = 768 * 1024**2, 20
MOST_DEATHS = 3
PER_PROCESS = 100
UNCHECKED_HASH = (1).to_bytes(4, "little")  # PEP 552


def main(source, out, inside, most):
    files = sorted(find(source))
    jobs = max(1, min(os.cpu_count() or 1, len(files) // PER_PROCESS))
    children = [in_child(compile_all, source, out, inside, files[job::jobs], most // jobs) for job in range(jobs)]
    for child, reading in children:
        os.close(reading)
        os.waitpid(child, 0)


def find(source):
    for folder, folders, names in os.walk(source):
        folders[:] = [each for each in folders if each != "__pycache__"]
        yield from (os.path.relpath(os.path.join(folder, each), source) for each in names if each.endswith(".py"))


def compile_all(writing, source, out, inside, files, most):
    """In a child of its own, which goes on behind the file that ended the one before."""
    deaths = 0
    while files and deaths < MOST_DEATHS:
        child, reading = in_child(compile_some, source, out, inside, files, most)
        with os.fdopen(reading, "rb") as sizes:
            done = sizes.read().split()
        _, status = os.waitpid(child, 0)
        most -= sum(map(int, done))
        files = files[len(done) + 1 :] if status else []
        deaths += 1


def compile_some(writing, source, out, inside, files, most):
    """Says of each file, once it is done, how many bytes came of it."""
    limit()
    for file in files:
        try:
            data = bytecode(os.path.join(source, file), os.path.join(inside, file))
        except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
            data = b""
        most -= len(data)
        if most < 0:
            return
        try:
            if data:
                write(importlib.util.cache_from_source(os.path.join(out, file)), data)
        except OSError:
            data = b""  # its name has become too long, or the disk is full
        os.write(writing, b"%d\n" % len(data))


def limit():
    for kind, most in ((resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))


def bytecode(path, name):
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return b""
        source = file.read(LARGEST_FILE + 1)
    if len(source) > LARGEST_FILE:
        return b""
    code = marshal.dumps(compile(source, name, "exec", dont_inherit=True, optimize=0))
    if len(code) > max(SMALLEST_BOUND, LARGEST_GROWTH * len(source)):
        return b""
    return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source) + code


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    part = path + ".part"
    with open(part, "wb") as file:
        file.write(data)
    os.replace(part, path)


def in_child(work, *arguments):
    """(pid, the end of what it writes)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            work(writing, *arguments)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    return child, reading


if __name__ == "__main__":
    if sys.version_info < (3, 11) and sys.flags.hash_randomization:
        # Before 3.11 the order of a set in bytecode is that of the hashes, which only a variable can fix, and -I ignores those.
        os.execve(sys.executable, [sys.executable, "-S", "-s", *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    warnings.simplefilter("ignore")
    main(*sys.argv[1:4], int(sys.argv[4]))
