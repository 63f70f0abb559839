package dev.mayfly.engine;

import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.LogLine;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.Provider;
import dev.mayfly.store.Artifacts;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts instances through the provider, each on a virtual thread of its own. */
final class ProviderStarts implements Starts {
    private static final Logger LOG = LoggerFactory.getLogger(ProviderStarts.class);

    private final Provider provider;
    private final Artifacts artifacts;
    private final Environment environment;
    private final EngineSettings settings;
    private final Ticker ticker;

    ProviderStarts(
            Provider provider, Artifacts artifacts, Environment environment, EngineSettings settings, Ticker ticker) {
        this.ticker = ticker;
        this.provider = provider;
        this.artifacts = artifacts;
        this.environment = environment;
        this.settings = settings;
    }

    @Override
    public void start(Pool pool, Instance instance) {
        Thread.ofVirtual().name("start-" + instance.id).start(() -> run(pool, instance));
    }

    @Override
    public long release(long bytes) {
        return provider.release(bytes);
    }

    private void run(Pool pool, Instance instance) {
        var reports = new PoolReports(pool, instance);
        try {
            if (!pool.starting(instance, Thread.currentThread())) {
                throw new InterruptedException("closing");
            }
            switch (provider.claim(spec(pool.target(), instance, reports), reports)) {
                case Claim.Ready(var provided) -> pool.ready(instance, provided, provided.cpuMicros());
                case Claim.Failed(Problem problem) -> pool.failed(instance, problem);
            }
        } catch (InterruptedException e) {
            pool.failed(instance, new Problem(ErrorCode.UNAVAILABLE, "the server is closing"));
        } catch (ProblemException e) {
            pool.failed(instance, e.problem());
        } catch (RuntimeException | Error e) { // whatever it is, who waits for the instance must hear of it
            LOG.error("{}: cannot start", instance.id, e);
            pool.failed(instance, Told.platformFailed());
        }
    }

    private InstanceSpec spec(Target target, Instance instance, InstanceReports reports) {
        var function = target.function();
        var variables =
                environment.of(target, text -> reports.log(0, LogLine.Stream.PLATFORM, 30, ticker.millis(), text));
        return new InstanceSpec(
                instance.id,
                function.name(),
                function.runtime(),
                function.entrypoint(),
                layer(function.code()),
                layerOrNull(function.dependencies()),
                environment.owner(target),
                variables,
                function.limits(),
                settings.startTimeout());
    }

    private @Nullable Path layerOrNull(@Nullable Digest digest) {
        return digest == null ? null : layer(digest);
    }

    private Path layer(Digest digest) {
        return artifacts
                .layer(digest)
                .orElseThrow(() -> new Problem(
                                ErrorCode.DEPLOYMENT_NOT_FOUND, "its files are no longer stored", "Deploy again.")
                        .asException());
    }

    /** What an instance reports goes to its pool. */
    private record PoolReports(Pool pool, Instance instance) implements InstanceReports {
        @Override
        public void reachable(String address) {
            pool.reachable(instance, address);
        }

        @Override
        public void started(long invocation) {
            pool.started(instance, invocation);
        }

        @Override
        public void ended(long invocation) {
            pool.ended(instance, invocation);
        }

        @Override
        public void log(long invocation, LogLine.Stream stream, int level, long at, String text) {
            pool.log(instance, invocation, stream, level, at, text);
        }

        @Override
        public void exited(ExitStatus status, long cpuMicros) {
            pool.exited(instance, status, cpuMicros);
        }
    }
}
