package dev.mayfly.provider.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Variables of a function that a Python, its C library or its loader read once, at the start of the process: whoever sets one needs a process
 * of its own, started with it.
 *
 * @param set in the order of their names; none for most functions
 */
record StartVariables(Map<String, String> set) {
    static final StartVariables NONE = new StartVariables(Map.of());

    /** Of Python, of the dynamic loader, of malloc and the rest of glibc, of OpenSSL, and the locale, which Python reads before any code. */
    private static final Pattern READ_AT_START =
            Pattern.compile("PYTHON\\w+|LD_\\w+|GLIBC_TUNABLES|MALLOC_\\w+|LC_ALL|LC_CTYPE|LANG|OPENSSL_\\w+");

    /** Of libraries that do arithmetic, read when they are loaded. */
    private static final Pattern READ_WHEN_LOADED =
            Pattern.compile("(OMP|OPENBLAS|GOTO|MKL|BLIS|NUMEXPR|VECLIB|KMP|NUMBA|TF|CUDA|XLA|TORCH|PYTORCH)_\\w+");

    StartVariables {
        set = new TreeMap<>(set);
    }

    /** These ask for what every worker does anyway. */
    private static final Set<String> GIVEN = Set.of("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE");

    private static final Set<String> WITHOUT_SAFE_PATH = Set.of("python3.9", "python3.10");

    /** @param base what every process has around it; a variable that says the same asks for nothing */
    static StartVariables of(Map<String, String> environment, Map<String, String> base) {
        Map<String, String> found = null;
        for (var each : environment.entrySet()) {
            var name = each.getKey();
            if (READ_AT_START.matcher(name).matches()
                    && !GIVEN.contains(name)
                    && !each.getValue().equals(base.get(name))) {
                found = found == null ? new TreeMap<>() : found;
                found.put(name, each.getValue());
            }
        }
        return found == null ? NONE : new StartVariables(found);
    }

    /** A sentence where libraries that were loaded without these would do otherwise; else empty. */
    static String whenLoaded(Map<String, String> environment) {
        var names = environment.keySet().stream()
                .filter(name -> READ_WHEN_LOADED.matcher(name).matches())
                .sorted()
                .toList();
        return names.isEmpty()
                ? ""
                : "the function sets " + String.join(", ", names) + ", read when libraries are loaded";
    }

    /** A sentence; empty when none is set. */
    String why() {
        return set.isEmpty()
                ? ""
                : "the function sets " + String.join(", ", set.keySet()) + ", read when a process starts";
    }

    /** The words that start the worker: isolated from the environment, unless the function means it to be read. */
    List<String> program(Generic generic) {
        var words = new ArrayList<>(generic.program());
        if (set.keySet().stream().anyMatch(name -> name.startsWith("PYTHON"))) {
            words.set(words.indexOf("-I"), WITHOUT_SAFE_PATH.contains(generic.runtime()) ? "-s" : "-sP");
        }
        return words;
    }

    /** The environment that the worker starts in; what else the function sets reaches it over its channel. */
    Map<String, String> around(Map<String, String> base) {
        if (set.isEmpty()) {
            return base;
        }
        var all = new TreeMap<>(base);
        all.putAll(set);
        return all;
    }
}
