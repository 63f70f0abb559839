package dev.mayfly.provider.linux;

import dev.mayfly.model.CpuSource;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.ExitStatus.Memory;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.host.Kernel;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.ProcessRow;
import dev.mayfly.provider.instance.ControlListener;
import dev.mayfly.provider.instance.ControlLoop;
import dev.mayfly.provider.instance.Peer;
import dev.mayfly.provider.instance.ProtocolViolation;
import dev.mayfly.provider.instance.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One instance in a sandbox. Whatever goes wrong, one way leads out: the launcher says that nothing of it is left, or is itself gone, and the
 * thread that waits for that tidies up and reports.
 */
final class LinuxInstance implements ProvidedInstance, Peer {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxInstance.class);
    private static final int LOST_CHECKS = 500;

    /** For whom it is, and how that came. */
    private record Assignment(InstanceSpec spec, String rung, String why) {}

    private final Platform platform;
    private final String id;
    private final RunFolder folder;
    private final Sandbox sandbox;
    private final Session session;
    private final Map<String, InstanceId> addresses;
    private final boolean memoryCounted;
    private final long startedNanos;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private volatile @Nullable Counter counter;
    private volatile @Nullable ProcessRow init;
    private volatile @Nullable Assignment assignment;
    private volatile Waiting waiting = Waiting.STARTING;
    private String networkAddress = ""; // guarded by addresses, with what is put there
    private volatile long baseMicros;
    private volatile long finalMicros;

    /** @param id of the instance, or a name for what is nobody's yet */
    LinuxInstance(
            Platform platform,
            ControlLoop controls,
            String id,
            RunFolder folder,
            Launcher.Connection connection,
            Map<String, InstanceId> addresses,
            long startedNanos) {
        this.platform = platform;
        this.id = id;
        this.folder = folder;
        this.startedNanos = startedNanos;
        this.memoryCounted = connection.able().proved("memory");
        this.session = new Session(platform, controls, id, this, startedNanos);
        this.addresses = addresses;
        this.sandbox = new Sandbox(id, connection.socket(), this::settled, this::refused);
    }

    /**
     * What it is while it is no function's.
     *
     * @param role as {@code mayfly ps} calls it
     * @param whose a runtime or a project
     * @param seat whether its worker has no memory of its own, but shares another's until it is a copy of that
     */
    record Waiting(String role, String whose, boolean seat) {
        static final Waiting STARTING = new Waiting("starting", "", false);
    }

    void waitAs(Waiting what) {
        waiting = what;
    }

    /** Empty when it is a function's. */
    Optional<Waiting> waits() {
        return assignment == null ? Optional.of(waiting) : Optional.empty();
    }

    /** Pids of all in its control group; none where it has none, or is gone. */
    List<Long> group() {
        var counted = counter;
        return counted == null ? List.of() : counted.group();
    }

    /**
     * Says for whom it is; what it used until now is the platform's.
     *
     * @param specialise the frame for its worker
     * @param rung how it was started
     * @param why no faster; empty: none is
     */
    void assign(InstanceSpec spec, InstanceReports reports, ByteBuffer specialise, String rung, String why) {
        var counted = counter;
        baseMicros = counted == null ? 0 : counted.micros();
        assignment = new Assignment(spec, rung, why);
        synchronized (addresses) {
            if (!networkAddress.isEmpty() && !gone.isDone()) {
                addresses.put(networkAddress, spec.id());
            }
        }
        session.assign(reports, spec.limits().logRate(), specialise);
    }

    /** Asks for the layers of its function to be mounted and its limits to be set; returns at once. */
    void specialise(ByteBuffer request) {
        sandbox.specialise(request);
    }

    /**
     * Waits for that.
     *
     * @throws IOException when it failed; then it ends
     */
    void awaitSpecialised() throws IOException, InterruptedException {
        var failed = sandbox.awaitSpecialised();
        if (failed.isPresent()) {
            throw new IOException(failed.get());
        }
        session.step("specialise");
    }

    private Optional<Assignment> assigned() {
        return Optional.ofNullable(assignment);
    }

    /**
     * Has it made, and listens to it from then on.
     *
     * @param tidied called when nothing is left of it
     * @throws IOException when it was not made; nothing is left of it then, but its folder
     */
    void make(ByteBuffer request, ControlListener listener, Runnable tidied) throws IOException, InterruptedException {
        session.attend(listener); // before the init dials
        try {
            switch (sandbox.spawn(request)) {
                case Sandbox.Start.Failed(var why) -> throw new IOException(why);
                case Sandbox.Start.Made made -> {
                    session.made(made.steps());
                    init = platform.table().find(made.pid()).orElse(null);
                    counter = Counter.of(made.counter(), platform, made.pid());
                }
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            session.ending();
            try {
                if (sandbox.kill().lost() && !orphanEnds()) {
                    LOG.error("{}: its init would not end", id());
                }
                session.hearOut(listener, ExitStatus.ENDED_BY_PROVIDER, "");
            } finally {
                unsettle();
                gone.complete(null);
            }
            throw e;
        }
        Thread.ofVirtual().name("watch-" + id()).start(() -> watch(listener, tidied));
    }

    private void settled(String address) {
        synchronized (addresses) {
            networkAddress = address;
            assigned().ifPresent(of -> addresses.put(address, of.spec().id()));
        }
    }

    private void unsettle() {
        synchronized (addresses) {
            if (!networkAddress.isEmpty()) {
                addresses.remove(networkAddress);
            }
            networkAddress = "";
        }
    }

    private void refused(Sandbox.Refused refused) {
        var why = excerpt(refused.setting());
        session.say(30, excerpt(refused.what()) + " refused: " + (why.startsWith("egress:") ? "set " + why : why));
    }

    private static String excerpt(String text) {
        var line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() <= 200 ? line : line.substring(0, 200);
    }

    Session session() {
        return session;
    }

    // --- what the session asks

    /** The sandbox dials twice before any code runs in it: first for the init, then for the worker. */
    @Override
    public Role greet(int connection, Hello hello) throws ProtocolViolation {
        if (connection == 1 && hello.role() == 1) {
            return Role.INIT;
        }
        if (connection == 2 && hello.role() == 2) {
            return Role.WORKER;
        }
        throw hello.notExpected();
    }

    @Override
    public boolean endsWithin(Duration patience) throws InterruptedException {
        try {
            sandbox.ended().get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("this future is never failed", e);
        }
    }

    @Override
    public void end() {
        kill();
    }

    // --- the end

    private void watch(ControlListener listener, Runnable tidied) {
        try {
            seeOut(listener, tidied);
        } finally {
            gone.complete(null);
        }
    }

    private void seeOut(ControlListener listener, Runnable tidied) {
        var ended = sandbox.ended().join();
        unsettle();
        boolean clean = !ended.lost() || orphanEnds();
        int value = session.hearOut(listener, ended.lost() ? ExitStatus.ENDED_BY_PROVIDER : ended.status(), "");
        var status = new ExitStatus(value, memory(ended));
        if (status.outOfMemory()) {
            long limit = assigned().map(of -> of.spec().limits().memory()).orElse(0L);
            session.say(40, ExitStatus.outOfMemory(limit) + "; " + ExitStatus.MORE_MEMORY);
        } else if (ended.lost()) {
            session.say(40, "Ended by the platform: the launcher of sandboxes went away; another is being started");
        }
        try {
            folder.delete();
        } catch (IOException e) {
            LOG.warn("{}: cannot delete its folder now; the next start will", id(), e);
        }
        if (clean) {
            tidied.run();
        } else {
            LOG.error("{}: its init would not end", id());
        }
        session.over(status);
        finalMicros = Math.max(0, closeCounter(ended) - baseMicros);
        session.exited(status, finalMicros);
    }

    private Memory memory(Sandbox.Ended ended) {
        if (ended.outOfMemory()) {
            return Memory.EXCEEDED;
        }
        return memoryCounted && !ended.lost() ? Memory.KEPT : Memory.UNKNOWN;
    }

    /** The init of a launcher that is gone dies with it; should it not, it is killed here, and all of the sandbox with it. */
    private boolean orphanEnds() {
        var orphan = init;
        if (orphan == null) {
            return true;
        }
        for (int check = 0; check < LOST_CHECKS; check++) {
            if (platform.table().find(orphan.pid()).filter(orphan::sameProcess).isEmpty()) {
                return true;
            }
            platform.kernel().signal(orphan.pid(), Kernel.SIGKILL);
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                LOG.debug("{}: this thread has nothing else to do than wait", id(), e);
            }
        }
        return false;
    }

    private long closeCounter(Sandbox.Ended ended) {
        var counted = counter;
        if (counted == null) {
            return Math.max(0, ended.cpuMicros());
        }
        long wall = (platform.nanos().getAsLong() - startedNanos) / 1000;
        return counted.close(
                ended.cpuMicros(),
                session.reapedMicros(),
                wall * Runtime.getRuntime().availableProcessors());
    }

    // --- what the engine sees

    @Override
    public String address() {
        return folder.httpSocket().toString();
    }

    @Override
    public ServingMode mode() {
        return session.mode();
    }

    @Override
    public String rung() {
        return assigned().map(Assignment::rung).orElse("");
    }

    @Override
    public String why() {
        return assigned().map(Assignment::why).orElse("");
    }

    @Override
    public List<Step> steps() {
        return session.steps();
    }

    @Override
    public List<Import> imports() {
        return session.imports();
    }

    @Override
    public long cpuMicros() {
        var counted = counter;
        if (gone.isDone() || counted == null) {
            return finalMicros;
        }
        return Math.max(0, counted.micros() - baseMicros);
    }

    @Override
    public long memoryBytes() {
        long pid = initPid();
        return gone.isDone() || pid <= 1
                ? -1
                : GroupMemory.OF_THIS_MACHINE.of(pid).orElse(-1);
    }

    @Override
    public CpuSource cpuSource() {
        var counted = counter;
        return counted == null ? CpuSource.NONE : counted.source();
    }

    @Override
    public void drain() {
        session.drain();
    }

    @Override
    public void kill() {
        if (!gone.isDone()) {
            session.ending();
            var counted = counter;
            if (counted != null) {
                counted.last();
            }
            sandbox.kill();
        }
        gone.join();
    }

    /** The instance's own; before it is one, a name. */
    String id() {
        return assigned().map(of -> of.spec().id().value()).orElse(id);
    }

    /** Whether it is still there. */
    boolean alive() {
        return !gone.isDone() && !sandbox.ended().isDone();
    }

    /** Pid of its init as this machine sees it; -1 when that is not known. */
    long initPid() {
        var row = init;
        return row == null ? -1 : row.pid();
    }
}
