package dev.mayfly.cli;

/** What came of one check of {@code mayfly prove}. */
sealed interface Verdict {
    /** What happened, in a few words. */
    String seen();

    /** As promised. */
    record Held(String seen) implements Verdict {}

    /**
     * Not as promised, and the server says so itself: this machine lets it be no better.
     *
     * @param cost what that means
     * @param fix what would add it
     */
    record Weak(String seen, String cost, String fix) implements Verdict {}

    /** Not as promised. */
    record Broken(String seen, String fix) implements Verdict {}

    /** Nothing is known: what was to be tried did not even work where nothing stands in its way, or could not be tried at all. */
    record Unproven(String seen, String fix) implements Verdict {}

    /** @param broken what to do where it does not hold */
    static Verdict of(boolean held, String seen, String broken) {
        return held ? new Held(seen) : new Broken(seen, broken);
    }
}
