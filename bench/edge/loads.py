"""The load generator, load.c beside this file, and what it says of one load."""

import collections
import json
import pathlib
import subprocess

from cores import on, spent

HERE = pathlib.Path(__file__).resolve().parent
WARNINGS = ["-O2", "-Wall", "-Wextra", "-Werror"]

Load = collections.namedtuple("Load", "answered seconds bytes failed why quantiles late micros cpu")
"""cpu: seconds of the subject; quantiles, late: microseconds by name; micros: a text of histograms.py."""


def compile_all(folder):
    """load and echo-server, into that folder."""
    sources = [str(HERE / "load.c"), str(HERE / "connection.c")]
    compile_one([*WARNINGS, "-o", str(folder / "load"), *sources, "-lssl", "-lcrypto", "-lm"], "libssl-dev")
    compile_one([*WARNINGS, "-static", "-o", str(folder / "echo-server"), str(HERE / "echo.c")], "libc6-dev")


def compile_one(arguments, package):
    done = subprocess.run(["cc", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"edge: the load generator was not compiled (apt-get install gcc {package}): {done.stderr[-500:]}")


def words(options):
    return [f"{key}={value}" for key, value in options.items()]


class Loader:
    """Runs loads, of one set of cores."""

    def __init__(self, folder, cores):
        self.program, self.cores = str(folder / "load"), cores

    def __call__(self, subject, options):
        """subject: whose processor time is told, with pids()."""
        pids = subject.pids()
        before = spent(pids)
        with on(self.cores.load):
            done = subprocess.run([self.program, *words(options)], capture_output=True, text=True)
        cpu = spent(pids) - before
        if done.returncode:
            raise RuntimeError(f"load {' '.join(words(options))}: {done.stderr.strip()}")
        return understood(done.stdout, cpu)

    def hold(self, options):
        """A process that holds its connections until its standard input is closed; it has them when this returns."""
        with on(self.cores.load):
            process = subprocess.Popen([self.program, "hold=1", *words(options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if process.stdout.readline().strip() != "held":
            process.stdin.close()
            process.wait()
            raise RuntimeError(f"load {' '.join(words(options))}: the connections were not held")
        return process

    def release(self, held):
        """Lets them go; those that answered were held, the others failed."""
        return understood(held.communicate("", timeout=60)[0], 0)


def understood(line, cpu):
    said = json.loads(line)
    quantiles = {name: said[name] for name in ("p50", "p99", "p99.9")}
    late = {"p50": said["late50"], "p99": said["late99"]}
    return Load(said["answered"], said["seconds"], said["bytes"], said["failed"], said["why"], quantiles, late, said["micros"], cpu)
