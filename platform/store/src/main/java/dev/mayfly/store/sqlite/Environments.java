package dev.mayfly.store.sqlite;

import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Snapshot;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Decrypted variables of projects, kept in memory until the project changes: whoever starts an instance waits for no disk. For many threads. */
final class Environments {
    /** @param of the project as it was when they were read: any change of it puts another object in its place */
    private record Kept(Snapshot.Project of, Map<String, String> variables) {}

    private final Map<ProjectName, Kept> kept = new ConcurrentHashMap<>();
    private final Function<ProjectName, Map<String, String>> read;

    /** @param read from the store, as last committed */
    Environments(Function<ProjectName, Map<String, String>> read) {
        this.read = read;
    }

    /** @param now the project, looked up before this is called: what changes meanwhile makes what is kept stale, never the other way round */
    @SuppressWarnings("ReferenceEquality") // an equal one may have other values
    Map<String, String> of(ProjectName project, Optional<Snapshot.Project> now) {
        if (now.isEmpty()) {
            return read.apply(project);
        }
        var known = kept.get(project);
        if (known == null || known.of() != now.get()) {
            known = new Kept(now.get(), Collections.unmodifiableMap(read.apply(project)));
            kept.put(project, known);
        }
        return known.variables();
    }

    void forget(ProjectName project) {
        kept.remove(project);
    }
}
