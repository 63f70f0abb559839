package dev.mayfly.provider.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mayfly.model.Entrypoint;
import dev.mayfly.model.FunctionName;
import dev.mayfly.model.InstanceId;
import dev.mayfly.model.Limits;
import dev.mayfly.provider.Claim;
import dev.mayfly.provider.InstanceSpec;
import dev.mayfly.provider.ProvidedInstance;
import dev.mayfly.provider.ReportLog;
import dev.mayfly.provider.UnixHttp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After many starts from one rung, one after the other and all at once, the machine holds what it held before. */
@SuppressWarnings("NullAway.Init") // each test makes its own, of its size
final class ManyStartsTest {
    private static final String SLOW = "import time\ntime.sleep(0.04)\n";
    private static final String SOURCE = """
            from http.server import BaseHTTPRequestHandler
            try:
                import slow
            except ImportError:
                pass
            class handler(BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200)
                    self.send_header("Content-Length", "4")
                    self.end_headers()
                    self.wfile.write(b"here")
            """;

    /** Processes of one zygote with dependencies and of its seats, each with an init. */
    private static final long FULL = 2L * (1 + DependencyOpener.SEATS);

    /** How much of it there is to be. */
    private record Size(int inARow, int atOnce) {}

    @TempDir
    private Path folder;

    private LinuxFixture fixture;
    private LinuxProvider provider;
    private Path code;
    private Path layer;
    private boolean dependencies;
    private int instances;

    @ParameterizedTest
    @ValueSource(strings = {"pool", "zygote", "dependencies", "boot"})
    void nothing_is_left_of_them(String rung) throws Exception {
        prove(rung, new Size(25, 16));
    }

    @Tag("soak")
    @ParameterizedTest
    @ValueSource(strings = {"pool", "zygote", "dependencies", "boot"})
    void nothing_is_left_of_ten_thousand_in_a_row_and_two_hundred_at_once(String rung) throws Exception {
        prove(rung, new Size(10_000, 200));
    }

    private void prove(String rung, Size size) throws Exception {
        fixture = new LinuxFixture(folder);
        code = readable("code");
        layer = readable("layer");
        Files.writeString(code.resolve("api.py"), SOURCE);
        Files.writeString(layer.resolve("slow.py"), SLOW);
        int workers = rung.equals("pool") ? Math.max(8, size.atOnce) : 0;
        dependencies = rung.equals("dependencies");
        provider = fixture.provider(new Warmth(workers, 4L << 30, !rung.equals("boot"), dependencies ? 4L << 30 : 0));
        try {
            expect(rung);
            var traces = new Traces(fixture, provider);
            var owners = rung.equals("dependencies") ? Math.max(1, size.atOnce / DependencyOpener.SEATS) : 1;
            openAll(rung, owners);
            // Once, so that everything is as large as it becomes.
            inARow(rung, 10);
            atOnce(rung, size.atOnce, owners);
            var before = settled(traces, owners);
            var memory = memory(traces);
            long descriptors = Traces.ofThisProcess();

            expect(rung);
            long begun = System.nanoTime();
            var rungs = inARow(rung, size.inARow);
            long row = System.nanoTime() - begun;
            var together = atOnce(rung, size.atOnce, owners);

            System.out.printf("%s: %s in a row in %d s, %s at once%n", rung, rungs, row / 1_000_000_000, together);
            assertThat(together).containsKey(rung);
            rest(owners);
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(traces.now()).isEqualTo(before));
            await().atMost(Duration.ofSeconds(20)).until(() -> Traces.ofThisProcess() <= descriptors + 3);
            memory.forEach((pid, kibibytes) -> assertThat(Traces.resident(pid) - kibibytes)
                    .as("KiB more of %d", pid)
                    .isLessThan(1024));
        } finally {
            provider.close();
        }
        assertThat(fixture.processes()).isEmpty();
        assertThat(fixture.directory.root()).doesNotExist();
    }

    private void expect(String rung) {
        provider.expect(Set.of("python3"));
        if (!rung.equals("boot")) {
            await().until(() -> waiting("zygote") > 0);
        }
    }

    /** How much is held ready depends on what was asked for lately; so nothing is, but zygotes with dependencies, each with all its seats. */
    private void rest(int owners) throws Exception {
        for (int owner = 0; dependencies && owner < owners; owner++) {
            int one = owner;
            await().pollInterval(Duration.ofMillis(50))
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> {
                        boolean full = waiting("dependency-zygote", "project" + one) == FULL;
                        if (!full) {
                            claimed(one).kill(); // it is opened anew when few are left
                        }
                        return full;
                    });
        }
        provider.expect(Set.of());
        await().atMost(Duration.ofSeconds(60)).until(() -> waiting("pool") + waiting("zygote") == 0);
    }

    /** What it holds once it has come to rest. */
    private Map<String, Long> settled(Traces traces, int owners) throws Exception {
        rest(owners);
        var last = new ArrayList<Map<String, Long>>();
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            last.add(traces.now());
            int seen = last.size();
            return seen >= 5 && last.subList(seen - 5, seen).stream().distinct().count() == 1;
        });
        return last.getLast();
    }

    private static Map<Long, Long> memory(Traces traces) {
        var memory = new TreeMap<Long, Long>();
        traces.own().forEach(pid -> memory.put(pid, Traces.resident(pid)));
        return memory;
    }

    /** Has a zygote with its dependencies opened for each project. */
    private void openAll(String rung, int owners) throws Exception {
        if (rung.equals("dependencies")) {
            for (int owner = 0; owner < owners; owner++) {
                served(claimed(owner)).kill();
            }
            awaitSeats(owners);
        }
    }

    private void awaitSeats(int owners) {
        await().atMost(Duration.ofSeconds(60)).until(() -> waiting("dependency-zygote") >= FULL * owners - 4L * owners);
    }

    /** So many from that rung; how many of each there were. */
    private Map<String, Integer> inARow(String rung, int count) throws Exception {
        var rungs = new TreeMap<String, Integer>();
        while (rungs.getOrDefault(rung, 0) < count) {
            if (rung.equals("pool")) {
                await().pollInterval(Duration.ofMillis(2)).until(() -> waiting("pool") >= 4);
            } else if (rung.equals("dependencies")) {
                await().pollInterval(Duration.ofMillis(2)).until(() -> waiting("dependency-zygote") > 4);
            }
            for (int left = 8; left > 0 && rungs.getOrDefault(rung, 0) < count; left--) {
                var instance = served(claimed(0));
                rungs.merge(instance.rung(), 1, Integer::sum);
                instance.kill();
                if (!instance.rung().equals(rung)) {
                    break;
                }
            }
        }
        return rungs;
    }

    private Map<String, Integer> atOnce(String rung, int count, int owners) throws Exception {
        if (rung.equals("dependencies")) {
            awaitSeats(owners);
        } else if (rung.equals("pool")) {
            awaitAsManyAsThereWillBe();
        }
        var rungs = new TreeMap<String, Integer>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var claims = new ArrayList<Callable<ProvidedInstance>>();
            for (int number = 0; number < count; number++) {
                int owner = number % owners;
                claims.add(() -> served(claimed(owner)));
            }
            var all = new ArrayList<ProvidedInstance>();
            for (Future<ProvidedInstance> each : threads.invokeAll(claims)) {
                all.add(each.get());
            }
            for (var instance : all) {
                var because = instance.rung().equals(rung) ? "" : " because " + instance.why();
                rungs.merge(instance.rung() + because, 1, Integer::sum);
            }
            threads.invokeAll(all.stream()
                    .map(instance -> Executors.callable(instance::kill))
                    .toList());
        }
        return rungs;
    }

    /** The pool is larger the more was started lately, up to all that are wanted at once. */
    private void awaitAsManyAsThereWillBe() {
        var seen = new ArrayList<Long>();
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            seen.add(waiting("pool"));
            int looks = seen.size();
            return looks >= 5
                    && seen.subList(looks - 5, looks).stream().distinct().count() == 1
                    && seen.getLast() > 0;
        });
    }

    private ProvidedInstance claimed(int owner) throws Exception {
        var claim = provider.claim(spec(owner), new ReportLog());
        return switch (claim) {
            case Claim.Ready(ProvidedInstance instance) -> instance;
            case Claim.Failed failed -> throw new AssertionError(failed.toString());
        };
    }

    private static ProvidedInstance served(ProvidedInstance instance) throws IOException {
        assertThat(UnixHttp.get(instance.address(), "/", 1).body()).isEqualTo("here");
        return instance;
    }

    private synchronized InstanceSpec spec(int owner) {
        return new InstanceSpec(
                new InstanceId("aaaaaaaaaa-" + ++instances),
                new FunctionName("api"),
                "python3",
                new Entrypoint(Entrypoint.Kind.HANDLER, "api.py", "handler"),
                code,
                dependencies ? layer : null,
                "team/project" + owner + "/1",
                Map.of(),
                Limits.DEFAULTS,
                Duration.ofSeconds(60));
    }

    private long waiting(String role) {
        return waiting(role, "");
    }

    /** @param whose a project, or any */
    private long waiting(String role, String whose) {
        return provider.processes().stream()
                .filter(process -> process.role().equals(role)
                        && (whose.isEmpty() || process.instance().equals(whose)))
                .count();
    }

    private Path readable(String name) throws IOException {
        var made = Files.createDirectory(folder.resolve(name));
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
        return made;
    }
}
