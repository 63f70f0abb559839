"""What the way through the edge adds to a warm request: the same load straight to the instance's socket, in turn with the edge and nginx. Once as anybody
would ask a worker, and once with the number of an invocation, so that it tells the server of the begin and the end: what is metered has to be told."""

from parts import row
from scenario import Scenario

CONNECTIONS = 16
SECONDS_TIMES = 1.5


class Overhead(Scenario):
    LIMIT_SECONDS = 120
    SETTINGS = {"connections": CONNECTIONS, "rate": "half of what the edge answers at most"}

    def open(self):
        self.quantiles = {}
        for stand in self.bench.stands:
            self.warm(stand, stand.cores.name, "hello", {"connections": CONNECTIONS})
            self.half_load(stand, stand.cores.name, "hello", {"connections": CONNECTIONS}, [stand.mayfly])

    def round(self, number):
        for stand in self.bench.stands:
            what = stand.cores.name
            options = {"connections": CONNECTIONS, "rate": self.rates[what], "seconds": self.times.opened * SECONDS_TIMES, "seed": number + 1}
            told, subjects = {}, [stand.mayfly, stand.direct, stand.reporting, stand.peer]
            for subject in self.in_turn(subjects, number):
                told[subject.name] = self.run(subject, stand, what, "hello", options)
            if not all(done.micros for done in told.values()):
                continue  # too few were due in so short a time
            for subject in subjects:
                self.add(f"time of a request: {what}, {self.rates[what]} a second", "histogram", subject, told[subject.name].micros)
                self.late.setdefault(what, []).append(told[subject.name].late)
            for subject in (stand.mayfly, stand.peer, stand.reporting):
                for name in ("p50", "p99"):
                    who = "reports alone" if subject is stand.reporting else subject.name
                    added = told[subject.name].quantiles[name] - told[stand.direct.name].quantiles[name]
                    self.quantiles.setdefault(f"added by {who} to the {name}: {what}", []).append(added)

    def rows(self):
        for what, added in self.quantiles.items():
            yield row(what, "µs", added)
        yield from super().rows()
