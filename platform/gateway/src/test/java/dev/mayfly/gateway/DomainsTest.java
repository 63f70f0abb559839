package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.model.Alias;
import dev.mayfly.model.AliasName;
import dev.mayfly.model.DomainName;
import dev.mayfly.model.ProjectName;
import dev.mayfly.store.Snapshot;
import dev.mayfly.store.Snapshot.Domain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts that are projects' own. */
class DomainsTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final DomainName WWW = new DomainName("www.example.org");

    @TempDir
    Path folder;

    @Test
    void aVerifiedDomainAnswersWithProductionAndWithItsOwnNameForTheFunction() throws Exception {
        var instance = ScriptedInstance.always(OK);
        try (var edge = new TestEdge(folder, instance)) {
            edge.gateway.follow(with(edge, 2, new Domain(WWW, "token", 1, 2)));

            for (var host : new String[] {
                "www.example.org",
                "WWW.Example.ORG",
                "www.example.org.",
                "www.example.org:443",
                "www.example.org:" + edge.port
            }) {
                assertThat(get(edge, host, "/api/hello")).as(host).startsWith("HTTP/1.1 200 ");
            }
            assertThat(get(edge, "www.example.org", "/page.html")).startsWith("HTTP/1.1 200 ");
            assertThat(get(edge, "www.example.org", "/nothing"))
                    .startsWith("HTTP/1.1 404 ")
                    .contains("of hello");
        }
    }

    @Test
    void aClaimedDomainAnswersAsOneThatNobodyKnows() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, new Domain(WWW, "token", 1, 0)));

            var claimed = get(edge, "www.example.org", "/api/hello");
            var unknown = get(edge, "xyz.example.org", "/api/hello");

            assertThat(claimed).startsWith("HTTP/1.1 404 ").contains("mayfly domains verify");
            assertThat(plain(claimed)).isEqualTo(plain(unknown).replace("xyz.example.org", "www.example.org"));
        }
    }

    @Test
    void namesAroundAVerifiedDomainAreNotIt() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, new Domain(WWW, "token", 1, 2)));

            for (var host : new String[] {
                "example.org", "a.www.example.org", "xwww.example.org", "www.example.org.localhost", "www.example.or"
            }) {
                assertThat(get(edge, host, "/api/hello")).as(host).startsWith("HTTP/1.1 404 ");
            }
        }
    }

    @Test
    void aDomainThatIsGivenUpAnswersNoLonger() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, new Domain(WWW, "token", 1, 2)));
            assertThat(get(edge, "www.example.org", "/api/hello")).startsWith("HTTP/1.1 200 ");

            edge.gateway.follow(
                    TestEdge.snapshot(3, edge.project().port(), edge.deploymentPort(), TestEdge.deployment()));

            assertThat(get(edge, "www.example.org", "/api/hello")).startsWith("HTTP/1.1 404 ");
            assertThat(get(edge, "hello.localhost", "/api/hello")).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void theManagementApiIsOnNoDomain() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            edge.gateway.follow(with(edge, 2, new Domain(WWW, "token", 1, 2)));

            for (var host : new String[] {"www.example.org", "www.example.org:" + edge.port}) {
                assertThat(get(edge, host, "/mayfly/v1/projects")).startsWith("HTTP/1.1 404 ");
            }
            assertThat(edge.managed).isEmpty();
        }
    }

    /** An operator may name hosts after a project has verified them. */
    @Test
    void theServersOwnHostsComeBeforeDomains() {
        var snapshot = new Snapshot(1, new TreeMap<>());
        var hosts = new Hosts("example.org", Optional.of("admin.example.com"));

        assertThat(RoutingTable.EMPTY.next(snapshot).domains()).isEmpty();
        assertThat(hosts.asked(Authority.parse("www.example.org").orElseThrow(), 80, 80))
                .isEqualTo(new Hosts.Asked.Function("www"));
        assertThat(hosts.asked(Authority.parse("admin.example.com").orElseThrow(), 80, 80))
                .isEqualTo(new Hosts.Asked.Management());
    }

    @Test
    void aDomainOfAProjectWithoutProductionAnswersNothing() throws Exception {
        try (var edge = new TestEdge(folder, ScriptedInstance.always(OK))) {
            var whole = with(edge, 2, new Domain(WWW, "token", 1, 2));
            var project = whole.project(TestEdge.HELLO).orElseThrow();
            edge.gateway.follow(snapshot(2, project, new TreeMap<>(), project.domains()));

            assertThat(get(edge, "www.example.org", "/api/hello")).startsWith("HTTP/1.1 404 ");
        }
    }

    private static Snapshot with(TestEdge edge, long revision, Domain domain) {
        var domains = new TreeMap<DomainName, Domain>(Map.of(domain.name(), domain));
        return snapshot(revision, edge.project(), edge.project().aliases(), domains);
    }

    private static Snapshot snapshot(
            long revision,
            Snapshot.Project project,
            NavigableMap<AliasName, Alias> aliases,
            NavigableMap<DomainName, Domain> domains) {
        var changed = new Snapshot.Project(
                project.name(),
                project.team(),
                project.createdAt(),
                project.port(),
                aliases,
                project.deployments(),
                project.deploymentPorts(),
                project.environmentNames(),
                domains);
        return new Snapshot(revision, new TreeMap<ProjectName, Snapshot.Project>(Map.of(project.name(), changed)));
    }

    private static String get(TestEdge edge, String host, String path) throws IOException {
        return edge.raw("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }

    /** Without what differs from answer to answer. */
    private static String plain(String answer) {
        return answer.replaceAll("(?i)[0-9a-f]{16}|date: [^\r]*", "");
    }
}
