"""Cold starts of a real server with the shipped defaults, from outside, over HTTP: each scenario by itself or in turn with the others."""

import contextlib
import importlib
import pathlib
import signal
import sys
import tempfile
import traceback

BENCH = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH / "coldstart"), str(BENCH / "sandbox")]

import made  # noqa: E402
import server  # noqa: E402
from floors import GAP_SECONDS, JITTER, Floor  # noqa: E402

SCENARIOS = ("floor", "first", "again", "empty", "heavy", "start", "cache", "poisson", "burst", "idle")
TAILS = True


class Bench:
    """What all scenarios of one run stand on."""

    def __init__(self, folder):
        self.folder = folder
        self.floor = Floor(folder)
        self.places = 0

    def place(self):
        """A folder for projects that nothing else is in."""
        self.places += 1
        place = self.folder / f"projects-{self.places}"
        place.mkdir()
        return place


def documents(rounds, say, only):
    """For each scenario its name, settings, rows and notes, as soon as it is done. One that failed gives no rows and `failed` among its settings."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are ended as after Ctrl-C
    with tempfile.TemporaryDirectory(prefix="mayfly-bench-") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        server.build(say)
        trained = server.trained(folder, made.hello(folder, "trained", 1), say)
        bench = Bench(folder)
        stack.callback(bench.floor.close)
        chosen = [(each, getattr(importlib.import_module(each), each.capitalize())) for each in SCENARIOS if each in only]
        together = [pair for pair in chosen if pair[1].TOGETHER]
        for group in filter(None, [together, *([pair] for pair in chosen if not pair[1].TOGETHER)]):
            for each, scenario, failure in measure(bench, group, rounds, say):
                settings = {"gapSeconds": f"{GAP_SECONDS} ± {JITTER:.0%}", "startCaches": "yes" if trained else "no"}
                settings |= {"rounds": scenario.rounds, **scenario.SETTINGS}
                if scenario.samples.pythons():
                    settings["functionsRunBy"] = "Python " + " and ".join(scenario.samples.pythons())
                rows, notes = ([], [failure]) if failure else ([row for row in scenario.rows() if row["samples"]], list(scenario.notes()))
                yield each, settings, rows, notes, failure


def measure(bench, group, rounds, say):
    """Round by round in turn. A scenario that fails ends by itself."""
    open_ones, failures = [], {}
    try:
        for each, kind in group:
            say(f"{each}: opening")
            open_ones.append((each, kind(bench)))
            attempt(*open_ones[-1], open_ones[-1][1].open, failures)
        number = 0
        while waiting := [(each, scenario) for each, scenario in open_ones if each not in failures and not scenario.done(rounds)]:
            for each, scenario in waiting:
                say(f"{each}: round {number + 1} of {min(rounds, scenario.MOST_ROUNDS)}")
                if attempt(each, scenario, lambda: scenario.round(number), failures):
                    scenario.rounds += 1
            number += 1
        for each, scenario in open_ones:
            yield each, scenario, failures.get(each, "")
    finally:
        for _, scenario in open_ones:
            scenario.close()


def attempt(each, scenario, action, failures):
    try:
        scenario.step(action)
        return True
    except Exception as failure:  # whatever it is, the other scenarios are measured
        traceback.print_exc()
        failures[each] = f"failed: {type(failure).__name__}: {failure}"
        return False
