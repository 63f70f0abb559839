package dev.mayfly.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The server of this home: finds it, starts it as a process of its own, stops it. */
final class LocalServer {
    static final int DEFAULT_PORT = 7070;
    private static final String DEVELOPMENT = "--show-tracebacks";
    private static final String FIX = "\n  fix: ";
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(60);

    private final Mayfly mayfly;
    private final Home home;

    LocalServer(Mayfly mayfly) {
        this.mayfly = mayfly;
        this.home = mayfly.home();
    }

    /** The running server, if it answers and says that this is its home. */
    Optional<Home.Written> running() {
        return home.server().filter(this::answers);
    }

    private boolean answers(Home.Written written) {
        try {
            var server = api(written).get("/server");
            return server.number("pid") == written.pid();
        } catch (Failure e) {
            if (e.code().equals("unauthorized")) {
                throw e;
            }
            return false;
        }
    }

    Api api(Home.Written written) {
        return new Api(written.url(), mayfly.token(), mayfly.noServer(), mayfly.refused());
    }

    /**
     * Starts it for whoever is at this terminal, as for development, and waits until it answers.
     *
     * @param port the one to listen on; empty: 7070 or the next one that is free
     */
    Home.Written start(Optional<Integer> port) {
        if (port.isEmpty()) {
            return start(DEFAULT_PORT, List.of("--port-search", DEVELOPMENT), Map.of());
        }
        if (!free(port.get())) {
            throw new Failure("port " + port.get() + " is in use", "mayfly up --port " + nextFree(port.get() + 1));
        }
        return start(port.get(), List.of(DEVELOPMENT), Map.of());
    }

    /**
     * The same with more, and whether the port is free is the server's to say.
     *
     * @param options of {@code mayfly server}
     * @param variables of its environment, before those that this command has
     */
    Home.Written start(int port, List<String> options, Map<String, String> variables) {
        try {
            Files.createDirectories(
                    home.path(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
            var said = home.path().resolve("server.out");
            var builder = new ProcessBuilder(command(port, options))
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(said.toFile())
                    .redirectErrorStream(true);
            builder.environment().putAll(variables);
            builder.environment().put("MAYFLY_HOME", home.path().toString());
            builder.environment().put("MAYFLY_BUILT", "1");
            builder.environment().remove("MAYFLY_PORT");
            return await(builder.start(), said);
        } catch (IOException e) {
            throw new Failure(
                    "cannot start the server: " + e.getMessage(),
                    "check that " + home.path() + " can be written to, or set MAYFLY_HOME");
        }
    }

    private static int nextFree(int from) {
        int port = from;
        while (port < 65535 && !free(port)) {
            port++;
        }
        return port;
    }

    static boolean free(int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** In a session of its own, so that Ctrl-C reaches this command alone, which then ends the server in order. */
    private List<String> command(int port, List<String> options) {
        var launcher = mayfly.surroundings().variable("MAYFLY_LAUNCHER");
        if (launcher.isEmpty()) {
            throw new Failure("MAYFLY_LAUNCHER is not set", "run the mayfly script, which sets it");
        }
        var command = new ArrayList<String>();
        Doctor.onPath(mayfly.surroundings(), "setsid").ifPresent(setsid -> command.add(setsid.toString()));
        command.addAll(List.of(launcher, "server", "--port", String.valueOf(port)));
        command.addAll(options);
        return command;
    }

    private Home.Written await(Process process, Path said) throws IOException {
        long deadline = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < deadline) {
            var written = home.server().filter(w -> w.pid() == process.pid());
            if (written.isPresent() && answers(written.get())) {
                return written.get();
            }
            if (!process.isAlive()) {
                throw refused(Files.readString(said));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        process.destroy();
        throw new Failure(
                "the server did not answer within " + START.toSeconds() + " s",
                "see " + mayfly.surroundings().show(home.log()));
    }

    /** The last words of a server that did not start: its message, and its fix where it has one. */
    private Failure refused(String said) {
        int fix = said.lastIndexOf(FIX);
        var message = (fix < 0 ? said : said.substring(0, fix)).strip().replaceFirst("^error: ", "");
        return new Failure(
                message.isEmpty() ? "the server stopped while it started" : message,
                fix < 0
                        ? "see " + mayfly.surroundings().show(home.log())
                        : said.substring(fix + FIX.length()).strip());
    }

    /** Ends it and waits until its process is gone. Returns false when there was none. */
    boolean stop() {
        var written = home.server();
        if (written.isEmpty()) {
            return false;
        }
        var process = ProcessHandle.of(written.get().pid());
        if (process.isEmpty()) {
            return false;
        }
        if (answers(written.get())) {
            api(written.get()).post("/server/stop", new JsonObject(Map.of()));
        } else if (isOurs(written.get().pid())) {
            process.get().destroy();
        } else {
            return false; // the number was given to another process since
        }
        long deadline = System.nanoTime() + STOP.toNanos();
        while (process.get().isAlive() && !isZombie(written.get().pid())) {
            if (System.nanoTime() > deadline) {
                throw new Failure(
                        "the server (process " + written.get().pid() + ") did not stop within " + STOP.toSeconds()
                                + " s",
                        "kill -9 " + written.get().pid() + ", which loses nothing but its last second of usage");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        return true;
    }

    /** Whether it has ended and only waits for a parent that never asks, as in a container whose first process reaps nothing. */
    private static boolean isZombie(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"), StandardCharsets.ISO_8859_1);
            return stat.startsWith("Z", stat.lastIndexOf(')') + 2);
        } catch (IOException e) {
            return false; // gone altogether, or a system without /proc
        }
    }

    /** Whether a process that does not answer is a Mayfly server of this home. */
    private boolean isOurs(long pid) {
        try {
            var proc = Path.of("/proc", String.valueOf(pid));
            var arguments = Files.readString(proc.resolve("cmdline"), StandardCharsets.ISO_8859_1);
            var environment = Files.readString(proc.resolve("environ"), StandardCharsets.ISO_8859_1);
            return arguments.contains("\0dev.mayfly.server.Main\0")
                    && (environment + "\0").contains("MAYFLY_HOME=" + home.path() + "\0");
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }
}
