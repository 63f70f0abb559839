package dev.mayfly.engine;

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

/** Keeps nothing: where millions of requests are only watched. */
final class NoLedger implements UsageLedger {
    @Override
    public void append(UsageRecord entry) {}

    @Override
    public void append(UnmeteredUsage entry) {}

    @Override
    public void append(PlatformMemory entry) {}

    @Override
    public void flush() {}

    @Override
    public Optional<UsageRecord> find(InvocationId id) {
        return Optional.empty();
    }

    @Override
    public List<UsageRecord> records(Filter filter, int limit) {
        return List.of();
    }

    @Override
    public void coldStarts(Filter filter, int limit, Consumer<UsageRecord> each) {}

    @Override
    public List<PlatformSum> platform(@Nullable Instant since, @Nullable Instant until) {
        return List.of();
    }

    @Override
    public List<Sum> sums(Filter filter) {
        return List.of();
    }

    @Override
    public void purge(Instant before) {}
}
