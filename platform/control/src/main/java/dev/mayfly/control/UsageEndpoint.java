package dev.mayfly.control;

import dev.mayfly.model.Scope;
import dev.mayfly.store.UsageLedger;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The bill: sums with prices, and what always-on would have cost (docs/bill.md). */
record UsageEndpoint(Projects projects, UsageLedger ledger, PriceFile priceFile, Clock clock) {
    private static final List<String> ADDED = List.of(
            "invocations",
            "cold",
            "failed",
            "billedMillis",
            "gbSeconds",
            "cpuMillis",
            "unmeteredCpuMillis",
            "bytesIn",
            "bytesOut",
            "price",
            "alwaysOnPrice");

    Endpoint endpoint() {
        return new Endpoint("GET", "/usage", Scope.READ, Set.of("project", "function", "since", "until"), this::sums);
    }

    private Answer sums(Call call) {
        var since = call.time("since").orElse(null);
        var until = call.time("until").orElse(null);
        var filter = new UsageLedger.Filter(
                call.projectName("project").orElse(null),
                call.functionName("function").orElse(null),
                since,
                until);
        var prices = priceFile.read();
        ledger.flush();
        var now = clock.instant();
        var sums = ledger.sums(filter).stream()
                .filter(sum -> projects.sees(call, sum.project()))
                .map(sum -> view(sum, prices, prices.alwaysOn(sum, since, until, now)))
                .toList();
        var answer = new LinkedHashMap<String, Object>();
        answer.put("sums", sums);
        answer.put("total", total(sums));
        answer.put(
                "prices",
                Map.of(
                        "cpuHour", prices.cpuHour(),
                        "gbHour", prices.gbHour(),
                        "millionInvocations", prices.millionInvocations()));
        answer.put("currency", prices.currency());
        return Answer.json(answer);
    }

    private static Map<String, Object> view(UsageLedger.Sum sum, Prices prices, double alwaysOn) {
        var view = new LinkedHashMap<String, Object>();
        view.put("project", sum.project().value());
        view.put("function", sum.function().value());
        view.put("day", sum.day());
        view.put("invocations", sum.invocations());
        view.put("cold", sum.cold());
        view.put("failed", sum.failed());
        view.put("billedMillis", sum.billedMillis());
        view.put("gbSeconds", Prices.gbSeconds(sum.memoryByteMicros()));
        view.put("cpuMillis", sum.cpuMicros() / 1000.0);
        view.put("unmeteredCpuMillis", sum.unmeteredCpuMicros() / 1000.0);
        view.put("bytesIn", sum.bytesIn());
        view.put("bytesOut", sum.bytesOut());
        view.put("price", prices.of(sum));
        view.put("alwaysOnPrice", alwaysOn);
        return view;
    }

    private static Map<String, Object> total(List<Map<String, Object>> sums) {
        var total = new LinkedHashMap<String, Object>();
        for (var name : ADDED) {
            if (sums.stream().anyMatch(sum -> sum.get(name) instanceof Double)) {
                total.put(
                        name,
                        sums.stream()
                                .mapToDouble(sum -> number(sum, name).doubleValue())
                                .sum());
            } else {
                total.put(
                        name,
                        sums.stream()
                                .mapToLong(sum -> number(sum, name).longValue())
                                .sum());
            }
        }
        return total;
    }

    private static Number number(Map<String, Object> sum, String name) {
        return sum.get(name) instanceof Number number ? number : 0;
    }
}
