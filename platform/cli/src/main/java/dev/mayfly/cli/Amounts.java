package dev.mayfly.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them. */
final class Amounts {
    private Amounts() {}

    /** {@code 41 ms}, {@code 0.4 ms}, {@code 3.2 s}, {@code 5 min}. */
    static String micros(long micros) {
        if (micros < 1000) {
            return micros == 0 ? "0 ms" : String.format(Locale.ROOT, "%.1f ms", Math.max(0.1, micros / 1000.0));
        }
        return millis(Math.round(micros / 1000.0));
    }

    /** The same with a digit after the point below 10 ms, for what is compared: {@code 2.4 ms}. */
    static String fine(long micros) {
        return micros >= 1000 && micros < 10_000
                ? String.format(Locale.ROOT, "%.1f ms", micros / 1000.0)
                : micros(micros);
    }

    static String millis(long millis) {
        if (millis < 1000) {
            return millis + " ms";
        }
        double seconds = millis / 1000.0;
        if (seconds < 120) {
            return (seconds < 10 && millis % 1000 != 0
                    ? String.format(Locale.ROOT, "%.1f s", seconds)
                    : Math.round(seconds) + " s");
        }
        return seconds < 7200 ? Math.round(seconds / 60) + " min" : Math.round(seconds / 3600) + " h";
    }

    /** Dollars with eight digits after the point, and as many more as the first one that is not zero needs. */
    static String dollars(BigDecimal price) {
        if (price.signum() == 0) {
            return "$0";
        }
        var eight = price.setScale(8, RoundingMode.HALF_UP);
        if (eight.signum() != 0) {
            return "$" + eight.toPlainString();
        }
        int scale = price.scale() - price.precision() + 1;
        return "$" + price.setScale(scale, RoundingMode.HALF_UP).toPlainString();
    }

    /** {@code 12 s}, {@code 4 min}, {@code 3 h} or {@code 9 d}. */
    static String age(long from, long now) {
        var age = Duration.ofMillis(Math.max(0, now - from));
        if (age.toMinutes() < 2) {
            return age.toSeconds() + " s";
        }
        if (age.toHours() < 2) {
            return age.toMinutes() + " min";
        }
        return age.toDays() < 2 ? age.toHours() + " h" : age.toDays() + " d";
    }

    static String count(long number, String one) {
        return number + " " + one + (number == 1 ? "" : "s");
    }
}
