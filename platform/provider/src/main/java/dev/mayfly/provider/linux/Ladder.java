package dev.mayfly.provider.linux;

import dev.mayfly.model.LogLine;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.instance.Loading;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The ways to start an instance, from the fastest to the one that always works; each that cannot be taken leads to the next. */
final class Ladder {
    static final String POOL_EMPTY = "none was waiting in the pool";

    /** A sandbox with its function in it, or why there is none. */
    private record Try(@Nullable LinuxInstance instance, String why, Duration patience) {
        Try(@Nullable LinuxInstance instance, String why) {
            this(instance, why, Duration.ZERO);
        }

        /** How long it may take to load its function. */
        Duration patience(InstanceSpec spec) {
            return patience.compareTo(spec.startTimeout()) < 0 ? patience : spec.startTimeout();
        }
    }

    private final Platform platform;
    private final InstanceMaker maker;
    private final WarmPool pool;
    private final Zygotes zygotes;
    private final DependencyZygotes dependencies;
    private final Path worker;
    private final Supplier<Readiness.Able> able;

    /** @param worker where the worker's files are */
    Ladder(
            Platform platform,
            InstanceMaker maker,
            WarmPool pool,
            Zygotes zygotes,
            DependencyZygotes dependencies,
            Path worker,
            Supplier<Readiness.Able> able) {
        this.platform = platform;
        this.maker = maker;
        this.pool = pool;
        this.zygotes = zygotes;
        this.dependencies = dependencies;
        this.worker = worker;
        this.able = able;
    }

    /** @throws IOException when no way leads there; then nothing is left of it */
    Claim claim(Plan plan, InstanceSpec spec, InstanceReports reports) throws IOException, InterruptedException {
        pool.starting(plan.generic());
        try {
            return climb(plan, spec, reports);
        } finally {
            pool.started();
        }
    }

    private Claim climb(Plan plan, InstanceSpec spec, InstanceReports reports)
            throws IOException, InterruptedException {
        var shared = plan.shared();
        if (shared.isEmpty()) {
            return climb(plan, spec, reports, plan.unshared());
        }
        var attempt = Attempt.quiet(reports);
        var seat = seated(shared.get(), plan, spec, attempt);
        if (seat.instance() == null) {
            return learnt(shared.get(), plan, climb(plan, spec, reports, seat.why()));
        }
        var loading = awaited(seat.instance(), seat.patience(spec), attempt);
        if (loading instanceof Loading.Failed failed) {
            attempt.drop();
            seat.instance().kill();
            return otherwise(shared.get(), plan, spec, reports, failed);
        }
        return learnt(shared.get(), plan, finished(seat.instance(), attempt, loading));
    }

    /** Whether a copy's failure was its own doing or the function's is seen where the function is started without one. */
    private Claim otherwise(
            Dependencies shared, Plan plan, InstanceSpec spec, InstanceReports reports, Loading.Failed failed)
            throws IOException, InterruptedException {
        if (failed.how() == Loading.How.UNLIKE) {
            var unlike = failed.problem().message();
            dependencies.refused(shared, plan.candidate(), unlike);
            return climb(plan, spec, reports, unlike);
        }
        var why = failed.killed()
                ? "a copy of its dependencies' zygote was killed while it loaded the function"
                : "a copy of its dependencies' zygote could not load the function: "
                        + failed.problem().message();
        var claim = climb(plan, spec, reports, why);
        if (claim instanceof Claim.Ready) {
            again(reports, failed);
            switch (failed.how()) {
                case KILLED -> {} // which anybody may do at any time
                case LATE -> dependencies.refused(shared, plan.candidate(), why); // it may be slow by itself
                default -> dependencies.broke(shared, why);
            }
        }
        return learnt(shared, plan, claim);
    }

    /** What its dependencies took to load, for the next. */
    private Claim learnt(Dependencies shared, Plan plan, Claim claim) {
        if (claim instanceof Claim.Ready(LinuxInstance instance)) {
            long load = instance.steps().stream()
                    .filter(step -> step.name().equals("load"))
                    .mapToLong(ProvidedInstance.Step::micros)
                    .sum();
            dependencies.loaded(
                    shared, plan.candidate(), load, instance.session().hold());
        }
        return claim;
    }

    private Claim climb(Plan plan, InstanceSpec spec, InstanceReports reports, String before)
            throws IOException, InterruptedException {
        var why = before;
        if (plan.mustBoot().isEmpty()) {
            var pooled = new Attempt(reports);
            var taken = pooled(plan, spec, pooled, before);
            why = taken.why();
            if (taken.instance() != null) {
                var claim = served(taken.instance(), spec, pooled, reports);
                if (claim.isPresent()) {
                    return claim.get();
                }
                why = "the one from the pool was killed while it loaded the function";
            }
            var copying = new Attempt(reports);
            var copy = copied(plan, spec, copying, why);
            why = copy.why();
            if (copy.instance() != null) {
                var claim = served(copy.instance(), spec, copying, reports);
                if (claim.isPresent()) {
                    return claim.get();
                }
                why = "the copy of a zygote was killed while it loaded the function";
            }
        }
        var last = new Attempt(reports);
        var instance = booted(plan, spec, last, why);
        return finished(instance, last, awaited(instance, spec.startTimeout(), last));
    }

    // --- the pool

    private Try pooled(Plan plan, InstanceSpec spec, Attempt attempt, String before)
            throws IOException, InterruptedException {
        long begun = platform.nanos().getAsLong();
        var waiting = pool.take(plan.generic());
        if (waiting.isEmpty()) {
            return new Try(null, before.isEmpty() ? POOL_EMPTY : before + ", and " + POOL_EMPTY);
        }
        var instance = waiting.get();
        try {
            instance.session().forgetSteps(begun);
            instance.specialise(plan.specialise(able.get(), false));
            // While the launcher is at it.
            instance.assign(spec, attempt, plan.worker(platform.json(), true), "pool", before);
            attempt.reachable(instance.address());
            instance.awaitSpecialised();
            var program = plan.start();
            if (program.isPresent()) {
                instance.session().startProgram(program.get().body());
            }
            instance.session().specialiseNow();
            return new Try(instance, before);
        } catch (IOException e) {
            attempt.drop();
            instance.kill();
            return new Try(null, "the one that waited in the pool could not be used: " + e.getMessage());
        } catch (InterruptedException e) {
            instance.kill();
            throw e;
        }
    }

    // --- zygotes

    private Try seated(Dependencies shared, Plan plan, InstanceSpec spec, Attempt attempt) throws InterruptedException {
        long begun = platform.nanos().getAsLong();
        var taken = dependencies.take(shared, plan.candidate());
        if (taken.seat().isEmpty()) {
            return new Try(null, taken.why());
        }
        var instance = taken.seat().get();
        try {
            instance.session().forgetSteps(begun);
            instance.specialise(plan.specialise(able.get(), true));
            instance.assign(spec, attempt, plan.worker(platform.json(), true), "dependencies", "");
            attempt.reachable(instance.address());
            instance.awaitSpecialised();
            instance.session().specialiseNow();
            return new Try(instance, "", taken.patience());
        } catch (IOException e) {
            attempt.drop();
            instance.kill();
            return new Try(null, "the copy of its dependencies' zygote could not be used: " + e.getMessage());
        } catch (InterruptedException e) {
            instance.kill();
            throw e;
        }
    }

    private Try copied(Plan plan, InstanceSpec spec, Attempt attempt, String why) throws InterruptedException {
        var zygote = zygotes.of(plan.generic(), 1);
        if (zygote.isEmpty()) {
            return new Try(null, why);
        }
        try {
            var frame = plan.worker(platform.json(), false);
            var instance = maker.make(
                    spec.id().value(),
                    made -> made.assign(spec, attempt, frame, "zygote", why),
                    (folder, user, connected) -> plan.spawn(
                            folder,
                            worker,
                            user,
                            connected,
                            Optional.of(zygote.get().id())));
            attempt.reachable(instance.address());
            return new Try(instance, why);
        } catch (IOException e) {
            attempt.drop();
            return new Try(null, "no copy of a zygote could be made: " + e.getMessage());
        }
    }

    // --- from nothing

    private LinuxInstance booted(Plan plan, InstanceSpec spec, Attempt attempt, String why)
            throws IOException, InterruptedException {
        var frame = plan.worker(platform.json(), false);
        return maker.make(
                spec.id().value(),
                instance -> instance.assign(spec, attempt, frame, "boot", why),
                (folder, user, connected) -> plan.spawn(folder, worker, user, connected, Optional.empty()));
    }

    // --- what becomes of it

    /** Empty when it was killed while it loaded the function, which need not be the function's doing: another way is to be tried. */
    private Optional<Claim> served(LinuxInstance instance, InstanceSpec spec, Attempt attempt, InstanceReports reports)
            throws InterruptedException {
        var loading = awaited(instance, spec.startTimeout(), attempt);
        if (loading instanceof Loading.Failed failed && failed.killed()) {
            attempt.drop();
            instance.kill();
            again(reports, failed);
            return Optional.empty();
        }
        return Optional.of(finished(instance, attempt, loading));
    }

    private void again(InstanceReports reports, Loading.Failed failed) {
        reports.log(
                0,
                LogLine.Stream.PLATFORM,
                30,
                platform.millis().getAsLong(),
                "Started another way: " + failed.problem().message());
    }

    private static Loading awaited(LinuxInstance instance, Duration patience, Attempt attempt)
            throws InterruptedException {
        try {
            return instance.session().awaitLoading(patience);
        } catch (InterruptedException e) {
            attempt.keep();
            instance.kill();
            throw e;
        }
    }

    private static Claim finished(LinuxInstance instance, Attempt attempt, Loading loading) {
        attempt.keep();
        return switch (loading) {
            case Loading.Ready ready -> new Claim.Ready(instance);
            case Loading.Failed failed -> {
                instance.kill();
                yield new Claim.Failed(failed.problem());
            }
        };
    }
}
