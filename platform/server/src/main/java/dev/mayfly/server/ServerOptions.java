package dev.mayfly.server;

import dev.mayfly.control.DnsTxt;
import dev.mayfly.control.Retention;
import dev.mayfly.engine.EngineSettings;
import dev.mayfly.engine.MemorySettings;
import dev.mayfly.engine.Totals;
import dev.mayfly.gateway.ClientRules;
import dev.mayfly.gateway.Hosts;
import dev.mayfly.gateway.LoopbackPorts;
import dev.mayfly.model.DataSize;
import dev.mayfly.model.DurationText;
import dev.mayfly.model.Egress;
import dev.mayfly.provider.linux.Warmth;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a server is started: command line over environment over default.
 *
 * @param home where it keeps everything
 * @param portSearch whether a taken port means the next free one
 * @param dns HOST:PORT of the name server that is asked who owns a domain; empty: those of this machine
 * @param isolation what is to surround functions
 * @param egress where functions may connect to that do not say
 * @param firstPort where the loopback ports of projects and deployments begin
 * @param uploadLimit bytes of one upload
 * @param keepDeployments how many of each project stay whether they are needed or not
 * @param callDepth how many calls from function to function may follow from one call
 * @param startAhead how long a move of an alias may wait for instances of what it leads to
 * @param maxConcurrency requests that run at once
 * @param teamConcurrency the same of each team
 * @param warmth how much may be held ready for functions that are not called yet
 * @param memory how much functions may have, and what is held ready for them
 * @param billInit whether waiting for an instance to start is billed
 * @param clients whom the edge believes, and how much one client may take
 * @param accessLog whether and where requests are written down
 * @param traces whether and where spans of requests are sent
 * @param metricFunctions how many functions have numbers of their own in metrics
 * @param showTracebacks whether error pages show the last error output of a function that failed
 * @param artifacts where artifacts are; empty: in the home, or where unprivileged users can reach them
 * @param origins where each of these comes from
 */
record ServerOptions(
        Path home,
        ListenAddress listen,
        boolean portSearch,
        TlsOptions tls,
        Hosts hosts,
        Optional<String> dns,
        boolean allowUnisolated,
        IsolationWish isolation,
        Egress egress,
        int firstPort,
        long uploadLimit,
        int keepDeployments,
        int callDepth,
        Duration startAhead,
        int maxConcurrency,
        int teamConcurrency,
        Warmth warmth,
        MemorySettings memory,
        boolean billInit,
        ClientRules clients,
        AccessLogWish accessLog,
        boolean showTracebacks,
        TraceWish traces,
        int metricFunctions,
        Optional<Path> artifacts,
        Origins origins) {
    static final int DEFAULT_PORT = 7070;

    private static final int DEEPEST = 1000;
    private static final long LEAST_MEMORY = 32L << 20;
    private static final int MOST_CONCURRENCY = 1_000_000;
    private static final int MOST_DEPLOYMENTS = 10_000;
    private static final Duration MOST_AHEAD = Duration.ofSeconds(10);

    static final String HELP = """
            Usage: mayfly server [OPTIONS]

            Runs the server in the foreground until it gets SIGTERM.

              --home DIR          where it keeps everything (MAYFLY_HOME; default ~/.mayfly)
              --listen HOST:PORT  default 127.0.0.1:7070
              --port N            another port of 127.0.0.1 (MAYFLY_PORT)
              --port-search       if that port is taken, the next free one
              --domain NAME       functions answer one label below it (default localhost)
              --admin-host NAME   a further exact host of the management API
              --tls-cert FILE     speak TLS there: this certificate, with those it rests on
              --tls-key FILE      and its key; both are read again when they change
              --tls-certs DIR     the same for many names: NAME.crt and NAME.key, or NAME/fullchain.pem and NAME/privkey.pem
              --acme EMAIL|on     speak TLS there: get certificates from an authority, which may write to EMAIL
              --acme-agree-terms  you agree to its terms of service; needed with --acme
              --acme-directory URL  of that authority (default: Let's Encrypt)
              --acme-ca FILE      whom to trust when talking to it (default: the public authorities)
              --acme-orders N     of certificates in an hour, at most (default 20)
              --admin-listen HOST:PORT  where the management API is in clear text then (default 127.0.0.1:7070)
              --redirect-http HOST:PORT  send who comes there in clear text to TLS
              --hsts SECONDS      tell browsers to come by TLS alone for so long
              --plain-management  let other machines use the management API in clear text
              --trusted-proxies RANGES  whose word about the client is believed: addresses, private, loopback (default none)
              --proxy-protocol    connections to --listen begin with a header of the PROXY protocol, version 1 or 2
              --client-connections N  open at a time, of one client (default 1000; 0: any number)
              --client-requests N/s   of one client in a second (default: any number)
              --max-connections N open at a time, of all clients (default: what the limit of open files has room for)
              --max-headers N     of one request (default 100)
              --otlp URL          send spans of requests to this collector of OpenTelemetry, as http://127.0.0.1:4318 (default: none are made)
              --sample-traces PART  of those that begin here are recorded, as 0.1 or 1/10 (default: with --otlp all, otherwise none)
              --dns HOST:PORT     the name server that is asked who owns a domain (default: those of this machine)
              --isolation KIND    linux (sandboxes) or process; default: the strongest that this machine has
              --require-isolation refuse to start where that is weaker than sandboxes with limits
              --egress WHERE      for functions that do not say: none, internet (default), all, or addresses
              --allow-unisolated  listen beyond loopback although functions are not isolated, and install packages
                                  by plain processes where sandboxes reach nothing outside
              --first-port N      where the loopback ports of projects begin (default 7101)
              --upload-limit SIZE of one upload (default 1GiB)
              --keep-deployments N  of each project, the newest; older ones are removed, unless an alias leads or a rollback
                                  would lead to them, or they have instances (default: all)
              --call-depth N      calls from function to function in a row (default 16)
              --start-ahead TIME  that a move of an alias waits until what it leads to has instances for the requests of now
                                  (default 500ms; 0s: none are started)
              --memory SIZE       of functions and what is held ready for them, together (default: what the machine has)
              --memory-reserve SIZE  that stays free: below it idle functions leave and none is started (default: a twentieth
                                  of the machine, at most 256MiB)
              --max-concurrency N requests that run at once, of all functions; further ones wait (default: any number)
              --team-concurrency N  the same of each team
              --pool-workers N    sandboxes held ready for functions that are not called yet (default 8; 0: none)
              --pool-memory SIZE  memory of all of them together (default 120MiB)
              --zygotes on|off    whether workers are forked from ones that wait for that (default on)
              --zygote-memory SIZE  of those together that hold a project's dependencies (default 256MiB; 0B: none)
              --bill-init         bill waiting for an instance to start
              --access-log FILE   a line of JSON for each request (-: standard output; default: none)
              --access-log-sample PART  of them, as 0.1 or 1/10; answers of 500 and above always (default 1)
              --metric-functions N  that have numbers of their own in metrics, the busiest; others share (default 1000)
              --show-tracebacks   for development: error pages show what a function that failed wrote last as errors, to
                                  whoever called it; nothing is left out of it, not even secrets
              --artifacts DIR     where artifacts are kept (MAYFLY_ARTIFACTS)
              --help              this
            """;

    /** @throws IllegalArgumentException naming the option and what it expects */
    static ServerOptions parse(List<String> arguments, Map<String, String> environment) {
        return parse(new RawOptions(arguments), environment);
    }

    static ServerOptions parse(RawOptions raw, Map<String, String> environment) {
        var userHome = environment.getOrDefault("HOME", System.getProperty("user.home"));
        var home = raw.value("--home")
                .or(() -> set(environment, "MAYFLY_HOME"))
                .map(Path::of)
                .orElse(Path.of(userHome, ".mayfly"));
        var listen = raw.value("--listen").map(text -> ListenAddress.parse("--listen", text));
        var port = raw.value("--port").map(text -> number("--port", text));
        if (listen.isPresent() && port.isPresent()) {
            throw new IllegalArgumentException("--listen and --port (expected: one of them)");
        }
        var chosen = listen.orElseGet(() -> new ListenAddress(
                "127.0.0.1",
                port.or(() -> set(environment, "MAYFLY_PORT").map(text -> number("MAYFLY_PORT", text)))
                        .orElse(DEFAULT_PORT)));
        var traces = TraceWish.of(raw, environment);
        var options = new ServerOptions(
                home.toAbsolutePath().normalize(),
                chosen,
                raw.flag("--port-search"),
                TlsOptions.parse(raw).beside(chosen),
                new Hosts(raw.value("--domain").orElse("localhost"), raw.value("--admin-host")),
                raw.value("--dns").map(text -> DnsTxt.server("--dns", text)),
                raw.flag("--allow-unisolated"),
                new IsolationWish(
                        raw.value("--isolation").map(IsolationWish::place).orElse(IsolationWish.Place.STRONGEST),
                        raw.flag("--require-isolation")),
                raw.value("--egress").map(Egress::parse).orElse(new Egress.Internet()),
                raw.value("--first-port")
                        .map(text -> number("--first-port", text))
                        .orElse(LoopbackPorts.FIRST),
                raw.value("--upload-limit")
                        .map(text -> DataSize.parse(text).bytes())
                        .orElse(1L << 30),
                raw.value("--keep-deployments")
                        .map(ServerOptions::keepDeployments)
                        .orElse(Retention.ALL),
                raw.value("--call-depth").map(ServerOptions::callDepth).orElse(EngineSettings.DEFAULTS.callDepth()),
                raw.value("--start-ahead").map(ServerOptions::startAhead).orElse(EngineSettings.DEFAULTS.startAhead()),
                concurrency(raw, "--max-concurrency"),
                concurrency(raw, "--team-concurrency"),
                warmth(raw),
                memory(raw),
                raw.flag("--bill-init"),
                ClientOptions.parse(raw, OpenFiles::limit, traces.rules()),
                AccessLogWish.of(raw),
                raw.flag("--show-tracebacks"),
                traces,
                raw.value("--metric-functions")
                        .map(text -> number("--metric-functions", text, "a number", 0, Totals.MOST_EVER))
                        .orElse(Totals.MOST),
                raw.value("--artifacts")
                        .or(() -> set(environment, "MAYFLY_ARTIFACTS"))
                        .map(Path::of),
                Origins.of(raw, environment));
        raw.refuseOthers();
        options.tls().acme().ifPresent(acme -> acme.requirePublic(options.hosts()));
        return options;
    }

    private static Optional<String> set(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }

    static int number(String name, String text) {
        return number(name, text, "a port", 65_535);
    }

    private static Warmth warmth(RawOptions raw) {
        var zygotes = raw.value("--zygotes").orElse("on");
        if (!zygotes.equals("on") && !zygotes.equals("off")) {
            throw new IllegalArgumentException("--zygotes: " + zygotes + " (expected: on or off)");
        }
        return new Warmth(
                raw.value("--pool-workers")
                        .map(text -> number("--pool-workers", text, "a number", 0, Warmth.MOST_WORKERS))
                        .orElse(Warmth.DEFAULT.workers()),
                raw.value("--pool-memory")
                        .map(text -> DataSize.parse(text).bytes())
                        .orElse(Warmth.DEFAULT.bytes()),
                zygotes.equals("on"),
                raw.value("--zygote-memory")
                        .map(text -> DataSize.parse(text).bytes())
                        .orElse(Warmth.DEFAULT.zygoteBytes()));
    }

    private static MemorySettings memory(RawOptions raw) {
        long most =
                raw.value("--memory").map(text -> DataSize.parse(text).bytes()).orElse(MemorySettings.ALL);
        if (most < LEAST_MEMORY) {
            throw new IllegalArgumentException("--memory: " + new DataSize(most) + " (expected: 32MiB or more)");
        }
        return new MemorySettings(
                most,
                raw.value("--memory-reserve")
                        .map(text -> DataSize.parse(text).bytes())
                        .orElse(MemorySettings.AUTOMATIC));
    }

    private static int keepDeployments(String text) {
        return text.equals("all")
                ? Retention.ALL
                : number("--keep-deployments", text, "all, or a number", MOST_DEPLOYMENTS);
    }

    private static int callDepth(String text) {
        return number("--call-depth", text, "a number", DEEPEST);
    }

    private static int concurrency(RawOptions raw, String name) {
        return raw.value(name)
                .map(text -> number(name, text, "a number", MOST_CONCURRENCY))
                .orElse(EngineSettings.ANY);
    }

    private static Duration startAhead(String text) {
        try {
            var time = DurationText.parse(text);
            if (time.compareTo(MOST_AHEAD) <= 0) {
                return time;
            }
        } catch (IllegalArgumentException notOne) {
            // told below
        }
        throw new IllegalArgumentException(
                "--start-ahead: " + text + " (expected: a time up to 10s, as 500ms; 0s: none)");
    }

    static int number(String name, String text, String what, int most) {
        return number(name, text, what, 1, most);
    }

    static int number(String name, String text, String what, int least, int most) {
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notOne) {
            // told below
        }
        throw new IllegalArgumentException(
                name + ": " + text + " (expected: " + what + " from " + least + " to " + most + ")");
    }
}
