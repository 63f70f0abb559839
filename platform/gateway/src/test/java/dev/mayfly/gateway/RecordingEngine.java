package dev.mayfly.gateway;

import static org.awaitility.Awaitility.await;

import dev.mayfly.engine.Activity;
import dev.mayfly.engine.Admission;
import dev.mayfly.engine.Engine;
import dev.mayfly.engine.InstanceView;
import dev.mayfly.engine.InvocationRequest;
import dev.mayfly.engine.Lease;
import dev.mayfly.engine.Place;
import dev.mayfly.engine.Ticker;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.store.Snapshot;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An engine that answers as a test says and writes down what it is told. */
final class RecordingEngine implements Engine {
    private final Activity activity = new Activity(Ticker.system());
    final List<InvocationRequest> asked = new CopyOnWriteArrayList<>();
    final List<Ended> ended = new CopyOnWriteArrayList<>();
    final List<Given> given = new CopyOnWriteArrayList<>();
    private final AtomicLong ids = new AtomicLong(0x5000);
    /** How many left before anything was sent, while they waited and after. */
    final AtomicLong givenUp = new AtomicLong();

    /** Of those, how many had a slot by then. */
    private final AtomicLong slotsGivenUp = new AtomicLong();

    volatile boolean keepAlive = true;
    /** Addresses that are said to be coming before a request is answered. */
    volatile List<String> early = List.of();

    volatile boolean repeatable;
    /** Whether workers have said their last of every request. */
    volatile boolean saidAll;

    volatile Function<RecordingEngine, Admission> answer;
    private volatile @Nullable Consumer<Consumer<Admission>> answerLater;
    /** Asked instead, once a request is written down. */
    volatile @Nullable Engine behind;

    record Ended(Outcome outcome, int status, long bytesIn, long bytesOut) {}

    RecordingEngine(Function<RecordingEngine, Admission> answer) {
        this.answer = answer;
    }

    /** How many slots are free again, whether something was sent to their instances or not. */
    int over() {
        return ended.size() + (int) slotsGivenUp.get();
    }

    /** Requests are answered, from another thread, when that is so. */
    void grantOnce(Callable<Boolean> so, String address) {
        answerLater = to -> Thread.ofVirtual().start(() -> {
            await().until(so);
            to.accept(grant(address));
        });
    }

    Admission grant(String address) {
        var lease = new Given(address);
        given.add(lease);
        return new Admission.Granted(lease);
    }

    @Override
    public Place admit(InvocationRequest request, Consumer<Admission> to, Consumer<String> coming) {
        early.forEach(coming);
        asked.add(request);
        var other = behind;
        var later = answerLater;
        if (later != null) {
            later.accept(to);
        } else if (other == null) {
            to.accept(answer.apply(this));
        } else {
            return other.admit(request, to);
        }
        return () -> givenUp.incrementAndGet();
    }

    @Override
    public Activity activity() {
        return activity;
    }

    @Override
    public List<InstanceView> instances() {
        return List.of();
    }

    @Override
    public void follow(Snapshot snapshot) {}

    @Override
    public void drain() {}

    @Override
    public void close() {}

    /** A lease that can be aborted. */
    final class Given implements Lease {
        private final InvocationId id = new InvocationId(ids.incrementAndGet());
        private final String address;
        private volatile @Nullable Consumer<Problem> listener;

        private Given(String address) {
            this.address = address;
        }

        void abort(Problem problem) {
            var told = listener;
            if (told == null) {
                throw new IllegalStateException("nobody listens yet");
            }
            told.accept(problem);
        }

        boolean listened() {
            return listener != null;
        }

        @Override
        public InvocationId id() {
            return id;
        }

        @Override
        public String address() {
            return address;
        }

        @Override
        public boolean keepAlive() {
            return keepAlive;
        }

        @Override
        public boolean cold() {
            return false;
        }

        @Override
        public long waitedMicros() {
            return 0;
        }

        @Override
        public void onAbort(Consumer<Problem> newListener) {
            listener = newListener;
        }

        @Override
        public void finished(Outcome outcome, int status, long bytesIn, long bytesOut) {
            ended.add(new Ended(outcome, status, bytesIn, bytesOut));
        }

        @Override
        public boolean hasEnded() {
            return saidAll;
        }

        @Override
        public void giveUp() {
            givenUp.incrementAndGet();
            slotsGivenUp.incrementAndGet();
        }

        @Override
        public boolean notStarted() {
            return repeatable;
        }
    }
}
