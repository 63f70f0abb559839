package dev.mayfly.engine;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import dev.mayfly.provider.ExitStatus;
import java.math.BigDecimal;
import java.time.Duration;

/** What callers of one function are told when it does not go well. */
record Told(Target target) {
    Problem busy(int serving, int waiting) {
        return new Problem(
                ErrorCode.FUNCTION_THROTTLED,
                "Every instance of %s is busy (%d of at most %d), and %s already."
                        .formatted(
                                name(),
                                serving,
                                target.function().limits().maxInstances(),
                                waiting == 1 ? "1 request waits" : waiting + " requests wait"),
                "Try again, or raise maxInstances, concurrency or queue in mayfly.yaml.");
    }

    /** @param waiting requests of this function */
    Problem limited(LimitScope.Full full, int waiting) {
        return throttled(
                full,
                " " + (waiting == 1 ? "1 request waits" : waiting + " requests wait") + " for " + name() + " already.");
    }

    /** That long none became free for it. */
    Problem waitedForLimit(LimitScope.Full full) {
        return throttled(
                full,
                " None of " + name() + " could be added for "
                        + seconds(target.function().limits().queueTimeout().toMillis()) + " s.");
    }

    private Problem throttled(LimitScope.Full full, String more) {
        int most = full.most();
        var apart = full.reserved() == 0 ? "" : ", " + full.reserved() + " of them reserved for other functions";
        var project = target.deployment().project();
        return switch (full.scope()) {
            case FUNCTION ->
                throttled(
                        "%s runs no more requests at once than its reservedConcurrency allows: %d.%s"
                                .formatted(name(), most, more),
                        "raise reservedConcurrency in mayfly.yaml");
            case PROJECT ->
                throttled(
                        "Project %s runs no more requests at once than its maxConcurrency allows: %d%s.%s"
                                .formatted(project, most, apart, more),
                        "raise maxConcurrency in mayfly.yaml, or give this function a reservedConcurrency of its own");
            case TEAM ->
                throttled(
                        "The team of %s runs no more requests at once than this server allows: %d%s.%s"
                                .formatted(project, most, apart, more),
                        "start the server with a higher --team-concurrency");
            case SERVER ->
                throttled(
                        "This server runs no more requests at once than it may: %d%s.%s".formatted(most, apart, more),
                        "start it with a higher --max-concurrency");
        };
    }

    private static Problem throttled(String message, String fix) {
        return new Problem(ErrorCode.CONCURRENCY_LIMIT, message, "Try again, or " + fix + ".");
    }

    Problem switchedOff() {
        return new Problem(
                ErrorCode.CONCURRENCY_LIMIT,
                name() + " is switched off: its reservedConcurrency is 0.",
                "Raise or remove reservedConcurrency in mayfly.yaml, and deploy.");
    }

    Problem waitedTooLong() {
        return new Problem(
                ErrorCode.FUNCTION_THROTTLED,
                "No instance of " + name() + " became free within "
                        + seconds(target.function().limits().queueTimeout().toMillis()) + " s.",
                "Try again, or raise maxInstances, concurrency or queueTimeout in mayfly.yaml.");
    }

    /** @param bytes that one more instance is expected to use */
    Problem noMemory(long bytes) {
        return new Problem(
                ErrorCode.FUNCTION_THROTTLED,
                "No instance of %s could be started within %s s: the machine has too little memory left (%d MiB are expected to be needed)."
                        .formatted(
                                name(),
                                seconds(target.function()
                                        .limits()
                                        .queueTimeout()
                                        .toMillis()),
                                bytes >> 20),
                "Try again later, give the machine more memory, or lower memory or maxInstances of what runs on it in mayfly.yaml.");
    }

    Problem loops(int depth, int most) {
        return new Problem(
                ErrorCode.CALL_LOOP,
                "%s was called at the end of a chain of %d calls from function to function, and %d is the most."
                        .formatted(name(), depth, most),
                "Let the chain end earlier, or start the server with --call-depth " + depth + " or more.");
    }

    Problem timedOut() {
        return new Problem(
                ErrorCode.FUNCTION_TIMEOUT,
                name() + " did not answer within "
                        + seconds(target.function().limits().timeout().toMillis()) + " s.",
                "Raise timeout in mayfly.yaml, or do less per request.");
    }

    /**
     * It was under way when {@code closed} came about.
     *
     * @param grace that it had to finish
     */
    Problem cutOff(Problem closed, Duration grace) {
        return new Problem(
                closed.code(),
                closed.message() + " This request of " + name() + " did not finish within the "
                        + seconds(grace.toMillis()) + " s that it had left.",
                closed.fix());
    }

    /** @param byUs whether we ended it ourselves */
    Problem crashed(ExitStatus exit, boolean byUs) {
        if (exit.outOfMemory()) {
            return new Problem(
                    ErrorCode.FUNCTION_FAILED,
                    "The process of " + name() + " was ended while it served this request: "
                            + ExitStatus.outOfMemory(target.function().limits().memory()) + ".",
                    "R" + ExitStatus.MORE_MEMORY.substring(1) + ".");
        }
        var how = exit.perhapsOutOfMemory() && !byUs ? exit.inWords() + ", likely out of memory" : exit.inWords();
        return new Problem(
                ErrorCode.FUNCTION_FAILED,
                "The process of " + name() + " " + how + " while it served this request.",
                "The log of this request has its last output.");
    }

    /** @param first the request whose log has the details */
    Problem startFailed(Problem problem, InvocationId first) {
        var fix = problem.fix().isEmpty()
                ? "mayfly logs " + target.deployment().project() + " --request " + first
                : problem.fix();
        return new Problem(problem.code(), name() + " could not start: " + problem.message(), fix);
    }

    static Problem platformFailed() {
        return new Problem(ErrorCode.INTERNAL, "the platform failed; the server's own log says how");
    }

    Problem startTookTooLong(Duration deadline) {
        return new Problem(
                ErrorCode.FUNCTION_START_FAILED,
                "nothing was heard of it within " + seconds(deadline.toMillis()) + " s");
    }

    static String firstLine(String message) {
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    private static String seconds(long millis) {
        return BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
    }

    private String name() {
        return target.function().name().value();
    }
}
