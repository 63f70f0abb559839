package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Functions that use up all they can get. Each ends at its own limit; the one next door answers all the while, and how fast is printed. */
class BombTest {
    private static Home home;
    private static String neighbour;

    private final List<Long> micros = Collections.synchronizedList(new ArrayList<>());
    private final AtomicBoolean over = new AtomicBoolean();
    private CompletableFuture<Integer> calling = CompletableFuture.completedFuture(0);

    @BeforeAll
    static void start() throws IOException {
        home = Home.started();
        neighbour = home.deploy(home.project("neighbour", "api/f.py", Home.handler("self.say('here')"))) + "api/f";
        for (int i = 0; i < 500; i++) {
            assertThat(Http.get(neighbour).statusCode())
                    .isEqualTo(200); // until its path through the server is compiled
        }
        report("nothing", calls(new AtomicBoolean(), 200));
    }

    @AfterAll
    static void stop() throws IOException {
        home.close();
    }

    @BeforeEach
    void callTheNeighbour() {
        calling = CompletableFuture.supplyAsync(
                () -> {
                    micros.addAll(calls(over, Integer.MAX_VALUE));
                    return micros.size();
                },
                task -> Thread.ofPlatform().start(task));
    }

    @AfterEach
    void theNeighbourAnsweredThroughout(TestInfo test) {
        over.set(true);
        calling.join();
        assertThat(micros).isNotEmpty();
        report(test.getTestMethod().orElseThrow().getName().replace('_', ' '), micros);
    }

    /** Times of calls, one after another; each of them is answered. */
    private static List<Long> calls(AtomicBoolean over, int most) {
        var times = new ArrayList<Long>();
        while (!over.get() && times.size() < most) {
            long begun = System.nanoTime();
            var answer = Http.get(neighbour);
            assertThat(answer.body()).isEqualTo("here");
            times.add((System.nanoTime() - begun) / 1000);
        }
        return times;
    }

    private static void report(String what, List<Long> times) {
        var sorted = times.stream().sorted().toList();
        System.out.printf(
                "neighbour's latency, %s: p50 %.2f ms, p99 %.2f ms, n %d%n",
                what,
                sorted.get(sorted.size() / 2) / 1000.0,
                sorted.get((int) (sorted.size() * 0.99)) / 1000.0,
                sorted.size());
    }

    @Test
    void a_memory_bomb_is_ended_at_its_limit_and_the_error_says_so() throws IOException {
        var url = deploy("memory", "memory: 64MiB", "held = bytearray(512 << 20)\nself.say('took it')");

        var answer = Http.get(url);

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("out of memory", "64MiB");
        assertThat(Http.get(deploy("memory", "memory: 64MiB", "self.say('fine')"))
                        .body())
                .isEqualTo("fine");
    }

    @Test
    void a_memory_bomb_in_a_child_of_the_worker_ends_the_instance_too() throws IOException {
        var url = deploy(
                "childmemory",
                "memory: 64MiB",
                "import subprocess\nsubprocess.run([sys.executable, '-c', 'b = bytearray(512 << 20)'])\nself.say('went on')");

        var answer = Http.get(url);

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("out of memory");
    }

    @Test
    void a_fork_bomb_ends_at_its_limit() throws IOException {
        var url = deploy("fork", "pids: 32", """
                made = 0
                try:
                    for _ in range(500):
                        if os.fork() == 0:
                            while True: time.sleep(1)
                        made += 1
                except OSError as error:
                    self.say("%d %s" % (made, error.strerror))
                    os._exit(0)
                self.say("no end: %d" % made)
                """);

        var answer = Http.get(url);

        assertThat(answer.body()).contains("Resource temporarily unavailable");
        assertThat(Integer.parseInt(answer.body().replaceAll(" .*", ""))).isLessThan(32);
    }

    @Test
    void threads_count_as_processes() throws IOException {
        var url = deploy("threads", "pids: 32", """
                import threading
                made = 0
                try:
                    while made < 500:
                        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
                        made += 1
                    self.say("no end")
                except RuntimeError as error:
                    self.say("ended at %d" % made)
                """);

        assertThat(Http.get(url).body()).startsWith("ended at ");
    }

    @Test
    void filling_tmp_ends_with_no_space_left_by_bytes_and_by_files() throws IOException {
        var url = deploy("tmp", "tmp: 8MiB\n    inodes: 200", """
                said = []
                try:
                    with open("/tmp/fill", "wb") as file:
                        for _ in range(64): file.write(bytes(1 << 20))
                except OSError as error:
                    said.append(error.strerror)
                os.unlink("/tmp/fill")
                try:
                    for i in range(1000): open("/tmp/%d" % i, "w").close()
                except OSError as error:
                    said.append(error.strerror)
                try:
                    with open("/dev/shm/fill", "wb") as file:
                        for _ in range(64): file.write(bytes(1 << 20))
                except OSError as error:
                    said.append(error.strerror)
                self.say("|".join(said))
                """);

        assertThat(Http.get(url).body())
                .isEqualTo("No space left on device|No space left on device|No space left on device");
    }

    @Test
    void a_busy_loop_gets_no_more_than_its_share() throws IOException {
        var url = deploy("busy", "cpu: 0.25", """
                wall, cpu = time.monotonic(), time.process_time()
                while time.process_time() - cpu < 0.25: pass
                self.say("%.3f" % (time.monotonic() - wall))
                """);

        // A quarter of a second of work, held to a quarter of a processor: the scheduler hands out 25 ms every 100.
        assertThat(Double.parseDouble(Http.get(url).body())).isGreaterThan(0.7);
    }

    @Test
    void a_log_flood_is_cut_and_counted() throws IOException {
        var url = deploy(
                "flood",
                "logRate: 64KiB",
                "for _ in range(200): os.write(1, (b'x' * 1000 + b'\\n') * 60)\nself.say('flooded')");

        assertThat(Http.get(url).body()).isEqualTo("flooded");

        await().untilAsserted(() -> assertThat(home.mayflyRun("logs", "flood", "--lines", "100000")
                        .ok()
                        .out())
                .contains("dropped"));
    }

    @Test
    void descriptors_end_at_their_limit() throws IOException {
        var url = deploy("descriptors", "timeout: 60s", """
                held = []
                try:
                    for _ in range(100000): held.append(os.open("/dev/null", os.O_RDONLY))
                    self.say("no end")
                except OSError as error:
                    for fd in held: os.close(fd)
                    self.say(error.strerror)
                """);

        assertThat(Http.get(url).body()).isEqualTo("Too many open files");
    }

    @Test
    void what_ignores_sigterm_and_forks_away_is_gone_after_its_timeout() throws IOException {
        var body = """
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        while True: time.sleep(0.1)
                    os._exit(0)
                while True: time.sleep(1)
                """;
        var ignoring = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n";
        var url = home.deploy(home.project(
                        "stay",
                        "api/f.py",
                        ignoring + Home.handler(body),
                        "mayfly.yaml",
                        ServerlessTest.settings("timeout: 1s")))
                + "api/f";

        assertThat(Http.get(url).statusCode()).isEqualTo(504);

        await().until(() -> home.json("ps")
                .get("processes")
                .valueStream()
                .noneMatch(process -> process.toString().contains("stay")));
    }

    private static String deploy(String name, String settings, String body) throws IOException {
        HttpResponse<String> warm = Http.get(neighbour);
        assertThat(warm.statusCode()).isEqualTo(200);
        return home.deploy(home.project(
                        name, "api/f.py", Home.handler(body), "mayfly.yaml", ServerlessTest.settings(settings)))
                + "api/f";
    }
}
