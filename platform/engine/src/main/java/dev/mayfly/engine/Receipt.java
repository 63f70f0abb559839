package dev.mayfly.engine;

import dev.mayfly.model.UsageRecord;

/**
 * The line that ends every invocation in its log:
 * {@code GET /api/hello 200 · cold 3 ms from pool (specialise 0.4, load 1.6) · ran 3 ms · CPU 2 ms}.
 */
final class Receipt {
    private static final int LONGEST_PATH = 512;

    private Receipt() {}

    static String of(InvocationRequest request, UsageRecord entry) {
        var line = subject(request, entry.status());
        boolean queued = entry.queueMicros() >= 1000;
        if (queued) {
            milliseconds(line.append(" · queued "), entry.queueMicros());
        }
        if (entry.cold()) {
            var start = entry.start();
            milliseconds(line.append(" · cold "), entry.initMicros());
            if (start.known()) {
                line.append(' ').append(start.inWords());
            }
        }
        milliseconds(line.append(" · ran "), entry.runMicros());
        if (queued || entry.cold()) {
            milliseconds(line.append(" · total "), entry.queueMicros() + entry.initMicros() + entry.runMicros());
        }
        milliseconds(line.append(" · CPU "), entry.cpuMicros());
        return switch (entry.outcome()) {
            case OK -> line.toString();
            case FAILED -> line.append(" · failed").toString();
            case TIMEOUT -> line.append(" · timed out").toString();
            case DISCONNECTED -> line.append(" · the caller went away").toString();
        };
    }

    static String refused(InvocationRequest request, int status, long waitedMicros, String why) {
        var line = subject(request, status).append(" · waited ");
        return milliseconds(line, waitedMicros).append(" · ").append(why).toString();
    }

    private static StringBuilder subject(InvocationRequest request, int status) {
        var line = new StringBuilder(96).append(request.method()).append(' ');
        var path = request.path();
        int length = Math.min(path.length(), LONGEST_PATH);
        for (int i = 0; i < length; i++) {
            char c = path.charAt(i);
            line.append(c < ' ' || c == 0x7F ? '?' : c);
        }
        if (length < path.length()) {
            line.append('…');
        }
        return status == 0 ? line.append(" no answer") : line.append(' ').append(status);
    }

    /** Below one of them with a decimal. By hand, because this is done for every request. */
    private static StringBuilder milliseconds(StringBuilder line, long micros) {
        if (micros < 1000 && micros > 0) {
            long tenths = (micros + 50) / 100;
            line.append(tenths / 10).append('.').append(tenths % 10);
        } else {
            line.append((micros + 500) / 1000);
        }
        return line.append(" ms");
    }
}
