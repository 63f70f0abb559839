package dev.mayfly.gateway.observe;

import dev.mayfly.model.InvocationId;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The last errors that the edge answered, so that whoever was given one can ask why. In memory, and never more than {@link #MOST}. The server owns
 * the one that there is: event loops fill it, the management API reads it.
 */
public final class RecentAnswers implements EdgeObserver {
    public static final int MOST = 1024;

    private final @Nullable EdgeAnswer[] answers = new EdgeAnswer[MOST]; // guarded by itself, like next
    private int next;

    @Override
    public void served(int status, Supplier<Served> details) {
        // errors are told apart
    }

    @Override
    public void answered(EdgeAnswer answer) {
        synchronized (answers) {
            answers[next] = answer;
            next = (next + 1) % MOST;
        }
    }

    /** The newest with that id. */
    public Optional<EdgeAnswer> of(InvocationId id) {
        synchronized (answers) {
            for (int i = 1; i <= MOST; i++) {
                var answer = answers[Math.floorMod(next - i, MOST)];
                if (answer != null && answer.id().equals(id)) {
                    return Optional.of(answer);
                }
            }
            return Optional.empty();
        }
    }
}
