"""The HTTP edge beside nginx: what each of them spends on the same work in front of the same instances, on one processor and on two."""

import contextlib
import importlib
import pathlib
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback

BENCH = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH / "edge"), str(BENCH / "coldstart"), str(BENCH / "sandbox")]

import cores  # noqa: E402
import loads  # noqa: E402
import made  # noqa: E402
import nginx  # noqa: E402
import server  # noqa: E402
import stand  # noqa: E402
from scenario import FULL, QUICK  # noqa: E402

SCENARIOS = ("proxy", "overhead", "streams", "websocket", "static", "memory")
TAILS = True
SHARED = {
    "Mayfly": "as shipped; CPU is that of the whole server process, which meters each request and writes its log line and usage record",
    "nginx": "without any of that; CPU is that of its workers",
    "one core": "server or nginx on one processor, load and instance on another",
    "two cores": "all on both",
}


class Bench:
    """What all scenarios of one run stand on. stands: one for each set of cores, opened when they are first needed."""

    def __init__(self, folder, times, say, stack):
        self.folder, self.times, self.say, self.stack = folder, times, say, stack
        self.sets = cores.sets()
        loads.compile_all(folder)
        self.open_stands = []

    @property
    def stands(self):
        for each in self.sets[len(self.open_stands) :]:
            self.say(f"starting a server and nginx on {each.name}")
            self.open_stands.append(stand.Stand(self.folder, each))
            self.stack.callback(self.open_stands[-1].close)
        return self.open_stands


def quick():
    """Loads are short: whether it works, no claim."""
    global times
    times = QUICK


times = FULL


def documents(rounds, say, only):
    """For each scenario its name, settings, rows and notes, as soon as it is done. One that failed gives no rows and the failure."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are ended as after Ctrl-C
    for tool in ("cc", "openssl"):
        if not shutil.which(tool):
            raise SystemExit(f"edge: {tool} is not installed (apt-get install gcc openssl)")
    if not nginx.program():
        raise SystemExit("edge: nginx is not installed (apt-get install nginx-light)")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="mayfly-bench-") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        server.build(say)
        trained = server.trained(folder, made.hello(folder, "trained", 1), say)
        bench = Bench(folder, times, say, stack)
        for each in (each for each in SCENARIOS if each in only):
            scenario, failure = measure(bench, each, rounds)
            settings = {"rounds": scenario.rounds, **SHARED, "startCaches": "yes" if trained else "no", "secondsOfALoad": f"{times.closed} and {times.opened}", **scenario.SETTINGS}
            yield each, settings, [] if failure else list(scenario.rows()), [failure] if failure else list(scenario.notes()), failure


def measure(bench, each, rounds):
    """Whatever it fails with, the others are measured."""
    module = importlib.import_module(each)
    scenario = getattr(module, each.capitalize())(bench)
    end, most = time.monotonic() + scenario.LIMIT_SECONDS, min(rounds, scenario.MOST_ROUNDS)
    try:
        bench.say(f"{each}: warming")
        scenario.open()
        for number in range(most):
            if time.monotonic() > end:
                scenario.said.append(f"its time was over after {number} of {most} rounds")
                break
            bench.say(f"{each}: round {number + 1} of {most}")
            scenario.round(number)
            scenario.rounds += 1
        return scenario, ""
    except Exception as failure:
        traceback.print_exc()
        return scenario, f"failed: {type(failure).__name__}: {failure}"
