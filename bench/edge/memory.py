"""What an idle connection holds in memory: many that were used once and are kept, plain and TLS, to processes that are fresh."""

import resource
import subprocess
import time

from parts import row
from scenario import FULL, Scenario
from stand import Stand

WARMING, SETTLE_SECONDS = 100, 1


class Memory(Scenario):
    """Each measurement has a server and an nginx of its own, since what was freed is used again."""

    MOST_ROUNDS = 3
    SETTINGS = {"connections": FULL.held, "each": "one request, then nothing", "processes": "started for this, two cores"}

    def open(self):
        self.count = min(self.times.held, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 1024) // 2 - 512)
        if self.count < FULL.held:
            self.said.append(f"{self.count} connections instead of {FULL.held}")

    def round(self, number):
        for target, way in (("hello", "plain"), ("tls", "TLS")):
            stand = Stand(self.bench.folder, self.bench.sets[1], ["hello"])
            try:
                for subject in self.in_turn([stand.mayfly, stand.peer], number):
                    self.measure(stand, subject, target, way)
            finally:
                stand.close()

    def measure(self, stand, subject, target, way):
        stand.load.release(stand.load.hold({**subject.targets[target], "connections": WARMING}))
        live_before = self.live(subject)  # first: what the tool itself starts in the process is there before and after
        time.sleep(SETTLE_SECONDS)
        before = sum(map(resident, subject.pids()))
        held = stand.load.hold({**subject.targets[target], "connections": self.count})
        try:
            time.sleep(SETTLE_SECONDS)
            after, live_after = sum(map(resident, subject.pids())), self.live(subject)
        finally:
            done = stand.load.release(held)
        self.note_failures(way, subject, done)
        self.add(f"resident memory of an idle connection: {way}", "KiB", subject, (after - before) / done.answered)
        if live_before and live_after:
            self.add(f"live heap of an idle connection, after a collection: {way}", "KiB", subject, (live_after - live_before) / done.answered)

    def live(self, subject):
        """KiB of the heap that are in use after a full collection; None of what has no such heap, or where there is no jcmd."""
        if subject.name != "Mayfly":
            return None
        pid = str(subject.pids()[0])
        try:
            said = subprocess.run(["jcmd", pid, "GC.class_histogram"], check=True, capture_output=True, text=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None
        return int(said.rsplit("Total", 1)[1].split()[1]) / 1024


def resident(pid):
    """KiB."""
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS:"))
