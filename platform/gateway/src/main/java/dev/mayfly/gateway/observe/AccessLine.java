package dev.mayfly.gateway.observe;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Lines of the access log: one JSON object each, in ASCII, so that nothing a client sends can end one, begin one, or move a terminal's cursor. */
final class AccessLine {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final StringBuilder line = new StringBuilder(512);

    private AccessLine(long atMillis) {
        line.append("{\"time\":\"");
        TIME.formatTo(Instant.ofEpochMilli(atMillis), line);
        line.append('"');
    }

    static byte[] of(Served served) {
        var line = new AccessLine(served.atMillis());
        line.text("kind", served.kind().label());
        line.text("client", served.client());
        line.text("method", served.method());
        line.text("host", served.host());
        line.text("path", served.path());
        line.text("protocol", served.protocol().label());
        line.number("status", served.status());
        line.number("bytes_in", served.bytesIn());
        line.number("bytes_out", served.bytesOut());
        line.millis("duration_ms", served.nanos());
        line.text("project", served.project());
        line.text("deployment", served.deployment());
        line.text("function", served.function());
        line.text("id", served.id());
        line.text("agent", served.agent());
        line.text("referer", served.referer());
        line.text("trace", served.trace() == null ? null : served.trace().id());
        line.text("error", served.error() == null ? null : served.error().code());
        line.text("end", served.ending().label());
        return line.bytes();
    }

    /** Instead of {@code count} lines that there was no room for. */
    static byte[] dropped(long atMillis, long count) {
        var line = new AccessLine(atMillis);
        line.number("dropped", count);
        return line.bytes();
    }

    private void text(String name, @Nullable Object value) {
        if (value == null) {
            return;
        }
        name(name);
        line.append('"');
        var text = value.toString();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                line.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                line.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    line.append(Character.forDigit((c >> shift) & 0xF, 16));
                }
            } else {
                line.append(c);
            }
        }
        line.append('"');
    }

    private void number(String name, long value) {
        name(name);
        line.append(value);
    }

    /** With three decimals: to the microsecond. */
    private void millis(String name, long nanos) {
        name(name);
        long micros = nanos / 1000;
        line.append(micros / 1000).append('.');
        long rest = micros % 1000;
        line.append(rest / 100).append(rest / 10 % 10).append(rest % 10);
    }

    private void name(String name) {
        line.append(",\"").append(name).append("\":");
    }

    private byte[] bytes() {
        return line.append("}\n").toString().getBytes(StandardCharsets.US_ASCII);
    }
}
