package dev.mayfly.engine;

import java.util.ArrayDeque;
import java.util.Deque;

/** The last requests that came by an alias of several deployments. Nothing is made where none does. The pool's, under its lock. */
final class Splits {
    private static final int MOST = DecisionRing.MOST;

    private final Deque<Note> notes = new ArrayDeque<>(MOST);
    private long forgotten;

    /** @param at nanoseconds of the {@link Ticker} */
    record Note(long at, long invocation, SplitChoice choice, Decision.Inputs inputs) {}

    void add(Note note) {
        if (notes.size() == MOST) {
            notes.removeFirst();
            forgotten++;
        }
        notes.addLast(note);
    }

    Iterable<Note> notes() {
        return notes;
    }

    /** How many there were before those. */
    long forgotten() {
        return forgotten;
    }
}
