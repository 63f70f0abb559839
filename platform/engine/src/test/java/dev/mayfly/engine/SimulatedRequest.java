package dev.mayfly.engine;

import dev.mayfly.model.Outcome;
import java.util.Optional;
import java.util.function.Consumer;

/** A request of a {@link Simulation}: the client, the gateway and the user's code. */
final class SimulatedRequest implements Consumer<Admission> {
    final SimulatedFunction function;
    final String client;
    /** In which it came, of those of its function. */
    final long order;

    private final Simulation simulation;
    /** When it last asked for a slot. */
    private long sentAt;

    private int answers;
    private boolean again;
    private boolean done;

    SimulatedRequest(SimulatedFunction function, String client, long order) {
        this.function = function;
        this.client = client;
        this.order = order;
        this.simulation = function.simulation;
    }

    void send() {
        function.waiting++;
        ask();
    }

    private void ask() {
        sentAt = simulation.time.nanos();
        simulation.engine.admit(Deployments.request(function.deployment, new Caller.Outside(client)), this);
    }

    @Override
    public void accept(Admission admission) {
        answers++;
        simulation.watch.answered(this, answers, admission, simulation.time.nanos() - sentAt);
        switch (admission) {
            case Admission.Refused refused -> over();
            case Admission.Granted(Lease lease) -> granted(lease);
        }
    }

    private void over() {
        function.waiting--;
        function.answered++;
    }

    private void granted(Lease lease) {
        var instance =
                Optional.ofNullable(simulation.byAddress.get(lease.address())).orElseThrow();
        if (!again && simulation.chance(function.habits.unreachable())) {
            again = true;
            if (lease.notStarted()) {
                answers = 0;
                ask();
                return;
            }
        }
        over();
        if (!again) {
            simulation.watch.inOrder(this);
        }
        function.granted++;
        function.cold += lease.cold() ? 1 : 0;
        function.waitedNanos += simulation.time.nanos() - sentAt;
        run(lease, instance);
    }

    private void run(Lease lease, SimulatedInstance instance) {
        instance.began(lease.id().value());
        lease.onAbort(problem -> finish(lease, Outcome.FAILED, problem.code().status()));
        if (simulation.chance(function.habits.hangs())) {
            return;
        }
        boolean crashes = simulation.chance(function.habits.crashes());
        simulation.time.schedule(function.runs.applyAsLong(order), () -> {
            if (crashes) {
                instance.exit(139);
            } else if (!instance.exited()) {
                finish(lease, Outcome.OK, 200);
                long lingers = simulation.chance(function.habits.lingers())
                        ? function.habits.service().applyAsLong(simulation.random)
                        : 0;
                simulation.time.schedule(
                        lingers, () -> instance.ended(lease.id().value()));
            }
            simulation.watch.look(function);
        });
    }

    private void finish(Lease lease, Outcome outcome, int status) {
        if (!done) {
            done = true;
            lease.finished(outcome, status, 0, 0);
        }
    }
}
