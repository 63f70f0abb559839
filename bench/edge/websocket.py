"""Messages over WebSockets that a program echoes. It is reached by the relay of its sandbox, whose socket is nginx's upstream too."""

from scenario import Scenario

CONNECTIONS, BYTES = 16, 64


class Websocket(Scenario):
    LIMIT_SECONDS = 80
    SETTINGS = {"connections": CONNECTIONS, "message": f"{BYTES} bytes", "function": "a program in C that listens on $PORT"}

    def cells(self):
        for stand in self.bench.stands:
            if "echo" in stand.mayfly.targets:
                yield stand, f"{stand.cores.name}", {"connections": CONNECTIONS, "websocket": BYTES}

    def open(self):
        for stand, what, options in self.cells():
            self.warm(stand, what, "echo", options)
            self.half_load(stand, what, "echo", options, [stand.mayfly, stand.peer])

    def round(self, number):
        for stand, what, options in self.cells():
            for subject in self.in_turn([stand.mayfly, stand.peer], number):
                self.add_closed(what, subject, self.run(subject, stand, what, "echo", {**options, "seconds": self.times.closed}), of="message")
                opened = {**options, "seconds": self.times.opened, "rate": self.rates[what], "seed": number + 1}
                self.add_opened(what, subject, self.run(subject, stand, what, "echo", opened), of="message")
