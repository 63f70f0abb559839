"""What an idle server holds, and what an instance does: processes and PSS, the JVM apart, and how many instances a GiB takes."""

import time

import made
from client import arrive, call
from parts import row
from scenario import Scenario
from server import STANDING_BY, proportional

SETTLE_SECONDS = 5
COUNTS = {"bare": 100, "flask and numpy": 40}
SPREAD_SECONDS = 0.05


class Idle(Scenario):
    SERVED = False
    MOST_ROUNDS = 3
    SETTINGS = {"settleSeconds": SETTLE_SECONDS, **{f"instances {kind}": count for kind, count in COUNTS.items()}}

    def open(self):
        self.found = {}

    def round(self, number):
        label = f"idle {number}"
        self.serve(label)
        server = self.servers[label]
        wanted = server.deploy(made.hello(self.bench.place(), "idle", 1, short=True))
        call(wanted[0])
        server.wait_for_zero(["idle"])
        time.sleep(SETTLE_SECONDS)
        self.at_rest(server)
        for kind, count in COUNTS.items():
            self.density(server, kind, count)
        self.servers.pop(label).close()

    def at_rest(self, server):
        """Roles as the server names them; what it does not name is found below its process."""
        roles = {process["pid"]: process["role"] for process in server.processes()}
        held = {}
        for pid in {*server.descendants(), *roles}:
            held.setdefault("JVM" if roles.get(pid) == "server" else roles.get(pid, "not named"), []).append(proportional(pid))
        self.add("idle server: all, PSS", "MiB", sum(sum(memory) for memory in held.values()))
        self.add("idle server: all", "processes", sum(len(memory) for memory in held.values()))
        self.add("idle server: JVM, resident", "MiB", resident(server.process.pid))
        for role in dict.fromkeys(("JVM", *STANDING_BY, *sorted(held))):
            self.add(f"idle server: {role}, PSS", "MiB", sum(held.get(role, [])))
            self.add(f"idle server: {role}", "processes", len(held.get(role, [])))

    def density(self, server, kind, count):
        """The first call goes ahead, so that what the platform makes after it for the others is there."""
        name = f"many-{kind.split()[0]}"
        imports = "" if kind == "bare" else "import numpy\nimport flask\n"
        targets = server.deploy(made.hello(self.bench.place(), name, count, imports=imports))
        ready = call(targets[0])
        time.sleep(3)
        free = available()
        calls = arrive([(index * SPREAD_SECONDS, wanted) for index, wanted in enumerate(targets[1:])])
        time.sleep(2)
        taken = free - available()
        self.samples.add(f"started for the count of instances, {kind}", server.settle([ready, *calls]))
        processes = [process for process in server.processes() if process["project"] == name]
        instances = {process["instance"] for process in processes}
        if len(instances) != count:
            self.said.append(f"{kind}: {len(instances)} instances of {count} were there to count")
        held = sum(proportional(process["pid"]) for process in processes)
        if not held:
            return self.said.append(f"{kind}: the memory of instances cannot be read by this user")
        each = held / len(instances)
        self.add(f"one of {count} {kind} Python instances, PSS", "MiB", each)
        self.add(f"{kind} Python instances in a GiB of PSS", "instances", 1024 / each)
        whole = each + server.standing_by()["pss"] / len(instances)
        self.add(f"the same, all of pool and zygotes shared out among them, {kind}", "instances", 1024 / whole)
        if taken > 0:
            self.add(f"the same by the machine's free memory, page tables too, {kind}", "instances", 1024 / (taken / (len(instances) - 1)))

    def add(self, what, unit, value):
        self.found.setdefault((what, unit), []).append(value)

    def rows(self):
        return [row(what, unit, values) for (what, unit), values in self.found.items()] + super().rows()


def resident(pid):
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS:")) / 1024


def available():
    return next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemAvailable:")) / 1024
