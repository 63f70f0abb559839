package dev.mayfly.server;

import dev.mayfly.build.PythonBuilder;
import dev.mayfly.build.python.PipSettings;
import dev.mayfly.build.source.SourceTree;
import dev.mayfly.control.Addresses;
import dev.mayfly.control.Api;
import dev.mayfly.control.ControlPlane;
import dev.mayfly.control.DnsTxt;
import dev.mayfly.control.DomainChecks;
import dev.mayfly.control.PriceFile;
import dev.mayfly.control.Retention;
import dev.mayfly.control.ServerFacts;
import dev.mayfly.control.Sweeper;
import dev.mayfly.control.explain.AutomaticList;
import dev.mayfly.control.metrics.ColdStartCounts;
import dev.mayfly.control.metrics.Metrics;
import dev.mayfly.control.metrics.WatchedUsage;
import dev.mayfly.engine.EngineSettings;
import dev.mayfly.engine.FunctionEngine;
import dev.mayfly.engine.Ticker;
import dev.mayfly.gateway.CertificateFiles;
import dev.mayfly.gateway.Certificates;
import dev.mayfly.gateway.EventLoops;
import dev.mayfly.gateway.Gateway;
import dev.mayfly.gateway.GatewayOptions;
import dev.mayfly.gateway.LoopbackPorts;
import dev.mayfly.gateway.RecentTracebacks;
import dev.mayfly.gateway.RequestIds;
import dev.mayfly.gateway.ServedRevision;
import dev.mayfly.gateway.Tracebacks;
import dev.mayfly.gateway.observe.EdgeCounts;
import dev.mayfly.gateway.observe.EdgeObserver;
import dev.mayfly.gateway.observe.RecentAnswers;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Isolation;
import dev.mayfly.model.Problem;
import dev.mayfly.model.UsageRecord;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.instance.WorkerFiles;
import dev.mayfly.provider.linux.LauncherCommand;
import dev.mayfly.provider.linux.LinuxProvider;
import dev.mayfly.provider.linux.PlatformPorts;
import dev.mayfly.provider.process.ProcessProvider;
import dev.mayfly.provider.python.Interpreter;
import dev.mayfly.provider.python.Interpreters;
import dev.mayfly.provider.python.Reach;
import dev.mayfly.store.local.LocalStore;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A whole server: makes every part, gives each what it needs, and takes them down in the opposite order. */
final class MayflyServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MayflyServer.class);

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final String readyLine;

    /** @param stop begins the orderly end of the process and returns at once */
    MayflyServer(ServerOptions options, Map<String, String> environment, Clock clock, Runnable stop)
            throws IOException, InterruptedException {
        try {
            readyLine = start(options, environment, clock, stop);
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** JSON with url and pid, for whoever started the server. */
    String readyLine() {
        return readyLine;
    }

    private String start(ServerOptions options, Map<String, String> environment, Clock clock, Runnable stop)
            throws IOException, InterruptedException {
        long startedAt = clock.millis();
        long pid = ProcessHandle.current().pid();
        var free = new ListenPort(new PortHolder(Path.of("/proc")));
        var tls = options.tls();
        boolean secure = tls.secure();
        int port = free.choose(secure ? "--listen" : "--port", options.listen(), options.portSearch(), 0);
        int adminPort = secure ? free.choose("--admin-listen", tls.admin(), options.portSearch(), port) : port;
        var own = new OwnPorts(options, port, adminPort);
        var certificates = tls.certificates().map(MayflyServer::read);
        var trusted = tls.acme().flatMap(AcmeOptions::roots).map(AcmeTrust::read);
        var home = new Home(options.home());
        var resolves = inBackground(() -> HostNames.resolve(options.hosts().domain()));
        var edge = GatewayOptions.defaults(options.hosts()).with(tls.security()).with(options.clients());
        var counts = new EdgeCounts();
        var loops = inBackground(() -> EventLoops.start(edge, counts));
        var random = new SecureRandom();
        var runtime = RuntimeDirectory.forHome(options.home(), environment);
        boolean root = "root".equals(System.getProperty("user.name"));
        var places = Places.of(options.home(), runtime.key(), root, options.artifacts());

        var store = opened(LocalStore.open(options.home(), places.artifacts(), clock));
        var catalog = store.catalog();
        var acme = tls.acme()
                .map(wanted -> new AcmePart(
                        wanted,
                        trusted,
                        tls.redirect().isPresent(),
                        store.certificates(),
                        options.hosts(),
                        certificates,
                        catalog.snapshot(),
                        clock,
                        random));
        var reach = new CompletableFuture<Reach>();
        var pythons = new Interpreters(environment, file -> reach.join().obstacle(file));
        var ports = new LoopbackPorts(options.firstPort());
        // Trying every barrier takes as long as all else here, and must wait for the store, whose lock says that the
        // home is ours.
        var choosing = inBackground(() -> ChosenProvider.choose(
                options.isolation(),
                () -> sandboxes(options, own.with(ports, catalog.snapshot()), runtime, pythons, clock),
                () -> new ProcessProvider(
                        runtime,
                        WorkerFiles.bundled(),
                        name -> pythons.find(name).map(Interpreter::executable),
                        System::nanoTime,
                        clock::millis)));
        opened(() -> closeChosen(choosing));
        AdminToken.ensure(home.token(), catalog, random);
        var accessLog = options.accessLog().open(clock);
        accessLog.ifPresent(this::opened);
        Vertx vertx = get(loops);
        opened(() -> vertx.close().toCompletionStage().toCompletableFuture().join());
        var addresses = new Addresses(options.hosts().domain(), secure, port, get(resolves));
        var builds = new PipSettings(environment);
        var chosen = get(choosing);
        // In a sandbox a Python is mounted wherever it lies; a plain process must get there by itself.
        reach.complete(root && chosen.isolation() == Isolation.NONE ? Reach.ofOthers() : Reach.ofThisUser());
        var provider = chosen.provider();
        requireLoopback(options, chosen);
        var coldStarts = new ColdStartCounts();
        var tracebacks = options.showTracebacks() ? new RecentTracebacks() : Tracebacks.NONE;
        var traces = options.traces().open(Version.text(), new SplittableRandom(random.nextLong()));
        traces.ifPresent(this::opened);
        Consumer<UsageRecord> counted = coldStarts::count;
        var watcher = traces.map(made -> counted.andThen(made::ran)).orElse(counted);
        var engine = opened(new FunctionEngine(
                provider,
                catalog,
                store.artifacts(),
                new WatchedUsage(store.usage(), watcher),
                tracebacks.hearing(store.logs()),
                deployment -> addresses.url(catalog.snapshot(), deployment),
                new EngineSettings(
                        options.billInit(),
                        EngineSettings.DEFAULTS.startTimeout(),
                        EngineSettings.DEFAULTS.drainTimeout(),
                        options.startAhead(),
                        options.callDepth(),
                        options.maxConcurrency(),
                        options.teamConcurrency()),
                options.memory(),
                Ticker.system()));
        engine.activity().name(options.metricFunctions());
        var workshop = BuildPlace.open(places.builds(), root ? runtime.key() : "", chosen, options);
        var builder = new PythonBuilder(store.artifacts(), pythons, workshop, builds, SourceTree.Bounds.DEFAULT, clock);

        var kept = opened(PlatformLooks.at(provider, Ticker.system(), store.usage()));
        var served = new ServedRevision();
        var ids = new RequestIds(clock, random);
        var sweeper = new Sweeper(catalog, store.artifacts(), BuildPlace.caches(workshop));
        var retention = new Retention(catalog, engine, clock, options.keepDeployments());
        var watch = new AtomicReference<>(Optional.<CertificateWatch>empty());
        var findings = new ServerFindings(
                places, options.hosts().domain(), addresses.hostNamesResolve(), pythons, store.logs());
        var answers = new RecentAnswers();
        Api api = new ControlPlane(
                        catalog,
                        store.artifacts(),
                        store.usage(),
                        store.logs(),
                        engine,
                        builder,
                        ports,
                        served,
                        sweeper,
                        retention,
                        ids,
                        clock,
                        random,
                        addresses,
                        new ServerFacts(
                                Version.text(),
                                pid,
                                options.home(),
                                provider.name(),
                                chosen.isolation(),
                                chosen.sentence(),
                                chosen.fix(),
                                startedAt),
                        new PriceFile(home.prices()),
                        new DomainChecks(options.hosts(), DnsTxt.of(options.dns())),
                        name -> acme.flatMap(part -> part.state(name)),
                        options.uploadLimit(),
                        () -> {
                            var all = new ArrayList<>(chosen.findings());
                            all.addAll(findings.list());
                            watch.get().ifPresent(watching -> all.add(watching.finding()));
                            acme.ifPresent(part -> all.add(part.finding()));
                            return all;
                        },
                        () -> OwnProcess.with(provider.processes(), pid),
                        kept::handOn,
                        stop,
                        new Metrics(counts, coldStarts, accessLog, traces, engine),
                        answers,
                        new AutomaticList(ServerOption.list(options)))
                .api();
        var gateway = opened(new Gateway(
                vertx,
                edge,
                engine,
                store.artifacts(),
                ids,
                api,
                new PortMoves(catalog, ports),
                served,
                counts,
                EdgeObserver.all(Stream.of(accessLog, traces, Optional.of(answers))
                        .<EdgeObserver>flatMap(Optional::stream)
                        .toList()),
                tracebacks));
        opened(api);
        AutoCloseable draining = engine::drain;
        opened(draining); // before the gateway waits for what runs
        var expected = new ExpectedRuntimes(provider);
        var takeovers = new Takeovers(engine, gateway::follow, catalog::snapshot);
        catalog.follow(snapshot -> {
            expected.follow(snapshot);
            engine.limit(snapshot);
            takeovers.prepare(snapshot);
            gateway.follow(snapshot);
            engine.follow(snapshot);
            acme.ifPresent(part -> part.follow(snapshot));
        });
        engine.limit(catalog.snapshot());
        gateway.follow(catalog.snapshot());
        acme.ifPresent(part -> part.follow(catalog.snapshot()));
        if (secure) {
            acme.ifPresent(part -> gateway.prove(part.challenges()));
            var shown = acme.map(AcmePart::certificates).or(() -> certificates).orElseThrow();
            gateway.listenTls(options.listen().host(), port, shown);
            var insideTls = provider.insideTlsSocket();
            if (insideTls.isPresent()) {
                gateway.listenInsideTls(insideTls.get(), provider.insideUser(), shown);
            }
            gateway.listen(tls.admin().host(), adminPort);
            if (tls.redirect().isPresent()) {
                var redirect = tls.redirect().get();
                gateway.listenRedirecting(redirect.host(), free.choose("--redirect-http", redirect, false, 0), port);
            }
        } else {
            gateway.listen(options.listen().host(), port);
        }
        var inside = provider.insideSocket();
        if (inside.isPresent()) {
            gateway.listenInside(inside.get(), provider.insideUser());
        }
        if (certificates.isPresent()) {
            Consumer<Certificates> changed =
                    acme.<Consumer<Certificates>>map(part -> part::files).orElse(gateway::show);
            var watching =
                    opened(new CertificateWatch(tls.certificates().orElseThrow(), certificates.get(), changed, clock));
            watching.start();
            watch.set(Optional.of(watching));
        }
        acme.ifPresent(part -> opened(part).start(gateway)); // and so closed first: nobody shows anything by then
        opened(new Housekeeping(store.logs(), store.usage(), retention, sweeper, clock))
                .start();

        // By a number where that leads here: whether this machine knows the name of --admin-host is another matter.
        var itself = (secure ? tls.admin() : options.listen())
                .own()
                .or(() -> options.hosts().adminHost());
        var url = "http://" + itself.orElse("127.0.0.1") + ":" + adminPort;
        var line = ReadyFile.line(url, pid, Version.text(), startedAt);
        var ready = new ReadyFile(home.serverFile());
        ready.write(line);
        parts.addLast(() -> ready.remove(pid)); // last of all: whoever sees it gone may start another
        LOG.info(
                "serving {} after {} ms, home {}, artifacts {}",
                url,
                clock.millis() - startedAt,
                options.home(),
                places.artifacts());
        engine.follow(catalog.snapshot()); // what is kept starts once calls to others can be answered
        expected.follow(catalog.snapshot()); // last: what is held ready is for later
        return line;
    }

    private static Certificates read(CertificateFiles files) {
        try {
            return files.read();
        } catch (IllegalArgumentException e) {
            throw new Problem(ErrorCode.BAD_REQUEST, String.valueOf(e.getMessage())).asException();
        }
    }

    private static LinuxProvider.Opening sandboxes(
            ServerOptions options, PlatformPorts ports, RuntimeDirectory runtime, Interpreters pythons, Clock clock)
            throws InterruptedException {
        return switch (LauncherProgram.named()) {
            case LauncherProgram.Missing(var reason, var fix) -> new LinuxProvider.Opening.Unable(reason, fix);
            case LauncherProgram.Present(var program) ->
                LinuxProvider.open(
                        new LauncherCommand(program, ports, options.hosts().domain()),
                        runtime,
                        WorkerFiles.bundled(),
                        pythons::find,
                        options.egress(),
                        options.warmth(),
                        System::nanoTime,
                        clock::millis);
        };
    }

    private static void requireLoopback(ServerOptions options, ChosenProvider chosen) {
        boolean secure = options.tls().secure();
        var open = options.listen().loopback() && secure ? options.tls().admin() : options.listen();
        if (!chosen.holds() && !open.loopback() && !options.allowUnisolated()) {
            throw new Problem(
                            ErrorCode.FORBIDDEN,
                            (open.equals(options.listen()) ? "--listen: " : "--admin-listen: ") + open.host()
                                    + " (expected: a loopback address, because functions are not isolated here: "
                                    + chosen.weakness() + ")",
                            "--allow-unisolated, if you trust all code that is deployed here")
                    .asException();
        }
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.addFirst(part);
        return part;
    }

    private static <T> FutureTask<T> inBackground(Callable<T> work) {
        var task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().name("mayfly-start").start(task);
        return task;
    }

    private static <T> T get(FutureTask<T> task) throws InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException told ? told : new IllegalStateException(e.getCause());
        }
    }

    private static void closeChosen(FutureTask<ChosenProvider> choosing) throws InterruptedException {
        ChosenProvider chosen;
        try {
            chosen = choosing.get();
        } catch (ExecutionException e) {
            LOG.debug("none was chosen", e);
            return;
        }
        chosen.provider().close();
    }

    /** Takes no more requests, lets what runs finish for a while, ends all instances and writes the books. */
    @Override
    public void close() {
        for (var part : parts) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.error("a part did not close: {}", part, e);
            }
        }
        parts.clear();
    }
}
