package dev.mayfly.server;

/**
 * What was asked for around functions at start.
 *
 * @param place of the options {@code --isolation}
 * @param required whether anything weaker than sandboxes with limits is refused
 */
record IsolationWish(Place place, boolean required) {
    enum Place {
        /** Sandboxes where the machine lets us, else processes. */
        STRONGEST,
        LINUX,
        PROCESS
    }

    IsolationWish {
        if (required && place == Place.PROCESS) {
            throw new IllegalArgumentException("--isolation process and --require-isolation (expected: one of them)");
        }
    }

    static Place place(String text) {
        return switch (text) {
            case "linux" -> Place.LINUX;
            case "process" -> Place.PROCESS;
            default -> throw new IllegalArgumentException("--isolation: " + text + " (expected: linux or process)");
        };
    }
}
