"""Files of a deployment beside the same files behind nginx, plain and for clients that take gzip."""

from projects import FILES
from scenario import Scenario

CONNECTIONS = 16
WAYS = {"plain": {}, "gzip accepted": {"header": "Accept-Encoding: gzip"}}


class Static(Scenario):
    LIMIT_SECONDS = 140
    SETTINGS = {"connections": CONNECTIONS, "files": "text; of nginx by sendfile, kept open, compressed before"}

    def cells(self):
        for stand in self.bench.stands:
            for size, (name, _) in FILES.items():
                for way, options in WAYS.items():
                    yield stand, f"{stand.cores.name}, {size}, {way}", {"connections": CONNECTIONS, "path": f"/{name}", **options}

    def open(self):
        self.sizes = {}
        for stand, what, options in self.cells():
            self.warm(stand, what, "hello", options)

    def round(self, number):
        for stand, what, options in self.cells():
            for subject in self.in_turn([stand.mayfly, stand.peer], number):
                done = self.run(subject, stand, what, "hello", {**options, "seconds": self.times.closed})
                self.add_closed(what, subject, done)
                self.sizes.setdefault(what.partition(", ")[2], {})[subject.name] = done.bytes // done.answered

    def notes(self):
        yield from super().notes()
        for what, sizes in self.sizes.items():
            yield f"{what}: an answer has " + ", ".join(f"{size} bytes of {name}" for name, size in sizes.items()) + ", head included"
