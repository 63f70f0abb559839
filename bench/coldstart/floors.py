"""The floor: a fork and exec of a static program without a C library, measured in the same run and between the calls."""

import random
import subprocess
import time

from parts import HERE

GAP_SECONDS = 0.6
JITTER = 0.15


class Floor:
    """The driver of bench/sandbox with plain commands only."""

    def __init__(self, folder):
        self.task = folder / "task"
        self.task.mkdir(exist_ok=True)
        plain = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-static"]
        bare = ["-nostdlib", "-ffreestanding", "-fno-stack-protector"]
        for name, options in {"driver": [], "program": [], "bare": bare}.items():
            subprocess.run([*plain, *options, "-o", str(self.task / name), str(HERE / f"{name}.c")], check=True)
        self.driver = subprocess.Popen([str(self.task / "driver"), "-", "-", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def spawn(self, words):
        """Milliseconds from the fork until the first byte."""
        self.driver.stdin.write(f"0 spawn {words}\n")
        self.driver.stdin.flush()
        answer = self.driver.stdout.readline().split()
        if not answer:
            raise RuntimeError(f"the driver ended at: {words}")
        return float(answer[0]) / 1000

    def bare(self):
        return self.spawn(f"{self.task / 'bare'} 1")

    def pause(self, into):
        """The gap before a call, GAP_SECONDS ± JITTER of it and at least half a second, with one measurement in its middle."""
        gap = GAP_SECONDS * random.uniform(1 - JITTER, 1 + JITTER)
        time.sleep(gap / 2)
        into.append(self.bare())
        time.sleep(gap / 2)

    def close(self):
        self.driver.stdin.close()
        self.driver.wait(30)


NAME = "fork and exec, no libc"
