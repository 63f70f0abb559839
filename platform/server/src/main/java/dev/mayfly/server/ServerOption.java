package dev.mayfly.server;

import dev.mayfly.control.Retention;
import dev.mayfly.control.explain.Automatic;
import dev.mayfly.engine.EngineSettings;
import dev.mayfly.engine.MemorySettings;
import dev.mayfly.gateway.CertificateFiles;
import dev.mayfly.model.DataSize;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Each option of a server as {@code mayfly explain --automatic} lists it: what it decides, and what it says now. The one list of them; a test compares it with
 * what the parser knows. A new option is one more constant.
 */
enum ServerOption {
    HOME("--home", "MAYFLY_HOME", "where the server keeps everything", o -> o.home()),
    LISTEN("--listen", "where clients reach it", o -> o.listen()),
    PORT(
            "--port",
            "MAYFLY_PORT",
            "the port of 127.0.0.1 that clients reach it at",
            o -> o.listen().port()),
    PORT_SEARCH("--port-search", "whether a taken port means the next free one", o -> on(o.portSearch())),
    DOMAIN("--domain", "below which name functions answer", o -> o.hosts().domain()),
    ADMIN_HOST(
            "--admin-host",
            "a further host of the management API",
            o -> o.hosts().adminHost().orElse("none")),
    TLS_CERT("--tls-cert", "the certificate for TLS", o -> file(o, true)),
    TLS_KEY("--tls-key", "its key", o -> file(o, false)),
    TLS_CERTS("--tls-certs", "the folder of certificates for many names", ServerOption::folder),
    ACME(
            "--acme",
            "whether certificates come from an authority",
            o -> o.tls().acme().map(acme -> acme.email().orElse("on")).orElse("off")),
    ACME_DIRECTORY(
            "--acme-directory",
            "which authority",
            o -> o.tls().acme().map(AcmeOptions::directory).orElse(AcmeOptions.LETS_ENCRYPT)),
    ACME_CA(
            "--acme-ca",
            "whom to trust when talking to it",
            o -> o.tls().acme().flatMap(AcmeOptions::roots).map(Path::toString).orElse("the public authorities")),
    ACME_ORDERS(
            "--acme-orders",
            "certificates that are ordered in an hour at most",
            o -> o.tls().acme().map(AcmeOptions::ordersPerHour).orElse(AcmeOptions.DEFAULT_ORDERS)),
    ADMIN_LISTEN(
            "--admin-listen",
            "where the management API is in clear text beside TLS",
            o -> o.tls().admin()),
    REDIRECT_HTTP(
            "--redirect-http",
            "where clear text is sent to TLS",
            o -> o.tls().redirect().map(ListenAddress::toString).orElse("nowhere")),
    HSTS(
            "--hsts",
            "for how many seconds browsers come by TLS alone",
            o -> o.tls().security().hstsSeconds()),
    PLAIN_MANAGEMENT(
            "--plain-management",
            "whether other machines may use the management API in clear text",
            o -> on(o.tls().security().plainManagement())),
    TRUSTED_PROXIES(
            "--trusted-proxies",
            "whose word about the client is believed",
            o -> o.origins().typed().getOrDefault("--trusted-proxies", "none")),
    PROXY_PROTOCOL(
            "--proxy-protocol",
            "whether connections begin with a header of the PROXY protocol",
            o -> on(o.clients().proxyProtocol())),
    CLIENT_CONNECTIONS(
            "--client-connections",
            "connections of one client at a time",
            o -> many(o.clients().clientConnections())),
    CLIENT_REQUESTS(
            "--client-requests",
            "requests of one client in a second",
            o -> o.clients().clientRequests() == 0 ? "any number" : o.clients().clientRequests() + "/s"),
    MAX_CONNECTIONS(
            "--max-connections",
            "connections of all clients at a time",
            o -> o.clients().maxConnections()),
    MAX_HEADERS("--max-headers", "headers of one request", o -> o.clients().maxHeaders()),
    OTLP(
            "--otlp",
            "where spans of requests are sent",
            o -> o.traces().collector().map(Object::toString).orElse("nowhere")),
    OTLP_HEADERS(
            "",
            "OTEL_EXPORTER_OTLP_HEADERS",
            "what is sent with them, which may be secret",
            o -> o.traces().headers().isEmpty()
                    ? "nothing"
                    : String.join(", ", o.traces().headers().keySet())),
    SAMPLE_TRACES(
            "--sample-traces",
            "which part of the traces that begin here is recorded",
            o -> o.clients().traces().part()),
    DNS("--dns", "the name server that is asked who owns a domain", o -> o.dns().orElse("those of this machine")),
    ISOLATION("--isolation", "what surrounds functions", o -> switch (o.isolation()
            .place()) {
        case STRONGEST -> "the strongest that this machine has";
        case LINUX -> "linux";
        case PROCESS -> "process";
    }),
    REQUIRE_ISOLATION(
            "--require-isolation",
            "whether it refuses to start where that is weaker than sandboxes with limits",
            o -> on(o.isolation().required())),
    EGRESS("--egress", "where functions may connect to that do not say", o -> o.egress()),
    ALLOW_UNISOLATED(
            "--allow-unisolated",
            "whether it listens beyond loopback although functions are not isolated",
            o -> on(o.allowUnisolated())),
    FIRST_PORT("--first-port", "where the loopback ports of projects begin", o -> o.firstPort()),
    UPLOAD_LIMIT("--upload-limit", "bytes of one upload", o -> size(o.uploadLimit())),
    KEEP_DEPLOYMENTS(
            "--keep-deployments",
            "how many deployments of each project stay although nothing needs them",
            o -> o.keepDeployments() == Retention.ALL ? "all" : o.keepDeployments()),
    CALL_DEPTH("--call-depth", "calls from function to function in a row", o -> o.callDepth()),
    START_AHEAD(
            "--start-ahead",
            "how long a move of an alias waits until what it leads to has instances",
            o -> o.startAhead().toMillis() + "ms"),
    MAX_CONCURRENCY(
            "--max-concurrency",
            "requests that run at once, of all functions",
            o -> o.maxConcurrency() == EngineSettings.ANY ? "any number" : o.maxConcurrency()),
    TEAM_CONCURRENCY(
            "--team-concurrency",
            "the same of each team",
            o -> o.teamConcurrency() == EngineSettings.ANY ? "any number" : o.teamConcurrency()),
    MEMORY(
            "--memory",
            "memory of functions and of what is held ready for them, together",
            o -> o.memory().most() == MemorySettings.ALL
                    ? "what the machine has"
                    : size(o.memory().most())),
    MEMORY_RESERVE(
            "--memory-reserve",
            "memory that stays free: below it idle functions leave and none is started",
            o -> o.memory().reserve() == MemorySettings.AUTOMATIC
                    ? "a twentieth of what there is, 256MiB at most"
                    : size(o.memory().reserve())),
    POOL_WORKERS(
            "--pool-workers",
            "sandboxes held ready for functions that are not called yet",
            o -> o.warmth().workers()),
    POOL_MEMORY(
            "--pool-memory",
            "memory of all of them together",
            o -> size(o.warmth().bytes())),
    ZYGOTES(
            "--zygotes",
            "whether workers are forked from ones that wait for that",
            o -> on(o.warmth().zygotes())),
    ZYGOTE_MEMORY(
            "--zygote-memory",
            "memory of those that hold a project's dependencies",
            o -> size(o.warmth().zygoteBytes())),
    BILL_INIT("--bill-init", "whether waiting for an instance to start is billed", o -> on(o.billInit())),
    ACCESS_LOG(
            "--access-log",
            "where a line for each request is written",
            o -> o.accessLog().to().orElse("nowhere")),
    ACCESS_LOG_SAMPLE(
            "--access-log-sample",
            "which part of them",
            o -> o.accessLog().sample().part()),
    SHOW_TRACEBACKS(
            "--show-tracebacks",
            "whether error pages show what a function that failed wrote last",
            o -> on(o.showTracebacks())),
    METRIC_FUNCTIONS(
            "--metric-functions", "how many functions have numbers of their own in metrics", o -> o.metricFunctions()),
    ARTIFACTS(
            "--artifacts",
            "MAYFLY_ARTIFACTS",
            "where artifacts are kept",
            o -> o.artifacts().map(Path::toString).orElse("in --home, or where unprivileged users reach them"));

    /** What the parser knows and the list has not, with the reason. */
    static final Map<String, String> NOT_LISTED =
            Map.of("--acme-agree-terms", "it decides nothing: whoever uses --acme has to say it");

    private final String key;
    private final String variable;
    private final String decides;

    @SuppressWarnings("ImmutableEnumChecker") // what reads an option has no state
    private final Function<ServerOptions, Object> value;

    ServerOption(String key, String decides, Function<ServerOptions, Object> value) {
        this(key, "", decides, value);
    }

    ServerOption(String key, String variable, String decides, Function<ServerOptions, Object> value) {
        this.key = key;
        this.variable = variable;
        this.decides = decides;
        this.value = value;
    }

    /** As it is typed; empty: only the variable does it. */
    String key() {
        return key;
    }

    /** Of the environment; empty: there is none. */
    String variable() {
        return variable;
    }

    /** All of them with what holds now. */
    static List<Automatic> list(ServerOptions options) {
        return Arrays.stream(values()).map(each -> each.with(options)).toList();
    }

    private Automatic with(ServerOptions options) {
        return new Automatic(
                key.isEmpty() ? variable : key,
                key.isEmpty() ? Automatic.Place.VARIABLE : Automatic.Place.SERVER,
                variable,
                decides,
                value.apply(options).toString(),
                options.origins().of(this),
                List.of());
    }

    private static String on(boolean flag) {
        return flag ? "on" : "off";
    }

    private static String many(int number) {
        return number == 0 ? "any number" : String.valueOf(number);
    }

    private static String size(long bytes) {
        return new DataSize(bytes).toString().replace(" ", "");
    }

    private static String file(ServerOptions options, boolean chain) {
        return options.tls()
                .certificates()
                .map(files -> files instanceof CertificateFiles.One one
                        ? (chain ? one.chain() : one.key()).toString()
                        : "none")
                .orElse("none");
    }

    private static String folder(ServerOptions options) {
        return options.tls()
                .certificates()
                .map(files -> files instanceof CertificateFiles.Folder(Path folder) ? folder.toString() : "none")
                .orElse("none");
    }
}
