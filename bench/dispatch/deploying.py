"""What those who are served notice of deployments: an open loop at half of what the server answers, in turn without and with deployments meanwhile."""

import contextlib
import subprocess
import threading

import apps
import histograms
import made
from part import CONNECTIONS, Part
from parts import ROOT
from scenario import histogram_row
from server import Server

SECONDS = 4
FUNCTIONS = 20


class Deploying(Part):
    SETTINGS = {"connections": CONNECTIONS, "rate": "half of what the server answers", "who deploys": "has a machine of its own elsewhere; here it gives way to the rest (nice 19)", "deployed": f"again and again while the load lasts: the called project, and another with {FUNCTIONS} functions that are new each time"}

    def open(self):
        self.histograms, self.deployed = {}, 0
        self.server = Server(self.bench.folder)
        self.project = apps.hello(self.bench.folder, "served", "2s")
        (self.target,) = self.server.deploy(self.project)
        for _ in range(2 if self.bench.quick else 6):
            done = self.load(self.server, self.target, 1)
        self.rate = max(1, round(done.answered / done.seconds / 2))

    def round(self, number):
        for subject in ("deploying", "quiet") if number % 2 else ("quiet", "deploying"):
            with self.deploying(number) if subject == "deploying" else contextlib.nullcontext():
                done = self.load(self.server, self.target, SECONDS, rate=self.rate, seed=number + 1)
            self.histograms.setdefault(subject, []).append(done.micros)
            self.add("p99 of a round", "µs", subject, done.quantiles["p99"])

    def deploying(self, number):
        return Meanwhile(lambda count: self.deploy(number, count))

    def deploy(self, number, count):
        """What is called gets new deployments too: its next requests go there."""
        other = made.hello(self.bench.folder / f"round-{number}-{count}", "other", FUNCTIONS)
        for folder in (other.folder, self.project.folder):
            done = subprocess.run(["nice", "-n", "19", str(ROOT / "mayfly"), "deploy", str(folder), "--prod"], env=self.server.environment, cwd=self.server.home, capture_output=True, text=True, timeout=600)
            if done.returncode:
                raise RuntimeError(f"mayfly deploy ended with {done.returncode}: {done.stderr.strip()[-500:]}")
            self.deployed += 1

    def rows(self):
        order = ["deploying", "quiet"]
        found = [self.histograms[name] for name in order]
        yield histogram_row(f"time of a request while deploying, {self.rate} a second", found[0], "quiet", found[1])
        for (what, unit), samples in self.samples.items():
            self.samples[what, unit] = {name: samples[name] for name in order}
        yield from super().rows()

    def notes(self):
        asked = sum(histograms.size(histograms.pooled(each)) for each in self.histograms.values())
        return [*self.said, f"{self.deployed} deployments meanwhile; of {asked:,} requests none failed"]

    def close(self):
        if hasattr(self, "server"):
            self.server.close()


class Meanwhile:
    """Does something again and again on another thread, and tells what it failed with."""

    def __init__(self, action):
        self.action, self.over, self.failure = action, threading.Event(), None
        self.thread = threading.Thread(target=self.run)

    def run(self):
        count = 0
        try:
            while not self.over.is_set():
                self.action(count)
                count += 1
        except Exception as why:  # told where the load ends
            self.failure = why

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        if self.failure:
            raise self.failure
