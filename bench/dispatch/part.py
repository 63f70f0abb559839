"""What the scenarios of `dispatch` share: samples by what was measured and who, and rows of them."""

import glob
import json
import os
import subprocess

from parts import ROOT, row


CONNECTIONS = 16


class Process:
    """Whose processor time a load is held against."""

    def __init__(self, pid):
        self.pid = pid

    def pids(self):
        return [self.pid]


class Part:
    """LIMIT_SECONDS: after them no round begins. samples: by what and unit, the samples of each subject, the measured one first."""

    LIMIT_SECONDS = 300
    SETTINGS = {}

    def __init__(self, bench):
        self.bench, self.said, self.rounds = bench, [], 0
        self.samples = {}

    def open(self):
        pass

    def add(self, what, unit, subject, value):
        self.samples.setdefault((what, unit), {}).setdefault(subject, []).append(value)

    def load(self, server, target, seconds, **options):
        """Requests over kept connections, of which none may fail."""
        host = f"{target.host}:{target.port}"
        done = self.bench.load(Process(server.process.pid), {"tcp": target.port, "host": host, "path": target.path, "connections": CONNECTIONS, "seconds": seconds, **options})
        if done.failed or not done.answered:
            raise RuntimeError(f"{done.failed} of {done.failed + done.answered} requests failed: {done.why}")
        return done

    def rows(self):
        """The first subject beside each of the others."""
        for (what, unit), found in self.samples.items():
            (_, mine), *others = found.items()
            for name, theirs in others or [(None, None)]:
                yield row(what, unit, mine, name, theirs)

    def notes(self):
        return self.said

    def close(self):
        pass


def java(main, *arguments):
    """Runs a program of the engine's tests as one line of JSON after the other, with the JDK and the libraries that the server has."""
    subprocess.run([str(ROOT / "mvnw"), "-q", "-B", "-ntp", "-Dquick", "-pl", "platform/engine", "-am", "test-compile"], cwd=ROOT, check=True)
    jdk = subprocess.run([str(ROOT / "bin" / "find-jdk")], check=True, capture_output=True, text=True).stdout.strip()
    classes = [str(ROOT / "platform" / "engine" / "target" / "test-classes"), *glob.glob(str(ROOT / "platform" / "*" / "target" / "classes"))]
    libraries = glob.glob(str(ROOT / "target" / "run" / "current" / "server" / "*.jar"))
    command = [os.path.join(jdk, "bin", "java"), "-XX:+UseSerialGC", "-Xmx1g", "-cp", ":".join([*classes, *libraries]), f"dev.mayfly.engine.{main}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{main} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def live_heap(pid):
    """Bytes in use after a full collection."""
    said = subprocess.run(["jcmd", str(pid), "GC.class_histogram"], check=True, capture_output=True, text=True).stdout
    return int(said.rsplit("Total", 1)[1].split()[1])


UNITS = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def allocated(pid):
    """Bytes that all threads have allocated so far, to about a hundredth."""
    said = subprocess.run(["jcmd", str(pid), "Thread.print", "-e"], check=True, capture_output=True, text=True).stdout
    words = [word.removeprefix("allocated=") for word in said.split() if word.startswith("allocated=")]
    return sum(int(word[:-1]) * UNITS[word[-1]] for word in words)
