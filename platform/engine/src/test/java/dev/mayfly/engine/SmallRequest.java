package dev.mayfly.engine;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A request of a {@link SmallWorld}: its client, the gateway, and the user's code. It may ask twice for a slot. */
final class SmallRequest {
    /** After it was once not reached it asks again; nobody knows of the first time any longer. */
    final class Attempt implements Consumer<Admission> {
        int answers;
        Place place = () -> {};

        @Nullable Lease lease;

        Admission.@Nullable Refused refused;

        @Override
        public void accept(Admission admission) {
            answers++;
            switch (admission) {
                case Admission.Granted(Lease granted) -> lease = granted;
                case Admission.Refused some -> refused = some;
            }
            world.answered(SmallRequest.this, this);
            if (!world.size.async()) {
                hear();
            }
        }

        Optional<InvocationId> id() {
            return Optional.ofNullable(lease)
                    .map(Lease::id)
                    .or(() -> Optional.ofNullable(refused).map(Admission.Refused::id));
        }
    }

    final int number;
    final List<Attempt> attempts = new ArrayList<>(2);
    private final SmallWorld world;
    boolean heard;
    boolean begun;
    boolean ended;
    boolean responded;
    boolean left;
    boolean aborted;
    long respondedAt;

    SmallRequest(SmallWorld world, int number) {
        this.world = world;
        this.number = number;
    }

    void ask() {
        var attempt = new Attempt();
        attempts.add(attempt);
        heard = false;
        aborted = false;
        var caller = new Caller.Outside("client " + number % 2);
        attempt.place = world.engine.admit(Deployments.request(world.deployment, caller), attempt);
    }

    Attempt attempt() {
        return attempts.getLast();
    }

    boolean sent() {
        return !attempts.isEmpty();
    }

    /** It is in the queue, as far as anybody outside can know. */
    boolean waits() {
        return sent() && !left && attempt().answers == 0;
    }

    boolean granted() {
        return sent() && attempt().lease != null;
    }

    Lease lease() {
        return Optional.ofNullable(attempt().lease).orElseThrow();
    }

    boolean refusedAndHeard() {
        return sent() && attempt().refused != null && heard;
    }

    /** Whether the engine has it to account for still, as this side sees it. */
    boolean holdsSlot() {
        return granted() && !left && !(responded && ended);
    }

    /** Nothing more comes of it, on any side. */
    boolean over() {
        return sent()
                && attempt().answers > 0
                && heard
                && (left || attempt().refused != null || (responded && (ended || world.on(this).exited)));
    }

    void hear() {
        heard = true;
        if (granted() && !left) {
            lease().onAbort(problem -> {
                if (aborted) {
                    world.broken("request " + number + " was ended twice");
                }
                aborted = true;
            });
        }
    }

    void respond() {
        responded = true;
        respondedAt = world.now();
        var outcome = aborted || !begun ? Outcome.FAILED : Outcome.OK;
        lease().finished(outcome, aborted ? ErrorCode.FUNCTION_FAILED.status() : 200, 0, 0);
    }

    void leave() {
        left = true;
        attempt().place.giveUp();
    }

    /** The gateway asks again where it may. */
    void unreached() {
        if (lease().notStarted()) {
            ask();
        }
    }
}
