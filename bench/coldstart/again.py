"""One function called again, each time after it went to zero."""

import made
from client import call
from scenario import Scenario

PER_ROUND = 5


class Again(Scenario):
    TOGETHER = True
    SETTINGS = {"callsPerRound": PER_ROUND, "idleTimeout": f"{made.IDLE_SECONDS}s"}

    def open(self):
        self.serve("again")
        self.wanted = self.servers["again"].deploy(made.hello(self.bench.place(), "again", 1, short=True))
        call(self.wanted[0])

    def round(self, number):
        for _ in range(PER_ROUND):
            self.servers["again"].wait_for_zero(["again"])
            self.take("called again after zero", self.servers["again"], self.wanted)
