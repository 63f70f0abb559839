package dev.mayfly.control.metrics;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.PlatformMemory;
import dev.mayfly.model.UnmeteredUsage;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.UsageLedger;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A ledger that hands on each record of an invocation as well. What takes it must not block. */
public record WatchedUsage(UsageLedger ledger, Consumer<UsageRecord> watcher) implements UsageLedger {
    @Override
    public void append(UsageRecord entry) {
        watcher.accept(entry);
        ledger.append(entry);
    }

    // --- all else as it is

    @Override
    public void append(UnmeteredUsage entry) {
        ledger.append(entry);
    }

    @Override
    public void append(PlatformMemory entry) {
        ledger.append(entry);
    }

    @Override
    public void flush() {
        ledger.flush();
    }

    @Override
    public Optional<UsageRecord> find(InvocationId id) {
        return ledger.find(id);
    }

    @Override
    public List<UsageRecord> records(Filter filter, int limit) {
        return ledger.records(filter, limit);
    }

    @Override
    public void coldStarts(Filter filter, int limit, Consumer<UsageRecord> each) {
        ledger.coldStarts(filter, limit, each);
    }

    @Override
    public List<Sum> sums(Filter filter) {
        return ledger.sums(filter);
    }

    @Override
    public List<PlatformSum> platform(@Nullable Instant since, @Nullable Instant until) {
        return ledger.platform(since, until);
    }

    @Override
    public void purge(Instant before) {
        ledger.purge(before);
    }
}
