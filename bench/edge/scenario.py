"""What all scenarios of `edge` share: stands, loads in turn, and rows that are apart by what was asked."""

import collections
import random

from parts import row

Times = collections.namedtuple("Times", "warm most closed opened held")
"""Seconds of a load that warms and how many of them at most, of one that asks as fast as it is answered, and of one of a fixed rate; held: how many connections are kept idle."""

FULL, QUICK = Times(1, 10, 0.5, 0.6, 5000), Times(0.4, 2, 0.25, 0.3, 1000)
SETTLED = 0.95


class Scenario:
    """LIMIT_SECONDS: after them no round begins; those of all scenarios are a quarter of an hour."""

    MOST_ROUNDS, LIMIT_SECONDS = 1000, 100
    SETTINGS = {}

    def __init__(self, bench):
        self.bench, self.times = bench, bench.times
        self.samples, self.rates, self.late = {}, {}, {}
        self.failed, self.said, self.unsettled = {}, [], []
        self.rounds = 0

    def open(self):
        """Warms what is measured, until its code is compiled; what cannot be measured here is said in a note."""

    def round(self, number):
        raise NotImplementedError

    def run(self, subject, stand, what, target, options):
        """One load. Failed requests are noted and in no figure."""
        done = stand.load(subject, {**subject.targets[target], **options})
        self.note_failures(what, subject, done, nothing="rate" in options)
        return done

    def note_failures(self, what, subject, done, nothing=False):
        """nothing: whether there may have been nothing to answer."""
        if done.failed:
            count, _ = self.failed.get((what, subject.name), (0, ""))
            self.failed[what, subject.name] = count + done.failed, done.why
        if not done.answered and (done.failed or not nothing):
            raise RuntimeError(f"{what}: {subject.name} answered nothing: {done.why}")

    def warm(self, stand, what, target, options):
        """Until two loads in a row cost hardly less than the best one before them: compiling is over then."""
        costs = []
        while not settled(costs) and len(costs) < self.times.most:
            done = self.run(stand.mayfly, stand, what, target, {**options, "seconds": self.times.warm})
            costs.append(done.cpu / done.answered)
        if not settled(costs):
            self.unsettled.append(f"{what} ({costs[-2] * 1e6:.0f} µs, then {costs[-1] * 1e6:.0f} µs)")
        self.run(stand.peer, stand, what, target, {**options, "seconds": self.times.closed})

    def half_load(self, stand, what, target, options, subjects):
        """Requests a second: half of what the slower of them answers, by one look at each; the same for all."""
        closed = [self.run(each, stand, what, target, {**options, "seconds": self.times.closed}) for each in subjects]
        self.rates[what] = max(1, round(min(done.answered / done.seconds for done in closed) / 2))
        return self.rates[what]

    def in_turn(self, subjects, number):
        """In another order each round."""
        return random.Random(number).sample(subjects, len(subjects))

    def add(self, what, unit, subject, value):
        self.samples.setdefault((what, unit), {}).setdefault(subject.name, []).append(value)

    def add_closed(self, what, subject, done, of="request"):
        """Processor time and pace."""
        self.add(f"CPU of a {of}: {what}", "µs", subject, done.cpu * 1e6 / done.answered)
        self.add(f"{of}s a second: {what}", "/s", subject, done.answered / done.seconds)

    def add_opened(self, what, subject, done, of="request"):
        """A short load of a low rate may have no request at all."""
        if not done.micros:
            return
        self.add(f"time of a {of} at half load: {what}, {self.rates[what]} a second", "histogram", subject, done.micros)
        self.add(f"CPU of a {of} at half load: {what}", "µs", subject, done.cpu * 1e6 / done.answered)
        self.late.setdefault(what, []).append(done.late)

    def rows(self):
        """Mayfly beside each of the others; what is of one kind stands together."""
        kinds = list(dict.fromkeys(kind_of(what) for what, _ in self.samples))
        for (what, unit), found in sorted(self.samples.items(), key=lambda each: kinds.index(kind_of(each[0][0]))):
            mine = found.get("Mayfly")
            others = {name: told for name, told in found.items() if name != "Mayfly"} or {None: None}
            for name, told in others.items() if mine else ():
                yield histogram_row(what, mine, name, told) if unit == "histogram" else row(what, unit, mine, name, told)

    def notes(self):
        yield from self.said
        if self.unsettled:
            yield f"CPU of a request had not settled after {self.times.most} loads of {self.times.warm} s that warm: " + ", ".join(self.unsettled)
        for stand in self.bench.open_stands:
            for what, why in stand.missing.items():
                yield f"{stand.cores.name}, not there: {what}: {why}"
        for (what, name), (count, why) in self.failed.items():
            yield f"{what}: {count} requests to {name} failed and are in no row, the last with: {why}"
        if self.late:
            worst = [max(each[name] for rounds in self.late.values() for each in rounds) for name in ("p50", "p99")]
            yield f"in the worst load the generator sent a request {worst[0]:.0f} µs (p99: {worst[1]:.0f} µs) after it was due and a connection free; this is part of its time"


def settled(costs):
    return len(costs) > 2 and min(costs[-2:]) > SETTLED * min(costs[:-2])


def kind_of(what):
    return what.partition(":")[0]


def histogram_row(what, mine, name, told):
    found = {"what": what, "unit": "µs", "histograms": mine}
    return found | ({"beside": name, "besideHistograms": told} if name else {})
