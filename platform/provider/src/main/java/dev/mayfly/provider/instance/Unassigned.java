package dev.mayfly.provider.instance;

import dev.mayfly.model.LogLine;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an instance tells that is nobody's yet: it runs the platform's own code alone, so its words are for the platform's log. */
record Unassigned(String id) implements InstanceReports {
    private static final Logger LOG = LoggerFactory.getLogger(Unassigned.class);

    @Override
    public void started(long invocation) {
        LOG.warn("{}: says that it runs something, and has no function", id);
    }

    @Override
    public void ended(long invocation) {
        LOG.warn("{}: says that something ended, and has no function", id);
    }

    @Override
    public void log(long invocation, LogLine.Stream stream, int level, long at, String text) {
        LOG.warn("{}: {}", id, text);
    }

    @Override
    public void exited(ExitStatus status, long cpuMicros) {
        LOG.debug("{}: {}", id, status.inWords());
    }
}
