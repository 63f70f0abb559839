"""Cold starts, waiting and instances on the shape of the Azure trace of 2019, in virtual time: the real dispatcher beside policies that others have published."""

from part import Part, java

SEEDS, QUICK_SEEDS = range(1, 5), (1,)


class Trace(Part):
    SETTINGS = {"trace": "150 functions, 12 hours, after Shahrad et al. 2020; seeds 1 to 4", "virtual": "time is, the code is not"}

    def round(self, number):
        """The same each time: one is enough."""
        if self.samples:
            return
        for each in java("PolicyReport", *(QUICK_SEEDS if self.bench.quick else SEEDS)):
            product = each["coldPercent"] * each["waitedMillis"] * each["instanceSeconds"] / 1e6
            self.add("requests that an instance was started for", "%", each["policy"], each["coldPercent"])
            self.add("waited, mean", "ms", each["policy"], each["waitedMillis"])
            self.add("instance-seconds", "s", each["policy"], each["instanceSeconds"])
            self.add("product of the three, in millions", "", each["policy"], product)
