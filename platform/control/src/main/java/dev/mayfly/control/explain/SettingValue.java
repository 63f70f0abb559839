package dev.mayfly.control.explain;

import dev.mayfly.build.config.Setting;
import dev.mayfly.model.DataSize;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.Function;
import dev.mayfly.model.Limits;
import java.time.Duration;

/** What a setting of a function is, as it would be written. */
final class SettingValue {
    private SettingValue() {}

    static String of(Setting setting, Function function) {
        var limits = function.limits();
        return switch (setting) {
            case MEMORY -> size(limits.memory());
            case CPU -> number(limits.cpu());
            case CONCURRENCY ->
                limits.concurrency() != null
                        ? limits.concurrency().toString()
                        : limits.concurrencyFor(function.entrypoint().kind().assumedMode())
                                + (function.entrypoint().kind() == Entrypoint.Kind.APP ? " (WSGI; ASGI 50)" : "");
            case MIN_INSTANCES -> String.valueOf(limits.minInstances());
            case MAX_INSTANCES -> String.valueOf(limits.maxInstances());
            case RESERVED_CONCURRENCY ->
                limits.reservedConcurrency() == null
                        ? "none"
                        : limits.reservedConcurrency().toString();
            case TIMEOUT -> duration(limits.timeout());
            case IDLE_TIMEOUT -> duration(limits.idleTimeout());
            case QUEUE -> String.valueOf(limits.queue());
            case QUEUE_TIMEOUT -> duration(limits.queueTimeout());
            case REQUEST_BODY -> size(limits.requestBody());
            case REQUEST_HEADERS -> size(limits.requestHeaders());
            case PIDS -> String.valueOf(limits.pids());
            case TMP -> size(limits.tmp());
            case INODES -> String.valueOf(limits.inodes());
            case LOG_RATE -> size(limits.logRate());
            case EGRESS ->
                limits.egress() == null ? "what --egress says" : limits.egress().toString();
            case ISOLATION -> limits.isolation().toString();
            case ZYGOTES -> limits.zygotes() ? "on" : "off";
            case COMMAND -> {
                var command = function.entrypoint().commandLine();
                yield command.isEmpty()
                        ? "none: a worker of the language loads "
                                + function.entrypoint().file()
                        : command;
            }
            case PROTOCOL -> function.protocol().toString();
        };
    }

    /** Whether it is what holds where nothing is set. */
    static boolean isDefault(Setting setting, Function function) {
        if (setting == Setting.COMMAND) {
            return function.entrypoint().kind() != Entrypoint.Kind.COMMAND;
        }
        var plain = new Function(
                function.name(),
                function.runtime(),
                function.entrypoint(),
                Limits.DEFAULTS,
                function.code(),
                function.dependencies());
        return of(setting, function).equals(of(setting, plain));
    }

    /** {@code 512MiB}. */
    static String size(long bytes) {
        return new DataSize(bytes).toString().replace(" ", "");
    }

    /** {@code 300s}, {@code 500ms}. */
    static String duration(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
    }
}
