package dev.mayfly.provider.process;

import dev.mayfly.model.CpuSource;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.host.CpuCounter;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.ProcessRow;
import dev.mayfly.provider.instance.ControlListener;
import dev.mayfly.provider.instance.ControlLoop;
import dev.mayfly.provider.instance.Peer;
import dev.mayfly.provider.instance.ProtocolViolation;
import dev.mayfly.provider.instance.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One instance as processes of this machine. Whatever goes wrong, one way leads out: its processes end, and the thread that waits for its
 * init tidies up and reports.
 */
final class ProcessInstance implements ProvidedInstance, Peer {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessInstance.class);

    private final Platform platform;
    private final String id;
    private final InstanceFolder folder;
    private final Process process;
    private final ProcessRow init;
    private final Family family;
    private final Session session;
    private final long startedNanos;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private volatile @Nullable CpuCounter counter;
    private volatile long workerPid;
    private volatile long finalMicros;

    ProcessInstance(
            Platform platform,
            ControlLoop controls,
            String id,
            InstanceFolder folder,
            Process process,
            ProcessRow init,
            InstanceReports reports,
            ByteBuffer specialise,
            long logRate,
            long startedNanos) {
        this.platform = platform;
        this.id = id;
        this.folder = folder;
        this.process = process;
        this.init = init;
        this.startedNanos = startedNanos;
        this.family = new Family(platform.kernel(), platform.table(), init, folder.user(), folder.mark(), true);
        this.session = new Session(platform, controls, id, this, startedNanos);
        session.assign(reports, logRate, specialise);
    }

    /** Starts listening to it. */
    void attend(ControlListener listener, Runnable tidied) {
        session.step("spawn");
        session.attend(listener);
        Thread.ofVirtual().name("watch-" + id).start(() -> watch(listener, tidied));
    }

    Session session() {
        return session;
    }

    // --- what the session asks

    @Override
    public Role greet(int connection, Hello hello) throws ProtocolViolation {
        if (hello.role() == 1 && hello.pid() == init.pid()) {
            return Role.INIT;
        }
        if (hello.role() == 2 && isChildOfInit(hello.pid())) {
            workerPid = hello.pid();
            counter = new CpuCounter(platform.kernel(), platform.table(), platform.recent(), init.pid(), hello.pid());
            return Role.WORKER;
        }
        throw hello.notExpected();
    }

    private boolean isChildOfInit(long pid) {
        return platform.table()
                .find(pid)
                .filter(row -> row.parent() == init.pid())
                .isPresent();
    }

    @Override
    public boolean endsWithin(Duration patience) throws InterruptedException {
        return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void end() {
        kill();
    }

    // --- the end

    /** Waits for the init, whatever ended it; then nothing of the instance may be left. */
    private void watch(ControlListener listener, Runnable tidied) {
        int initStatus = exitValue();
        boolean clean = family.kill();
        var status = new ExitStatus(session.hearOut(listener, initStatus, bootWords()));
        try {
            folder.delete();
        } catch (IOException e) {
            LOG.warn("{}: cannot delete its folders now; the next start will", id, e);
        }
        if (clean) {
            tidied.run();
        } else {
            LOG.error("{}: some of its processes would not end", id);
        }
        session.over(status);
        finalMicros = closeCounter();
        session.exited(status, finalMicros);
        gone.complete(null);
    }

    private int exitValue() {
        while (true) {
            try {
                return process.waitFor();
            } catch (InterruptedException e) {
                LOG.debug("{}: this thread has nothing else to do than wait", id, e);
            }
        }
    }

    private String bootWords() {
        try (var in = Files.newInputStream(folder.bootLog())) {
            return new String(in.readNBytes(4096), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private long closeCounter() {
        var counted = counter;
        if (counted == null) {
            return 0;
        }
        long wall = (platform.nanos().getAsLong() - startedNanos) / 1000;
        return counted.close(session.reapedMicros(), wall * Runtime.getRuntime().availableProcessors());
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
        return "boot";
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
        if (counted == null) {
            return 0;
        }
        return gone.isDone() ? finalMicros : counted.micros();
    }

    @Override
    public CpuSource cpuSource() {
        return platform.table().readable() ? CpuSource.PROC : CpuSource.NONE;
    }

    @Override
    public void drain() {
        session.drain();
    }

    @Override
    public void kill() {
        if (!gone.isDone()) {
            session.ending();
            family.stop();
            var counted = counter;
            if (counted != null) {
                counted.lastMicros();
            }
            family.kill();
        }
        gone.join();
    }

    long initPid() {
        return init.pid();
    }

    long workerPid() {
        return workerPid;
    }

    Family family() {
        return family;
    }

    String id() {
        return id;
    }
}
