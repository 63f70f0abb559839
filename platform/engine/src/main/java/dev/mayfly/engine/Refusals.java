package dev.mayfly.engine;

import dev.mayfly.model.Problem;
import java.util.function.LongSupplier;

/** Answers requests that get no slot, and books and notes why. The pool's, under its lock. */
final class Refusals {
    private static final int RETRY_AFTER_SECONDS = 1;

    private final Told told;
    private final Books books;
    private final RequestQueue queue;
    private final Fleet fleet;
    private final PermitHolder permits;
    private final Journal journal;
    private final LongSupplier expected;

    /** @param expected bytes that one more instance would use */
    Refusals(
            Told told,
            Books books,
            RequestQueue queue,
            Fleet fleet,
            PermitHolder permits,
            Journal journal,
            LongSupplier expected) {
        this.permits = permits;
        this.told = told;
        this.books = books;
        this.queue = queue;
        this.fleet = fleet;
        this.journal = journal;
        this.expected = expected;
    }

    /**
     * The queue is full: either this one goes, or the one that has to give way to it.
     *
     * @param slots that instances could still give
     */
    void makeWay(Invocation newcomer, long slots, Turn turn) {
        var full = permits.narrower(Math.max(1, slots));
        var problem = full == null ? told.busy(fleet.serving(), queue.size()) : told.limited(full, queue.size());
        var yielding = queue.yielding(newcomer);
        if (yielding.isPresent()) {
            queue.remove(yielding.get());
            queue.add(newcomer);
            journal.queued(full == null ? Reason.MOST_INSTANCES : full.scope().waits(), newcomer, turn.now);
            refuse(yielding.get(), problem, Reason.GAVE_WAY, turn);
        } else {
            refuse(
                    newcomer,
                    problem,
                    full == null ? Reason.QUEUE_FULL : full.scope().refused(),
                    turn);
        }
    }

    /** Those that have waited their time. */
    void expire(Turn turn) {
        for (var late = queue.expired(turn.now); late.isPresent(); late = queue.expired(turn.now)) {
            queue.remove(late.get());
            var full = permits.full();
            if (full != null) {
                refuse(late.get(), told.waitedForLimit(full), full.scope().refused(), turn);
            } else if (journal.latest() == Reason.NO_MEMORY_FREE) {
                refuse(late.get(), told.noMemory(expected.getAsLong()), Reason.WAITED_FOR_MEMORY, turn);
            } else {
                refuse(late.get(), told.waitedTooLong(), Reason.WAITED_TOO_LONG, turn);
            }
        }
    }

    /** All of them. */
    void close(Problem why, Turn turn) {
        while (!queue.isEmpty()) {
            refuse(queue.take(), why, Reason.CLOSED, turn);
        }
    }

    void refuse(Invocation invocation, Problem problem, Reason reason, Turn turn) {
        journal.note(reason, invocation, null, turn.now);
        books.refused(invocation.id, invocation.request, problem, (turn.now - invocation.acceptedNanos) / 1000);
        turn.add(new Effect.Answer(
                invocation.answer, new Admission.Refused(invocation.id, problem, RETRY_AFTER_SECONDS)));
    }

    /**
     * Those that waited for an instance that could not start, if nothing else serves or may serve them: with others there, each may yet be served.
     */
    void startFailed(Instance instance, Problem problem, Turn turn) {
        if (queue.isEmpty() || fleet.serving() + fleet.starting() > 0) {
            books.say(
                    told.target(),
                    instance.id,
                    instance.cause,
                    40,
                    "could not start: " + Told.firstLine(problem.message()));
            return;
        }
        for (var invocation : queue.inOrder()) {
            queue.remove(invocation);
            journal.note(Reason.START_FAILED, invocation, instance, turn.now);
            long waited = (turn.now - invocation.acceptedNanos) / 1000;
            long init = invocation.overlapMicros(instance.startedNanos, turn.now, turn.now);
            books.notStarted(invocation, instance.id, waited - init, init, Told.firstLine(problem.message()));
            var cause = instance.cause == null ? invocation.id : instance.cause;
            turn.add(new Effect.Answer(
                    invocation.answer, new Admission.Refused(invocation.id, told.startFailed(problem, cause), 0)));
        }
    }
}
