package dev.mayfly.provider.instance;

import dev.mayfly.model.LogLine;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a process tells that has loaded a project's packages and serves no function. Their words are nobody's: neither a function's log nor the
 * platform's, which has the beginning of them only where it is asked for everything. Not safe for several threads.
 */
final class Overheard implements InstanceReports {
    static final int MOST_LINES = 10;
    static final int LONGEST_LINE = 200;
    private static final int ERROR = 40;

    private static final Logger LOG = LoggerFactory.getLogger(Overheard.class);

    private final String id;
    private int lines;

    Overheard(String id) {
        this.id = id;
    }

    @Override
    public void started(long invocation) {
        LOG.debug("{}: says that it runs something, and has no function", id);
    }

    @Override
    public void ended(long invocation) {
        LOG.debug("{}: says that something ended, and has no function", id);
    }

    @Override
    public void log(long invocation, LogLine.Stream stream, int level, long at, String text) {
        if (stream == LogLine.Stream.PLATFORM && level >= ERROR) {
            LOG.warn("{}: {}", id, text); // said of it, not by it
        } else {
            heard(text).ifPresent(line -> LOG.debug("{}: {}", id, line));
        }
    }

    /** As much of it as is worth a line of the platform's; empty when there were enough. */
    Optional<String> heard(String text) {
        if (lines >= MOST_LINES) {
            return Optional.empty();
        }
        lines++;
        var line = text.length() <= LONGEST_LINE ? text : text.substring(0, LONGEST_LINE) + "…";
        return Optional.of(line.replaceAll("\\p{C}", "?"));
    }

    @Override
    public void exited(ExitStatus status, long cpuMicros) {
        LOG.debug("{}: {}", id, status.inWords());
    }
}
