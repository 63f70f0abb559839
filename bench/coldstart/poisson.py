"""Poisson arrivals over many functions, so sparse for each that most calls are cold; the pool is what an idle server keeps."""

import random

import made
from client import arrive
from floors import NAME as FLOOR_NAME
from parts import row
from samples import quantile
from scenario import Scenario

PROJECTS, FUNCTIONS = 10, 10
PER_SECOND, SECONDS = 10, 15


class Poisson(Scenario):
    SETTINGS = {"functions": PROJECTS * FUNCTIONS, "callsPerSecond": PER_SECOND, "secondsPerRound": SECONDS, "idleTimeout": f"{made.IDLE_SECONDS}s"}

    def open(self):
        self.serve("poisson")
        self.targets = []
        for index in range(PROJECTS):
            self.targets += self.servers["poisson"].deploy(made.hello(self.bench.place(), f"poisson-{index}", FUNCTIONS, short=True))

    def round(self, number):
        server, schedule, at = self.servers["poisson"], [], random.expovariate(PER_SECOND)
        while at < SECONDS:
            schedule.append((at, random.choice(self.targets)))
            at += random.expovariate(PER_SECOND)
        for _ in range(5):
            self.pause()
        standing_by = server.standing_by()
        self.samples.add("Poisson arrivals", server.settle(arrive(schedule)), standing_by)

    def rows(self):
        calls = [call for call in self.samples.calls["Poisson arrivals"] if not call.problem]
        cold = [call.millis for call in calls if call.rung != "warm"]
        yield row("Poisson arrivals, all that were cold", "ms", cold, FLOOR_NAME, self.floor)
        yield row("Poisson arrivals, warm ones too", "ms", [call.millis for call in calls], FLOOR_NAME, self.floor)
        yield from super().rows()

    def notes(self):
        late = [call.late for call in self.samples.calls["Poisson arrivals"]]
        return [*super().notes(), f"the client began a request {quantile(late, 0.5):.2f} ms (p99 {quantile(late, 0.99):.2f} ms) after its time; this is in no row"]
