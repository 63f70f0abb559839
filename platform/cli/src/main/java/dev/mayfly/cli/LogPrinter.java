package dev.mayfly.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** One log line as people read it: time, function, request, text. */
final class LogPrinter {
    private static final int ERROR = 40;
    private static final int WARNING = 30;

    private final Paint paint;
    private final DateTimeFormatter time =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

    LogPrinter(Paint paint) {
        this.paint = paint;
    }

    String line(JsonObject line) {
        var request = line.text("request");
        var head = time.format(Instant.ofEpochMilli(line.number("at")))
                + "  " + line.text("function")
                + (request.isEmpty() ? "" : "  " + request);
        long level = line.number("level");
        var text = line.text("text").stripTrailing();
        var shown = level >= ERROR ? paint.red(text) : level >= WARNING ? paint.yellow(text) : text;
        return paint.dim(head) + "  " + (line.text("stream").equalsIgnoreCase("platform") ? paint.dim(text) : shown);
    }
}
