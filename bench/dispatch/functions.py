"""Servers with 1, 100 and 10,000 deployed functions: what a request costs, what it allocates, and what a function that nobody calls holds on the heap."""

import apps
import made
from cores import move, on
from part import CONNECTIONS, Part, allocated, live_heap
from parts import row
from server import Server

COUNTS, QUICK_COUNTS = (1, 100, 10_000), (1, 100, 300)
IN_A_PROJECT = 500
SECONDS, WARM_SECONDS, WARM_LOADS = 1.0, 1.0, 8


class Functions(Part):
    SETTINGS = {"connections": CONNECTIONS, "called": "one function of each server, the same code", "functions of a project": IN_A_PROJECT}
    LIMIT_SECONDS = 180

    def open(self):
        self.servers, self.heap = {}, {}
        for count in QUICK_COUNTS if self.bench.quick else COUNTS:
            self.bench.say(f"functions: deploying {count}")
            with on(self.bench.cores.subject):
                server = Server(self.bench.folder)
            self.servers[count] = server, self.deploy(server, count)
        for count, (server, _) in self.servers.items():
            self.heap[count] = [live_heap(server.process.pid) for _ in range(3)]
        for server, target in self.servers.values():
            for _ in range(2 if self.bench.quick else WARM_LOADS):
                self.load(server, target, WARM_SECONDS)
            move([pid for pid in server.descendants() if pid != server.process.pid], self.bench.cores.load)

    def deploy(self, server, count):
        """One project that is called, and so many others that all together have that many functions."""
        folder = self.bench.folder / f"with-{count}"
        (target,) = server.deploy(apps.hello(folder, f"called-{count}"))
        left = count - 1
        while left:
            some = min(left, IN_A_PROJECT)
            server.deploy(made.hello(folder, f"others-{count}-{left}", some))
            left -= some
        return target

    def round(self, number):
        for count, (server, target) in self.servers.items():
            before = allocated(server.process.pid)
            done = self.load(server, target, SECONDS)
            bytes_each = (allocated(server.process.pid) - before) / done.answered
            self.add("CPU of a request", "µs", count, done.cpu * 1e6 / done.answered)
            self.add("allocated for a request", "KiB", count, bytes_each / 1024)

    def rows(self):
        """Most functions beside fewer."""
        for (what, unit), found in self.samples.items():
            most = max(found)
            for count in sorted(found)[:-1]:
                yield row(f"{what}: {most:,} functions deployed", unit, found[most], f"{count:,}", found[count])
        least, most = min(self.heap), max(self.heap)
        held = [(many - one) / (most - least) for many, one in zip(self.heap[most], self.heap[least])]
        yield row(f"live heap of a deployed idle function, of {most:,}", "B", held)

    def close(self):
        for server, _ in getattr(self, "servers", {}).values():
            server.close()
