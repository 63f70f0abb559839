"""First calls ever with the page cache dropped before each, in turn with some where it was not."""

import os
import time

import made
from client import call
from scenario import Scenario

DROP = "/proc/sys/vm/drop_caches"
PER_ROUND = 2


class Cache(Scenario):
    SETTINGS = {"callsPerRound": PER_ROUND}

    def open(self):
        try:
            drop()
        except OSError as why:
            self.said.append(f"not measured: the page cache cannot be dropped here: {why} (it needs root)")
            return
        self.serve("cache")

    def round(self, number):
        for label, server in self.servers.items():
            targets = server.deploy(made.hello(self.bench.place(), f"cache-{number}", 2 * PER_ROUND))
            for kept, dropped in zip(targets[::2], targets[1::2]):
                self.take("first call ever, page cache kept", server, [kept])
                standing_by = server.standing_by()
                drop()
                time.sleep(0.5)
                self.samples.add("first call ever, page cache dropped", server.settle([call(dropped)]), standing_by)


def drop():
    os.sync()
    with open(DROP, "w") as caches:
        caches.write("3")
