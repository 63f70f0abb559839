package dev.mayfly.model;

import java.util.Arrays;
import java.util.Locale;

/** What surrounds an instance, from the weakest on: asked for by a function as the least it accepts, offered by a provider. */
public enum Isolation {
    /** Whatever is the strongest that was proven where the function runs. */
    DEFAULT,
    /** Processes of the machine. */
    NONE,
    /** A sandbox of namespaces and limits. */
    LINUX,
    /** A pod of a cluster. */
    POD;

    /** Whether a provider that offers {@code offered} may run what asks for this. */
    public boolean metBy(Isolation offered) {
        return compareTo(offered) <= 0;
    }

    /** As it is written: {@code default}, {@code none}, {@code linux} or {@code pod}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException naming the words */
    public static Isolation parse(String text) {
        return Arrays.stream(values())
                .filter(each -> each.toString().equals(text.strip()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "isolation: " + text.strip() + " (expected: default, none, linux or pod)"));
    }
}
