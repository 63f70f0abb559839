"""What the scenarios share. Each opens its servers, takes rounds until there are enough or its time is over, and gives rows and notes."""

import time

from client import call
from floors import NAME as FLOOR_NAME
from samples import Samples
from server import Refused, Server


class Scenario:
    """TOGETHER: it leaves the machine alone, so that its rounds are taken in turn with those of others. SERVED: it
    measures servers that it has from the start, and without any of them nothing."""

    TOGETHER, SERVED = False, True
    LIMIT_SECONDS = 1800
    MOST_ROUNDS = 1000
    SETTINGS = {}

    def __init__(self, bench):
        self.bench = bench
        self.servers, self.floor, self.said = {}, [], []
        self.samples = Samples()
        self.spent, self.rounds = 0.0, 0

    def open(self):
        """Starts servers and deploys; what this build cannot do is said in a note."""

    def round(self, number):
        raise NotImplementedError

    def serve(self, label, *options):
        try:
            self.servers[label] = Server(self.bench.folder, options)
        except Refused as why:
            self.said.append(f"{label}: not available in this build: {why}")

    def pause(self):
        self.bench.floor.pause(self.floor)

    def take(self, label, server, targets):
        """One sparse call to each; then, when none is left to disturb, what the server says of them is asked for."""
        standing_by, calls = server.standing_by(), []
        for wanted in targets:
            self.pause()
            calls.append(call(wanted))
        self.samples.add(label, server.settle(calls), standing_by)

    def done(self, wanted):
        return (self.SERVED and not self.servers) or self.rounds >= min(wanted, self.MOST_ROUNDS) or self.spent > self.LIMIT_SECONDS

    def step(self, action):
        """Within the time of this scenario."""
        begun = time.monotonic()
        action()
        self.spent += time.monotonic() - begun

    def rows(self):
        return list(self.samples.rows((FLOOR_NAME, self.floor)))

    def notes(self):
        return [*self.said, *self.samples.notes()]

    def close(self):
        for server in self.servers.values():
            server.close()
