package dev.mayfly.store;

import static dev.mayfly.store.Samples.HELLO;
import static dev.mayfly.store.Samples.NOON;
import static dev.mayfly.store.Samples.ONE_INSTANCE;
import static dev.mayfly.store.Samples.OTHER;
import static dev.mayfly.store.Samples.deploymentId;
import static dev.mayfly.store.Samples.printed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.LogLine;
import dev.mayfly.store.Logs.Filter;
import dev.mayfly.store.Logs.Page;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What all logs do. */
public abstract class LogsContract {
    private static final Filter HELLO_ONLY = new Filter(HELLO, null, null, null, null);

    private Logs logs;

    /** Empty logs; the test does not close them. */
    protected abstract Logs open() throws Exception;

    /** The same logs, closed and opened again. */
    protected abstract Logs reopen() throws Exception;

    @BeforeEach
    void openLogs() throws Exception {
        logs = open();
    }

    @Test
    void aLineComesBackWhole() throws Exception {
        var full = new LogLine(
                NOON,
                HELLO,
                deploymentId(1),
                new FunctionName("api/hello"),
                ONE_INSTANCE,
                null,
                LogLine.Stream.PLATFORM,
                40,
                "Traceback\n  \"quoted\" ✓ \u0000 end");
        logs.append(full);
        logs.append(printed(HELLO, 1, ""));

        logs = reopen();

        assertThat(read(HELLO_ONLY)).containsExactly(full, printed(HELLO, 1, ""));
    }

    @Test
    void linesAreReadOldestFirstFromACursorOn() {
        append(10);

        var first = logs.read(HELLO_ONLY, 0, 4, false);
        var second = logs.read(HELLO_ONLY, first.cursor(), 4, false);
        var third = logs.read(HELLO_ONLY, second.cursor(), 4, false);
        var none = logs.read(HELLO_ONLY, third.cursor(), 4, false);

        assertThat(texts(first)).containsExactly("0", "1", "2", "3");
        assertThat(texts(second)).containsExactly("4", "5", "6", "7");
        assertThat(texts(third)).containsExactly("8", "9");
        assertThat(none.lines()).isEmpty();
        assertThat(none.cursor()).isEqualTo(third.cursor());
    }

    @Test
    void eachLineHasTheCursorToReadOnFrom() {
        append(3);
        var page = logs.read(HELLO_ONLY, 0, 10, false);

        assertThat(texts(logs.read(HELLO_ONLY, page.lines().getFirst().cursor(), 10, false)))
                .containsExactly("1", "2");
    }

    @Test
    void aTailIsTheNewestLinesAndWhatFollowsThem() {
        append(10);

        var tail = logs.read(HELLO_ONLY, 0, 3, true);
        logs.append(printed(HELLO, 10, "10"));
        logs.flush();

        assertThat(texts(tail)).containsExactly("7", "8", "9");
        assertThat(texts(logs.read(HELLO_ONLY, tail.cursor(), 3, true))).containsExactly("10");
    }

    @Test
    void aTailOfNothingStillFollows() {
        logs.append(printed(OTHER, 0, "theirs"));
        logs.flush();
        var tail = logs.read(HELLO_ONLY, 0, 3, true);
        assertThat(tail.lines()).isEmpty();

        logs.append(printed(HELLO, 1, "ours"));
        logs.flush();

        assertThat(texts(logs.read(HELLO_ONLY, tail.cursor(), 3, true))).containsExactly("ours");
    }

    @Test
    void linesAreFiltered() {
        append(5);
        logs.append(printed(OTHER, 9, "theirs"));
        logs.flush();

        var invocation = InvocationId.of(NOON, 3);
        assertThat(read(new Filter(HELLO, null, null, invocation, null)))
                .extracting(LogLine::text)
                .containsExactly("2");
        assertThat(read(new Filter(HELLO, null, null, null, Instant.ofEpochMilli(NOON + 3))))
                .extracting(LogLine::text)
                .containsExactly("3", "4");
        assertThat(read(new Filter(HELLO, deploymentId(1), null, null, null))).isEmpty();
        assertThat(read(new Filter(HELLO, deploymentId(0), Samples.FUNCTION, null, null)))
                .hasSize(5);
        assertThat(read(new Filter(HELLO, null, new FunctionName("app"), null, null)))
                .isEmpty();
    }

    @Test
    void aRemovedProjectHasNoLinesAndOthersKeepTheirs() {
        append(5);
        logs.append(printed(OTHER, 0, "theirs"));

        logs.removeProject(HELLO);

        assertThat(read(HELLO_ONLY)).isEmpty();
        assertThat(read(new Filter(OTHER, null, null, null, null))).hasSize(1);
    }

    @Test
    void whatIsOlderThanTheRetentionIsForgottenAndCursorsGoOn() {
        append(12_000);
        long cursor = logs.read(HELLO_ONLY, 0, 1, true).cursor();

        logs.purge(Instant.ofEpochMilli(NOON + 11_999));
        logs.append(printed(HELLO, 12_000, "new"));
        logs.flush();

        assertThat(read(HELLO_ONLY)).extracting(LogLine::text).containsExactly("11999", "new");
        assertThat(texts(logs.read(HELLO_ONLY, cursor, 10, false))).containsExactly("new");
    }

    @Test
    void cursorsAreNotUsedAgainAfterEverythingIsForgottenAndReopened() throws Exception {
        append(5);
        long cursor = logs.read(HELLO_ONLY, 0, 1, true).cursor();
        logs.purge(Instant.ofEpochMilli(NOON + 1_000));

        logs = reopen();
        logs.append(printed(HELLO, 0, "new"));
        logs.flush();

        assertThat(texts(logs.read(HELLO_ONLY, cursor, 10, false))).containsExactly("new");
    }

    @Test
    void aFloodOfManyThreadsIsWrittenOrCounted() {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int thread = 0; thread < 20; thread++) {
                threads.execute(() -> {
                    for (int n = 0; n < 2_000; n++) {
                        logs.append(printed(HELLO, n, "x".repeat(2_000)));
                    }
                });
            }
        }
        logs.flush();

        long found = 0;
        var page = logs.read(HELLO_ONLY, 0, 5_000, false);
        for (; !page.lines().isEmpty(); page = logs.read(HELLO_ONLY, page.cursor(), 5_000, false)) {
            found += page.lines().size();
        }
        assertThat(found + logs.dropped()).isEqualTo(40_000);
        assertThat(found).isPositive();
    }

    private void append(int lines) {
        for (int n = 0; n < lines; n++) {
            logs.append(printed(HELLO, n, Integer.toString(n)));
        }
        logs.flush();
    }

    private List<LogLine> read(Filter filter) {
        var lines = new ArrayList<LogLine>();
        logs.read(filter, 0, 1_000, false).lines().forEach(entry -> lines.add(entry.line()));
        return lines;
    }

    private static List<String> texts(Page page) {
        return page.lines().stream().map(entry -> entry.line().text()).toList();
    }
}
