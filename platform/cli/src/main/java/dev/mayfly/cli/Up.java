package dev.mayfly.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** One {@code mayfly up}, from a folder to a URL and on to the last log line. */
final class Up {
    private final Mayfly mayfly;
    private final Screen screen;
    private final Deployer.Wish wish;
    private final boolean detach;
    private final AtomicBoolean stopping = new AtomicBoolean();

    Up(Mayfly mayfly, Deployer.Wish wish, boolean detach) {
        this.mayfly = mayfly;
        this.screen = mayfly.screen();
        this.wish = wish;
        this.detach = detach;
    }

    int run(Optional<Integer> port) {
        var path = mayfly.resolve(wish.path());
        if (mayfly.address().isPresent()) {
            return serve(mayfly.api(), path);
        }
        var server = new LocalServer(mayfly);
        var running = server.running();
        if (running.isPresent()) {
            screen.say(screen.errPaint().dim("server   " + running.get().url() + ", already running"));
            sayWeakness(server.api(running.get()));
            return serve(server.api(running.get()), path);
        }
        var started = server.start(port);
        var home = mayfly.surroundings().show(mayfly.home().path());
        screen.say(screen.errPaint().dim("server   " + started.url() + ", home " + home));
        sayWeakness(server.api(started));
        var ending = new Thread(() -> end(server), "end");
        Runtime.getRuntime().addShutdownHook(ending);
        int code = serve(server.api(started), path);
        if (detach && code == 0) {
            Runtime.getRuntime().removeShutdownHook(ending);
        }
        return code;
    }

    /** Where functions are less than isolated, whoever starts here should know before the first of them runs. */
    private void sayWeakness(Api api) {
        var facts = api.get("/server");
        if (!facts.text("weakness").isEmpty()) {
            screen.say(screen.errPaint().yellow(facts.text("weakness")));
        }
        if (!facts.text("weaknessFix").isEmpty()) {
            screen.say("  fix: " + facts.text("weaknessFix"));
        }
    }

    private void end(LocalServer server) {
        stopping.set(true);
        try {
            if (server.stop()) {
                screen.say("stopped the server; its deployments come back with the next mayfly up");
            }
        } catch (Failure e) {
            screen.error(e);
        }
    }

    private int serve(Api api, Path path) {
        var deployed = new Deployer(mayfly, api).deploy(wish);
        screen.data(mayfly.json() ? Json.write(deployed.asJson()) : deployed.url());
        if (detach) {
            Rehearsal.begin(mayfly.surroundings());
            return 0;
        }
        var project = deployed.project().text("name");
        var functions =
                api.get("/projects/" + Api.encode(project) + "/functions").objects("functions");
        sayWhatNext(deployed, project, functions);
        long now = mayfly.surroundings().clock().millis();
        if (isExample(path) && !functions.isEmpty()) {
            callOnce(api, project, functions.getFirst());
        }
        Rehearsal.begin(mayfly.surroundings());
        return new Follower(mayfly, api, project, stopping).follow(now);
    }

    private void sayWhatNext(Deployer.Deployed deployed, String project, List<JsonObject> functions) {
        var first = functions.isEmpty() ? "/" : path(functions.getFirst());
        screen.say("");
        screen.say("  curl " + deployed.url().replaceAll("/$", "") + first);
        screen.say("  mayfly logs " + project);
        screen.say("  mayfly usage " + project);
        screen.say("");
    }

    /** The first path of a function that can be called as it is written. */
    private static String path(JsonObject function) {
        return function.texts("paths").stream()
                .filter(path -> !path.contains("[") && !path.contains("*"))
                .findFirst()
                .orElse("/");
    }

    private static boolean isExample(Path path) {
        var folder = path.getParent();
        return folder != null && Source.fileName(folder).equals("examples");
    }

    private void callOnce(Api api, String project, JsonObject function) {
        var call = new Invocation(api, project, "GET", path(function));
        var answer = call.send(List.of(), new byte[0], Optional.empty());
        answer.drain();
        Receipt.of(api, project, answer.invocation())
                .ifPresent(receipt -> screen.say(screen.errPaint().bold(receipt.line())));
    }
}
