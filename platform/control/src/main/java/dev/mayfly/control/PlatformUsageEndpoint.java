package dev.mayfly.control;

import dev.mayfly.model.Scope;
import dev.mayfly.store.UsageLedger;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What the memory would cost that the platform keeps so that starts are fast. It is in no project's bill (docs/bill.md).
 *
 * @param handOn has the ledger given what was counted and is not there yet
 */
record PlatformUsageEndpoint(UsageLedger ledger, PriceFile priceFile, Runnable handOn) {
    Endpoint endpoint() {
        return new Endpoint("GET", "/usage/platform", Scope.READ, Set.of("since", "until"), this::sums);
    }

    private Answer sums(Call call) {
        var prices = priceFile.read();
        handOn.run();
        var sums = ledger.platform(
                call.time("since").orElse(null), call.time("until").orElse(null));
        var total = new LinkedHashMap<String, Object>();
        total.put(
                "gbSeconds",
                sums.stream()
                        .mapToDouble(sum -> Prices.gbSeconds(sum.byteMicros()))
                        .sum());
        total.put(
                "price",
                sums.stream()
                        .mapToDouble(sum -> prices.ofMemory(sum.byteMicros()))
                        .sum());
        var answer = new LinkedHashMap<String, Object>();
        answer.put("sums", sums.stream().map(sum -> view(sum, prices)).toList());
        answer.put("total", total);
        answer.put("prices", Map.of("gbHour", prices.gbHour()));
        answer.put("currency", prices.currency());
        return Answer.json(answer);
    }

    private static Map<String, Object> view(UsageLedger.PlatformSum sum, Prices prices) {
        var view = new LinkedHashMap<String, Object>();
        view.put("role", sum.role());
        view.put("whose", sum.whose());
        view.put("day", sum.day());
        view.put("measure", Views.lower(sum.measure()));
        view.put("seconds", sum.micros() / 1e6);
        view.put("gbSeconds", Prices.gbSeconds(sum.byteMicros()));
        view.put("meanBytes", sum.micros() == 0 ? 0 : Math.round(sum.byteMicros() / sum.micros()));
        view.put("peakBytes", sum.peakBytes());
        view.put("price", prices.ofMemory(sum.byteMicros()));
        return view;
    }
}
