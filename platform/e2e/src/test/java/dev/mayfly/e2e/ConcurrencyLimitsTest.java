package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** {@code reservedConcurrency} and {@code maxConcurrency}: what runs at once, as the code that runs sees it. */
class ConcurrencyLimitsTest {
    /** When it began and when it ended, by the clock that all processes of the machine share. */
    private static final String SPAN = Home.handler("""
            begun = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            time.sleep(0.1)
            self.say(f"{begun} {time.clock_gettime_ns(time.CLOCK_MONOTONIC)}")
            """);

    private static final String SETTINGS = """
            maxConcurrency: 5
            functions:
              api/pay:
                reservedConcurrency: 2
              api/old:
                reservedConcurrency: 0
            """;

    private record Moment(long at, int change) {}

    @Test
    void no_more_runs_at_once_than_is_said() throws IOException {
        try (var home = Home.started()) {
            var folder = home.project(
                    "limits",
                    "mayfly.yaml",
                    SETTINGS,
                    "api/pay.py",
                    SPAN,
                    "api/one.py",
                    SPAN,
                    "api/two.py",
                    SPAN,
                    "api/old.py",
                    SPAN);

            var refused =
                    home.mayflyIn(folder, "deploy", "--set", "maxConcurrency=2").failed();
            assertThat(refused.err())
                    .contains("reservedConcurrency of api/pay: 2 together (expected: <= 1")
                    .contains("fix: set maxConcurrency to 3 or more, or lower reservedConcurrency");

            var url = home.deploy(folder);
            var off = Http.get(Http.join(url, "/api/old"));
            assertThat(off.statusCode()).isEqualTo(429);
            assertThat(off.body()).contains("api/old is switched off: its reservedConcurrency is 0.");
            assertThat(off.headers().firstValue("retry-after")).contains("1");

            var one = call(url, "/api/one", 20);
            var two = call(url, "/api/two", 20);
            var pay = call(url, "/api/pay", 8);
            assertThat(atOnce(pay)).isBetween(1, 2);
            one.addAll(two);
            assertThat(atOnce(one)).isBetween(1, 3);
            one.addAll(pay);
            assertThat(atOnce(one)).isBetween(1, 5);

            // The limits come with a deployment and go back with it.
            home.mayflyIn(folder, "deploy", "--prod", "--set", "maxConcurrency=3")
                    .ok();
            assertThat(atOnce(call(url, "/api/one", 6))).isEqualTo(1);
            home.mayflyRun("rollback", "limits").ok();
            assertThat(atOnce(call(url, "/api/one", 20))).isBetween(1, 3);
        }
    }

    private static List<CompletableFuture<HttpResponse<String>>> call(String url, String path, int count) {
        var calls = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < count; i++) {
            calls.add(Http.getLater(Http.join(url, path)));
        }
        return calls;
    }

    /** The most of these that ran at the same moment. */
    private static int atOnce(List<CompletableFuture<HttpResponse<String>>> calls) {
        var moments = new ArrayList<Moment>();
        for (var call : calls) {
            var answer = call.join();
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            int space = answer.body().indexOf(' ');
            moments.add(new Moment(Long.parseLong(answer.body().substring(0, space)), 1));
            moments.add(new Moment(Long.parseLong(answer.body().substring(space + 1)), -1));
        }
        moments.sort(Comparator.comparingLong(Moment::at));
        int now = 0;
        int most = 0;
        for (var moment : moments) {
            now += moment.change();
            most = Math.max(most, now);
        }
        return most;
    }
}
