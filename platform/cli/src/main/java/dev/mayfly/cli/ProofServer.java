package dev.mayfly.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A server that exists for {@code mayfly prove} alone, in a temporary home and on ports that are free: the user's own server and home are never
 * touched.
 */
final class ProofServer {
    /** Ports are somewhere here: above what servers use by themselves, below what Linux gives to clients. */
    private static final int FIRST_PORT = 14_000;

    private static final int PORTS = 15_000;

    private static final long STOP_MILLIS = 20_000;

    private final Path folder;
    private final String mark;
    private final List<String> options;
    private final Mayfly mayfly;
    private final LocalServer server;
    private Optional<Home.Written> written = Optional.empty();

    /**
     * @param mark a word that is in the server's environment and nowhere else
     * @param isolation for {@code --isolation}
     */
    ProofServer(Mayfly of, Path folder, String mark, String isolation) {
        this.folder = folder;
        this.mark = mark;
        // Where another takes a port between this look and the start, the server takes the next one.
        this.options = List.of("--isolation", isolation, "--first-port", String.valueOf(somePort()), "--port-search");
        var given = of.surroundings();
        var environment = new HashMap<>(given.environment());
        environment.put("MAYFLY_HOME", folder.resolve("home").toString());
        List.of("MAYFLY_SERVER", "MAYFLY_TOKEN").forEach(environment::remove);
        var quiet = new Surroundings(
                environment,
                folder,
                given.in(),
                given.out(),
                new PrintStream(OutputStream.nullOutputStream()),
                false,
                false,
                given.clock());
        this.mayfly = new Mayfly(quiet, new Screen(quiet), "", false);
        this.server = new LocalServer(mayfly);
    }

    /** A folder for a server and what it serves, which functions may pass through and not look into. */
    static Path newFolder() {
        try {
            return Files.createTempDirectory(
                    "mayfly-prove-" + ProcessHandle.current().pid() + "-",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it and waits until it answers; returns how long that took. */
    Duration start() {
        long begun = System.nanoTime();
        // What the user sets for a server of their own is not for this one.
        written = Optional.of(server.start(
                somePort(),
                options,
                Map.of("MAYFLY_SERVER_OPTIONS", "", "MAYFLY_ARTIFACTS", "", "MAYFLY_PROVE", mark)));
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private static int somePort() {
        int port = FIRST_PORT;
        do {
            port = FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
        } while (!LocalServer.free(port));
        return port;
    }

    /** Ends it as {@code kill -9} does, and waits until it is gone. */
    void kill() throws InterruptedException {
        var process = ProcessHandle.of(pid())
                .orElseThrow(() -> new Failure("the server is gone already", "mayfly prove again"));
        process.destroyForcibly();
        ProcessTree.awaitGone(List.of(pid()), Duration.ofSeconds(10));
    }

    /** Ends it in order, also one that is about to start; by force where it does not end. Returns when it is gone. */
    void stop() {
        var own = "MAYFLY_HOME=" + home();
        try {
            for (long waited = 0;
                    waited < STOP_MILLIS && !ProcessTree.mentioning(own).isEmpty();
                    waited += 50) {
                try {
                    server.stop();
                } catch (Failure e) {
                    // it does not answer, or not yet
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
            for (long pid : ProcessTree.mentioning(own)) {
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a project of a folder and returns the URL of its production. */
    String deploy(Path project) {
        var wish = new Deployer.Wish(project.toString(), "", true, false, Map.of());
        return new Deployer(mayfly, api()).deploy(wish).url();
    }

    Api api() {
        return server.api(running());
    }

    long pid() {
        return running().pid();
    }

    int port() {
        var url = running().url();
        return Integer.parseInt(url.replaceAll("^.*:", "").replaceAll("\\D.*$", ""));
    }

    Path home() {
        return folder.resolve("home");
    }

    Path folder() {
        return folder;
    }

    /** What is in its environment alone. */
    String mark() {
        return mark;
    }

    String token() {
        return mayfly.token();
    }

    private Home.Written running() {
        return written.orElseThrow(() -> new IllegalStateException("it was never started"));
    }

    /** What runs for functions at this moment, as the server says. */
    List<JsonObject> instanceProcesses() {
        return processes().stream()
                .filter(process -> !process.text("instance").isEmpty())
                .toList();
    }

    List<JsonObject> processes() {
        return api().get("/processes").objects("processes");
    }

    /** The process that runs a function's code. */
    long worker(String function) {
        return instanceProcesses().stream()
                .filter(process -> process.text("function").equals(function)
                        && process.text("role").equals("worker"))
                .mapToLong(process -> process.number("pid"))
                .findFirst()
                .orElseThrow(() -> new Failure("no worker of " + function + " runs", "mayfly prove again"));
    }

    /** The launcher of sandboxes; empty where functions are plain processes. */
    Optional<Long> launcher() {
        return processes().stream()
                .filter(process -> process.text("role").equals("launcher"))
                .map(process -> process.number("pid"))
                .findFirst();
    }

    /** Waits until nothing runs for functions. Returns whether that came about. */
    boolean awaitZero(Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!instanceProcesses().isEmpty()) {
            if (System.nanoTime() > end) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return true;
    }

    List<Doctor.Finding> findings() {
        var findings = new ArrayList<Doctor.Finding>();
        api().get("/doctor").objects("findings").forEach(finding -> findings.add(Doctor.Finding.of(finding)));
        return findings;
    }

    /** {@code process} or {@code linux}. */
    String provider() {
        return api().get("/server").text("provider");
    }
}
