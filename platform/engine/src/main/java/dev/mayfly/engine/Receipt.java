package dev.mayfly.engine;

import dev.mayfly.model.UsageRecord;
import java.util.ArrayList;
import java.util.Locale;

/**
 * The line that ends every invocation in its log:
 * {@code GET /api/hello 200 · cold 3 ms from pool (specialise 0.4, load 1.6) · ran 3 ms · CPU 2 ms}.
 */
final class Receipt {
    private static final int LONGEST_PATH = 512;

    private Receipt() {}

    static String of(InvocationRequest request, UsageRecord entry) {
        var parts = new ArrayList<String>();
        parts.add(subject(request, entry.status()));
        if (entry.queueMicros() >= 1000) {
            parts.add("queued " + milliseconds(entry.queueMicros()));
        }
        if (entry.cold()) {
            var start = entry.start();
            parts.add("cold " + milliseconds(entry.initMicros()) + (start.known() ? " " + start.inWords() : ""));
        }
        parts.add("ran " + milliseconds(entry.runMicros()));
        if (parts.size() > 2) {
            parts.add("total " + milliseconds(entry.queueMicros() + entry.initMicros() + entry.runMicros()));
        }
        parts.add("CPU " + milliseconds(entry.cpuMicros()));
        switch (entry.outcome()) {
            case OK -> {}
            case FAILED -> parts.add("failed");
            case TIMEOUT -> parts.add("timed out");
            case DISCONNECTED -> parts.add("the caller went away");
        }
        return String.join(" · ", parts);
    }

    static String refused(InvocationRequest request, int status, long waitedMicros, String why) {
        return subject(request, status) + " · waited " + milliseconds(waitedMicros) + " · " + why;
    }

    private static String subject(InvocationRequest request, int status) {
        var path = request.path().length() > LONGEST_PATH
                ? request.path().substring(0, LONGEST_PATH) + "…"
                : request.path();
        return request.method() + " " + path.replaceAll("\\p{Cntrl}", "?")
                + (status == 0 ? " no answer" : " " + status);
    }

    private static String milliseconds(long micros) {
        return micros < 1000 && micros > 0
                ? String.format(Locale.ROOT, "%.1f ms", micros / 1000.0)
                : Math.round(micros / 1000.0) + " ms";
    }
}
