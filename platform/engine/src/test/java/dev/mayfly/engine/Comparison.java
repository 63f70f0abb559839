package dev.mayfly.engine;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * What a policy makes of one trace: the share of requests that a start delayed, how long they waited, and how long instances were there. Less is
 * better in each, and in their product.
 */
record Comparison(String policy, long requests, long cold, long waitedNanos, long instanceNanos) {
    double coldShare() {
        return (double) cold / requests;
    }

    double waitedMillis() {
        return waitedNanos / 1e6 / requests;
    }

    double instanceSeconds() {
        return instanceNanos / 1e9;
    }

    double product() {
        return coldShare() * waitedMillis() * instanceSeconds();
    }

    Comparison plus(Comparison other) {
        return new Comparison(
                policy,
                requests + other.requests,
                cold + other.cold,
                waitedNanos + other.waitedNanos,
                instanceNanos + other.instanceNanos);
    }

    /** A table of some, for people. */
    static String table(List<Comparison> all) {
        var text = new StringBuilder("%-24s %9s %9s %12s %18s %12s%n"
                .formatted("policy", "requests", "cold %", "waited ms", "instance-seconds", "product"));
        for (var each : all) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-24s %9d %9.3f %12.3f %18.0f %12.2f%n",
                    each.policy,
                    each.requests,
                    100 * each.coldShare(),
                    each.waitedMillis(),
                    each.instanceSeconds(),
                    each.product()));
        }
        return text.toString();
    }

    /** A trace with all that chance decides decided: every policy gets the same requests, run times and starts. */
    record Trace(List<Call> calls, long idleNanos, int maxInstances, Starts starts) {
        static Trace of(List<Call> calls, Starts starts) {
            return new Trace(calls, Duration.ofSeconds(60).toNanos(), 1000, starts);
        }
    }

    /** One request: when it comes and how long it runs. */
    record Call(long at, long runs) {}

    /** How long the start of an instance takes, by its number. */
    @FunctionalInterface
    interface Starts {
        long takes(int number);
    }
}
