package dev.mayfly.cli;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What one invocation cost, in one line.
 *
 * @param idleMillis after how long without requests its instance ends
 */
record Receipt(JsonObject record, long idleMillis) {
    private static final int TRIES = 150;

    /** Waits a moment for the usage record, which is written when the function is done; empty when that takes longer. */
    static Optional<Receipt> of(Api api, String project, String invocation) {
        if (invocation.isEmpty()) {
            return Optional.empty();
        }
        for (int i = 0; i < TRIES; i++) {
            try {
                var record = api.get("/invocations/" + Api.encode(invocation));
                return Optional.of(new Receipt(record, idleMillis(api, project, record.text("function"))));
            } catch (Failure e) {
                if (!e.code().equals("not_found")) {
                    throw e;
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        return Optional.empty();
    }

    private static long idleMillis(Api api, String project, String function) {
        return api.get("/projects/" + Api.encode(project) + "/functions").objects("functions").stream()
                .filter(candidate -> candidate.text("name").equals(function))
                .mapToLong(candidate -> candidate.object("limits").number("idleTimeoutMillis"))
                .findFirst()
                .orElse(0);
    }

    /** As in {@code cold 3 ms from pool (load 1.6) · ran 3 ms · CPU 2 ms · $0.00000004 · back to 0 processes in 60 s}. */
    String line() {
        var from = Starts.of(record).inWords();
        var start = record.flag("cold")
                ? "cold " + Amounts.micros(record.number("initMicros")) + (from.isEmpty() ? "" : " " + from)
                : "warm";
        var zero = idleMillis > 0 ? " · back to 0 processes in " + Amounts.millis(idleMillis) : "";
        return start
                + " · ran " + Amounts.micros(record.number("runMicros"))
                + " · CPU " + Amounts.micros(record.number("cpuMicros"))
                + " · " + Amounts.dollars(record.decimal("price"))
                + zero;
    }
}
