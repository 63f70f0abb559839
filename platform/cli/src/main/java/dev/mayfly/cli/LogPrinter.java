package dev.mayfly.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/** One log line as people read it: time, function, request, text. */
final class LogPrinter {
    private static final int ERROR = 40;
    private static final int WARNING = 30;

    private static final Pattern CONTROL = Pattern.compile("(?!\\x1b\\[[0-9;]*m)[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]");
    private static final HexFormat HEX = HexFormat.of();

    private final Paint paint;
    private final DateTimeFormatter time =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

    LogPrinter(Paint paint) {
        this.paint = paint;
    }

    /**
     * Colours may pass. What else a terminal obeys (cursor, title, clipboard, carriage return) is shown as what it is: the text is often a
     * stranger's, such as the path of a request.
     */
    static String harmless(String text) {
        if (text.chars().noneMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\t')) {
            return text;
        }
        var shown = CONTROL.matcher(text)
                .replaceAll(control ->
                        "\\\\x" + HEX.toHexDigits((byte) control.group().charAt(0)));
        return shown.indexOf('\033') < 0 ? shown : shown + "\033[0m";
    }

    String line(JsonObject line) {
        var request = line.text("request");
        var head = time.format(Instant.ofEpochMilli(line.number("at")))
                + "  " + line.text("function")
                + (request.isEmpty() ? "" : "  " + request);
        long level = line.number("level");
        var text = harmless(line.text("text").stripTrailing());
        var shown = level >= ERROR ? paint.red(text) : level >= WARNING ? paint.yellow(text) : text;
        return paint.dim(head) + "  " + (line.text("stream").equalsIgnoreCase("platform") ? paint.dim(text) : shown);
    }
}
