package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which deployment a request falls to. */
class SplitTest {
    private static final int MANY = 10_000;

    /** Weights, and the same in the smallest numbers that say them. */
    @ParameterizedTest
    @CsvSource({
        "1 1, 1 1",
        "90 10, 9 1",
        "1 9, 1 9",
        "999 1, 999 1",
        "1000 1000 1000, 1 1 1",
        "50 30 20, 5 3 2",
        "1 2 3 4 5 6 7 8 9 10, 1 2 3 4 5 6 7 8 9 10",
        "1000 999 998 997 996 995 994 993 992 991, 1000 999 998 997 996 995 994 993 992 991"
    })
    void inEachRoundEachDeploymentGetsExactlyItsPart(String weights, String parts) {
        var split = split(weights);
        var expected = weights(parts);
        int all = expected.stream().mapToInt(part -> part).sum();

        for (int round = 0; round < 5; round++) {
            var row = IntStream.range(0, all)
                    .mapToObj(n -> split.next().deployment().id())
                    .toList();
            for (int i = 0; i < expected.size(); i++) {
                var id = id(i);
                assertThat(row.stream().filter(id::equals).count())
                        .as("%s in round %d", id, round)
                        .isEqualTo((long) expected.get(i));
            }
        }
    }

    @Test
    void partsAreSpreadEvenly() {
        var split = split("80 20");
        int longest = 0;
        int row = 0;
        for (int n = 0; n < MANY; n++) {
            row = split.next().deployment().id().equals(id(0)) ? row + 1 : 0;
            longest = Math.max(longest, row);
        }

        assertThat(longest).as("the end of one round and the begin of the next").isLessThanOrEqualTo(8);
    }

    /** A page and the call that it makes, over and over: each kind of request is to get its part of the new deployment. */
    @ParameterizedTest
    @CsvSource({"9 1, 2", "1 1, 2", "99 1, 2", "9 1, 5", "3 1, 4", "5 3 2, 10"})
    void requestsOfWhichEachKindComesAtRegularIntervalsAreDividedKindByKind(String weights, int kinds) {
        var split = split(weights);
        var ends = weights(weights);
        int newest = ends.size() - 1;
        double part =
                ends.get(newest) / (double) ends.stream().mapToInt(each -> each).sum();
        int rounds = 20_000;
        var ofKind = new int[kinds];
        for (int n = 0; n < rounds * kinds; n++) {
            if (split.next().deployment().id().equals(id(newest))) {
                ofKind[n % kinds]++;
            }
        }

        for (int count : ofKind) {
            assertThat(count / (rounds * part)).isBetween(0.7, 1.3);
        }
    }

    @Test
    void clientsThatAreToStayAreDividedExactlyToo() {
        var split = split("7 2 1");

        for (int n = 0; n < 100; n++) {
            var counts = new HashMap<DeploymentId, Integer>();
            for (int client = 0; client < 10; client++) {
                counts.merge(split.at(split.newPoint()).deployment().id(), 1, Integer::sum);
            }
            assertThat(counts).isEqualTo(Map.of(id(0), 7, id(1), 2, id(2), 1));
        }
    }

    @Test
    void ofClientsThatStayANinthMovesWhenTheNewDeploymentGetsTwiceAsMuch() {
        var before = split("9 1");
        var after = split("8 2");
        int moved = 0;
        for (int n = 0; n < MANY; n++) {
            long point = before.newPoint();
            var was = before.at(point).deployment().id();
            var is = after.at(point).deployment().id();
            if (!was.equals(is)) {
                assertThat(is).isEqualTo(id(1));
                moved++;
            }
        }

        assertThat(moved).isEqualTo(MANY / 10);
    }

    @Test
    void theSameRequestsInTheSameOrderAreDividedInTheSameWay() {
        var one = split("7 2 1");
        var other = split("7 2 1");

        for (int i = 0; i < 100; i++) {
            assertThat(one.next().deployment().id())
                    .isEqualTo(other.next().deployment().id());
        }
    }

    @Test
    void everyPointOfTheCircleIsOfSomeDeployment() {
        var split = split("1 1000 1");

        assertThat(split.at(0).deployment().id()).isEqualTo(id(0));
        assertThat(split.at(Long.MAX_VALUE).deployment().id()).isEqualTo(id(1));
        assertThat(split.at(Long.MIN_VALUE).deployment().id()).isEqualTo(id(1));
        assertThat(split.at(-1).deployment().id()).isEqualTo(id(2));
    }

    @Test
    void whoIsKnownByAHeaderIsDividedByWeightToo() {
        var split = split("8 2");

        long second = IntStream.range(0, MANY)
                .filter(n -> split.at(Split.hash("user-" + n)).deployment().id().equals(id(1)))
                .count();

        assertThat(second).isBetween(1_900L, 2_100L);
    }

    @Test
    void moreForTheNewDeploymentMovesClientsToItAndNoneAway() {
        var before = split("9 1");
        var after = split("8 2");
        int moved = 0;
        for (int n = 0; n < MANY; n++) {
            long point = Split.hash("user-" + n);
            var was = before.at(point).deployment().id();
            var is = after.at(point).deployment().id();
            if (!was.equals(is)) {
                assertThat(is).isEqualTo(id(1));
                moved++;
            }
        }

        assertThat(moved).isBetween(900, 1_100);
    }

    @Test
    void aCookieIsReadAmongOthersAsItWasGiven() {
        var given = HttpHeaders.headers();
        SplitCookie.give(given, -2, true);
        assertThat(given.get(HttpHeaders.SET_COOKIE))
                .isEqualTo("mayfly-split=fffffffffffffffe; Path=/; HttpOnly; SameSite=Lax; Secure");

        for (var sent : List.of(
                "mayfly-split=fffffffffffffffe",
                "a=b; mayfly-split=fffffffffffffffe",
                "mayfly-split=fffffffffffffffe; a=b",
                "x-mayfly-split=0000000000000001; mayfly-split=fffffffffffffffe",
                "mayfly-split=bad; mayfly-split=FFFFFFFFFFFFFFFE")) {
            assertThat(SplitCookie.read(HttpHeaders.headers().add(HttpHeaders.COOKIE, sent)))
                    .as(sent)
                    .hasValue(-2);
        }
        assertThat(SplitCookie.read(HttpHeaders.headers()
                        .add(HttpHeaders.COOKIE, "a=b")
                        .add(HttpHeaders.COOKIE, "mayfly-split=fffffffffffffffe")))
                .as("HTTP/2 sends them apart")
                .hasValue(-2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "mayfly-split",
                "mayfly-split=",
                "mayfly-split=1",
                "mayfly-split=fffffffffffffff",
                "mayfly-split=fffffffffffffffff",
                "mayfly-split=gggggggggggggggg",
                "mayfly-split=-fffffffffffffff",
                "mayfly-split=\"ffffffffffffffff\"",
                "xmayfly-split=ffffffffffffffff",
                "mayfly-split=mayfly-split=mayfly-split="
            })
    void whatIsNoSuchCookieIsNone(String sent) {
        assertThat(SplitCookie.read(HttpHeaders.headers().add(HttpHeaders.COOKIE, sent)))
                .isEmpty();
    }

    private static Split split(String weights) {
        var shares = new ArrayList<Share>();
        var sites = new ArrayList<Site>();
        for (int weight : weights(weights)) {
            var deployment = TestEdge.deployment(id(shares.size()));
            shares.add(new Share(deployment.id(), weight));
            sites.add(new Site(deployment));
        }
        return new Split(new Alias(AliasName.PRODUCTION, shares, new Stickiness.None()), sites);
    }

    private static List<Integer> weights(String text) {
        return List.of(text.split(" ")).stream().map(Integer::valueOf).toList();
    }

    private static DeploymentId id(int n) {
        return new DeploymentId("deploymen" + n);
    }
}
