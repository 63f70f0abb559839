"""What a launcher must not leave behind: processes, control groups, mounts, namespaces, descriptors."""

import os
import re
import time

GRANTED = 7000000  # the first of the users that run.py makes up


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def processes(launcher):
    """Every process that is the launcher's: by its key in the environment, which forks keep, or by the user of its sandboxes. Without root
    that is our own user, or one of a range that only this run has: then whoever was there before is not meant."""
    token, found = b"MAYFLY_TEST_KEY=" + launcher.key.encode(), {}
    for pid in pids():
        status = read("/proc/%d/status" % pid).decode("utf-8", "replace")
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        if not fields or fields.get("State", "Z")[0] in "ZX" or pid == os.getpid():
            continue
        user = int(fields.get("Uid", "0").split()[0])
        if launcher.rootless:
            mine = (user == os.geteuid() or GRANTED <= user < GRANTED + 65536) and pid not in launcher.before
        else:
            mine = token in read("/proc/%d/environ" % pid) or user == int(launcher.user)
        if mine:
            found[pid] = fields.get("Name", "?")
    return found


def sandboxes(launcher):
    """What is neither the launcher nor one of the processes of its network, which live as long as it does."""
    return {pid: name for pid, name in processes(launcher).items() if pid != launcher.pid and pid not in launcher.helpers}


def cgroup_roots():
    roots = []
    for line in read("/proc/self/mountinfo").decode().splitlines():
        left, _, right = line.partition(" - ")
        if right.split(" ")[0] in ("cgroup", "cgroup2"):
            roots.append(left.split(" ")[4])
    return roots


def memory_on_v1():
    """Whether the controller of memory is one of cgroup v1 here."""
    for line in read("/proc/self/mountinfo").decode().splitlines():
        kind, _, options = line.partition(" - ")[2].split(" ", 2)
        if kind == "cgroup" and "memory" in options.split(","):
            return True
    return False


def groups(launcher):
    """Control groups below the launcher's own."""
    found = []
    for root in cgroup_roots():
        for path, folders, _ in os.walk(root, onerror=lambda error: None):
            found += [os.path.join(path, name) for name in folders if name == "mayfly-" + launcher.key or "mayfly-" + launcher.key in path]
    return found


def throttled(pid):
    """How often the kernel held the group of a process to its share of processors."""
    paths = {line.split(":", 2)[2] for line in read("/proc/%d/cgroup" % pid).decode().splitlines() if "mayfly-" in line}
    stats = [read("%s%s/cpu.stat" % (root, path)) for root in cgroup_roots() for path in paths]
    return sum(int(line.split()[1]) for stat in stats for line in stat.decode().splitlines() if line.startswith("nr_throttled "))


def share(pid):
    """Microseconds of a processor that the group of a process has in 100 000; None: as many as there are, or it is in none."""
    paths = {line.split(":", 2)[2] for line in read("/proc/%d/cgroup" % pid).decode().splitlines() if "mayfly-" in line}
    for root in cgroup_roots():
        for path in paths:
            limit = (read("%s%s/cpu.max" % (root, path)) or read("%s%s/cpu.cfs_quota_us" % (root, path))).split()
            if limit and limit[0] not in (b"max", b"-1"):
                return int(limit[0])
    return None


def mounts(launcher):
    return [line for line in read("/proc/self/mountinfo").decode().splitlines() if launcher.directory in line or launcher.key in line]


def descriptors(pid):
    """How many of each kind."""
    kinds = {}
    for name in os.listdir("/proc/%d/fd" % pid):
        try:
            kind = os.readlink("/proc/%d/fd/%s" % (pid, name)).split(":")[0].split("/")[-1]
        except OSError:
            continue
        kind = re.sub("[0-9]+$", "", kind)
        kinds[kind] = kinds.get(kind, 0) + 1
    return kinds


def resident(pid):
    """KiB."""
    for line in read("/proc/%d/status" % pid).decode().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def network_namespaces(launcher):
    """Those of living processes, and those that some descriptor of the launcher holds."""
    found = set()
    for pid in processes(launcher):
        try:
            found.add(os.readlink("/proc/%d/ns/net" % pid))
        except OSError:
            pass
    return found


def settle(condition, what, seconds=10.0):
    """The kernel takes things apart in its own time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if not value:
            return
        if time.monotonic() > deadline:
            raise AssertionError("%s: %s" % (what, value))
        time.sleep(0.01)


def stable(state, seconds=10.0):
    """What state() answers once it answers the same for a while: pools are filled and swept beside the work."""
    deadline, last, times = time.monotonic() + seconds, None, 0
    while times < 5:
        now = state()
        times = times + 1 if now == last else 0
        last = now
        if time.monotonic() > deadline:
            raise AssertionError("it does not come to rest: %s" % now)
        time.sleep(0.03)
    return last


def none(launcher):
    """Nothing at all, after the launcher's own end."""
    settle(lambda: processes(launcher), "processes are left")
    settle(lambda: groups(launcher), "control groups are left")
    if mounts(launcher):
        raise AssertionError("mounts are left: %s" % mounts(launcher))
