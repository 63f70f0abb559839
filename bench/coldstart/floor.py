"""The floor: what starting a process costs at least, and what starting one in a container does, where an engine works."""

import os
import random
import shutil
import subprocess
import time

import starts
from floors import GAP_SECONDS, JITTER
from floors import NAME as FLOOR_NAME
from parts import row
from scenario import Scenario

PER_ROUND = 3


class Floor(Scenario):
    TOGETHER, SERVED = True, False
    SETTINGS = {"startsPerRound": PER_ROUND}

    def open(self):
        task = self.bench.floor.task
        self.engines = starts.docker_like(self.bench.folder)
        self.commands = {FLOOR_NAME: f"{task / 'bare'} 1", "fork and exec, static with libc": f"{task / 'program'} 1"}
        self.commands["Python alone, without a server"] = "/usr/bin/python3 -I -S -c __import__('os').write(1,b'!')"
        if shutil.which("bwrap"):
            self.commands["bubblewrap, no cgroup, filter or network"] = " ".join(starts.bubblewrap(task))
        for engine in starts.ENGINES:
            if engine in self.engines:
                self.commands[f"{engine} run"] = f"{shutil.which(engine)} run --rm --network none {starts.IMAGE} /program"
            else:
                self.said.append(f"{engine} run: {why_not(engine)}")
        self.took = {name: [] for name in self.commands}

    def round(self, number):
        for _ in range(PER_ROUND):
            for name in random.sample(list(self.commands), len(self.commands)):
                time.sleep(GAP_SECONDS * random.uniform(1 - JITTER, 1 + JITTER))
                self.took[name].append(self.bench.floor.spawn(self.commands[name]))

    def rows(self):
        return [row(name, "ms", took, *((FLOOR_NAME, self.took[FLOOR_NAME]) if name != FLOOR_NAME else ())) for name, took in self.took.items()]

    def close(self):
        super().close()
        for engine in getattr(self, "engines", ()):
            subprocess.run([engine, "rmi", "-f", starts.IMAGE], capture_output=True)


def why_not(engine):
    if not shutil.which(engine):
        return "not installed"
    if os.geteuid():
        return "installed, but tried as root only"
    said = subprocess.run([engine, "info"], capture_output=True, text=True)
    return "installed, but " + ((said.stderr.strip().split("\n") or [""])[-1] or "it could not run an image of one static program")
