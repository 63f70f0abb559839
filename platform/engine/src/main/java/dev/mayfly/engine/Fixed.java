package dev.mayfly.engine;

import java.time.Duration;

/** What the engine decides by itself and nothing overrules so far: the one list of it, for {@code mayfly explain --automatic}. */
public enum Fixed {
    START_DEADLINE("how long loading a function's code may take", seconds(EngineSettings.DEFAULTS.startTimeout())),
    DRAIN(
            "how long what runs may go on when its deployment or the server goes",
            seconds(EngineSettings.DEFAULTS.drainTimeout())),
    ATTEMPTS("how many instances are tried for a request whose code never saw it", String.valueOf(Lease.MOST_ATTEMPTS)),
    PRICE(
            "how much of a start's time another instance must save those that wait, before it is started",
            String.valueOf(Autoscaler.PRICE)),
    EXPECTED(
            "which part of the requests that may come during a start count as waiting for it",
            String.valueOf(Autoscaler.GUESS)),
    MEMORY("which part of its memory an instance is expected to use when it starts", "1/" + Scaling.PART_OF_MEMORY),
    DECISIONS("how many decisions of each sort are kept of each function", String.valueOf(DecisionRing.MOST));

    private final String decides;
    private final String value;

    Fixed(String decides, String value) {
        this.decides = decides;
        this.value = value;
    }

    public String decides() {
        return decides;
    }

    public String value() {
        return value;
    }

    private static String seconds(Duration time) {
        return time.toSeconds() + "s";
    }
}
