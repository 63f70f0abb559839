"""The first requests after a server start: sent as soon as it says that it serves, whether or not its pool is filled."""

import made
from client import call
from parts import row
from scenario import Scenario

FUNCTIONS = 100


class Start(Scenario):
    MOST_ROUNDS = FUNCTIONS // 2
    SETTINGS = {"restartsPerRound": 1}

    def open(self):
        self.serve("start")
        self.ready = []
        self.targets = self.servers["start"].deploy(made.hello(self.bench.place(), "start", FUNCTIONS))

    def round(self, number):
        server = self.servers["start"]
        server.stop()
        self.pause()
        self.ready.append(server.start())
        first, second = call(self.targets[2 * number]), call(self.targets[2 * number + 1])
        server.settle([first, second])
        self.samples.add("first request after a server start, first call ever", [first])
        self.samples.add("the request that follows at once, another function", [second])

    def rows(self):
        return [*super().rows(), row("server start to ready", "ms", self.ready)]
