package dev.mayfly.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * One instance per request, as AWS Lambda documents it: a request goes to an instance that is idle, to the one used last; if there is none, one is
 * started for it, and it waits for that one. An instance takes one request at a time and ends when it was idle for as long as ours may be. It may
 * have as many instances as it likes.
 */
final class PerRequestPolicy {
    private static final class Held {
        private final long started;
        private long freeAt;

        private Held(long started) {
            this.started = started;
        }
    }

    private PerRequestPolicy() {}

    static Comparison run(Comparison.Trace trace) {
        List<Held> instances = new ArrayList<>();
        long cold = 0;
        long waited = 0;
        long held = 0;
        int started = 0;
        for (var call : trace.calls()) {
            Held best = null;
            for (var each : List.copyOf(instances)) {
                if (each.freeAt + trace.idleNanos() < call.at()) {
                    held += each.freeAt + trace.idleNanos() - each.started;
                    instances.remove(each);
                } else if (each.freeAt <= call.at() && (best == null || each.freeAt > best.freeAt)) {
                    best = each;
                }
            }
            long begins = call.at();
            if (best == null) {
                best = new Held(call.at());
                instances.add(best);
                begins += trace.starts().takes(started++);
                cold++;
                waited += begins - call.at();
            }
            best.freeAt = begins + call.runs();
        }
        for (var each : instances) {
            held += each.freeAt + trace.idleNanos() - each.started;
        }
        return new Comparison("one per request", trace.calls().size(), cold, waited, held);
    }
}
