"""Many at once, each to a function of its own that has no instance: how long each takes, and how many start in a second."""

import time

import made
from client import arrive
from parts import row
from scenario import Scenario

SIZES = (50, 200)
PROJECTS = 10
SERVERS = {"default pool": [], "pool empty": ["--pool-workers", "0"], "pool empty, zygotes off": ["--pool-workers", "0", "--zygotes", "off"]}


class Burst(Scenario):
    SETTINGS = {"atOnce": " and ".join(map(str, SIZES)), "idleTimeout": f"{made.IDLE_SECONDS}s"}

    def open(self):
        self.targets, self.rates = {}, {}
        self.names = [f"burst-{index}" for index in range(PROJECTS)]
        for label, options in SERVERS.items():
            self.serve(label, *options)
        for label, server in self.servers.items():
            each = [server.deploy(made.hello(self.bench.place(), name, max(SIZES) // PROJECTS, short=True)) for name in self.names]
            self.targets[label] = [wanted for targets in each for wanted in targets]

    def round(self, number):
        for size in SIZES:
            for label, server in self.servers.items():
                server.wait_for_zero(self.names)
                time.sleep(1)
                self.pause()
                standing_by = server.standing_by()
                calls = server.settle(arrive([(0, wanted) for wanted in self.targets[label][:size]]))
                self.samples.add(f"{size} at once, {label}", calls, standing_by)
                cold = [call for call in calls if not call.problem and call.rung != "warm"]
                if cold:
                    seconds = (max(call.ended for call in cold) - min(call.begun for call in cold)) / 1e9
                    self.rates.setdefault(f"cold starts a second, {size} at once, {label}", []).append(len(cold) / seconds)

    def rows(self):
        return [*(row(label, "/s", rates) for label, rates in self.rates.items()), *super().rows()]
