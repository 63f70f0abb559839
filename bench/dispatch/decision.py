"""The engine alone, as fast as event loops can ask: processor time and allocation of one request, by how many functions are known and how many loops ask."""

from part import Part, java

MILLIS = 200


class Decision(Part):
    SETTINGS = {"a request": "asks for a slot, gets it, begins, ends, is counted and noted", "least": "a map, a lock and a list", "milliseconds of a load": MILLIS}

    def open(self):
        """The program takes its rounds itself, in one process."""
        self.taken = None

    def round(self, number):
        if self.taken is None:
            rounds = 2 if self.bench.quick else 12
            self.taken = java("DispatchCost", rounds, 50 if self.bench.quick else MILLIS)
            for each in self.taken:
                self.take(each)

    def take(self, each):
        where = f"{each['functions']:,} functions" if each["functions"] > 1 else "1 function"
        loops = f"{each['loops']} loops, {'each its own' if each['own'] else 'the same'}" if each["loops"] > 1 else "1 loop"
        what = f"{loops}, {where}" if each["loops"] == 1 else loops
        name = {"engine": "Mayfly", "limited": "under two limits", "least": "least"}[each["subject"]]
        self.add(f"CPU of a request on its loop: {what}", "ns", name, each["nanos"])
        if name == "Mayfly":
            self.add(f"allocated for a request on its loop: {what}", "B", name, each["bytes"])
            self.add(f"allocated for a request in all: {what}", "B", name, each["allBytes"])
        self.add(f"requests a second: {what}", "/s", name, each["perSecond"])

    def rows(self):
        order = ["CPU", "allocated for a request on", "allocated for a request in", "requests"]
        return sorted(super().rows(), key=lambda row: next(i for i, word in enumerate(order) if row["what"].startswith(word)))
