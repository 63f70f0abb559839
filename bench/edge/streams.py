"""Large bodies that a function sends and reads, piece by piece."""

from projects import PIECE_BYTES
from scenario import Scenario

SIZES = {"1 MiB": (1, {"connections": 4}), "100 MiB": (100, {"connections": 1, "requests": 2})}


class Streams(Scenario):
    LIMIT_SECONDS = 130
    SETTINGS = {"connections": "4 of 1 MiB, 1 of 100 MiB", "function": f"ASGI, pieces of {PIECE_BYTES >> 10} KiB", "buffering": "none in nginx"}

    def cells(self):
        for stand in self.bench.stands:
            for size, (mebibytes, options) in SIZES.items():
                limited = {**options} if "requests" in options else {**options, "seconds": self.times.closed}
                yield stand, f"{stand.cores.name}, {size} down", mebibytes, {**limited, "path": f"/down/{(mebibytes << 20) // PIECE_BYTES}"}
                yield stand, f"{stand.cores.name}, {size} up", mebibytes, {**limited, "path": "/up", "upload": mebibytes << 20}

    def open(self):
        """The small ones warm the way for the large ones."""
        for stand, what, _, options in self.cells():
            if "requests" not in options:
                self.warm(stand, what, "streams", options)

    def round(self, number):
        for stand, what, mebibytes, options in self.cells():
            for subject in self.in_turn([stand.mayfly, stand.peer], number):
                done = self.run(subject, stand, what, "streams", options)
                self.add(f"CPU of a MiB: {what}", "ms", subject, done.cpu * 1e3 / done.answered / mebibytes)
                self.add(f"MiB a second: {what}", "/s", subject, done.answered * mebibytes / done.seconds)
