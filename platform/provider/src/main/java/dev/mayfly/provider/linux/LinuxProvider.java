package dev.mayfly.provider.linux;

import dev.mayfly.model.Egress;
import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Problem;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.ToolRuns;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.host.Spawner;
import dev.mayfly.provider.host.UserRange;
import dev.mayfly.provider.instance.Bytecode;
import dev.mayfly.provider.instance.ControlListener;
import dev.mayfly.provider.instance.Loading;
import dev.mayfly.provider.instance.WorkerFiles;
import dev.mayfly.provider.python.Interpreter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Starts each instance in a sandbox of its own, which the launcher makes. */
public final class LinuxProvider implements Provider {
    /** How long an instance that is wanted waits for a launcher that is being started again. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** What became of trying to have one. */
    public sealed interface Opening {
        record Opened(LinuxProvider provider) implements Opening {}

        /** No sandbox can be made here; nothing runs. */
        record Unable(String reason, String fix) implements Opening {}
    }

    private final RuntimeDirectory directory;
    private final Function<String, Optional<Interpreter>> interpreters;
    private final Egress operator;
    private final Platform platform;
    private final Optional<UserRange> range;
    private final Optional<Integer> network;
    private final Spawner spawner;
    private final Launcher launcher;
    private final Readiness.Able able;
    private final Bytecode bytecode;
    private final SandboxRuns tools;
    private final Set<LinuxInstance> live = ConcurrentHashMap.newKeySet();
    private final Map<String, InstanceId> addresses = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private volatile boolean closed;

    private LinuxProvider(
            RuntimeDirectory directory,
            Function<String, Optional<Interpreter>> interpreters,
            Egress operator,
            Platform platform,
            Optional<UserRange> range,
            Optional<Integer> network,
            Spawner spawner,
            Launcher launcher,
            Readiness.Able able) {
        this.directory = directory;
        this.interpreters = interpreters;
        this.operator = operator;
        this.platform = platform;
        this.range = range;
        this.network = network;
        this.spawner = spawner;
        this.launcher = launcher;
        this.able = able;
        this.bytecode = new Bytecode(directory.worker(), spawner);
        this.tools = new SandboxRuns(directory, platform, launcher, numbers, able);
    }

    /**
     * Starts the launcher, which ends what an earlier one left behind and tries every barrier; unpacks the worker where that went well.
     *
     * @param interpreters the Python for a runtime such as {@code python3.11}
     * @param operator where functions may connect to that do not say
     * @param nanos a clock that never goes back
     * @param millis milliseconds since 1970
     */
    public static Opening open(
            LauncherCommand command,
            RuntimeDirectory directory,
            WorkerFiles worker,
            Function<String, Optional<Interpreter>> interpreters,
            Egress operator,
            LongSupplier nanos,
            LongSupplier millis)
            throws InterruptedException {
        var platform = Platform.ofThisMachine(nanos, millis);
        int user = platform.kernel().effectiveUser();
        directory.create(user);
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
                yield new Opening.Opened(new LinuxProvider(
                        directory, interpreters, operator, platform, range, network, spawner, launcher, able));
            }
        };
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
        boolean command = spec.entrypoint().kind() == Entrypoint.Kind.COMMAND;
        Optional<Interpreter> python = command ? Optional.empty() : interpreters.apply(spec.runtime());
        if (!command && python.isEmpty()) {
            return failed(
                    ErrorCode.FUNCTION_START_FAILED,
                    "The runtime " + spec.runtime() + " is not on this machine.",
                    "Install it where every user can run it, or deploy again for one that `mayfly doctor` lists.");
        }
        Optional<Integer> user = range.flatMap(UserRange::take);
        if (range.isPresent() && user.isEmpty()) {
            return failed(ErrorCode.UNAVAILABLE, "Every user for instances is taken.", "Lower maxInstances.");
        }
        Runnable release = () -> range.ifPresent(ours -> user.ifPresent(ours::release));
        LinuxInstance instance;
        try {
            var plan = new Plan(spec, python, user, operator);
            instance = made(plan, spec, reports, release);
        } catch (IOException e) {
            release.run();
            return failed(
                    ErrorCode.FUNCTION_START_FAILED,
                    "The function did not start: " + e.getMessage(),
                    "`mayfly doctor` says what this machine lacks.");
        } catch (InterruptedException | RuntimeException e) {
            release.run();
            throw e;
        }
        var claim = served(instance, spec);
        python.ifPresent(each -> bytecode.keepFor(each.executable()));
        return claim;
    }

    private LinuxInstance made(Plan plan, InstanceSpec spec, InstanceReports reports, Runnable release)
            throws IOException, InterruptedException {
        long started = platform.nanos().getAsLong();
        var specialise = plan.specialise(platform.json());
        var folder = RunFolder.create(directory, Long.toString(numbers.incrementAndGet(), Character.MAX_RADIX));
        try {
            var listener = ControlListener.open(folder.controlSocket());
            try {
                var connection = launcher.connect(PATIENCE)
                        .orElseThrow(() -> new IOException("the launcher of sandboxes is not running"));
                try {
                    var request = plan.spawn(folder, directory.worker(), connection.able());
                    var instance = new LinuxInstance(
                            platform, spec, folder, connection, addresses, reports, specialise, started);
                    make(instance, request, listener, release);
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

    private void make(LinuxInstance instance, ByteBuffer request, ControlListener listener, Runnable release)
            throws IOException, InterruptedException {
        live.add(instance);
        try {
            instance.make(request, listener, () -> {
                live.remove(instance);
                release.run();
            });
        } catch (IOException | InterruptedException | RuntimeException e) {
            live.remove(instance);
            throw e;
        }
    }

    private static Claim served(LinuxInstance instance, InstanceSpec spec) throws InterruptedException {
        try {
            return switch (instance.session().awaitLoading(spec.startTimeout())) {
                case Loading.Ready ready -> new Claim.Ready(instance);
                case Loading.Failed(Problem problem) -> {
                    instance.kill();
                    yield new Claim.Failed(problem);
                }
            };
        } catch (InterruptedException e) {
            instance.kill();
            throw e;
        }
    }

    private static Claim failed(ErrorCode code, String message, String fix) {
        return new Claim.Failed(new Problem(code, message, fix));
    }

    @Override
    public Optional<InstanceId> instanceAt(String address) {
        return Optional.ofNullable(addresses.get(address));
    }

    @Override
    public Optional<Path> insideSocket() {
        return Optional.of(LauncherCommand.inside(directory));
    }

    @Override
    public Optional<Integer> insideUser() {
        return network;
    }

    @Override
    public List<PlatformProcess> processes() {
        return new Processes(platform, launcher.process().map(Process::pid), List.copyOf(live), tools.inits()).list();
    }

    @Override
    public List<Finding> findings() {
        return new Findings(able(), range).list();
    }

    @Override
    public void close() {
        closed = true;
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
        launcher.close();
        bytecode.close();
        spawner.close();
        directory.delete();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
