package dev.mayfly.provider.linux;

import dev.mayfly.model.Egress;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.ProportionalMemory;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.host.Spawner;
import dev.mayfly.provider.host.UserRange;
import dev.mayfly.provider.instance.Bytecode;
import dev.mayfly.provider.instance.WorkerFiles;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts each instance in a sandbox of its own, which the launcher makes. */
public final class LinuxProvider implements Provider {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxProvider.class);

    /** What became of trying to have one. */
    public sealed interface Opening {
        record Opened(LinuxProvider provider) implements Opening {}

        /** No sandbox can be made here; nothing runs. */
        record Unable(String reason, String fix) implements Opening {}
    }

    /** Roles of what runs whether there are functions or not. */
    private static final Set<String> PLATFORM = Set.of("launcher", "network", "building");

    /** A zygote is ready within half a second, or on a busy machine in a few. */
    private static final Duration ZYGOTE_PATIENCE = Duration.ofSeconds(5);

    private final RuntimeDirectory directory;
    private final Runtimes runtimes;
    private final Egress operator;
    private final Platform platform;
    private final Optional<UserRange> range;
    private final Optional<Integer> network;
    private final Spawner spawner;
    private final Launcher launcher;
    private final Readiness.Able able;
    private final Bytecode bytecode;
    private final SandboxRuns tools;
    private final InstanceMaker maker;
    private final WarmPool pool;
    private final Zygotes zygotes;
    private final DependencyZygotes dependencies;
    private final Ladder ladder;
    private final Warmth warmth;
    private final Thrift thrift;
    private volatile Set<String> expected = Set.of();
    private volatile boolean closed;

    private LinuxProvider(
            RuntimeDirectory directory,
            Function<String, Optional<Interpreter>> interpreters,
            Egress operator,
            Warmth warmth,
            Platform platform,
            Optional<UserRange> range,
            Optional<Integer> network,
            Spawner spawner,
            Launcher launcher,
            Readiness.Able able) {
        this.directory = directory;
        this.operator = operator;
        this.platform = platform;
        this.range = range;
        this.network = network;
        this.spawner = spawner;
        this.launcher = launcher;
        this.able = able;
        this.bytecode = new Bytecode(directory.worker(), spawner);
        this.runtimes = new Runtimes(interpreters, bytecode::keepFor);
        var numbers = new AtomicLong();
        this.tools = new SandboxRuns(directory, platform, launcher, numbers, able);
        this.maker = new InstanceMaker(platform, directory, launcher, range, numbers);
        this.zygotes = new Zygotes(this::zygote, platform.nanos());
        this.thrift = new Thrift(platform.nanos());
        this.pool = new WarmPool(warmth, this::waiting, new MemoryOf(platform), thrift, platform.nanos());
        this.warmth = warmth;
        var memory = new MemoryOf(platform);
        this.dependencies = new DependencyZygotes(
                new DependencyOpener(platform, maker, zygotes, directory.worker(), memory),
                warmth.zygotes() ? warmth.zygoteBytes() : 0,
                thrift,
                platform.nanos());
        this.ladder = new Ladder(platform, maker, pool, zygotes, dependencies, directory.worker(), this::able);
    }

    /**
     * Starts the launcher, which ends what an earlier one left behind and tries every barrier; unpacks the worker where that went well.
     *
     * @param interpreters the Python for a runtime such as {@code python3.11}
     * @param operator where functions may connect to that do not say
     * @param warmth how much may be held ready
     * @param nanos a clock that never goes back
     * @param millis milliseconds since 1970
     */
    public static Opening open(
            LauncherCommand command,
            RuntimeDirectory directory,
            WorkerFiles worker,
            Function<String, Optional<Interpreter>> interpreters,
            Egress operator,
            Warmth warmth,
            LongSupplier nanos,
            LongSupplier millis)
            throws InterruptedException {
        var platform = Platform.ofThisMachine(nanos, millis);
        int user = platform.kernel().effectiveUser();
        directory.create(user);
        LauncherCommand.clear(directory);
        var spawner = new Spawner();
        var range = user == 0 ? UserRange.of(directory.key(), Path.of("/proc")) : Optional.<UserRange>empty();
        var network = range.flatMap(UserRange::take);
        var launcher = new Launcher(
                command.words(directory, network),
                DelegatedScope.ofThisMachine(user),
                directory,
                spawner,
                platform.json(),
                nanos);
        return switch (launcher.start()) {
            case Readiness.Unable(var reason, var fix) -> {
                launcher.close();
                spawner.close();
                yield new Opening.Unable(reason, fix);
            }
            case Readiness.Able able -> {
                directory.clear(); // the launcher has ended whatever ran in it
                worker.unpack(directory.worker());
                boolean copies = command.module()
                        .filter(file -> unpack(file, directory.worker()))
                        .isPresent();
                var possible =
                        new Warmth(warmth.workers(), warmth.bytes(), warmth.zygotes() && copies, warmth.zygoteBytes());
                yield new Opening.Opened(new LinuxProvider(
                        directory,
                        interpreters,
                        operator,
                        possible,
                        platform,
                        range,
                        network,
                        spawner,
                        launcher,
                        able));
            }
        };
    }

    /** Beside the worker's files, where zygotes find it. */
    private static boolean unpack(Path module, Path worker) {
        try {
            var copy = worker.resolve(module.getFileName());
            Files.copy(module, copy);
            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("r-xr-xr-x"));
            return true;
        } catch (IOException e) {
            LOG.warn("cannot unpack {}; no worker is copied from a running one", module, e);
            return false;
        }
    }

    @Override
    public String name() {
        return "linux";
    }

    private Readiness.Able able() {
        return launcher.latest().orElse(able);
    }

    /** What of the usual limits is not enforced on this machine, such as {@code memory}. */
    public List<String> missingLimits() {
        return able().missingLimits();
    }

    /** Which barriers its probe could pass, such as {@code seccomp}: none, where nothing is wrong. */
    public List<String> missingBarriers() {
        return able().missingBarriers();
    }

    /** Runs tools of builds in sandboxes. */
    public ToolRuns tools() {
        return tools;
    }

    @Override
    public Claim claim(InstanceSpec spec, InstanceReports reports) throws InterruptedException {
        if (closed) {
            return failed(ErrorCode.UNAVAILABLE, "The server is closing.", "");
        }
        if (!spec.limits().isolation().metBy(Isolation.LINUX)) {
            return failed(
                    ErrorCode.FUNCTION_START_FAILED,
                    "The function asks for isolation " + spec.limits().isolation() + ", and this server offers linux.",
                    "Set isolation: linux, or deploy to a cluster.");
        }
        try {
            var generic = Plan.command(spec) ? Optional.of(Generic.PROVIDED) : runtimes.of(spec.runtime());
            if (generic.isEmpty()) {
                return failed(
                        ErrorCode.FUNCTION_START_FAILED,
                        "The runtime " + spec.runtime() + " is not on this machine.",
                        "Install it where every user can run it, or deploy again for one that `mayfly doctor` lists.");
            }
            var claim = ladder.claim(new Plan(spec, generic.get(), operator), spec, reports);
            if (claim instanceof Claim.Failed) {
                lookAgain(spec.runtime());
            }
            return claim;
        } catch (ProblemException e) {
            return new Claim.Failed(e.problem());
        } catch (IOException e) {
            lookAgain(spec.runtime());
            return failed(
                    ErrorCode.FUNCTION_START_FAILED,
                    "The function did not start: " + e.getMessage(),
                    "`mayfly doctor` says what this machine lacks.");
        }
    }

    private void lookAgain(String runtime) {
        if (runtimes.forgetGone(runtime)) {
            expect(expected);
        }
    }

    /** One that waits for its function: a copy of a zygote where there is one. */
    private LinuxInstance waiting(Generic generic) throws IOException, InterruptedException {
        zygotes.awaitFirst(generic, ZYGOTE_PATIENCE);
        var zygote = zygotes.of(generic, 1);
        if (zygote.isPresent()) {
            try {
                return waiting(generic, zygote.map(Zygote::id));
            } catch (IOException e) {
                LOG.debug("no copy of {}", zygote.get().id(), e);
            }
        }
        return waiting(generic, Optional.empty());
    }

    private LinuxInstance waiting(Generic generic, Optional<String> zygote) throws IOException, InterruptedException {
        var name = maker.name("pool-");
        var made = maker.make(
                name,
                instance -> {},
                (folder, user, connected) -> generic.spawn(name, folder, directory.worker(), user, zygote));
        if (made.session().awaitHello(generic.worker())) {
            return made;
        }
        made.kill();
        throw new IOException("its worker did not say hello");
    }

    private Zygote zygote(Generic generic) throws IOException, InterruptedException {
        return Zygote.start(platform, directory, launcher, maker.name("zygote-"), generic, InstanceMaker.PATIENCE);
    }

    @Override
    public void expect(Set<String> runtimes) {
        expected = Set.copyOf(runtimes);
        Thread.ofVirtual().name("expect").start(() -> expect(expected, new HashSet<>()));
    }

    /** Finding an interpreter may take a while. */
    private synchronized void expect(Set<String> latest, Set<Generic> kinds) {
        for (var runtime : latest) {
            try {
                runtimes.look(runtime).ifPresent(kinds::add);
            } catch (IOException e) {
                LOG.warn("none is held ready for {}: {}", runtime, e.getMessage());
            }
        }
        if (latest.equals(expected)) {
            zygotes.expect(warmth.zygotes() ? kinds : Set.of());
            pool.expect(kinds);
        }
    }

    private static Claim failed(ErrorCode code, String message, String fix) {
        return new Claim.Failed(new Problem(code, message, fix));
    }

    @Override
    public long memoryBytes() {
        var pids = Stream.concat(
                maker.live().stream().map(LinuxInstance::initPid),
                zygotes.all().keySet().stream().map(Zygote::pid));
        return pids.filter(pid -> pid > 1)
                .flatMapToLong(pid -> GroupMemory.OF_THIS_MACHINE.ofAll(pid).stream())
                .findFirst()
                .orElseGet(this::shares);
    }

    /** Where there are no groups to count it, each process's share of what several have. */
    private long shares() {
        return processes().stream()
                .filter(each -> !PLATFORM.contains(each.role()))
                .mapToLong(each ->
                        ProportionalMemory.OF_THIS_MACHINE.apply(each.pid()).orElse(Math.max(0, each.residentBytes())))
                .sum();
    }

    /** First what waits in the pool, which takes milliseconds to have again; then zygotes with dependencies. Without that of a runtime a start takes more memory. */
    @Override
    public long release(long bytes) {
        thrift.begin();
        long back = pool.release(bytes);
        return back >= bytes ? back : back + dependencies.release(bytes - back);
    }

    @Override
    public Optional<InstanceId> instanceAt(String address) {
        return maker.at(address);
    }

    @Override
    public Optional<Path> insideSocket() {
        return Optional.of(LauncherCommand.inside(directory));
    }

    @Override
    public Optional<Path> insideTlsSocket() {
        return Optional.of(LauncherCommand.insideTls(directory));
    }

    @Override
    public Optional<Integer> insideUser() {
        return network;
    }

    @Override
    public List<PlatformProcess> processes() {
        return new Processes(platform, launcher.process().map(Process::pid), maker.live(), zygotes.all(), tools.inits())
                .list();
    }

    @Override
    public List<Finding> findings() {
        return new Findings(able(), range).list();
    }

    @Override
    public void close() {
        closed = true;
        pool.close();
        dependencies.close();
        zygotes.close();
        boolean interrupted = maker.endAll();
        launcher.close();
        bytecode.close();
        spawner.close();
        directory.delete();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
