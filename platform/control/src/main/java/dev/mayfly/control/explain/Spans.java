package dev.mayfly.control.explain;

import java.util.Locale;

/** Times as people read them. */
final class Spans {
    private Spans() {}

    /** {@code 0.4 ms}, {@code 41 ms}, {@code 3.2 s}. */
    static String micros(long micros) {
        if (micros >= 1_000_000) {
            return String.format(Locale.ROOT, "%.1f s", micros / 1e6);
        }
        return micros >= 10_000 || micros == 0
                ? Math.round(micros / 1e3) + " ms"
                : String.format(Locale.ROOT, "%.1f ms", Math.max(0.1, micros / 1e3));
    }

    /** {@code 1 request}, {@code 3 requests}. */
    static String count(long number, String one) {
        return number + " " + one + (number == 1 ? "" : "s");
    }
}
