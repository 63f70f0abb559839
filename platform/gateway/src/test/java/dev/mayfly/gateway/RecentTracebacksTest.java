package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine.Stream;
import org.junit.jupiter.api.Test;

/** What is kept of the log for error pages, and how little. */
class RecentTracebacksTest {
    private static final InvocationId ID = new InvocationId(7);

    private final RecentTracebacks tracebacks = new RecentTracebacks();
    private final SpokenLogs logs = new SpokenLogs(tracebacks);

    @Test
    void errorOutputIsKeptInItsOrderByInvocation() {
        logs.says(ID, Stream.STDERR, 0, "warning: old");
        logs.says(new InvocationId(8), Stream.STDERR, 0, "another's");
        logs.says(ID, Stream.LOGGING, 40, "Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: x");

        assertThat(tracebacks.of(ID))
                .isEqualTo("warning: old\nTraceback (most recent call last):\n  File \"a.py\", line 1\nValueError: x");
        assertThat(tracebacks.of(new InvocationId(8))).isEqualTo("another's");
        assertThat(tracebacks.of(new InvocationId(9))).isEmpty();
    }

    @Test
    void otherOutputIsNotKeptNorWhatIsNobodys() {
        logs.says(ID, Stream.STDOUT, 0, "hello");
        logs.says(ID, Stream.LOGGING, 30, "careful");
        logs.says(ID, Stream.PLATFORM, 40, "GET / 500");
        logs.says(null, Stream.STDERR, 0, "whose is this");

        assertThat(tracebacks.of(ID)).isEmpty();
    }

    @Test
    void allOfItGoesIntoTheLogToo() {
        logs.says(ID, Stream.STDOUT, 0, "hello");
        logs.says(ID, Stream.STDERR, 0, "oh");

        assertThat(logs.texts()).containsExactly("hello", "oh");
    }

    @Test
    void onlyTheInvocationsThatWroteLastAreKept() {
        for (int i = 1; i <= RecentTracebacks.MOST; i++) {
            logs.says(new InvocationId(i), Stream.STDERR, 0, "e" + i);
        }
        logs.says(new InvocationId(1), Stream.STDERR, 0, "more");

        logs.says(new InvocationId(1000), Stream.STDERR, 0, "new");

        assertThat(tracebacks.of(new InvocationId(1))).isEqualTo("e1\nmore");
        assertThat(tracebacks.of(new InvocationId(2))).isEmpty();
        assertThat(tracebacks.of(new InvocationId(3))).isEqualTo("e3");
        assertThat(tracebacks.of(new InvocationId(1000))).isEqualTo("new");
    }

    @Test
    void ofTenMebibytesInOneLineTheEndIsKept() {
        logs.says(ID, Stream.LOGGING, 40, "x".repeat(10 << 20) + "the end");

        assertThat(tracebacks.of(ID))
                .startsWith("…\nxxx")
                .endsWith("xthe end")
                .hasSizeLessThanOrEqualTo(RecentTracebacks.LONGEST + 2);
    }

    @Test
    void ofTenMebibytesInManyLinesTheLastWholeOnesAreKept() {
        for (int i = 0; i < 10_000; i++) {
            logs.says(ID, Stream.STDERR, 0, i + " " + "y".repeat(1024));
        }

        assertThat(tracebacks.of(ID))
                .matches("(?s)…\n99\\d\\d y+\n.*\n9999 y+")
                .hasSizeLessThanOrEqualTo(RecentTracebacks.LONGEST + 2);
    }

    @Test
    void whatFitsIsWhole() {
        var text = "z".repeat(RecentTracebacks.LONGEST - 1);

        logs.says(ID, Stream.STDERR, 0, text);

        assertThat(tracebacks.of(ID)).isEqualTo(text);
    }
}
