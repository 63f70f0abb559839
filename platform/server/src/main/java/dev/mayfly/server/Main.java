package dev.mayfly.server;

import dev.mayfly.model.ProblemException;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Starts a server in this process. One line of JSON on standard output says that it is ready; SIGTERM ends it in order, with status 0. */
public final class Main {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    private Main() {}

    public static void main(String[] arguments) {
        if (List.of(arguments).contains("--help")) {
            System.out.print(ServerOptions.HELP);
            return;
        }
        System.exit(run(List.of(arguments)));
    }

    private static int run(List<String> arguments) {
        ServerOptions options;
        try {
            options = ServerOptions.parse(arguments, System.getenv());
        } catch (IllegalArgumentException e) {
            System.err.println("error: " + e.getMessage() + "\n  fix: mayfly server --help");
            return USAGE;
        }
        try {
            var home = new Home(options.home());
            home.create();
            var log = ServerLog.to(home.log());
            var server = new MayflyServer(options, System.getenv(), Clock.systemUTC(), Main::exitSoon);
            Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().name("mayfly-stop").unstarted(() -> {
                        server.close();
                        LoggerFactory.getLogger(Main.class).info("stopped");
                        log.close();
                        Runtime.getRuntime().halt(0);
                    }));
            System.out.println(server.readyLine());
            Thread.currentThread().join();
            return 0;
        } catch (ProblemException e) {
            System.err.println("error: " + e.problem().message());
            if (!e.problem().fix().isEmpty()) {
                System.err.println("  fix: " + e.problem().fix());
            }
            return FAILED;
        } catch (IOException e) {
            System.err.println("error: the server cannot start: " + e.getMessage());
            return FAILED;
        } catch (InterruptedException e) {
            return FAILED;
        }
    }

    private static void exitSoon() {
        Thread.ofPlatform().name("mayfly-exit").start(() -> System.exit(0));
    }
}
