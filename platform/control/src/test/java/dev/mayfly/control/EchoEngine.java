package dev.mayfly.control;

import dev.mayfly.engine.Admission;
import dev.mayfly.engine.Engine;
import dev.mayfly.engine.InstanceView;
import dev.mayfly.engine.InvocationRequest;
import dev.mayfly.engine.Lease;
import dev.mayfly.engine.Place;
import dev.mayfly.model.ColdStart;
import dev.mayfly.model.CpuSource;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.UsageLedger;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** An engine with one instance, at a Unix socket that is always there, that books a fixed cost for each call. */
final class EchoEngine implements Engine {
    static final long START = 1_700_000_000_000L;

    final List<InstanceView> live = new CopyOnWriteArrayList<>();
    /** How its one instance was started, as each record says. */
    volatile ColdStart start = new ColdStart(
            "pool",
            "",
            List.of(new ColdStart.Step("specialise", 400), new ColdStart.Step("load", 1600)),
            List.of(new ColdStart.Import("flask", 1200)));

    private final AtomicLong ids = new AtomicLong(0x9000);
    private final String address;
    private final UsageLedger ledger;

    EchoEngine(String address, UsageLedger ledger) {
        this.address = address;
        this.ledger = ledger;
    }

    @Override
    public Place admit(InvocationRequest request, Consumer<Admission> answer, Consumer<String> coming) {
        var lease = new EchoLease(new InvocationId(ids.incrementAndGet()), request);
        answer.accept(new Admission.Granted(lease));
        return lease;
    }

    @Override
    public List<InstanceView> instances() {
        return List.copyOf(live);
    }

    @Override
    public void follow(Snapshot snapshot) {}

    @Override
    public void drain() {}

    @Override
    public void close() {}

    private final class EchoLease implements Lease {
        private final InvocationId id;
        private final InvocationRequest request;

        private EchoLease(InvocationId id, InvocationRequest request) {
            this.id = id;
            this.request = request;
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
            return true;
        }

        @Override
        public boolean cold() {
            return true;
        }

        @Override
        public long waitedMicros() {
            return 0;
        }

        @Override
        public void onAbort(Consumer<Problem> listener) {}

        @Override
        public boolean hasEnded() {
            return true;
        }

        @Override
        public void finished(Outcome outcome, int status, long bytesIn, long bytesOut) {
            ledger.append(new UsageRecord(
                    id,
                    request.deployment().project(),
                    request.deployment().id(),
                    request.function().name(),
                    new InstanceId("i-1"),
                    request.trigger(),
                    START,
                    1,
                    2,
                    3,
                    4,
                    1L << 30,
                    3_600_000_000L,
                    3_600_000_000L,
                    CpuSource.PROC,
                    bytesIn,
                    bytesOut,
                    outcome,
                    status,
                    true,
                    start));
        }

        @Override
        public void giveUp() {}

        @Override
        public boolean notStarted() {
            return false;
        }
    }
}
