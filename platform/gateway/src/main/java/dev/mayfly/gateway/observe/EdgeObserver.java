package dev.mayfly.gateway.observe;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Is told of each request at its end, once, on the event loop that served it. Must not block. */
@FunctionalInterface
public interface EdgeObserver {
    /** Sees nothing. */
    EdgeObserver NONE = (status, details) -> {};

    /** @param details put together when they are asked for, which must be at once or never */
    void served(int status, Supplier<Served> details);

    /** Is told of each error that the edge answers, when it does. */
    default void answered(EdgeAnswer answer) {}

    /** Each of these is told. */
    static EdgeObserver all(List<EdgeObserver> observers) {
        return switch (observers.size()) {
            case 0 -> NONE;
            case 1 -> observers.getFirst();
            default -> new All(List.copyOf(observers));
        };
    }

    /** Several. */
    record All(List<EdgeObserver> observers) implements EdgeObserver {
        @Override
        public void served(int status, Supplier<Served> details) {
            var once = new Once(details);
            observers.forEach(each -> each.served(status, once));
        }

        @Override
        public void answered(EdgeAnswer answer) {
            observers.forEach(each -> each.answered(answer));
        }
    }

    /** What several ask for is put together once. */
    final class Once implements Supplier<Served> {
        private final Supplier<Served> details;
        private @Nullable Served made;

        private Once(Supplier<Served> details) {
            this.details = details;
        }

        @Override
        public Served get() {
            var served = made;
            if (served == null) {
                served = details.get();
                made = served;
            }
            return served;
        }
    }
}
