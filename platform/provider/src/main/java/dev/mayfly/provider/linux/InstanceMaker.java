package dev.mayfly.provider.linux;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Problem;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.host.UserRange;
import dev.mayfly.provider.instance.ControlListener;
import dev.mayfly.provider.instance.ControlLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Makes sandboxes for instances, each with a folder for its sockets and a user of its own, and knows all that live. */
final class InstanceMaker {
    /** How long an instance that is wanted waits for a launcher that is being started again. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Puts the request for one together. */
    @FunctionalInterface
    interface Request {
        ByteBuffer spawn(RunFolder folder, Optional<Integer> user, Readiness.Able able) throws IOException;
    }

    private final Platform platform;
    private final ControlLoop controls;
    private final RuntimeDirectory directory;
    private final Launcher launcher;
    private final Optional<UserRange> range;
    private final AtomicLong numbers;
    private final Map<String, InstanceId> addresses = new ConcurrentHashMap<>();
    private final Set<LinuxInstance> live = ConcurrentHashMap.newKeySet();

    /** @param numbers names folders, for whoever else makes any */
    InstanceMaker(
            Platform platform,
            RuntimeDirectory directory,
            Launcher launcher,
            Optional<UserRange> range,
            AtomicLong numbers) {
        this.platform = platform;
        this.controls = new ControlLoop(platform.nanos());
        this.directory = directory;
        this.launcher = launcher;
        this.range = range;
        this.numbers = numbers;
    }

    /**
     * Makes one, and waits until its program runs, if it has one.
     *
     * @param id of the instance, or a name for what is nobody's yet
     * @param begin called before anything of it runs
     * @throws dev.mayfly.model.ProblemException where every user is taken
     * @throws IOException when it could not be made; then nothing of it is left
     */
    LinuxInstance make(String id, Consumer<LinuxInstance> begin, Request request)
            throws IOException, InterruptedException {
        Optional<Integer> user = range.flatMap(UserRange::take);
        if (range.isPresent() && user.isEmpty()) {
            throw new Problem(ErrorCode.UNAVAILABLE, "Every user for instances is taken.", "Lower maxInstances.")
                    .asException();
        }
        Runnable release = () -> range.ifPresent(ours -> user.ifPresent(ours::release));
        try {
            return make(id, begin, request, user, release);
        } catch (IOException | InterruptedException | RuntimeException e) {
            release.run();
            throw e;
        }
    }

    private LinuxInstance make(
            String id, Consumer<LinuxInstance> begin, Request request, Optional<Integer> user, Runnable release)
            throws IOException, InterruptedException {
        long started = platform.nanos().getAsLong();
        var folder = RunFolder.create(directory, Long.toString(numbers.incrementAndGet(), Character.MAX_RADIX));
        try {
            var listener = ControlListener.open(folder.controlSocket());
            try {
                var connection = launcher.connect(PATIENCE)
                        .orElseThrow(() -> new IOException("the launcher of sandboxes is not running"));
                try {
                    var spawn = request.spawn(folder, user, connection.able());
                    var instance = new LinuxInstance(platform, controls, id, folder, connection, addresses, started);
                    begin.accept(instance);
                    enter(instance, spawn, listener, release);
                    return instance;
                } catch (IOException | InterruptedException | RuntimeException e) {
                    connection.socket().close(); // or the launcher would keep a place for what never comes
                    throw e;
                }
            } catch (IOException | InterruptedException | RuntimeException e) {
                listener.close();
                throw e;
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            folder.delete();
            throw e;
        }
    }

    private void enter(LinuxInstance instance, ByteBuffer spawn, ControlListener listener, Runnable release)
            throws IOException, InterruptedException {
        live.add(instance);
        try {
            instance.make(spawn, listener, () -> {
                live.remove(instance);
                release.run();
            });
        } catch (IOException | InterruptedException | RuntimeException e) {
            live.remove(instance);
            throw e;
        }
    }

    /** A name that no other has. */
    String name(String prefix) {
        return prefix + Long.toString(numbers.incrementAndGet(), Character.MAX_RADIX);
    }

    List<LinuxInstance> live() {
        return List.copyOf(live);
    }

    Optional<InstanceId> at(String address) {
        return Optional.ofNullable(addresses.get(address));
    }

    /** Ends all that live and waits for that; whether it was interrupted meanwhile. */
    boolean endAll() {
        var ends = live.stream()
                .map(instance -> Thread.ofVirtual().name("end-" + instance.id()).start(instance::kill))
                .toList();
        boolean interrupted = false;
        for (var end : ends) {
            while (end.isAlive()) {
                try {
                    end.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        return interrupted;
    }
}
