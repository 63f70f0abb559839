"""The rungs below the pool: no worker stands by, and no zygote either."""

import made
from scenario import Scenario

PER_ROUND = 5
SERVERS = {
    "pool empty": ["--pool-workers", "0"],
    "pool empty, zygotes off": ["--pool-workers", "0", "--zygotes", "off"],
}


class Empty(Scenario):
    TOGETHER = True
    SETTINGS = {"callsPerRound": PER_ROUND, "idleTimeout": f"{made.IDLE_SECONDS}s"}

    def open(self):
        for label, options in SERVERS.items():
            self.serve(label, *options)

    def round(self, number):
        for label, server in self.servers.items():
            name = f"empty-{number}"
            targets = server.deploy(made.hello(self.bench.place(), name, PER_ROUND, short=True))
            self.take(f"first call ever, {label}", server, targets)
            server.wait_for_zero([name])
            self.take(f"called again after zero, {label}", server, targets)
