"""Calls, grouped by the rung that they started from, as rows of the results."""

import collections
import statistics

from client import header
from parts import row

SANDBOX = {"clone", "cgroup", "network", "sockets", "mounts", "rights", "start", "spawn"}
"""Steps that make a sandbox, told as one here: the program `sandbox` measures them apart."""


class Samples:
    """Calls by label, in order, with what stood by on their server."""

    def __init__(self):
        self.calls, self.beside = {}, {}

    def add(self, label, calls, standing_by=None):
        self.calls.setdefault(label, []).extend(calls)
        if standing_by:
            self.beside.setdefault(label, []).append(standing_by)

    def rows(self, floor):
        """For each label one row per rung, and after them what the server says it was made of."""
        for label, calls in self.calls.items():
            for rung, group in by_rung(calls).items():
                found = row(f"{label}, rung {rung}" if rung != "warm" else f"{label}, but an instance was there", "ms", [call.millis for call in group], *floor)
                if label in self.beside:
                    found["standingBy"] = median_of(self.beside[label])
                yield found
        for label, calls in self.calls.items():
            for rung, group in by_rung(calls).items():
                if rung != "warm":
                    yield from parts_of(f"{label}, rung {rung}", group)

    def pythons(self):
        """Those that answered, as their own servers say."""
        told = {header(call.answer, "server").partition("Python/")[2] for calls in self.calls.values() for call in calls}
        return sorted(told - {""})

    def notes(self):
        for label, calls in self.calls.items():
            problems = [call.problem for call in calls if call.problem]
            if problems:
                yield f"{label}: {len(problems)} of {len(calls)} calls failed and are in no row, the first with: {problems[0]}"
            for why, count in collections.Counter(call.record["why"] for call in calls if call.record.get("why")).most_common():
                yield f"{label}: {count} of {len(calls)} from no faster rung because {why}"
            imports = slowest(calls)
            if imports:
                yield f"{label}: the slowest imports, at the median: {imports}"


def by_rung(calls):
    groups = {}
    for call in calls:
        if not call.problem:
            groups.setdefault(call.rung, []).append(call)
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def parts_of(label, calls):
    """The server's own clock: waiting for the instance, then the request in it; and the steps of the start, where they are told."""
    for key, name in (("queueMicros", "queued"), ("initMicros", "waiting for the instance"), ("runMicros", "in the instance")):
        told = [call.record[key] / 1000 for call in calls if key in call.record]
        if told and max(told) > 0:
            yield row(f"{label}: {name}", "ms", told)
    names = {}
    for call in calls:
        told = collections.Counter()
        for step in call.record.get("steps") or []:
            told["sandbox" if step["name"] in SANDBOX else step["name"]] += step["micros"] / 1000
        for name, millis in told.items():
            names.setdefault(name, []).append(millis)
    for name, told in names.items():
        yield row(f"{label}: step {name}", "ms", told)


def slowest(calls, most=3):
    modules = {}
    for call in calls:
        for each in call.record.get("imports") or []:
            modules.setdefault(each["module"], []).append(each["micros"] / 1000)
    medians = sorted(((statistics.median(took), module) for module, took in modules.items()), reverse=True)
    return ", ".join(f"{module} {took:.1f} ms" for took, module in medians[:most])


def median_of(measured):
    ordered = sorted(measured, key=lambda each: each["pss"])
    return ordered[len(ordered) // 2]


def quantile(samples, q):
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
