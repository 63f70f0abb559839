package dev.mayfly.provider.linux;

import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A Python as a sandbox sees it: where it is, or, outside {@code /usr}, its whole prefix mounted at {@code /opt/runtime}.
 *
 * @param executable inside
 * @param prefix to be mounted; empty: none
 */
record Place(String executable, Optional<Path> prefix) {
    static final String RUNTIME = "/opt/runtime";

    private static final String PATH = "/usr/local/bin:/usr/bin:/bin";
    private static final Path SYSTEM = Path.of("/usr");

    /** No language at all: what the system has. */
    static final Place SYSTEM_ONLY = new Place("", Optional.empty());

    /** @throws IOException when it is not laid out as Pythons are */
    static Place of(Interpreter python) throws IOException {
        var executable = python.executable().toRealPath();
        var library = python.library().toRealPath();
        if (executable.startsWith(SYSTEM) && library.startsWith(SYSTEM)) {
            return new Place(executable.toString(), Optional.empty());
        }
        // PREFIX/lib/python3.13, PREFIX/bin/python3.13
        var above = library.getParent();
        var prefix = above == null ? null : above.getParent();
        if (prefix == null || prefix.getNameCount() == 0 || !executable.startsWith(prefix)) {
            throw new IOException(executable + " and its library " + library
                    + " have no folder in common that a sandbox could be given; install it below one prefix");
        }
        return new Place(RUNTIME + "/" + prefix.relativize(executable), Optional.of(prefix));
    }

    /** What every process inside has around it, before a function's own variables. */
    Map<String, String> environment() {
        var variables =
                new TreeMap<>(Map.of("PATH", PATH, "LANG", "C.UTF-8", "TZ", "UTC", "HOME", "/tmp", "TMPDIR", "/tmp"));
        if (prefix.isPresent()) {
            variables.put("PATH", RUNTIME + "/bin:" + PATH);
            variables.put("LD_LIBRARY_PATH", RUNTIME + "/lib");
        }
        return variables;
    }

    List<Message.Field> mounts() {
        var mounts = new ArrayList<Message.Field>();
        prefix.ifPresent(source -> mounts.add(SpawnRequest.mount(false, RUNTIME, source)));
        return mounts;
    }
}
