package dev.mayfly.cli;

import dev.mayfly.model.DataSize;
import java.math.RoundingMode;

/** What the memory would cost that the platform keeps so that starts are fast, in words. */
final class PlatformUsage {
    private PlatformUsage() {}

    static void print(Screen screen, JsonObject answer) {
        var table = new Table("KEPT", "FOR", "DAY", ">GB-SECONDS", ">MEAN", ">PEAK", ">PRICE");
        boolean resident = false;
        for (var sum : answer.objects("sums")) {
            table.row(
                    sum.text("role"),
                    sum.text("whose"),
                    sum.text("day"),
                    gbSeconds(sum),
                    new DataSize(sum.number("meanBytes")).toString(),
                    new DataSize(sum.number("peakBytes")).toString(),
                    Amounts.dollars(sum.decimal("price")));
            resident |= sum.text("measure").equals("resident");
        }
        var total = answer.object("total");
        table.row("total", "", "", gbSeconds(total), "", "", Amounts.dollars(total.decimal("price")));
        table.print(screen);
        screen.say("the platform's own memory, so that starts are fast: it is in no project's bill");
        if (resident) {
            screen.say("as far as the server may not see what processes share, shared memory counts once for each");
        }
    }

    private static String gbSeconds(JsonObject sum) {
        return sum.decimal("gbSeconds").setScale(3, RoundingMode.HALF_UP).toPlainString();
    }
}
