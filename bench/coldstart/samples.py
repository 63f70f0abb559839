"""Calls, grouped by the rung that they started from, as rows of the results."""

from parts import row


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

    def notes(self):
        for label, calls in self.calls.items():
            problems = [call.problem for call in calls if call.problem]
            if problems:
                yield f"{label}: {len(problems)} of {len(calls)} calls failed and are in no row, the first with: {problems[0]}"
            reasons = sorted({call.record["why"] for call in calls if call.record.get("why")})
            if reasons:
                yield f"{label}: reasons why no faster rung was taken: {'; '.join(reasons)}"


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
            yield row(f"of it {name}: {label}", "ms", told)
    names = {}
    for call in calls:
        for name, micros in steps(call.record.get("steps")):
            names.setdefault(name, []).append(micros / 1000)
    for name, told in names.items():
        yield row(f"of it step {name}: {label}", "ms", told)


def steps(told):
    """Pairs of a name and microseconds, from any of the ways to write them down."""
    if isinstance(told, dict):
        return list(told.items())
    if isinstance(told, str):
        return [(name, int(micros)) for name, _, micros in (part.partition(":") for part in told.split(",") if ":" in part)]
    return [(step["name"], step["micros"]) if isinstance(step, dict) else (step[0], step[1]) for step in told or []]


def median_of(measured):
    ordered = sorted(measured, key=lambda each: each["pss"])
    return ordered[len(ordered) // 2]


def quantile(samples, q):
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
