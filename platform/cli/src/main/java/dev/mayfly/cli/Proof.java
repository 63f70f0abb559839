package dev.mayfly.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One {@code mayfly prove}: makes the ground, tries everything on it, and takes it all away again, however it ends. */
final class Proof {
    private final Mayfly mayfly;
    private final BundledProject project;
    private final Set<Check.Group> groups;
    private final ProofPage page;
    private final Checks checks;
    private final ProofServer server;
    private final Outside outside;
    private final String mark = "mayfly-prove-" + UUID.randomUUID();
    private @Nullable Witness witness;
    private @Nullable Stopwatch stopwatch;
    private Optional<FirstCalls> firstCalls = Optional.empty();
    private volatile boolean stopping;

    /**
     * @param isolation for {@code mayfly server --isolation}
     * @param groups what to try
     */
    Proof(Mayfly mayfly, BundledProject project, String isolation, Set<Check.Group> groups, ProofPage page) {
        this.mayfly = mayfly;
        this.project = project;
        this.groups = groups;
        this.page = page;
        this.checks = new Checks(this::begins, this::done);
        var python = Doctor.onPath(mayfly.surroundings(), "python3")
                .orElseThrow(() -> new Failure("there is no python3 on the PATH", "apt-get install python3"));
        this.server = new ProofServer(mayfly, ProofServer.newFolder(), mark + "-server", isolation);
        this.outside =
                new Outside(python, server.folder(), mayfly.surroundings().environment());
    }

    private void begins(String attempt) {
        if (mayfly.screen().terminal()) {
            mayfly.screen().redraw(mayfly.screen().errPaint().dim("  … " + attempt));
        }
    }

    private void done(Check check) {
        if (mayfly.screen().terminal()) {
            mayfly.screen().redraw("");
        }
        if (!mayfly.json() && !stopping) {
            mayfly.screen().data(page.lines(check));
        }
    }

    List<Check> run() {
        var main = Thread.currentThread();
        var ending = new Thread(() -> end(main), "end");
        Runtime.getRuntime().addShutdownHook(ending);
        try {
            var leftovers = work();
            takeDown();
            leftovers.after();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new Failure("stopped", "");
        } catch (Failure e) {
            throw stopping ? new Failure("stopped", "") : e; // what fails then, fails because the server has gone
        } finally {
            takeDown();
            if (!stopping) {
                Runtime.getRuntime().removeShutdownHook(ending);
            }
        }
        if (stopping) {
            throw new Failure("stopped", ""); // also where the last check took that for a failure of its own
        }
        return checks.all();
    }

    private LeftoverChecks work() throws IOException, InterruptedException {
        project.unpack(server.folder(), mark + "-secret");
        begins("starting a server");
        server.start();
        begins("deploying");
        var functions = new FunctionCall(server.deploy(server.folder().resolve("prove")));
        var ground = new Ground(server, outside, functions, server.provider(), server.findings());
        if (!mayfly.json()) {
            begins("");
            mayfly.screen().data(page.head(surroundings(ground)));
        }
        var zero = new ZeroChecks(checks, ground);
        zero.begin();
        if (groups.contains(Check.Group.ISOLATION)) {
            isolation(ground);
        }
        if (groups.contains(Check.Group.LIMITS)) {
            new LimitChecks(checks, ground).run();
        }
        if (groups.contains(Check.Group.ZERO)) {
            zero.run();
        }
        if (groups.contains(Check.Group.METER)) {
            new MeterChecks(checks, ground).run();
        }
        if (groups.contains(Check.Group.COLD)) {
            cold(ground);
        }
        if (groups.contains(Check.Group.KILLS)) {
            new KillChecks(checks, ground).run();
        }
        var leftovers = new LeftoverChecks(checks, ground);
        leftovers.before();
        return leftovers;
    }

    private String surroundings(Ground ground) {
        return "provider %s, %s %s, %s, as %s"
                .formatted(
                        ground.provider(),
                        System.getProperty("os.name", ""),
                        System.getProperty("os.version", ""),
                        Amounts.count(Runtime.getRuntime().availableProcessors(), "processor"),
                        System.getProperty("user.name", ""));
    }

    private void isolation(Ground ground) throws IOException, InterruptedException {
        var addresses = privateAddresses();
        var stranger = Witness.start(outside, mark + "-witness", addresses);
        witness = stranger;
        var other = new FunctionCall(server.deploy(server.folder().resolve("neighbour")));
        var neighbour = Neighbour.start(server, other, mark + "-secret");
        new IsolationChecks(checks, ground, stranger, neighbour).run();
        new ReachChecks(checks, ground, stranger, addresses, neighbour).run();
        stranger.close();
        server.api().delete("/projects/neighbour");
    }

    private void cold(Ground ground) throws IOException, InterruptedException {
        var watch = Stopwatch.start(outside);
        stopwatch = watch;
        var cold = new ColdChecks(checks, ground, watch);
        cold.run();
        watch.close();
        firstCalls = cold.measured();
        if (!mayfly.json() && !stopping) {
            firstCalls.ifPresent(calls -> FirstCallsPage.print(mayfly.screen(), calls));
        }
    }

    /** What was measured of cold starts; empty before that, and where it could not be tried. */
    Optional<FirstCalls> firstCalls() {
        return firstCalls;
    }

    /** One private address of this machine, if it has any: a place that somebody outside of a function can reach. */
    private static List<String> privateAddresses() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && address.isSiteLocalAddress())
                .map(address -> String.valueOf(address.getHostAddress()))
                .limit(1)
                .toList();
    }

    /** On Ctrl-C: the checks end where they are, and everything is taken down before this process ends. */
    private void end(Thread main) {
        stopping = true;
        main.interrupt();
        takeDown();
        try {
            main.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        takeDown(); // what the checks had begun to start meanwhile
    }

    private synchronized void takeDown() {
        if (witness != null) {
            witness.close();
        }
        if (stopwatch != null) {
            stopwatch.close();
        }
        server.stop();
        try {
            delete(server.folder());
        } catch (IOException e) {
            mayfly.screen().warn("cannot delete " + server.folder() + ": " + e.getMessage());
        }
    }

    /** Artifacts are read-only, their folders too. */
    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) throws IOException {
                Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwx------"));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) throws IOException {
                Files.delete(each);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path each, @Nullable IOException failed) throws IOException {
                Files.delete(each);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
