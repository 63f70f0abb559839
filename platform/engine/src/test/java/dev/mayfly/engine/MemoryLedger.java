package dev.mayfly.engine;

import dev.mayfly.model.InvocationId;
import dev.mayfly.model.PlatformMemory;
import dev.mayfly.model.UnmeteredUsage;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.UsageLedger;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Keeps what is appended. */
final class MemoryLedger implements UsageLedger {
    final List<UsageRecord> records = new CopyOnWriteArrayList<>();
    final List<UnmeteredUsage> unmetered = new CopyOnWriteArrayList<>();
    final List<PlatformMemory> platform = new CopyOnWriteArrayList<>();

    @Override
    public void append(UsageRecord entry) {
        records.add(entry);
    }

    @Override
    public void append(UnmeteredUsage entry) {
        unmetered.add(entry);
    }

    @Override
    public void append(PlatformMemory entry) {
        platform.add(entry);
    }

    @Override
    public void flush() {}

    @Override
    public Optional<UsageRecord> find(InvocationId id) {
        return records.stream().filter(each -> each.id().equals(id)).findFirst();
    }

    UsageRecord of(InvocationId id) {
        return find(id).orElseThrow(() -> new AssertionError("no record of " + id + " in " + records));
    }

    @Override
    public List<UsageRecord> records(Filter filter, int limit) {
        return List.copyOf(records);
    }

    @Override
    public void coldStarts(Filter filter, int limit, Consumer<UsageRecord> each) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public List<PlatformSum> platform(@Nullable Instant since, @Nullable Instant until) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public List<Sum> sums(Filter filter) {
        throw new UnsupportedOperationException("not asked for here");
    }

    @Override
    public void purge(Instant before) {
        throw new UnsupportedOperationException("not asked for here");
    }
}
