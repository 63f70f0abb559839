"""The dispatcher: what a decision costs, whether that depends on how much is deployed, and what deploying costs those who are served meanwhile."""

import contextlib
import importlib
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

BENCH = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH / "dispatch"), str(BENCH / "edge"), str(BENCH / "coldstart"), str(BENCH / "sandbox")]

import cores  # noqa: E402
import loads  # noqa: E402
import made  # noqa: E402
import server  # noqa: E402

SCENARIOS = ("decision", "functions", "deploying", "trace")
TAILS = True
quickly = False


def quick():
    """Loads are short and few functions deployed: whether it works, no claim."""
    global quickly
    quickly = True


class Bench:
    """What all scenarios of one run stand on."""

    def __init__(self, folder, say):
        self.folder, self.say, self.quick = folder, say, quickly
        self.cores = cores.sets()[0]
        self.load = loads.Loader(folder, self.cores)


def documents(rounds, say, only):
    """For each scenario its name, settings, rows and notes, as soon as it is done. One that failed gives no rows and the failure."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are ended as after Ctrl-C
    if not shutil.which("cc"):
        raise SystemExit("dispatch: cc is not installed (apt-get install gcc)")
    with tempfile.TemporaryDirectory(prefix="mayfly-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        server.build(say)
        trained = server.trained(folder, made.hello(folder, "trained", 1), say)
        loads.compile_all(folder)
        bench = Bench(folder, say)
        for each in (each for each in SCENARIOS if each in only):
            scenario, failure = measure(bench, each, rounds)
            settings = {"rounds": scenario.rounds, "startCaches": "yes" if trained else "no", **scenario.SETTINGS}
            yield each, settings, [] if failure else scenario.told, [failure] if failure else list(scenario.notes()), failure


def measure(bench, each, rounds):
    """Whatever it fails with, the others are measured."""
    scenario = getattr(importlib.import_module(each), each.capitalize())(bench)
    try:
        with contextlib.closing(scenario):
            bench.say(f"{each}: preparing")
            scenario.open()
            end = time.monotonic() + scenario.LIMIT_SECONDS
            for number in range(rounds):
                if time.monotonic() > end:
                    scenario.said.append(f"its time was over after {number} of {rounds} rounds")
                    break
                bench.say(f"{each}: round {number + 1} of {rounds}")
                scenario.round(number)
                scenario.rounds += 1
            if not scenario.rounds:
                raise RuntimeError("no round was taken")
            scenario.told = list(scenario.rows())
        return scenario, None
    except Exception as why:  # what it said is stored beside nothing else
        traceback.print_exc()
        return scenario, f"{each} failed: {why}"
