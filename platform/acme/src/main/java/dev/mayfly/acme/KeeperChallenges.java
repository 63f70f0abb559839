package dev.mayfly.acme;

import dev.mayfly.gateway.Challenges;
import java.util.function.Consumer;

/** What authorities find at the edge, made before the edge is, and told of whoever comes for a name without a certificate. */
public final class KeeperChallenges {
    private volatile Consumer<String> listener = name -> {};
    private final Challenges shown = new Challenges(name -> listener.accept(name));

    /** For the edge. */
    public Challenges shown() {
        return shown;
    }

    void tell(Consumer<String> told) {
        listener = told;
    }
}
