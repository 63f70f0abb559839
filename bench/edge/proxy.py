"""Small requests that a function answers: connections kept and fresh, plain and TLS."""

from scenario import Scenario

CONNECTIONS = 16
WAYS = {
    "kept connections": ("hello", {}),
    "fresh connections": ("hello", {"fresh": 1}),
    "kept connections, TLS": ("tls", {}),
    "fresh connections, TLS": ("tls", {"fresh": 1}),
}
BESIDE_LOGGING = "kept connections"


class Proxy(Scenario):
    LIMIT_SECONDS = 350
    SETTINGS = {"connections": CONNECTIONS, "answer": "6 bytes of an ASGI application", "handshakes": "full ones, TLS 1.3, P-256", "nginx, logging": "with a buffered access log in JSON, request ids and a limit of connections"}

    def cells(self):
        for stand in self.bench.stands:
            for way, (target, options) in WAYS.items():
                yield stand, f"{stand.cores.name}, {way}", target, {"connections": CONNECTIONS, **options}, way == BESIDE_LOGGING

    def open(self):
        for stand, what, target, options, logging in self.cells():
            self.warm(stand, what, target, options)
            self.half_load(stand, what, target, options, self.subjects(stand, logging))

    def subjects(self, stand, logging):
        return [stand.mayfly, stand.peer, *([stand.logging_peer] if logging else [])]

    def round(self, number):
        for stand, what, target, options, logging in self.cells():
            for subject in self.in_turn(self.subjects(stand, logging), number):
                self.add_closed(what, subject, self.run(subject, stand, what, target, {**options, "seconds": self.times.closed}))
                opened = {**options, "seconds": self.times.opened, "rate": self.rates[what], "seed": number + 1}
                self.add_opened(what, subject, self.run(subject, stand, what, target, opened))
