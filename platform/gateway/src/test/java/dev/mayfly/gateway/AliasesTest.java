package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.engine.Admission;
import dev.mayfly.engine.SplitChoice;
import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.Deployment;
import dev.mayfly.model.DeploymentId;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.InvocationId;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProjectName;
import dev.mayfly.model.Share;
import dev.mayfly.model.Stickiness;
import dev.mayfly.store.Snapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that lead to several deployments, as a client sees them. */
class AliasesTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: own=1\r\n\r\nok";
    private static final DeploymentId SECOND = new DeploymentId("bbbbbbbbbb");
    private static final AliasName CANARY = new AliasName("canary");
    private static final Stickiness NONE = new Stickiness.None();
    private static final Stickiness COOKIE = new Stickiness.Cookie();
    private static final Pattern SERVED = Pattern.compile("(?i)x-mayfly-deployment: ([a-z0-9]+)\r\n");
    private static final Pattern POINT = Pattern.compile("(?i)set-cookie: (mayfly-split=[0-9a-f]{16}); Path=/");

    @TempDir
    Path folder;

    @Test
    void requestsAreDividedByWeightAndEachAnswerSaysWhoServedIt() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, production(NONE, 3, 1)));

            var counts = new HashMap<String, Integer>();
            for (int i = 0; i < 40; i++) {
                counts.merge(served(edge.get("/api/hello")), 1, Integer::sum);
            }

            assertThat(counts).isEqualTo(Map.of("aaaaaaaaaa", 30, "bbbbbbbbbb", 10));
            assertThat(edge.engine.asked)
                    .filteredOn(request -> request.deployment().id().equals(SECOND))
                    .hasSize(10);
            assertThat(edge.engine.asked).allSatisfy(request -> {
                var choice = Objects.requireNonNull(request.split());
                assertThat(choice.by()).isEqualTo(SplitChoice.By.TURN);
                assertThat(choice.seats()).isEqualTo(4);
                assertThat(choice.seat() < 3)
                        .isEqualTo(request.deployment().id().equals(TestEdge.FIRST));
            });
            assertThat(edge.seen)
                    .filteredOn(seen -> SECOND.equals(seen.deployment()))
                    .hasSize(10);
        }
    }

    /** Other projects change all the time; a split that began anew with each would only ever serve the first. */
    @Test
    void aChangeElsewhereDoesNotBeginADivisionAnew() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            var served = new HashSet<String>();
            for (int i = 0; i < 4; i++) {
                edge.gateway.follow(with(edge, 2 + i, production(NONE, 1, 1)));
                served.add(served(edge.get("/api/hello")));
            }

            assertThat(served).hasSize(2);
        }
    }

    @Test
    void anAliasHasAHostOfItsOwnUntilItIsRemoved() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, production(NONE, 1), Alias.of(CANARY, SECOND, NONE)));

            assertThat(served(at(edge, "hello--canary.localhost"))).isEqualTo("bbbbbbbbbb");
            assertThat(served(at(edge, "hello.localhost"))).isEqualTo("aaaaaaaaaa");

            edge.gateway.follow(with(edge, 3, production(NONE, 1)));
            assertThat(at(edge, "hello--canary.localhost")).startsWith("HTTP/1.1 404 ");
            assertThat(at(edge, "hello--production.localhost")).startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void theNextRequestGoesWhereTheAliasPointsNow() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            for (int i = 0; i < 20; i++) {
                var id = i % 2 == 0 ? SECOND : TestEdge.FIRST;
                edge.gateway.follow(with(edge, 2 + i, Alias.of(AliasName.PRODUCTION, id, NONE)));

                assertThat(served(edge.get("/api/hello"))).isEqualTo(id.value());
                assertThat(served(edge.get("/page.html"))).isEqualTo(id.value());
            }
            assertThat(edge.engine.asked).allMatch(request -> request.split() == null);
        }
    }

    @Test
    void aClientWithItsCookieStaysAndGetsNoOther() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, production(COOKIE, 1, 1)));
            var reached = new HashSet<String>();
            for (int client = 0; client < 6; client++) {
                var first = edge.get("/api/hello");
                assertThat(first).contains("own=1");
                var point = POINT.matcher(first);
                assertThat(point.find()).as(first).isTrue();
                reached.add(served(first));
                for (var path : List.of("/api/hello", "/page.html", "/api/items/1")) {
                    var next = edge.get(path, "Cookie: a=b; " + point.group(1));
                    assertThat(served(next)).isEqualTo(served(first));
                    assertThat(next).doesNotContain("mayfly-split");
                }
            }
            assertThat(reached).hasSize(2);
        }
    }

    @Test
    void whoSendsAnotherCookieIsTreatedAsNew() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, production(COOKIE, 1, 1)));

            for (var sent : List.of("mayfly-split=zz", "mayfly-split=" + "f".repeat(5000), "mayfly-split=aaaaaaaaaa")) {
                assertThat(POINT.matcher(edge.get("/api/hello", "Cookie: " + sent))
                                .find())
                        .isTrue();
            }
        }
    }

    @Test
    void anAnswerWithACookieIsKeptByNoCacheOfSeveralClients() throws Exception {
        var cacheable = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: Public, max-age=60\r\n"
                + "Cache-Control: s-maxage=600\r\nVary: accept\r\n\r\nok";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(cacheable))) {
            edge.gateway.follow(with(edge, 2, production(COOKIE, 1, 1)));

            var first = edge.get("/api/hello");
            assertThat(fields(first, "cache-control")).containsExactly("private, max-age=60");
            assertThat(fields(first, "vary")).containsExactly("accept", "cookie");
            var file = edge.get("/page.html");
            assertThat(fields(file, "cache-control")).containsExactly("private, max-age=0, must-revalidate");
            assertThat(fields(file, "vary")).containsExactly("cookie");

            var known = "Cookie: mayfly-split=0000000000000001";
            assertThat(fields(edge.get("/api/hello", known), "cache-control"))
                    .containsExactly("Public, max-age=60", "s-maxage=600");
            assertThat(fields(edge.get("/api/hello", known), "vary")).containsExactly("accept", "cookie");
            assertThat(fields(edge.get("/page.html", known), "cache-control"))
                    .containsExactly(StaticFiles.CACHE_CONTROL);
            assertThat(fields(edge.get("/page.html", known), "vary")).containsExactly("cookie");
        }
    }

    @Test
    void anAnswerThatSaysNothingOfCachesIsPrivateWithACookieAndOneThatForbidsThemStays() throws Exception {
        var forbidden = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: no-store\r\n\r\nok";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, production(COOKIE, 1, 1)));

            assertThat(fields(edge.get("/api/hello"), "cache-control")).containsExactly("private");
        }
        try (var edge =
                new TestEdge(Files.createDirectory(folder.resolve("other")), ScriptedInstance.always(forbidden))) {
            edge.gateway.follow(with(edge, 2, production(COOKIE, 1, 1)));

            assertThat(fields(edge.get("/api/hello"), "cache-control")).containsExactly("no-store");
        }
    }

    @Test
    void cachesAreToldByWhichHeaderClientsAreKnown() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, production(new Stickiness.Header("x-user"), 1, 1)));

            for (var path : List.of("/api/hello", "/page.html", "/nothing")) {
                assertThat(fields(edge.get(path, "X-User: a"), "vary")).containsExactly("x-user");
                assertThat(fields(edge.get(path), "vary")).containsExactly("x-user");
            }
            edge.gateway.follow(with(edge, 3, production(NONE, 1, 1)));
            assertThat(fields(edge.get("/api/hello"), "vary")).isEmpty();
        }
    }

    @Test
    void whoMeetsAnErrorFirstStaysWhereItMetIt() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, production(COOKIE, 1, 1)));
            edge.engine.answer = self -> new Admission.Refused(
                    new InvocationId(7), new Problem(ErrorCode.FUNCTION_THROTTLED, "too much"), 1);

            for (var path : List.of("/api/hello", "/nothing")) {
                var refused = edge.get(path);
                var point = POINT.matcher(refused);
                assertThat(point.find()).as(refused).isTrue();
                assertThat(fields(refused, "cache-control")).containsExactly("no-store");
                assertThat(served(edge.get("/page.html", "Cookie: " + point.group(1))))
                        .isEqualTo(served(refused));
            }
        }
    }

    @Test
    void whereThereIsNothingToDivideThereIsNoCookie() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, production(COOKIE, 1)));

            assertThat(edge.get("/api/hello")).doesNotContain("mayfly-split");
        }
    }

    @Test
    void aClientIsKnownByAHeader() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, production(new Stickiness.Header("x-user"), 1, 1)));
            var reached = new HashSet<String>();
            for (int user = 0; user < 12; user++) {
                var said = "X-User: user-" + user;
                var first = served(edge.get("/api/hello", said));
                reached.add(first);
                for (int i = 0; i < 3; i++) {
                    assertThat(served(edge.get("/api/hello", said))).isEqualTo(first);
                }
            }
            assertThat(reached).hasSize(2);
            var strangers = new HashSet<String>();
            for (int i = 0; i < 4; i++) {
                strangers.add(served(edge.get("/api/hello")));
            }
            assertThat(strangers).as("those that do not say who they are").hasSize(2);
        }
    }

    @Test
    void anErrorSaysOfWhichDeploymentItIsAndNoFunctionCanSayAnother() throws Exception {
        var lies = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Mayfly-Deployment: liesliesli\r\n\r\n";
        try (var edge = new TestEdge(folder, ScriptedInstance.always(lies))) {
            assertThat(served(edge.get("/api/hello"))).isEqualTo("aaaaaaaaaa");
            assertThat(served(edge.get("/nothing"))).isEqualTo("aaaaaaaaaa");
            edge.engine.answer = self -> new Admission.Refused(
                    new InvocationId(7), new Problem(ErrorCode.FUNCTION_THROTTLED, "too much"), 1);
            assertThat(edge.get("/api/hello"))
                    .startsWith("HTTP/1.1 503 ")
                    .satisfies(answer -> assertThat(served(answer)).isEqualTo("aaaaaaaaaa"));
            assertThat(at(edge, "other.localhost")).doesNotContainIgnoringCase("x-mayfly-deployment");
        }
    }

    static Alias production(Stickiness stickiness, int... weights) {
        var ids = List.of(TestEdge.FIRST, SECOND);
        var shares = new ArrayList<Share>();
        Arrays.stream(weights).forEach(weight -> shares.add(new Share(ids.get(shares.size()), weight)));
        return new Alias(AliasName.PRODUCTION, shares, stickiness);
    }

    static Snapshot with(TestEdge edge, long revision, Alias... aliases) {
        var project = edge.project();
        var deployments = new TreeMap<DeploymentId, Deployment>(project.deployments());
        deployments.put(SECOND, TestEdge.deployment(SECOND));
        var named = new TreeMap<AliasName, Alias>();
        List.of(aliases).forEach(alias -> named.put(alias.name(), alias));
        var changed = new Snapshot.Project(
                project.name(),
                project.team(),
                project.createdAt(),
                project.port(),
                named,
                deployments,
                project.deploymentPorts(),
                project.environmentNames(),
                project.domains());
        return new Snapshot(revision, new TreeMap<ProjectName, Snapshot.Project>(Map.of(project.name(), changed)));
    }

    private static String at(TestEdge edge, String host) throws Exception {
        return edge.raw("GET /api/hello HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }

    /** Values of all lines of that name in the head of {@code answer}. */
    private static List<String> fields(String answer, String name) {
        return answer.lines()
                .takeWhile(line -> !line.isEmpty())
                .filter(line -> line.regionMatches(true, 0, name + ": ", 0, name.length() + 2))
                .map(line -> line.substring(name.length() + 2))
                .toList();
    }

    private static String served(String answer) {
        var found = SERVED.matcher(answer);
        assertThat(found.find()).as(answer).isTrue();
        return found.group(1);
    }
}
