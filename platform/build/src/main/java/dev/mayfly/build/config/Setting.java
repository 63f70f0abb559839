package dev.mayfly.build.config;

import dev.mayfly.model.DataSize;
import dev.mayfly.model.DurationText;
import dev.mayfly.model.Egress;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Limits;
import dev.mayfly.model.Protocol;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The settings of a function: the one table behind the parser, the schema and docs/configuration.md. */
public enum Setting {
    MEMORY("memory", Kind.SIZE, "512MiB", "memory per instance"),
    CPU("cpu", Kind.NUMBER, "1", "processors per instance"),
    CONCURRENCY(
            "concurrency",
            Kind.COUNT,
            "handler class and script 1, WSGI 8, ASGI 50, provided 80",
            "requests at a time that one instance takes"),
    MIN_INSTANCES("minInstances", Kind.COUNT, "0", "instances kept where an alias leads, called or not"),
    MAX_INSTANCES("maxInstances", Kind.COUNT, "20", "instances at most"),
    RESERVED_CONCURRENCY(
            "reservedConcurrency",
            Kind.COUNT,
            "none",
            "requests that run at once on all its instances: so many whatever other functions do, and never more; 0: none"),
    TIMEOUT("timeout", Kind.DURATION, "300s", "from dispatch to the end of the response"),
    IDLE_TIMEOUT("idleTimeout", Kind.DURATION, "60s", "an instance without requests is ended after this"),
    QUEUE("queue", Kind.COUNT, "1000", "requests that may wait for an instance"),
    QUEUE_TIMEOUT("queueTimeout", Kind.DURATION, "30s", "how long one may wait"),
    REQUEST_BODY("requestBody", Kind.SIZE, "100MiB", "size of a request body at most"),
    REQUEST_HEADERS("requestHeaders", Kind.SIZE, "64KiB", "size of a request head at most"),
    PIDS("pids", Kind.COUNT, "256", "processes and threads per instance"),
    TMP("tmp", Kind.SIZE, "512MiB", "what an instance may keep below /tmp; it counts as memory"),
    INODES("inodes", Kind.COUNT, "65536", "files and folders an instance may keep below /tmp"),
    LOG_RATE("logRate", Kind.SIZE, "1MiB", "log per second and instance; more is dropped and counted"),
    EGRESS(
            "egress",
            Kind.EGRESS,
            "internet",
            "where it may connect to: none, internet, all, or a list such as [10.0.0.5/32]; with internet in the list, there too"),
    ISOLATION(
            "isolation",
            Kind.ISOLATION,
            "default",
            "the least that must surround an instance: none, linux or pod; by default the strongest that is proven where it runs"),
    ZYGOTES(
            "zygotes",
            Kind.SWITCH,
            "on",
            "whether its instances may be copied from a process that waits for that: on or off; with off each starts as a process of its own"),
    COMMAND(
            "command",
            Kind.COMMAND,
            "found out",
            "a program that listens on $PORT and serves the whole project: one text for a shell, or a list of words"),
    PROTOCOL(
            "protocol",
            Kind.PROTOCOL,
            "http1",
            "what such a program speaks: http1, or h2c for HTTP/2 without TLS, as servers of gRPC do");

    private final String key;
    private final Kind kind;
    private final String defaultText;
    private final String meaning;

    Setting(String key, Kind kind, String defaultText, String meaning) {
        this.key = key;
        this.kind = kind;
        this.defaultText = defaultText;
        this.meaning = meaning;
    }

    /** As it is written in a file. */
    public String key() {
        return key;
    }

    public Kind kind() {
        return kind;
    }

    /** What holds where nothing is set, as it would be written. */
    public String defaultText() {
        return defaultText;
    }

    /** For people. */
    public String meaning() {
        return meaning;
    }

    static @Nullable Setting of(String key) {
        for (Setting setting : values()) {
            if (setting.key.equals(key)) {
                return setting;
            }
        }
        return null;
    }

    /**
     * The value that a text stands for.
     *
     * @throws IllegalArgumentException saying what was expected
     */
    Object parse(String text) {
        try {
            var value = kind.parse(text.strip());
            limits(Map.of(this, value));
            return value;
        } catch (ArithmeticException | IllegalArgumentException e) {
            var message = String.valueOf(e.getMessage());
            throw new IllegalArgumentException(
                    message.startsWith(key + ":")
                            ? message
                            : key + ": " + text + " (expected: " + kind.expected() + ")",
                    e);
        }
    }

    /** The limits that values of {@link #parse} make, with the defaults for the others. */
    static Limits limits(Map<Setting, Object> values) {
        var all = new EnumMap<Setting, Object>(Setting.class);
        all.putAll(values);
        var defaults = Limits.DEFAULTS;
        return new Limits(
                pick(all, MEMORY, defaults.memory()),
                pick(all, CPU, defaults.cpu()),
                all.containsKey(CONCURRENCY) ? (Integer) all.get(CONCURRENCY) : defaults.concurrency(),
                pick(all, MIN_INSTANCES, defaults.minInstances()),
                pick(all, MAX_INSTANCES, defaults.maxInstances()),
                pick(all, TIMEOUT, defaults.timeout()),
                pick(all, IDLE_TIMEOUT, defaults.idleTimeout()),
                pick(all, QUEUE, defaults.queue()),
                pick(all, QUEUE_TIMEOUT, defaults.queueTimeout()),
                pick(all, REQUEST_BODY, defaults.requestBody()),
                Math.toIntExact(pick(all, REQUEST_HEADERS, (long) defaults.requestHeaders())),
                pick(all, PIDS, defaults.pids()),
                pick(all, TMP, defaults.tmp()),
                pick(all, INODES, defaults.inodes()),
                pick(all, LOG_RATE, defaults.logRate()),
                all.containsKey(EGRESS) ? (Egress) all.get(EGRESS) : defaults.egress(),
                pick(all, ISOLATION, defaults.isolation()),
                pick(all, ZYGOTES, defaults.zygotes()),
                (Integer) all.get(RESERVED_CONCURRENCY));
    }

    @SuppressWarnings("unchecked") // what a kind parses and what the limits hold is one type per setting
    private static <T> T pick(Map<Setting, Object> values, Setting setting, T otherwise) {
        return (T) Objects.requireNonNull(values.getOrDefault(setting, otherwise));
    }

    /** How values are written. */
    public enum Kind {
        SIZE("a size such as 256MiB"),
        DURATION("a duration such as 200ms, 2s or 5m"),
        COUNT("a whole number"),
        NUMBER("a number"),
        EGRESS("none, internet, all, or addresses such as [10.0.0.5/32]"),
        ISOLATION("default, none, linux or pod"),
        SWITCH("on or off"),
        PROTOCOL("http1 or h2c"),
        COMMAND("a command such as ./server, or a list such as [node, server.js]");

        private final String expected;

        Kind(String expected) {
            this.expected = expected;
        }

        public String expected() {
            return expected;
        }

        private Object parse(String text) {
            return switch (this) {
                case SIZE -> DataSize.parse(text).bytes();
                case DURATION -> duration(text);
                case COUNT -> Integer.valueOf(text);
                case NUMBER -> Double.valueOf(text);
                case EGRESS -> Egress.parse(text);
                case ISOLATION -> Isolation.parse(text);
                case SWITCH -> on(text);
                case PROTOCOL -> Protocol.parse(text);
                case COMMAND -> command(text);
            };
        }

        private static boolean on(String text) {
            return switch (text) {
                case "on" -> true;
                case "off" -> false;
                default -> throw new IllegalArgumentException("a switch is on or off");
            };
        }

        private static List<String> command(String text) {
            if (text.isEmpty()) {
                throw new IllegalArgumentException("no program");
            }
            return List.of("/bin/sh", "-c", text);
        }

        private static Duration duration(String text) {
            var duration = DurationText.parse(text);
            // Milliseconds are what the platform counts in.
            return Duration.ofMillis(duration.toMillis());
        }
    }
}
