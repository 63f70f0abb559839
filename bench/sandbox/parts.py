"""What the measurements of sandboxes share: compiled programs, launchers with their drivers, and how a row of the results looks."""

import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIMITS = {"memory": 512 << 20, "tmp": 512 << 20, "cpu": 1000, "pids": 256, "files": 4096, "inodes": 65536}


def compile_all(folder):
    """The launcher of this tree and the programs of this folder, into the given one."""
    (folder / "task").mkdir()
    subprocess.run([str(ROOT / "launcher" / "build"), str(folder / "mayfly-launcher"), "strict"], check=True)
    plain = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-static"]
    bare = ["-nostdlib", "-ffreestanding", "-fno-stack-protector"]
    for name, options in {"driver": [], "load": [], "task/program": [], "task/bare": bare}.items():
        subprocess.run([*plain, *options, "-o", str(folder / name), str(HERE / (name.split("/")[-1] + ".c"))], check=True)


def ordinary_user():
    """One with a range of subordinate users, as a login has, else nobody: (uid, gid, name)."""
    try:
        names = [line.split(":")[0] for line in open("/etc/subuid")]
    except FileNotFoundError:
        names = []
    for name in [*names, "nobody"]:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid:
            return entry.pw_uid, entry.pw_gid, name
    return 65534, 65534, "65534"


class Launcher:
    """One launcher and the driver that plays its server. user: (uid, gid, name), or None for the one that runs this."""

    def __init__(self, folder, programs, user=None):
        self.programs, self.user = programs, user
        base = "/run" if os.geteuid() == 0 and not user and os.access("/run", os.W_OK) else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-bench-", dir=base))
        self.runs = self.folder / "i"
        self.runs.mkdir(mode=0o700)
        identity = {}
        if user:
            identity = {"user": user[0], "group": user[1], "extra_groups": []}
            for path in (self.folder, self.runs):
                os.chown(path, user[0], user[1])
        self.process = subprocess.Popen(
            [str(folder / "mayfly-launcher"), "serve", "--dir", str(self.folder), "--key", self.folder.name.encode().hex()[-8:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **identity,
        )
        self.said = json.loads(self.process.stdout.readline() or '{"ready":false,"reason":"it said nothing"}')
        if not self.said["ready"]:
            self.close()
            raise RuntimeError(f"no sandboxes for {user[2] if user else 'root'}: {self.said['reason']}")
        fields = [f"{key}={value}" for key, value in LIMITS.items()]
        fields += ["egress=internet", "hostname=hello", "env=PATH=/usr/local/bin:/usr/bin:/bin", "env=HOME=/tmp", "env=PORT=8080"]
        if not user and os.geteuid() == 0:
            fields += ["uid=231072", "gid=231072"]
        self.driver = subprocess.Popen(
            [str(folder / "driver"), str(self.folder), str(self.runs), str(programs), *fields],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **identity,
        )

    def missing(self):
        return [check["name"] for check in self.said["checks"] if not check["proved"]]

    def measure(self, words, pause=0.0):
        """Milliseconds to the first byte and from then to the end, CPU milliseconds or None, and the steps in milliseconds or the pid."""
        self.driver.stdin.write(f"{int(pause * 1e6)} {words}\n")
        self.driver.stdin.flush()
        answer = self.driver.stdout.readline().split()
        if not answer:
            raise RuntimeError(f"the driver ended at: {words}")
        cpu = None if answer[2] == "-1" else int(answer[2]) / 1000
        steps = dict(step.split(":") for step in answer[3].split(",")) if len(answer) > 3 and ":" in answer[3] else {}
        return float(answer[0]) / 1000, float(answer[1]) / 1000, cpu, {name: int(micros) / 1000 for name, micros in steps.items()}, answer[3:]

    def clear(self):
        self.driver.stdin.write("0 clear\n")
        self.driver.stdin.flush()
        self.driver.stdout.readline()

    def cpu(self):
        """CPU milliseconds so far of the launcher and of its helpers that stay; only while there is no sandbox."""
        return sum(int(open(f"/proc/{pid}/schedstat").read().split()[0]) for pid in descendants(self.process.pid)) / 1e6

    def close(self):
        if hasattr(self, "driver"):
            self.driver.stdin.close()
            self.driver.wait(30)
        self.process.stdin.close()
        self.process.wait(30)
        shutil.rmtree(self.folder)


def descendants(pid):
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in open(f"/proc/{pid}/task/{task}/children").read().split():
                found += descendants(int(child))
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def pss(pid):
    """MiB of memory of its own, shared pages by their share."""
    try:
        return next(int(line.split()[1]) for line in open(f"/proc/{pid}/smaps_rollup") if line.startswith("Pss:")) / 1024
    except (FileNotFoundError, ProcessLookupError, StopIteration):
        return 0.0


def row(what, unit, samples, beside=None, beside_samples=None):
    found = {"what": what, "unit": unit, "samples": [round(sample, 4) for sample in samples]}
    if beside and beside_samples:
        found |= {"beside": beside, "besideSamples": [round(sample, 4) for sample in beside_samples]}
    return found
