package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mayfly.control.Retention;
import dev.mayfly.engine.EngineSettings;
import dev.mayfly.engine.MemorySettings;
import dev.mayfly.gateway.AddressRanges;
import dev.mayfly.gateway.ClientRules;
import dev.mayfly.gateway.TraceRules;
import dev.mayfly.gateway.observe.SampleRate;
import dev.mayfly.model.Egress;
import dev.mayfly.provider.linux.Warmth;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every default and every name, and what a mistake reads. */
class ServerOptionsTest {
    @Test
    void defaults() {
        var options = parse(Map.of("HOME", "/home/ada"));

        assertThat(options.home()).isEqualTo(Path.of("/home/ada/.mayfly"));
        assertThat(options.listen().host()).isEqualTo("127.0.0.1");
        assertThat(options.listen().port()).isEqualTo(7070);
        assertThat(options.portSearch()).isFalse();
        assertThat(options.hosts().domain()).isEqualTo("localhost");
        assertThat(options.hosts().adminHost()).isEmpty();
        assertThat(options.allowUnisolated()).isFalse();
        assertThat(options.isolation()).isEqualTo(new IsolationWish(IsolationWish.Place.STRONGEST, false));
        assertThat(options.dns()).isEmpty();
        assertThat(options.egress()).isEqualTo(new Egress.Internet());
        assertThat(options.firstPort()).isEqualTo(7101);
        assertThat(options.uploadLimit()).isEqualTo(1L << 30);
        assertThat(options.keepDeployments()).isEqualTo(Retention.ALL);
        assertThat(options.callDepth()).isEqualTo(16);
        assertThat(options.memory()).isEqualTo(MemorySettings.DEFAULTS);
        assertThat(options.maxConcurrency()).isEqualTo(EngineSettings.ANY);
        assertThat(options.teamConcurrency()).isEqualTo(EngineSettings.ANY);
        assertThat(options.billInit()).isFalse();
        assertThat(options.clients().trustedProxies().isEmpty()).isTrue();
        assertThat(options.clients().own()).isEqualTo(AddressRanges.LOOPBACK);
        assertThat(options.clients().proxyProtocol()).isFalse();
        assertThat(options.clients().clientConnections()).isEqualTo(1000);
        assertThat(options.clients().clientRequests()).isZero();
        assertThat(options.clients().maxConnections()).isEqualTo(ClientRules.connectionsWithin(OpenFiles.limit()));
        assertThat(options.clients().maxHeaders()).isEqualTo(100);
        assertThat(options.clients().traces()).isEqualTo(TraceRules.PASSED_ON);
        assertThat(options.artifacts()).isEmpty();
        assertThat(options.showTracebacks()).isFalse();
        assertThat(options.accessLog()).isEqualTo(new AccessLogWish(Optional.empty(), SampleRate.ALL));
    }

    @Test
    void memory() {
        assertThat(parse(Map.of("HOME", "/h"), "--memory", "4GiB", "--memory-reserve", "512MiB")
                        .memory())
                .isEqualTo(new MemorySettings(4L << 30, 512L << 20));
        assertThatThrownBy(() -> parse(Map.of("HOME", "/h"), "--memory", "1MiB"))
                .hasMessage("--memory: 1 MiB (expected: 32MiB or more)");
    }

    @Test
    void whatIsHeldReadyIsAsTheDocumentationAndTheHelpSay() throws IOException {
        var warmth = parse(Map.of("HOME", "/h")).warmth();

        assertThat(warmth).isEqualTo(new Warmth(8, 120L << 20, true, 256L << 20));
        for (var page : List.of("configuration", "coldstarts")) {
            assertThat(Files.readString(Path.of("../../docs/" + page + ".md")))
                    .contains("| `--pool-workers N` | 8 |", "| `--pool-memory SIZE` | 120MiB |")
                    .contains("| `--zygotes on\\|off` | on |");
        }
        assertThat(ServerOptions.HELP).contains("(default 8; 0: none)", "(default 120MiB)", "(default on)");
    }

    @Test
    void anAuthorityIsAskedOnlyWhereThatIsSaid() {
        assertThat(parse(Map.of("HOME", "/h")).tls().acme()).isEmpty();
        assertThat(parse(Map.of("HOME", "/h")).tls().secure()).isFalse();

        var usual = parse(
                        Map.of("HOME", "/h"),
                        "--port",
                        "443",
                        "--domain",
                        "example.org",
                        "--acme",
                        "on",
                        "--acme-agree-terms",
                        "--redirect-http",
                        "0.0.0.0:80")
                .tls();
        assertThat(usual.secure()).isTrue();
        assertThat(usual.acme())
                .contains(new AcmeOptions(AcmeOptions.LETS_ENCRYPT, Optional.empty(), Optional.empty(), 20));
        assertThat(ServerOptions.HELP).contains("(default: Let's Encrypt)", "at most (default 20)");

        assertThat(parse(
                                Map.of("HOME", "/h"),
                                "--port=443",
                                "--acme=ops@example.org",
                                "--acme-agree-terms",
                                "--acme-directory=https://ca.internal/acme",
                                "--acme-ca=/etc/ca.pem",
                                "--acme-orders=5")
                        .tls()
                        .acme())
                .contains(new AcmeOptions(
                        URI.create("https://ca.internal/acme"),
                        Optional.of("ops@example.org"),
                        Optional.of(Path.of("/etc/ca.pem")),
                        5));
    }

    @Test
    void isolationAndEgressAreTheOperators() {
        var options = parse(Map.of("HOME", "/h"), "--isolation", "linux", "--require-isolation", "--egress", "none");

        assertThat(options.isolation()).isEqualTo(new IsolationWish(IsolationWish.Place.LINUX, true));
        assertThat(options.egress()).isEqualTo(new Egress.None());
    }

    @Test
    void howMuchAClientMayTakeIsTheOperators() {
        var clients = parse(
                        Map.of("HOME", "/h"),
                        "--trusted-proxies",
                        "10.0.0.0/8,private",
                        "--proxy-protocol",
                        "--client-connections",
                        "0",
                        "--client-requests",
                        "50/s",
                        "--max-connections",
                        "70",
                        "--max-headers",
                        "30",
                        "--sample-traces",
                        "1/4")
                .clients();

        assertThat(clients)
                .isEqualTo(new ClientRules(
                        AddressRanges.parse("", "10.0.0.0/8,private"),
                        AddressRanges.LOOPBACK,
                        true,
                        0,
                        50,
                        70,
                        30,
                        new TraceRules(false, 0.25)));
    }

    @Test
    void connectionsLeaveRoomForWhatElseIsOpen() throws IOException {
        assertThat(ClientRules.connectionsWithin(20_000)).isEqualTo(9_744);
        assertThat(ClientRules.connectionsWithin(100)).isEqualTo(64);
        assertThat(ClientRules.connectionsWithin(Long.MAX_VALUE)).isEqualTo(1_000_000);
        assertThat(OpenFiles.limit()).isPositive();
        assertThat(OpenFiles.limit(Path.of("/proc/none"))).isEqualTo(OpenFiles.USUAL);
        assertThat(OpenFiles.limit(Path.of("/proc/self/status"))).isEqualTo(OpenFiles.USUAL);
    }

    @Test
    void theCommandLineWinsOverTheEnvironment() {
        var environment = Map.of("HOME", "/h", "MAYFLY_HOME", "/m", "MAYFLY_PORT", "8000", "MAYFLY_ARTIFACTS", "/a");

        assertThat(parse(environment).listen().port()).isEqualTo(8000);
        assertThat(parse(environment).home()).isEqualTo(Path.of("/m"));
        assertThat(parse(environment).artifacts()).contains(Path.of("/a"));
        var options = parse(
                environment,
                "--home",
                "/o",
                "--port=9000",
                "--port-search",
                "--domain",
                "example.org",
                "--admin-host",
                "admin.example.com",
                "--allow-unisolated",
                "--first-port",
                "9100",
                "--upload-limit",
                "2MiB",
                "--keep-deployments",
                "5",
                "--call-depth",
                "3",
                "--max-concurrency",
                "200",
                "--team-concurrency",
                "50",
                "--pool-workers",
                "0",
                "--pool-memory",
                "64MiB",
                "--zygotes",
                "off",
                "--zygote-memory",
                "32MiB",
                "--bill-init",
                "--access-log",
                "/a.log",
                "--access-log-sample",
                "1/10",
                "--show-tracebacks",
                "--artifacts",
                "/b");
        assertThat(options.home()).isEqualTo(Path.of("/o"));
        assertThat(options.listen().port()).isEqualTo(9000);
        assertThat(options.portSearch()).isTrue();
        assertThat(options.hosts().domain()).isEqualTo("example.org");
        assertThat(options.hosts().adminHost()).isEqualTo(Optional.of("admin.example.com"));
        assertThat(options.allowUnisolated()).isTrue();
        assertThat(options.firstPort()).isEqualTo(9100);
        assertThat(options.uploadLimit()).isEqualTo(2 << 20);
        assertThat(options.keepDeployments()).isEqualTo(5);
        assertThat(options.callDepth()).isEqualTo(3);
        assertThat(options.maxConcurrency()).isEqualTo(200);
        assertThat(options.teamConcurrency()).isEqualTo(50);
        assertThat(options.warmth()).isEqualTo(new Warmth(0, 64 << 20, false, 32 << 20));
        assertThat(options.billInit()).isTrue();
        assertThat(options.accessLog()).isEqualTo(new AccessLogWish(Optional.of("/a.log"), new SampleRate(0.1)));
        assertThat(options.showTracebacks()).isTrue();
        assertThat(options.artifacts()).contains(Path.of("/b"));
        assertThat(parse(environment, "--listen", "0.0.0.0:80").listen().loopback())
                .isFalse();
        assertThat(parse(environment, "--listen", "[::1]:80").listen().host()).isEqualTo("::1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--port 0|--port: 0 (expected: a port from 1 to 65535)",
                "--port x|--port: x (expected: a port from 1 to 65535)",
                "--pool-workers -1|--pool-workers: -1 (expected: a number from 0 to 1000)",
                "--pool-memory lots|size: lots (expected: a number with B, KiB, MiB, GiB, KB, MB or GB, as in 256MiB)",
                "--trusted-proxies 10.0.0.0/33|--trusted-proxies: 10.0.0.0/33 (expected: addresses or ranges such as 10.0.0.0/8,2001:db8::/32, private or loopback)",
                "--client-requests 50|--client-requests: 50 (expected: a number from 1 to 1000000 with /s, as in 50/s)",
                "--client-requests 0/s|--client-requests: 0/s (expected: a number from 1 to 1000000 with /s, as in 50/s)",
                "--client-connections -1|--client-connections: -1 (expected: a number from 0 to 1000000)",
                "--max-connections 0|--max-connections: 0 (expected: a number from 1 to 1000000)",
                "--max-headers 1|--max-headers: 1 (expected: a number from 10 to 10000)",
                "--zygotes some|--zygotes: some (expected: on or off)",
                "--keep-deployments 0|--keep-deployments: 0 (expected: all, or a number from 1 to 10000)",
                "--keep-deployments -1|--keep-deployments: -1 (expected: all, or a number from 1 to 10000)",
                "--keep-deployments some|--keep-deployments: some (expected: all, or a number from 1 to 10000)",
                "--call-depth 0|--call-depth: 0 (expected: a number from 1 to 1000)",
                "--max-concurrency 0|--max-concurrency: 0 (expected: a number from 1 to 1000000)",
                "--team-concurrency x|--team-concurrency: x (expected: a number from 1 to 1000000)",
                "--access-log a --access-log-sample 2|--access-log-sample: 2 (expected: more than 0 and at most 1, as 0.1 or 1/10)",
                "--access-log-sample 0.1|--access-log-sample without --access-log (expected: both of them)",
                "--access-log=|--access-log: (expected: a file, or - for standard output)",
                "--port|--port: no value (expected: one after it)",
                "--listen nowhere|--listen: nowhere (expected: HOST:PORT, as in 127.0.0.1:7070)",
                "--listen a:1 --port 2|--listen and --port (expected: one of them)",
                "--tls-cert a|--tls-cert and --tls-key (expected: both or none)",
                "--tls-cert a --tls-key b --tls-certs c|--tls-cert and --tls-certs (expected: one of them)",
                "--tls-certs d|--admin-listen: 127.0.0.1:7070 (expected: another port than that of --listen)",
                "--tls-certs d --port 443 --redirect-http a:443|--redirect-http: a:443 (expected: another port than that of --listen)",
                "--tls-certs d --port 443 --redirect-http a:7070|--redirect-http: a:7070 (expected: another port than that of --admin-listen)",
                "--tls-certs d --port 443 --admin-listen 10.0.0.5:1|--admin-listen: 10.0.0.5:1 (expected: an address at which this machine reaches itself, such as 127.0.0.1 or 0.0.0.0)",
                "--proxy-protocol|--proxy-protocol (expected: with --trusted-proxies, whose connections begin so)",
                "--hsts 1|--hsts (expected: with --tls-cert and --tls-key, or --tls-certs, or --acme)",
                "--redirect-http a:80|--redirect-http (expected: with --tls-cert and --tls-key, or --tls-certs, or --acme)",
                "--admin-listen a:80|--admin-listen (expected: with --tls-cert and --tls-key, or --tls-certs, or --acme)",
                "--acme-directory https://a/b|--acme-directory (expected: with --acme EMAIL or --acme on)",
                "--acme-ca f|--acme-ca (expected: with --acme EMAIL or --acme on)",
                "--acme-orders 3|--acme-orders (expected: with --acme EMAIL or --acme on)",
                "--acme-agree-terms|--acme-agree-terms (expected: with --acme EMAIL or --acme on)",
                "--acme off --acme-agree-terms|--acme: off (expected: an address that the authority may write to, or on)",
                "--acme a@b@c --acme-agree-terms|--acme: a@b@c (expected: an address that the authority may write to, or on)",
                "--acme on|--acme: on (expected: with --acme-agree-terms, which says that you agree to the terms of service of the authority; those of Let's Encrypt are at https://letsencrypt.org/repository/)",
                "--acme on --acme-agree-terms --port 443|--acme (expected: with --domain NAME, a name in the public DNS below which projects answer; nobody certifies names below localhost)",
                "--acme on --acme-agree-terms --acme-orders 0|--acme-orders: 0 (expected: a number from 1 to 1000)",
                "--acme on --acme-agree-terms --acme-directory http://a/b|--acme-directory: http://a/b (expected: the https URL of an authority's directory, as in https://acme-v02.api.letsencrypt.org/directory)",
                "--acme on --acme-agree-terms --acme-directory ::|--acme-directory: :: (expected: the https URL of an authority's directory, as in https://acme-v02.api.letsencrypt.org/directory)",
                "--acme on --acme-agree-terms --acme-directory https://u:p@a/b|--acme-directory: https://u:p@a/b (expected: the https URL of an authority's directory, as in https://acme-v02.api.letsencrypt.org/directory)",
                "--tls-certs d --hsts no|--hsts: no (expected: seconds from 1 to 315360000)",
                "--tls-certs d --admin-listen 80|--admin-listen: 80 (expected: HOST:PORT, as in 127.0.0.1:7070)",
                "--domain a:1|--domain: a:1 (expected: a host name without a port, as in example.org)",
                "--prot 7070|--prot (expected: an option of mayfly server --help)",
            })
    void mistakesNameTheOption(String arguments, String message) {
        assertThatThrownBy(() -> parse(Map.of("HOME", "/h"), arguments.split(" ", -1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void whatIsOnIsOnHoweverOftenItIsSaid() {
        var options = parse(Map.of("HOME", "/h"), "--show-tracebacks", "--port", "9000", "--show-tracebacks");

        assertThat(options.showTracebacks()).isTrue();
        assertThat(options.listen().port()).isEqualTo(9000);
    }

    @Test
    void theHelpNamesEveryOption() {
        assertThat(ServerOptions.HELP)
                .contains(
                        "--home",
                        "--listen",
                        "--port ",
                        "--port-search",
                        "--domain",
                        "--admin-host",
                        "--allow-unisolated",
                        "--first-port")
                .contains("--upload-limit", "--keep-deployments", "--call-depth", "--bill-init", "--artifacts")
                .contains("--trusted-proxies", "--proxy-protocol", "--client-connections", "--client-requests")
                .contains("--max-connections", "--max-headers", "--sample-traces", "--show-tracebacks", "--otlp")
                .contains(
                        "--upload-limit",
                        "--call-depth",
                        "--bill-init",
                        "--artifacts",
                        "--access-log ",
                        "--access-log-sample");
    }

    private static ServerOptions parse(Map<String, String> environment, String... arguments) {
        return ServerOptions.parse(List.of(arguments), environment);
    }
}
