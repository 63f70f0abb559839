package dev.mayfly.provider.linux;

import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What functions of a runtime are made of. Looking for a Python goes through folders and may run programs, so what was found is kept, until it is
 * looked for again or starts nothing. For many threads.
 */
final class Runtimes {
    /** @param program of this machine */
    private record Known(Generic generic, Path program) {}

    private final Function<String, Optional<Interpreter>> interpreters;
    private final Consumer<Path> used;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    /**
     * @param interpreters the Python for a runtime such as {@code python3.11}
     * @param used told of the program of each that was found
     */
    Runtimes(Function<String, Optional<Interpreter>> interpreters, Consumer<Path> used) {
        this.interpreters = interpreters;
        this.used = used;
    }

    /**
     * Empty where this machine has none.
     *
     * @throws IOException where it has one that a sandbox cannot be given
     */
    Optional<Generic> of(String runtime) throws IOException {
        var found = known.get(runtime);
        return found == null ? look(runtime) : Optional.of(found.generic());
    }

    /** The same, looked for now. */
    Optional<Generic> look(String runtime) throws IOException {
        if (runtime.equals(Generic.PROVIDED.runtime())) {
            return Optional.of(Generic.PROVIDED);
        }
        known.remove(runtime);
        var python = interpreters.apply(runtime);
        if (python.isEmpty()) {
            return Optional.empty();
        }
        var generic = new Generic(python.get().runtime(), Place.of(python.get()));
        known.put(runtime, new Known(generic, python.get().executable()));
        used.accept(python.get().executable());
        return Optional.of(generic);
    }

    /** One of this runtime did not start. Whether that may be because its Python is no longer there: then it is looked for again. */
    boolean forgetGone(String runtime) {
        var found = known.get(runtime);
        return found != null && !Files.isExecutable(found.program()) && known.remove(runtime, found);
    }
}
