"""First calls ever: functions whose code no process has read since their deployment, on two servers in turn. One has served many warm
requests, as a server in use has; the other nothing but these calls, so that most of its code is not compiled yet."""

import random

import made
from client import call
from scenario import Scenario

PER_ROUND = 10
WARM_REQUESTS = 2000
USED, YOUNG = "server in use", "young server"


class First(Scenario):
    TOGETHER = True
    SETTINGS = {"callsPerRound": PER_ROUND, "warmRequestsBefore": WARM_REQUESTS}

    def open(self):
        for label in (USED, YOUNG):
            self.serve(label)
        wanted = self.servers[USED].deploy(made.hello(self.bench.place(), "warm", 1))[0]
        for _ in range(WARM_REQUESTS):
            call(wanted)

    def round(self, number):
        turns = []
        for label, server in self.servers.items():
            targets = server.deploy(made.hello(self.bench.place(), f"first-{number}", PER_ROUND))
            turns += [(label, wanted) for wanted in targets]
        random.shuffle(turns)
        standing_by = {label: server.standing_by() for label, server in self.servers.items()}
        taken = {label: [] for label in self.servers}
        for label, wanted in turns:
            self.pause()
            taken[label].append(call(wanted))
        for label, server in self.servers.items():
            self.samples.add(f"first call ever, {label}", server.settle(taken[label]), standing_by[label])
