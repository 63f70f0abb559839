"""What a sandbox holds in memory: its init, an idle program, and what the kernel keeps for both."""

import os
import time

from parts import Launcher, descendants, ordinary_user, pss, row

AT_ONCE = 20
MOST_ROUNDS = 3


def measure(folder, rounds, say):
    places = {"root": None} if os.geteuid() == 0 else {}
    places["rootless"] = ordinary_user() if os.geteuid() == 0 else None
    found = []
    for place, user in places.items():
        say(f"memory of {AT_ONCE} sandboxes, {place}")
        try:
            launcher = Launcher(folder, folder / "task", user)
        except RuntimeError as impossible:
            say(str(impossible))
            continue
        try:
            found += rows(place, launcher, min(rounds, MOST_ROUNDS))
        finally:
            launcher.close()
    return found


def rows(place, launcher, rounds):
    inits, programs, groups, kernel = [], [], [], []
    launcher.measure("sandbox program")
    for _ in range(rounds):
        pids = [int(launcher.measure("stay program")[4][0]) for _ in range(AT_ONCE)]
        time.sleep(1)
        for pid in pids:
            inits.append(pss(pid))
            programs += [pss(child) for child in descendants(pid)[1:]]
            held = group_memory(pid)
            if held:
                groups.append(held[0])
                kernel.append(held[1])
        launcher.clear()
        time.sleep(1)
    yield row(f"init of one of {AT_ONCE} sandboxes, PSS, {place}", "MiB", inits, "the idle program in it", programs)
    if groups:
        yield row(f"all that its memory cgroup is charged with, {place}", "MiB", groups, "of it for the kernel's own", kernel)


def group_memory(pid):
    """MiB that the memory cgroup of a process of its own is charged with, and how much of that is the kernel's; None where there is none."""
    for line in open(f"/proc/{pid}/cgroup"):
        _, controllers, path = line.rstrip("\n").split(":", 2)
        if "/mayfly-" not in path:
            continue
        for mount, kind, options in mounts():
            try:
                if kind == "cgroup" and "memory" in controllers.split(",") and "memory" in options:
                    return number(f"{mount}{path}/memory.usage_in_bytes"), number(f"{mount}{path}/memory.kmem.usage_in_bytes")
                if kind == "cgroup2" and not controllers:
                    own = [line.split() for line in open(f"{mount}{path}/memory.stat")]
                    return number(f"{mount}{path}/memory.current"), int(dict(own)["kernel"]) / 1048576
            except (FileNotFoundError, KeyError):
                pass
    return None


def number(path):
    return int(open(path).read()) / 1048576


def mounts():
    for line in open("/proc/self/mountinfo"):
        head, tail = line.split(" - ")
        kind, _, options = tail.split()[:3]
        yield head.split()[4], kind, options.split(",")
