package dev.mayfly.provider.process;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Problem;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.Provider;
import dev.mayfly.provider.host.Kernel;
import dev.mayfly.provider.host.Platform;
import dev.mayfly.provider.host.ProcessRow;
import dev.mayfly.provider.host.ProcessTable;
import dev.mayfly.provider.host.RecentProcesses;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.host.Spawner;
import dev.mayfly.provider.host.UserRange;
import dev.mayfly.provider.instance.Bytecode;
import dev.mayfly.provider.instance.ControlListener;
import dev.mayfly.provider.instance.ControlLoop;
import dev.mayfly.provider.instance.Loading;
import dev.mayfly.provider.instance.Specialise;
import dev.mayfly.provider.instance.WorkerFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import tools.jackson.databind.json.JsonMapper;

/**
 * Starts each instance as processes of this machine. There is no sandbox: as root every instance has a user of its own, without root it has
 * the server's.
 */
public final class ProcessProvider implements Provider {
    private final RuntimeDirectory directory;
    private final Function<String, Optional<Path>> interpreters;
    private final Platform platform;
    private final ControlLoop controls;
    private final Optional<UserRange> range;
    private final CompletableFuture<Tools> tools = new CompletableFuture<>();
    private final Thread trying;
    private final Spawner spawner = new Spawner();
    private final Bytecode bytecode;
    private final Set<ProcessInstance> live = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers = new AtomicLong();
    private final boolean root;
    private volatile boolean closed;

    /**
     * Unpacks the worker and ends whatever an earlier server left behind.
     *
     * @param interpreters the executable for a runtime such as {@code python3.11}, usable by any user of this machine
     * @param nanos a clock that never goes back
     * @param millis milliseconds since 1970
     */
    public ProcessProvider(
            RuntimeDirectory directory,
            WorkerFiles worker,
            Function<String, Optional<Path>> interpreters,
            LongSupplier nanos,
            LongSupplier millis) {
        var kernel = new Kernel();
        var proc = Path.of("/proc");
        var table = new ProcessTable(proc);
        int user = kernel.effectiveUser();
        this.directory = directory;
        this.interpreters = interpreters;
        this.platform = new Platform(
                kernel,
                table,
                new RecentProcesses(table, nanos),
                JsonMapper.builder().build(),
                nanos,
                millis);
        this.controls = new ControlLoop(nanos);
        this.root = user == 0;
        this.range = root ? UserRange.of(directory.key(), proc) : Optional.empty();
        // Trying programs takes longer than all else here, and only the first instance needs to know.
        trying = Thread.ofVirtual()
                .name("try-tools")
                .start(() -> tools.complete(Tools.find(range.flatMap(UserRange::take))));
        directory.create(user);
        new Sweep(kernel, table, directory, range).run();
        worker.unpack(directory.worker());
        this.bytecode = new Bytecode(directory.worker(), spawner);
    }

    @Override
    public String name() {
        return "process";
    }

    @Override
    public Claim claim(InstanceSpec spec, InstanceReports reports) throws InterruptedException {
        if (closed) {
            return failed(ErrorCode.UNAVAILABLE, "The server is closing.", "");
        }
        var isolation = spec.limits().isolation();
        if (!isolation.metBy(Isolation.NONE)) {
            return failed(
                    ErrorCode.FUNCTION_START_FAILED,
                    "The function asks for isolation: " + isolation
                            + ", and this server runs functions as plain processes.",
                    "Give the server what `mayfly doctor` says sandboxes lack here, or remove isolation from mayfly.yaml.");
        }
        if (spec.entrypoint().kind() == Entrypoint.Kind.COMMAND) {
            return failed(
                    ErrorCode.FUNCTION_START_FAILED,
                    "A program that listens on a port of its own needs a sandbox, and this server runs functions as plain"
                            + " processes.",
                    "Give the server what `mayfly doctor` says sandboxes lack here.");
        }
        var interpreter = interpreters.apply(spec.runtime());
        if (interpreter.isEmpty()) {
            return failed(
                    ErrorCode.FUNCTION_START_FAILED,
                    "The runtime " + spec.runtime() + " is not on this machine.",
                    "Install it where every user can run it, or deploy again for one that `mayfly doctor` lists.");
        }
        if (range.isPresent() && tools.join().setpriv().isEmpty()) {
            return failed(
                    ErrorCode.UNAVAILABLE,
                    "The server runs as root and has no way to give an instance another user.",
                    "Install util-linux (setpriv), or run the server as another user.");
        }
        Optional<Integer> user = range.flatMap(UserRange::take);
        if (range.isPresent() && user.isEmpty()) {
            return failed(ErrorCode.UNAVAILABLE, "Every user for instances is taken.", "Lower maxInstances.");
        }
        Runnable release = () -> range.ifPresent(ours -> user.ifPresent(ours::release));
        ProcessInstance instance;
        try {
            instance = launched(spec, interpreter.get(), user, reports, release);
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
        bytecode.keepFor(interpreter.get());
        return claim;
    }

    private ProcessInstance launched(
            InstanceSpec spec, Path interpreter, Optional<Integer> user, InstanceReports reports, Runnable release)
            throws IOException, InterruptedException {
        long started = platform.nanos().getAsLong();
        var launch = new Launch(directory, tools.join());
        var folder =
                InstanceFolder.create(directory, Long.toString(numbers.incrementAndGet(), Character.MAX_RADIX), user);
        try {
            var layers = launch.layers(spec, folder);
            var specialise = new Specialise(
                            spec,
                            layers.code(),
                            layers.dependencies(),
                            folder.scratch(),
                            Launch.environment(spec, folder),
                            0) // this user may have processes that are not its own
                    .frame(platform.json());
            var listener = ControlListener.open(folder.controlSocket());
            try {
                folder.give(folder.controlSocket());
                var process = spawner.start(launch.builder(spec, folder, layers, interpreter));
                try {
                    var init = platform.table()
                            .find(process.pid())
                            .orElseThrow(() -> new IOException("its process ended at once"));
                    folder.note(init);
                    var instance = new ProcessInstance(
                            platform,
                            controls,
                            spec.id().value(),
                            folder,
                            process,
                            init,
                            reports,
                            specialise,
                            spec.limits().logRate(),
                            started);
                    live.add(instance);
                    instance.attend(listener, () -> {
                        live.remove(instance);
                        release.run();
                    });
                    return instance;
                } catch (IOException | RuntimeException e) {
                    process.destroyForcibly(); // its user is given to another next
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

    private Claim served(ProcessInstance instance, InstanceSpec spec) throws InterruptedException {
        try {
            return switch (instance.session().awaitLoading(spec.startTimeout())) {
                case Loading.Ready ready -> new Claim.Ready(instance);
                case Loading.Failed(Problem problem, var how) -> {
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
    public List<PlatformProcess> processes() {
        var rows = platform.recent().now();
        var found = new ArrayList<PlatformProcess>();
        var seen = new HashSet<Long>();
        for (var instance : live) {
            for (var row : instance.family().members()) {
                seen.add(row.pid());
                var role = row.pid() == instance.initPid()
                        ? "init"
                        : row.pid() == instance.workerPid() ? "worker" : "child";
                found.add(describe(row, instance.id(), role));
            }
        }
        var compiling = bytecode.running();
        rows.stream()
                .filter(row -> compiling.contains(row.pid()))
                .forEach(row -> found.add(describe(row, "", "compiling the worker")));
        range.ifPresent(ours -> rows.stream()
                .filter(row -> !row.ended() && !seen.contains(row.pid()))
                .filter(row -> platform.table().users(row.pid()).stream().anyMatch(ours::contains))
                .forEach(row -> found.add(describe(row, "", "leaving"))));
        return found;
    }

    private PlatformProcess describe(ProcessRow row, String instance, String role) {
        return new PlatformProcess(
                row.pid(),
                instance,
                role,
                row.residentBytes(),
                Math.max(0, platform.kernel().processCpuMicros(row.pid())));
    }

    @Override
    public List<Finding> findings() {
        return new Findings(root, range, tools.join(), platform.table().readable()).list();
    }

    @Override
    public void close() {
        closed = true;
        var ends = new ArrayList<>(live.stream()
                .map(instance -> Thread.ofVirtual().name("end-" + instance.id()).start(instance::kill))
                .toList());
        ends.add(trying);
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
        bytecode.close();
        spawner.close();
        directory.delete();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
