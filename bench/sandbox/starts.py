"""How long a sandbox takes to start: sparse and back to back, root and rootless, step by step, beside a bare exec and other ways to get one."""

import json
import os
import random
import shutil
import subprocess

from parts import Launcher, ordinary_user, row

GAP_SECONDS = 0.5
JITTER = 0.2
SPARSE_PER_ROUND = 5
BACK_TO_BACK_PER_ROUND = 25


def measure(folder, rounds, say):
    """Rows, and what was found out about this machine for the settings."""
    places, found = {}, {}
    if os.geteuid() == 0:
        places["root"] = Launcher(folder, folder / "task")
    user = ordinary_user() if os.geteuid() == 0 else None
    try:
        places["rootless"] = Launcher(folder, folder / "task", user)
    except RuntimeError as impossible:
        say(str(impossible))
    for place, launcher in places.items():
        found[f"not proved {place}"] = " and ".join(launcher.missing()) or "nothing"
    engines = docker_like(folder)
    try:
        sparse, back_to_back = Samples(), Samples()
        for number in range(rounds):
            say(f"starts, round {number + 1} of {rounds}")
            for _ in range(SPARSE_PER_ROUND):
                take(places, subjects(folder, engines), sparse, GAP_SECONDS)
            for _ in range(BACK_TO_BACK_PER_ROUND):
                take(places, subjects(folder, {}, quick=True), back_to_back, 0)
        return list(rows(places, engines, sparse, back_to_back)), found
    finally:
        for launcher in places.values():
            launcher.close()
        for engine in engines:
            subprocess.run([engine, "rmi", "-f", IMAGE], capture_output=True)


class Samples(dict):
    def add(self, key, value):
        self.setdefault(key, []).append(value)


def take(places, wanted, samples, gap):
    """One of each, in random order. CPU of the launcher and its helpers is read around all: what they do afterwards, for the next, counts too."""
    for place, launcher in places.items():
        before, sandboxes, inside = launcher.cpu(), 0, None
        for name in random.sample(list(wanted), len(wanted)):
            pause = gap * random.uniform(1 - JITTER, 1 + JITTER)
            if name in ENGINES and place != "root":
                continue
            ready, ended, used, steps, _ = launcher.measure(wanted[name], pause)
            samples.add((place, name), ready)
            samples.add((place, name, "end"), ended)
            if used is not None and not steps:
                samples.add((place, name, "cpu"), used)
            if steps:
                sandboxes += 1
                if name == "sandbox":
                    inside = used
                    for step, took in steps.items():
                        samples.add((place, "step", step), took)
                    samples.add((place, "step", "all of them"), sum(steps.values()))
        if inside is not None:
            samples.add((place, "sandbox", "cpu"), inside + (launcher.cpu() - before) / sandboxes)


def subjects(folder, engines, quick=False):
    task = folder / "task"
    found = {
        "sandbox": "sandbox program",
        "sandbox bare": "sandbox bare",
        "exec": f"spawn {task / 'program'} 1",
        "exec bare": f"spawn {task / 'bare'} 1",
    }
    if shutil.which("bwrap") and not quick:
        found["bubblewrap"] = "spawn " + " ".join(bubblewrap(task))
    for engine in engines:
        found[engine] = f"spawn {shutil.which(engine)} run --rm --network none {IMAGE} /program"
    return found


def bubblewrap(task):
    """The namespaces and mounts that it can make of those a sandbox has; no cgroup, limits, filter, Landlock, init or network."""
    words = [shutil.which("bwrap"), "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv", "--hostname", "hello"]
    words += ["--uid", "1000", "--gid", "1000", "--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for name in ("/bin", "/lib", "/lib64"):
        if os.path.islink(name):
            words += ["--symlink", os.readlink(name), name]
    return [*words, "--ro-bind", str(task), "/var/task", "/var/task/program", "1"]


ENGINES = ("docker", "podman")
IMAGE = "mayfly-bench-empty"


def docker_like(folder):
    """Engines that work here, with an image that holds the program and nothing else."""
    working = {}
    for engine in ENGINES if os.geteuid() == 0 else ():
        if not shutil.which(engine) or subprocess.run([engine, "info"], capture_output=True).returncode:
            continue
        archive = folder / "image.tar"
        subprocess.run(["tar", "-C", str(folder / "task"), "-cf", str(archive), "program"], check=True)
        command = [engine, "run", "--rm", "--network", "none", IMAGE, "/program"]
        imported = subprocess.run([engine, "import", str(archive), IMAGE], capture_output=True)
        if not imported.returncode and subprocess.run(command, capture_output=True).stdout == b"!":
            working[engine] = json.dumps(command)
    return working


NAMES = {"exec": "fork and exec", "exec bare": "fork and exec", "bubblewrap": "bubblewrap, no cgroup, filter or network"}


def rows(places, engines, sparse, back_to_back):
    for place in places:
        for peer in ("exec", "bubblewrap", *engines):
            if (place, peer) in sparse:
                yield row(f"start→ready, {place}, sparse", "ms", sparse[place, "sandbox"], NAMES.get(peer, f"{peer} run"), sparse[place, peer])
        yield row(f"the same, program without libc, {place}, sparse", "ms", sparse[place, "sandbox bare"], NAMES["exec bare"], sparse[place, "exec bare"])
        yield row(f"start→ready, {place}, back to back", "ms", back_to_back[place, "sandbox"], NAMES["exec"], back_to_back[place, "exec"])
        bare = back_to_back[place, "sandbox bare"], back_to_back[place, "exec bare"]
        yield row(f"the same, program without libc, {place}, back to back", "ms", bare[0], NAMES["exec bare"], bare[1])
        yield row(f"first byte→nothing left, {place}, sparse", "ms", sparse[place, "sandbox", "end"], NAMES["exec"], sparse[place, "exec", "end"])
    for place in places:
        for key in [key for key in sparse if key[:2] == (place, "step")]:
            yield row(f"step {key[2]}, {place}, sparse", "ms", sparse[key], "back to back", back_to_back[key])
    for place in places:
        key = place, "sandbox", "cpu"
        if key in sparse:
            yield row(f"CPU of a start and its end: launcher, network, init, program; {place}, sparse", "ms", sparse[key], NAMES["exec"], sparse[place, "exec", "cpu"])
            yield row(f"the same, {place}, back to back", "ms", back_to_back[key], NAMES["exec"], back_to_back[place, "exec", "cpu"])
