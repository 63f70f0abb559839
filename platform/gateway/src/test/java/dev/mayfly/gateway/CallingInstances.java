package dev.mayfly.gateway;

import dev.mayfly.model.InstanceId;
import dev.mayfly.model.ServingMode;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.ExitStatus;
import dev.mayfly.provider.InstanceReports;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.Provider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Instances whose code calls {@code /api/hello} from an address of its own, by host name and by loopback port in turns, and answers with how many
 * functions answered in a row.
 */
final class CallingInstances implements Provider {
    private final Path folder;
    private final InsideClient inside;
    private final TestEdge edge;
    private final Map<String, InstanceId> addresses = new ConcurrentHashMap<>();
    private final List<ScriptedInstance> running = new CopyOnWriteArrayList<>();
    private final List<String> cut = new CopyOnWriteArrayList<>();
    private final AtomicInteger count = new AtomicInteger();

    CallingInstances(Path folder, InsideClient inside, TestEdge edge) {
        this.folder = folder;
        this.inside = inside;
        this.edge = edge;
    }

    int started() {
        return count.get();
    }

    /** Answers that were not the function's. */
    List<String> cut() {
        return cut;
    }

    @Override
    public String name() {
        return "calling";
    }

    @Override
    public Optional<InstanceId> instanceAt(String address) {
        return Optional.ofNullable(addresses.get(address));
    }

    @Override
    public Claim claim(InstanceSpec spec, InstanceReports reports) {
        int number = count.incrementAndGet();
        var address = "198.19.0." + number;
        addresses.put(address, spec.id());
        try {
            var scripted = new ScriptedInstance(folder.resolve("i" + number), conversation -> {
                while (conversation.readHead()) {
                    var body = call(address, number % 2 == 0);
                    conversation.write("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
                }
            });
            running.add(scripted);
            return new Claim.Ready(new Running(scripted, reports, new AtomicBoolean()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String call(String address, boolean byName) throws IOException {
        int port = byName ? edge.port : edge.project().port();
        var host = (byName ? "hello.localhost:" : "127.0.0.1:") + port;
        var answer = inside.raw(InsideClient.line(address, port) + "GET /api/hello HTTP/1.1\r\nHost: " + host
                + "\r\nConnection: close\r\n\r\n");
        if (answer.startsWith("HTTP/1.1 200 ")) {
            int body = answer.indexOf("\r\n\r\n") + 4;
            return Integer.toString(Integer.parseInt(answer.substring(body)) + 1);
        }
        cut.add(answer);
        return "1";
    }

    @Override
    public List<PlatformProcess> processes() {
        return List.of();
    }

    @Override
    public List<Finding> findings() {
        return List.of();
    }

    @Override
    public void close() {
        for (var each : running) {
            try {
                each.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private record Running(ScriptedInstance scripted, InstanceReports reports, AtomicBoolean gone)
            implements UnmeteredInstance {
        @Override
        public String address() {
            return scripted.path().toString();
        }

        @Override
        public ServingMode mode() {
            return ServingMode.SCRIPT;
        }

        @Override
        public void kill() {
            if (gone.compareAndSet(false, true)) {
                reports.exited(new ExitStatus(0), 0);
            }
        }
    }
}
