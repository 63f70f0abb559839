package dev.mayfly.build;

import dev.mayfly.model.Deployment;
import java.util.function.Consumer;

/** From uploaded source to a deployment. */
public interface Builder {
    /**
     * Builds, blocking, and leaves nothing behind when it fails or is interrupted. All layers of the result are stored when it returns.
     *
     * @param log lines for the person who waits, as they happen
     * @throws dev.mayfly.model.ProblemException build_failed with the user's mistake and its fix, among others
     */
    Deployment build(Source source, Consumer<BuildEvent> log) throws InterruptedException;
}
