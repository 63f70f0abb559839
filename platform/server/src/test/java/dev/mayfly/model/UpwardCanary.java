package dev.mayfly.model;

import dev.mayfly.server.ArchitectureTest;

/** Breaks every rule of {@link ArchitectureTest}, so that the rules are known to be able to fail. */
public final class UpwardCanary {
    private UpwardCanary() {}

    /** An arrow upwards, the wrong log, and a line on standard output. */
    public static Class<?> upwards() {
        java.util.logging.Logger.getLogger("canary").fine("x");
        System.out.println("x");
        return ArchitectureTest.class;
    }
}
