package dev.mayfly.server;

import dev.mayfly.gateway.observe.AccessLog;
import dev.mayfly.gateway.observe.SampleRate;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What is asked of the access log.
 *
 * @param to a file; {@code -}: standard output; empty: there is none
 */
record AccessLogWish(Optional<String> to, SampleRate sample) {
    private static final String FILE = "--access-log";
    private static final String SAMPLE = "--access-log-sample";

    /** @throws IllegalArgumentException naming the option and what it expects */
    static AccessLogWish of(RawOptions raw) {
        var to = raw.value(FILE);
        var sample = raw.value(SAMPLE);
        if (to.filter(String::isBlank).isPresent()) {
            throw new IllegalArgumentException(FILE + ": (expected: a file, or - for standard output)");
        }
        if (sample.isPresent() && to.isEmpty()) {
            throw new IllegalArgumentException(SAMPLE + " without " + FILE + " (expected: both of them)");
        }
        return new AccessLogWish(to, sample.map(AccessLogWish::rate).orElse(SampleRate.ALL));
    }

    private static SampleRate rate(String text) {
        try {
            return SampleRate.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(SAMPLE + ": " + e.getMessage(), e);
        }
    }

    /** Begins it. */
    Optional<AccessLog> open(Clock clock) {
        return to.map(place -> {
            try {
                return place.equals("-")
                        ? AccessLog.toStandardOutput(sample, AccessLogWish::random, clock)
                        : AccessLog.to(Path.of(place).toAbsolutePath(), sample, AccessLogWish::random, clock);
            } catch (IOException e) {
                throw new Problem(
                                ErrorCode.BAD_REQUEST,
                                FILE + ": " + place + " (expected: a file that can be written; " + e + ")",
                                "name a file in a folder that exists")
                        .asException();
            }
        });
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
