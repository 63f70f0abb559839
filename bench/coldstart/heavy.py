"""A Flask application with numpy: its first start ever, and those that follow once its dependency zygote is there."""

import made
from scenario import Scenario

AGAIN_PER_ROUND = 4
ZYGOTE_SECONDS = 5


class Heavy(Scenario):
    TOGETHER = True
    SETTINGS = {"firstPerRound": 1, "againPerRound": AGAIN_PER_ROUND, "idleTimeout": f"{made.IDLE_SECONDS}s", "requirements": "flask and numpy"}

    def open(self):
        self.serve("heavy")
        self.seen = []

    def round(self, number):
        server, name = self.servers["heavy"], f"heavy-{number}"
        targets = server.deploy(made.heavy(self.bench.place(), name))
        self.take("flask and numpy, first call ever", server, targets)
        server.wait_for_zero([name])
        there = server.wait_for(lambda found: any(each["role"] == "dependency-zygote" and name in (each["instance"] or "") for each in found), ZYGOTE_SECONDS)
        self.seen.append(there)
        for _ in range(AGAIN_PER_ROUND):
            server.wait_for_zero([name])
            label = "its dependency zygote there" if there else "no dependency zygote seen"
            self.take(f"flask and numpy, called again after zero, {label}", server, targets)

    def notes(self):
        return [*super().notes(), f"a dependency zygote was there {ZYGOTE_SECONDS} s after the first call in {sum(self.seen)} of {len(self.seen)} rounds"]
