package dev.mayfly.gateway;

import dev.mayfly.model.InstanceId;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.Provider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/** Instances that work, behind connections that do not; one in four cannot be reached at all. */
final class FaultyInstances implements Provider {
    private static final Pattern TAG = Pattern.compile("tag=(\\w{12})");

    /** How often each request was started, by its tag. */
    final Map<String, Integer> executions = new ConcurrentHashMap<>();
    /** How often each kind of fault came to pass. */
    final Map<String, Integer> faults = new ConcurrentHashMap<>();
    /** Tags of requests whose bytes may have been changed. */
    final Set<String> twisted = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final SplittableRandom random;
    private final List<Running> running = new CopyOnWriteArrayList<>();
    private int count;

    FaultyInstances(Path folder, long seed) {
        this.folder = folder;
        this.random = new SplittableRandom(seed);
    }

    @Override
    public synchronized Claim claim(InstanceSpec spec, InstanceReports reports) {
        int number = count++;
        try {
            var place = folder.resolve("p" + number);
            var worker = new TaggedWorker(folder.resolve("w" + number), reports, executions);
            var proxy = new FaultProxy(
                    place,
                    folder.resolve("w" + number),
                    random.nextLong(),
                    fault -> faults.merge(fault.getClass().getSimpleName(), 1, Integer::sum),
                    text -> TAG.matcher(text).results().forEach(tag -> twisted.add(tag.group(1))));
            if (number % 4 == 3) {
                faults.merge("Refused", 1, Integer::sum);
                proxy.close();
            }
            var made = new Running(place, worker, proxy);
            running.add(made);
            return new Claim.Ready(made);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized int claimed() {
        return count;
    }

    @Override
    public String name() {
        return "faulty";
    }

    @Override
    public Optional<InstanceId> instanceAt(String address) {
        return Optional.empty();
    }

    @Override
    public List<PlatformProcess> processes() {
        return List.of();
    }

    @Override
    public List<Finding> findings() {
        return List.of();
    }

    @Override
    public void close() {
        running.forEach(Running::kill);
    }

    private record Running(Path place, TaggedWorker worker, FaultProxy proxy) implements UnmeteredInstance {
        @Override
        public String address() {
            return place.toString();
        }

        @Override
        public ServingMode mode() {
            return ServingMode.ASGI;
        }

        @Override
        public void kill() {
            try {
                proxy.close();
                worker.kill();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
