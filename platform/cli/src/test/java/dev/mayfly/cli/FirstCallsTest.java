package dev.mayfly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FirstCallsTest {
    private static final FirstCalls.Peer BARE = new FirstCalls.Peer("fork and exec", "", List.of(300L, 200L, 250L));
    private static final FirstCalls.Peer DOCKER = new FirstCalls.Peer("docker run", "not installed", List.of());

    @Test
    void slow_starts_hold_as_long_as_they_are_starts() {
        var calls = new FirstCalls(List.of(cold("pool", 2000, 9_000_000), cold("boot", 2000, 60_000_000)), List.of());

        assertThat(calls.verdict("fix")).isEqualTo(new Verdict.Held("2 of 2 cold, p50: 9 s from pool; 60 s from boot"));
    }

    @Test
    void calls_that_waited_for_no_start_prove_nothing_of_starts() {
        var warm = new FirstCalls.Sample("api/a", 0, 800, "", Optional.of(Json.object("{\"cold\":false}")));

        assertThat(new FirstCalls(List.of(warm, warm), List.of(BARE)).verdict("fix"))
                .isEqualTo(new Verdict.Broken("2 calls, and none waited for a start", "fix"));
        assertThat(new FirstCalls(List.of(warm, cold("pool", 0, 2000)), List.of(BARE)).verdict("fix"))
                .isEqualTo(new Verdict.Held("1 of 2 cold, p50: 2.0 ms from pool, young server"));
    }

    @Test
    void a_call_that_failed_is_told_and_is_in_no_group() {
        var failed = new FirstCalls.Sample(
                "api/a", 0, 90, "HTTP/1.1 500 Internal Server Error", Optional.of(Json.object("{\"cold\":true}")));
        var lost = new FirstCalls.Sample("api/b", 0, 90, "ConnectionResetError: reset", Optional.empty());
        var calls = new FirstCalls(List.of(cold("pool", 0, 2000), failed, lost), List.of(BARE));

        assertThat(calls.verdict("fix"))
                .isEqualTo(new Verdict.Broken("2 of 3 calls failed: HTTP/1.1 500 Internal Server Error", "fix"));
        assertThat(calls.groups()).hasSize(1);
        assertThat(calls.groups().getFirst().samples()).hasSize(1);
    }

    @Test
    void a_server_that_does_not_say_where_an_instance_came_from_is_taken_at_its_word() {
        var calls = new FirstCalls(List.of(cold("", 2000, 5000)), List.of());

        assertThat(calls.verdict("fix")).isEqualTo(new Verdict.Held("1 of 1 cold, p50: 5.0 ms from unknown"));
    }

    @Test
    void the_page_has_a_row_for_each_rung_and_peer_and_says_where_the_time_went() {
        var samples = List.of(
                cold("pool", 0, 4000),
                cold("pool", 2000, 3000),
                cold("pool", 2000, 2000),
                cold("pool", 2000, 2500),
                cold("boot", 2000, 40_000));

        var page = print(new FirstCalls(samples, List.of(BARE, DOCKER)));

        assertThat(page).isEqualTo("""
                      STARTED                              TIMES     P50     MAX
                      a function, from pool                    3  2.5 ms  3.0 ms
                      a function, from pool, young server      1  4.0 ms  4.0 ms
                      a function, from boot                    1   40 ms   40 ms
                      fork and exec                            3  0.3 ms  0.3 ms
                      docker run: not installed

                      P50 OF              CLIENT  SERVER   QUEUE  SPECIALISE    LOAD   OTHER  HANDLER
                      pool                1.0 ms  1.6 ms  0.1 ms      0.4 ms  0.6 ms  0.2 ms   0.3 ms
                      pool, young server  2.5 ms  1.6 ms  0.1 ms      0.4 ms  0.6 ms  0.2 ms   0.3 ms
                      boot                 38 ms  1.6 ms  0.1 ms           -  0.6 ms  0.2 ms   0.3 ms
                      boot: the function sets PYTHONPATH, read when a process starts
                """);
    }

    @Test
    void where_nothing_was_cold_there_is_no_page() {
        assertThat(print(new FirstCalls(List.of(), List.of(BARE)))).isEmpty();
    }

    @Test
    void programs_get_every_time_as_it_was_measured() {
        var json = Json.write(new FirstCalls(List.of(cold("pool", 2000, 2500)), List.of(BARE, DOCKER)).asJson());

        assertThat(json)
                .isEqualTo(
                        "{\"groups\":[{\"rung\":\"pool\",\"served\":2000,\"calls\":1,\"p50Micros\":2500,\"maxMicros\":2500}],"
                                + "\"calls\":[{\"function\":\"api/a\",\"served\":2000,\"micros\":2500,\"problem\":\"\",\"cold\":true,"
                                + "\"rung\":\"pool\",\"why\":\"\",\"queueMicros\":50,\"initMicros\":1200,\"runMicros\":300,\"steps\":["
                                + "{\"name\":\"specialise\",\"micros\":400},{\"name\":\"load\",\"micros\":600},{\"name\":\"other\",\"micros\":200}]}],"
                                + "\"beside\":[{\"what\":\"fork and exec\",\"missing\":\"\",\"micros\":[300,200,250]},"
                                + "{\"what\":\"docker run\",\"missing\":\"not installed\",\"micros\":[]}]}");
    }

    @Test
    void the_median_of_an_even_number_is_one_that_was_measured() {
        assertThat(FirstCalls.median(List.of())).isZero();
        assertThat(FirstCalls.median(List.of(9L, 1L, 3L, 7L))).isEqualTo(3);
        assertThat(FirstCalls.median(
                        IntStream.rangeClosed(1, 5).mapToObj(Long::valueOf).toList()))
                .isEqualTo(3);
    }

    private static String print(FirstCalls calls) {
        var out = new ByteArrayOutputStream();
        var surroundings = new Surroundings(
                Map.of(),
                Path.of(""),
                InputStream.nullInputStream(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                System.err,
                false,
                false,
                InstantSource.system());
        FirstCallsPage.print(new Screen(surroundings), calls);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static FirstCalls.Sample cold(String rung, long served, long micros) {
        var record = rung.equals("boot") ? """
                {"cold":true,"rung":"boot","why":"the function sets PYTHONPATH, read when a process starts",
                 "queueMicros":50,"initMicros":1200,"runMicros":300,
                 "steps":[{"name":"load","micros":600},{"name":"other","micros":200}]}""" : """
                {"cold":true,"rung":%s,"queueMicros":50,"initMicros":1200,"runMicros":300,
                 "steps":[{"name":"specialise","micros":400},{"name":"load","micros":600},{"name":"other","micros":200}]}""".formatted(rung.isEmpty() ? "null" : "\"" + rung + "\"");
        return new FirstCalls.Sample("api/a", served, micros, "", Optional.of(Json.object(record)));
    }
}
