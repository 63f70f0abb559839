package dev.mayfly.control;

import dev.mayfly.engine.Activity;
import dev.mayfly.engine.Admission;
import dev.mayfly.engine.Decision;
import dev.mayfly.engine.Engine;
import dev.mayfly.engine.FunctionState;
import dev.mayfly.engine.InstanceView;
import dev.mayfly.engine.InvocationRequest;
import dev.mayfly.engine.Lease;
import dev.mayfly.engine.Place;
import dev.mayfly.engine.ProjectFunction;
import dev.mayfly.engine.Reason;
import dev.mayfly.engine.SplitChoice;
import dev.mayfly.engine.Ticker;
import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.ColdStart;
import dev.mayfly.model.CpuSource;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Outcome;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.UsageLedger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** An engine with one instance, at a Unix socket that is always there, that books a fixed cost for each call. */
final class EchoEngine implements Engine {
    static final long START = 1_700_000_000_000L;

    private final List<Decision> decisions = new CopyOnWriteArrayList<>();
    private final List<FunctionState> states = new CopyOnWriteArrayList<>();
    final List<InstanceView> live = new CopyOnWriteArrayList<>();
    final Map<ProjectFunction, Integer> waiting = new ConcurrentHashMap<>();
    private final Activity activity = new Activity(Ticker.system());
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

    /** Says of request {@code id}, which came to a deployment by the weights of two, all that can be decided. */
    void decided(String deployment, InvocationId id) {
        var alias = new Alias(
                AliasName.PRODUCTION,
                List.of(new Share(new DeploymentId(deployment), 90), new Share(new DeploymentId("0000000000"), 10)),
                new Stickiness.Cookie());
        for (var reason : Reason.values()) {
            decisions.add(new Decision(
                    START,
                    new ProjectName("hello"),
                    new DeploymentId(deployment),
                    new FunctionName("api/hello"),
                    reason,
                    Optional.of(id),
                    Optional.of(new InstanceId("i-1")),
                    new Decision.Inputs(3, 2, 2, 1, 80_000, 4_000, 40_000),
                    reason.kind() == Reason.Kind.SPLIT
                            ? Optional.of(new SplitChoice(alias, SplitChoice.By.COOKIE, 3, 10))
                            : Optional.empty()));
        }
        states.add(new FunctionState(
                new ProjectName("hello"),
                new DeploymentId(deployment),
                new FunctionName("api/hello"),
                new Decision.Inputs(3, 2, 2, 1, 80_000, 4_000, 40_000),
                0,
                Map.of(Reason.NO_INSTANCE, 1, Reason.WAITING_COSTS_MORE, 2),
                Optional.of(Reason.MOST_INSTANCES),
                7));
    }

    @Override
    public List<Decision> decisions(ProjectName project) {
        return decisions.stream().filter(each -> each.project().equals(project)).toList();
    }

    @Override
    public List<Decision> decisions(InvocationId request) {
        return decisions.stream()
                .filter(each -> each.invocation().filter(request::equals).isPresent())
                .toList();
    }

    @Override
    public List<FunctionState> functions(ProjectName project) {
        return states.stream().filter(each -> each.project().equals(project)).toList();
    }

    @Override
    public Map<ProjectFunction, Integer> waiting() {
        return Map.copyOf(waiting);
    }

    @Override
    public Activity activity() {
        return activity;
    }

    @Override
    public void follow(Snapshot snapshot) {
        activity.follow(snapshot);
    }

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
            var usage = new UsageRecord(
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
                    start);
            ledger.append(usage);
            activity.ended(usage, "");
        }

        @Override
        public void giveUp() {}

        @Override
        public boolean notStarted() {
            return false;
        }
    }
}
