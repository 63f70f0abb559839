package dev.mayfly.engine;

import dev.mayfly.model.InvocationId;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The last requests of a function that went wrong, {@value #MOST} of them. Any thread may add and any may read. */
public final class RecentErrors {
    static final int MOST = 16;

    private final AtomicReferenceArray<@Nullable Entry> entries = new AtomicReferenceArray<>(MOST);
    private final AtomicInteger next = new AtomicInteger();

    /**
     * One of them.
     *
     * @param at milliseconds since 1970
     * @param status that was answered; 0: none
     * @param text one line
     */
    public record Entry(InvocationId request, long at, int status, String text) {}

    void add(Entry entry) {
        entries.set(Math.floorMod(next.getAndIncrement(), MOST), entry);
    }

    /** Newest first. */
    List<Entry> list() {
        return IntStream.range(0, MOST)
                .mapToObj(entries::get)
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .sorted(Comparator.comparingLong(Entry::at)
                        .thenComparing(Entry::request)
                        .reversed())
                .toList();
    }
}
